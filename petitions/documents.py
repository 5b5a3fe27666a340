"""转办函: the letter that goes with a transfer slip. It carries the extract, and neither the petition's text nor who wrote."""

from collections.abc import Iterable
from itertools import chain

from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.documents import paper
from inspection.documents.content import Marks, Report, Section
from inspection.documents.letters import Letter, letter
from inspection.trail import sealing
from petitions.models import TransferSlip


def marks(by, copy: str) -> Marks:
    """The footer of what `by` prints now."""
    seal = sealing.newest()
    return Marks(_("内部"), copy, timezone.now(), by.name, seal.digest if seal else "")


def pdf(slips: Iterable[TransferSlip], printed: Marks) -> paper.Pdf:
    """One letter after the other, each on a page of its own, in one file. Raises PaperFailed."""
    return paper.press(chain.from_iterable(paper.parts(_report(slip), printed) for slip in slips))


def docx(slip: TransferSlip, printed: Marks) -> bytes:
    """One letter that the office may still edit."""
    return letter(
        Letter(
            issuer=_issuer(slip),
            number=slip.number,
            title=_title(),
            recipient=slip.receiver_name,
            paragraphs=_paragraphs(slip),
            dated=slip.sent_on,
            mark=printed.mark,
        )
    )


def _report(slip: TransferSlip) -> Report:
    return Report(
        title=_title(),
        issuer=_issuer(slip),
        number=slip.number,
        recipient=slip.receiver_name,
        sections=(Section("", _paragraphs(slip)),),
        dated=slip.sent_on,
    )


def _title() -> str:
    return _("关于转办信访事项的函")


def _issuer(slip: TransferSlip) -> str:
    group = slip.assignment.group
    return f"{group.round.term.name}{group.name}"


def _paragraphs(slip: TransferSlip) -> tuple[str, ...]:
    return (
        _("我组收到信访反映，按照分级负责、属地管理和“谁主管、谁负责”的原则，现将下列事项转交你单位依规办理。"),
        slip.extract_text,
        _("请于%(receipt)s前签收并退回回执，于%(reply)s前书面反馈办理结果。")
        % {"receipt": _day(slip.receipt_due), "reply": _day(slip.reply_due)},
        _("办理中请严格保密，不得追查、打击反映人。"),
    )


def _day(value) -> str:
    return _("%(year)s年%(month)s月%(day)s日") % {"year": value.year, "month": value.month, "day": value.day}
