"""Guessing becomes slow, for accounts that exist and for names that do not; nobody is shut out for long, or by strangers."""

import contextlib
import datetime as dt
import threading

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from inspection.accounts import addresses, attempts
from inspection.accounts.models import Attempts
from inspection.trail.models import Entry
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


def sign_in(client, username="office", password="wrong", **options):
    return client.post(LOGIN, {"username": username, "password": password}, **options)


def waits(answer) -> bool:
    return "失败次数过多" in answer.content.decode()


def time_passes(**span):
    """Move every count into the past."""
    for row in Attempts.objects.all():
        row.failed_at -= dt.timedelta(**span)
        row.until = row.until and row.until - dt.timedelta(**span)
        row.save()


def test_delays_double_up_to_a_quarter_of_an_hour():
    assert [attempts.delay(count, 5) for count in (5, 6, 7, 10, 14, 15, 500)] == [1, 2, 4, 32, 512, 900, 900]


def test_the_account_waits_and_a_name_that_is_unknown_waits_alike(world):
    said = {}
    for name in ("office", "nobody"):
        client = Client(REMOTE_ADDR=f"10.0.0.{len(said)}")
        said[name] = [waits(sign_in(client, name)) for _try in range(6)]
    assert said["office"] == said["nobody"] == [False] * 5 + [True]
    until = timezone.now() + dt.timedelta(minutes=10)
    Attempts.objects.filter(user=world.office).update(until=until)
    answer = sign_in(Client(REMOTE_ADDR="10.9.9.9"), password=PASSWORD)
    assert waits(answer), "the right password is not looked at either, from wherever"
    assert timezone.localtime(until).strftime("%H:%M:%S") in answer.content.decode()
    assert Entry.objects.about(world.office).filter(verb="lock").count() == 1
    assert Attempts.objects.filter(user=world.office).get().count == 5, "tries that are not looked at do not count"
    time_passes(minutes=11)
    assert sign_in(Client(), password=PASSWORD).status_code == 302
    assert Attempts.objects.filter(user=world.office).get().count == 0
    assert "nobody" not in str(list(Attempts.objects.values())) and "10.0.0" not in str(list(Attempts.objects.values()))


def test_strangers_do_not_slow_down_the_usual_desk(world):
    desk = Client()
    assert sign_in(desk, password=PASSWORD).status_code == 302
    desk.post("/accounts/logout/")
    stranger = Client()
    for _try in range(6):
        sign_in(stranger)
    assert waits(sign_in(stranger, password=PASSWORD))
    assert sign_in(desk, password=PASSWORD).status_code == 302
    desk.post("/accounts/logout/")
    assert [waits(sign_in(desk)) for _try in range(6)][-1], "but the desk waits for its own failures"
    forged = Client()
    forged.cookies["browser"] = desk.cookies["browser"].value[:-1] + "x"
    Attempts.objects.update(until=timezone.now() + dt.timedelta(minutes=1))
    assert waits(sign_in(forged, password=PASSWORD))


def test_a_network_that_tries_many_names_waits_and_a_success_gives_back_one_try_only(world):
    client = Client(REMOTE_ADDR="2001:db8::1")
    for number in range(19):
        assert not waits(sign_in(client, f"name{number}"))
    assert sign_in(client, password=PASSWORD).status_code == 302
    neighbour = Client(REMOTE_ADDR="2001:db8::2")
    assert not waits(sign_in(neighbour, "name19"))
    assert waits(sign_in(Client(REMOTE_ADDR="2001:db8::3"), "name20"))
    assert not waits(sign_in(Client(REMOTE_ADDR="2001:db8:0:1::3"), "name20"))
    assert Entry.objects.filter(verb="lock", object_type="accounts.attempts").count() == 1


def test_after_an_hour_of_quiet_all_is_forgotten_and_after_a_day_swept(world):
    for _try in range(5):
        sign_in(Client())
    time_passes(minutes=61)
    sign_in(Client())
    assert Attempts.objects.get(user=world.office).count == 1
    time_passes(days=2)
    sign_in(Client(), "somebody")
    assert not Attempts.objects.filter(user=world.office).exists()


def test_codes_and_confirmations_wait_too_and_a_right_password_does_not_start_them_anew(client, world):
    client.force_login(world.office)
    said = [waits(client.post("/accounts/confirm/", {"password": "wrong"})) for _try in range(6)]
    assert said == [False] * 5 + [True]
    request = RequestFactory().get("/", REMOTE_ADDR="10.1.1.1")
    for _try in range(5):
        attempts.begin(request, "factor", user=world.chief).failed()
        attempts.begin(request, "password", user=world.chief).succeeded()
    with pytest.raises(attempts.Wait):
        attempts.begin(request, "factor", user=world.chief)


def test_only_our_own_proxies_are_believed(settings, rf):
    asked = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.7, 10.0.0.2")
    assert addresses.client(asked) == "10.0.0.1"
    settings.TRUSTED_PROXIES = frozenset({"10.0.0.1", "10.0.0.2"})
    assert addresses.client(asked) == "203.0.113.7"
    assert addresses.client(rf.get("/", REMOTE_ADDR="10.0.0.1")) == "10.0.0.1"
    assert addresses.client(rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="nonsense")) in ("", "10.0.0.1")
    assert addresses.network("2001:db8::1") == addresses.network("2001:db8::2") == "2001:db8::/64"


@pytest.mark.embedded
def test_browsers_have_names():
    windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
    assert addresses.browser(windows) == "Chrome · Windows"
    assert addresses.browser(windows + " Edg/131.0") == "Edge · Windows"
    assert (
        addresses.browser("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1")
        == "Safari · iOS"
    )
    assert addresses.browser("curl/8") == ""


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_are_counted_one_by_one(monkeypatch):
    """However many come at once, five are looked at."""
    monkeypatch.setattr(attempts, "delay", lambda count, free: 600)
    start, passed = threading.Barrier(12), []

    def guess():
        start.wait()
        with contextlib.suppress(attempts.Wait):
            passed.append(attempts.begin(RequestFactory().get("/"), "password", name="office"))
        connection.close()

    threads = [threading.Thread(target=guess) for _thread in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 5
