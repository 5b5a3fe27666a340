"""Fetching from an IMAP server, over TLS or not at all. The folder is opened read-only and bodies are peeked at."""

import datetime as dt
import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from imap_tools import MailBox, MailBoxStartTls
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError, MailboxStarttlsError

from inspection.vault import envelopes
from petitions.models import MailAccount

from .errors import MailboxError

TIMEOUT = 60  # seconds for one answer of the server
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
ARRIVED = re.compile(rb'INTERNALDATE "([^"]+)"')
UID = re.compile(rb"UID (\d+)")


@dataclass(frozen=True)
class Facts:
    """What the server says about a mail before it hands it out: bytes, and when it came in."""

    size: int
    received_at: dt.datetime


class Session:
    """An open, read-only folder. uidvalidity: as long as it stays the same, a UID names the same mail."""

    def __init__(self, box: MailBox):
        self.client = box.client
        _kind, values = self.client.response("UIDVALIDITY")
        try:
            self.uidvalidity = int(values[-1])
        except (TypeError, ValueError, IndexError):
            raise MailboxError("protocol") from None

    def uids_after(self, last: int) -> list[int]:
        """UIDs greater than `last`, ascending. A server answers "last+1:*" with the newest mail even when that is older."""
        with _told_apart():
            status, found = self.client.uid("SEARCH", "UID", f"{last + 1}:*")
        if status != "OK":
            raise MailboxError("protocol")
        words = b" ".join(part for part in found if part).split()
        return sorted({int(word) for word in words if int(word) > last})

    def facts(self, uid: int) -> Facts | None:
        """Size and arrival of a mail; None when it is no longer there."""
        lines = self._fetch(uid, "(UID RFC822.SIZE INTERNALDATE)")
        head = b" ".join(line if isinstance(line, bytes) else line[0] for line in lines)
        size, arrived = SIZE.search(head), ARRIVED.search(head)
        if not size:
            return None
        return Facts(int(size.group(1)), _moment(arrived.group(1) if arrived else b""))

    def mail(self, uid: int) -> bytes | None:
        """The whole mail; None when the server does not hand it out."""
        return self._literal(uid, "(UID BODY.PEEK[])")

    def header(self, uid: int) -> bytes | None:
        """The header alone."""
        return self._literal(uid, "(UID BODY.PEEK[HEADER])")

    def _literal(self, uid: int, parts: str) -> bytes | None:
        found = [line for line in self._fetch(uid, parts) if isinstance(line, tuple)]
        for head, content in found:
            # Servers slip news about other mails between the lines of an answer.
            if (named := UID.search(head)) and int(named.group(1)) == uid:
                return content
        return found[0][1] if len(found) == 1 and not UID.search(found[0][0]) else None

    def _fetch(self, uid: int, parts: str) -> list:
        with _told_apart():
            status, lines = self.client.uid("FETCH", str(uid), parts)
        return [line for line in lines if line is not None] if status == "OK" else []


@contextmanager
def opened(account: MailAccount) -> Iterator[Session]:
    """The account's folder, opened read-only. Raises MailboxError, as every method of the session does.

    The certificate is verified, and a server that does not offer STARTTLS is an error: the password never goes out in the clear.
    """
    box = None
    try:
        with _told_apart():
            box = _connected(account)
            _log_in(box, account)
            try:
                box.folder.set(account.folder, readonly=True)
            except imaplib.IMAP4.abort:
                raise
            except (MailboxFolderSelectError, imaplib.IMAP4.error):
                raise MailboxError("folder") from None
            session = Session(box)
        yield session
    finally:
        if box is not None:
            with suppress(imaplib.IMAP4.error, ImapToolsError, OSError):
                box.logout()


@contextmanager
def _told_apart() -> Iterator[None]:
    """What the libraries raise, as a MailboxError; the words of the server are dropped, they may quote a mail."""
    try:
        yield
    except ssl.SSLError:
        raise MailboxError("tls") from None
    except (imaplib.IMAP4.abort, OSError):  # OSError: refused, unreachable, timed out, unknown host
        raise MailboxError("connect") from None
    except (imaplib.IMAP4.error, ImapToolsError):
        raise MailboxError("protocol") from None


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.MAIL_CA_FILE:
        context.load_verify_locations(cafile=settings.MAIL_CA_FILE)
    return context


def _connected(account: MailAccount):
    try:
        if account.security == MailAccount.Security.TLS:
            return MailBox(account.host, account.port, timeout=TIMEOUT, ssl_context=_context())
        return MailBoxStartTls(account.host, account.port, timeout=TIMEOUT, ssl_context=_context())
    except imaplib.IMAP4.abort:
        raise MailboxError("connect") from None
    except (MailboxStarttlsError, imaplib.IMAP4.error):
        raise MailboxError("tls") from None


def _log_in(box, account: MailAccount) -> None:
    password = envelopes.open_(account.password, account.owner)["password"]
    try:
        if (account.username + password).isascii():
            box.login(account.username, password, initial_folder=None)
        else:
            box.login_utf8(account.username, password, initial_folder=None)
    except imaplib.IMAP4.abort:
        raise
    except (MailboxLoginError, imaplib.IMAP4.error):
        raise MailboxError("login") from None


def _moment(written: bytes) -> dt.datetime:
    """The server's INTERNALDATE, never later than now: a clock that is ahead must not keep a mail out."""
    now = timezone.now()
    try:
        return min(dt.datetime.strptime(written.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z"), now)
    except (ValueError, UnicodeDecodeError):
        return now
