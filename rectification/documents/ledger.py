"""The rectification ledger (整改台账): problems with their measures, the three lists drawn from them, and how much is done."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspection.documents.content import Column, Table
from rectification.models import Item, Measure

COMPLETION = {
    Item.State.BASIC: Measure.Completion.BASIC,
    Item.State.APPLIED: Measure.Completion.DONE,
    Item.State.VERIFIED: Measure.Completion.DONE,
    Item.State.CLOSED: Measure.Completion.DONE,
}
LIGHT_WORDS = {"red": gettext_lazy("红"), "yellow": gettext_lazy("黄"), "green": gettext_lazy("绿"), "": ""}

WHERE = (
    Column(gettext_lazy("整改编号"), 20),
    Column(gettext_lazy("轮次"), 20),
    Column(gettext_lazy("巡察组"), 14),
    Column(gettext_lazy("被巡察单位"), 18),
    Column(gettext_lazy("来源"), 10),
)
PROBLEM = (
    Column(gettext_lazy("具体表现"), 44),
    Column(gettext_lazy("是否重点关注"), 9),
    Column(gettext_lazy("整改落实目标"), 30),
    Column(gettext_lazy("责任领导"), 14),
    Column(gettext_lazy("责任单位"), 18),
    Column(gettext_lazy("是否常态化坚持"), 10),
    Column(gettext_lazy("是否集中整改期完成"), 12),
    Column(gettext_lazy("预计完成时间"), 14),
    Column(gettext_lazy("具体问题整改完成情况"), 12),
    Column(gettext_lazy("问题完成情况概述"), 40),
)
MEASURE = (
    Column(gettext_lazy("措施内容"), 40),
    Column(gettext_lazy("措施责任领导"), 14),
    Column(gettext_lazy("措施责任单位"), 18),
    Column(gettext_lazy("措施预计完成时间"), 13, "date"),
    Column(gettext_lazy("措施类型"), 16),
    Column(gettext_lazy("措施完成情况"), 10),
    Column(gettext_lazy("佐证文件"), 30),
)
STANDING = (
    Column(gettext_lazy("状态"), 14),
    Column(gettext_lazy("亮灯"), 6),
    Column(gettext_lazy("原定时限"), 12, "date"),
    Column(gettext_lazy("销号时间"), 12, "date"),
)
LEDGER = (*WHERE, *PROBLEM, *MEASURE, *STANDING)
PROBLEMS = (
    Column(gettext_lazy("整改编号"), 20),
    Column(gettext_lazy("被巡察单位"), 18),
    Column(gettext_lazy("反馈问题"), 60),
    Column(gettext_lazy("是否重点关注"), 9),
    Column(gettext_lazy("来源"), 12),
)
TASKS = (
    Column(gettext_lazy("整改编号"), 20),
    Column(gettext_lazy("反馈问题"), 44),
    Column(gettext_lazy("整改目标"), 36),
    Column(gettext_lazy("整改措施"), 50),
    Column(gettext_lazy("完成时限"), 12, "date"),
    Column(gettext_lazy("完成情况"), 10),
)
DUTIES = (
    Column(gettext_lazy("整改编号"), 20),
    Column(gettext_lazy("反馈问题"), 44),
    Column(gettext_lazy("责任领导"), 16),
    Column(gettext_lazy("责任部门（牵头/配合）"), 24),
    Column(gettext_lazy("整改措施"), 44),
    Column(gettext_lazy("措施责任领导"), 16),
    Column(gettext_lazy("措施责任部门"), 24),
)
COUNTS = (
    Column(gettext_lazy("任务编号"), 14),
    Column(gettext_lazy("被巡察单位"), 24),
    Column(gettext_lazy("来源"), 12),
    Column(gettext_lazy("应整改"), 9, "number"),
    Column(gettext_lazy("已整改"), 9, "number"),
    Column(gettext_lazy("完成率"), 9, "percent"),
    Column(gettext_lazy("绿灯"), 8, "number"),
    Column(gettext_lazy("黄灯"), 8, "number"),
    Column(gettext_lazy("红灯"), 8, "number"),
)


def for_ledger(items):
    """The queryset with what a row of the ledger reads."""
    return (
        items.select_related("assignment__group__round", "assignment__unit", "content")
        .prefetch_related("measures__content", "evidence__file", "progress__content")
        .order_by("assignment__number", "id")
    )


def share(closed: int, total: int) -> float | None:
    """完成率 between 0 and 1; None where nothing is due."""
    return closed / total if total else None


def completion(item: Item) -> str:
    """未完成、基本完成 or 已完成, as the ledger counts: finished once the unit says so, whether or not it is closed."""
    return str(Measure.Completion(COMPLETION.get(item.state, Measure.Completion.NONE)).label)


def workbook(items) -> list[Table]:
    """The ledger, the three lists and the counts of `items` (see `for_ledger`), a sheet each."""
    rows = list(items)
    return [
        Table(_("整改台账"), LEDGER, lambda: _ledger_rows(rows)),
        Table(_("问题清单"), PROBLEMS, lambda: _problem_rows(rows)),
        Table(_("任务清单"), TASKS, lambda: _task_rows(rows)),
        Table(_("责任清单"), DUTIES, lambda: _duty_rows(rows)),
        counts(items),
    ]


def counts(items) -> Table:
    """应整改、已整改、完成率 of each unit, feedback problems apart from those corrected at once."""
    rows = items.model.objects.filter(pk__in=items.values("pk")).counts_by(
        "assignment__number", "assignment__unit__name", "source"
    )
    sources = dict(Item.Source.choices)
    return Table(
        _("整改完成情况"),
        COUNTS,
        [
            (
                row["assignment__number"],
                row["assignment__unit__name"],
                sources[row["source"]],
                row["total"],
                row["closed"],
                share(row["closed"], row["total"]),
                row["green"],
                row["yellow"],
                row["red"],
            )
            for row in rows
        ],
        note=_("应整改为全部事项，已整改为已销号的事项。"),
    )


def _ledger_rows(items) -> Iterator[tuple]:
    """One line for each measure; the problem stands on the first, or alone where nothing was decomposed yet."""
    for item in items:
        for place, measure in enumerate(list(item.measures.all()) or [None]):
            shared = _problem(item) if place == 0 else (item.number, *[""] * (len(WHERE) + len(PROBLEM) - 1))
            yield (
                *shared,
                *_measure(item, measure, first=place == 0),
                *(_standing(item) if place == 0 else [""] * len(STANDING)),
            )


def _problem(item: Item) -> tuple:
    content, group = item.opened(), item.assignment.group
    long_term = item.state == Item.State.LONG_TERM
    newest = next(iter(item.progress.all()), None)
    return (
        item.number,
        group.round.name,
        group.name,
        item.assignment.unit.name,
        item.get_source_display(),
        content.get("problem", ""),
        item.key,
        content.get("goal", ""),
        content.get("leader", ""),
        content.get("department", ""),
        long_term,
        not long_term,
        _("长期任务") if long_term else item.due_on.isoformat(),
        completion(item),
        newest.text if newest else "",
    )


def _measure(item: Item, measure: Measure | None, *, first: bool) -> tuple:
    """A measure's cells; evidence is kept with the item and stands on its first line."""
    files = [evidence.file.name for evidence in item.evidence.all()] if first else []
    if measure is None:
        return (*[""] * (len(MEASURE) - 1), files)
    words = measure.opened()
    return (
        words.get("text", ""),
        words.get("leader", ""),
        words.get("department", ""),
        measure.due_on,
        measure.kind_labels,
        measure.get_completion_display(),
        files,
    )


def _standing(item: Item) -> tuple:
    return (
        item.get_state_display(),
        str(LIGHT_WORDS[item.light()]),
        item.original_due_on,
        item.closed_at,
    )


def _problem_rows(items) -> Iterator[tuple]:
    for item in items:
        yield (item.number, item.assignment.unit.name, item.problem, item.key, item.get_source_display())


def _task_rows(items) -> Iterator[tuple]:
    for item in items:
        content = item.opened()
        for measure in item.measures.all():
            yield (
                item.number,
                content.get("problem", ""),
                content.get("goal", ""),
                measure.opened().get("text", ""),
                measure.due_on,
                measure.get_completion_display(),
            )


def _duty_rows(items) -> Iterator[tuple]:
    for item in items:
        content = item.opened()
        for measure in item.measures.all():
            words = measure.opened()
            yield (
                item.number,
                content.get("problem", ""),
                content.get("leader", ""),
                content.get("department", ""),
                words.get("text", ""),
                words.get("leader", ""),
                words.get("department", ""),
            )
