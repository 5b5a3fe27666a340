"""Re-wrapping data keys under the newest master key. Ciphertexts are never touched."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import QuerySet

from . import keys
from .errors import Tampered
from .models import Envelope, Sealed, StoredFile

BATCH = 500
MODELS = (Envelope, StoredFile)


def pending(model: type[Sealed]) -> QuerySet:
    """Rows whose data key is wrapped by another version than the newest."""
    return model.objects.filter(wrapped_key__isnull=False).exclude(key_version=keys.ring().current)


def wrapped_by(model: type[Sealed], version: int) -> QuerySet:
    """Rows whose data key is wrapped by `version`."""
    return model.objects.filter(wrapped_key__isnull=False, key_version=version)


def rewrap(progress: Callable[[str, int, int], None]) -> list[str]:
    """Re-wrap everything pending, one batch per transaction; returns "model:id" of rows that could not be opened.

    progress  called as (model name, done, total) after every batch
    May be stopped at any point and run again: what is done is done, the rest is still wrapped by the old version.
    """
    failed = []
    for model in MODELS:
        total, done, last = pending(model).count(), 0, None
        while rows := _batch(model, last):
            with transaction.atomic():
                failed += [row.key_context for row in rows if not _rewrap_row(model, row)]
            last, done = rows[-1].pk, done + len(rows)
            progress(str(model._meta.verbose_name), done, max(total, done))
    return failed


def _batch(model: type[Sealed], last) -> list[Sealed]:
    """The next rows by primary key: a row that fails is passed by, not met again."""
    rows = pending(model).order_by("pk").only("pk", "key_version", "wrapped_key")
    return list((rows if last is None else rows.filter(pk__gt=last))[:BATCH])


def _rewrap_row(model: type[Sealed], row: Sealed) -> bool:
    """Swap the wrapping if nobody resealed or destroyed the row meanwhile; False when the old wrapping does not open."""
    try:
        data_key = row.data_key()
    except (Tampered, keys.UnknownVersion):
        return False
    version, blob = keys.wrap(data_key, row.key_context)
    unchanged = model.objects.filter(pk=row.pk, key_version=row.key_version, wrapped_key=row.wrapped_key)
    unchanged.update(key_version=version, wrapped_key=blob)
    return True
