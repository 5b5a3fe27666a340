"""The permission table, walked: every route × everybody × status code; no route may be born without a row.

Rows live in tests/permissions/, a module per part of the house. Three proofs: the URLconf and the table name the same routes;
everybody gets what the row says; and each row is about something that exists, because somebody in it gets through. Beside the
status, no answer to one of the three administrators holds a word of what the cases say.
"""

import importlib
import pkgutil
import re
import time
from secrets import token_hex

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse

import tests.permissions
from inspection.accounts.models import Session
from inspection.accounts.sessions import CONFIRMED_AT, SEEN_AT, SIGNED_IN_AT, SessionStore
from inspection.pages import context, errors
from inspection.trail.models import Entry
from inspection.vault import envelopes
from inspection.vault.models import Envelope
from tests.cast import accuse, accused
from tests.permissions import EVERYONE, Row

PASSED = (200, 201, 204, 302, 400)
# Petitions, slips, papers and clues: an address under the number of one.
ABOUT_A_CASE = re.compile(r"(/api/v1)?/(petitions|findings|clues)/(slips/|of-petition/)?[^/]*[0-9][^/]*/")
ADMINISTRATORS = ("admin", "secadmin", "auditor")  # 三员: none of them reads a case
NO_CASE = ("mail.password", "rounds.override", "export.filters")
OPEN_TO_ALL = {"healthz", "readyz", "accounts:login", "accounts:language"}  # needed, or asked by machines, before signing in


def rows() -> list[Row]:
    """Every row of every module."""
    found = []
    for module in pkgutil.iter_modules(tests.permissions.__path__):
        found += importlib.import_module(f"tests.permissions.{module.name}").ROWS
    return found


def routes(resolver=None, prefix=()) -> set[str]:
    """The names of every route of the URLconf; a route without a name shows as its pattern."""
    names = set()
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            names |= routes(entry, (*prefix, entry.namespace) if entry.namespace else prefix)
        elif isinstance(entry, URLPattern):
            names.add(":".join((*prefix, entry.name or f"unnamed {entry.pattern}")))
    return names


def ident(row: Row) -> str:
    return f"{row.method} {row.route} {row.note}".strip()


def ask(client, row, world):
    """Send the row's request."""
    url = reverse(row.route, args=row.args(world))
    return getattr(client, row.method)(url, row.data(world), **row.extra)


def test_every_route_has_a_row():
    assert routes() - {row.route for row in rows()} == set()


def test_every_row_has_a_route():
    assert {row.route for row in rows()} - routes() == set()


@pytest.fixture(autouse=True)
def _no_layout(monkeypatch, unprinted):
    """Rights are at stake here, not layout: paper, the frame of a page and the words of a refusal are most of the time that
    everybody asking every route takes, and each has tests of its own.
    """
    monkeypatch.setattr(context, "links", lambda user, path: [])
    monkeypatch.setattr(errors, "_page", lambda request, status, **said: HttpResponse(status=status))


@pytest.mark.parametrize("row", rows(), ids=ident)
def test_everybody_gets_what_the_table_says(row, world, client, monkeypatch):
    assert set(row.expected) <= set(EVERYONE), "the row names people outside the cast"
    accused(world)
    row.things(world)
    accuse(world)
    if row.route not in OPEN_TO_ALL:
        nobody_gets_in_signed_out(row, world, client)
    if row.method == "post":
        asking_changes_nothing(row, world, client)
    seen, said, secrets, keys = {}, {}, sealed_words(), signed_in(world, monkeypatch)
    for name in EVERYONE:
        client.cookies[settings.SESSION_COOKIE_NAME] = keys[name]
        answer = ask(client, row, world)
        if name in ADMINISTRATORS:
            body = (b"".join(answer) if answer.streaming else answer.content).decode("utf-8", "replace")
            assert not [word for word in secrets if word in body], f"{name} reads case text"
        seen[name] = answer.status_code
        said[name] = row.expected.get(name, row.otherwise)
    if "accused1" not in row.expected:
        about = ABOUT_A_CASE.match(reverse(row.route, args=row.args(world)))
        said["accused1"] = 404 if about else said["member1"]
    assert seen == said


def signed_in(world, monkeypatch) -> dict[str, str]:
    """{name: key of a session}, all in one statement and without the ceremony of signing in, which is not what is asked about
    here. Nor is how sessions are read: what is in them is at hand.
    """
    keys, stores, now = {}, {}, int(time.time())
    for name in EVERYONE:
        user, store = getattr(world, name), SessionStore()
        store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.update({SIGNED_IN_AT: now, CONFIRMED_AT: now, SEEN_AT: now})
        keys[name] = store._session_key = token_hex(16)
        stores[store.session_key] = store
    Session.objects.bulk_create(store.create_model_instance(store._session) for store in stores.values())
    monkeypatch.setattr(SessionStore, "load", lambda self: dict(stores[self.session_key]._session))
    return keys


def sealed_words() -> set[str]:
    """Every text of a case that the database holds sealed; what is shorter than a clause may stand anywhere."""
    opened = (envelopes.open_(kept, kept.owner) for kept in Envelope.objects.exclude(kind__in=NO_CASE).exclude(wrapped_key=None))
    return {word for payload in opened for word in payload.values() if isinstance(word, str) and len(word) > 5}


def nobody_gets_in_signed_out(row, world, client):
    answer = ask(client, row, world)
    assert answer.status_code in (302, 401, 403), answer.status_code
    if answer.status_code == 302:
        assert reverse("accounts:login") in answer["Location"]


def asking_changes_nothing(row, world, client):
    """A GET of a posting route never writes: the trail has as many changes after it as before."""
    client.force_login(world.office)
    before = Entry.objects.exclude(verb="read").count()
    answer = client.get(reverse(row.route, args=row.args(world)))
    assert answer.status_code in (200, 302, 403, 404, 405)
    assert Entry.objects.exclude(verb="read").count() == before


def test_no_row_is_vacuous():
    """Somebody gets through, so that a refusal is about rights and not about a thing that is not there; or a note says why."""
    assert [ident(row) for row in rows() if not row.note and not {*row.expected.values(), row.otherwise} & set(PASSED)] == []
