"""Verifying as a task with its result on /audit/, the trail as lines for outsiders, and what no seal covers."""

import datetime as dt
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from inspection.numbers.models import Counter
from inspection.outbox.delivery import deliver_ready
from inspection.outbox.models import Message
from inspection.pages import tasks
from inspection.trail import exporting, guards, sealing, verifying
from inspection.trail.models import Entry, Seal, Verification
from inspection.trail.recording import record
from inspection.vault import envelopes, files
from inspection.vault.models import Envelope
from inspection.workflow import checks
from petitions.models import Petition
from petitions.workflow import petition as verbs
from tests.petitions.registering import call

pytestmark = pytest.mark.django_db
CHECKER = Path(__file__).resolve().parents[2] / "script" / "check_trail"


@pytest.fixture(autouse=True)
def own_places(monkeypatch, tmp_path, settings):
    """A log and a folder of files of the test's own: what is rolled back must not meet another test's."""
    monkeypatch.setattr(sealing, "log_file", lambda: tmp_path / "seals.log")
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture
def seal_now(django_capture_on_commit_callbacks):
    def run():
        with django_capture_on_commit_callbacks(execute=True):
            return sealing.seal_pending()

    return run


@pytest.fixture
def office(world, seal_now):
    """A petition on its way, sealed; `verify` finds nothing."""
    for assignment in (world.assignment_a, world.assignment_b, world.assignment_c):
        record("assign", assignment, by=world.admin, to_state=assignment.state)
    world.petition = call(world)
    verbs.accept(world.petition, by=world.leader1, discipline="work")
    record("read", world.petition, by=world.member1)
    seal_now()
    record("read", world.petition, by=world.leader1)
    verbs.check(world.petition, by=world.member1)
    call_command("verify")
    return world


def superuser(sql: str, *params) -> None:
    """What somebody with the database in his hands does: the triggers out of the way, and then anything."""
    connection.check_constraints()
    guards.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
    guards.install(connection)


def found_by_verify() -> str:
    """What the command prints; it must end with status 1."""
    with pytest.raises(CommandError) as caught:
        call_command("verify")
    assert caught.value.returncode == 1
    return "\n".join(problem for problem in verifying.problems(lambda *_facts: None))


def newest_unsealed(verb: str) -> Entry:
    entry = Entry.objects.filter(verb=verb).latest("id")
    assert entry.pk > sealing.newest().last_id
    return entry


# --- what a superuser does, and verify sees ---------------------------------------------------------------------------


def test_a_step_taken_off_the_unsealed_end_is_missed_by_its_case(office):
    superuser("DELETE FROM trail_entry WHERE id = %s", newest_unsealed("check").pk)
    assert office.petition.number in found_by_verify()


def test_a_state_written_past_the_verbs_is_seen(office):
    superuser("UPDATE petitions_petition SET state = 'accepted' WHERE id = %s", office.petition.pk)
    assert office.petition.number in found_by_verify()


def test_a_case_that_vanished_with_its_trail_still_standing_is_seen(office):
    assert list(checks.check()) == []
    superuser("UPDATE petitions_petition SET id = id + 1000 WHERE id = %s", office.petition.pk)
    assert len(list(checks.check())) == 2


@pytest.mark.embedded
def test_a_reading_taken_off_the_unsealed_end_is_seen_on_sqlite(office):
    superuser("DELETE FROM trail_entry WHERE id >= %s", newest_unsealed("read").pk)
    assert "trail_entry" in found_by_verify()


def test_the_copy_of_the_seals_cut_short_is_seen(office, seal_now):
    seal_now()
    whole = sealing.log_file().read_text().splitlines(keepends=True)
    assert len(whole) == 2
    sealing.log_file().write_text(whole[0])
    assert sealing.check() == [], "a moment after sealing the copy may lag behind"
    superuser("UPDATE trail_seal SET at = %s", timezone.now() - dt.timedelta(hours=1))
    assert "2" in found_by_verify() or "副本" in found_by_verify()
    sealing.log_file().write_text(whole[1])
    assert "副本" in found_by_verify(), "the first line is as good as the last"
    sealing.log_file().write_text("")
    assert "副本" in found_by_verify()


def test_reordering_the_end_is_seen(office):
    """Two unsealed entries change places: the case's last state is no longer what its last entry says."""
    superuser("DELETE FROM trail_entry WHERE id = %s", newest_unsealed("read").pk)
    last = newest_unsealed("check")
    superuser("UPDATE trail_entry SET to_state = 'accepted' WHERE id = %s", last.pk)
    assert office.petition.number in found_by_verify()


def test_edited_missing_and_extra_files_are_seen(office, settings):
    stored = files.store(io.BytesIO(b"x" * 100), "a.txt", owner="m:1", media_type="text/plain")
    call_command("verify")
    (settings.FILES_DIR / "ab").mkdir(exist_ok=True)
    extra = settings.FILES_DIR / "ab" / "notes.txt"
    extra.write_text("x")
    assert "notes.txt" in found_by_verify()
    extra.unlink()
    content = stored.path.read_bytes()
    stored.path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert str(stored.pk) in found_by_verify()
    stored.path.unlink()
    assert str(stored.pk) in found_by_verify()


def test_an_edited_and_an_exchanged_envelope_are_seen(office):
    first = Envelope.objects.filter(pk=office.petition.content_id).get()
    other = envelopes.seal("petition.said", "m:1", {"text": "另一份"})
    superuser(
        "UPDATE vault_envelope SET sealed = (SELECT sealed FROM vault_envelope WHERE id = %s) WHERE id = %s",
        _id(other),
        _id(first),
    )
    assert str(first.pk) in found_by_verify()


def _id(envelope: Envelope):
    return envelope.pk if connection.vendor == "postgresql" else envelope.pk.hex


def test_a_gap_in_the_numbers_and_a_petition_in_no_place_are_seen(office):
    Counter.objects.filter(prefix="T01").update(value=2)
    assert "缺" in found_by_verify()
    Counter.objects.filter(prefix="T01").update(value=1)
    Petition.objects.filter(pk=office.petition.pk).update(content=None)
    assert office.petition.number in found_by_verify()


# --- the run on /audit/ -----------------------------------------------------------------------------------------------


def test_the_auditor_starts_a_run_and_reads_its_result(office, client, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(verifying.current_app, "send_task", lambda name, args: sent.append((name, args)))
    client.force_login(office.auditor)
    page = client.get(reverse("audit")).content.decode()
    assert "还没有核验过" in page
    client.post(reverse("audit-verify"))
    client.post(reverse("audit-verify"))
    run = Verification.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        deliver_ready()
    assert sent == [("trail.verify", [run.pk])]
    assert "hx-trigger" in client.get(reverse("audit-verification"), headers={"HX-Request": "true"}).content.decode()
    assert client.get(reverse("audit-verification")).url == reverse("audit")
    Petition.objects.filter(pk=office.petition.pk).update(content=None)
    assert verifying.run(run.pk).count == 2 and verifying.run(run.pk) is None
    page = client.get(reverse("audit")).content.decode()
    assert "发现问题" in page and office.petition.number in page and run.number in page
    entry = Entry.objects.get(verb="verify")
    assert (entry.actor, entry.number, entry.facts["problems"]) == (office.auditor, run.number, 2)


def test_a_run_whose_worker_was_lost_does_not_stand_in_the_way(office):
    lost = Verification.objects.create(asked_by=office.auditor)
    assert verifying.open_run() == lost
    Verification.objects.update(asked_at=timezone.now() - verifying.GIVEN_UP_AFTER)
    assert verifying.open_run() is None


def test_every_night_it_is_done_by_itself_and_auditors_are_told_what_was_found(office, client):
    tasks.verify()
    quiet = Verification.objects.get()
    assert (quiet.asked_by, quiet.count) == (None, 0) and not Message.objects.filter(payload__code="verification.found").exists()
    Petition.objects.filter(pk=office.petition.pk).update(content=None)
    tasks.verify()
    message = Message.objects.get(payload__code="verification.found")
    assert message.payload["user"] == office.auditor.pk and message.payload["url"] == reverse("audit")
    client.force_login(office.auditor)
    page = client.get(reverse("audit")).content.decode()
    assert "夜间自动核验" in page and office.petition.number in page
    assert {entry.actor for entry in Entry.objects.filter(verb="verify")} == {None}


def test_at_night_nobody_is_disturbed_who_is_at_it(office):
    Verification.objects.create(asked_by=office.auditor)
    tasks.verify()
    assert Verification.objects.count() == 1


def test_the_clock_knows_the_task(settings):
    entry = settings.CELERY_BEAT_SCHEDULE["verify"]
    assert entry["task"] == tasks.verify.name and entry["task"] in current_app.tasks
    assert entry["schedule"].hour == {3} and entry["schedule"].minute == {30}


# --- lines for outsiders ----------------------------------------------------------------------------------------------


def checked(path: Path, *more: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(CHECKER), str(path), *map(str, more)], capture_output=True, text=True, check=False)


def test_an_outsider_checks_the_lines_with_python_alone(office, seal_now, tmp_path):
    seal_now()
    record("read", office.petition, by=office.chief)
    out = tmp_path / "trail.jsonl"
    call_command("trail_export", "--out", str(out))
    assert out.stat().st_mode & 0o077 == 0
    done = checked(out, tmp_path / "seals.log")
    assert done.returncode == 0 and sealing.newest().digest in done.stdout and "1 not sealed" in done.stdout
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows if "seal" not in row] == list(Entry.objects.order_by("id").values_list("id", flat=True))
    assert sum("seal" in row for row in rows) == Seal.objects.count() == 2
    lines = out.read_bytes().splitlines(keepends=True)
    for wrong in (
        [line.replace(b'"verb":"accept"', b'"verb":"refuse"') for line in lines],
        [line for line in lines if b'"verb":"accept"' not in line],
        [lines[1], lines[0], *lines[2:]],
        [line for number, line in enumerate(lines) if b'"seal"' not in line or number == len(lines) - 2],
    ):
        out.write_bytes(b"".join(wrong))
        assert checked(out).returncode == 1
    (tmp_path / "old.log").write_text((tmp_path / "seals.log").read_text().replace(sealing.newest().digest, "0" * 64))
    out.write_bytes(b"".join(lines))
    assert checked(out, tmp_path / "old.log").returncode == 1


def test_a_range_of_days_is_widened_to_whole_seals(office, seal_now):
    seal_now()
    superuser(
        "UPDATE trail_entry SET at = %s WHERE id = %s", timezone.now() - dt.timedelta(days=3), Entry.objects.earliest("id").pk
    )
    day = timezone.localdate() - dt.timedelta(days=3)
    rows = [json.loads(line) for line in exporting.lines(day, day)]
    assert len(rows) == Seal.objects.earliest("id").count + 1 and "seal" in rows[-1]
    assert list(exporting.lines(timezone.localdate() + dt.timedelta(days=1))) == []


def test_the_button_gives_the_auditor_the_lines_and_is_recorded(office, client):
    client.force_login(office.auditor)
    answer = client.get(reverse("audit-export-lines"), {"since": timezone.localdate().isoformat()})
    content = b"".join(answer.streaming_content)
    assert answer["Content-Type"] == "application/x-ndjson" and content.count(b"\n") == Entry.objects.count() + 1
    assert Entry.objects.latest("id").verb == "export_trail_lines"
