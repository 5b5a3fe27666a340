"""The container: a mark, one line of JSON, then a tar file as a sealed stream.

The line names the archive and holds its data key, wrapped by a master key; it is all that can be read without keys. The manifest
is the last member, so that an archive is written in one pass; whoever reads it believes nothing before the manifest agrees.
"""

import base64
import binascii
import hashlib
import io
import json
import re
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from inspection.vault import ciphers, keys, streams
from inspection.vault.errors import Tampered

MARK = b"ZLB1\n"
MANIFEST = "manifest.json"
MEMBER = re.compile(r"database|seals\.log|manifest\.json|files/[0-9a-f]{2}/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LINE_BYTES = 4096
TAR_BLOCK = 1024 * 1024


class Unreadable(Exception):
    """The file is no backup, was cut off or changed, or was sealed under other keys. `code` is one of the four."""

    def __init__(self, code: str):
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Member:
    """What lies in the archive under a name: bytes and SHA-256 as it was copied."""

    size: int
    sha256: str


class Writer:
    """Writes an archive to `file`; `close` makes it whole."""

    def __init__(self, file: BinaryIO, archive: uuid.UUID):
        data_key = keys.new_data_key()
        version, blob = keys.wrap(data_key, _context(archive))
        line = {"archive": str(archive), "key_version": version, "wrapped_key": base64.b64encode(blob).decode()}
        file.write(MARK + json.dumps(line).encode() + b"\n")
        self._sealer = streams.Sealer(file, data_key, _bound(archive))
        self._tar = tarfile.open(mode="w|", fileobj=self._sealer, bufsize=TAR_BLOCK)  # noqa: SIM115 - closed by close

    def add(self, name: str, source: BinaryIO, size: int) -> Member:
        """Copy `size` bytes of `source` in. Raises OSError when there are fewer."""
        info, hashed = tarfile.TarInfo(name), _Hashed(source)
        info.size, info.mode = size, 0o600
        self._tar.addfile(info, hashed)
        return Member(size, hashed.digest.hexdigest())

    def close(self, manifest: dict) -> None:
        """Add the manifest and the end."""
        text = json.dumps(manifest, ensure_ascii=False).encode()
        self.add(MANIFEST, io.BytesIO(text), len(text))
        self._tar.close()
        self._sealer.close()


def unpack(path: Path, into: Path, progress) -> dict:
    """Unpack the archive into the empty folder `into` and return its manifest, after every hash was compared.

    progress  called with the bytes unpacked so far
    Raises Unreadable: "foreign" (no backup), "key" (other keys), "damaged" (cut off or changed), "contents" (manifest disagrees).
    """
    found: dict[str, Member] = {}
    done = 0
    (into / "files").mkdir(mode=0o700)
    with path.open("rb") as file:
        reader = io.BufferedReader(_Opened(_plain(file)), streams.CHUNK_BYTES)
        try:
            with tarfile.open(mode="r|", fileobj=reader) as tar:
                for info in tar:
                    if not info.isreg() or not MEMBER.fullmatch(info.name) or info.name in found:
                        raise Unreadable("contents")
                    found[info.name] = _extract(tar.extractfile(info), into / info.name)
                    done += info.size
                    progress(done)
            while reader.read(
                streams.CHUNK_BYTES
            ):  # tar stops at its own end; only the stream's end proves that nothing is cut off
                pass
        except (Tampered, tarfile.TarError, EOFError) as error:
            raise Unreadable("damaged") from error
    return _compared(into, found)


def _compared(into: Path, found: dict[str, Member]) -> dict:
    if found.pop(MANIFEST, None) is None:
        raise Unreadable("contents")
    manifest = json.loads((into / MANIFEST).read_text("utf-8"))
    if {name: [member.size, member.sha256] for name, member in found.items()} != manifest["members"]:
        raise Unreadable("contents")
    return manifest


def _plain(file: BinaryIO) -> Iterator[bytes]:
    """The tar file inside. Raises Unreadable before anything is read from it."""
    if file.read(len(MARK)) != MARK:
        raise Unreadable("foreign")
    try:
        line = json.loads(file.readline(LINE_BYTES))
        archive, version = uuid.UUID(line["archive"]), int(line["key_version"])
        blob = base64.b64decode(line["wrapped_key"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise Unreadable("damaged") from error
    try:
        data_key = keys.unwrap(version, blob, _context(archive))
    except (Tampered, keys.UnknownVersion) as error:
        raise Unreadable("key") from error
    return streams.opened(file, data_key, _bound(archive))


def _extract(source: BinaryIO, target: Path) -> Member:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        while block := source.read(TAR_BLOCK):
            digest.update(block)
            size += len(block)
            file.write(block)
    target.chmod(0o600)
    return Member(size, digest.hexdigest())


def _context(archive: uuid.UUID) -> str:
    return f"backup:{archive}"


def _bound(archive: uuid.UUID) -> bytes:
    return ciphers.binding("backup", str(archive))


class _Hashed:
    """A source that is hashed while it is read."""

    def __init__(self, source: BinaryIO):
        self._source, self.digest = source, hashlib.sha256()

    def read(self, size: int) -> bytes:
        block = self._source.read(size)
        self.digest.update(block)
        return block


class _Opened(io.RawIOBase):
    """The chunks of an opened stream as a file."""

    def __init__(self, chunks: Iterator[bytes]):
        self._chunks, self._rest = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        taken = min(len(buffer), len(self._rest))
        buffer[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken
