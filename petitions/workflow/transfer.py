"""转办: passing a petition on to the body responsible, and following the slip until it is answered.

A slip and its petition move together: every verb here that touches both does so in one transaction, or not at all.
"""

import re

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection import numbers
from inspection.calendar.models import RuleKey
from inspection.outbox.posting import notify
from inspection.trail.recording import record
from inspection.vault import envelopes, index
from inspection.workflow import StepRefused, begin, take
from petitions import access, deadlines, exclusions
from petitions.models import Petition, TransferSlip
from rounds import people
from rounds.queries import today

from .machines import PETITION, SLIP

MIN_DIGITS = 7  # shorter digit strings are house numbers and sums of money, not telephone numbers


def transfer(
    petition: Petition, *, by, receiver, extract: str, sent_on, confirmed: bool = False, seen: int | None = None
) -> TransferSlip:
    """Pass `petition` on to `receiver` (an Agency) with `extract`, a text written for the receiver; returns the slip.

    confirmed  the person knows that the receiver is the inspected unit, or the unit of a person reported
    Deadlines come from the round's frozen rules, counted from `sent_on`.
    Raises ValidationError (extract, sent_on, receiver, confirmed), StepRefused, PermissionDenied.
    """
    step = PETITION["transfer"]
    if petition.state not in step.sources or (seen is not None and seen != petition.version):
        raise StepRefused(petition, step)
    if not step.allowed(by, petition):
        raise PermissionDenied(f"transfer on petition {petition.pk}")
    _check_sending(petition, receiver, extract, sent_on, confirmed)
    if names_reporter(petition, extract):
        # Recorded although refused: who tries names one after the other, to learn who wrote, is seen.
        record("extract_refused", petition, by=by)
        raise ValidationError(
            {"extract": _("转办摘要中含有反映人的姓名、电话、邮箱或证件号码。请改写后再转办，不得暴露反映人。")}
        )
    with transaction.atomic():
        receipt = deadlines.last_day(petition.assignment, RuleKey.TRANSFER_RECEIPT, sent_on)
        reply = deadlines.last_day(petition.assignment, RuleKey.TRANSFER_REPLY, sent_on)
        changes = {}
        if petition.state == Petition.State.REGISTERED:
            changes["in_scope"] = False
        if petition.conclude_by is None:
            conclude = deadlines.last_day(petition.assignment, RuleKey.PETITION_CONCLUDE, sent_on)
            changes |= {"conclude_by": conclude.on, "provisional": petition.provisional or conclude.provisional}
        number = _number(petition, sent_on.year)
        facts = {"slip": number, "receiver": receiver.pk}
        locked = take(step, petition, by=by, changes=changes, facts=facts, seen=seen)
        slip = TransferSlip(
            number=number,
            petition=locked,
            receiver=receiver,
            receiver_name=receiver.name,
            sent_on=sent_on,
            receipt_due=receipt.on,
            reply_due=reply.on,
            provisional=receipt.provisional or reply.provisional,
        )
        slip.extract = envelopes.seal("slip.extract", slip.owner, {"text": extract.strip()})
        return begin(slip, by=by, verb="send", facts={"petition": locked.number, "receiver": receiver.pk})


def receive(slip: TransferSlip, *, by, date, received_by: str = "", seen: int | None = None) -> TransferSlip:
    """Note the signed receipt: the day on it and who signed. Raises ValidationError (date)."""
    _check_day(date, after=slip.sent_on)
    changes = {"received_on": date, "received_by": received_by.strip()}
    return take(SLIP["receive"], slip, by=by, date=date, changes=changes, facts={"on": date.isoformat()}, seen=seen)


def handle(slip: TransferSlip, *, by, seen: int | None = None) -> TransferSlip:
    """Note that the receiver has begun."""
    return take(SLIP["handle"], slip, by=by, seen=seen)


@transaction.atomic
def reply(slip: TransferSlip, *, by, date, text: str, seen: int | None = None) -> TransferSlip:
    """Keep the receiver's answer, sealed; one that was sent back before stays beside it. Raises ValidationError (date, text)."""
    if not text.strip():
        raise ValidationError({"text": _("请填写承办单位反馈的办理结果。")})
    _check_day(date, after=slip.sent_on)
    earlier = list(envelopes.open_or_empty(slip.reply, slip.owner).get("earlier", []))
    if slip.reply_id:
        earlier.append({"text": slip.reply_text, "on": slip.replied_on.isoformat()})
    envelope = envelopes.seal("slip.reply", slip.owner, {"text": text.strip(), "earlier": earlier})
    changes = {"reply": envelope, "replied_on": date}
    return take(SLIP["reply"], slip, by=by, date=date, changes=changes, facts={"on": date.isoformat()}, seen=seen)


def redo(slip: TransferSlip, *, by, reason: str, seen: int | None = None) -> TransferSlip:
    """Send the answer back: it does not meet what was passed on."""
    return take(SLIP["redo"], slip, by=by, reason=reason, seen=seen)


@transaction.atomic
def conclude(slip: TransferSlip, *, by, reason: str = "", seen: int | None = None) -> TransferSlip:
    """Conclude the slip, and with it the petition: answered by the receiver. StepRefused when the petition has moved on."""
    slip = take(SLIP["conclude"], slip, by=by, reason=reason, seen=seen)
    petition = _still_transferred(slip, PETITION["conclude"])
    take(
        PETITION["conclude"],
        petition,
        by=by,
        reason=reason or _("承办单位已反馈办理结果，见转办单。"),
        changes={"outcome": Petition.Outcome.ANSWERED, "closed_at": timezone.now()},
        facts={"slip": slip.number, "outcome": Petition.Outcome.ANSWERED.value},
    )
    return slip


