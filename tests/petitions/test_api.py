"""The API of petitions: same scope, same intake, same verbs as the pages, and never who reported."""

import datetime as dt
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from inspection.trail.models import Entry
from petitions.models import Petition

from .registering import accept, call, petition_in

PDF = b"%PDF-1.7 evidence"
BASE = "/api/v1/petitions/"


@pytest.fixture
def leader(world, client):
    client.force_login(world.leader1)
    return client


def post(client, path="", /, headers=None, **body):
    return client.post(BASE + path, json.dumps(body), content_type="application/json", headers=headers or {})


def new(world, **body):
    return {
        "assignment": world.assignment_a.number,
        "channel": "online",
        "received_at": timezone.now().isoformat(),
        "subject": "集镇占道经营",
        "text": "集镇主街占道经营长期无人管理。",
    } | body


class TestReading:
    def test_a_list_holds_what_is_in_scope_with_state_and_allowed_verbs(self, world, leader):
        petition = call(world)
        call(world, world.assignment_c, by=world.leader2)
        call(world, persons=[{"name": "组长一"}], by=world.member1)
        body = leader.get(BASE).json()
        assert body["count"] == 1
        (row,) = body["results"]
        assert (row["number"], row["state"], row["unit"], row["subject"]) == (
            petition.number,
            "registered",
            world.unit_a.name,
            petition.subject,
        )
        always = ["correct", "verify_signer", "supplement", "recuse"]
        assert row["allowed"] == ["accept", "transfer", "hand_up", "link_repeat", "file", *always]
        assert "text" not in row

    def test_what_is_allowed_depends_on_the_caller(self, world, client):
        call(world)
        client.force_login(world.member1)
        assert client.get(BASE).json()["results"][0]["allowed"] == ["correct", "verify_signer", "supplement", "recuse"]

    def test_one_petition_with_its_text_is_a_reading(self, world, leader):
        petition = call(
            world, persons=[{"name": "周某甲", "level": "county"}], reporter={"name": "钱某某", "phone": "13912345678"}
        )
        answer = leader.get(f"{BASE}{petition.number}/")
        body = answer.json()
        assert body["text"] == petition.text and body["persons"][0]["name"] == "周某甲" and body["identity_left"] is True
        assert "钱某某" not in answer.content.decode() and "13912345678" not in answer.content.decode()
        assert Entry.objects.about(petition).filter(verb="read", actor=world.leader1).count() == 1

    def test_out_of_scope_it_does_not_exist(self, world, leader):
        for petition in (call(world, world.assignment_c, by=world.leader2), call(world, persons=[{"name": "组长一"}])):
            assert leader.get(f"{BASE}{petition.number}/").status_code == 404
            assert post(leader, f"{petition.number}/file/", reason="理由").status_code == 404
        assert leader.get(f"{BASE}T01-2026-9999/").status_code == 404

    @pytest.mark.parametrize("name", ["admin", "secadmin", "auditor", "custodian", "outsider", "liaison_a", "expired_leader"])
    def test_who_has_no_business_with_petitions_gets_none(self, world, client, name):
        petition = call(world)
        client.force_login(getattr(world, name))
        assert client.get(BASE).status_code == 403
        assert client.get(f"{BASE}{petition.number}/").status_code == 403
        assert post(client, **new(world)).status_code == 403

    def test_the_filters_of_the_page_serve_here_and_refuse_nonsense(self, world, leader):
        accept(world, call(world, subject="低保名单"))
        call(world)
        for query in ({"state": "accepted"}, {"q": "低保"}, {"q": "低保名单"}, {"place": "in_group"}):
            assert leader.get(BASE, query).json()["count"] == 1, query
        assert leader.get(BASE, {"state": "x"}).status_code == 400
        assert leader.get(BASE, {"cursor": "x"}).status_code == 400

    def test_the_first_petition_is_named_only_in_sight(self, world, leader):
        repeat = petition_in(world, "repeat")
        assert leader.get(f"{BASE}{repeat.number}/").json()["first"] == repeat.first.number
        repeat.first.exclusions.create(user=world.leader1, ground="named")
        assert leader.get(f"{BASE}{repeat.number}/").json()["first"] is None
        assert leader.get(BASE).json()["results"][0]["first"] is None

    def test_a_list_asks_no_more_for_more_rows(self, world, leader, django_assert_max_num_queries):
        for _turn in range(5):
            call(world)
        leader.get(BASE)
        with django_assert_max_num_queries(15) as few:
            leader.get(BASE)
        for _turn in range(20):
            call(world)
        with django_assert_max_num_queries(15) as many:
            assert leader.get(BASE).json()["count"] == 25
        assert len(many) <= len(few)


