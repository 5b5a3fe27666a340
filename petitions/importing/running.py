"""Importing a confirmed batch in chunks, each its own transaction, so that a killed worker is taken up where it stopped.

While the database takes one chunk in, a thread reads, seals and hashes what comes next: half the work is the database's, and
Python would wait for it. The thread never asks the database, whose connections and transactions belong to their threads.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from inspection.documents.sheets import Row, SheetRefused
from inspection.trail.recording import record
from inspection.vault.errors import Destroyed, Missing, Tampered
from petitions import intake, watching
from petitions.models import Category, ImportBatch, Petition

from . import batches, checking

log = logging.getLogger(__name__)
State = ImportBatch.State
LIVE = (State.WAITING, State.RUNNING)
CHUNK = 200


def start(message) -> None:
    """Outbox handler of kind "import"."""
    watching.look(message, ImportBatch, LIVE, "petitions.import_batch", fail)


def run(pk: int) -> ImportBatch | None:
    """Import what is left of batch `pk`. Two workers on one batch do no harm: each chunk locks it and goes on from there."""
    batch = ImportBatch.objects.select_related("assignment", "uploaded_by", "file").filter(pk=pk, state__in=LIVE).first()
    if batch is None:
        return None
    try:
        sheet = checking.open_sheet(batches.stream(batch.file), batch.kind, batch.columns["sheet"])
        looked_at = sum(1 for _row in islice(sheet.rows, batch.done))
        with ThreadPoolExecutor(1) as aside:
            for read in _chunks(batch, sheet, aside):
                if not _chunk(batch, read, looked_at):
                    break
                looked_at += len(read)
    except (SheetRefused, PermissionDenied, Destroyed, Missing, Tampered) as error:
        log.error("import %s failed: %s", batch.pk, type(error).__name__)
        fail(batch)
    batch.refresh_from_db()
    return batch


def fail(batch: ImportBatch) -> None:
    """Give a batch up; what was imported so far stays, and is known when the sheet is imported again."""
    with transaction.atomic():
        if ImportBatch.objects.filter(pk=batch.pk, state__in=LIVE).update(state=State.FAILED, finished_at=timezone.now()):
            batch.refresh_from_db()
            _record(batch, failed=True)
            batches.forget(batch)


@dataclass
class Looked:
    """A row that was looked at: bad (no payload), known, or to be imported; a petition is sealed by then."""

    row: Row
    payload: object
    problems: list
    known: bool = False
    petition: Petition | None = None


def _chunks(batch: ImportBatch, sheet: checking.Sheet, aside: ThreadPoolExecutor) -> Iterator[list[Looked]]:
    """The rows of the sheet, CHUNK at a time, ready to be saved, and an empty list at the end. They are read, checked, sealed and
    hashed before the transaction, which keeps every other writer of a number waiting, and beside that of the chunk before.
    """
    rows = sheet.rows
    reading = sheet.reader(batch.kind, batch.assignment, batch.columns["channel_kind"])
    coming, found = None, list(islice(rows, CHUNK))
    while found:
        reading.afresh()
        looked = [Looked(row, *reading.read(row)) for row in found]
        known = checking.known_of(batch.kind, batch.assignment, [one.payload for one in looked if one.payload is not None])
        for one in looked:
            one.known = one.payload is not None and checking.identity(batch.kind, one.payload) in known
        ready, coming = coming, aside.submit(_seal, batch, looked)
        following = aside.submit(lambda: list(islice(rows, CHUNK)))
        if ready:
            yield ready.result()
        found = following.result()
    if coming:
        yield coming.result()
    yield []


def _seal(batch: ImportBatch, looked: list[Looked]) -> list[Looked]:
    """Make the petitions of the rows that are to be imported. Asks nothing of the database."""
    if batch.kind == ImportBatch.Kind.PETITIONS:
        fresh = [one for one in looked if one.payload is not None and not one.known]
        drafts = [one.payload for one in fresh]
        for one, petition in zip(fresh, intake.sealed(batch.assignment, drafts, by=batch.uploaded_by), strict=True):
            one.petition = petition
    return looked


@transaction.atomic
def _chunk(batch: ImportBatch, read: list[Looked], looked_at: int) -> bool:
    """Import the rows `read`, before which the sheet has `looked_at` others; False when there is nothing left to do."""
    locked = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if locked.state not in LIVE:
        return False
    if not read:
        _finish(locked)
        return False
    read = read[locked.done - looked_at :]  # another worker may have got further: its rows are left out
    known_bad = {problem["row"] for problem in locked.problems}
    for one in read:
        if (
            one.payload is None and one.row.number not in known_bad
        ):  # good when it was uploaded, and not any more: a channel closed
            room = checking.MAX_PROBLEMS - len(locked.problems)
            locked.problems += [problem.as_facts() for problem in one.problems[:room]]
    locked.added += _import(batch, [one for one in read if one.payload is not None and not one.known])
    locked.done += len(read)
    locked.state = State.RUNNING
    locked.save(update_fields=["added", "done", "state", "problems"])
    return True


def _import(batch: ImportBatch, fresh: list[Looked]) -> int:
    """Import the rows that are new; returns how many were: another sheet may have brought the same meanwhile."""
    payloads = [one.payload for one in fresh]
    if batch.kind == ImportBatch.Kind.CATEGORIES:
        return _import_categories(payloads)
    made = [one.petition for one in fresh]
    return len(intake.bulk_register(batch.assignment, payloads, by=batch.uploaded_by, made=made))


def _import_categories(paths: list[tuple[str, ...]]) -> int:
    """Make the categories of `paths` that are missing, parents first; returns how many of `paths` are new."""
    added = 0
    for names in paths:
        parent = None
        for level in range(1, len(names) + 1):
            path = "/".join(names[:level])
            parent, new = Category.objects.get_or_create(
                path=path, defaults={"name": names[level - 1], "level": level, "parent": parent}
            )
        added += new
    return added


def _finish(batch: ImportBatch) -> None:
    batch.state, batch.finished_at = State.DONE, timezone.now()
    batch.save(update_fields=["state", "finished_at"])
    _record(batch)
    batches.forget(batch)


def _record(batch: ImportBatch, failed: bool = False) -> None:
    facts = {
        "kind": batch.kind,
        "assignment": batch.assignment.number if batch.assignment else "",
        "sha256": batch.file.sha256,
        "total": batch.total,
        "added": batch.added,
        "known": batch.known,
        "bad": batch.total - batch.good - batch.known,
    }
    record("import_failed" if failed else "import", batch, by=batch.uploaded_by, facts=facts)
