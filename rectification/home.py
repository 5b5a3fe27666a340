"""What waits for a person among papers, clues, feedback and rectification items: panels of the work list."""

import calendar
import datetime as dt
from collections.abc import Iterator
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from inspection.addresses import address
from inspection.pages.home import MAX_ROWS, Panel, Row
from inspection.pages.lists import COUNT_EXACT_TO, bounded_count
from inspection.statements import Counted, Gathered, Prepared
from inspection.trail.models import Entry
from inspection.vault import envelopes
from petitions.home import shown, time_left
from rectification import access, nodes
from rectification.models import Clue, Feedback, Finding, Item
from rectification.queries import lights_by_round, yellow_from
from rounds.models import Assignment, Round
from rounds.queries import standing, today

WORST_FIRST = ("red", "yellow", "green")


def panels(user) -> list[Panel]:
    """What waits here for `user`: those who inspect, the head of the office, or a unit's liaison."""
    if access.reads_inside(user):
        return _inside(user)
    return _of_the_unit(user) if user.liaison_of.exists() else []


def _all_rounds():
    """Every round with what the lights need of it."""
    return Round.objects.only("name", "code", "rules", "started_at").order_by("-starts_on", "-id")


ALL_ROUNDS = Prepared(_all_rounds)


def _inside(user) -> list[Panel]:
    """The panels of those who inspect. First everything is counted in one statement; only what is there is then asked for."""
    own, rounds = standing(user), ALL_ROUNDS()
    ahead = yellow_from((round.pk, round.rules) for round in rounds)
    counts = COUNTS(own, ahead)
    first = FIRST(own, ahead) if any(counts.get(key) for key in ("red", "yellow", "verify", "close")) else {}
    found = [*_to_sign(user, counts), *_lit(counts, first, own.day), _judging(counts, first)]
    if user.has_role("chief"):
        found += _to_approve(user, counts)
    if user.has_role("office", "chief"):
        found += [_to_close(counts, first), *_late_clues(user, counts), _rounds(own, rounds, ahead)]
    return found


def _items_of(own, ahead) -> dict:
    """The items of each panel of one person, in order."""
    reader = own.reader()
    visible = Item.objects.visible_to(reader)
    found = {colour: visible.light(colour, own.day, ahead).order_by("due_on", "id") for colour in ("red", "yellow")}
    found["verify"] = visible.to_verify_by(reader)
    if reader.has_role("office", "chief"):
        found["close"] = visible.to_close_by(reader)
    return found


def _counts(own, ahead) -> dict:
    """Everything that is counted for one person: {name: queryset}."""
    reader = own.reader()
    found = _items_of(own, ahead) | {"sign": Finding.objects.to_sign_by(reader)}
    if reader.has_role("chief"):
        found |= {"clues": _clues_to_approve(reader), "feedback": _feedback_to_approve(reader)}
    if reader.has_role("office", "chief"):
        found["late clues"] = Clue.objects.visible_to(reader).overdue()
    return found


def _first(own, ahead) -> dict:
    """The first items of each panel, with what a row shows."""
    shown = ("number", "state", "due_on", "assignment__unit__name", "uid", *Item.CONTENT)
    return {name: items.values_list(*shown)[:MAX_ROWS] for name, items in _items_of(own, ahead).items()}


COUNTS, FIRST = Counted(_counts, COUNT_EXACT_TO + 1), Gathered(_first)


def _panel(key: str, title: str, count: int, rows, *, route: str, asked: dict | None = None, **look) -> Panel:
    """A panel with the rows shown, and where to see them all."""
    url = reverse(route) + (f"?{urlencode(asked)}" if asked else "")
    return Panel(key, title, shown(count), url=url, rows=tuple(rows), **look)


def _cases(found) -> list[Row]:
    """The first of some clues or feedback."""
    return [
        Row(f"{case.number} {case.assignment.unit}", case.get_absolute_url(), case.get_state_display())
        for case in found.select_related("assignment__unit")[:MAX_ROWS]
    ]


def _item_rows(rows: list) -> list[Row]:
    """Items (see `_first`) by number and unit, with the state they are in."""
    states = dict(Item.State.choices)
    return [
        Row(f"{number} {unit}", address("rectification:item", number), states[state]) for number, state, _due, unit, *_ in rows
    ]


def _lit_rows(rows: list, colour: str, on: dt.date) -> Iterator[Row]:
    """Items (see `_first`) by number and problem, with the days that are left."""
    contents = envelopes.open_many((sealed, Item.owner_of(uid)) for _number, _state, _due, _unit, uid, *sealed in rows)
    for (number, _state, due_on, *_sealed), content in zip(rows, contents, strict=True):
        yield Row(f"{number} {content.get('problem', '')}", address("rectification:item", number), time_left(due_on, on), colour)


def _to_sign(user, counts: dict) -> list[Panel]:
    """Papers that wait for this leader's signature; no panel for whoever leads nothing."""
    if not counts["sign"]:
        return []
    waiting = Finding.objects.to_sign_by(user).select_related("assignment__unit", "content")[:MAX_ROWS]
    rows = (
        Row(f"{finding.number} {finding.title}", finding.get_absolute_url(), str(finding.assignment.unit)) for finding in waiting
    )
    look = {"order": 41, "empty": _("没有待审签的底稿")}
    return [_panel("findings-to-sign", _("底稿待审签"), counts["sign"], rows, route="rectification:findings_to_sign", **look)]


def _clues_to_approve(user):
    return Clue.objects.visible_to(user).to_approve().exclude(proposed_by=user).order_by("state_at", "id")


def _feedback_to_approve(user):
    return Feedback.objects.visible_to(user).to_approve().exclude(drafted_by=user).order_by("state_at", "id")


def _to_approve(user, counts: dict) -> list[Panel]:
    """What the head of the office is to approve: clues and feedback that somebody else wrote."""
    return [
        _panel(
            "clues-to-approve",
            _("线索待批准移交"),
            counts["clues"],
            _cases(_clues_to_approve(user)) if counts["clues"] else (),
            route="rectification:clues",
            asked={"state": Clue.State.PROPOSED},
            order=42,
            empty=_("没有待批准的线索"),
        ),
        _panel(
            "feedback-to-approve",
            _("反馈意见待批准"),
            counts["feedback"],
            _cases(_feedback_to_approve(user)) if counts["feedback"] else (),
            route="rectification:feedbacks",
            asked={"state": Feedback.State.DRAFT},
            order=43,
            empty=_("没有待批准的反馈意见"),
        ),
    ]


def _late_clues(user, counts: dict) -> list[Panel]:
    """Clues whose receivers owe an answer past its day; no panel while none does."""
    if not counts["late clues"]:
        return []
    late = Clue.objects.visible_to(user).overdue().select_related("assignment__unit").order_by("reply_due", "id")
    rows = (
        Row(f"{clue.number} {clue.assignment.unit}", clue.get_absolute_url(), time_left(clue.reply_due, today()), "red")
        for clue in late[:MAX_ROWS]
    )
    look = {"route": "rectification:clues", "asked": {"due": "overdue"}, "tone": "danger", "order": 13}
    return [_panel("clues-overdue", _("线索超期未反馈"), counts["late clues"], rows, **look)]


def _lit(counts: dict, first: dict, on: dt.date) -> list[Panel]:
    """Items past their last day, and those close to it."""
    late = {"tone": "danger", "order": 12, "empty": _("没有超期的整改事项")}
    soon = {"tone": "warning", "order": 22, "empty": _("没有临近期限的整改事项")}
    found = (("items-overdue", _("整改事项已超期"), "red", late), ("items-soon", _("整改事项临近期限"), "yellow", soon))
    return [
        _panel(
            key,
            title,
            counts[colour],
            _lit_rows(first.get(colour, []), colour, on),
            route="rectification:items",
            asked={"light": colour},
            **look,
        )
        for key, title, colour, look in found
    ]


def _judging(counts: dict, first: dict) -> Panel:
    """Items that a unit applied to close, to be judged by somebody else."""
    look = {"asked": {"state": Item.State.APPLIED}, "order": 50, "empty": _("没有待验收的整改事项")}
    rows = _item_rows(first.get("verify", ()))
    return _panel("items-to-verify", _("整改待验收"), counts["verify"], rows, route="rectification:items", **look)


def _to_close(counts: dict, first: dict) -> Panel:
    """Items verified, to be closed by a third person."""
    look = {"asked": {"state": Item.State.VERIFIED}, "order": 51, "empty": _("没有待销号的整改事项")}
    rows = _item_rows(first.get("close", ()))
    return _panel("items-to-close", _("整改待销号"), counts["close"], rows, route="rectification:items", **look)


def _lights_of(own, ahead) -> dict:
    reader = own.reader()
    return {"held": Item.objects.held(reader), "ending": Item.objects.visible_to(reader).ending(own.day, ahead)}


LIGHTS = Gathered(_lights_of)
ROUND_OF = Prepared(lambda: Assignment.objects.order_by().values_list("pk", "group__round"))


def _rounds(own, rounds: list[Round], ahead) -> Panel:
    """Every round that has begun on one line with its lights, newest first, and the same as a chart. The office, whose panel
    this is, may know of every round.
    """
    counted = lights_by_round(**LIGHTS(own, ahead), rounds=dict(ROUND_OF()), days=ahead)
    begun = [round for round in rounds if round.started_at]
    with_items = [round for round in begun if round.pk in counted]
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
        len(begun),
        url=reverse("rectification:items"),
        rows=tuple(_lights(round, counted.get(round.pk)) for round in begun),
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
    ahead = yellow_from((round.pk, round.rules) for round in ALL_ROUNDS())
    counts = COUNTS(standing(user), ahead)
    first = FIRST(standing(user), ahead) if counts["red"] or counts["yellow"] else {}
    return [
        Panel(
            "nodes",
            _("整改节点"),
            len(strips),
            rows=tuple(_standing(strip) for strip in strips),
            empty=_("还没有整改事项"),
            order=5,
        ),
        *_lit(counts, first, day),
        _panel(
            "items-this-month",
            _("本月到期"),
            bounded_count(month, COUNT_EXACT_TO + 1)[0],
            (
                Row(f"{item.number} {item.problem}", item.get_absolute_url(), time_left(item.due_on, day), item.light(day))
                for item in month[:MAX_ROWS]
            ),
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
