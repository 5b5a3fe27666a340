"""The API: same scope, same verbs, same refusals as the pages."""

import pytest
from django.utils import timezone

from inspection.trail.models import Entry
from rounds.models import Appointment, Assignment, Person, Recusal, Unit
from tests.cast import make_assignment

API = "/api/v1"


@pytest.fixture
def ask(world, client):
    """ask(who, "get" or "post", path, data) -> response"""

    def send(who, method, path, data=None):
        client.force_login(getattr(world, who))
        options = {"data": data, "content_type": "application/json"} if method == "post" else {}
        return getattr(client, method)(f"{API}{path}", **options)

    return send


def results(answer, key="number"):
    return {row[key] for row in answer.json()["results"]}


def test_lists_keep_to_the_callers_scope(ask):
    assert results(ask("office", "get", "/assignments/")) == {"T01-1-01", "T01-1-02", "T01-2-01"}
    assert results(ask("member2", "get", "/assignments/")) == {"T01-2-01"}
    assert results(ask("expired_leader", "get", "/assignments/")) == set()
    assert results(ask("liaison_c", "get", "/units/")) == {"U-丙"}
    assert results(ask("outsider", "get", "/rounds/")) == set()
    assert results(ask("member2", "get", "/people/")) == {"P-leader2", "P-member2"}
    assert results(ask("leader1", "get", "/groups/")) == {"T01-1"}


def test_filters_are_the_pages(ask):
    assert results(ask("office", "get", "/assignments/?group=&q=乙")) == {"T01-1-02"}
    assert results(ask("office", "get", "/assignments/?state=planned")) == set()
    assert results(ask("office", "get", "/assignments/?on_site=yes")) == {"T01-1-01", "T01-1-02", "T01-2-01"}
    assert ask("office", "get", "/assignments/?state=nonsense").status_code == 400


def test_what_an_object_shows(world, ask):
    found = ask("leader1", "get", "/assignments/T01-1-01/").json()
    assert found["allowed"] == ["leave"] and found["state"] == "onsite" and len(found["channels"]) == 8
    assert ask("chief", "get", "/assignments/T01-1-01/").json()["allowed"] == ["leave", "reopen"]
    assert ask("admin", "get", "/assignments/T01-1-01/").json()["allowed"] == []
    assert ask("leader2", "get", "/assignments/T01-1-01/").status_code == 404
    assert ask("office", "get", f"/rounds/{world.round.pk}/").json()["rules"]["petition.cutoff"]["amount"] == 7
    people = ask("member1", "get", f"/groups/{world.group1.pk}/").json()["people"]
    assert people[0]["post"] == "leader" and "前组长" not in {one["person"] for one in people}
    assert "native_place" not in ask("office", "get", f"/people/{world.member1.person.pk}/").json()


def test_a_step_and_its_refusals(world, ask):
    today = timezone.localdate().isoformat()
    path = "/assignments/T01-1-01/leave/"
    assert ask("office", "post", path, {}).status_code == 400
    assert ask("office", "post", path, {"date": "昨天"}).status_code == 400
    assert ask("office", "post", path, {"date": "2199-01-01"}).json()["errors"] == {"date": ["日期不能晚于今天。"]}
    assert ask("member1", "post", path, {"date": today}).status_code == 403
    assert ask("leader2", "post", path, {"date": today}).status_code == 404
    assert ask("office", "post", path, {"date": today, "version": 9}).status_code == 409
    done = ask("office", "post", path, {"date": today, "version": 1})
    assert (done.status_code, done.json()["state"]) == (200, "reporting")
    again = ask("office", "post", path, {"date": today})
    assert again.status_code == 409 and again.json()["state"] == "reporting"
    assert Entry.objects.about(world.assignment_a).count() == 1


def test_appointing(world, ask):
    person = Person.objects.create(name="候选人", code="P-900")
    path = f"/groups/{world.group1.pk}/appoint/"
    data = {"person": "P-900", "post": "member", "starts_on": timezone.localdate().isoformat()}
    assert ask("leader1", "post", path, data).status_code == 403
    assert ask("office", "post", path, data | {"person": "nobody"}).status_code == 400
    person.employer = world.unit_a
    person.save()
    assert "person" in ask("office", "post", path, data).json()["errors"]
    person.employer = None
    person.save()
    assert ask("office", "post", path, data).status_code == 201
    assert Appointment.objects.filter(person=person).count() == 1


def test_recusing(world, ask):
    path = f"/people/{world.member1.person.pk}/recuse/"
    data = {"unit": "U-甲", "ground": "relative"}
    assert ask("leader1", "post", path, data).status_code == 403
    assert ask("member2", "post", path, data).status_code == 404
    assert ask("member1", "post", path, data | {"unit": "U-丙"}).status_code == 404
    assert ask("member1", "post", path, data).status_code == 201
    assert ask("member1", "post", path, data).status_code == 400
    assert Recusal.objects.filter(person=world.member1.person).count() == 1


@pytest.mark.parametrize("rows", [5, 25])
@pytest.mark.parametrize("who", ["office", "leader1"])
@pytest.mark.parametrize(
    ("path", "budget"), [("/rounds/", 10), ("/groups/", 11), ("/units/", 10), ("/people/", 10), ("/assignments/", 12)]
)
def test_lists_cost_the_same_however_long(world, client, django_assert_max_num_queries, path, budget, rows, who):
    for n in range(rows):
        unit = Unit.objects.create(code=f"Q-{n}", name=f"单位{n}", category=world.unit_a.category)
        make_assignment(world.group1, unit, f"T01-1-{n + 10}", by=world.admin)
        person = Person.objects.create(code=f"Q-{n}", name=f"人{n}", employer=unit)
        Appointment.objects.create(group=world.group1, person=person, starts_on=timezone.localdate(), appointed_by=world.admin)
    assert Assignment.objects.count() == rows + 3
    client.force_login(getattr(world, who))
    with django_assert_max_num_queries(budget):
        answer = client.get(API + path)
    assert answer.status_code == 200
