"""Rows made ready to be saved, a chunk at a time: read, checked, sealed and hashed, before the transaction that saves them, which
keeps every other writer of a number waiting.

Of a long sheet that is done by a process of its own, while the database takes in the chunk before: half of the work is the
database's, and in turns each would wait for the other. A thread would not do, because it keeps Python from the statements.
What the process says is a pipe between two processes of one user, and nothing of it is written anywhere. It decides nothing: when
it fails, whatever the reason, the rows that are missing are read here.
"""

import logging
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from queue import Empty, Queue
from threading import Thread
from typing import BinaryIO

from django.conf import settings

from petitions import intake
from petitions.models import ImportBatch

from . import batches, checking

log = logging.getLogger(__name__)
CHUNK = 200
AHEAD = 4  # chunks that wait for the database, which is slow with one of many: when it files what its index has put by
LENGTH = struct.Struct(">Q")
LONGEST = 1024**3  # bytes of a chunk
PROCESS = "import django; django.setup(); from petitions.importing import ahead; ahead.say()"
WORTH_A_PROCESS = 1_000  # rows: to start it takes a second of the other processor


@contextmanager
def ready(batch: ImportBatch, done: int) -> Iterator[Iterator[list[tuple]]]:
    """`chunks`, made beside the caller where that is worth a process."""
    if batch.total - done < WORTH_A_PROCESS or len(os.sched_getaffinity(0)) < 2:
        yield chunks(batch, done)
        return
    child = subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(batch.pk), str(done)],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    said: Queue[bytes] = Queue(AHEAD)
    listener = Thread(target=_listen, args=(child.stdout, said), daemon=True)
    listener.start()
    try:
        yield _received(said, batch, done)
    finally:
        child.kill()
        child.wait()
        while listener.is_alive():  # it may stand before a full queue
            with suppress(Empty):
                said.get(timeout=0.1)
        child.stdout.close()


def chunks(batch: ImportBatch, done: int) -> Iterator[list[tuple]]:
    """[(row number, payload or None, problems)] of the rows behind the first `done`, CHUNK at a time, and nothing at the end.
    What is known has no payload; petitions are sealed. Raises SheetRefused, and what opening a sealed file does.
    """
    sheet = checking.open_sheet(batches.stream(batch.file), batch.kind, batch.columns["sheet"])
    reading = sheet.reader(batch.kind, batch.assignment, batch.columns["channel_kind"])
    rows = islice(sheet.rows, done, None)
    while found := list(islice(rows, CHUNK)):
        reading.afresh()
        looked = [(row.number, *reading.read(row)) for row in found]
        good = {number: payload for number, payload, _problems in looked if payload is not None}
        known = checking.known_of(batch.kind, batch.assignment, good.values())
        fresh = {number: payload for number, payload in good.items() if checking.identity(batch.kind, payload) not in known}
        if batch.kind == ImportBatch.Kind.PETITIONS:
            intake.sealed(batch.assignment, fresh.values(), by=batch.uploaded_by)
        yield [(number, fresh.get(number), problems) for number, _payload, problems in looked]
    yield []


def _listen(pipe: BinaryIO, said: Queue[bytes]) -> None:
    """Take what the process says from the pipe, chunk by chunk and unread, and nothing when it has ended or makes no sense."""
    while len(head := pipe.read(LENGTH.size)) == LENGTH.size and (length := LENGTH.unpack(head)[0]) < LONGEST:
        said.put(pipe.read(length))
    said.put(b"")


def _received(said: Queue[bytes], batch: ImportBatch, done: int) -> Iterator[list[tuple]]:
    """What the process says. Where it ends too early, the rest is read here."""
    while True:
        try:
            looked = pickle.loads(said.get())
        except (EOFError, pickle.UnpicklingError):
            log.warning("import %s: the process that reads ahead ended after %s rows", batch.pk, done)
            yield from chunks(batch, done)
            return
        yield looked
        done += len(looked)


def say() -> None:
    """The process: says the chunks of a batch as they are ready. It gets no further than AHEAD: the pipe is full then.

    arguments  key of the batch, and behind how many rows to begin
    """
    pk, done = map(int, sys.argv[1:])
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        batch = ImportBatch.objects.select_related("assignment", "uploaded_by", "file").get(pk=pk)
        for looked in chunks(batch, done):
            written = pickle.dumps(looked, pickle.HIGHEST_PROTOCOL)
            out.write(LENGTH.pack(len(written)))
            out.write(written)
            out.flush()
    except Exception as error:  # its text may quote the sheet
        log.warning("import %s: reading ahead ended with %s", pk, type(error).__name__)
