"""Closing entries off in hash-linked batches, and proving that none was touched since.

A seal's digest covers the previous digest and every entry up to `last_id`. A copy of each seal is appended to
`DATA_DIR/seals.log`, so that taking off the newest entries together with their seals shows as well.
"""

import datetime as dt
import json
import logging
import os
from collections.abc import Iterable, Iterator
from datetime import UTC
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Entry, Seal

logger = logging.getLogger(__name__)
GENESIS = "0" * 64
BATCH = 5000  # entries under one seal: writers wait while a batch is read
LOG_LATE = dt.timedelta(minutes=10)  # the log follows its seal within moments, or after a crash with the next run
LOCK_TIMEOUT = "2s"  # every writer queues behind a waiting lock; give up and come back with the next run instead


def newest() -> Seal | None:
    """The latest seal; its digest stands for the whole trail up to `last_id` (printed on reports)."""
    return Seal.objects.order_by("-last_id").first()


def seal_pending() -> int:
    """Seal every entry that is not sealed yet and copy new seals to the log; returns how many entries were sealed."""
    total, last = 0, newest()
    if not _entries(after=last.last_id if last else None).exists():  # nothing to lock for; what a crash left is made up for
        transaction.on_commit(_copy_to_log)
        return 0
    try:
        while count := _seal_batch():
            total += count
    except OperationalError:
        if connection.vendor != "postgresql" or connection.in_atomic_block:
            raise
        logger.warning("the trail was busy; %d entries sealed, the rest waits for the next run", total)
    transaction.on_commit(_copy_to_log)  # a seal that is rolled back must leave no trace outside
    return total


def check() -> list[str]:
    """Everything wrong with the sealed part of the trail, one sentence each; empty when it is whole.

    Finds entries that were edited, deleted, inserted, exchanged or cut off at the end, a note whose sealed text was replaced,
    a broken link between seals, seals that the log knows but the database does not, and the other way round; on SQLite also
    entries taken off the end before they were sealed.
    """
    return [*_check_seals(), *_check_log(), *_check_end()]


def log_file() -> Path:
    """Where the copies of the seals are kept, outside the database."""
    return settings.DATA_DIR / "seals.log"