@transaction.atomic
def refuse(slip: TransferSlip, *, by, reason: str, seen: int | None = None) -> TransferSlip:
    """Note that the receiver sends it back as not its own; the petition waits for triage again."""
    slip = take(SLIP["refuse"], slip, by=by, reason=reason, seen=seen)
    petition = _still_transferred(slip, PETITION["retake"])
    changes = {"in_scope": None} | deadlines.decide_again(petition)
    taken = take(PETITION["retake"], petition, by=by, reason=reason, changes=changes, facts={"slip": slip.number})
    told = exclusions.readers(taken, people.holders(taken.assignment, *access.TRIAGE_POSTS, but=by))
    notify(told, "petition.retaken", taken, key=f"{taken.pk}:{taken.version}")
    return slip


def withdraw(petition: Petition, *, by, reason: str) -> int:
    """Close the open slips of a petition that its group takes back itself; returns how many. Joins the caller's transaction."""
    slips = petition.slips.filter(state__in=SLIP["refuse"].sources)
    for slip in slips:
        take(SLIP["refuse"], slip, by=by, reason=reason, facts={"withdrawn": True})
    return len(slips)


def chase(slip: TransferSlip, *, by, seen: int | None = None) -> TransferSlip:
    """Note that the receiver was reminded today."""
    late = (today() - slip.due_on).days if slip.due_on else 0
    return take(SLIP["chase"], slip, by=by, changes={"chased_on": today()}, facts={"days_late": max(late, 0)}, seen=seen)


def chase_overdue(slips, *, by) -> int:
    """Chase every overdue slip of a queryset that was not chased today yet and that `by` may follow; returns how many.

    Each slip is its own transaction: one that moves on meanwhile does not stop the others.
    """
    chased = 0
    for slip in slips.overdue().exclude(chased_on=today()).select_related("petition__assignment__unit"):
        if not SLIP["chase"].allowed(by, slip):
            continue
        try:
            chase(slip, by=by, seen=slip.version)
        except StepRefused:
            continue
        chased += 1
    return chased


def receive_many(slips, *, by, date) -> int:
    """Tick off the receipts of several slips that came back on one day; returns how many were still waiting.

    A slip sent after `date` raises ValidationError; those before it are ticked off already.
    """
    ticked = 0
    for slip in slips.filter(state__in=SLIP["receive"].sources).select_related("petition__assignment__unit"):
        if not SLIP["receive"].allowed(by, slip):
            continue
        try:
            receive(slip, by=by, date=date, seen=slip.version)
        except StepRefused:
            continue
        ticked += 1
    return ticked


def names_reporter(petition: Petition, text: str) -> bool:
    """Whether `text` holds the reporter's name, address, telephone, mail address or identity number, however spaced or wide."""
    identity = envelopes.open_or_empty(petition.identity, petition.owner)
    searched = _packed(text)
    digits = re.sub(r"\D", "", searched)
    for name in ("name", "account", "address", "email", "id_number"):
        value = _packed(str(identity.get(name) or ""))
        if len(value) > 1 and value in searched:
            return True
    phone = re.sub(r"\D", "", _packed(str(identity.get("phone") or "")))
    return len(phone) >= MIN_DIGITS and phone in digits


def receiver_is_concerned(petition: Petition, receiver) -> bool:
    """Whether `receiver` is the inspected unit itself, or the unit of a person reported, by link or by name."""
    inspected = petition.assignment.unit
    if receiver.unit_id == inspected.pk:
        return True
    names = {_packed(receiver.name)} | ({_packed(receiver.unit.name)} if receiver.unit else set())
    reported = {_packed(str(person.get("unit") or "")) for person in petition.persons} - {""}
    return not names.isdisjoint({_packed(inspected.name)} | reported)


def _packed(text: str) -> str:
    return index.normalise(text).replace(" ", "")


def _check_sending(petition: Petition, receiver, extract: str, sent_on, confirmed: bool) -> None:
    wrong = {}
    if not extract.strip():
        wrong["extract"] = _("请填写转办摘要。")
    if not receiver.active:
        wrong["receiver"] = _("该承办单位已停用。")
    if sent_on > today():
        wrong["sent_on"] = _("日期不能晚于今天。")
    elif sent_on < timezone.localdate(petition.received_at):
        wrong["sent_on"] = _("转出日期不能早于收到日期。")
    if receiver_is_concerned(petition, receiver) and not confirmed:
        wrong["confirmed"] = _("承办单位就是被反映的单位。确需转给它的，请勾选确认。")
    if wrong:
        raise ValidationError(wrong)


def _check_day(day, *, after) -> None:
    if day is None:
        raise ValidationError({"date": _("请填写日期。")})
    if day > today():
        raise ValidationError({"date": _("日期不能晚于今天。")})
    if day < after:
        raise ValidationError({"date": _("日期不能早于转出日期。")})


def _number(petition: Petition, year: int) -> str:
    prefix = f"{petition.assignment.round.code}-ZB"
    return f"{prefix}-{year}-{numbers.take(prefix, year):04d}"


def _still_transferred(slip: TransferSlip, step) -> Petition:
    """The slip's petition as it stands; StepRefused undoes the slip's own step when the petition has moved on."""
    petition = Petition.objects.select_related("assignment__unit", "assignment__group__round").get(pk=slip.petition_id)
    if petition.state != Petition.State.TRANSFERRED:
        raise StepRefused(petition, step)
    return petition
