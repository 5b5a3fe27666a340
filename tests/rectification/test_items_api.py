"""The API of feedback and items: scope, verbs, and what a unit's liaison is not told."""

import pytest
from rest_framework.test import APIClient

from inspection.trail.models import Entry
from rectification.models import Feedback, Item, Measure
from rectification.workflow import item as verbs
from tests.rectification.papers import used_paper
from tests.rectification.steps import TEXT, applied, decomposed, evidence, feeding_back, from_paper, in_days, opened


def api(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def at(item, verb=""):
    return f"/api/v1/items/{item.number}/" + (f"{verb}/" if verb else "")


def test_an_item_goes_its_way_through_the_api(world):
    office = api(world.office)
    body = {"assignment": world.assignment_a.number, "problem": "三公经费管理不严", "due_on": in_days(60).isoformat()}
    made = office.post("/api/v1/items/", body, format="json")
    assert made.status_code == 201
    item = Item.objects.get()
    unit = api(world.liaison_a)
    words = {"goal": "建立制度", "leader": "局长", "department": "办公室"}
    one = {"text": "修订制度", "leader": "副局长", "department": "办公室", "due_on": in_days(20).isoformat(), "kinds": ["rules"]}
    answer = unit.post(at(item, "decompose"), words | {"measures": [one], "version": item.version}, format="json")
    assert answer.status_code == 200 and answer.json()["state"] == "rectifying"
    measure = Measure.objects.get()
    told = {"text": "已印发", "completions": [{"measure": measure.pk, "completion": "done"}]}
    assert unit.post(at(item, "report_progress"), told, format="json").status_code == 200
    assert unit.post(at(item, "apply"), {}, format="json").status_code == 400
    answer = unit.post(at(item, "apply"), {"attachments": [evidence()]}, format="multipart")
    assert answer.status_code == 200, answer.content
    assert api(world.member1).post(at(item, "verify"), {"reason": "好"}, format="json").status_code == 200
    assert api(world.chief).post(at(item, "close"), {}, format="json").json()["state"] == "closed"
    item.refresh_from_db()
    assert item.measures.get().completion == "done"


def test_allowed_is_what_the_buttons_say(world):
    item = opened(world, world.assignment_a)
    assert api(world.liaison_a).get(at(item)).json()["allowed"] == ["decompose"]
    assert api(world.member1).get(at(item)).json()["allowed"] == []
    assert api(world.chief).get(at(item)).json()["allowed"] == ["decompose", "extend"]


def test_a_stale_version_is_refused_and_recorded_once(world):
    item = decomposed(world, opened(world, world.assignment_a))
    client = api(world.liaison_a)
    assert client.post(at(item, "mark_basic"), {"version": item.version}, format="json").status_code == 200
    refused = client.post(at(item, "mark_basic"), {"version": item.version}, format="json")
    assert refused.status_code == 409 and refused.json()["state"] == "basic"
    assert Entry.objects.about(item).filter(verb="mark_basic").count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "工期", "date": "下个月"}, "date"),
        ({"date": "2026-12-31"}, "reason"),
        ({"reason": "坏\x00", "date": "2026-12-31"}, "reason"),
        ({"reason": "长" * 10_001, "date": "2026-12-31"}, "reason"),
    ],
)
def test_bad_input_is_named_and_nothing_is_saved(world, body, field):
    item = opened(world, world.assignment_a)
    answer = api(world.chief).post(at(item, "extend"), body, format="json")
    assert answer.status_code == 400 and field in answer.json()["errors"]
    item.refresh_from_db()
    assert item.due_on == item.original_due_on


def test_the_unit_is_not_told_where_an_item_comes_from_nor_who_judged(world):
    item = verbs.verify(
        applied(world, decomposed(world, from_paper(world, world.assignment_a))), by=world.member1, reason="内部意见"
    )
    mine, theirs = api(world.liaison_a).get(at(item)).json(), api(world.office).get(at(item)).json()
    for name in ("finding", "feedback", "verified_by", "closed_by", "applied_by", "group"):
        assert mine[name] is None
    assert (theirs["finding"], theirs["verified_by"], theirs["group"]) == (item.finding.number, "组员一", "第一巡察组")
    assert "内部意见" not in str(mine) and item.finding.number not in str(mine)
    listed = api(world.liaison_a).get("/api/v1/items/").json()["results"]
    assert [row["number"] for row in listed] == [item.number] and listed[0]["group"] is None
    assert api(world.liaison_c).get("/api/v1/items/").json()["results"] == []


def test_the_same_filters_as_on_the_page(world):
    opened(world, world.assignment_a, due=-1)
    late = api(world.office).get("/api/v1/items/?light=red").json()
    assert late["count"] == 1 and late["results"][0]["light"] == "red"
    assert api(world.office).get("/api/v1/items/?light=green").json()["count"] == 0


@pytest.mark.parametrize("count", [4, 24])
def test_the_list_asks_the_same_few_questions(world, django_assert_max_num_queries, count):
    for _number in range(count):
        opened(world, world.assignment_a)
    client = api(world.leader1)
    with django_assert_max_num_queries(14):
        assert len(client.get("/api/v1/items/").json()["results"]) == count


def test_feedback_goes_its_way_through_the_api(world):
    paper = used_paper(world, world.assignment_a)
    feeding_back(world.assignment_a)
    body = TEXT | {"assignment": world.assignment_a.number, "to": "body", "findings": [paper.number]}
    made = api(world.leader1).post("/api/v1/feedback/", body, format="json")
    assert made.status_code == 201 and made.json()["findings"] == [paper.number]
    feedback = Feedback.objects.get()
    address = f"/api/v1/feedback/{feedback.number}/"
    assert api(world.office).post(f"{address}approve/", {}, format="json").status_code == 403
    assert api(world.chief).post(f"{address}approve/", {}, format="json").json()["state"] == "approved"
    assert api(world.office).post(f"{address}deliver/", {"date": in_days(1).isoformat()}, format="json").status_code == 400
    assert (
        api(world.office).post(f"{address}deliver/", {"date": in_days(0).isoformat()}, format="json").json()["state"]
        == "delivered"
    )
    assert api(world.liaison_a).get(address).status_code == 403
    assert api(world.leader2).get(address).status_code == 404


def test_a_paper_out_of_sight_is_none(world):
    paper = used_paper(world, world.assignment_a)
    feeding_back(world.assignment_c)
    body = TEXT | {"assignment": world.assignment_c.number, "to": "body", "findings": [paper.number]}
    answer = api(world.leader2).post("/api/v1/feedback/", body, format="json")
    assert answer.status_code == 400 and "findings" in answer.json()["errors"]
