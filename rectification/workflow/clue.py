"""The verbs of the clue: proposed by the group, approved by the head of the office, handed over, followed to its answer."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.calendar import days
from inspection.calendar.models import RuleKey
from inspection.marks import refuse_state_secrets
from inspection.outbox.posting import notify
from inspection.vault import envelopes, index
from inspection.workflow import begin, take
from petitions.models import Exclusion, Petition
from rectification import access, exclusions, numbering
from rectification.models import Clue, Finding
from rectification.workflow.machines import CLUE, FINDING
from rounds import people

LIMITS = {"name": 60, "post": 120, "matter": 8000}
RESULT_LIMIT = 8000
Mode = Clue.Mode


@transaction.atomic
def propose(
    assignment,
    *,
    by,
    receiver,
    second_receiver=None,
    mode: str = Mode.SINGLE,
    level: str,
    discipline: str,
    name: str,
    post: str = "",
    matter: str,
    petition: Petition | None = None,
    finding: Finding | None = None,
) -> Clue:
    """Propose to hand a clue over (拟移交). The heads of the office are told.

    receiver, second_receiver  who is to get it; a double hand-over (双移交) needs two different ones, a single one only the first
    name, post, matter         the person reported and what about; sealed
    petition                   one of the same assignment that `by` may see
    finding                    only through `rectification.workflow.finding.to_clue`, which takes the paper's own step first
    Raises PermissionDenied, or ValidationError keyed by what is wrong.
    """
    if not access.may_propose_on(by, assignment):
        raise PermissionDenied(f"clue on assignment {assignment.pk}")
    content = _checked_text({"name": name, "post": post, "matter": matter})
    _check_receivers(mode, receiver, second_receiver)
    _check_source(assignment, petition, finding, by=by)
    clue = Clue(
        number=numbering.next_clue(assignment.group.round, timezone.localdate().year),
        assignment=assignment,
        finding=finding,
        petition=petition,
        level=level,
        discipline=discipline,
        mode=mode,
        receiver=receiver,
        second_receiver=second_receiver,
        proposed_by=by,
    )
    clue.content = envelopes.seal("clue", clue.owner, content)
    source = "finding" if finding else "petition" if petition else "group"
    begin(clue, by=by, verb="propose", facts={"source": source, "mode": mode, "receiver": receiver.pk})
    index.put("clue", clue.pk, Clue.searchable(content))
    exclusions.apply(clue, content)
    notify(_in_sight(people.heads_of_office(but=by), clue), "clue_to_approve", clue, key=_event(clue))
    return clue


@transaction.atomic
def approve(clue: Clue, *, by, seen=None) -> Clue:
    """The head of the office approves the hand-over; never who proposed it."""
    taken = take(CLUE["approve"], clue, by=by, seen=seen, changes={"approved_by": by})
    notify(_in_sight(people.office_staff(but=by), taken), "clue_to_hand_over", taken, key=_event(taken))
    return taken


@transaction.atomic
def withdraw(clue: Clue, *, by, reason: str, seen=None) -> Clue:
    """Not to be handed over. The paper it came from is a signed paper again and may be used otherwise."""
    taken = take(CLUE["withdraw"], clue, by=by, seen=seen, reason=reason, changes={"approved_by": None})
    if taken.finding_id is not None:
        take(FINDING["take_back"], taken.finding, by=by, facts={"clue": taken.number})
    notify(_proposer(taken, but=by), "clue_withdrawn", taken, key=_event(taken))
    return taken


@transaction.atomic
def hand_over(clue: Clue, *, by, date, seen=None) -> Clue:
    """Handed over on `date`; the reply is due under the round's frozen rule (条例 art. 29), counted from that day."""
    _not_in_future(date)
    changes, facts = {}, None
    if date:
        rule = clue.assignment.group.round.rules.get(RuleKey.CLUE_REPLY)
        if rule is None:
            raise ValidationError({"date": [_("本轮次的规则方案没有规定线索反馈期限，请先补充。")]})
        due = days.due(rule, date)
        changes = {"handed_over_on": date, "reply_due": due.on, "provisional": due.provisional}
        facts = {"on": date.isoformat(), "due": due.on.isoformat()}
    taken = take(CLUE["hand_over"], clue, by=by, seen=seen, date=date, changes=changes, facts=facts)
    notify(_proposer(taken, but=by), "clue_handed_over", taken, key=_event(taken))
    return taken


def receive(clue: Clue, *, by, date, received_by: str, seen=None) -> Clue:
    """The receiver has signed for it."""
    received_by = received_by.strip()
    if not received_by:
        raise ValidationError({"received_by": [_("请填写签收人。")]})
    _not_before(date, clue.handed_over_on, _("签收日期不能早于移交时间。"))
    changes = {"received_on": date, "received_by": received_by}
    return take(CLUE["receive"], clue, by=by, seen=seen, date=date, changes=changes)


