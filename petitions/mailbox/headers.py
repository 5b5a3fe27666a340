"""Header fields as people wrote them: encoded words (RFC 2047), parameters (RFC 2231), and raw bytes that break both rules."""

import base64
import binascii
import quopri
import re
from email.message import EmailMessage, Message
from email.utils import getaddresses

from .charsets import decode

WORD = re.compile(r"=\?([^?\s]*?)(?:\*[^?]*)?\?([bBqQ])\?(.*?)\?=", re.S)
GAP = re.compile(r"(\?=)\s+(=\?)")
MAX_CHARS = 2_000
MAX_RAW = 20_000


def raw(message: EmailMessage, name: str) -> str:
    """The first field `name` as it stands in the mail, unfolded, its 8-bit bytes turned into text. "" where there is none."""
    for field, value in message.raw_items():
        if field.lower() == name.lower():
            written = str(value)[:MAX_RAW].encode("utf-8", "surrogateescape")
            return re.sub(r"\r?\n[ \t]?", " ", decode(written)).strip()
    return ""


def words(value: str) -> str:
    """`value` with its encoded words decoded, on one line. Neighbouring words of one charset are joined before decoding, because
    some programs cut a character in two between them.
    """
    pieces, pending, charset, end = [], b"", "", 0
    value = GAP.sub(r"\1\2", value[:MAX_CHARS])
    for found in WORD.finditer(value):
        between = value[end : found.start()]
        name = found.group(1).lower()
        if between or name != charset:
            pieces += [decode(pending, charset), between]
            pending, charset = b"", name
        pending += _unpacked(found.group(2).lower(), found.group(3))
        end = found.end()
    pieces += [decode(pending, charset), value[end:]]
    return " ".join("".join(pieces).split())


def text(message: EmailMessage, name: str) -> str:
    """Field `name` decoded."""
    return words(raw(message, name))


def sender(message: EmailMessage) -> tuple[str, str]:
    """(name, address) of the sender: From, else Sender, else Reply-To. Either may be empty."""
    for field in ("From", "Sender", "Reply-To"):
        # Addresses are taken apart before words are decoded: a decoded name may hold a comma or an angle bracket.
        for name, address in getaddresses([raw(message, field)]):
            if name or address:
                return words(name).strip("'\" "), address if "@" in address else ""
    return "", ""


def file_name(part: EmailMessage) -> str:
    """The name of an attachment, from Content-Disposition or Content-Type; "" where it has none."""
    for field, parameter in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        written = raw(part, field)
        if not written:
            continue
        plain = Message()
        plain[field] = written
        try:
            value = plain.get_param(parameter, header=field)
        except (ValueError, LookupError):
            continue
        if isinstance(value, tuple):  # RFC 2231: (charset, language, percent-decoded as Latin-1)
            charset, _language, written = value
            return " ".join(decode(written.encode("latin-1", "replace"), charset).split())
        if value:
            return words(str(value))
    return ""


def _unpacked(encoding: str, payload: str) -> bytes:
    written = payload.encode("ascii", "replace")
    if encoding == "q":
        return quopri.decodestring(written.replace(b"_", b" "), header=False)
    written = re.sub(rb"[^A-Za-z0-9+/]", b"", written)
    try:
        return base64.b64decode(written + b"=" * (-len(written) % 4))
    except binascii.Error:  # one character too many at the end: what stands before it is still good
        return base64.b64decode(written[: len(written) // 4 * 4])
