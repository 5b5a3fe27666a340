"""The trail as JSON lines that an outsider can check without this program (script/check_trail).

A line with "seal" closes the lines before it: its digest is SHA-256 over the previous digest and, for each entry line, a line
end and the line's own bytes. So the lines are exactly what was hashed, and seals are whole: a range is widened to their bounds.
"""

import datetime as dt
import json
from collections.abc import Iterator
from datetime import UTC

from .models import Entry, Seal
from .sealing import canonical


def lines(since: dt.date | None = None, until: dt.date | None = None) -> Iterator[bytes]:
    """JSON lines of the seals whose entries fall into the days, and of the entries no seal covers yet, in order.

    since, until  days in the office's time zone, both inclusive; None leaves that side open
    Entry lines end with a line end like the rest; the digest is over the line without it.
    """
    chosen = Entry.objects.all()
    chosen = chosen.filter(at__date__gte=since) if since else chosen
    chosen = chosen.filter(at__date__lte=until) if until else chosen
    bounds = chosen.order_by("id").values_list("id", flat=True)
    first, last = bounds.first(), bounds.last()
    if first is None:
        return
    after = Seal.objects.filter(last_id__lt=first).order_by("-last_id").values_list("last_id", flat=True).first() or 0
    for seal in Seal.objects.filter(last_id__gt=after).order_by("last_id").iterator():
        for entry in _entries(after, seal.last_id):
            yield canonical(entry) + b"\n"
        yield _seal_line(seal)
        after = seal.last_id
        if after >= last:
            return
    for entry in _entries(after, last):
        yield canonical(entry) + b"\n"


def _entries(after: int, upto: int):
    found = Entry.objects.select_related("note").filter(id__gt=after, id__lte=upto).order_by("id")
    return found.iterator(chunk_size=2000)


def _seal_line(seal: Seal) -> bytes:
    row = {
        "id": seal.pk,
        "at": seal.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "first": seal.first_id,
        "last": seal.last_id,
        "count": seal.count,
        "previous": seal.previous,
        "digest": seal.digest,
    }
    return json.dumps({"seal": row}, separators=(",", ":")).encode() + b"\n"
