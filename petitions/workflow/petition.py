"""The verbs of a petition: from triage to its conclusion, and back where it must be."""

import datetime as dt
from collections.abc import Callable, Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection import marks
from inspection.outbox.posting import notify
from inspection.trail.models import Entry
from inspection.trail.recording import record
from inspection.vault import envelopes, files, index
from inspection.workflow import StepRefused, take
from petitions import access, contents, deadlines, exclusions, receipts, rules
from petitions.models import Attachment, HandUp, Petition, PetitionVersion
from rounds import people
from rounds.access import CHIEFS
from rounds.queries import today

from .forgetting import EMPTIED, forget
from .machines import PETITION
from .transfer import withdraw

READ_AGAIN_AFTER = dt.timedelta(minutes=10)
CORRECTABLE = frozenset(
    {
        "subject",
        "text",
        "persons",
        "received_at",
        "postmarked_on",
        "people_count",
        "kind",
        "discipline",
        "category",
        "level",
        "mark",
    }
)
VERIFIED = {
    "real_name": Petition.Signature.REAL_NAME,
    "denied": Petition.Signature.DENIED,
    "anonymous": Petition.Signature.ANONYMOUS,
}


@transaction.atomic
def accept(
    petition: Petition,
    *,
    by,
    discipline: str,
    kind: str = Petition.Kind.ACCUSATION,
    category=None,
    level: str = "",
    note: str = "",
    seen: int | None = None,
) -> Petition:
    """Take it in as within scope; it is to be concluded within the days the round sets, counted from today.

    note  the triage opinion (拟办意见), sealed beside the trail entry
    Raises ValidationError (discipline, kind, level), StepRefused, PermissionDenied.
    """
    locked = _ready("accept", petition, by, seen)
    if not discipline:
        raise ValidationError({"discipline": [_("请选择六项纪律中的一项，或“涉法”“不涉及”。")]})
    rules.codes(locked.people_count, discipline, kind, level or locked.level, locked.mark)
    due = deadlines.last_day(locked.assignment, deadlines.CONCLUDE, today())
    changes = {
        "discipline": discipline,
        "kind": kind,
        "category": category or locked.category,
        "level": level or locked.level,
        "in_scope": True,
        "conclude_by": due.on,
        "provisional": locked.provisional or due.provisional,
        "extended": False,
    }
    facts = {"discipline": str(discipline), "kind": str(kind), "conclude_by": due.on.isoformat()}
    taken = take(PETITION["accept"], petition, by=by, changes=changes, reason=note, facts=facts, seen=seen)
    _tell(taken, "petition.accepted", CHIEFS, by)
    return taken


@transaction.atomic
def hand_up(
    petition: Petition, *, by, receiver_name: str, handed_on: dt.date, received_by: str, seen: int | None = None
) -> Petition:
    """Hand a petition about a superior body up, sealed, and forget what it says (规则 art. 15): both envelopes, earlier versions,
    reasons typed, extracts, attachments and the mail it came in lose their keys, the search forgets it, and every plain column
    that describes it is emptied. Number, days and the two signatures of the hand-over remain. Cannot be undone.

    Raises ValidationError (receiver_name, handed_on, received_by), StepRefused, PermissionDenied.
    """
    locked = _ready("hand_up", petition, by, seen)
    sign_hand_up(locked, by=by, receiver_name=receiver_name, handed_on=handed_on, received_by=received_by)
    forget(locked)
    taken = take(PETITION["hand_up"], petition, by=by, changes=EMPTIED, seen=seen)
    petition.__dict__.pop("_opened", None)
    return taken


@transaction.atomic
def link_repeat(petition: Petition, *, by, first: Petition, seen: int | None = None) -> Petition:
    """Link it to the petition that came first; both stay registered and counted. What repeated this one now repeats `first`.

    Raises ValidationError (first), StepRefused, PermissionDenied.
    """
    _ready("link_repeat", petition, by, seen)
    known = Petition.objects.visible_to(by).filter(pk=first.pk).first() if first else None
    if known is None:
        raise ValidationError({"first": [_("没有找到这一编号的信访件。")]})
    if known.pk == petition.pk:
        raise ValidationError({"first": [_("不能与自身关联。")]})
    if known.state == Petition.State.REPEAT:
        raise ValidationError({"first": [_("该件本身是重复件，请关联它的首次件。")]})
    if known.state == Petition.State.HANDED_UP:
        raise ValidationError({"first": [_("该件已呈报上级，内容不留存，不能作为首次件。")]})
    if known.destroyed:
        raise ValidationError({"first": [_("该件内容已销毁，不能作为首次件。")]})
    for repeat in petition.repeats.all():
        Petition._base_manager.filter(pk=repeat.pk).update(first=known)
        record("repeat_moved", repeat, by=by, facts={"first": known.number})
    return take(PETITION["link_repeat"], petition, by=by, changes={"first": known}, facts={"first": known.number}, seen=seen)


def file(petition: Petition, *, by, reason: str, seen: int | None = None) -> Petition:
    """File it without action, with a reason."""
    return take(PETITION["file"], petition, by=by, reason=reason, seen=seen)


def check(petition: Petition, *, by, seen: int | None = None) -> Petition:
    """The group begins to look into it."""
    return take(PETITION["check"], petition, by=by, seen=seen)


@transaction.atomic
def conclude(petition: Petition, *, by, outcome: str, reason: str, seen: int | None = None) -> Petition:
    """Conclude it with one of Petition.Outcome. "Answered by the receiver" needs a slip that was answered.

    Raises ValidationError (outcome, reason), StepRefused, PermissionDenied.
    """
    locked = _ready("conclude", petition, by, seen)
    if outcome not in Petition.Outcome.values:
        raise ValidationError({"outcome": [_("请选择办理结果。")]})
    if outcome == Petition.Outcome.ANSWERED and not locked.slips.filter(state__in=("replied", "concluded")).exists():
        raise ValidationError({"outcome": [_("还没有承办单位反馈的办理结果。")]})
    changes = {"outcome": outcome, "closed_at": timezone.now()}
    facts = {"outcome": str(outcome)}
    return take(PETITION["conclude"], petition, by=by, changes=changes, reason=reason, facts=facts, seen=seen)


@transaction.atomic
def retake(petition: Petition, *, by, reason: str, seen: int | None = None) -> Petition:
    """Take it back from where it was passed on: its open slips are withdrawn, it waits for triage with a new deadline."""
    locked = _ready("retake", petition, by, seen)
    withdraw(locked, by=by, reason=reason)
    changes = {"in_scope": None} | deadlines.decide_again(locked)
    taken = take(PETITION["retake"], petition, by=by, changes=changes, reason=reason, seen=seen)
    _tell(taken, "petition.retaken", access.TRIAGE_POSTS, by)
    return taken


@transaction.atomic
def reopen(petition: Petition, *, by, reason: str, seen: int | None = None) -> Petition:
    """Work on it again. The earlier conclusion, or link to a first petition, stays in the trail."""
    locked = _ready("reopen", petition, by, seen)
    due = deadlines.last_day(locked.assignment, deadlines.CONCLUDE, today())
    changes = {
        "first": None,
        "outcome": "",
        "closed_at": None,
        "in_scope": True,
        "conclude_by": due.on,
        "provisional": locked.provisional or due.provisional,
        "extended": False,
    }
    facts = {"outcome": locked.outcome} if locked.outcome else {"first": locked.first.number} if locked.first else {}
    return take(PETITION["reopen"], petition, by=by, changes=changes, reason=reason, facts=facts, seen=seen)


@transaction.atomic
def extend(petition: Petition, *, by, reason: str, seen: int | None = None) -> Petition:
    """Move the last day once, by what the round allows (信访工作条例 art. 34).

    Raises ValidationError, StepRefused, PermissionDenied.
    """
    locked = _ready("extend", petition, by, seen)
    if locked.extended:
        raise ValidationError(_("本件已延期一次，不能再延。"))
    if locked.conclude_by is None:
        raise ValidationError(_("本件没有办理期限，无须延期。"))
    due = deadlines.last_day(locked.assignment, deadlines.EXTEND, locked.conclude_by)
    changes = {"conclude_by": due.on, "provisional": locked.provisional or due.provisional, "extended": True}
    facts = {"before": locked.conclude_by.isoformat(), "conclude_by": due.on.isoformat()}
    taken = take(PETITION["extend"], petition, by=by, changes=changes, reason=reason, facts=facts, seen=seen)
    _tell(taken, "petition.extended", CHIEFS, by)
    return taken


