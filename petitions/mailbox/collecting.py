"""Collecting a mailbox: first the raw bytes are kept, then they are read and registered, each mail in transactions of its own.

    fetch → MailItem "fetched" with its raw file → committed → read, register → "registered", or "parked" with the reason

Whatever stops the process, a mail is either not kept yet (its UID is greater than the last known, so it is fetched again) or kept
and not settled yet (the next run settles it first). Nothing is registered twice: the item is locked, and its petition carries the
mail's key.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.trail.recording import record
from inspection.vault import files, hashes
from petitions import contents, intake
from petitions.models import MailAccount, MailItem
from rounds.models import Channel

from . import connection, reading
from .errors import MailboxError, Unreadable

log = logging.getLogger(__name__)
State, Reason = MailItem.State, MailItem.Reason
RAW_TYPE = "message/rfc822"
PERSONAL_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}(?:[·•][\u4e00-\u9fff]{1,8})*")


@dataclass
class Tally:
    """What one run over one mailbox did; error is a code of `errors.WORDS`, empty when it went well."""

    account: MailAccount
    new: int = 0
    known: int = 0
    registered: int = 0
    parked: int = 0
    error: str = ""


def collect_all() -> Iterator[Tally]:
    """Collect every mailbox in use. One that fails does not keep the others from being read."""
    accounts = MailAccount.objects.filter(active=True, channel__active=True).exclude(channel__assignment__state="archived")
    related = ("registrar", "channel__assignment__unit", "channel__assignment__group__round")
    for account in accounts.select_related(*related).order_by("pk"):
        yield collect(account)


def collect(account: MailAccount) -> Tally:
    """Settle what an earlier run left, then keep and settle every mail that is new. Notes the outcome with the account."""
    tally = Tally(account)
    try:
        _settle_waiting(account, tally)
        with connection.opened(account) as session:
            _refetch(account, session, tally)
            for uid in session.uids_after(_last_known(account, session.uidvalidity)):
                item = _keep(account, session, uid, tally)
                if item is not None:
                    tally.new += 1
                    _count(settle(item), tally)
    except MailboxError as error:
        tally.error = error.code
    except Exception as error:  # its text may hold words of a mail: only its kind is kept
        log.error("mailbox %s failed: %s", account.pk, type(error).__name__)
        tally.error = "error"
    changes = {"last_error": tally.error} | ({} if tally.error else {"last_success_at": timezone.now()})
    MailAccount.objects.filter(pk=account.pk).update(**changes)
    log.info(
        "mailbox %s: %d new, %d registered, %d parked %s", account.pk, tally.new, tally.registered, tally.parked, tally.error
    )
    return tally


def settle(item: MailItem) -> MailItem:
    """Read a kept mail and register it, or park it with the reason; an item that is settled already stays as it is.

    Raises MailboxError("registrar") when the account's registrar may not register: the mail waits, it is not its fault.
    """
    try:
        with transaction.atomic():
            locked = _locked(item)
            if locked.state == State.FETCHED:
                _register(locked)
    except PermissionDenied:
        raise MailboxError("registrar") from None
    except (OperationalError, InterfaceError):  # the database is busy or away: the mail waits for the next run
        raise
    except Exception as error:
        log.error("mail %s parked: %s", item.pk, type(error).__name__)
        with transaction.atomic():
            locked = _locked(item)
            if locked.state == State.FETCHED:
                _park(locked, Reason.ERROR)
    item.refresh_from_db()
    return item


def retry(item: MailItem, *, by) -> MailItem:
    """Try a parked mail again: at once when its bytes are here, else at the next run, which fetches them."""
    with transaction.atomic():
        locked = _locked(item)
        if locked.state != State.PARKED:
            return locked
        whole = locked.raw_id and locked.reason != Reason.TOO_LARGE
        locked.state, locked.reason = State.FETCHED, ""
        if not whole:
            locked.raw = None
        locked.save(update_fields=["state", "reason", "raw"])
        record("mail_retry", locked, by=by)
    item.refresh_from_db()
    return settle(item) if whole else item


def register_by_hand(item: MailItem, *, by, **facts):
    """Register a parked mail with what a person read out of it; returns the petition.

    facts  keyword arguments of `intake.register` besides channel and moment
    Raises ValidationError, PermissionDenied; AlreadyRegistered when somebody was faster.
    """
    with transaction.atomic():
        locked = _locked(item)
        if locked.petition:
            raise intake.AlreadyRegistered(locked.petition)
        if locked.state != State.PARKED:
            raise ValidationError(_("这封邮件正在重新收取，请稍候再试。"))
        petition = _birth(locked, by=by, **facts)
        record("mail_by_hand", locked, by=by, facts={"petition": petition.number})
    item.refresh_from_db()
    return petition


def _settle_waiting(account: MailAccount, tally: Tally) -> None:
    for item in account.items.filter(state=State.FETCHED).exclude(raw=None).order_by("pk"):
        _count(settle(item), tally)


def _count(item: MailItem, tally: Tally) -> None:
    tally.registered += item.state == State.REGISTERED
    tally.parked += item.state == State.PARKED


def _last_known(account: MailAccount, uidvalidity: int) -> int:
    return account.items.filter(uidvalidity=uidvalidity).aggregate(last=Max("uid"))["last"] or 0


def _keep(account: MailAccount, session: connection.Session, uid: int, tally: Tally) -> MailItem | None:
    """Keep the bytes of one mail, committed before anything is read out of them. None for a mail known already, or gone."""
    facts = session.facts(uid)
    if facts is None:
        return None
    raw, reason = _fetched(session, uid, facts)
    key = hashes.keyed("mail.message", reading.message_key(raw) if raw else f"{session.uidvalidity}:{uid}")
    try:
        with transaction.atomic():
            known = account.items.select_for_update().filter(message_key=key).first()
            if known:
                # The mailbox was rebuilt, or the mail delivered twice: only where it lies is new.
                known.uidvalidity, known.uid = session.uidvalidity, uid
                known.save(update_fields=["uidvalidity", "uid"])
                tally.known += 1
                return None
            item = MailItem(
                account=account,
                uidvalidity=session.uidvalidity,
                uid=uid,
                message_key=key,
                size=facts.size,
                received_at=facts.received_at,
                state=State.PARKED if reason else State.FETCHED,
                reason=reason,
            )
            item.raw = _store(item, raw)
            item.save()
            return item
    except IntegrityError:  # another run was faster with this mail
        return None


def _fetched(session: connection.Session, uid: int, facts: connection.Facts) -> tuple[bytes | None, str]:
    """(bytes, reason to park): the whole mail, or only its header when it is too large."""
    if facts.size > settings.MAIL_MAX_BYTES:
        return session.header(uid), Reason.TOO_LARGE
    raw = session.mail(uid)
    return raw, "" if raw else Reason.UNREADABLE


def _store(item: MailItem, raw: bytes | None):
    if not raw:
        return None
    return files.store(BytesIO(raw), "mail.eml", owner=item.owner, limit=settings.MAIL_MAX_BYTES, media_type=RAW_TYPE)


def _refetch(account: MailAccount, session: connection.Session, tally: Tally) -> None:
    """Fetch again what was parked without its bytes and is to be retried."""
    for item in account.items.filter(state=State.FETCHED, raw=None).order_by("pk"):
        facts = session.facts(item.uid) if item.uidvalidity == session.uidvalidity else None
        raw, reason = _fetched(session, item.uid, facts) if facts else (None, Reason.UNREADABLE)
        with transaction.atomic():
            locked = _locked(item)
            locked.raw = _store(locked, raw)
            locked.save(update_fields=["raw"])
            if reason:
                _park(locked, reason)
        item.refresh_from_db()
        _count(settle(item), tally)


def _locked(item: MailItem) -> MailItem:
    related = "account__registrar", "account__channel__assignment__unit", "account__channel__assignment__group__round", "raw"
    return MailItem.objects.select_for_update(of=("self",)).select_related(*related).get(pk=item.pk)


def _park(item: MailItem, reason: str, refused: int = 0) -> None:
    item.state, item.reason, item.refused = State.PARKED, reason, refused
    item.save(update_fields=["state", "reason", "refused"])


def _register(item: MailItem) -> None:
    """Read a mail and register or park it; inside the caller's transaction."""
    channel = item.account.channel
    if channel.last_day is not None and timezone.localdate(item.received_at) > channel.last_day:
        _park(item, Reason.CLOSED)
        return
    try:
        letter = reading.read(b"".join(files.chunks(item.raw)))
    except Unreadable:
        _park(item, Reason.UNREADABLE)
        return
    try:
        kept, refused = _judged(letter.attachments)
    except files.Unscanned:  # nothing is lost: the mail waits, as it came, until somebody tries again
        _park(item, Reason.ERROR)
        return
    subject = letter.subject[: contents.SUBJECT_CHARS]
    text = contents.clean(letter.text)
    if not text and not kept and (refused or not contents.clean(subject)):
        _park(item, Reason.BAD_ATTACHMENT if refused else Reason.NO_CONTENT, refused)
        return
    if len(text) > contents.TEXT_CHARS:
        kept.append((BytesIO(text.encode()), f"{_('正文')}.txt"))  # the whole of it; the envelope holds its beginning
        text = text[: contents.TEXT_CHARS]
    item.refused = refused
    try:
        petition = _birth(
            item,
            by=item.account.registrar,
            subject=subject,
            text=text or contents.clean(subject) or _("（正文为空，见附件。）"),
            reporter=_reporter(letter),
            files=kept,
        )
    except ValidationError as error:
        _park(item, Reason.CLOSED if "received_at" in getattr(error, "message_dict", {}) else Reason.ERROR, refused)
        return
    if refused:
        record("attachments_refused", petition, by=item.account.registrar, facts={"count": refused, "mail": item.number})


