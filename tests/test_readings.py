"""Whoever is shown words of a case leaves an entry: every GET route of the permission table, asked by somebody it answers."""

import pytest
from django.db import transaction
from django.urls import reverse

from inspection.trail.models import Entry
from inspection.vault import envelopes
from inspection.vault.models import Envelope
from tests.permissions import EVERYONE
from tests.test_permissions import rows

FILES = ("application/pdf", "application/octet-stream", "application/vnd", "application/x-ndjson")
# Shows words of a case without an entry of its own; a page that is not named here and no form of a step must leave one.
LISTS = {  # a line of each of many cases, as far as one may see them; whoever opens one leaves an entry
    "home",
    "findings-list",
    "items-list",
    "rectification:items",
    "rectification:items_panel",
    "rectification:unit_items",
    "petitions:import",
}
DECISIONS = {  # the reason that was typed for whoever decides about it; the case itself is not shown
    "petitions:identity-request",
}
FORMS = {  # asks for text beside the text it is about; reached from the case's page, which leaves an entry
    "petitions:transfer",
    "rectification:feedback_edit",
    "rectification:feedback_items",
    "rectification:finding_edit",
    "rectification:finding_to_clue",
}
QUIET = LISTS | DECISIONS | FORMS
STEP = 'name="version"'  # the form of a step on one object


def words() -> set[str]:
    """Everything sealed in the database, as texts long enough to be told apart."""
    found = set()
    for envelope in Envelope.objects.filter(destroyed_at=None):
        _collect(envelopes.open_(envelope, envelope.owner), found)
    return {text for text in found if len(text) >= 5}


def _collect(payload, found: set[str]) -> None:
    if isinstance(payload, dict):
        payload = payload.values()
    for value in payload:
        if isinstance(value, str):
            found.update(line.strip() for line in value.splitlines())
        elif isinstance(value, (dict, list)):
            _collect(value, found)


@pytest.mark.first
def test_every_route_that_shows_words_of_a_case_leaves_an_entry(world, client, unprinted):
    shown, silent = set(), set()
    for row in rows():
        if row.method != "get":
            continue
        with transaction.atomic():
            row.things(world)
            reader = next((name for name in EVERYONE if row.expected.get(name, row.otherwise) == 200), None)
            if reader is not None:
                before = Entry.objects.count()
                client.force_login(getattr(world, reader))
                answer = client.get(reverse(row.route, args=row.args(world)), row.data(world), **row.extra)
                content = b"".join(answer.streaming_content) if answer.streaming else answer.content
                text, kind = content.decode("utf-8", "replace"), answer.headers.get("Content-Type", "")
                if kind.startswith(FILES) or (STEP not in text and any(word in text for word in words())):
                    (shown if Entry.objects.count() > before else silent).add(row.route)
            transaction.set_rollback(True)
    assert len(shown) > 10, "nothing was shown at all: the search is blind"
    assert not silent - QUIET, "\n".join(sorted(silent - QUIET))