@transaction.atomic
def _seal_batch() -> int:
    """Seal up to BATCH entries; returns how many.

    On PostgreSQL ids are taken before their rows can be seen. SHARE MODE waits for every writer to finish, so that no smaller
    id turns up behind the seal; the lock on the seals lets only one sealer in. On SQLite the transaction is the only writer.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            cursor.execute("LOCK TABLE trail_seal IN SHARE ROW EXCLUSIVE MODE")
            cursor.execute("LOCK TABLE trail_entry IN SHARE MODE")
    last = newest()
    entries = list(_entries(after=last.last_id if last else None)[:BATCH])
    if not entries:
        return 0
    previous = last.digest if last else GENESIS
    Seal.objects.create(
        first_id=entries[0].pk,
        last_id=entries[-1].pk,
        count=len(entries),
        previous=previous,
        digest=_digest(previous, entries),
    )
    return len(entries)


def _entries(*, after: int | None = None, upto: int | None = None):
    """Entries with their note envelopes in id order, ids in (after, upto]."""
    found = Entry.objects.select_related("note").order_by("id")
    if after is not None:
        found = found.filter(id__gt=after)
    return found if upto is None else found.filter(id__lte=upto)


def _digest(previous: str, entries: Iterable[Entry]) -> str:
    digest = sha256(previous.encode())
    for entry in entries:
        digest.update(b"\n" + canonical(entry))
    return digest.hexdigest()


def canonical(entry: Entry) -> bytes:
    """One entry as JSON that is the same on every database and in every time zone.

    The note counts by its envelope's id and the hash of its sealed bytes: they outlive a destroyed key.
    """
    row = {
        "id": entry.pk,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor_id,
        "actor_name": entry.actor_name,
        "verb": entry.verb,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "number": entry.number,
        "from": entry.from_state,
        "to": entry.to_state,
        "facts": entry.facts,
        "note": [str(entry.note_id), sha256(bytes(entry.note.sealed)).hexdigest()] if entry.note_id else None,
    }
    return json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _check_seals() -> Iterator[str]:
    """Recompute every seal. A batch reaches down to the seal before it, so that nothing hides between two seals."""
    previous, after = GENESIS, None
    for seal in Seal.objects.order_by("last_id").iterator():
        names = {"seal": seal.pk, "first": seal.first_id, "last": seal.last_id}
        if seal.previous != previous:
            yield _("封印 %(seal)s：与上一封印不衔接。") % names
        entries = list(_entries(after=after, upto=seal.last_id))
        if len(entries) < seal.count:
            yield _("封印 %(seal)s（留痕 %(first)s–%(last)s）：少了 %(count)s 条。") % {
                **names,
                "count": seal.count - len(entries),
            }
        elif len(entries) > seal.count:
            yield _("封印 %(seal)s（留痕 %(first)s–%(last)s）：多了 %(count)s 条。") % {
                **names,
                "count": len(entries) - seal.count,
            }
        elif _digest(seal.previous, entries) != seal.digest:
            yield _("封印 %(seal)s（留痕 %(first)s–%(last)s）：内容或顺序被改动。") % names
        previous, after = seal.digest, seal.last_id


def _check_log() -> Iterator[str]:
    """Compare the log with the seals, line by line. A seal newer than the log's end is fine for a while: a run may have stopped
    between the two, and the next one makes up for it.
    """
    lines = _log_lines()  # before the seals: one sealed in between is newer than the log's end
    seals = {_line(seal): seal for seal in Seal.objects.order_by("last_id").iterator()}
    if seals and not lines:
        yield _("封印副本 %(file)s 不存在或为空。") % {"file": log_file().name}
        return
    for line in lines:
        if line not in seals:
            yield _("封印副本中的封印 %(seal)s 与数据库不符：封印及其留痕可能被删除或改动。") % {"seal": line.split(" ")[0]}
    late, known = timezone.now() - LOG_LATE, set(lines)
    for line, seal in seals.items():
        if line not in known and seal.at < late:
            yield _("封印副本缺少封印 %(seal)s：副本可能被截断或改动。") % {"seal": seal.pk}


def _check_end() -> Iterator[str]:
    """SQLite keeps the last id it gave out, and rolls it back with the rest: a larger one than the last entry's means that
    entries were taken off the end. PostgreSQL's sequences run ahead with every rollback and prove nothing; there
    `inspection.workflow.checks` sees missing steps.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for table in ("trail_entry", "trail_seal"):
            cursor.execute(f"SELECT (SELECT seq FROM sqlite_sequence WHERE name = %s), (SELECT max(id) FROM {table})", [table])
            given, last = cursor.fetchone()
            if (given or 0) > (last or 0):
                yield _("%(table)s：发出过编号 %(given)s，现在最后一条是 %(last)s，末尾被删除。") % {
                    "table": table,
                    "given": given,
                    "last": last or 0,
                }


def _copy_to_log() -> None:
    """Append the seals that the log does not have yet. Lines already there are never rewritten: they are the evidence."""
    known = set(_log_lines())
    fresh = [line for line in map(_line, Seal.objects.order_by("last_id").iterator()) if line not in known]
    if not fresh:
        return
    handle = os.open(log_file(), os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("".join(line + "\n" for line in fresh))
        file.flush()
        os.fsync(file.fileno())


def _log_lines() -> list[str]:
    try:
        return log_file().read_text("ascii", "replace").split("\n")[:-1]  # what follows the last line end was cut off by a crash
    except FileNotFoundError:
        return []


def _line(seal: Seal) -> str:
    return f"{seal.pk} {seal.first_id} {seal.last_id} {seal.count} {seal.digest}"
