"""Seals over the trail: what they cover, and that each kind of tampering is noticed."""

import datetime as dt
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from inspection.accounts.models import User
from inspection.trail import guards, sealing, tasks
from inspection.trail.models import Entry, Seal
from inspection.trail.recording import record
from inspection.vault import envelopes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_log(monkeypatch, tmp_path):
    """A log of the test's own; what is rolled back with the test must not meet another test's seals."""
    path = tmp_path / "seals.log"
    monkeypatch.setattr(sealing, "log_file", lambda: path)
    return path


@pytest.fixture
def user():
    return User.objects.create(username="member1", name="王成员")


@pytest.fixture
def add(user):
    return lambda count=1, **kwargs: [record("triage", user, by=user, facts={"n": n}, **kwargs) for n in range(count)]


@pytest.fixture
def seal_now(django_capture_on_commit_callbacks):
    """Seal what is pending, the log included."""

    def run():
        with django_capture_on_commit_callbacks(execute=True):
            return sealing.seal_pending()

    return run


@pytest.fixture
def sealed(add, seal_now):
    """Two seals over five entries, with the triggers out of the way: somebody has the database in his hands."""
    entries = add(3, note="理由")
    seal_now()
    entries += add(2)
    seal_now()
    assert sealing.check() == []
    connection.check_constraints()
    guards.remove(connection)
    return entries


def run(sql, params=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_seals_link_and_cover_everything_once(add, seal_now, own_log):
    assert seal_now() == 0 and sealing.newest() is None and not own_log.exists()
    first = add(3)
    assert seal_now() == 3
    second = add(2)
    assert tasks.seal() == 2
    one, two = Seal.objects.order_by("id")
    assert (one.first_id, one.last_id, one.count, one.previous) == (first[0].pk, first[-1].pk, 3, sealing.GENESIS)
    assert (two.first_id, two.last_id, two.count, two.previous) == (second[0].pk, second[-1].pk, 2, one.digest)
    assert sealing.newest() == two
    assert seal_now() == 0
    assert sealing.check() == []
    add(1)
    assert sealing.check() == [], "what is not sealed yet is no problem"


def test_a_large_backlog_is_sealed_in_batches(add, seal_now, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 4)
    add(10)
    assert seal_now() == 10
    assert list(Seal.objects.order_by("id").values_list("count", flat=True)) == [4, 4, 2]
    assert sealing.check() == []


def test_each_seal_has_one_line_outside_the_database(add, seal_now, own_log):
    add(1)
    seal_now()
    add(1)
    seal_now()
    seal_now()
    lines = own_log.read_text().splitlines()
    assert [line.split()[-1] for line in lines] == list(Seal.objects.order_by("id").values_list("digest", flat=True))
    assert own_log.stat().st_mode & 0o077 == 0


def test_a_run_that_stopped_before_the_log_is_made_up_for(add, seal_now, own_log):
    add(1)
    sealing.seal_pending()  # its commit never comes in this test, so the log is not written
    assert not own_log.exists()
    add(1)
    seal_now()
    assert len(own_log.read_text().splitlines()) == 2
    with own_log.open("a") as file:
        file.write("3 7 8")  # half a line, as a power cut leaves it
    assert sealing.check() == []


def test_the_digest_does_not_depend_on_the_time_zone(add, seal_now):
    add(2)
    seal_now()
    with timezone.override(dt.UTC):
        assert sealing.check() == []


def test_a_destroyed_note_leaves_the_seal_whole(add, seal_now):
    [entry] = add(1, note="理由")
    seal_now()
    envelopes.destroy(entry.note)
    assert sealing.check() == []


EDITS = {
    "verb": "'other'",
    "actor_name": "'别人'",
    "actor_id": "NULL",
    "object_id": "object_id + 1",
    "object_type": "'x'",
    "number": "'x'",
    "from_state": "'x'",
    "to_state": "'x'",
    "facts": "'{\"n\": 9}'",
    "note_id": "NULL",
}


@pytest.mark.parametrize(("column", "value"), EDITS.items(), ids=list(EDITS))
def test_any_edited_column_is_noticed(sealed, column, value):
    run(f"UPDATE trail_entry SET {column} = {value} WHERE id = %s", [sealed[1].pk])
    assert len(sealing.check()) == 1


def test_a_changed_time_is_noticed(sealed):
    run("UPDATE trail_entry SET at = %s WHERE id = %s", [sealed[1].at + dt.timedelta(microseconds=1), sealed[1].pk])
    assert len(sealing.check()) == 1


def test_a_rewritten_note_is_noticed(sealed):
    entry = sealed[1]
    envelopes.reseal(entry.note, f"{entry.object_type}:{entry.object_id}", {"text": "另一个理由"})
    assert len(sealing.check()) == 1


def test_a_deleted_entry_is_noticed(sealed):
    run("DELETE FROM trail_entry WHERE id = %s", [sealed[1].pk])
    [problem] = sealing.check()
    assert "1" in problem


def test_exchanged_entries_are_noticed(sealed):
    first, second = sealed[0].pk, sealed[1].pk
    for old, new in ((first, -1), (second, first), (-1, second)):
        run("UPDATE trail_entry SET id = %s WHERE id = %s", [new, old])
    assert len(sealing.check()) == 1


@pytest.mark.parametrize("smuggled", [5, 11, 15], ids=["before the first", "inside a seal", "between two seals"])
def test_an_inserted_entry_is_noticed(seal_now, user, smuggled):
    def insert(*ids):
        for pk in ids:
            Entry(id=pk, actor=user, verb="x", object_type="x", object_id=1, number="1").save(force_insert=True)

    insert(10, 12)
    seal_now()
    insert(20)
    seal_now()
    assert sealing.check() == []
    insert(smuggled)
    assert len(sealing.check()) == 1


def test_entries_cut_off_at_the_end_are_noticed(sealed):
    counted = 1 if connection.vendor == "sqlite" else 0  # there the numbers given out say it as well
    run("DELETE FROM trail_entry WHERE id >= %s", [sealed[-2].pk])
    assert len(sealing.check()) == 1 + counted
    run("DELETE FROM trail_seal WHERE last_id >= %s", [sealed[-2].pk])
    problems = sealing.check()
    assert len(problems) == 1 + 2 * counted and "副本" in problems[0], "the log still knows the seal"


def test_a_forged_seal_is_noticed(sealed, seal_now):
    """Edit an entry and compute its seals anew, as somebody who read this program would."""
    run("UPDATE trail_entry SET verb = 'other' WHERE id = %s", [sealed[0].pk])
    run("DELETE FROM trail_seal")
    seal_now()
    assert len(sealing.check()) == 2, "both lines of the log contradict"


def test_a_missing_log_and_a_broken_link_are_noticed(sealed, own_log):
    saved = own_log.read_text()
    own_log.unlink()
    assert len(sealing.check()) == 1
    own_log.write_text(saved)
    run("UPDATE trail_seal SET previous = %s WHERE last_id = %s", ["f" * 64, sealed[-1].pk])
    assert len(sealing.check()) == 2  # the link, and the digest that was computed over it


def test_verify_prints_each_check_and_ends_with_the_right_status(sealed, settings, capsys):
    settings.VERIFY_CHECKS = ["inspection.trail.sealing.check", "inspection.vault.files.check"]
    call_command("verify")
    said = capsys.readouterr().out
    assert "inspection.trail.sealing.check: 没有问题" in said and "inspection.vault.files.check: 没有问题" in said
    run("DELETE FROM trail_entry WHERE id = %s", [sealed[1].pk])
    with pytest.raises(CommandError) as caught:
        call_command("verify")
    assert caught.value.returncode == 1
    assert "inspection.trail.sealing.check: 1 个问题" in capsys.readouterr().out


def test_every_listed_check_can_be_called(settings, tmp_path):
    settings.FILES_DIR = tmp_path / "files"
    call_command("verify")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_uncommitted_smaller_id_does_not_slip_in_behind_the_seal(user, monkeypatch):
    monkeypatch.setattr(sealing, "LOCK_TIMEOUT", "200ms")
    written, go_on = threading.Event(), threading.Event()

    def slow_writer():
        try:
            with transaction.atomic():
                record("slow", user, by=user)
                written.set()
                assert go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slow_writer)
    thread.start()
    try:
        assert written.wait(20)
        record("fast", user, by=user)
        assert Entry.objects.count() == 1, "the slow one has the smaller id and is not to be seen"
        assert sealing.seal_pending() == 0, "it waits for the slow one instead of sealing past it"
    finally:
        go_on.set()
        thread.join()
    assert sealing.seal_pending() == 2
    assert sealing.check() == []
    assert list(Entry.objects.order_by("id").values_list("verb", flat=True)) == ["slow", "fast"]


@pytest.mark.django_db(transaction=True)
def test_sealers_that_meet_make_one_chain(user):
    for _number in range(20):
        record("x", user, by=user)

    def sealer():
        try:
            sealing.seal_pending()
        finally:
            connection.close()

    threads = [threading.Thread(target=sealer) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Seal.objects.count() == 1 and Seal.objects.get().count == 20
    assert sealing.check() == []
