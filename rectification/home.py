"""What waits for a person among papers, clues, feedback and rectification items: panels of the work list."""

import calendar
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from inspection.pages.home import MAX_ROWS, Panel, Row
from inspection.pages.lists import COUNT_EXACT_TO, bounded_count
from inspection.trail.models import Entry
from petitions.home import time_left
from rectification import access, nodes
from rectification.models import Clue, Feedback, Finding, Item
from rounds.models import Assignment, Round
from rounds.queries import today

WORST_FIRST = ("red", "yellow", "green")


def panels(user) -> list[Panel]:
    """What waits here for `user`: those who inspect, the head of the office, or a unit's liaison."""
    if access.reads_inside(user):
        found = [*_to_sign(user), *_items(user), *_judging(user)]
        if user.has_role("chief"):
            found += _to_approve(user)
        if user.has_role("office", "chief"):
            found += [_to_close(user), *_late_clues(user), _rounds(user)]
        return found
    return _of_the_unit(user) if user.liaison_of.exists() else []


def _panel(key: str, title: str, found, row, *, route: str, asked: dict | None = None, **look) -> Panel:
    """The first of `found`, and where to see them all. One statement unless there are more than a panel shows."""
    first = list(found[: MAX_ROWS + 1])
    count, exact = (len(first), True) if len(first) <= MAX_ROWS else bounded_count(found)
    url = reverse(route) + (f"?{urlencode(asked)}" if asked else "")
    shown = tuple(row(one) for one in first[:MAX_ROWS])
    return Panel(key, title, count if exact else f"{COUNT_EXACT_TO:,}+", url=url, rows=shown, **look)


def _case(obj) -> Row:
    return Row(f"{obj.number} {obj.assignment.unit}", obj.get_absolute_url(), obj.get_state_display())


def _item(item: Item) -> Row:
    return Row(f"{item.number} {item.problem}", item.get_absolute_url(), time_left(item.due_on), item.light())


def _to_sign(user) -> list[Panel]:
    """Papers that wait for this leader's signature; no panel for whoever leads nothing."""
    waiting = Finding.objects.to_sign_by(user).select_related("assignment__unit", "content")
    look = {"order": 41, "empty": _("没有待审签的底稿")}
    panel = _panel("findings-to-sign", _("底稿待审签"), waiting, _paper, route="rectification:findings_to_sign", **look)
    return [panel] if panel.count else []


def _paper(finding: Finding) -> Row:
    return Row(f"{finding.number} {finding.title}", finding.get_absolute_url(), str(finding.assignment.unit))


def _to_approve(user) -> list[Panel]:
    """What the head of the office is to approve: clues and feedback that somebody else wrote."""
    clues = Clue.objects.visible_to(user).to_approve().exclude(proposed_by=user).select_related("assignment__unit")
    feedbacks = Feedback.objects.visible_to(user).to_approve().exclude(drafted_by=user).select_related("assignment__unit")
    return [
        _panel(
            "clues-to-approve",
            _("线索待批准移交"),
            clues.order_by("state_at", "id"),
            _case,
            route="rectification:clues",
            asked={"state": Clue.State.PROPOSED},
            order=42,
            empty=_("没有待批准的线索"),
        ),
        _panel(
            "feedback-to-approve",
            _("反馈意见待批准"),
            feedbacks.order_by("state_at", "id"),
            _case,
            route="rectification:feedbacks",
            asked={"state": Feedback.State.DRAFT},
            order=43,
            empty=_("没有待批准的反馈意见"),
        ),
    ]


def _late_clues(user) -> list[Panel]:
    """Clues whose receivers owe an answer past its day; no panel while none does."""
    late = Clue.objects.visible_to(user).overdue().select_related("assignment__unit").order_by("reply_due", "id")
    panel = _panel(
        "clues-overdue",
        _("线索超期未反馈"),
        late,
        lambda clue: Row(f"{clue.number} {clue.assignment.unit}", clue.get_absolute_url(), time_left(clue.reply_due), "red"),
        route="rectification:clues",
        asked={"due": "overdue"},
        tone="danger",
        order=13,
    )
    return [panel] if panel.count else []


def _items(user) -> list[Panel]:
    """Items past their last day, and those close to it."""
    visible = Item.objects.visible_to(user).for_list()
    late = {"tone": "danger", "order": 12, "empty": _("没有超期的整改事项")}
    soon = {"tone": "warning", "order": 22, "empty": _("没有临近期限的整改事项")}
    address = {"route": "rectification:items"}
    return [
        _panel("items-overdue", _("整改事项已超期"), visible.light("red"), _item, asked={"light": "red"}, **address, **late),
        _panel("items-soon", _("整改事项临近期限"), visible.light("yellow"), _item, asked={"light": "yellow"}, **address, **soon),
    ]


