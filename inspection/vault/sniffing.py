"""What a file is, by its content, and whether an office takes it in.

The name never makes a file acceptable. It may only refuse one (`.exe`), and it tells twins apart that share one container.
"""

import struct
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

HEAD_BYTES = 65536
ACCEPTED = _(
    "PDF、PNG、JPG、GIF、TIFF、WebP、TXT、CSV、Word、Excel、PowerPoint、WPS、EML、MSG、ZIP、RAR、MP3、AMR、WAV、M4A、MP4"
)

# Names that a desktop would run, or a browser would draw with scripts, whatever the content says.
# fmt: off
REFUSED_SUFFIXES = frozenset((
    ".apk", ".app", ".asp", ".aspx", ".bat", ".chm", ".cmd", ".com", ".cpl", ".deb", ".dll", ".dmg", ".docm", ".dotm", ".elf",
    ".exe", ".hta", ".htm", ".html", ".img", ".iso", ".jar", ".js", ".jse", ".jsp", ".lnk", ".mht", ".mhtml", ".msc", ".msi",
    ".msp", ".php", ".pif", ".pl", ".ppam", ".pptm", ".ps1", ".psm1", ".py", ".rb", ".reg", ".rpm", ".scr", ".sct", ".sh",
    ".so", ".svg", ".svgz", ".swf", ".url", ".vbe", ".vbs", ".ws", ".wsf", ".wsh", ".xht", ".xhtml", ".xlam", ".xlsm",
    ".xltm", ".xml", ".xsl",
))
# fmt: on
SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
)
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
MP4_BRANDS = frozenset((b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"MSNV", b"M4V "))
HEIC_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
OOXML = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
OLE_STREAMS = {
    "worddocument": "application/msword",
    "workbook": "application/vnd.ms-excel",
    "book": "application/vnd.ms-excel",
    "powerpoint document": "application/vnd.ms-powerpoint",
    "__properties_version1.0": "application/vnd.ms-outlook",
}
PROGRAM_ENTRIES = ("META-INF/MANIFEST.MF", "AndroidManifest.xml")
MARKUP = (b"<!doctype", b"<html", b"<svg", b"<script", b"<?xml", b"<?php", b"<%", b"<body", b"<iframe", b"#!", b"@echo")
MAX_ENTRIES = 10_000
MAX_UNPACKED = 2 * 1024**3
MAX_RATIO = 100  # what unpacks to more than a hundred times its size, and to more than RATIO_FROM, is a bomb
RATIO_FROM = 100 * 1024**2
MAX_PIXELS = 250_000_000  # the largest scans an office makes have 140 million: A3 at 600 dpi
MAIL_FIELDS = (b"from:", b"received:", b"return-path:", b"message-id:", b"mime-version:", b"delivered-to:", b"subject:", b"date:")


def media_type(stream: BinaryIO, name: str) -> str | None:
    """The media type of a seekable stream, or None when it is nothing an office takes in. Leaves the stream at its start."""
    suffix = PurePosixPath(name.lower()).suffix
    stream.seek(0)
    try:
        return None if suffix in REFUSED_SUFFIXES else _by_content(stream, stream.read(HEAD_BYTES), suffix)
    finally:
        stream.seek(0)


def is_heic(stream: BinaryIO) -> bool:
    """Whether a seekable stream is a photograph as Apple's telephones take them. Leaves the stream at its start."""
    stream.seek(0)
    head = stream.read(12)
    stream.seek(0)
    return head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS


def _by_content(stream: BinaryIO, head: bytes, suffix: str) -> str | None:
    for magic, found in SIGNATURES:
        if head.startswith(magic):
            return None if _pixels(head) > MAX_PIXELS else found
    if head.startswith(b"RIFF"):
        return None if _pixels(head) > MAX_PIXELS else RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _mp4(head[8:12], suffix)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(stream)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole(stream, head)
    if b"%PDF-" in head[:1024] and not head.startswith(b"MZ"):
        return "application/pdf"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] >> 4 not in (0, 15):
        return "audio/mpeg"  # a frame header of MPEG audio layer III without a tag before it
    return _text(head, suffix)


def _mp4(brand: bytes, suffix: str) -> str | None:
    if brand in (b"M4A ", b"M4B ") or (brand in MP4_BRANDS and suffix == ".m4a"):
        return "audio/mp4"
    return "video/mp4" if brand in MP4_BRANDS else None


def _zip(stream: BinaryIO) -> str | None:
    """Office documents are ZIP files with known folders; Java and Android programs are ZIP files too."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    names = [entry.filename for entry in entries]
    if _is_bomb(entries) or any(name.startswith("/") or ".." in name.split("/") for name in names):
        return None
    if any(entry in names for entry in PROGRAM_ENTRIES) or any(entry.endswith("vbaProject.bin") for entry in names):
        return None
    if "[Content_Types].xml" in names:
        return next((found for start, found in OOXML.items() if any(entry.startswith(start) for entry in names)), None)
    return "application/zip"


def _is_bomb(entries: list[zipfile.ZipInfo]) -> bool:
    """Whether an archive promises to unpack to far too much. zipfile unpacks no entry beyond its promise."""
    unpacked, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    return (
        len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or (unpacked > RATIO_FROM and unpacked > MAX_RATIO * max(packed, 1))
    )


def _pixels(head: bytes) -> int:
    """How many pixels an image's header promises; 0 for what is no image or ends before it says."""
    try:
        width, height = _extent(head)
    except (struct.error, IndexError):
        return 0
    return width * height


