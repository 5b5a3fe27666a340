"""Coverage arithmetic, stages of rounds, the matrix of units and years."""

import datetime as dt

import pytest
from django.utils import timezone

from rounds import reports
from rounds.models import Assignment, Category, Unit
from rounds.workflow import close_unit, rename_unit
from tests.cast import make_assignment, make_round

BLOCKS = {"县市区": 30, "直属部门": 6, "国有企业": 3}


@pytest.fixture
def units(world):
    """Thirty counties, six departments and three enterprises beside the world's three units, which need no covering."""
    Unit.objects.update(must_cover=False)
    made = []
    for order, (name, number) in enumerate(BLOCKS.items(), start=1):
        category = Category.objects.create(name=name, order=order)
        made += [Unit.objects.create(code=f"C{order}-{n}", name=f"{name}{n}", category=category) for n in range(number)]
    return made


def give(world, units, state, group=None):
    group = group or world.group1
    start = group.assignments.count()
    return [
        make_assignment(group, unit, f"{group.printed_number}-{start + place:03d}", by=world.admin, state=state)
        for place, unit in enumerate(units, start=1)
    ]


def figures(row):
    return (row.due, row.done, row.running, row.left, row.arranged, row.percent)


def test_thirty_nine_units(world, units):
    covered = reports.coverage(world.round.term)
    assert [(row.name, row.due) for row in covered.rows] == list(BLOCKS.items())
    assert figures(covered.total) == (39, 0, 0, 39, 0, 0.0)
    give(world, units[:20], "reporting")
    give(world, units[20:25], "onsite")
    give(world, units[25:27], "planned")
    give(world, units[30:39], "archived")
    covered = reports.coverage(world.round.term)
    assert [figures(row) for row in covered.rows] == [
        (30, 20, 5, 5, 2, 66.7),
        (6, 6, 0, 0, 0, 100.0),
        (3, 3, 0, 0, 0, 100.0),
    ]
    assert figures(covered.total) == (39, 29, 5, 5, 2, 74.4)
    for row in (*covered.rows, covered.total):
        assert row.due == row.done + row.running + row.left


@pytest.mark.parametrize("state", Assignment.State.values)
def test_which_side_a_state_is_on(world, units, state):
    give(world, units[:1], state)
    side = {"planned": "left", "preparing": "left", "onsite": "running"}.get(state, "done")
    covered = reports.coverage(world.round.term)
    assert units[0].pk in covered.sides[side]
    assert sum(units[0].pk in covered.sides[name] for name in ("done", "running", "left")) == 1


def test_a_look_back_covers_nothing_anew(world, units):
    back = make_round(world.admin, code="T09", sequence=9)
    back.kind = "lookback"
    back.save()
    group = back.groups.create(number=1, name="回头看组")
    give(world, units[:2], "archived", group)
    covered = reports.coverage(world.round.term)
    assert figures(covered.total) == (39, 0, 0, 39, 0, 0.0)
    assert covered.total.look_backs == 2


def test_a_unit_inspected_twice_counts_once(world, units):
    second = make_round(world.admin, code="T08", sequence=8)
    group = second.groups.create(number=1, name="组")
    give(world, units[:1], "archived")
    give(world, units[:1], "onsite", group)
    assert reports.coverage(world.round.term).total.done == 1


def test_a_renamed_unit_is_covered_by_what_it_was(world, units):
    give(world, units[:1], "archived")
    new = rename_unit(units[0], by=world.office, name="新名", code="新码", on=timezone.localdate())
    covered = reports.coverage(world.round.term)
    assert covered.total.due == 39 and new.pk in covered.sides["done"] and units[0].pk not in covered.sides["done"]
    close_unit(units[1], by=world.office, on=timezone.localdate())
    assert reports.coverage(world.round.term).total.due == 38


def test_nothing_due_has_no_share(world):
    Unit.objects.update(must_cover=False)
    covered = reports.coverage(world.round.term)
    assert covered.rows == [] and covered.total.percent is None


def test_the_stage_of_a_round_is_its_least_advanced_unit(world):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state="reporting")
    Assignment.objects.filter(pk=world.assignment_b.pk).update(state="reporting")
    empty = make_round(world.admin, code="T07", sequence=7)
    stages = reports.stages([world.round, empty], Assignment.objects.all())
    assert stages[world.round.pk].state == "onsite"
    assert [(state, number) for state, _label, _tone, number in stages[world.round.pk].counts] == [
        ("onsite", 1),
        ("reporting", 2),
    ]
    assert (stages[empty.pk].state, stages[empty.pk].label, stages[empty.pk].units) == ("", "", 0)


def test_the_matrix_shows_years_and_earlier_names(world):
    year = timezone.localdate().year
    Assignment.objects.filter(pk=world.assignment_a.pk).update(
        onsite_from=dt.date(year - 1, 3, 1), onsite_to=dt.date(year - 1, 4, 1), state="archived"
    )
    new = rename_unit(world.unit_a, by=world.office, name="新名", code="新码", on=timezone.localdate())
    [row] = reports.matrix([new], [year - 1, year])
    assert [(held.year, [one.number for one in held.assignments]) for held in row.years] == [(year - 1, ["T01-1-01"]), (year, [])]
    assert row.last.number == "T01-1-01"
    planned = Assignment.objects.filter(pk=world.assignment_c.pk)
    planned.update(state="planned")
    [row] = reports.matrix([world.unit_c], [year])
    assert row.last is None and reports.matrix([], [year]) == []


def test_days(world):
    world.round.starts_on, world.round.ends_on = dt.date(2026, 7, 21), dt.date(2026, 9, 30)
    assert world.round.days == 72
    assert world.round.day(dt.date(2026, 7, 21)) == 1
    assert world.round.day(dt.date(2026, 9, 30)) == 72
    assert world.round.day(dt.date(2026, 7, 20)) is None
    assert world.round.day(dt.date(2026, 10, 1)) is None