def _judging(user) -> list[Panel]:
    """Items that a unit applied to close, to be judged by somebody else."""
    waiting = Item.objects.visible_to(user).to_verify_by(user).select_related("assignment__unit")
    look = {"asked": {"state": Item.State.APPLIED}, "order": 50, "empty": _("没有待验收的整改事项")}
    return [_panel("items-to-verify", _("整改待验收"), waiting, _case, route="rectification:items", **look)]


def _to_close(user) -> Panel:
    """Items verified, to be closed by a third person."""
    waiting = Item.objects.visible_to(user).to_close_by(user).select_related("assignment__unit")
    look = {"asked": {"state": Item.State.VERIFIED}, "order": 51, "empty": _("没有待销号的整改事项")}
    return _panel("items-to-close", _("整改待销号"), waiting, _case, route="rectification:items", **look)


def _rounds(user) -> Panel:
    """Every round on one line with its lights, newest first, and the same as a chart."""
    counted = {
        row["assignment__group__round"]: row for row in Item.objects.visible_to(user).counts_by("assignment__group__round")
    }
    rounds = list(Round.objects.visible_to(user).exclude(started_at=None).order_by("-starts_on", "-id"))
    with_items = [round for round in rounds if round.pk in counted]
    names = {"red": _("红灯"), "yellow": _("黄灯"), "green": _("绿灯")}
    chart = {
        "kind": "stacked",
        "horizontal": True,
        "categories": [round.name for round in with_items],
        "series": [
            {"name": names[colour], "tone": colour, "values": [counted[round.pk][colour] for round in with_items]}
            for colour in WORST_FIRST
        ],
    }
    return Panel(
        "rounds-lights",
        _("各轮次整改亮灯"),
        len(rounds),
        url=reverse("rectification:items"),
        rows=tuple(_lights(round, counted.get(round.pk)) for round in rounds),
        chart=chart if with_items else None,
        empty=_("没有已启动的轮次"),
        order=82,
    )


def _lights(round: Round, counts: dict | None) -> Row:
    """One round: how many of each light, and the worst of them as its lamp."""
    url = f"{reverse('rectification:items')}?round={round.pk}"
    if counts is None:
        return Row(round.name, round.get_absolute_url(), _("尚无整改事项"))
    worst = next((colour for colour in WORST_FIRST if counts[colour]), "green")
    words = _("红 %(red)d · 黄 %(yellow)d · 绿 %(green)d · 已销号 %(closed)d／%(total)d") % counts
    return Row(round.name, url, words, worst)


def _of_the_unit(user) -> list[Panel]:
    """The unit's side: where its rectification stands, what is due this month, what is late, what came back and why."""
    own = Assignment.objects.items_visible_to(user).filter(items__isnull=False).distinct()
    strips = nodes.strips(own.select_related("unit", "group__round").order_by("-onsite_from", "id")[:MAX_ROWS])
    day = today()
    last = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    visible = Item.objects.visible_to(user).for_list()
    month = visible.due_within((last - day).days)
    asked = {"due_after": day.isoformat(), "due_before": last.isoformat()}
    return [
        Panel(
            "nodes",
            _("整改节点"),
            len(strips),
            rows=tuple(_standing(strip) for strip in strips),
            empty=_("还没有整改事项"),
            order=5,
        ),
        *_items(user),
        _panel(
            "items-this-month",
            _("本月到期"),
            month,
            _item,
            route="rectification:items",
            asked=asked,
            order=23,
            empty=_("本月没有到期的整改事项"),
        ),
        _returned(visible),
    ]


def _standing(strip: nodes.Strip) -> Row:
    done = _("已完成 %(done)d／%(all)d") % {"done": strip.done, "all": len(strip.nodes)}
    current = strip.current
    now = _("%(node)s%(standing)s") % {"node": current.label, "standing": current.words} if current else ""
    url = reverse("rectification:unit_items", args=[strip.assignment.number])
    return Row(str(strip.assignment.unit), url, " · ".join(filter(None, (done, now))))


def _returned(visible) -> Panel:
    """Items sent back to the unit, each with the reason that was given to it."""
    items = list(visible.sent_back()[: MAX_ROWS + 1])
    entries = Entry.objects.filter(pk__in=[item.returned for item in items]).select_related("note")
    reasons = {entry.pk: entry.note_text for entry in entries}
    rows = tuple(Row(f"{item.number} {reasons.get(item.returned, '')}", item.get_absolute_url()) for item in items[:MAX_ROWS])
    count = len(items) if len(items) <= MAX_ROWS else visible.sent_back().count()
    url = f"{reverse('rectification:items')}?state={Item.State.RECTIFYING}"
    return Panel(
        "items-sent-back", _("被退回的事项"), count, url=url, tone="warning", rows=rows, empty=_("没有被退回的事项"), order=16
    )
