"""Papers, clues and their ledgers as documents."""

from django.db import transaction
from django.utils import timezone
from django.utils.encoding import force_str

from inspection import numbers
from inspection.documents.content import INTERNAL, Marks
from inspection.trail import sealing
from inspection.trail.recording import record


@transaction.atomic
def marked(verb: str, obj, *, by, facts: dict | None = None) -> Marks:
    """Number a copy, put it on record as `verb` on `obj`, and return what is printed on it."""
    now = timezone.localtime()
    copy = f"WT-DC-{now.year}-{numbers.take('WT-DC', now.year):06d}"
    record(verb, obj, by=by, facts={"copy": copy} | (facts or {}))
    seal = sealing.newest()
    return Marks(mark=force_str(INTERNAL), copy=copy, produced_at=now, produced_by=by.name, seal=seal.digest if seal else "")