@transaction.atomic
def correct(petition: Petition, *, by, reason: str, seen: int | None = None, **given) -> Petition:
    """Correct what was registered wrongly: any of CORRECTABLE. What it said before is kept sealed; who must not see it is worked
    out anew; a corrected day of receipt moves the deadline of triage.

    Raises ValidationError keyed by name, StepRefused, PermissionDenied; TypeError for a name that cannot be corrected.
    """
    unknown = set(given) - CORRECTABLE
    if unknown:
        raise TypeError(f"not correctable: {sorted(unknown)}")
    locked = _ready("correct", petition, by, seen)
    before = locked.opened()
    spoken = {name: given.get(name, before.get(name)) for name in ("subject", "text", "persons")}
    after = contents.said(spoken["subject"], spoken["text"], spoken["persons"] or (), before.get("details"))
    changes = _plain_corrections(locked, given, by)
    changed = sorted({name for name, value in changes.items() if getattr(locked, name) != value} & CORRECTABLE)
    changes = {name: value for name, value in changes.items() if getattr(locked, name) != value}
    said_differs = after != before
    if said_differs:
        changed += [name for name in ("subject", "text", "persons") if after.get(name) != before.get(name)]
        PetitionVersion.objects.create(petition=locked, content=locked.content, replaced_by=by)
        changes["content"] = envelopes.seal(contents.SAID, locked.owner, after)
        index.put("petition", locked.pk, locked.indexed(after))
    if not changed:
        raise ValidationError(_("没有改动任何内容。"))
    taken = take(PETITION["correct"], petition, by=by, changes=changes, reason=reason, facts={"changed": changed}, seen=seen)
    receipts.moved(taken, locked.received_on)
    if said_differs:
        petition.__dict__.pop("_opened", None)
        exclusions.apply(taken, after)
    return taken


@transaction.atomic
def verify_signer(petition: Petition, *, by, result: str, note: str = "", seen: int | None = None) -> Petition:
    """Note what asking the signer gave: "real_name" (confirmed), "denied", or "anonymous" (cannot be reached).

    Raises ValidationError (result), StepRefused, PermissionDenied.
    """
    locked = _ready("verify_signer", petition, by, seen)
    if result not in VERIFIED:
        raise ValidationError({"result": [_("请选择核实结果。")]})
    if locked.identity_id is None or locked.signature == Petition.Signature.ANONYMOUS:
        raise ValidationError({"result": [_("本件没有署名，无须核实。")]})
    changes = {"signature": VERIFIED[result]}
    return take(PETITION["verify_signer"], petition, by=by, changes=changes, reason=note, facts={"result": result}, seen=seen)


@transaction.atomic
def supplement(petition: Petition, *, by, files: Iterable, note: str = "", seen: int | None = None) -> Petition:
    """Keep files that were handed in after the registration, beside those that came with it. Whoever leads the group is told.

    files  as for `intake.register`
    note   what they are and how they came, sealed beside the trail entry
    Raises ValidationError (file, files), StepRefused, PermissionDenied.
    """
    locked = _ready("supplement", petition, by, seen)
    pairs = rules.uploads(files)
    step, facts = PETITION["supplement"], {"attachments": len(pairs)}
    taken = take(step, petition, by=by, file=bool(pairs), reason=note, facts=facts, seen=seen)
    for stream, name in pairs:
        attach(locked, stream, name, by=by)
    _tell(taken, "petition.supplemented", CHIEFS, by)
    return taken


def attach(petition: Petition, stream, name: str, *, by) -> Attachment:
    """Keep one file that was looked at (`rules.uploads`) beside a saved petition; runs inside the caller's transaction."""
    stored = files.store(stream, name, owner=petition.owner)
    return Attachment.objects.create(petition=petition, file=stored, added_by=by)


def still_reading_since() -> dt.datetime:
    """Who has read a petition since then is reading it still."""
    return timezone.now() - READ_AGAIN_AFTER


def readings(petition: Petition, by, since):
    """The entries that `by` read the petition, from a moment on."""
    return Entry.objects.about(petition).filter(verb="read", actor=by, at__gte=since)


def note_reading(petition: Petition, *, by, again: bool | None = None) -> None:
    """Leave an entry that `by` read the petition, at most one in ten minutes.

    again  whether there is such an entry already, where the caller has asked
    """
    if again is None:
        again = readings(petition, by, still_reading_since()).exists()
    if not again:
        record("read", petition, by=by)