def _extent(head: bytes) -> tuple[int, int]:
    """(width, height) of PNG, GIF, JPEG, WebP and TIFF, read from the head alone. Raises struct.error when that is too short."""
    if head.startswith(b"\x89PNG") and head[12:16] == b"IHDR":
        return struct.unpack_from(">II", head, 16)
    if head.startswith(b"GIF8"):
        return struct.unpack_from("<HH", head, 6)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _webp(head)
    if head.startswith((b"II*\x00", b"MM\x00*")):
        return _tiff(head)
    return _jpeg(head) if head.startswith(b"\xff\xd8") else (0, 0)


def _webp(head: bytes) -> tuple[int, int]:
    kind = head[12:16]
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", head, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", head, 26)
    return width & 0x3FFF, height & 0x3FFF


def _tiff(head: bytes) -> tuple[int, int]:
    """The first directory; one that lies beyond the head says nothing here."""
    order = "<" if head.startswith(b"II") else ">"
    start = struct.unpack_from(f"{order}I", head, 4)[0]
    found = {256: 0, 257: 0}
    for number in range(struct.unpack_from(f"{order}H", head, start)[0]):
        tag, kind = struct.unpack_from(f"{order}HH", head, start + 2 + 12 * number)
        if tag in found:
            found[tag] = struct.unpack_from(f"{order}{'H' if kind == 3 else 'I'}", head, start + 10 + 12 * number)[0]
    return found[256], found[257]


def _jpeg(head: bytes) -> tuple[int, int]:
    """The first frame header; markers before it are passed over by their length."""
    place = 2
    while place + 9 < len(head) and head[place] == 0xFF:
        marker, length = head[place + 1], struct.unpack_from(">H", head, place + 2)[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", head, place + 5)
            return width, height
        place += 2 + length
    return 0, 0


def _ole(stream: BinaryIO, head: bytes) -> str | None:
    """Old Office, WPS and Outlook files share one container with Windows installers: the names of its streams tell."""
    for entry in _ole_names(stream, head):
        if entry in OLE_STREAMS:
            return OLE_STREAMS[entry]
    return None


def _ole_names(stream: BinaryIO, head: bytes) -> Iterator[str]:
    """Names in the directory of a compound file, lower case, following its sector chain as far as the table is sound."""
    if len(head) < 512:
        return
    size = 1 << min(struct.unpack_from("<H", head, 30)[0], 12)
    width = size // 4
    table = [sector for sector in struct.unpack_from("<109I", head, 76) if sector < 0xFFFFFFFA]
    more, rounds = struct.unpack_from("<I", head, 68)[0], 0
    while more < 0xFFFFFFFA and rounds < 256:
        block = _ole_sector(stream, more, size)
        if len(block) < size:
            break
        *found, more = struct.unpack(f"<{width}I", block)
        table += [sector for sector in found if sector < 0xFFFFFFFA]
        rounds += 1
    sector, rounds = struct.unpack_from("<I", head, 48)[0], 0
    while sector < 0xFFFFFFFA and rounds < 1024:
        block = _ole_sector(stream, sector, size)
        for start in range(0, len(block) - 127, 128):
            length = struct.unpack_from("<H", block, start + 64)[0]
            yield block[start : start + max(0, min(length, 64) - 2)].decode("utf-16-le", "ignore").lower()
        row, column = divmod(sector, width)
        links = _ole_sector(stream, table[row], size) if row < len(table) else b""
        sector = struct.unpack_from("<I", links, column * 4)[0] if len(links) == size else 0xFFFFFFFE
        rounds += 1


def _ole_sector(stream: BinaryIO, number: int, size: int) -> bytes:
    stream.seek((number + 1) * size)
    return stream.read(size)


def _text(head: bytes, suffix: str) -> str | None:
    """Plain text, CSV or a mail; markup and scripts are refused even under a harmless name."""
    text = _decoded(head)
    if text is None:
        return None
    start = text.lstrip("\ufeff \t\r\n").lower().encode("utf-8", "replace")
    if suffix == ".eml" and any(line.startswith(MAIL_FIELDS) for line in start[:8192].splitlines()):
        return "message/rfc822"  # before the markup test: a mail may well carry HTML
    if start.startswith(MARKUP) or b"<script" in start or b"<html" in start[:1024]:
        return None
    return "text/csv" if suffix == ".csv" else "text/plain"


def _decoded(head: bytes) -> str | None:
    """The head as text (UTF-8, UTF-16 with its mark, or GB18030), or None for binary content."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    elif b"\x00" in head:
        return None
    else:
        encodings = ("utf-8", "gb18030")
    for encoding in encodings:
        for cut in range(4):  # the head may end in the middle of a character
            try:
                text = head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            odd = sum(1 for char in text if char < " " and char not in "\t\r\n\f\x1a\x1b")
            return text if odd == 0 else None
    return None
