"""The API of reports: what the pages show and allow, to programs."""

import datetime as dt

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from inspection.accounts.models import ApiToken
from inspection.documents import paper
from inspection.reports import production, workflow
from inspection.reports.kinds import Period, Scope
from inspection.reports.models import Definition, Run
from inspection.trail.models import Entry
from rectification.reports.weekly import weekly_brief

URL = "/api/v1/reports/"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def _no_printing(monkeypatch):
    """What is tested stands around the printing."""
    monkeypatch.setattr(paper, "print_report", lambda *args, **options: paper.Pdf(content=PDF, pages=1, fonts=(), peak=0))


def api(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def week() -> Period:
    today = timezone.localdate()
    return Period(today - dt.timedelta(days=7), today - dt.timedelta(days=1))


def order(world, user=None, group=None, **facts) -> Run:
    user, group = user or world.leader1, group or world.group1
    return workflow.order(
        weekly_brief, Scope(f"group:{group.pk}", group.name), week(), **{"as_user": user, "maker": user} | facts
    )


def produced(world, user=None, group=None, **facts) -> Run:
    run = order(world, user, group, **facts)
    assert production.produce(run.pk)
    run.refresh_from_db()
    return run


def failed(world, **facts) -> Run:
    run = order(world, **facts)
    workflow.fail(workflow.claim(run.pk), code=Run.Error.INTERNAL, error_id="abc", again=False)
    run.refresh_from_db()
    return run


def at(run, act="") -> str:
    return f"{URL}{run.pk}/" + (f"{act}/" if act else "")


def body(world, **changes) -> dict:
    facts = {
        "kind": "weekly_brief",
        "scope": f"group:{world.group1.pk}",
        "period_start": week().first.isoformat(),
        "period_end": week().last.isoformat(),
    }
    return {name: value for name, value in (facts | changes).items() if value is not None}


# Ordering ----------------------------------------------------------------------------------------------------------------


def test_a_report_is_ordered_produced_and_downloaded(world):
    leader = api(world.leader1)
    answer = leader.post(URL, body(world), format="json")
    assert answer.status_code == 201, answer.content
    made = answer.json()
    run = Run.objects.get()
    assert (made["id"], made["number"], made["state"], made["maker"]) == (run.pk, run.number, "waiting", "组长一")
    assert (made["kind"], made["title"], made["formats"]) == ("weekly_brief", str(weekly_brief.label), ["pdf", "xlsx"])
    assert (made["files"], made["allowed"], made["definition"]) == ([], [], None)
    assert Entry.objects.about(run).get(verb="order").actor == world.leader1
    assert production.produce(run.pk)
    run.refresh_from_db()
    done = leader.get(at(run)).json()
    assert done["state"] == "done" and done["allowed"] == ["pdf", "xlsx"]
    assert [file["sha256"] for file in done["files"]] == [run.pdf.sha256, run.xlsx.sha256]
    answer = leader.get(done["files"][0]["url"])
    assert b"".join(answer.streaming_content) == PDF and answer["Content-Type"] == "application/pdf"
    assert leader.get(done["files"][1]["url"]).status_code == 200
    exports = Entry.objects.about(run).filter(verb="export")
    assert [(entry.actor, entry.facts["format"]) for entry in exports] == [(world.leader1, "pdf"), (world.leader1, "xlsx")]


def test_what_is_offered_is_what_may_be_ordered(world):
    offers = api(world.leader2).get(URL + "offers/").json()
    assert {offer["scope"] for offer in offers} == {f"group:{world.group2.pk}"}
    for offer in offers:
        facts = {"kind": offer["kind"], "scope": offer["scope"], "formats": offer["formats"][:1]}
        assert api(world.leader2).post(URL, body(world, **facts), format="json").status_code == 201
    assert api(world.admin).get(URL + "offers/").json() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "nonsense"}, "scope"),
        ({"kind": None}, "kind"),
        ({"scope": "group:0"}, "scope"),
        ({"scope": "坏\x00"}, "scope"),
        ({"scope": "长" * 10_001}, "scope"),
        ({"scope": "😀"}, "scope"),
        ({"period_start": "上周一"}, "period_start"),
        ({"period_start": "2020-01-01"}, "period_end"),
        ({"period_end": "2020-01-01"}, "period_end"),
        ({"period_end": "2999-01-01"}, "period_end"),
        ({"formats": ["docx"]}, "formats"),
        ({"formats": []}, "formats"),
        ({"formats": "pdf"}, "formats"),
    ],
)
def test_nonsense_is_named_by_field_and_orders_nothing(world, changes, field):
    answer = api(world.leader1).post(URL, body(world, **changes), format="json")
    assert answer.status_code == 400 and list(answer.json()["errors"]) == [field]
    assert not Run.objects.exists() and not Entry.objects.exists()


def test_nobody_orders_another_groups_report(world):
    answer = api(world.leader1).post(URL, body(world, scope=f"group:{world.group2.pk}"), format="json")
    assert answer.status_code == 400 and not Run.objects.exists()
    assert api(world.admin).post(URL, body(world), format="json").status_code == 403, "configures, reads no case"
    assert api(world.outsider).post(URL, body(world), format="json").status_code == 403


