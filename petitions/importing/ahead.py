"""Rows made ready to be saved, a chunk at a time: read, checked, sealed and hashed, before the transaction that saves them, which
keeps every other writer of a number waiting.

Of a long sheet that is done by a process of its own, while the database takes in the chunk before: half of the work is the
database's, and in turns each would wait for the other. A thread would not do, because it keeps Python from the statements.
What the process says is a pipe between two processes of one user, and nothing of it is written anywhere. The import does not hang
on it: when it fails, or falls silent, the rows that are missing are read here.
"""

import logging
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from queue import Empty, Queue
from threading import Thread
from typing import BinaryIO

from django.conf import settings

from inspection.documents.sheets import Row
from petitions import intake
from petitions.models import ImportBatch

from . import batches, checking

log = logging.getLogger(__name__)
CHUNK = 200
CHARS = 500_000  # of a chunk's cells, from which on it is full: hashes take fifty times as many bytes
AHEAD = 4  # chunks that wait for the database, which is slow with one of many: when it files what its index has put by
SILENCE = 120  # seconds, after which the process is given up; to find its place in the longest sheet takes a few
LENGTH = struct.Struct(">Q")
LONGEST = 1024**3  # bytes of a chunk
PROCESS = (
    "import sys; sys.path.insert(0, sys.argv[1]); import django; django.setup();"
    " from petitions.importing import ahead; ahead.say(*sys.argv[2:])"
)
WORTH_A_PROCESS = 1_000  # rows: to start it takes a second of the other processor


@contextmanager
def ready(batch: ImportBatch, done: int) -> Iterator[Iterator[list[tuple]]]:
    """`chunks`, made beside the caller where that is worth a process."""
    child = _started(batch, done) if batch.total - done >= WORTH_A_PROCESS and len(os.sched_getaffinity(0)) > 1 else None
    if child is None:
        yield chunks(batch, done)
        return
    said: Queue[bytes] = Queue(AHEAD)
    listener = Thread(target=_listen, args=(child.stdout, said), daemon=True)
    try:
        listener.start()
        yield _received(said, batch, done)
    finally:
        child.kill()
        child.wait()
        while listener.is_alive():  # it may stand before a full queue
            with suppress(Empty):
                said.get(timeout=0.1)
        child.stdout.close()


def _started(batch: ImportBatch, done: int) -> subprocess.Popen | None:
    """The process, in the surroundings of this one; None where the system has no room for it."""
    try:
        return subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(settings.BASE_DIR), str(batch.pk), batch.file.sha256, str(done)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
    except OSError as error:
        log.warning("import %s: no process to read ahead: %s", batch.pk, type(error).__name__)
        return None


def chunks(batch: ImportBatch, done: int) -> Iterator[list[tuple]]:
    """[(row number, payload or None, problems)] of the rows behind the first `done`, up to CHUNK at a time, and nothing at the
    end. What is known has no payload; petitions are sealed. Raises SheetRefused, and what opening a sealed file does.
    """
    sheet = checking.open_sheet(batches.stream(batch.file), batch.kind, batch.columns["sheet"])
    reading = sheet.reader(batch.kind, batch.assignment, batch.columns["channel_kind"], before=batch.uploaded_at)
    for found in _portions(islice(sheet.rows, done, None)):
        reading.afresh()
        looked = [(row.number, *reading.read(row)) for row in found]
        good = {number: payload for number, payload, _problems in looked if payload is not None}
        known = checking.known_of(batch.kind, batch.assignment, good.values())
        fresh = {number: payload for number, payload in good.items() if checking.identity(batch.kind, payload) not in known}
        if batch.kind == ImportBatch.Kind.PETITIONS:
            intake.sealed(batch.assignment, fresh.values(), by=batch.uploaded_by)
        yield [(number, fresh.get(number), problems) for number, _payload, problems in looked]
    yield []


def _portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows, CHUNK at a time, and fewer where they are long: memory goes by characters."""
    found, chars = [], 0
    for row in rows:
        found.append(row)
        chars += sum(len(value) for value in row.values if isinstance(value, str))
        if len(found) == CHUNK or chars >= CHARS:
            yield found
            found, chars = [], 0
    if found:
        yield found


def _listen(pipe: BinaryIO, said: Queue[bytes]) -> None:
    """Take what the process says from the pipe, chunk by chunk and unread, and nothing when it has ended or makes no sense."""
    try:
        while len(head := pipe.read(LENGTH.size)) == LENGTH.size and (length := LENGTH.unpack(head)[0]) < LONGEST:
            said.put(pipe.read(length))
    finally:
        said.put(b"")  # else somebody would wait for ever


def _received(said: Queue[bytes], batch: ImportBatch, done: int) -> Iterator[list[tuple]]:
    """What the process says. Where it ends too early, or says nothing for long, the rest is read here."""
    while True:
        try:
            looked = pickle.loads(said.get(timeout=SILENCE))
        except (EOFError, pickle.UnpicklingError, Empty):
            log.warning("import %s: the process that reads ahead gave no more than %s rows", batch.pk, done)
            yield from chunks(batch, done)
            return
        yield looked
        done += len(looked)


def say(pk: str, sha256: str, done: str) -> None:
    """The process: says the chunks of a batch as they are ready. It gets as far ahead as queue and pipe have room.

    sha256  of the batch's sheet: another database, should we have been led to one, has another under this key
    done    behind how many rows to begin
    """
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        batch = ImportBatch.objects.select_related("assignment", "uploaded_by", "file").get(pk=pk, file__sha256=sha256)
        for looked in chunks(batch, int(done)):
            written = pickle.dumps(looked, pickle.HIGHEST_PROTOCOL)
            out.write(LENGTH.pack(len(written)))
            out.write(written)
            out.flush()
    except Exception as error:  # its text may quote the sheet
        log.warning("import %s: reading ahead ended with %s", pk, type(error).__name__)