def note_contact_match(petition: Petition, *, by) -> None:
    """Leave an entry that a contact which `by` typed is one of who wrote the petition, at most one in ten minutes: typing the
    numbers of all who may have written, one after another, is a way to find out.
    """
    since = timezone.now() - READ_AGAIN_AFTER
    if not Entry.objects.about(petition).filter(verb="match_contact", actor=by, at__gte=since).exists():
        record("match_contact", petition, by=by)


def each(verb: Callable, petitions: Iterable[Petition], *, by, **facts) -> tuple[list[Petition], list[Petition]]:
    """Take one verb on several petitions, each in its own transaction and checked on its own; returns (done, refused).

    ValidationError about the facts (a missing reason) rises at once: it would be the same for all.
    """
    done, refused = [], []
    for petition in petitions:
        try:
            verb(petition, by=by, **facts)
        except (StepRefused, PermissionDenied):
            refused.append(petition)
        else:
            done.append(petition)
    return done, refused


def sign_hand_up(petition: Petition, *, by, receiver_name: str, handed_on: dt.date, received_by: str) -> HandUp:
    """The two signatures of a hand-over. Raises ValidationError keyed by argument."""
    receiver_name, received_by = (" ".join(contents.clean(word).split()) for word in (receiver_name, received_by))
    wrong = {}
    if not 0 < len(receiver_name) <= 120:
        wrong["receiver_name"] = [_("请填写接收机关，不超过120字。")]
    if not 0 < len(received_by) <= 60:
        wrong["received_by"] = [_("请填写接收人姓名，不超过60字。")]
    received_on = timezone.localdate(petition.received_at)
    if not received_on <= handed_on <= timezone.localdate():
        wrong["handed_on"] = [_("交接日期应在收到之日至今天之间。")]
    if wrong:
        raise ValidationError(wrong)
    due = deadlines.last_day(petition.assignment, deadlines.HANDUP, received_on)
    return HandUp.objects.create(
        petition=petition,
        receiver_name=receiver_name,
        handed_on=handed_on,
        deliver_by=due.on,
        handed_by=by,
        received_by=received_by,
    )


def _ready(verb: str, petition: Petition, by, seen: int | None) -> Petition:
    """The row, locked, as it stands now, if `by` may take the step on it; else StepRefused or PermissionDenied.

    Asked before the facts given are looked at: who comes too late is told so, not that a field is wrong.
    """
    step = PETITION[verb]
    locked = Petition._base_manager.select_for_update(of=("self",)).get(pk=petition.pk)
    if locked.state not in step.sources or (seen is not None and seen != locked.version):
        raise StepRefused(locked, step)
    if not step.allowed(by, locked):
        raise PermissionDenied(f"{verb} on petition {locked.pk}")
    return locked


def _plain_corrections(petition: Petition, given: dict, by) -> dict:
    """The plain columns as they are to be. Raises ValidationError keyed by name."""
    names = ("people_count", "kind", "discipline", "category", "level", "mark", "postmarked_on")
    changes = {name: given[name] for name in names if name in given}
    wanted = {name: changes.get(name, getattr(petition, name)) for name in names}
    rules.codes(wanted["people_count"], wanted["discipline"], wanted["kind"], wanted["level"], wanted["mark"])
    if marks.lowers(petition.mark, wanted["mark"]) and not access.may_lower_mark(by, petition):
        raise ValidationError({"mark": [_("调低标识须由组长、副组长或巡视办负责人办理；调高不限。")]})
    received_at = petition.received_at
    if given.get("received_at"):
        received_at = rules.moment(given["received_at"], timezone.now())
        # A form shows minutes: the seconds it does not know are no correction.
        if received_at.replace(second=0, microsecond=0) != petition.received_at.replace(second=0, microsecond=0):
            changes["received_at"] = received_at
    rules.postmark(wanted["postmarked_on"], received_at)
    if {"received_at", "postmarked_on"} & set(changes):
        rules.not_too_late(petition.assignment, petition.channel_kind, petition.channel, received_at, wanted["postmarked_on"])
    if "received_at" in changes and petition.state == Petition.State.REGISTERED:
        due = deadlines.last_day(petition.assignment, deadlines.DECIDE, timezone.localdate(received_at))
        changes |= {"decide_by": due.on, "provisional": due.provisional}
    return changes


def _tell(petition: Petition, code: str, posts: Iterable[str], by) -> None:
    told = exclusions.readers(petition, people.holders(petition.assignment, *posts, but=by))
    notify(told, code, petition, key=f"{petition.pk}:{petition.version}")
