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

PARTS = ("overall", "problems", "suggestions", "demands")


@transaction.atomic
def draft(assignment, *, by, to: str, findings=(), **parts) -> Feedback:
    """Start the feedback to the body or to its head.

    parts     overall, problems, suggestions, demands: text; the first two must be given
    findings  signed papers of this assignment that went into the report
    Raises PermissionDenied, or ValidationError keyed by what is wrong.
    """
    if not access.may_write_feedback(by, assignment):
        raise PermissionDenied(f"feedback on assignment {assignment.pk}")
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


def approve(feedback: Feedback, *, by, seen=None) -> Feedback:
    """Approve the text (领导小组 and Party organisation have decided); never by who drafted it."""
    return take(FEEDBACK["approve"], feedback, by=by, seen=seen, changes={"approved_by": by})


def send_back(feedback: Feedback, *, by, reason: str, seen=None) -> Feedback:
    """Back to drafting."""
    return take(FEEDBACK["send_back"], feedback, by=by, seen=seen, reason=reason, changes={"approved_by": None})


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


def _content(parts: dict) -> dict:
    """The envelope's payload. Raises ValidationError for a missing general assessment or problems."""
    content = {name: (parts.get(name) or "").strip() for name in PARTS}
    missing = {name: _("必须填写。") for name in PARTS[:2] if not content[name]}
    if missing:
        raise ValidationError(missing)
    return content


def _check_findings(assignment, findings) -> None:
    """Feedback rests on papers that went into this assignment's report, and on no other."""
    usable = (Finding.State.USED,)
    if any(f.assignment_id != assignment.pk or f.state not in usable for f in findings):
        raise ValidationError({"findings": _("只能选用本任务已写入报告的底稿。")})
