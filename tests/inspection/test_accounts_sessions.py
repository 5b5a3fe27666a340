"""Sessions: listed, ended, left idle, at their end."""

import pytest
from django.test import Client

from inspection.accounts.models import Session
from inspection.accounts.sessions import digest
from inspection.trail.models import Entry
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, SECURITY = "/accounts/login/", "/accounts/security/"
CHROME = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/131.0 Safari/537.36"}


def sign_in(client, username="office"):
    assert client.post(LOGIN, {"username": username, "password": PASSWORD}).status_code == 302
    return client


def in_the_past(client, seconds, *names):
    session = client.session
    for name in names:
        session[name] -= seconds
    session.save()


def test_one_sees_where_one_is_signed_in_and_ends_it(world):
    here, there, third = sign_in(Client(headers=CHROME)), sign_in(Client(REMOTE_ADDR="10.0.0.9")), sign_in(Client())
    other = sign_in(Client(), "chief")
    html = here.get(SECURITY).content.decode()
    assert "Chrome · Windows" in html and "10.0.0.9" in html and html.count("本机") == 1
    key = digest(there.session.session_key)
    assert here.session.session_key not in html and key in html
    assert other.post(f"{SECURITY}sessions/{key}/end/").status_code == 404, "another person's"
    here.post(f"{SECURITY}sessions/{key}/end/")
    assert there.get("/").status_code == 302 and third.get("/").status_code == 200
    here.post(f"{SECURITY}sessions/end/")
    assert third.get("/").status_code == 302 and here.get("/").status_code == 200 and other.get("/").status_code == 200
    assert here.post(f"{SECURITY}sessions/{digest(here.session.session_key)}/end/")["Location"] == LOGIN
    assert here.get("/").status_code == 302
    verbs = Entry.objects.about(world.office).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["sign_in"] * 3 + ["end_session", "end_sessions", "end_session"]


def test_the_database_knows_no_key_that_opens_a_session(client, world):
    sign_in(client)
    key = client.cookies["sessionid"].value
    assert key not in str(list(Session.objects.values()))
    forged = Client()
    forged.cookies["sessionid"] = Session.objects.get(user=world.office).session_key
    assert forged.get("/").status_code == 302


def test_left_alone_it_ends_and_signing_in_leads_back_to_the_form(client, world, settings):
    client.force_login(world.office)
    in_the_past(client, settings.IDLE_MINUTES * 60 - 5, "seen_at")
    assert client.get("/units/").status_code == 200, "just in time"
    in_the_past(client, settings.IDLE_MINUTES * 60, "seen_at")
    answer = client.post("/accounts/profile/", {"language": "en"}, headers={"Referer": "http://testserver/petitions/new/?a=1"})
    assert answer["Location"] == f"{LOGIN}?idle=1&next=/petitions/new/%3Fa%3D1"
    assert "较长时间没有操作" in client.get(answer["Location"]).content.decode()
    world.office.refresh_from_db()
    assert world.office.language == "zh-hans" and not Session.objects.filter(user=world.office).exists()

    client.force_login(world.auditor)
    in_the_past(client, settings.IDLE_MINUTES_DEMANDING * 60, "seen_at")
    assert client.get("/audit/").status_code == 302, "the demanding roles rest for a shorter time"
    client.force_login(world.office)
    in_the_past(client, settings.IDLE_MINUTES_DEMANDING * 60, "seen_at")
    assert client.get("/units/").status_code == 200


def test_what_an_open_page_asks_by_itself_keeps_it_not_awake(client, world, settings):
    client.force_login(world.office)
    in_the_past(client, 120, "seen_at")
    seen = client.session["seen_at"]
    client.get("/live/petitions.petition/1/")
    assert client.session["seen_at"] == seen
    client.get("/units/")
    assert client.session["seen_at"] > seen


def test_however_busy_it_ends_after_a_day_of_work(client, world, settings):
    client.force_login(world.office)
    in_the_past(client, settings.SESSION_COOKIE_AGE - 60, "signed_in_at")
    assert client.get("/units/").status_code == 200
    in_the_past(client, 60, "signed_in_at")
    assert client.get("/units/")["Location"].startswith(LOGIN)
    sign_in(Client())
    assert Session.objects.filter(user=world.office).count() == 1, "what is over is swept"


def test_reading_writes_at_most_once_a_minute(client, world, django_assert_num_queries):
    client.force_login(world.office)
    client.get("/accounts/profile/")
    before = Session.objects.get(user=world.office)
    client.get("/accounts/profile/")
    assert Session.objects.get(user=world.office) == before and Session.objects.get().session_data == before.session_data
    in_the_past(client, 61, "seen_at")
    client.get("/accounts/profile/", headers=CHROME)
    after = Session.objects.get(user=world.office)
    assert after.seen_at >= before.seen_at and after.agent == CHROME["User-Agent"] and after.address == "127.0.0.1"
