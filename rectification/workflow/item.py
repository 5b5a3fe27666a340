"""Rectification items: opened from feedback, corrected at once, or reopened by a look-back; closed by three different people."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection import numbers
from inspection.calendar import days
from inspection.calendar.models import RuleKey
from inspection.outbox.posting import notify
from inspection.vault import envelopes, files, index
from inspection.workflow import begin, take
from rectification import access
from rectification.models import Feedback, Finding, Item, ItemEvidence, Measure, Progress
from rectification.workflow.machines import ITEM
from rounds import people

Source = Item.Source
State = Item.State
# The most characters of each text.
LIMITS = {"problem": 2000, "goal": 2000, "leader": 60, "department": 200, "text": 5000}


@transaction.atomic
def open_item(
    assignment, *, by, problem: str, due_on=None, source=Source.FEEDBACK, finding=None, feedback=None, key=False
) -> Item:
    """Open one item for the unit, worded as it was fed back.

    due_on  last day; by default the end of the concentrated stage, counted from the feedback (frozen rule of the round)
    Raises PermissionDenied, or ValidationError keyed by what is wrong.
    """
    if not access.may_add_item(by, assignment):
        raise PermissionDenied(f"item on assignment {assignment.pk}")
    provisional = False
    if due_on is None:
        if assignment.feedback_on is None:
            raise ValidationError({"due_on": _("尚未反馈，请填写完成时限。")})
        due = days.due(assignment.group.round.rules[RuleKey.CONCENTRATED], assignment.feedback_on)
        due_on, provisional = due.on, due.provisional
    return _open(
        assignment,
        by=by,
        problem=problem,
        state=State.PENDING,
        due_on=due_on,
        provisional=provisional,
        source=source,
        finding=finding,
        feedback=feedback,
        key=key,
    )


@transaction.atomic
def open_from_feedback(feedback, *, by, entries) -> list[Item]:
    """Open one item for each entry {finding, problem, key} of a delivered feedback. A finding gets one item only."""
    stands = Feedback.objects.select_for_update(of=("self",)).get(pk=feedback.pk)  # two at once must not open the same papers
    if stands.state != stands.State.DELIVERED:
        raise ValidationError(_("反馈之后才能生成整改事项。"))
    taken = set(Item.objects.filter(finding__in=[e["finding"] for e in entries]).values_list("finding", flat=True))
    return [
        open_item(feedback.assignment, by=by, feedback=feedback, **entry) for entry in entries if entry["finding"].pk not in taken
    ]


def open_immediate(finding: Finding, *, by, due_on) -> Item:
    """立行立改: open an item for a signed paper while the group is on site. Runs in the transaction of the paper's own step."""
    return _open(
        finding.assignment,
        by=by,
        problem=finding.title,
        state=State.RECTIFYING,
        due_on=due_on,
        source=Source.IMMEDIATE,
        finding=finding,
        key=finding.key,
    )


def _open(assignment, *, by, problem: str, state: str, due_on, **columns) -> Item:
    """Seal, number, index and record a new item, and tell the unit's liaisons."""
    problem = _checked({"problem": problem}, required=("problem",))["problem"]
    year = timezone.localdate().year
    code = assignment.group.round.code
    item = Item(
        number=f"{code}-ZG-{year}-{numbers.take(f'{code}-ZG', year):03d}",
        assignment=assignment,
        state=state,
        due_on=due_on,
        original_due_on=due_on,
        **columns,
    )
    item.content = envelopes.seal("item", item.owner, {"problem": problem, "goal": "", "leader": "", "department": ""})
    begin(item, by=by, verb="open", facts={"source": item.source, "due_on": due_on.isoformat()})
    index.put("item", item.pk, [problem])
    notify(people.liaisons(assignment), "item_opened", item, key=item.number)
    return item


@transaction.atomic
def decompose(item: Item, *, by, goal: str, leader: str, department: str, measures, seen=None) -> Item:
    """Break the item down (三清单): goal, responsible leader and department, and at least one measure.

    measures  [{text, leader, department, due_on, kinds}]; no measure may end after the item
    """
    if not measures:
        raise ValidationError({"measures": _("至少填写一条整改措施。")})
    if any(measure["due_on"] > item.due_on for measure in measures):
        raise ValidationError({"measures": _("措施的完成时间不能晚于事项的完成时限。")})
    words = _checked({"goal": goal, "leader": leader, "department": department})
    content = item.opened() | words
    envelope = envelopes.seal("item", item.owner, content)
    taken = take(ITEM["decompose"], item, by=by, seen=seen, changes={"content": envelope}, facts={"measures": len(measures)})
    for order, measure in enumerate(measures, start=1):
        words = _checked({name: measure.get(name, "") for name in ("text", "leader", "department")}, required=("text",))
        Measure.objects.create(
            item=taken,
            content=envelopes.seal("measure", item.owner, words),
            kinds=list(measure.get("kinds", ())),
            due_on=measure["due_on"],
            order=order,
        )
    index.put("item", taken.pk, taken.searchable())
    return taken


