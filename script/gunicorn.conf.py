"""How gunicorn serves the program; script/server starts it with this file.

Few threads serve many people, so no client may keep one waiting: one that stops halfway through a request, or does not fetch its
answer, is let go. What a reverse proxy does better is in docs/operations.md.
"""

import contextlib
import gc
import os
import socket
import struct
import threading
import time
from collections import OrderedDict, deque

from gunicorn.http import message
from gunicorn.workers.gthread import ThreadWorker

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = 2
threads = 8
preload_app = True
timeout = 60
graceful_timeout = 8
keepalive = 5
worker_connections = 2000  # beyond that, new connections wait in the system's queue
backlog = 2048
control_socket_disable = True
# A search of 10,000 Chinese characters is an address of 90,000 bytes; gunicorn allows no more than this constant.
message.MAX_REQUEST_LINE = limit_request_line = 100_000
limit_request_fields = 60
limit_request_field_size = 8190
accesslog = "-"
# The access log leaves out the query, which may hold what somebody searched for, and the referring address with it.
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"

NEW_OBJECTS = 10_000  # between two searches for garbage among them; Python's 700 come together several times while a page is made
HEADERS_SECONDS = 15  # from a request's first byte to the end of its headers
SILENCE_SECONDS = 20  # between two pieces of a body, or of an answer being fetched
SHARE = threads - 2  # threads of a worker that one address may keep busy; our own proxies speak for many
PROXIES = frozenset(filter(None, (address.strip() for address in os.environ.get("TRUSTED_PROXIES", "").split(","))))


class Patient(ThreadWorker):
    """gthread, but fair and not endlessly patient.

    Its one queue would let a thousand requests of one address go before everybody else's: here each address has a queue, and
    they take turns. Its threads read without a limit in time once a first byte has come: here there is one.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.waiting = OrderedDict()  # address: connections, whose turn it is first; like `busy` of the main thread alone
        self.busy = {}
        self.reading = {}
        self.lock = threading.Lock()

    def enqueue_req(self, conn):
        """Let a connection that has something to say wait for its turn."""
        self.waiting.setdefault(_address(conn), deque()).append(conn)
        self.next_turns()

    def finish_request(self, conn, fs):
        """A thread is free."""
        address = _address(conn)
        self.busy[address] -= 1
        if not self.busy[address]:
            del self.busy[address]
        super().finish_request(conn, fs)
        self.next_turns()

    def next_turns(self):
        """Give the free threads to the addresses whose turn it is."""
        for address in list(self.waiting):
            if sum(self.busy.values()) >= threads:
                return
            if self.busy.get(address, 0) >= SHARE and address not in PROXIES:
                continue
            self.waiting.move_to_end(address)
            conn = self.waiting[address].popleft()
            if not self.waiting[address]:
                del self.waiting[address]
            self.busy[address] = self.busy.get(address, 0) + 1
            super().enqueue_req(conn)

    def handle(self, conn):
        """One request of a connection, in a thread of its own."""
        limit = struct.pack("ll", SILENCE_SECONDS, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        with self.lock:
            self.reading[conn] = time.monotonic() + HEADERS_SECONDS
        try:
            return super().handle(conn)
        finally:
            self.has_come(conn)

    def handle_request(self, req, conn):
        """The headers have come: from here on the program's own time counts."""
        self.has_come(conn)
        return super().handle_request(req, conn)

    def has_come(self, conn) -> None:
        """The connection is not waited for any more."""
        with self.lock:
            self.reading.pop(conn, None)

    def notify(self):
        """Called every second: hang up on who has not finished asking."""
        super().notify()
        now = time.monotonic()
        with self.lock:
            late = [conn for conn, until in self.reading.items() if until < now]
        for conn in late:
            with contextlib.suppress(OSError):  # gone already
                conn.sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
            self.has_come(conn)


def pre_fork(server, worker):
    """Leave what was loaded once for all processes out of every search for garbage, which would write to it: it stays shared."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)


def _address(conn) -> str:
    return conn.client[0] if isinstance(conn.client, tuple) else ""


worker_class = Patient