def handle(clue: Clue, *, by, handling: str, seen=None) -> Clue:
    """Record which of the six ways the receiver has taken. It may change; recording the same way twice is refused."""
    if handling not in Clue.Handling.values:
        raise ValidationError({"handling": [_("请选择处置方式。")]})
    if handling == clue.state:
        raise ValidationError({"handling": [_("已登记为这一处置方式。")]})
    return take(CLUE["handle"], clue, by=by, seen=seen, to=handling, changes={"handling": handling}, facts={"handling": handling})


@transaction.atomic
def conclude(clue: Clue, *, by, reason: str, seen=None) -> Clue:
    """办结; `reason` is the result, as the receiver reported it. It is sealed."""
    result = reason.strip()
    if len(result) > RESULT_LIMIT:
        raise ValidationError({"reason": [_("最多 %(limit)d 字。") % {"limit": RESULT_LIMIT}]})
    envelope = envelopes.seal("clue.result", clue.owner, {"text": result})
    return take(CLUE["conclude"], clue, by=by, seen=seen, reason=result, changes={"result": envelope})


@transaction.atomic
def feed_back(clue: Clue, *, by, date, seen=None) -> Clue:
    """The result has reached the office on `date`; who proposed the clue is told."""
    _not_before(date, clue.received_on, _("反馈日期不能早于签收日期。"))
    taken = take(CLUE["feed_back"], clue, by=by, seen=seen, date=date, changes={"replied_on": date})
    notify(_proposer(taken, but=by), "clue_fed_back", taken, key=_event(taken))
    return taken


def _checked_text(text: dict) -> dict:
    content = {name: (text.get(name) or "").strip() for name in LIMITS}
    wrong = {name: [_("必须填写。")] for name in ("name", "matter") if not content[name]}
    for name, limit in LIMITS.items():
        if len(content[name]) > limit:
            wrong[name] = [_("最多 %(limit)d 字，现有 %(length)d 字。") % {"limit": limit, "length": len(content[name])}]
    if wrong:
        raise ValidationError(wrong)
    refuse_state_secrets(**content)
    return content


def _check_receivers(mode: str, receiver, second_receiver) -> None:
    if mode == Mode.DOUBLE and second_receiver is None:
        raise ValidationError({"second_receiver": [_("双移交须填写第二移交单位。")]})
    if mode == Mode.SINGLE and second_receiver is not None:
        raise ValidationError({"second_receiver": [_("单移交只有一个移交单位。")]})
    if second_receiver is not None and second_receiver.pk == receiver.pk:
        raise ValidationError({"second_receiver": [_("两个移交单位不能相同。")]})


def _check_source(assignment, petition, finding, *, by) -> None:
    if petition is not None:
        seen = Petition.objects.visible_to(by).filter(assignment=assignment).exclude(state=Petition.State.HANDED_UP)
        if not seen.filter(pk=petition.pk).exists():
            raise ValidationError({"petition": [_("只能选用本任务中您可查看的信访件。")]})
    if finding is not None:
        live = finding.clues.exclude(state=Clue.State.WITHDRAWN)
        if finding.assignment_id != assignment.pk or finding.state != Finding.State.CLUE or live.exists():
            raise ValidationError({"finding": [_("底稿须先经审签并转为线索。")]})


def _not_in_future(date) -> None:
    if date and date > timezone.localdate():
        raise ValidationError({"date": [_("日期不能晚于今天。")]})


def _not_before(date, earliest, message: str) -> None:
    _not_in_future(date)
    if date and earliest and date < earliest:
        raise ValidationError({"date": [message]})


def _event(clue: Clue) -> str:
    return f"{clue.pk}:{clue.version}"


def _proposer(clue: Clue, *, but):
    """Who proposed the clue, while they still work in the group, unless it is who acts."""
    return people.holders(clue.assignment, but=but).filter(pk=clue.proposed_by_id)


def _in_sight(users, clue: Clue):
    """Of the office's people those who may know of the clue: not recused from the unit, nor named in a petition it rests on."""
    rests_on = {clue.petition_id} if clue.petition_id else set()
    if clue.finding_id:
        rests_on.update(clue.finding.source_links.values_list("petition", flat=True))
    named = Exclusion.objects.filter(petition__in=rests_on)
    apart = users.exclude(person__recusals__unit=clue.assignment.unit_id).exclude(pk__in=named.values("user"))
    return apart.exclude(pk__in=clue.kept_from.values("pk"))
