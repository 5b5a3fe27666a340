"""The lists' statements walk an index in the order asked for: shown by the plan, on either database."""

import io

import pytest
from django.db import connection
from django.utils import timezone

from inspection.pages.lists import Search, bounded_count
from inspection.pages.lists import page as lists_page
from inspection.trail.recording import record
from petitions.models import Petition
from rounds.queries import today

from .registering import call

pytestmark = pytest.mark.django_db


def plan(queryset) -> str:
    """What the database means to do. PostgreSQL reads small tables whole whatever indexes there are, unless told not to."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    return queryset.explain()


def test_lists_scopes_and_deadlines_walk_their_indexes(world):
    newest = ("-received_at", "-id")
    leader, office = (
        Petition.objects.visible_to(user).for_rows().order_by(*newest)[:26] for user in (world.leader2, world.office)
    )
    late, soon = Petition.objects.visible_to(world.office).timed(lt=today())
    # Without an assignment, whose own index is as good in an empty table: whether the partial index may be used is the question.
    known = (Petition.objects.known_by(["a", "b"]).order_by().values_list("source_key"), "petition_imported_once")
    for queryset, index in (
        (office, "petition_newest"),
        (leader, "petition_in_assignment"),
        (Petition.objects.visible_to(world.office).filter(state="filed").order_by(*newest)[:26], "petition_state"),
        (Petition.objects.visible_to(world.office).received(first=today()).order_by(*newest)[:26], "petition_newest"),
        *(
            [
                (late[:8], "petition_to_decide"),
                (soon[:8], "petition_to_conclude"),
                (Petition.objects.visible_to(world.office).overdue().order_by(*newest).values("pk")[:26], "petition_open_newest"),
                known,
            ]
            if connection.vendor == "postgresql"
            else [(late[:8], "petition_state_decide")]
        ),
    ):
        shown = plan(queryset)
        assert index in shown and "Sort" not in shown and "TEMP B-TREE" not in shown, shown


def test_a_scope_of_the_office_is_no_condition_and_that_of_a_leader_a_list_of_ids(world):
    office, leader = (str(Petition.objects.visible_to(user).query) for user in (world.office, world.leader2))
    assert "rounds_assignment" not in office + leader
    assert f'"assignment_id" IN ({world.assignment_c.pk})' in leader and '"assignment_id" IN' not in office


def test_a_doubtful_search_is_settled_row_by_row_on_every_page_and_in_the_count(world, rf):
    made = [call(world, subject=str(place)) for place in range(7)]
    wanted = {petition.pk for petition in made[::2]}
    rows = Petition.objects.all()
    search = Search(keep=lambda ids: wanted & set(ids), before=rows)
    assert bounded_count(rows, search=search) == (4, True) and bounded_count(rows, limit=3, search=search) == (3, False)
    found, address = [], "/"
    while address is not None:
        page = lists_page(rf.get(address), rows, per_page=2, order=("-id",), search=search)
        assert len(page.rows) <= 2 and page.count == 4
        found += [row.pk for row in page.rows]
        address = page.next_url and f"/{page.next_url}"
    assert found == sorted(wanted, reverse=True)


def test_a_long_word_is_found_page_by_page_with_as_few_statements_for_many_as_for_few(
    world, client, django_assert_max_num_queries
):
    for place in range(30):
        call(world, subject="占道经营" if place % 3 else "经营占道", text=f"第{place}件")
    client.force_login(world.member1)
    with django_assert_max_num_queries(20):
        answer = client.get("/petitions/", {"q": "占道经"})
    page = answer.context["page"]
    assert [row.subject for row in page] == ["占道经营"] * 20 and page.count == 20 and page.count_is_exact


@pytest.mark.parametrize(("name", "most"), [("office", 11), ("leader1", 12)])
def test_a_petition_with_a_long_history_is_shown_with_as_few_statements_as_a_fresh_one(
    world, client, django_assert_max_num_queries, name, most
):
    petition = call(world, files=[(io.BytesIO(b"%PDF-1.4"), f"{place}.pdf") for place in range(5)])
    client.force_login(getattr(world, name))
    client.get(petition.get_absolute_url())  # being read is an entry, once in ten minutes
    for _turn in range(2):
        for place in range(15):
            record("correct", petition, by=world.office, to_state=petition.state, note=f"第{place}次")
        with django_assert_max_num_queries(most):
            answer = client.get(petition.get_absolute_url())
    page = answer.content.decode()
    assert page.count("第14次") == 2 and page.count(".pdf") == 5


def test_registering_by_the_api_takes_few_statements(world, client, django_assert_max_num_queries):
    client.force_login(world.member1)
    body = {"assignment": world.assignment_a.number, "channel": "letter", "received_at": timezone.now().isoformat()}
    for phone in ("13900000001", "13900000002"):
        said = {"subject": "占道经营", "text": "长期无人管理。", "reporter_name": "李四", "reporter_phone": phone}
        with django_assert_max_num_queries(24):
            answer = client.post("/api/v1/petitions/", body | said, content_type="application/json")
        assert answer.status_code == 201 and answer.json()["subject"] == "占道经营"
