"""转办函: the letter that goes with a transfer slip. It carries the extract and never who wrote; the petition's own text only
where that was approved, and then blacked out unless the reporter agreed (`workflow.original`).
"""

from collections.abc import Iterable
from itertools import chain

from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.documents import paper
from inspection.documents.content import Marks, Report, Section
from inspection.documents.letters import Letter, letter
from inspection.marks import DEFAULT, highest
from inspection.trail import sealing
from petitions.models import TransferSlip
from petitions.workflow.original import released, text_of


def marks(by, copy: str, slips: Iterable[TransferSlip]) -> Marks:
    """The footer of what `by` prints now; it bears the highest mark of the petitions that the letters are about."""
    seal = sealing.newest()
    return Marks(_mark(slips), copy, timezone.now(), by.name, seal.digest if seal else "")


def pdf(slips: Iterable[TransferSlip], printed: Marks) -> paper.Pdf:
    """One letter after the other, each on a page of its own, in one file. Raises PaperFailed."""
    reports = chain.from_iterable(_reports(slip) for slip in slips)
    return paper.press(chain.from_iterable(paper.parts(report, printed) for report in reports))


def docx(slip: TransferSlip, printed: Marks) -> bytes:
    """One letter that the office may still edit."""
    return letter(
        Letter(
            issuer=_issuer(slip),
            number=slip.number,
            title=_title(),
            recipient=slip.receiver_name,
            paragraphs=_paragraphs(slip),
            attachments=_attached(slip),
            annex=_annex(slip),
            dated=slip.sent_on,
            mark=printed.mark,
        )
    )


def _reports(slip: TransferSlip) -> list[Report]:
    """The letter, and behind it the original where it goes along."""
    annex = _annex(slip)
    letters = [_report(slip)]
    if annex:
        letters.append(Report(title=_("附件"), sections=(Section("", annex),), mark=_mark([slip])))
    return letters


def _report(slip: TransferSlip) -> Report:
    return Report(
        title=_title(),
        issuer=_issuer(slip),
        number=slip.number,
        recipient=slip.receiver_name,
        sections=(Section("", (*_paragraphs(slip), *_listed(slip))),),
        dated=slip.sent_on,
        mark=_mark([slip]),
    )


def _mark(slips: Iterable[TransferSlip]) -> str:
    return str(highest((slip.petition.mark for slip in slips), least=DEFAULT).label)


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


def _attached(slip: TransferSlip) -> tuple[str, ...]:
    """What goes along besides: the original, where that was approved."""
    release = released(slip)
    if release is None:
        return ()
    names = [kept.file.name for kept in release.attachments.select_related("file") if kept.file.destroyed_at is None]
    return (_("来信原件（经批准）"), *names)


def _listed(slip: TransferSlip) -> tuple[str, ...]:
    """The titles of what goes along, as the last line of the letter."""
    titles = _attached(slip)
    return (_("附件：%(titles)s") % {"titles": "；".join(titles)},) if titles else ()


def _annex(slip: TransferSlip) -> tuple[str, ...]:
    """The approved original's text with what may be known of its writer; nothing where only the extract goes."""
    release = released(slip)
    if release is None:
        return ()
    known = (
        _("反映人已书面同意向你单位公开身份，请妥善保护。")
        if release.consent_on
        else _("原件中反映人的身份信息已遮盖，不得追查。")
    )
    return tuple(filter(None, (_("来信原件（经批准）"), known, text_of(release))))


def _day(value) -> str:
    return _("%(year)s年%(month)s月%(day)s日") % {"year": value.year, "month": value.month, "day": value.day}
