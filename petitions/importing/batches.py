"""An uploaded sheet on its way: looked at, confirmed or given up. Nothing is imported before somebody confirms."""

import io
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from inspection.vault import envelopes, files
from inspection.vault.models import StoredFile
from petitions import access, watching
from petitions.models import ImportBatch

from . import checking

State = ImportBatch.State


def upload(file: BinaryIO, name: str, kind: str, *, by, assignment=None, channel_kind: str = "online") -> ImportBatch:
    """Look at a sheet and keep it, sealed, until it is confirmed; returns the batch.

    channel_kind  for rows that do not say how they came
    Raises PermissionDenied, SheetRefused (not a sheet we can read), Refused or TooLarge (not a file we keep).
    """
    _may(by, kind, assignment)
    found = checking.check(file, kind, assignment=assignment, channel_kind=channel_kind)
    batch = ImportBatch(
        kind=kind,
        assignment=assignment,
        uploaded_by=by,
        columns=found.columns,
        problems=[problem.as_facts() for problem in found.problems],
        total=found.total,
        good=found.good,
        known=found.known,
    )
    file.seek(0)
    with transaction.atomic():
        batch.file = files.store(file, name, owner=batch.owner, limit=settings.IMPORT_MAX_BYTES)
        batch.sample = envelopes.seal("import.sample", batch.owner, {"fields": found.fields, "rows": found.sample})
        batch.save()
    return batch


def confirm(batch: ImportBatch, *, by) -> bool:
    """Let the worker import the batch. False when somebody was faster or nothing is left to import; the batch goes in once."""
    _may(by, batch.kind, batch.assignment)
    with transaction.atomic():
        waiting = ImportBatch.objects.filter(pk=batch.pk, state=State.CHECKED, good__gt=0).update(state=State.WAITING)
        if waiting:
            watching.begin("import", batch)
    batch.refresh_from_db()
    return bool(waiting)


def discard(batch: ImportBatch, *, by) -> bool:
    """Give the sheet up and destroy what was kept of it. False when it is no longer waiting to be confirmed."""
    _may(by, batch.kind, batch.assignment)
    with transaction.atomic():
        given_up = ImportBatch.objects.filter(pk=batch.pk, state=State.CHECKED).update(
            state=State.DISCARDED, finished_at=timezone.now()
        )
        if given_up:
            forget(batch)
    batch.refresh_from_db()
    return bool(given_up)


def forget(batch: ImportBatch) -> None:
    """Destroy the sheet and the sample: what was imported stands in the petitions, and nothing else is to be kept."""
    files.destroy(batch.file)
    if batch.sample:
        envelopes.destroy(batch.sample)


def stream(stored: StoredFile) -> io.BytesIO:
    """The kept sheet, opened in memory; an import is at most IMPORT_MAX_BYTES."""
    return io.BytesIO(b"".join(files.chunks(stored)))


def sample(batch: ImportBatch) -> dict:
    """{fields, rows} of the first rows; empty once destroyed."""
    return envelopes.open_or_empty(batch.sample, batch.owner)


def _may(by, kind: str, assignment) -> None:
    allowed = access.may_import(by, assignment) if kind == ImportBatch.Kind.PETITIONS else access.may_import_categories(by)
    if not allowed:
        raise PermissionDenied(f"import {kind}")