def test_a_session_without_the_forms_secret_orders_nothing(world):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(world.leader1)
    assert client.post(URL, body(world), format="json").status_code == 403 and not Run.objects.exists()
    _token, raw = ApiToken.objects.issue(world.leader1, "脚本", timezone.now() + dt.timedelta(days=1))
    machine = APIClient(headers={"Authorization": f"Token {raw}"})
    assert machine.post(URL, body(world), format="json").status_code == 201


# Seeing ------------------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_the_page_shows(world):
    own, other = produced(world), produced(world, world.leader2, world.group2)
    assert [row["number"] for row in api(world.leader1).get(URL).json()["results"]] == [own.number]
    assert api(world.leader1).get(at(other)).status_code == 404
    assert api(world.leader1).get(at(other, "pdf")).status_code == 404
    rows = api(world.admin).get(URL).json()["results"]
    assert [row["number"] for row in rows] == [other.number, own.number]
    assert all(row["allowed"] == [] and row["files"][0]["url"] is None and row["files"][0]["sha256"] for row in rows)
    assert api(world.admin).get(at(own, "pdf")).status_code == 403
    assert api(world.expired_leader).get(URL).status_code == 403
    assert not Entry.objects.filter(verb="export").exists()


def test_the_title_of_a_scheduled_report_is_its_definitions(world):
    definition = Definition.objects.create(kind="weekly_brief", title="每周一周报", owner=world.chief, created_by=world.office)
    definition.recipients.set([world.leader1])
    run = produced(world, user=world.chief, maker=None, definition=definition)
    seen = api(world.leader1).get(at(run)).json()
    assert (seen["title"], seen["definition"], seen["maker"]) == ("每周一周报", definition.number, None)
    assert seen["as_user"] == "办公室主任" and seen["allowed"] == ["pdf", "xlsx"]


def test_the_filters_are_the_pages(world):
    done, waiting = produced(world), order(world)
    leader = api(world.leader1)

    def found(query: str) -> list[int]:
        return [row["id"] for row in leader.get(f"{URL}?{query}").json()["results"]]

    assert found("state=done") == [done.pk]
    assert found("state=waiting&kind=weekly_brief") == [waiting.pk]
    assert found(f"since={timezone.localdate().isoformat()}") == []
    assert leader.get(f"{URL}?state=nonsense").status_code == 400
    assert leader.get(f"{URL}?since=昨天").status_code == 400


@pytest.mark.parametrize("pk", ["0", "9" * 30, "x", "1%00"])
def test_an_address_that_leads_nowhere(world, pk):
    assert api(world.office).get(f"{URL}{pk}/").status_code == 404


def test_a_longer_list_asks_no_more_questions(world, django_assert_max_num_queries):
    leader = api(world.leader1)

    def ask():
        with django_assert_max_num_queries(20) as captured:
            assert leader.get(URL).status_code == 200
        return len(captured)

    for _each in range(2):
        produced(world)
    failed(world)
    ask()  # what is cached for the process is asked once
    few = ask()
    for _each in range(10):
        failed(world)
        order(world)
    assert ask() == few


# Files and repeating -----------------------------------------------------------------------------------------------------


def test_a_format_that_was_not_asked_for_does_not_exist(world):
    run = produced(world, formats=["xlsx"])
    leader = api(world.leader1)
    assert leader.get(at(run)).json()["allowed"] == ["xlsx"]
    assert leader.get(at(run, "pdf")).status_code == 404


@pytest.mark.parametrize("accept", ["application/pdf", "*/*", "application/json", "text/html"])
def test_a_file_comes_whatever_the_program_says_it_accepts(world, accept):
    assert api(world.leader1).get(at(produced(world), "pdf"), headers={"Accept": accept}).status_code == 200


def test_a_damaged_file_is_a_problem_not_a_traceback(world):
    run = produced(world)
    run.pdf.path.unlink()
    answer = api(world.leader1).get(at(run, "pdf"))
    assert answer.status_code == 500 and answer["Content-Type"] == "application/problem+json"
    assert run.number in answer.json()["detail"]
    assert not Entry.objects.about(run).filter(verb="export").exists()


def test_a_failed_report_is_repeated_once(world):
    run = failed(world)
    leader = api(world.leader1)
    shown = leader.get(at(run)).json()
    assert (shown["state"], shown["error_code"], shown["error_id"], shown["allowed"]) == ("failed", "internal", "abc", ["repeat"])
    assert leader.get(at(run, "repeat")).status_code == 405
    again = leader.post(at(run, "repeat"))
    assert again.status_code == 200 and again.json()["state"] == "waiting" and again.json()["allowed"] == []
    assert leader.post(at(run, "repeat")).status_code == 409
    assert Entry.objects.about(run).filter(verb="repeat").count() == 1
    assert api(world.leader2).post(at(run, "repeat")).status_code == 404


def test_who_configures_repeats_what_they_may_not_open(world):
    run = failed(world)
    assert api(world.admin).get(at(run)).json()["allowed"] == ["repeat"]
    assert api(world.admin).post(at(run, "repeat")).status_code == 200


def test_a_run_that_was_born_failed_has_nothing_to_repeat(world):
    definition = Definition.objects.create(kind="weekly_brief", title="周报", owner=world.chief, created_by=world.office)
    run = workflow.refuse(definition, week(), Run.Error.RIGHT)
    assert api(world.office).get(at(run)).json()["allowed"] == []
    assert api(world.office).post(at(run, "repeat")).status_code == 403
    run.refresh_from_db()
    assert run.state == "failed"
