"""The trail takes entries and never gives one back."""

import pytest
from django.db import DatabaseError, connection, transaction

from inspection.accounts.models import User
from inspection.trail import guards
from inspection.trail.models import Entry, Seal
from inspection.trail.recording import record
from inspection.vault import envelopes

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return User.objects.create(username="member1", name="王成员")


@pytest.fixture
def entry(user):
    return record("triage", user, by=user, from_state="new", to_state="triaged", facts={"kind": 3}, note="理由")


@pytest.fixture
def seal():
    return Seal.objects.create(first_id=1, last_id=1, count=1, previous="0" * 64, digest="1" * 64)


def run(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_an_entry_says_who_what_which_and_why(user, entry):
    stored = Entry.objects.get(pk=entry.pk)
    assert (stored.actor, stored.actor_name, stored.verb) == (user, "王成员", "triage")
    assert (stored.object_type, stored.object_id, stored.number) == ("accounts.user", user.pk, str(user.pk))
    assert (stored.from_state, stored.to_state, stored.facts) == ("new", "triaged", {"kind": 3})
    assert stored.note_text == "理由"
    assert "理由" not in str(Entry.objects.filter(pk=entry.pk).values())
    assert list(Entry.objects.about(user)) == [stored]


def test_a_destroyed_note_reads_as_none(user, entry):
    envelopes.destroy(entry.note)
    assert Entry.objects.get(pk=entry.pk).note_text == ""
    assert record("seen", user, by=None).note_text == ""


def test_it_falls_with_the_verb(user):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record("triage", user, by=user, note="理由")
        raise ZeroDivisionError
    assert not Entry.objects.exists()


@pytest.mark.parametrize("table", guards.TABLES)
@pytest.mark.parametrize("sql", ["UPDATE {} SET at = at", "DELETE FROM {}"])
def test_the_database_refuses_changes(entry, seal, table, sql):
    with pytest.raises(DatabaseError, match="append-only"):
        run(sql.format(table))
    assert Entry.objects.count() == Seal.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.parametrize("table", guards.TABLES)
def test_the_database_refuses_emptying(entry, seal, table):
    with pytest.raises(DatabaseError, match="append-only"):
        run(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {table}")
    assert Entry.objects.count() == 1


def test_the_models_refuse_changes_too(entry):
    for act in (lambda: Entry.objects.update(verb="x"), lambda: Entry.objects.all().delete(), entry.delete):
        with pytest.raises(TypeError):
            act()
    entry.verb = "x"
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.save()


def test_missing_triggers_are_noticed_and_put_back(entry):
    assert list(guards.check()) == []
    connection.check_constraints()
    guards.remove(connection)
    assert len(list(guards.check())) == (6 if connection.vendor == "postgresql" else 4)
    run("UPDATE trail_entry SET verb = 'x'")
    guards.install(connection)
    guards.install(connection)
    assert list(guards.check()) == []
    with pytest.raises(DatabaseError):
        run("DELETE FROM trail_entry")


@pytest.mark.postgres
def test_a_switched_off_trigger_is_noticed(entry):
    connection.check_constraints()
    run("ALTER TABLE trail_entry DISABLE TRIGGER trail_entry_no_update")
    assert len(list(guards.check())) == 1
