"""Encrypted files: written and read in constant memory, under names that say nothing. On disk: a mark, then a sealed stream."""

import hashlib
import logging
import os
import time
import unicodedata
import uuid
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspection import marks

from . import ciphers, keys, scanning, sniffing, streams
from .errors import Destroyed, Missing, Tampered
from .models import StoredFile

__all__ = [
    "Destroyed",
    "Missing",
    "Refused",
    "Tampered",
    "TooLarge",
    "Unscanned",
    "check",
    "chunks",
    "clean_name",
    "destroy",
    "examine",
    "store",
    "sweep",
]

logger = logging.getLogger(__name__)
MARK = b"ZLF1"
NAME_BYTES = 180  # below the 255 bytes of common file systems even after an office adds a number in front
SUFFIX_CHARS = 12
PARTIAL = ".part"
EXTRA_AFTER = 3600  # seconds until a file without a row is spoken of
SWEEP_AFTER = 24 * 3600  # seconds; no transaction that stores a file lives that long


class Refused(ValidationError):
    """The file is of a kind that is not taken in, or empty. A ValidationError, so that a form shows it beside its field."""


class Unscanned(Refused):
    """The virus scanner did not answer: the file is not taken in now, and may be later."""


class TooLarge(Refused):
    """The file is over the limit."""


def examine(stream: BinaryIO, name: str, *, limit: int | None = None) -> str:
    """The media type of an upload that may be stored. Raises Refused, TooLarge or Unscanned; leaves the stream at its start.

    stream  readable, seekable, binary
    limit   bytes; settings.UPLOAD_MAX_BYTES unless given
    """
    limit = settings.UPLOAD_MAX_BYTES if limit is None else limit
    size = stream.seek(0, os.SEEK_END)
    size = stream.tell() if size is None else size  # Django's uploads seek without answering
    stream.seek(0)
    if size == 0:
        raise Refused(gettext_lazy("文件是空的。"), code="empty")
    if size > limit:
        raise _too_large(limit)
    if marks.is_state_secret(name):
        raise Refused(marks.REFUSED, code="state_secret")
    found = sniffing.media_type(stream, name)
    if found is None and sniffing.is_heic(stream):
        raise Refused(
            gettext_lazy(
                "这是苹果手机的 HEIC 照片，办公电脑大多打不开，没有收下。请先转成 JPG 再传；"
                "今后在手机“设置 › 相机 › 格式”中选“兼容性最佳”，拍下的就是 JPG。"
            ),
            code="heic",
        )
    if found is None:
        raise Refused(
            gettext_lazy("不接收这类文件（可执行程序、网页、脚本或无法识别的内容）。可接收：%(kinds)s。"),
            code="refused",
            params={"kinds": sniffing.ACCEPTED},
        )
    _scan(stream)
    return found


def _scan(stream: BinaryIO) -> None:
    """Raises Refused for what the virus scanner finds something in, Unscanned when it does not answer."""
    try:
        clean = scanning.is_clean(stream)
    except scanning.Unreachable as error:
        logger.error("the virus scanner does not answer: %s", error)
        raise Unscanned(
            gettext_lazy("病毒扫描暂不可用，文件没有收下。请稍后再试；仍不行请告知系统管理员。"), code="unscanned"
        ) from None
    if not clean:
        raise Refused(gettext_lazy("病毒扫描发现问题，文件没有收下。"), code="infected")


def store(stream: BinaryIO, name: str, *, owner: str, limit: int | None = None, media_type: str | None = None) -> StoredFile:
    """Encrypt an upload into FILES_DIR and return its saved row. The row joins the caller's transaction.

    media_type  given for what must be kept whatever it holds, such as a raw mail: its content is not judged then
    Raises Refused or TooLarge (nothing is left behind), see `examine`. A file whose row is rolled back is swept a day later.
    """
    limit = settings.UPLOAD_MAX_BYTES if limit is None else limit
    name = clean_name(name)
    stored = StoredFile(id=uuid.uuid4(), owner=owner, media_type=media_type or examine(stream, name, limit=limit))
    data_key = keys.new_data_key()
    stored.key_version, stored.wrapped_key = keys.wrap(data_key, stored.key_context)
    stored.name_sealed = ciphers.seal(data_key, name.encode(), stored.name_binding)
    stored.size, stored.sha256 = _write(stream, stored, data_key, limit)
    stored.save(force_insert=True)
    return stored


def chunks(stored: StoredFile) -> Iterator[bytes]:
    """The plaintext, up to 64 KiB at a time; every chunk is authentic before it is handed out.

    Raises Destroyed, Missing (no file) or Tampered; a truncated file raises at the place where it was cut.
    """
    key = _content_key(stored.data_key())
    try:
        file = stored.path.open("rb")
    except FileNotFoundError as error:
        raise Missing(f"file {stored.id} is not on the disk") from error
    with file:
        if file.read(len(MARK)) != MARK:
            raise Tampered(f"file {stored.id} has no valid header")
        try:
            yield from streams.opened(file, key, _bound(stored))
        except Tampered as error:
            raise Tampered(f"file {stored.id} does not open") from error


