"""Prepared statements say what their querysets say, whatever is filled in, and ask nothing while they are made."""

import datetime as dt

import pytest
from django.db import connection
from django.db.models import BigIntegerField, CharField, Count, DateField, Value
from django.test.utils import CaptureQueriesContext

from inspection import statements
from inspection.statements import Counted, Gathered, Given, Prepared
from rounds.models import Assignment, Round

pytestmark = pytest.mark.django_db

UNIT, DAY = Given("unit", BigIntegerField()), Given("day", DateField())


def test_rows_are_those_of_the_queryset_with_what_is_joined_and_annotated(world, django_assert_num_queries):
    found = Assignment.objects.filter(unit=UNIT, onsite_from__lte=DAY).select_related("unit").annotate(many=Count("channels"))
    prepared = Prepared(lambda state: found.filter(state=state).order_by("pk"))
    for assignment in (world.assignment_a, world.assignment_c):
        given = {"unit": assignment.unit_id, "day": assignment.onsite_from}
        with django_assert_num_queries(1):
            (row,) = prepared(assignment.state, **given)
            assert (row, row.unit, row.onsite_from) == (assignment, assignment.unit, assignment.onsite_from)
        assert row.many == assignment.channels.count()
        assert prepared(assignment.state, **given | {"day": assignment.onsite_from - dt.timedelta(days=1)}) == []
        assert prepared("archived", **given) == []


def test_dicts_and_what_is_known_to_be_empty(world):
    assert Prepared(lambda: Round.objects.filter(pk=world.round.pk).values("code"))() == [{"code": world.round.code}]
    assert Prepared(Round.objects.none)() == []


@pytest.mark.parametrize("said", ["it's", "100%", "100%s", "%%", "'; --", "二〇", 'a"b', "back\\slash"])
def test_constants_mean_what_they_say_however_they_are_written(world, said):
    own = Assignment.objects.filter(unit=UNIT).annotate(said=Value(said, output_field=CharField()))
    texts = Prepared(lambda: own.filter(said=said).values_list("pk", "said"))
    assert texts(unit=world.assignment_a.unit_id) == [(world.assignment_a.pk, said)]
    assert texts(unit=0) == []


def test_several_lists_out_of_one_statement_keep_order_slice_and_kind_of_value(world, django_assert_num_queries):
    newest = Assignment.objects.order_by("-pk").values_list("pk", "onsite_from", "unit__name")
    gathered = Gathered(lambda most: {"all": newest, "none": newest.none(), "first": newest.order_by("pk")[:most]})
    with django_assert_num_queries(1):
        found = gathered(1)
    assert found == {
        "all": list(newest),
        "none": [],
        "first": [(world.assignment_a.pk, world.assignment_a.onsite_from, "甲局")],
    }
    assert len(gathered(2)["first"]) == 2


def test_counts_stop_at_their_bound_and_take_one_statement(world, django_assert_num_queries):
    own = Assignment.objects.filter(unit=UNIT)
    counted = Counted(lambda: {"all": Assignment.objects.all(), "own": own, "none": own.none(), ("one", 1): own[:1]}, 2)
    with django_assert_num_queries(1):
        assert counted(unit=world.assignment_a.unit_id) == {"all": 2, "own": 1, "none": 0, ("one", 1): 1}
    with pytest.raises(ValueError, match="distinct"):
        Counted(lambda: {"one": Assignment.objects.distinct()}, 2)()


def test_what_would_ask_the_database_while_it_is_made_is_refused(world):
    prepared = Prepared(lambda: Assignment.objects.filter(unit__in=list(Round.objects.values_list("pk", flat=True))))
    with pytest.raises(RuntimeError, match="belongs to its shape"):
        prepared()
    with pytest.raises(ValueError, match="beforehand"):
        Prepared(lambda: Assignment.objects.prefetch_related("channels"))()


@pytest.mark.postgres
def test_a_connection_prepares_a_statement_once_and_forgets_the_oldest(world, monkeypatch):
    monkeypatch.setattr(statements, "PREPARED", 2)
    found = [Prepared(lambda state=state: Assignment.objects.filter(state=state, unit=UNIT)) for state in ("a%", "onsite", "c")]
    units = [assignment.unit_id for assignment in (world.assignment_a, world.assignment_b)]
    for _turn in range(2):
        for prepared in found:
            for unit in units:
                assert [row.unit_id for row in prepared(unit=unit)] == [unit for _ in prepared(unit=unit)]
    _raw, names = connection.prepared_names
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE name LIKE 'asked_%'")
        assert set(names.values()) == {name for (name,) in cursor.fetchall()} and len(names) == 2
    with CaptureQueriesContext(connection) as asked:
        found[-1](unit=units[0])
    assert [query["sql"].split("(")[0] for query in asked] == [f"EXECUTE {list(names.values())[-1]}"]


@pytest.mark.postgres
def test_behind_a_pooler_nothing_is_prepared(world, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    with CaptureQueriesContext(connection) as asked:
        Prepared(lambda: Assignment.objects.filter(unit=UNIT))(unit=1)
    assert asked[0]["sql"].startswith("SELECT")
