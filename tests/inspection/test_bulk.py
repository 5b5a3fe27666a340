"""Many rows at once: what a database holds then is what `bulk_create` would have put there."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from inspection import bulk
from inspection.accounts.models import User
from inspection.calendar.models import CalendarDay
from inspection.trail import sealing
from inspection.trail.models import Entry
from inspection.vault import envelopes
from inspection.vault.models import Envelope

pytestmark = pytest.mark.django_db

AWKWARD = ["", "\\N", "\\.", "a\tb", "one\ntwo", "\r\n", "引号\"与'", "反斜\\杠", "𠮷😀", "null", "{}", "\\x41", "a\x0bb"]
COUNTS = [3, bulk.MANY, bulk.MANY * 3]


@pytest.mark.parametrize("count", COUNTS)
def test_every_value_comes_back_as_it_was(count):
    words = [AWKWARD[place % len(AWKWARD)] for place in range(count)]
    entries = [
        Entry(verb="read", object_type="x.y", object_id=place, number=word, actor_name=word, facts={"word": word, "none": None})
        for place, word in enumerate(words)
    ]
    bulk.save(iter(entries))
    kept = Entry.objects.in_bulk([entry.pk for entry in entries])
    assert [entry.pk for entry in entries] == sorted(kept)
    for entry, word in zip(entries, words, strict=True):
        found = kept[entry.pk]
        assert (found.number, found.actor_name, found.facts, found.actor_id) == (word, word, {"word": word, "none": None}, None)
        assert found.at == entry.at and not entry._state.adding


@pytest.mark.parametrize("count", COUNTS)
def test_bytes_days_and_truths_come_back_too(count):
    made = [envelopes.made("test.said", f"x.y:{place}", {"text": AWKWARD[place % len(AWKWARD)]}) for place in range(count)]
    bulk.save(made)
    for envelope in made:
        assert envelopes.open_(Envelope.objects.get(pk=envelope.pk), envelope.owner) == envelopes.open_(envelope, envelope.owner)
    first = dt.date(1990, 1, 1)
    bulk.save(CalendarDay(date=first + dt.timedelta(days=place), kind=CalendarDay.Kind.WORK) for place in range(count))
    kept = CalendarDay.objects.filter(date__lt="1995-01-01").values_list("date", "kind")
    assert list(kept) == [(first + dt.timedelta(days=place), "work") for place in range(count)]
    bulk.save(User(username=f"u{place}", is_active=place % 2 == 0) for place in range(count))
    assert {user.username: user.is_active for user in User.objects.all()} == {
        f"u{place}": place % 2 == 0 for place in range(count)
    }


@pytest.mark.parametrize("count", COUNTS)
def test_a_row_that_is_there_already_is_an_integrity_error(count):
    User.objects.create(username="u1", name="甲")
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.save(User(username=f"u{place}", name="乙") for place in range(count))
    assert User.objects.get().name == "甲"


@pytest.mark.parametrize("count", COUNTS)
def test_what_has_no_value_or_has_a_key_already_is_as_bulk_create_has_it(count):
    entries = [Entry(pk=1_000_000 + place, verb="read", object_type="x.y", object_id=place) for place in range(count)]
    bulk.save(entries)
    assert Entry.objects.filter(pk__gte=1_000_000).count() == count
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.save(Entry(verb="read", object_type="x.y", object_id=place, facts=None) for place in range(count))


def test_what_was_refused_has_no_keys_and_may_be_tried_again():
    User.objects.create(username="u1")
    users = [User(username=f"u{place}") for place in range(bulk.MANY)]
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.save(users)
    assert {user.pk for user in users} == {None}
    User.objects.all().delete()
    bulk.save(users)
    assert User.objects.count() == bulk.MANY


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_waits_for_writers_waits_for_those_who_have_keys_only(monkeypatch):
    """The sealer of the trail must not seal past keys that were taken for entries still to come."""
    monkeypatch.setattr(sealing, "LOCK_TIMEOUT", "200ms")
    taken, go_on, column = threading.Event(), threading.Event(), bulk._column

    def slow(*given):
        taken.set()
        assert go_on.wait(20)
        return column(*given)

    def writer():
        try:
            bulk.save(Entry(verb="slow", object_type="x.y", object_id=place) for place in range(bulk.MANY))
        finally:
            connection.close()

    monkeypatch.setattr(bulk, "_column", slow)
    thread = threading.Thread(target=writer)
    thread.start()
    try:
        assert taken.wait(20)
        Entry.objects.create(verb="fast", object_type="x.y", object_id=0)
        assert sealing.seal_pending() == 0
    finally:
        go_on.set()
        thread.join()
    assert sealing.seal_pending() == bulk.MANY + 1
    assert sealing.check() == []


def test_nothing_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        bulk.save([])
