"""Sealed streams in constant memory, for stored files and backups.

After a mark of the caller's: a 7-byte nonce prefix, then chunks of 64 KiB plaintext, each under AES-256-GCM with nonce = prefix,
4-byte counter, last flag (the STREAM construction): a chunk that is missing, moved, repeated or cut off at the end does not open.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import Tampered

PREFIX_BYTES = 7
CHUNK_BYTES = 65536
TAG_BYTES = 16


class Sealer:
    """Writes a sealed stream to `file`. Without `close` the stream has no last chunk and never opens."""

    def __init__(self, file: BinaryIO, key: bytes, bound_to: bytes):
        self._file, self._cipher, self._bound = file, AESGCM(key), bound_to
        self._prefix, self._counter, self._pending = os.urandom(PREFIX_BYTES), 0, bytearray()
        file.write(self._prefix)

    def write(self, data: bytes) -> int:
        """Take in any amount of plaintext."""
        self._pending += data
        while len(self._pending) > CHUNK_BYTES:  # a full chunk waits: it may be the last
            self._chunk(bytes(self._pending[:CHUNK_BYTES]), last=False)
            del self._pending[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        """Write the last chunk. `file` stays open."""
        self._chunk(bytes(self._pending), last=True)
        self._pending.clear()

    def _chunk(self, plain: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._prefix, self._counter, last=last), plain, self._bound))
        self._counter += 1


def opened(file: BinaryIO, key: bytes, bound_to: bytes) -> Iterator[bytes]:
    """The plaintext from where `file` stands, up to 64 KiB at a time; every chunk is authentic before it is handed out.

    Raises Tampered; a truncated stream raises at the place where it was cut.
    """
    cipher, prefix = AESGCM(key), file.read(PREFIX_BYTES)
    if len(prefix) != PREFIX_BYTES:
        raise Tampered("a sealed stream has no valid beginning")
    counter, block = 0, file.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = file.read(CHUNK_BYTES + TAG_BYTES)
        try:
            plain = cipher.decrypt(_nonce(prefix, counter, last=not following), block, bound_to)
        except (InvalidTag, ValueError) as error:
            raise Tampered(f"a sealed stream does not open at chunk {counter}") from error
        yield plain
        if not following:
            return
        counter, block = counter + 1, following


def _nonce(prefix: bytes, counter: int, *, last: bool) -> bytes:
    return prefix + counter.to_bytes(4, "big") + (b"\x01" if last else b"\x00")
