"""The master keys on paper: three sheets, any two of which give the keys back, while one alone gives nothing.

The keys' bytes K are the XOR of three parts of random bytes; sheet n holds the two parts that do not bear its number. Two sheets
hold all three parts; one lacks a part that is uniformly random, and with it every bit of K. No mathematics that an office would
have to believe: a pencil could do it.

A sheet is lines of 20 bytes in Base32, each with a number and a check of its own, so that whoever types one in is told the line.
"""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from . import keys

SHEETS = 3
FORMAT = 1
SET_BYTES = 5
LINE_BYTES = 20
CHECK_CHARS = 4
FINGERPRINT_BYTES = 10
LINE = re.compile(r"\s*(\d{2})((?:\s+[A-Z2-7]{4}){2,9})\s*")
READ_AS = str.maketrans("018", "OIB")  # what is not in the alphabet and looks like something that is


class SheetRefused(Exception):
    """Sheets that cannot be read or do not belong together; the message names sheet and line, never their content."""


@dataclass(frozen=True, repr=False)
class Sheet:
    """number 1–3, the set it belongs to (sheets of two print runs do not fit), and the two parts it holds: {number: bytes}."""

    number: int
    set_id: bytes
    parts: dict[int, bytes]


def fingerprint(text: str) -> str:
    """Eighty bits that tell key files apart and tell nothing of the keys, in groups of four."""
    return _groups(_base32(sha256(b"custody" + _canonical(text)).digest()[:FINGERPRINT_BYTES]))


def split(text: str, *, made_at: datetime) -> list[str]:
    """Three printable sheets for the key file `text`."""
    secret = _canonical(text)
    secret += sha256(secret).digest()[:8]
    first, second = secrets.token_bytes(len(secret)), secrets.token_bytes(len(secret))
    parts = {1: first, 2: second, 3: _xor(secret, first, second)}
    set_id = secrets.token_bytes(SET_BYTES)
    return [_printed(number, set_id, parts, text, made_at) for number in range(1, SHEETS + 1)]


def joined(first: str, second: str) -> str:
    """The key file's text from two different sheets of one set. Raises SheetRefused."""
    one, two = read(first), read(second)
    if one.set_id != two.set_id:
        raise SheetRefused(_("两张保管单不是同一套（套号不同）。"))
    if one.number == two.number:
        raise SheetRefused(_("两张是同一张保管单，需要不同的两张。"))
    parts = one.parts | two.parts
    if len({len(part) for part in parts.values()}) != 1:
        raise SheetRefused(_("两张保管单对不上。"))
    secret = _xor(*parts.values())
    text, check = secret[:-8], secret[-8:]
    if sha256(text).digest()[:8] != check:
        raise SheetRefused(_("两张保管单合起来不是完整的密钥。"))
    return _readable(text)


def read(text: str) -> Sheet:
    """One sheet from its printed or typed text; lines that are no numbered key lines are passed over. Raises SheetRefused."""
    lines: dict[int, str] = {}
    for line in text.upper().splitlines():
        number, _space, rest = line.strip().partition(" ")
        if match := LINE.fullmatch(f"{number} {rest.translate(READ_AS)}"):
            lines[int(match[1])] = "".join(match[2].split())
    if not lines or sorted(lines) != list(range(1, len(lines) + 1)):
        raise SheetRefused(_("保管单缺行：读到第 %(lines)s 行。") % {"lines": "、".join(map(str, sorted(lines))) or "—"})
    payload = b"".join(_line_bytes(number, lines[number]) for number in sorted(lines))
    form, number, length = payload[0], payload[1], int.from_bytes(payload[2:4], "big")
    body = payload[4 + SET_BYTES :]
    if form != FORMAT or not 1 <= number <= SHEETS or not 2 * length <= len(body) < 2 * length + 5:
        raise SheetRefused(_("保管单缺行或格式不对。"))
    held = [part for part in range(1, SHEETS + 1) if part != number]
    return Sheet(number, payload[4 : 4 + SET_BYTES], {held[0]: body[:length], held[1]: body[length : 2 * length]})


def _printed(number: int, set_id: bytes, parts: dict[int, bytes], text: str, made_at: datetime) -> str:
    held = [part for part in parts if part != number]
    payload = bytes([FORMAT, number]) + len(parts[1]).to_bytes(2, "big") + set_id + parts[held[0]] + parts[held[1]]
    payload += bytes(-len(payload) % 5)  # five bytes are eight letters: no line needs padding
    blocks = [payload[start : start + LINE_BYTES] for start in range(0, len(payload), LINE_BYTES)]
    lines = [f"{place:02d}  {_groups(_base32(block) + _check(place, block), ' ')}" for place, block in enumerate(blocks, 1)]
    facts = {"number": number, "sheets": SHEETS, "set": _groups(_base32(set_id)), "at": made_at.strftime("%Y-%m-%d %H:%M")}
    facts |= {"versions": "、".join(_names(text)), "fingerprint": fingerprint(text)}
    head = (
        _("着落 · 主密钥保管单　第 %(number)s 张（共 %(sheets)s 张）") % facts,
        _("套号 %(set)s　制作 %(at)s") % facts,
        _("密钥 %(versions)s　指纹 %(fingerprint)s") % facts,
        _("任意两张可恢复全部主密钥；单独一张什么也恢复不了。三张分人、分处封存。"),
        _("恢复：把两张的编号行各录入一个文本文件，运行 manage.py key_custody import 文件一 文件二"),
    )
    return "\n".join([*head, "", *lines, ""])


def _line_bytes(number: int, text: str) -> bytes:
    block, check = text[:-CHECK_CHARS], text[-CHECK_CHARS:]
    try:
        found = base64.b32decode(block)
    except (binascii.Error, ValueError):
        found = b""
    if not found or _check(number, found) != check:
        raise SheetRefused(_("第 %(line)s 行有错，请对照纸面重新录入。") % {"line": number})
    return found


def _check(number: int, block: bytes) -> str:
    return _base32(sha256(bytes([number]) + block).digest()[:5])[:CHECK_CHARS]


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode()


def _groups(text: str, between: str = "-") -> str:
    return between.join(text[start : start + 4] for start in range(0, len(text), 4))


def _canonical(text: str) -> bytes:
    """A key file as bytes: for each entry its name with its length, and 32 bytes. Raises ImproperlyConfigured for no key file."""
    keys.parsed(text)
    found = bytearray()
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _colon, value = line.partition(":")
        found += bytes([len(name)]) + name.encode() + base64.b64decode(value)
    return bytes(found)


def _readable(data: bytes) -> str:
    """The reverse. Raises SheetRefused."""
    lines, place = [], 0
    while place < len(data):
        end = place + 1 + data[place]
        lines.append(f"{data[place + 1 : end].decode('ascii', 'replace')}:{base64.b64encode(data[end : end + 32]).decode()}")
        place = end + 32
    text = "\n".join(lines) + "\n"
    try:
        keys.parsed(text)
    except ImproperlyConfigured as error:
        raise SheetRefused(_("两张保管单合起来不是完整的密钥。")) from error
    return text


def _names(text: str) -> list[str]:
    return [line.partition(":")[0] for line in text.split()]


def _xor(*parts: bytes) -> bytes:
    number = 0
    for part in parts:
        number ^= int.from_bytes(part, "big")
    return number.to_bytes(len(parts[0]), "big")
