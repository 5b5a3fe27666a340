"""Feedback: drafted from used papers, approved by a second person, delivered separately to the body and to its head."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection import numbers
from inspection.outbox.posting import notify
from inspection.vault import envelopes
from inspection.workflow import begin, take
from rectification import access
from rectification.models import Feedback, Finding
from rectification.workflow.machines import FEEDBACK
from rounds import workflow as rounds_workflow
from rounds.people import heads_of_office

# What the feedback says, with the most characters each part may have; the first two must be given.
LIMITS = {"overall": 5000, "problems": 20_000, "suggestions": 10_000, "demands": 5000}
REQUIRED = ("overall", "problems")


@transaction.atomic
def draft(assignment, *, by, to: str, findings=(), **parts) -> Feedback:
    """Start the feedback to the body or to its head.

    parts     overall, problems, suggestions, demands: text; the first two must be given
    findings  papers of this assignment that went into the report
    Raises PermissionDenied, or ValidationError keyed by what is wrong.
    """
    if not access.may_write_feedback(by, assignment):
        raise PermissionDenied(f"feedback on assignment {assignment.pk}")
    if assignment.state != assignment.State.FEEDING_BACK:
        raise ValidationError(_("任务进入反馈移交阶段后才能起草反馈意见。"))
    content = _content(parts)
    _check_findings(assignment, findings)
    if assignment.feedbacks.filter(to=to).exists():
        raise ValidationError({"to": _("已有对该对象的反馈意见。")})
    year = timezone.localdate().year
    code = assignment.group.round.code
    feedback = Feedback(
        number=f"{code}-FK-{year}-{numbers.take(f'{code}-FK', year):02d}", assignment=assignment, to=to, drafted_by=by
    )
    feedback.content = envelopes.seal("feedback", feedback.owner, content)
    begin(feedback, by=by, verb="draft", facts={"to": to, "findings": len(findings)})
    feedback.findings.set(findings)
    notify(heads_of_office(but=by), "feedback_to_approve", feedback, key=feedback.number)
    return feedback


@transaction.atomic
def edit(feedback: Feedback, *, by, findings=(), seen=None, **parts) -> Feedback:
    """Change the text or the papers it rests on; the earlier envelope stays in the database under its own key."""
    content = _content(parts)
    _check_findings(feedback.assignment, findings)
    envelope = envelopes.seal("feedback", feedback.owner, content)
    taken = take(FEEDBACK["edit"], feedback, by=by, seen=seen, changes={"content": envelope}, facts={"findings": len(findings)})
    taken.findings.set(findings)
    return taken


@transaction.atomic
def approve(feedback: Feedback, *, by, seen=None) -> Feedback:
    """Approve the text (领导小组 and Party organisation have decided); never by who drafted it."""
    taken = take(FEEDBACK["approve"], feedback, by=by, seen=seen, changes={"approved_by": by})
    notify(_drafter(taken, but=by), "feedback_approved", taken, key=_event(taken))
    return taken


@transaction.atomic
def send_back(feedback: Feedback, *, by, reason: str, seen=None) -> Feedback:
    """Back to drafting."""
    taken = take(FEEDBACK["send_back"], feedback, by=by, seen=seen, reason=reason, changes={"approved_by": None})
    notify(_drafter(taken, but=by), "feedback_sent_back", taken, key=_event(taken))
    return taken


@transaction.atomic
def deliver(feedback: Feedback, *, by, date, seen=None) -> Feedback:
    """Record that it was given on `date`. When both are, the unit's rectification begins on the later of the two days."""
    if date > timezone.localdate():
        raise ValidationError({"date": _("反馈日期不能晚于今天。")})
    taken = take(FEEDBACK["deliver"], feedback, by=by, seen=seen, date=date, changes={"delivered_on": date})
    both = list(taken.assignment.feedbacks.filter(state=Feedback.State.DELIVERED).values_list("delivered_on", flat=True))
    if len(both) == len(Feedback.To.values) and taken.assignment.state == taken.assignment.State.FEEDING_BACK:
        rounds_workflow.feed_back(taken.assignment, by=by, date=max(both))
    return taken


def _drafter(feedback: Feedback, *, but):
    """Who drafted it, unless it is who acts."""
    return [user for user in (feedback.drafted_by,) if user != but and access.may_edit_feedback(user, feedback)]


def _event(feedback: Feedback) -> str:
    return f"{feedback.number}:{feedback.version}"


def _content(parts: dict) -> dict:
    """The envelope's payload. Raises ValidationError for a missing general assessment or problems, or a part too long."""
    content = {name: (parts.get(name) or "").strip() for name in LIMITS}
    wrong = {name: _("必须填写。") for name in REQUIRED if not content[name]}
    for name, limit in LIMITS.items():
        if len(content[name]) > limit:
            wrong[name] = _("最多 %(limit)d 字，现有 %(length)d 字。") % {"limit": limit, "length": len(content[name])}
    if wrong:
        raise ValidationError(wrong)
    return content


def _check_findings(assignment, findings) -> None:
    """Feedback rests on papers that went into this assignment's report, and on no other."""
    usable = (Finding.State.USED,)
    if any(f.assignment_id != assignment.pk or f.state not in usable for f in findings):
        raise ValidationError({"findings": _("只能选用本任务已写入报告的底稿。")})
