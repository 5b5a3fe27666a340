"""The hand-over sheet of a clue (问题线索移交清单) and the table of how clues were handled (线索办理一览表)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspection.documents.content import Column, Report, Section, Table
from inspection.trail.models import Entry
from rectification.models import Clue

from .finding import classes

ENDED = (Clue.State.CONCLUDED, Clue.State.FED_BACK)
LEDGER = (
    Column(gettext_lazy("届次"), 14),
    Column(gettext_lazy("年度"), 7, "number"),
    Column(gettext_lazy("轮次"), 20),
    Column(gettext_lazy("巡察组"), 14),
    Column(gettext_lazy("被巡察单位"), 20),
    Column(gettext_lazy("被反映人姓名"), 12),
    Column(gettext_lazy("被反映人职务"), 18),
    Column(gettext_lazy("被反映人级别"), 12),
    Column(gettext_lazy("具体问题"), 50),
    Column(gettext_lazy("六项纪律"), 12),
    Column(gettext_lazy("一级分类"), 18),
    Column(gettext_lazy("二级分类"), 18),
    Column(gettext_lazy("移交时间"), 12, "date"),
    Column(gettext_lazy("移交方式"), 10),
    Column(gettext_lazy("移交单位"), 22),
    Column(gettext_lazy("分类处理意见"), 14),
    Column(gettext_lazy("处理结果"), 14),
    Column(gettext_lazy("具体办理情况"), 40),
    Column(gettext_lazy("是否办结"), 9),
)
SHEET = (
    Column(gettext_lazy("被反映人姓名"), 8),
    Column(gettext_lazy("职务"), 12),
    Column(gettext_lazy("线索来源"), 14),
    Column(gettext_lazy("受理时间"), 9, "date"),
    Column(gettext_lazy("拟移交单位"), 14),
)


def for_ledger(clues):
    """The queryset with what a row of the table reads, oldest first."""
    return clues.select_related(
        "assignment__group__round__term",
        "assignment__unit",
        "content",
        "result",
        "receiver",
        "second_receiver",
        "petition__category__parent__parent",
        "finding__focus__parent__parent__parent",
    ).order_by("id")


def receivers(clue: Clue) -> list[str]:
    """Who gets it: one body, or two for a double hand-over."""
    return [agency.name for agency in (clue.receiver, clue.second_receiver) if agency is not None]


def ledger(clues) -> Table:
    """The table of `clues` (see `for_ledger`), columns word for word as offices keep it."""
    return Table(title=_("线索办理一览表"), columns=LEDGER, rows=lambda: _rows(clues))


def _rows(clues) -> Iterator[tuple]:
    for clue in clues.iterator(chunk_size=200):
        round_ = clue.assignment.group.round
        content = clue.opened()
        yield (
            round_.term.name,
            round_.starts_on.year,
            round_.name,
            clue.assignment.group.name,
            clue.assignment.unit.name,
            content.get("name", ""),
            content.get("post", ""),
            clue.get_level_display(),
            content.get("matter", ""),
            clue.get_discipline_display(),
            *_classes(clue),
            clue.handed_over_on,
            clue.get_mode_display(),
            receivers(clue),
            clue.get_handling_display(),
            clue.get_state_display(),
            clue.result_text,
            clue.state in ENDED,
        )


def _classes(clue: Clue) -> tuple[str, str]:
    """The two upper levels of what the clue was filed under: the petition's category, else the paper's focus."""
    if clue.petition_id and clue.petition.category_id:
        return classes(clue.petition.category, "name")
    return classes(clue.finding.focus) if clue.finding_id else ("", "")


def source_words(clue: Clue) -> str:
    """Where the clue comes from, for the receiver: never which petition, so that nothing leads back to who wrote."""
    if clue.finding_id:
        return _("巡视巡察发现（底稿 %(number)s）") % {"number": clue.finding.number}
    return _("信访反映") if clue.petition_id else _("巡视巡察发现")


def taken_in(clue: Clue):
    """The day the office learned of it: the petition's receipt, or the day the group found it."""
    if clue.petition_id:
        return clue.petition.received_at
    return clue.finding.found_on if clue.finding_id else None


def sheet_report(clue: Clue) -> Report:
    """The sheet that goes along with the hand-over: head, the line of the clue, attachments, and room for both signatures."""
    content, bodies = clue.opened(), receivers(clue)
    handed_over = Entry.objects.about(clue).filter(verb="hand_over").last()
    head = [
        (
            _("问题线索名称"),
            _("关于%(unit)s有关问题的线索（%(number)s）") % {"unit": clue.assignment.unit, "number": clue.number},
        ),
        (_("移交方单位"), clue.assignment.group.name),
        (_("移交经办人"), handed_over.actor_name if handed_over else ""),
        (_("移交时间"), clue.handed_over_on),
        (_("接收方单位"), bodies),
        (_("接收经办人"), clue.received_by),
        (_("接收时间"), clue.received_on),
        (_("反馈部门"), _("巡视巡察工作领导小组办公室")),
        (_("反馈期限"), clue.reply_due),
        (_("份数、页数、密封"), _("　　份　　　页　　　密封：是／否")),
    ]
    line = (content.get("name", ""), content.get("post", ""), source_words(clue), taken_in(clue), bodies)
    plain = (Column(_("项目"), 9), Column(_("内容"), 35))
    return Report(
        title=_("问题线索移交清单"),
        number=clue.number,
        sections=(
            Section("", (Table("", plain, head, numbered=False),)),
            Section("", (Table("", SHEET, [line]),)),
            Section("", (_("具体问题："), content.get("matter", ""))),
            Section("", (_("附件：审批件、交接件。"), _("移交方（签字）：　　　　　　　　接收方（签字）："))),
        ),
    )
