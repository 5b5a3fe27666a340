"""Papers, clues and their ledgers as documents."""

from django.db import transaction
from django.utils import timezone
from django.utils.encoding import force_str

from inspection import marks, numbers
from inspection.documents.content import Marks
from inspection.trail import sealing
from inspection.trail.recording import record


@transaction.atomic
def marked(verb: str, obj, *, by, facts: dict | None = None, petitions=None) -> Marks:
    """Number a copy, put it on record as `verb` on `obj`, and return what is printed on it.

    petitions  what the document rests on: it bears the highest of their marks, and never less than the default
    """
    held = petitions.order_by().values_list("mark", flat=True).distinct() if petitions is not None else ()
    mark = marks.highest(held, least=marks.DEFAULT)
    now = timezone.localtime()
    copy = f"WT-DC-{now.year}-{numbers.take('WT-DC', now.year):06d}"
    record(verb, obj, by=by, facts={"copy": copy} | (facts or {}))
    seal = sealing.newest()
    return Marks(mark=force_str(mark.label), copy=copy, produced_at=now, produced_by=by.name, seal=seal.digest if seal else "")
