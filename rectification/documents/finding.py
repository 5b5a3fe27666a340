"""One paper for signature (问题底稿审批单) and the ledger of problems found (巡察发现问题台账)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspection.documents.content import Column, Report, Section, Table
from rectification.models import Finding
from rectification.queries import SIGNED

LEDGER = (
    Column(gettext_lazy("届次"), 14),
    Column(gettext_lazy("年度"), 7, "number"),
    Column(gettext_lazy("轮次"), 20),
    Column(gettext_lazy("巡察组"), 14),
    Column(gettext_lazy("被巡察单位"), 20),
    Column(gettext_lazy("编号"), 20),
    Column(gettext_lazy("状态"), 12),
    Column(gettext_lazy("是否重点"), 9),
    Column(gettext_lazy("问题"), 50),
    Column(gettext_lazy("一级分类"), 20),
    Column(gettext_lazy("二级分类"), 20),
    Column(gettext_lazy("其他标签"), 20),
)


def for_ledger(findings):
    """The queryset with what a row of the ledger reads, oldest first."""
    return findings.select_related(
        "assignment__group__round__term", "assignment__unit", "content", "focus__parent__parent__parent"
    ).order_by("id")


def classes(node, named: str = "title") -> tuple[str, str]:
    """The two upper levels that a node of a tree stands under (一级分类、二级分类): a focus scheme's, or a category list's."""
    chain = []
    while node is not None:
        chain.insert(0, getattr(node, named))
        node = node.parent
    return (chain[0] if chain else "", chain[1] if len(chain) > 1 else "")


def ledger(findings) -> Table:
    """The ledger of `findings` (see `for_ledger`), columns as offices keep it."""
    return Table(title=_("巡察发现问题台账"), columns=LEDGER, rows=lambda: _rows(findings))


def _rows(findings) -> Iterator[tuple]:
    for finding in findings.iterator(chunk_size=200):
        round_ = finding.assignment.group.round
        tags = (finding.get_discipline_display(), finding.get_responsibility_display())
        yield (
            round_.term.name,
            round_.starts_on.year,
            round_.name,
            finding.assignment.group.name,
            finding.assignment.unit.name,
            finding.number,
            finding.get_state_display(),
            finding.key,
            finding.title,
            *classes(finding.focus),
            [tag for tag in tags if tag],
        )


def evidence_lines(finding: Finding) -> list[str]:
    """Number and name of each piece of evidence."""
    return [f"{evidence.label} {evidence.file.name}" for evidence in finding.evidence.select_related("file")]


def paper_fields(finding: Finding) -> list[tuple[str, object]]:
    """What the paper has to say, in the order of the form: (name, value)."""
    content = finding.opened()
    signed = finding.state in SIGNED
    opinion = _("经 %(date)s 组务会集体研究，同意。") % {"date": finding.meeting_on} if signed else ""
    suggestion = [(_("处理建议"), content["suggestion"])] if content.get("suggestion") else []
    return [
        (_("编号"), finding.number),
        (_("问题标题"), content.get("title", "")),
        (_("问题表现"), content.get("fact", "")),
        (_("定性依据"), content.get("basis", "")),
        (_("佐证材料清单"), "\n".join(evidence_lines(finding))),
        (_("责任主体初步分析"), f"{finding.get_responsibility_display()}\n{content.get('responsible', '')}"),
        *suggestion,
        (_("发现人"), finding.found_by.name),
        (_("发现时间"), finding.found_on),
        (_("底稿撰写人"), finding.drafted_by.name),
        (_("撰写时间"), finding.drafted_at),
        (_("组务会审核意见"), opinion),
        (_("组长签字"), finding.signed_by.name if signed else ""),
        (_("日期"), finding.signed_at.date() if signed else ""),
    ]


def paper_report(finding: Finding) -> Report:
    """The paper as a form to be printed, read and filed."""
    columns = (Column(_("项目"), 9), Column(_("内容"), 35))
    place = f"{finding.assignment.group.round} {finding.assignment.group} · {finding.assignment.unit}"
    table = Table(title=place, columns=columns, rows=paper_fields(finding), numbered=False)
    return Report(title=_("问题底稿审批单"), sections=(Section("", (table,)),))