@transaction.atomic
def report_progress(item: Item, *, by, text: str, attachments=(), completions=None, seen=None) -> Item:
    """Add a report of progress, with files if there are any.

    completions  {measure pk: Measure.Completion} for the measures whose completion changed
    """
    text = _checked({"text": text}, required=("text",))["text"]
    taken = take(ITEM["report_progress"], item, by=by, seen=seen, facts={"files": len(attachments)})
    progress = Progress.objects.create(item=taken, by=by, content=envelopes.seal("progress", taken.owner, {"text": text}))
    _attach(taken, attachments, by=by, progress=progress)
    for measure in taken.measures.filter(pk__in=completions or ()):
        measure.completion = completions[measure.pk]
        measure.save(update_fields=["completion"])
    return taken


def mark_basic(item: Item, *, by, seen=None) -> Item:
    """基本完成: the unit says that most is done."""
    return take(ITEM["mark_basic"], item, by=by, seen=seen)


@transaction.atomic
def apply(item: Item, *, by, attachments=(), seen=None) -> Item:
    """申请销号. Evidence must be there: attached now or with an earlier report of progress."""
    evidence = bool(attachments) or item.evidence.exists()
    taken = take(
        ITEM["apply"], item, by=by, seen=seen, file=evidence, changes={"applied_by": by}, facts={"files": len(attachments)}
    )
    _attach(taken, attachments, by=by)
    notify(people.holders(taken.assignment), "item_to_verify", taken, key=f"{taken.number}:{taken.version}")
    notify(people.office_staff(but=by), "item_to_verify", taken, key=f"{taken.number}:{taken.version}")
    return taken


@transaction.atomic
def verify(item: Item, *, by, reason: str, seen=None) -> Item:
    """验收通过 by the office or the group, never by who applied; `reason` is the opinion."""
    taken = take(ITEM["verify"], item, by=by, seen=seen, reason=reason, changes={"verified_by": by})
    notify(people.office_staff(but=by), "item_to_close", taken, key=f"{taken.number}:{taken.version}")
    return taken


@transaction.atomic
def close(item: Item, *, by, seen=None) -> Item:
    """销号 by the office; who applied, who verified and who closes are three different people."""
    now = timezone.now()
    changes = {"closed_by": by, "closed_at": now}
    if item.first_closed_at is None:
        changes["first_closed_at"] = now
    taken = take(ITEM["close"], item, by=by, seen=seen, changes=changes)
    notify(people.liaisons(taken.assignment), "item_closed", taken, key=f"{taken.number}:{taken.version}")
    return taken


@transaction.atomic
def send_back(item: Item, *, by, reason: str, seen=None) -> Item:
    """退回整改: not accepted; the unit goes on and applies again."""
    taken = take(ITEM["send_back"], item, by=by, seen=seen, reason=reason, changes={"applied_by": None, "verified_by": None})
    notify(people.liaisons(taken.assignment), "item_sent_back", taken, key=f"{taken.number}:{taken.version}")
    return taken


def continue_long_term(item: Item, *, by, reason: str, seen=None) -> Item:
    """转长期坚持: leaves the concentrated stage and goes on in the follow-up."""
    return take(ITEM["continue_long_term"], item, by=by, seen=seen, reason=reason)


@transaction.atomic
def extend(item: Item, *, by, reason: str, date, seen=None) -> Item:
    """延期 to a later last day; the original one is kept."""
    if date <= item.due_on:
        raise ValidationError({"date": _("新的时限须晚于现在的时限。")})
    facts = {"was_due": item.due_on.isoformat(), "due_on": date.isoformat()}
    changes = {"due_on": date, "provisional": False}
    taken = take(ITEM["extend"], item, by=by, seen=seen, reason=reason, date=date, changes=changes, facts=facts)
    notify(people.liaisons(taken.assignment), "item_extended", taken, key=f"{taken.number}:{taken.version}")
    return taken


@transaction.atomic
def reopen(item: Item, *, by, reason: str, date, seen=None) -> Item:
    """重启: a look-back found the problem back. The first closing stays on record."""
    if date < timezone.localdate():
        raise ValidationError({"date": _("新的时限不能早于今天。")})
    changes = {
        "due_on": date,
        "provisional": False,
        "applied_by": None,
        "verified_by": None,
        "closed_by": None,
        "closed_at": None,
        "reopened": item.reopened + 1,
    }
    facts = {"due_on": date.isoformat()}
    taken = take(ITEM["reopen"], item, by=by, seen=seen, reason=reason, date=date, changes=changes, facts=facts)
    notify(people.liaisons(taken.assignment), "item_reopened", taken, key=f"{taken.number}:{taken.version}")
    return taken


def _checked(words: dict, *, required=()) -> dict:
    """`words` without blank ends. Raises ValidationError for one that must be given and is not, or that is too long."""
    kept = {name: (word or "").strip() for name, word in words.items()}
    wrong = {name: [_("必须填写。")] for name in required if not kept[name]}
    for name, word in kept.items():
        if len(word) > LIMITS[name]:
            wrong[name] = [_("最多 %(limit)d 字，现有 %(length)d 字。") % {"limit": LIMITS[name], "length": len(word)}]
    if wrong:
        raise ValidationError(wrong)
    return kept


def _attach(item: Item, attachments, *, by, progress=None) -> None:
    """Store evidence files, encrypted, beside the item. Raises ValidationError for a refused file."""
    for upload in attachments:
        try:
            stored = files.store(upload, upload.name, owner=item.owner)
        except files.Refused as refused:
            raise ValidationError({"attachments": refused}) from None
        ItemEvidence.objects.create(item=item, progress=progress, file=stored, added_by=by)
