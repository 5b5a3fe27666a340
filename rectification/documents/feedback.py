"""反馈意见 as an official paper (PDF) and as a letter the office may still edit (DOCX)."""

from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.documents.content import Marks, Report, Section, chinese_number
from inspection.documents.letters import Letter, letter
from rectification.models import Feedback


def parts(feedback: Feedback) -> list[tuple[str, str]]:
    """The text with its headings, in order; parts that say nothing are left out."""
    content = feedback.opened()
    named = (
        (_("总体评价"), "overall"),
        (_("主要问题"), "problems"),
        (_("意见建议"), "suggestions"),
        (_("报送要求"), "demands"),
    )
    return [(heading, content[name]) for heading, name in named if content.get(name)]


def title(feedback: Feedback) -> str:
    """What the paper is called."""
    return _("关于巡视巡察%(unit)s的反馈意见") % {"unit": feedback.assignment.unit}


def recipient(feedback: Feedback) -> str:
    """The leading body, or its head by post."""
    unit = feedback.assignment.unit
    if feedback.to == Feedback.To.BODY:
        return _("%(unit)s领导班子") % {"unit": unit}
    return f"{unit}{unit.head}" if unit.head else _("%(unit)s主要负责人") % {"unit": unit}


def report(feedback: Feedback) -> Report:
    """The paper; it bears its number from the approval on, and a date once it was given."""
    return Report(
        title=title(feedback),
        issuer=feedback.assignment.group.name,
        number=_number(feedback),
        recipient=recipient(feedback),
        sections=tuple(Section(heading, (text,)) for heading, text in parts(feedback)),
        dated=feedback.delivered_on or timezone.localdate(),
    )


def docx(feedback: Feedback, marks: Marks) -> bytes:
    """The same text as a letter."""
    paragraphs = []
    for place, (heading, text) in enumerate(parts(feedback), start=1):
        paragraphs += [_("%(number)s、%(heading)s") % {"number": chinese_number(place), "heading": heading}, text]
    return letter(
        Letter(
            issuer=feedback.assignment.group.name,
            number=_number(feedback),
            title=title(feedback),
            recipient=recipient(feedback),
            paragraphs=tuple(paragraphs),
            dated=feedback.delivered_on or timezone.localdate(),
            mark=marks.mark,
        )
    )


def _number(feedback: Feedback) -> str:
    return _("（草稿）") if feedback.state == Feedback.State.DRAFT else feedback.number