def _birth(item: MailItem, *, by, **facts):
    """Register the petition of a mail and tie the two together."""
    channel = item.account.channel
    try:
        petition = intake.register(
            channel.assignment,
            by=by,
            channel_kind=Channel.Kind.EMAIL,
            channel=channel,
            received_at=item.received_at,
            source_key=hashes.keyed("mail.source", f"{item.account_id}:{item.message_key}"),
            **facts,
        )
    except intake.AlreadyRegistered as known:
        petition = known.petition
    item.petition, item.state, item.reason = petition, State.REGISTERED, ""
    item.save(update_fields=["petition", "state", "reason", "refused"])
    return petition


def _reporter(letter: reading.Letter) -> dict:
    """Who sent it, as far as the address tells. A name that is no personal name is one on a platform, not a signature."""
    name = contents.clean(letter.sender_name)[: contents.REPORTER_KEYS["name"]]
    address = contents.clean(letter.sender_address)[: contents.REPORTER_KEYS["email"]]
    key = "name" if PERSONAL_NAME.fullmatch(name) else "account"
    return {key: name, "email": address}


def _judged(attachments: list[tuple[str, bytes]]) -> tuple[list, int]:
    """(those an office takes in, as streams with their names; how many are refused)."""
    kept, refused = [], 0
    for name, content in attachments:
        stream = BytesIO(content)
        try:
            files.examine(stream, files.clean_name(name))
        except files.Unscanned:
            raise
        except files.Refused:
            refused += 1
        else:
            kept.append((stream, name))
    return kept, refused
