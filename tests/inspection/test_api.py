"""What the API promises everywhere: tokens with a scope, shares by the minute, ETags, acts done once, refusals as problems."""

import datetime as dt
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from inspection.accounts.models import ApiToken, Attempts
from inspection.api import idempotency, throttling
from inspection.api.models import KeyedAct
from inspection.trail.models import Entry
from inspection.vault.models import Envelope
from petitions.models import Petition
from rectification.workflow import item as item_verbs
from tests.petitions.registering import call, petition_in
from tests.rectification.steps import in_days, opened

PETITIONS = "/api/v1/petitions/"
SECRET = "集镇主街占道经营长期无人管理，收受礼金。"


def api(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def token(user, **facts):
    """(row, a client that calls with it)"""
    row, raw = ApiToken.objects.issue(user, "脚本", timezone.now() + dt.timedelta(days=1), **facts)
    return row, APIClient(headers={"Authorization": f"Token {raw}"})


def new(world, **body):
    return {
        "assignment": world.assignment_a.number,
        "channel": "online",
        "received_at": "2026-01-05T08:00:00+08:00",
        "text": SECRET,
    } | body


@pytest.fixture
def body(world):
    """What registers a petition; received a while ago, so that it is the same body every time."""
    received = (timezone.now() - dt.timedelta(hours=1)).replace(microsecond=0)
    return new(world, received_at=received.isoformat())


def problem(answer, status, **said):
    """The problem document of a refusal."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert answer["Content-Type"] == "application/problem+json"
    found = json.loads(answer.content)
    assert found["status"] == status and found["title"] and found["type"]
    assert {name: found.get(name) for name in said} == said
    return found


# Tokens ------------------------------------------------------------------------------------------------------------------


def test_a_token_that_reads_takes_no_step(world):
    petition = call(world)
    row, reader = token(world.leader1, scope="read")
    seen = reader.get(f"{PETITIONS}{petition.number}/").json()
    assert seen["text"] == petition.text and seen["allowed"] == [], "what may be done is said for this caller"
    assert "只可读取" in problem(reader.post(f"{PETITIONS}{petition.number}/accept/", {}), 403)["detail"]
    assert problem(reader.post(PETITIONS, {}), 403)
    assert not Entry.objects.about(petition).filter(verb="accept").exists()
    row.refresh_from_db()
    assert row.last_used_at is not None


def test_a_token_for_one_resource_opens_no_other(world):
    _row, limited = token(world.office, resources=["units", "slips"])
    answers = {
        path: limited.get(f"/api/v1/{path}").status_code for path in ("units/", "slips/", "petitions/", "rounds/", "schema/")
    }
    assert answers == {"units/": 200, "slips/": 200, "petitions/": 403, "rounds/": 403, "schema/": 200}


def test_wrong_tokens_are_counted_by_network_and_right_ones_go_on(world):
    _row, right = token(world.office)
    wrong = Client(headers={"Authorization": "Token nonsense"})
    answers = [wrong.get("/api/v1/units/") for _turn in range(22)]
    assert [answer.status_code for answer in answers[:20]] == [401] * 20
    problem(answers[-1], 429)
    assert int(answers[-1]["Retry-After"]) >= 1 and Attempts.objects.exists()
    assert right.get("/api/v1/units/").status_code == 200, "nobody shuts programs out by failing on purpose"


def test_requests_are_counted_by_token_and_by_person(world, settings):
    settings.API_PER_MINUTE = {"person": 7, "token": 3}
    clients = [token(world.office)[1] for _each in range(3)]
    stranger = token(world.chief)[1]
    seen = [[client.get("/api/v1/units/") for _turn in range(4)] for client in clients]
    codes = [[answer.status_code for answer in answers] for answers in seen]
    assert codes == [[200, 200, 200, 429], [200, 200, 200, 429], [429] * 4], "the third token finds the person's share used up"
    refused = seen[0][-1]
    problem(refused, 429)
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert api(world.office).get("/api/v1/units/").status_code == 429, "a browser is the same person"
    assert stranger.get("/api/v1/units/").status_code == 200


# ETags -------------------------------------------------------------------------------------------------------------------


def test_an_etag_answers_304_until_something_changed_for_this_reader(world):
    petition = call(world)
    leader, at = api(world.leader1), f"{PETITIONS}{petition.number}/"
    first = leader.get(at)
    again = leader.get(at, headers={"If-None-Match": f'"other", W/{first["ETag"]}'})
    assert again.status_code == 304 and again.content == b"" and again["ETag"] == first["ETag"]
    assert api(world.member1).get(at)["ETag"] != first["ETag"], "who may do less is shown something else"
    assert leader.post(f"{at}accept/", {"discipline": "work"}, format="json").status_code == 200
    changed = leader.get(at, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200 and changed["ETag"] != first["ETag"]
    assert "no-store" in changed["Cache-Control"]


def test_every_detail_has_an_etag(world):
    petition_in(world, "transferred")
    opened(world, world.assignment_a)
    office = api(world.office)
    found = office.get("/api/v1/").json()
    tags = {}
    for name, url in found.items():
        rows = office.get(url).json()["results"]
        if rows:
            answer = office.get(f"{url}{rows[0].get('id') or rows[0]['number']}/")
            assert {"number", "state", "allowed"} <= answer.json().keys(), name
            tags[name] = answer["ETag"]
    assert {"rounds", "groups", "units", "people", "assignments", "petitions", "slips", "items"} <= tags.keys()
    assert len(set(tags.values())) == len(tags)


def test_if_match_takes_a_step_only_from_the_state_that_was_seen(world):
    petition = call(world)
    leader, at = api(world.leader1), f"{PETITIONS}{petition.number}/"
    tag = leader.get(at)["ETag"]
    stale = leader.post(f"{at}accept/", {"discipline": "work"}, format="json", headers={"If-Match": '"other"'})
    problem(stale, 412)
    assert Petition.objects.get().state == "registered"
    done = leader.post(f"{at}accept/", {"discipline": "work"}, format="json", headers={"If-Match": tag})
    assert done.status_code == 200 and done["ETag"] == leader.get(at)["ETag"]
    problem(leader.post(f"{at}check/", {}, format="json", headers={"If-Match": tag}), 412)


# Once under one key ------------------------------------------------------------------------------------------------------


def test_the_same_key_and_body_is_one_petition_and_one_answer(world, body):
    leader = api(world.leader1)
    first = leader.post(PETITIONS, body, format="json", headers={"Idempotency-Key": "k-1"})
    again = leader.post(PETITIONS, dict(reversed(body.items())), format="json", headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code) == (201, 201) and Petition.objects.count() == 1
    assert again.json() == first.json() and again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    problem(leader.post(PETITIONS, body | {"text": "别的事。"}, format="json", headers={"Idempotency-Key": "k-1"}), 422)
    other = api(world.deputy1).post(PETITIONS, body | {"text": "别的事。"}, format="json", headers={"Idempotency-Key": "k-1"})
    assert other.status_code == 201, "a key belongs to a person"
    kept = str(list(KeyedAct.objects.values()))
    assert SECRET not in kept and "k-1" not in kept


def test_the_answer_is_made_again_under_the_rights_of_today(world, body):
    leader = api(world.leader1)
    key = {"Idempotency-Key": "k"}
    number = leader.post(PETITIONS, body, format="json", headers=key).json()["number"]
    Petition.objects.get().exclusions.create(user=world.leader1, ground="named")
    assert leader.post(PETITIONS, body, format="json", headers=key).json() == {"number": number}


def test_a_refusal_keeps_no_key_and_what_it_recorded(world, body):
    petition = call(world, reporter={"name": "钱来也"})
    leader, key = api(world.leader1), {"Idempotency-Key": "k"}
    at = f"{PETITIONS}{petition.number}/transfer/"
    facts = {"receiver": world.agency.name, "extract": "钱来也反映占道", "sent_on": timezone.localdate().isoformat()}
    assert "extract" in problem(leader.post(at, facts, format="json", headers=key), 400)["errors"]
    assert Entry.objects.about(petition).filter(verb="extract_refused").exists(), "the try is on record"
    done = leader.post(at, facts | {"extract": "占道经营，请依职责处理。"}, format="json", headers=key)
    assert done.status_code == 200 and done.json()["state"] == "transferred"
    again = leader.post(at, facts | {"extract": "占道经营，请依职责处理。"}, format="json", headers=key)
    assert again.status_code == 200 and petition.slips.count() == 1


def test_a_key_at_work_is_409_and_one_left_behind_is_taken_over(world, body):
    leader, key = api(world.leader1), {"Idempotency-Key": "k"}
    leader.post(PETITIONS, body, format="json", headers=key)
    KeyedAct.objects.update(object_id=None)
    answer = leader.post(PETITIONS, body, format="json", headers=key)
    problem(answer, 409)
    assert answer["Retry-After"] == "1"
    KeyedAct.objects.update(claimed_at=timezone.now() - idempotency.ABANDONED)
    assert leader.post(PETITIONS, body, format="json", headers=key).status_code == 201
    assert Petition.objects.count() == 2, "the first was undone with its transaction; here it only looks so"
    KeyedAct.objects.update(claimed_at=timezone.now() - idempotency.KEPT)
    assert leader.post(PETITIONS, body, format="json", headers=key).status_code == 201
    assert Petition.objects.count() == 3, "after a day the key is new"


def test_a_verb_under_its_key_is_taken_once(world):
    item = opened(world, world.assignment_a)
    chief, at = api(world.chief), f"/api/v1/items/{item.number}/extend/"
    facts = {"reason": "汛期", "date": in_days(90).isoformat()}
    answers = [chief.post(at, facts, format="json", headers={"Idempotency-Key": "x"}) for _turn in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Entry.objects.about(item).filter(verb="extend").count() == 1
    assert item_verbs.LIMITS and answers[1]["Idempotency-Replayed"] == "true"
    problem(chief.post(at, facts, format="json", headers={"Idempotency-Key": "甲"}), 400, parameter="Idempotency-Key")


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_under_one_key_are_one_petition(world, body):
    """Those that come while the first is at work are told so; asked again they get its answer."""
    start = threading.Barrier(8)
    _row, raw = ApiToken.objects.issue(world.leader1, "脚本", timezone.now() + dt.timedelta(days=1))

    def ask(_turn):
        try:
            client = APIClient(headers={"Authorization": f"Token {raw}", "Idempotency-Key": "one"})
            start.wait()
            return client.post(PETITIONS, body, format="json")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
        assert {answer.status_code for answer in answers} <= {201, 409}
        later = list(pool.map(ask, range(8)))
    made = [answer.json()["number"] for answer in [*answers, *later] if answer.status_code == 201]
    assert len(made) >= 9 and set(made) == {Petition.objects.get().number}


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_are_all_counted(monkeypatch):
    monkeypatch.setattr(throttling.time, "time", lambda: 60.0)

    def count(_turn):
        try:
            return [throttling.counted(["person:1", "token:1"])["token:1"] for _each in range(10)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        seen = [number for part in pool.map(count, range(8)) for number in part]
    assert sorted(seen) == list(range(1, 81))


# Refusals ----------------------------------------------------------------------------------------------------------------


def test_every_refusal_is_a_problem_document(world, settings):
    office, petition = api(world.office), call(world)
    at = f"{PETITIONS}{petition.number}/"
    problem(Client().get(PETITIONS), 401)
    problem(office.get("/api/v1/nothing/"), 404)
    problem(office.get(f"{PETITIONS}T01-2026-9999/"), 404)
    problem(office.delete(at), 405)
    problem(office.get(at, headers={"Accept": "text/csv"}), 406)
    problem(office.generic("POST", PETITIONS, "a,b", content_type="text/csv"), 415)
    problem(office.generic("POST", PETITIONS, "{", content_type="application/json"), 400)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    problem(office.post(PETITIONS, {"text": "长" * 1000}, format="json"), 413)


NONSENSE = {
    "cursor": ("x", "e30:1:2", "\x00"),
    "page_size": ("0", "1001", "-1", "x"),
    "sort": ("x", "--number", "text", "assignment__unit"),
    "state": ("x", "registered,accepted"),
    "unit": ("x", "99999999999999999999", "\x00"),
    "received_from": ("昨天", "2026-13-01", "99999-01-01", "0000-00-00"),
    "q": ("a\x00b",),
    "staet": ("registered",),
    "reporter_name": ("钱",),
    "assignment__number__startswith": ("T",),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_a_parameter_without_sense_is_named(world, name):
    office = api(world.office)
    for value in NONSENSE[name]:
        problem(office.get(PETITIONS, {name: value}), 400, parameter=name)
    if name == "staet":
        problem(office.get(f"{PETITIONS}{call(world).number}/", {name: "x"}), 400, parameter=name)


def test_a_page_holds_up_to_a_thousand_rows(world):
    office = api(world.office)
    call(world)
    found = office.get(PETITIONS, {"page_size": "1000"}).json()
    assert list(found) == ["count", "count_is_exact", "next", "previous", "results"]
    assert (found["count"], found["count_is_exact"], found["next"]) == (1, True, None)


def test_any_search_is_text(world):
    call(world, text="价格为 (a+)+$ 元。")
    office = api(world.office)
    for words, count in (
        ("(a+)+$", 1),
        (".*", 0),
        ("%", 0),
        ("_", 0),
        ("' OR 1=1 --", 0),
        ("占" * 10_000, 0),
        ("(a+)+$" * 2000, 0),
    ):
        for path in ("petitions", "findings", "clues", "items", "units", "people", "rounds", "assignments", "slips", "feedback"):
            answer = office.get(f"/api/v1/{path}/", {"q": words})
            assert answer.status_code == 200, (path, words[:9], answer.content)
            assert path != "petitions" or answer.json()["count"] == count, words[:9]


BAD_JSON = {
    "duplicate keys": b'{"text": "a", "text": "b"}',
    "NaN": b'{"people_count": NaN}',
    "lone surrogate": rb'{"channel": "\ud800"}',
    "lone surrogate as key": rb'{"\udfff": 1}',
    "five thousand digits": b'{"people_count": ' + b"9" * 5000 + b"}",
    "deep": b'{"subjects": ' + b"[" * 40 + b"]" * 40 + b"}",
    "very deep": b"[" * 100_000 + b"]" * 100_000,
    "not UTF-8": b'{"text": "\xff\xfe"}',
    "cut off": b'{"text": "',
    "nothing but a number": b"1",
    "a list": b"[]",
    "null": b"null",
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_json_that_cannot_be_meant_is_400(world, name):
    answer = api(world.office).generic("POST", PETITIONS, BAD_JSON[name], content_type="application/json")
    problem(answer, 400)
    assert not Petition.objects.exists()


BAD_FIELDS = {
    "people_count": (10**30, -1, 1.5, [1], "九", True),
    "received_at": ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00", 5, [], {}),
    "postmarked_on": ("0001-01-01x", "2026-02-30", 20260101, ["2026-01-01"]),
    "text": (["占道"], {"a": 1}, "占\x00道", True, None),
    "subjects": ("周某", {"name": "周某"}, [["周某"]], [{"name": ["周某"]}], [{"name": "周\x00某"}]),
    "assignment": (["T01-1-01"], 5, "\x00", None),
    "channel": (["online"], {}, "\x00"),
}


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_a_value_of_the_wrong_kind_is_named_and_nothing_saved(world, body, name):
    office = api(world.office)
    before = Envelope.objects.count()
    for value in BAD_FIELDS[name]:
        found = problem(office.post(PETITIONS, body | {name: value}, format="json"), 400)
        assert set(found["errors"]) == {name}, (value, found)
    assert not Petition.objects.exists() and Envelope.objects.count() == before


# Bodies ------------------------------------------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """A body that never ends, and counts what was read of it."""

    taken = 0

    def read(self, size=-1):
        assert 0 <= size <= 8 * 1024 * 1024, "nobody reads a body to its end"
        self.taken += size
        return b" " * size


def test_a_body_too_large_is_refused_unread(world, settings):
    office, stream = api(world.office), Endless()
    kinds = {"application/json": 100, "application/x-www-form-urlencoded": 100, "multipart/form-data; boundary=x": 300}
    for kind, megabytes in kinds.items():
        length = {"CONTENT_LENGTH": str(megabytes * 1024 * 1024), "wsgi.input": stream}
        problem(office.generic("POST", PETITIONS, b"", content_type=kind, **length), 413)
    assert stream.taken == 0


def test_a_chunked_body_is_read_as_far_as_it_may_be_long(world, body, settings):
    office, stream = api(world.office), Endless()
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "", "content_type": "application/json"}
    problem(office.generic("POST", PETITIONS, b"", **chunked | {"wsgi.input": stream}), 413)
    assert stream.taken == settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    raw = io.BytesIO(json.dumps(body).encode())
    answer = office.generic("POST", PETITIONS, b"", **chunked | {"wsgi.input": raw})
    assert answer.status_code == 201, answer.content
