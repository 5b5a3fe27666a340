"""Bytes of a mail into what it says, who sent it and what hangs on it. Pure: no database, no network."""

import hashlib
import re
from dataclasses import dataclass, field
from email import policy
from email.generator import BytesGenerator
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from io import BytesIO

from django.utils.translation import gettext as _

from . import headers
from .charsets import decode
from .errors import Unreadable
from .plain import from_html, tidy

MAX_PARTS = 300
MAX_DEPTH = 30
CHARSET = re.compile(r"charset\*?\s*=\s*[\"']?([^\s\"';>]+)", re.I)
HEADER_END = re.compile(rb"\r?\n\r?\n")


@dataclass
class Letter:
    """A mail, read.

    text         plain text: of the text parts, else of the HTML ones
    attachments  [(name, bytes)] of everything that is not the text, mails within the mail included
    """

    subject: str = ""
    text: str = ""
    sender_name: str = ""
    sender_address: str = ""
    attachments: list[tuple[str, bytes]] = field(default_factory=list)


def read(raw: bytes) -> Letter:
    """Read a mail. Raises Unreadable when the bytes are no mail at all, or one built to exhaust its reader."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(raw)
        if not message.keys():
            raise Unreadable
        letter = Letter(subject=headers.text(message, "Subject"))
        letter.sender_name, letter.sender_address = headers.sender(message)
        plain, markup = [], []
        for count, part in enumerate(_parts(message)):
            if count >= MAX_PARTS:
                raise Unreadable
            _take(part, letter, plain, markup)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, IndexError, AssertionError) as error:
        # What the library raises on a malformed mail is not specified; whatever it is, the mail is parked and not lost.
        raise Unreadable from error
    letter.text = tidy("\n\n".join(filter(None, plain))) or tidy("\n\n".join(map(from_html, filter(None, markup))))
    return letter


def message_key(raw: bytes) -> str:
    """What makes a mail the same mail: its Message-ID and the hash of its body.

    The body belongs to it, so that a mail that borrows the Message-ID of another is not taken for known. Of a mail without a
    Message-ID, From and Date stand in for it: a server that rebuilds a mailbox may add header fields of its own.
    """
    message = BytesHeaderParser(policy=policy.compat32).parsebytes(raw)
    name = str(message.get("Message-ID", "")).strip() or f"{message.get('From', '')}\x1f{message.get('Date', '')}"
    found = HEADER_END.search(raw)
    body = raw[found.end() :] if found else b""
    digest = hashlib.sha256(body.replace(b"\r\n", b"\n").strip()).hexdigest()
    return f"{name}\x1f{digest}"


def _parts(message: EmailMessage, depth: int = 0):
    """The leaves of a mail in order; a mail within the mail is one. Of alternatives both are handed out: HTML counts only when
    no plain text is found.
    """
    if depth > MAX_DEPTH:
        raise Unreadable
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for part in message.get_payload():
            yield from _parts(part, depth + 1)
    else:
        yield message


def _take(part: EmailMessage, letter: Letter, plain: list[str], markup: list[str]) -> None:
    """Put one leaf where it belongs."""
    # A multipart whose boundary never occurs is what it looks like: text.
    kind = "text/plain" if part.get_content_maintype() == "multipart" else part.get_content_type()
    name = headers.file_name(part)
    attached = "attachment" in headers.raw(part, "Content-Disposition").lower() or bool(name)
    if kind == "message/rfc822" or part.is_multipart():
        letter.attachments.append((_mail_name(part, name), _mail_bytes(part)))
        return
    payload = part.get_payload(decode=True) or b""
    if kind in ("text/plain", "text/html") and not attached:
        text = decode(payload, _charset(part, payload if kind == "text/html" else b""))
        (plain if kind == "text/plain" else markup).append(text)
    elif payload:
        letter.attachments.append((name or _unnamed(kind, len(letter.attachments) + 1), payload))


def _charset(part: EmailMessage, markup: bytes) -> str | None:
    """The charset declared in the header, else in the head of an HTML text."""
    declared = headers.raw(part, "Content-Type") + markup[:2048].decode("ascii", "ignore")
    found = CHARSET.search(declared)
    return found.group(1) if found else None


def _mail_bytes(part: EmailMessage) -> bytes:
    """A mail within the mail, with its header fields as they were."""
    inner = part.get_payload()
    if not isinstance(inner, list) or not inner:
        return part.get_payload(decode=True) or b""
    out = BytesIO()
    BytesGenerator(out, policy=policy.compat32, mangle_from_=False, maxheaderlen=0).flatten(inner[0])
    return out.getvalue()


def _mail_name(part: EmailMessage, name: str) -> str:
    inner = part.get_payload()
    subject = headers.text(inner[0], "Subject") if isinstance(inner, list) and inner else ""
    name = name or subject or _("转发的邮件")
    return name if name.lower().endswith(".eml") else f"{name}.eml"


def _unnamed(kind: str, number: int) -> str:
    endings = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "application/pdf": ".pdf", "text/plain": ".txt"}
    return f"{_('附件')}{number}{endings.get(kind, '')}"
