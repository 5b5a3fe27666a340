"""The eleven nodes of a unit's rectification (反馈会 … 整改评估), worked out when read from what the system knows.

Nobody ticks a node off: a node stands where feedback, items, progress and the unit's stage put it, and says what it rests on.
What the system keeps no record of says so and is never counted as done.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspection.calendar import days
from inspection.calendar.models import RuleKey
from rectification.models import Feedback, Item, Progress
from rounds.models import Assignment
from rounds.queries import today

DONE, NOW, LATE, NEXT, UNKNOWN = "done", "now", "late", "next", "unknown"
STATE_WORDS = {
    DONE: gettext_lazy("已完成"),
    NOW: gettext_lazy("进行中"),
    LATE: gettext_lazy("已超期"),
    NEXT: gettext_lazy("未开始"),
    UNKNOWN: gettext_lazy("系统内无记录"),
}
Stage = Assignment.State
MOVED_ON = (Stage.FOLLOWING_UP, Stage.ARCHIVED)


@dataclass(frozen=True)
class Node:
    """One node. state: done, now, late, next or unknown; on: the day it was reached; due: its last day under the round's rules;
    basis: in words, what the state is derived from.
    """

    label: str
    state: str
    basis: str
    on: dt.date | None = None
    due: dt.date | None = None

    @property
    def words(self) -> str:
        """The state in the reader's language."""
        return str(STATE_WORDS[self.state])


@dataclass(frozen=True)
class Strip:
    """The nodes of one assignment, in order."""

    assignment: Assignment
    nodes: tuple[Node, ...]

    @property
    def done(self) -> int:
        """How many are reached."""
        return sum(node.state == DONE for node in self.nodes)

    @property
    def unrecorded(self) -> int:
        """How many the system has no record of."""
        return sum(node.state == UNKNOWN for node in self.nodes)

    @property
    def current(self) -> Node | None:
        """The first node that is under way or late."""
        return next((node for node in self.nodes if node.state in (NOW, LATE)), None)


def strips(assignments: Iterable[Assignment]) -> list[Strip]:
    """The strip of each assignment; two statements for any number of them. Needs `group__round` loaded."""
    assignments = list(assignments)
    ids = [assignment.pk for assignment in assignments]
    delivered = dict(
        Feedback.objects.filter(assignment__in=ids, state=Feedback.State.DELIVERED)
        .order_by("assignment")
        .values_list("assignment")
        .annotate(count=Count("pk"))
    )
    reported = Exists(Progress.objects.filter(item=OuterRef("pk")))
    lasting = Q(state=Item.State.LONG_TERM)
    counted = (
        Item.objects.filter(assignment__in=ids, source=Item.Source.FEEDBACK)
        .annotate(reported=reported)
        .order_by("assignment")
        .values("assignment")
        .annotate(
            total=Count("pk"),
            decomposed=Count("pk", filter=~Q(state=Item.State.PENDING)),
            with_progress=Count("pk", filter=Q(reported=True)),
            closed=Count("pk", filter=Q(state=Item.State.CLOSED)),
            lasting=Count("pk", filter=lasting),
        )
    )
    items = {row["assignment"]: row for row in counted}
    nothing = dict.fromkeys(("total", "decomposed", "with_progress", "closed", "lasting"), 0)
    return [Strip(one, tuple(_nodes(one, delivered.get(one.pk, 0), items.get(one.pk, nothing)))) for one in assignments]


def strip(assignment: Assignment) -> Strip:
    """The strip of one assignment."""
    return strips([assignment])[0]


def _nodes(assignment: Assignment, delivered: int, items: dict):
    """The eleven, in order."""
    began, both = assignment.feedback_on, len(Feedback.To.values)
    total = items["total"]
    rules = assignment.group.round.rules

    def due(key: str) -> dt.date | None:
        return days.due(rules[key], began).on if began and key in rules else None

    yield Node(_("反馈会"), DONE if began else NEXT, _("依据任务的反馈日期"), on=began)
    yield Node(
        _("反馈意见"),
        DONE if delivered == both else NOW if delivered else NEXT,
        _("已反馈 %(given)d 份，应 %(both)d 份") % {"given": delivered, "both": both},
    )
    yield _counted(_("整改方案"), items["decomposed"], total, _("已分解 %(done)d 项，共 %(total)d 项"), due(RuleKey.PLAN))
    yield _unrecorded(_("专题会"))
    yield _unrecorded(_("专题民主生活会"), due(RuleKey.MEETING))
    yield _concentrated(assignment, items, due(RuleKey.CONCENTRATED))
    reported = items["with_progress"]
    yield _counted(_("整改进展报告"), reported, total, _("已填报进展 %(done)d 项，共 %(total)d 项"), due(RuleKey.REPORT))
    yield _unrecorded(_("整改情况公开"))
    yield _following(assignment, items)
    yield _unrecorded(_("后续整改报告"))
    archived = assignment.state == Stage.ARCHIVED
    yield Node(_("整改评估"), DONE if archived else NEXT, _("依据任务是否归档"))


def _counted(label: str, done: int, total: int, words: str, due) -> Node:
    """A node that is reached when every item has got so far."""
    basis = words % {"done": done, "total": total}
    if not total:
        return Node(label, NEXT, _("尚无反馈问题的整改事项"), due=due)
    if done == total:
        return Node(label, DONE, basis, due=due)
    return Node(label, LATE if due and due < today() else NOW, basis, due=due)


def _unrecorded(label: str, due=None) -> Node:
    return Node(label, UNKNOWN, _("系统不采集此节点，请以纸质材料为准"), due=due)


def _concentrated(assignment: Assignment, items: dict, due) -> Node:
    """集中整改 is over when the unit moved on to the follow-up, or when everything but long-term items is closed."""
    label, left = _("集中整改"), items["total"] - items["closed"] - items["lasting"]
    basis = _("已销号 %(closed)d 项，转长期 %(lasting)d 项，未销号 %(left)d 项") % (items | {"left": left})
    if assignment.state in MOVED_ON or (items["total"] and not left):
        return Node(label, DONE, basis, due=due)
    if assignment.feedback_on is None:
        return Node(label, NEXT, basis)
    return Node(label, LATE if due and due < today() else NOW, basis, due=due)


def _following(assignment: Assignment, items: dict) -> Node:
    """后续整改 runs while the unit is followed up, and is over when its file is archived."""
    label, basis = _("后续整改"), _("依据任务阶段；长期坚持 %(lasting)d 项") % items
    if assignment.state == Stage.ARCHIVED:
        return Node(label, DONE, basis)
    return Node(label, NOW if assignment.state == Stage.FOLLOWING_UP or items["lasting"] else NEXT, basis)