class TestRegistering:
    def test_goes_through_the_one_intake(self, world, leader):
        body = new(world, subjects=[{"name": "周某甲", "post": "局长"}], reporter_name="钱某", reporter_phone="13912345678")
        answer = post(leader, **body)
        assert answer.status_code == 201
        petition = Petition.objects.get()
        assert answer.json()["number"] == petition.number and petition.signature == "signed"
        assert petition.persons[0]["name"] == "周某甲" and petition.channel_kind == "online"
        assert petition.reporter_keys.count() == 1 and Entry.objects.about(petition).filter(verb="register").exists()

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"text": ""}, "text"),
            ({"text": "长" * 50_001}, "text"),
            ({"subject": "长" * 201}, "subject"),
            ({"received_at": "昨天"}, "received_at"),
            ({"received_at": (timezone.now() + dt.timedelta(days=1)).isoformat()}, "received_at"),
            ({"channel": "pigeon"}, "channel"),
            ({"assignment": "T01-2-01"}, "assignment"),
            ({"assignment": "nowhere"}, "assignment"),
            ({"postmarked_on": (timezone.localdate() + dt.timedelta(days=1)).isoformat()}, "postmarked_on"),
            ({"subjects": [{"name": f"某{n}"} for n in range(31)]}, "subjects"),
            ({"reporter_email": "not-a-mail"}, "reporter_email"),
            ({"people_count": 0}, "people_count"),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_saved(self, world, leader, body, field):
        answer = post(leader, **new(world, **body))
        assert answer.status_code == 400 and set(answer.json()["errors"]) == {field}
        assert answer["Content-Type"].startswith("application/problem+json")
        assert not Petition.objects.exists()

    def test_a_nul_byte_or_broken_json_is_a_clean_refusal(self, world, leader):
        assert post(leader, **new(world, text="前\x00后")).status_code == 400
        assert leader.post(BASE, "{", content_type="application/json").status_code == 400
        assert not Petition.objects.exists()

    def test_naming_the_caller_answers_with_the_number_alone(self, world, leader):
        answer = post(leader, **new(world, subjects=[{"name": "组长一"}]))
        assert answer.status_code == 201 and set(answer.json()) == {"number"}

    def test_after_the_closing_day_it_is_refused(self, world, leader):
        world.assignment_a.channels.update(closes_on=timezone.localdate() - dt.timedelta(days=1))
        assert set(post(leader, **new(world)).json()["errors"]) == {"received_at"}


BODIES = {
    "accept": ("registered", {"discipline": "work"}),
    "hand_up": (
        "registered",
        {"receiver_name": "市委", "handed_on": timezone.localdate().isoformat(), "received_by": "王某"},
    ),
    "file": ("registered", {"reason": "理由"}),
    "check": ("accepted", {}),
    "conclude": ("checking", {"outcome": "closed", "reason": "理由"}),
    "retake": ("transferred", {"reason": "理由"}),
    "reopen": ("filed", {"reason": "理由"}),
    "extend": ("accepted", {"reason": "理由"}),
    "correct": ("registered", {"reason": "理由", "text": "更正后的内容"}),
    "verify_signer": ("registered", {"result": "denied"}),
}


class TestVerbs:
    @pytest.mark.parametrize("verb", sorted(BODIES))
    def test_each_verb_once_from_one_version(self, world, client, verb):
        state, body = BODIES[verb]
        petition = petition_in(world, state, reporter={"name": "钱某"})
        client.force_login(world.chief if verb == "extend" else world.leader1)
        path = f"{petition.number}/{verb}/"
        answer = post(client, path, version=petition.version, **body)
        assert answer.status_code == 200, answer.content
        assert answer.json()["state"] == Petition.objects.get(pk=petition.pk).state
        again = post(client, path, version=petition.version, **body)
        assert again.status_code == 409 and again.json()["state"] == answer.json()["state"]
        assert Entry.objects.about(petition).filter(verb=verb).count() == 1

    def test_material_is_added_as_a_form_with_files(self, world, leader):
        petition = petition_in(world, "concluded")
        path = f"{BASE}{petition.number}/supplement/"
        assert set(leader.post(path, {"note": "当面补交"}).json()["errors"]) == {"files"}
        answer = leader.post(path, {"files": [SimpleUploadedFile("账页.pdf", PDF)], "note": "当面补交"})
        assert answer.status_code == 200, answer.content
        assert [kept["name"] for kept in answer.json()["attachments"]] == ["账页.pdf"]
        assert answer.json()["version"] == petition.version + 1

    def test_linking_by_number(self, world, leader):
        first, again = call(world), call(world)
        wrong = post(leader, f"{again.number}/link_repeat/", first="T01-2026-9999")
        assert wrong.status_code == 400 and set(wrong.json()["errors"]) == {"first"}
        assert post(leader, f"{again.number}/link_repeat/", first=first.number).json()["first"] == first.number

    def test_not_allowed_is_403_and_a_missing_reason_400(self, world, client):
        petition = petition_in(world, "checking")
        client.force_login(world.member1)
        assert post(client, f"{petition.number}/conclude/", outcome="closed", reason="理由").status_code == 403
        client.force_login(world.leader1)
        for body in ({}, {"outcome": "closed"}, {"outcome": "x", "reason": "理由"}, {"outcome": "closed", "reason": " "}):
            assert post(client, f"{petition.number}/conclude/", **body).status_code == 400
        assert Petition.objects.get().state == "checking"

    def test_no_verb_answers_get(self, world, leader):
        petition = call(world)
        for verb in BODIES:
            assert leader.get(f"{BASE}{petition.number}/{verb}/").status_code == 405
