"""Asking a virus scanner about an upload before it is sealed: clamd's INSTREAM, over a Unix socket or TCP. Off unless configured.

Policy when the scanner is away or answers nonsense: the upload is refused, and the person told to try again or to ask the
administrator; a mail stays parked with its sealed bytes until somebody tries again. A door that opens whenever the guard is gone
guards nothing, and what is sealed can be scanned no more.
"""

import logging
import socket
import struct
from typing import BinaryIO
from urllib.parse import urlsplit

from django.conf import settings

logger = logging.getLogger(__name__)
BLOCK = 64 * 1024
SECONDS = 60
ANSWER_BYTES = 4096


class Unreachable(Exception):
    """The scanner did not answer, or not in its own words."""


def is_clean(stream: BinaryIO) -> bool:
    """Whether the scanner finds nothing in the seekable `stream`; True without one. Leaves the stream at its start.

    The name of what was found goes to the log: it is the scanner's, not the file's. Raises Unreachable.
    """
    if not settings.CLAMD_SOCKET:
        return True
    stream.seek(0)
    try:
        with _connected(settings.CLAMD_SOCKET) as clamd:
            answer = _asked(clamd, stream)
    except OSError as error:
        raise Unreachable(type(error).__name__) from error
    finally:
        stream.seek(0)
    if answer.endswith("FOUND"):
        logger.warning("an upload was refused: %s", answer.removeprefix("stream: "))
        return False
    if answer != "stream: OK":
        raise Unreachable("unexpected answer")  # also when the stream is longer than clamd's StreamMaxLength
    return True


def _asked(clamd: socket.socket, stream: BinaryIO) -> str:
    clamd.sendall(b"zINSTREAM\0")
    while block := stream.read(BLOCK):
        clamd.sendall(struct.pack(">I", len(block)) + block)
    clamd.sendall(struct.pack(">I", 0))
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < ANSWER_BYTES and (part := clamd.recv(ANSWER_BYTES)):
        answer += part
    return answer.rstrip(b"\0\n").decode("ascii", "replace")


def _connected(address: str) -> socket.socket:
    """A connection to "/run/clamav/clamd.ctl" or "tcp://host:3310"."""
    if address.startswith("tcp://"):
        where = urlsplit(address)
        return socket.create_connection((where.hostname, where.port or 3310), timeout=SECONDS)
    clamd = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    clamd.settimeout(SECONDS)
    try:
        clamd.connect(address)
    except OSError:
        clamd.close()
        raise
    return clamd
