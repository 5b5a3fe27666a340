"""The key ring: versioned master keys that wrap data keys, and one search key that feeds hashes and the search index.

The ring comes from MASTER_KEYS ("1:base64,2:base64,search:base64") or, without it, from `DATA_DIR/keys/master_keys` with one
such entry a line. The newest version wraps; older ones still open. The search key never changes: hashes cannot be re-wrapped.
"""

import base64
import binascii
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from . import ciphers

KEY_BYTES = 32
SEARCH = "search"


class UnknownVersion(Exception):
    """A data key was wrapped by a master key version that the ring does not hold (an old version was removed too early)."""


class Wrapped(NamedTuple):
    """A data key wrapped by master key `version`."""

    version: int
    blob: bytes


@dataclass(frozen=True, repr=False)
class KeyRing:
    """masters: version → 32 bytes; search: 32 bytes. No repr, so that no traceback or log shows a key."""

    masters: dict[int, bytes]
    search: bytes

    @property
    def current(self) -> int:
        """The version that wraps new data keys."""
        return max(self.masters)


def folder() -> Path:
    """Where key files live."""
    return settings.DATA_DIR / "keys"


def master_file() -> Path:
    """The file that holds the ring when the environment does not."""
    return Path(_master_path(settings.DATA_DIR))


def from_environment() -> bool:
    """Whether MASTER_KEYS holds the ring; then the file is neither read nor written."""
    return bool(settings.MASTER_KEYS)


def ring() -> KeyRing:
    """The key ring as it is now. A changed file is read again, so that running processes follow a rotation.

    Raises ImproperlyConfigured when there are no keys, when they make no sense, or when others may read the file.
    """
    if from_environment():
        return _parsed(settings.MASTER_KEYS.replace(",", "\n"), "MASTER_KEYS")
    path = _master_path(settings.DATA_DIR)
    try:
        status = os.stat(path)
    except FileNotFoundError as error:
        raise ImproperlyConfigured(f"There are no master keys: {path} does not exist. Run manage.py init_keys first.") from error
    return _from_file(path, status.st_mtime_ns, status.st_ino, status.st_mode)


@lru_cache(maxsize=4)
def _master_path(data_dir: Path) -> str:
    """`master_file` as a string: every opening of an envelope asks for it, and paths are slow to join and to compare."""
    return str(data_dir / "keys" / "master_keys")


def guard() -> None:
    """Refuse to start when the key file exists but is open to others or unreadable. No keys at all is init_keys' business."""
    if not from_environment() and master_file().exists():
        ring()


@lru_cache(maxsize=4)
def _from_file(path: str, _mtime: int, _inode: int, mode: int) -> KeyRing:
    if stat.S_IMODE(mode) & 0o077:
        raise ImproperlyConfigured(
            f"{path} may be read by other accounts (mode {stat.S_IMODE(mode):o}). Make it private first: chmod 600 {path}"
        )
    try:
        return _parsed(Path(path).read_text("ascii"), path)
    except (PermissionError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{path} cannot be read as a key file by this account.") from error


@lru_cache(maxsize=4)
def _parsed(text: str, source: str) -> KeyRing:
    """Parse "version:base64" lines. Errors name the entry, never its value."""
    found: dict[str, bytes] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, value = line.partition(":")
        if not (name == SEARCH or (name.isascii() and name.isdigit() and int(name) > 0)) or name in found:
            raise ImproperlyConfigured(f"{source} holds an entry that is neither a new version number nor {SEARCH!r}.")
        try:
            found[name] = base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ImproperlyConfigured(f"{source}: the key of entry {name!r} is not base64.") from error
        if len(found[name]) != KEY_BYTES:
            raise ImproperlyConfigured(f"{source}: the key of entry {name!r} must have {KEY_BYTES} bytes.")
    search = found.pop(SEARCH, None)
    if search is None or not found:
        raise ImproperlyConfigured(f"{source} must hold at least one versioned key and one entry {SEARCH!r}.")
    return KeyRing({int(name): key for name, key in found.items()}, search)


def parsed(text: str) -> KeyRing:
    """The ring a key file's text makes. Raises ImproperlyConfigured."""
    return _parsed(text, "the key file")


def as_text() -> str:
    """The ring as it is now, as a key file's text."""
    return settings.MASTER_KEYS.replace(",", "\n") + "\n" if from_environment() else master_file().read_text("ascii")


def new_data_key() -> bytes:
    """A fresh random data key."""
    return secrets.token_bytes(KEY_BYTES)


def wrap(data_key: bytes, context: str) -> Wrapped:
    """Wrap a data key with the newest master key; `context` ("envelope:<id>") must be given again to unwrap."""
    keys = ring()
    version = keys.current
    return Wrapped(version, ciphers.seal(keys.masters[version], data_key, _wrapping(context, version)))


def unwrap(version: int, blob: bytes, context: str, using: KeyRing | None = None) -> bytes:
    """The data key. Raises Tampered, or UnknownVersion when the ring lacks `version`.

    using  the ring, where many are unwrapped at once: asking for it looks at the key file
    """
    master = (using or ring()).masters.get(version)
    if master is None:
        raise UnknownVersion(f"master key version {version} is not in the key ring")
    return ciphers.open_(master, bytes(blob), _wrapping(context, version))


def _wrapping(context: str, version: int) -> bytes:
    return ciphers.binding("data key", context, str(version))


def subkey(purpose: str) -> bytes:
    """A 32-byte key for `purpose`, derived from the search key; stable across rotations."""
    return _derived(ring().search, purpose)


@lru_cache(maxsize=64)
def _derived(search: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(search)


@contextmanager
def locked() -> Iterator[None]:
    """Hold the key folder against another init_keys or rotate_keys."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    folder().chmod(0o700)
    handle = os.open(folder() / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_private(path: Path, text: str, encoding: str = "ascii") -> None:
    """Write a key file so that it is complete and private (0600) at every moment it can be seen under its name."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding=encoding) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def fresh_entry(name: int | str) -> str:
    """One line of a key file with a new random key."""
    return f"{name}:{base64.b64encode(new_data_key()).decode()}\n"


def add_version() -> int:
    """Add a new master key version to the file and return its number. Call inside `locked()`; only for file-based rings."""
    path = master_file()
    version = ring().current + 1
    write_private(path, path.read_text("ascii").rstrip("\n") + "\n" + fresh_entry(version))
    return version


def retire(version: int) -> None:
    """Take an old version out of the file. Call inside `locked()`, and only when nothing is wrapped by it any more."""
    path = master_file()
    lines = [line for line in path.read_text("ascii").splitlines(keepends=True) if line.partition(":")[0] != str(version)]
    parsed("".join(lines))
    write_private(path, "".join(lines))
