"""原件随转: the petition's own words beside a slip's extract, only by an explicit choice that a second person approves."""

import datetime as dt
import re
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.outbox.posting import notify
from inspection.vault import envelopes, index
from inspection.workflow import begin, take
from petitions import access, contents, exclusions
from petitions.models import Attachment, OriginalRelease, Petition, TransferSlip
from rounds import people
from rounds.models import Appointment

from .custody import ORIGINAL

BLACK = "■"
SENDING = (TransferSlip.State.SENT, TransferSlip.State.RECEIVED, TransferSlip.State.HANDLING)
MASKED = ("name", "account", "phone", "email", "address", "id_number")


def ask(
    slip: TransferSlip,
    *,
    by,
    reason: str,
    with_text: bool = True,
    attachments: Iterable[Attachment] = (),
    consent_on: dt.date | None = None,
) -> OriginalRelease:
    """Ask that the original goes along with `slip`; tells the group's leader and the heads of the office.

    attachments  of the slip's own petition
    consent_on   the day the reporter agreed in writing to be known to the receiver; None blacks out who wrote
    Raises ValidationError (reason, attachments, consent_on, or one that is alive), PermissionDenied.
    """
    petition = slip.petition
    if not access.may_follow_slip(by, slip):
        raise PermissionDenied(f"ask for the original of slip {slip.pk}")
    reason, chosen = contents.clean(reason), list(attachments)
    wrong = {}
    if not reason:
        wrong["reason"] = [_("请填写申请理由。")]
    if not (with_text or chosen):
        wrong["with_text"] = [_("请至少选择来信原文或一个附件。")]
    if any(attachment.petition_id != petition.pk for attachment in chosen):
        wrong["attachments"] = [_("只能选择本件的附件。")]
    if consent_on and not timezone.localdate(petition.received_at) <= consent_on <= timezone.localdate():
        wrong["consent_on"] = [_("同意日期应在收到之日至今天之间。")]
    if slip.state not in SENDING:
        wrong["with_text"] = [_("转办单已经办结或退回，不能再附原件。")]
    if petition.content_id is None:
        wrong["with_text"] = [_("内容已经销毁，没有原件可附。")]
    if wrong:
        raise ValidationError(wrong)
    try:
        with transaction.atomic():
            release = OriginalRelease(slip=slip, asked_by=by, with_text=with_text, consent_on=consent_on)
            release.reason = envelopes.seal("original.reason", release.owner, {"text": reason})
            facts = {"slip": slip.number, "text": with_text, "attachments": len(chosen), "consent": bool(consent_on)}
            begin(release, by=by, verb="ask", facts=facts)
            release.attachments.set(chosen)
            told = exclusions.readers(petition, people.holders(petition.assignment, Appointment.Post.LEADER, but=by))
            told += [head for head in exclusions.readers(petition, people.heads_of_office(but=by)) if head not in told]
            notify(told, "original.asked", release, key=str(release.pk))
    except IntegrityError:
        raise ValidationError(_("本转办单的原件随转正在审批，或已经批准。")) from None
    return release


@transaction.atomic
def approve(release: OriginalRelease, *, by, seen: int | None = None) -> OriginalRelease:
    """The original goes along; tells who asked."""
    return _decide("approve", release, by, seen)


@transaction.atomic
def refuse(release: OriginalRelease, *, by, reason: str, seen: int | None = None) -> OriginalRelease:
    """The extract has to do; tells who asked."""
    return _decide("refuse", release, by, seen, reason=reason)


def withdraw(release: OriginalRelease, *, by, seen: int | None = None) -> OriginalRelease:
    """Take one's own request back."""
    return take(ORIGINAL["withdraw"], release, by=by, facts={"slip": release.slip.number}, seen=seen)


def released(slip: TransferSlip) -> OriginalRelease | None:
    """The approved original of a slip; None where only the extract goes."""
    return slip.originals.filter(state=OriginalRelease.State.APPROVED).first()


def text_of(release: OriginalRelease) -> str:
    """The petition's text as it goes along: without who wrote, unless the reporter's consent is on record; "" without text."""
    if not release.with_text:
        return ""
    petition = release.petition
    return petition.text if release.consent_on else masked(petition, petition.text)


def masked(petition: Petition, text: str) -> str:
    """`text` with every occurrence of what tells who wrote blacked out, however it is spaced, dashed or wide."""
    identity = envelopes.open_or_empty(petition.identity, petition.owner)
    folded, places = [], []
    for place, char in enumerate(text):
        for part in index.normalise(char):
            if part.isalnum() or part in "@":
                folded.append(part)
                places.append(place)
    searched = "".join(folded)
    hidden: set[int] = set()
    for key in MASKED:
        value = "".join(char for char in index.normalise(str(identity.get(key) or "")) if char.isalnum() or char in "@")
        if len(value) < 2:
            continue
        for found in re.finditer(re.escape(value), searched):
            hidden.update(range(places[found.start()], places[found.end() - 1] + 1))
    return "".join(BLACK if place in hidden and not char.isspace() else char for place, char in enumerate(text))


def _decide(verb: str, release: OriginalRelease, by, seen: int | None, **given) -> OriginalRelease:
    changes = {"decided_by": by, "decided_at": timezone.now()}
    taken = take(ORIGINAL[verb], release, by=by, changes=changes, facts={"slip": release.slip.number}, seen=seen, **given)
    notify([taken.asked_by], f"original.{taken.state}", taken, key=f"{taken.pk}:{taken.version}")
    return taken