def destroy(stored: StoredFile) -> None:
    """Throw the data key away for good and, once that is committed, remove the ciphertext. Twice is a no-op."""
    now = timezone.now()
    StoredFile.objects.filter(pk=stored.pk, destroyed_at=None).update(wrapped_key=None, destroyed_at=now)
    stored.wrapped_key = None
    stored.destroyed_at = stored.destroyed_at or now
    path = stored.path
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def clean_name(name: str) -> str:
    """A file name that is safe to show, to send in a header and to write on a desk: no path, no control or direction-changing
    characters, no characters a desktop refuses, at most 180 bytes with its ending kept.
    """
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(" " if char.isspace() else char for char in name)
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    name = " ".join(name.translate(str.maketrans('<>:"|?*', "_______")).split()).strip(". ")
    suffix = PurePosixPath(name).suffix
    suffix = suffix if 1 < len(suffix) <= SUFFIX_CHARS else ""
    stem = name[: len(name) - len(suffix)]
    room = NAME_BYTES - len(suffix.encode())
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ")
    return f"{stem or _('附件')}{suffix}"


def check() -> Iterator[str]:
    """One sentence for every stored file that is missing or does not decrypt to its recorded SHA-256 and size, and for every file
    too many.
    """
    for stored in StoredFile.objects.filter(destroyed_at=None).order_by("pk").iterator(chunk_size=200):
        digest, size = hashlib.sha256(), 0
        try:
            for chunk in chunks(stored):
                digest.update(chunk)
                size += len(chunk)
        except Missing:
            yield _("文件 %(id)s：磁盘上找不到。") % {"id": stored.id}
        except (Tampered, keys.UnknownVersion):
            yield _("文件 %(id)s：无法解密，内容或登记被改动。") % {"id": stored.id}
        else:
            if digest.hexdigest() != stored.sha256 or size != stored.size:
                yield _("文件 %(id)s：内容与登记的 SHA-256 不符。") % {"id": stored.id}
    yield from _extra()


def _extra() -> Iterator[str]:
    """Files nobody put there. One without a row may be an upload whose transaction is still open, for a while; any other name
    was never ours.
    """
    folder, limit = Path(settings.FILES_DIR), time.time() - EXTRA_AFTER
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith(".probe-"):
            continue
        name = path.name.removesuffix(PARTIAL)
        ours = path.parent.parent == folder and path.parent.name == name[:2] and len(name) == 36
        try:
            known = ours and StoredFile.objects.filter(pk=uuid.UUID(name), destroyed_at=None).exists()
            if not ours or (not known and path.stat().st_mtime < limit):
                yield _("文件 %(path)s：没有登记，不是系统存入的。") % {"path": path.relative_to(folder)}
        except (ValueError, FileNotFoundError):
            continue


def sweep(older_than: int = SWEEP_AFTER) -> int:
    """Remove what stopped or rolled-back uploads left in FILES_DIR more than `older_than` seconds ago; returns how many."""
    swept = 0
    limit = time.time() - older_than
    for path in sorted(Path(settings.FILES_DIR).glob("??/*")):
        try:
            if path.stat().st_mtime > limit:
                continue
        except FileNotFoundError:
            continue
        if path.suffix != PARTIAL and not _is_orphan(path.name):
            continue
        path.unlink(missing_ok=True)
        swept += 1
    if swept:
        logger.info("swept %d files that no row refers to", swept)
    return swept


def _is_orphan(name: str) -> bool:
    """Whether a file of ours has no row, or a row whose key is gone. What is not named by a UUID is not ours to remove."""
    try:
        key = uuid.UUID(name)
    except ValueError:
        return False
    return not StoredFile.objects.filter(pk=key, destroyed_at=None).exists()


def _write(stream: BinaryIO, stored: StoredFile, data_key: bytes, limit: int) -> tuple[int, str]:
    """Encrypt the stream to its place; returns (bytes, SHA-256) of the plaintext. Leaves nothing behind when it fails."""
    path = stored.path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(path.name + PARTIAL)
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(MARK)
            sealer = streams.Sealer(file, _content_key(data_key), _bound(stored))
            while block := stream.read(streams.CHUNK_BYTES):
                digest.update(block)
                size += len(block)
                if size > limit:
                    raise _too_large(limit)  # the stream was longer than it said
                sealer.write(block)
            sealer.close()
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return size, digest.hexdigest()


def _content_key(data_key: bytes) -> bytes:
    """A key for the content apart from the one for the name: the two never share a nonce space."""
    return hashlib.blake2b(b"file content", key=data_key, digest_size=32).digest()


def _bound(stored: StoredFile) -> bytes:
    return ciphers.binding("file content", stored.owner, str(stored.id))


def _too_large(limit: int) -> TooLarge:
    return TooLarge(gettext_lazy("文件超过 %(limit)s 的上限。"), code="too_large", params={"limit": filesizeformat(limit)})
