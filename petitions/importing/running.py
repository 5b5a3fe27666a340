"""Importing a confirmed batch in chunks, each its own transaction, so that a killed worker is taken up where it stopped."""

import logging

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from inspection.documents.sheets import SheetRefused
from inspection.trail.recording import record
from inspection.vault import index
from inspection.vault.errors import Destroyed, Missing, Tampered
from petitions import intake, watching
from petitions.models import Category, ImportBatch

from . import ahead, batches, checking

log = logging.getLogger(__name__)
State = ImportBatch.State
LIVE = (State.WAITING, State.RUNNING)


def start(message) -> None:
    """Outbox handler of kind "import"."""
    watching.look(message, ImportBatch, LIVE, "petitions.import_batch", fail)


def run(pk: int) -> ImportBatch | None:
    """Import what is left of batch `pk`. Two workers on one batch do no harm: each chunk locks it and goes on from there."""
    batch = ImportBatch.objects.select_related("assignment", "uploaded_by", "file").filter(pk=pk, state__in=LIVE).first()
    if batch is None:
        return None
    try:
        looked_at = batch.done
        with ahead.ready(batch, looked_at) as chunks:
            for read in chunks:
                if not _chunk(batch, read, looked_at):
                    break
                looked_at += len(read)
    except (SheetRefused, PermissionDenied, Destroyed, Missing, Tampered) as error:
        log.error("import %s failed: %s", batch.pk, type(error).__name__)
        fail(batch)
    _settle(batch)
    batch.refresh_from_db()
    return batch


def fail(batch: ImportBatch) -> None:
    """Give a batch up; what was imported so far stays, and is known when the sheet is imported again."""
    with transaction.atomic():
        if ImportBatch.objects.filter(pk=batch.pk, state__in=LIVE).update(state=State.FAILED, finished_at=timezone.now()):
            batch.refresh_from_db()
            _record(batch, failed=True)
            batches.forget(batch)


@transaction.atomic
def _chunk(batch: ImportBatch, read: list, looked_at: int) -> bool:
    """Import the rows `read`, each (number, payload or None, problems), before which the sheet has `looked_at` others; False when
    there is nothing left to do.
    """
    locked = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if locked.state not in LIVE:
        return False
    if not read:
        _finish(locked)
        return False
    read = read[locked.done - looked_at :]  # another worker may have got further: its rows are left out
    known_bad = {problem["row"] for problem in locked.problems}
    for number, payload, problems in read:
        if payload is None and number not in known_bad:  # good when it was looked at, and not any more: a channel closed
            room = checking.MAX_PROBLEMS - len(locked.problems)
            locked.problems += [problem.as_facts() for problem in problems[:room]]
    locked.added += _import(batch, [payload for _number, payload, _problems in read if payload is not None])
    locked.done += len(read)
    locked.state = State.RUNNING
    locked.save(update_fields=["added", "done", "state", "problems"])
    return True


def _import(batch: ImportBatch, fresh: list) -> int:
    """Import payloads; returns how many were new: another sheet may have brought the same meanwhile."""
    if batch.kind == ImportBatch.Kind.CATEGORIES:
        return _import_categories(fresh)
    return len(intake.bulk_register(batch.assignment, fresh, by=batch.uploaded_by))


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


def _settle(batch: ImportBatch) -> None:
    """File what the chunks put by; where the database does not let us, a later registration does it."""
    try:
        with transaction.atomic():
            index.settle()
    except DatabaseError as error:
        log.warning("import %s: the index was not settled: %s", batch.pk, type(error).__name__)


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
