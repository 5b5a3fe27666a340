"""What waits for a person among the petitions: panels of the work list."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlencode

from django.db.models import BigIntegerField, Count, DateTimeField, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspection.addresses import address
from inspection.pages.home import MAX_ROWS, Panel, Row
from inspection.pages.lists import COUNT_EXACT_TO
from inspection.statements import Counted, Gathered, Given, Prepared
from inspection.vault import envelopes
from petitions import access
from petitions.models import DailyReceipts, Disposal, Exclusion, IdentityRequest, Petition
from petitions.queries import SOON_DAYS, WAITING, lamp
from rounds.models import Channel
from rounds.queries import standing

TREND_DAYS = 14


# The deadlines of the panels: {key: the span of last days, seen from today}.
SPANS = {
    "overdue": lambda day: {"lt": day},
    "soon": lambda day: {"range": (day, day + dt.timedelta(days=SOON_DAYS))},
}
LAST_DAYS = ("decide_by", "conclude_by")  # of the parts of a panel, as `timed` says


def panels(user) -> list[Panel]:
    """Overdue, due soon, to triage, where the group's petitions are, and how many came by which channel."""
    lists = access.may_list(user)
    own, kept = standing(user), bool(ANY_KEPT(user=user.pk))
    counts = COUNTS(own, lists, kept, now=timezone.now())
    counts |= {("waiting", place): counts[state] for place, state in enumerate(WAITING) if lists}
    found = [*_identities(user, lists, counts), *_disposals(user, counts)]
    if not lists:
        return found
    rows = _most_urgent(own, kept)
    found += [
        _panel("overdue", _("信访件已超期"), rows, counts, {"due": "overdue"}, "danger", 11, _("没有超期的信访件")),
        _panel("soon", _("信访件七日内到期"), rows, counts, {"due": "soon"}, "warning", 21, _("七日内没有到期的信访件")),
        _panel("waiting", _("信访件待研判"), rows, counts, {"place": "waiting"}, "", 31, _("没有待研判的信访件")),
    ]
    if counts.get("doubtful"):
        found += _doubtful(Petition.objects.visible_to(user))
    if any(counts[state] for state in Petition.State.values):
        found += [_by_place(counts), _trend(own, kept)]
    return found


ANY_KEPT = Prepared(lambda: Exclusion.objects.filter(user=Given("user", BigIntegerField())).values_list("pk")[:1])


def _visible(reader, kept: bool):
    """What the reader sees. Where nothing is `kept` from somebody, asking so of each of thousands counted doubles the time."""
    return Petition.objects.visible_to(reader) if kept else Petition.objects.in_scope_of(reader)


def _counts(own, lists: bool, kept: bool) -> dict:
    """Everything that is counted for one person: {name: queryset}; a part of a panel is named (key, place)."""
    user, now = own.reader(), Given("now", DateTimeField())
    counted = {"open": IdentityRequest.objects.filter(asked_by=user).opened(now)}  # what of it is in sight, the panel asks
    if access.keeps_identities(user):
        counted["to open"] = IdentityRequest.objects.visible_to(user).to_decide(user)
    if access.may_list_disposals(user):
        counted["disposals"] = Disposal.objects.visible_to(user).to_decide(user)
    if lists:
        visible = _visible(user, kept)
        counted |= {state: visible.filter(state=state) for state in Petition.State.values}
        for key, span in SPANS.items():
            counted |= {(key, place): part for place, part in enumerate(visible.timed(**span(own.day)))}
        if user.has_role("chief"):
            doubts = Exclusion.objects.filter(certain=False)
            counted["doubtful"] = visible.filter(pk__in=doubts.values("petition"))
    return counted


COUNTS = Counted(_counts, COUNT_EXACT_TO + 1)


def _urgent(own, kept: bool) -> dict:
    """The first of every part of the three panels: id, last day, number, and what its content is opened with."""
    visible = _visible(own.reader(), kept)
    parts = {("waiting", 0): visible.to_triage().order_by("decide_by", "pk")}
    for key, span in SPANS.items():
        parts |= {(key, place): part for place, part in enumerate(visible.timed(**span(own.day)))}
    shown = ("number", "uid", *Petition.CONTENT)
    return {name: part.values_list("pk", LAST_DAYS[name[1]], *shown)[:MAX_ROWS] for name, part in parts.items()}


URGENT = Gathered(_urgent)


def _most_urgent(own, kept: bool) -> dict[str, tuple[Row, ...]]:
    """{key of a panel: its first rows, the most urgent on top}. Only what is shown is opened, and no petition is made of it."""
    found: dict[str, list[list]] = {}
    for (key, _place), rows in URGENT(own, kept).items():
        found.setdefault(key, []).extend(rows)
    return {key: tuple(_rows(sorted(rows, key=_urgency)[:MAX_ROWS], own.day)) for key, rows in found.items()}


def _urgency(row: list) -> tuple:
    pk, due_on = row[:2]
    return due_on or dt.date.max, pk


def _rows(rows: list[list], on: dt.date) -> Iterator[Row]:
    contents = envelopes.open_many((sealed, Petition.owner_of(uid)) for _pk, _due, _number, uid, *sealed in rows)
    for (_pk, due_on, number, *_sealed), content in zip(rows, contents, strict=True):
        text = f"{number} {content.get('subject', '')}"
        yield Row(text, address("petitions:petition", number), time_left(due_on, on), lamp(due_on, on))


def _identities(user, lists: bool, counts: dict) -> list[Panel]:
    """For who decides: requests that wait. For who asked: what is open now, and until when."""
    here, found = reverse("petitions:identity-requests"), []
    if access.keeps_identities(user) and (counts["to open"] or not lists):
        waiting = ()
        if counts["to open"]:
            waiting = IdentityRequest.objects.visible_to(user).for_list().to_decide(user).order_by("asked_at", "pk")[:MAX_ROWS]
        rows = tuple(Row(f"{row.number} {row.asked_by}", row.get_absolute_url()) for row in waiting)
        title, nothing = _("身份查看申请待审批"), _("没有待审批的申请")
        address = f"{here}?state=requested"
        found.append(Panel("identity-waiting", title, shown(counts["to open"]), address, rows=rows, empty=nothing, order=32))
    own = []
    if counts["open"]:
        requests = IdentityRequest.objects.visible_to(user).for_list()
        own = list(requests.filter(asked_by=user).opened().order_by("opens_until", "pk")[:MAX_ROWS])
    if own:
        rows = tuple(
            Row(
                row.petition.number,
                reverse("petitions:identity", args=[row.petition.number]),
                _("开放至 %(until)s") % {"until": date_format(timezone.localtime(row.opens_until), "SHORT_DATETIME_FORMAT")},
                "yellow",
            )
            for row in own
        )
        found.append(Panel("identity-open", _("身份查看已开放"), len(own), f"{here}?state=approved", rows=rows, order=22))
    return found


def _disposals(user, counts: dict) -> list[Panel]:
    """Disposals that wait for this person."""
    count = counts.get("disposals", 0)
    if not count:
        return []
    waiting = Disposal.objects.visible_to(user).for_list().to_decide(user).order_by("pk")
    rows = tuple(Row(f"{row.number} {row.get_state_display()}", row.get_absolute_url()) for row in waiting[:MAX_ROWS])
    return [Panel("disposals-waiting", _("销毁审批待办"), shown(count), reverse("petitions:disposals"), rows=rows, order=45)]


def shown(count: int) -> int | str:
    """How a count of at most COUNT_EXACT_TO + 1 is written: 12, or "1,000+"."""
    return count if count <= COUNT_EXACT_TO else f"{COUNT_EXACT_TO:,}+"


def _panel(key: str, title: str, rows: dict, counts: dict, asked: dict, tone: str, order: int, empty: str) -> Panel:
    """The most urgent petitions of a panel, how many there are of all its parts, and where to see them all."""
    return Panel(
        f"petitions-{key}",
        title,
        shown(sum(count for name, count in counts.items() if name[0] == key)),
        url=f"{reverse('petitions:list')}?{urlencode(asked)}",
        tone=tone,
        rows=rows[key],
        empty=empty,
        order=order,
    )


def time_left(day: dt.date | None, on: dt.date) -> str:
    """What a last day is on a day: "超期 3 天", "今天到期", "剩 5 天"."""
    if day is None:
        return ""
    left = (day - on).days
    if left == 0:
        return _("今天到期")
    if left < 0:
        return ngettext("超期 %(days)s 天", "超期 %(days)s 天", -left) % {"days": -left}
    return ngettext("剩 %(days)s 天", "剩 %(days)s 天", left) % {"days": left}


def _doubtful(visible) -> list[Panel]:
    """Petitions that mention somebody who would handle them, to be confirmed or lifted; no panel while there are none."""
    rows = visible.filter(exclusions__certain=False).distinct().order_by("pk")[: MAX_ROWS + 1]
    first = [Row(petition.number, reverse("petitions:exclusions", args=[petition.number])) for petition in rows]
    if not first:
        return []
    count = len(first) if len(first) <= MAX_ROWS else f"{MAX_ROWS}+"
    return [Panel("petitions-doubtful", _("屏蔽待确认"), count, tone="warning", rows=tuple(first[:MAX_ROWS]), order=25)]


def _by_place(counts: dict) -> Panel:
    """How many are in each state: exact up to a thousand, because counting a million takes longer than the page."""
    counted = [(state, label, counts[state]) for state, label in Petition.State.choices if counts[state]]
    here = reverse("petitions:list")
    rows = tuple(Row(str(label), f"{here}?state={state}", str(shown(count))) for state, label, count in counted)
    total = sum(min(count, COUNT_EXACT_TO) for _state, _label, count in counted)
    exact = all(count <= COUNT_EXACT_TO for _state, _label, count in counted)
    return Panel(
        "petitions-states", _("信访件去向"), total if exact else f"{total:,}+", reverse("petitions:ledger"), rows=rows, order=81
    )


def _span(last: dt.date) -> list[dt.date]:
    """The fortnight that ends on a day."""
    return [last - dt.timedelta(days=back) for back in reversed(range(TREND_DAYS))]


def _received(own, kept: bool) -> dict:
    """Rows (channel, day, how many) of the fortnight: all that came, and what of it is kept from the reader."""
    reader, span = own.reader(), _span(own.day)
    came = DailyReceipts.objects.visible_to(reader).filter(day__range=(span[0], own.day)).order_by()
    found = {"came": came.values("channel_kind", "day").annotate(count=Sum("many"))}
    if kept:
        hidden = Petition.objects.kept_from(reader).received(first=span[0], last=own.day).order_by()
        found["kept"] = hidden.values("channel_kind", day=TruncDate("received_at")).annotate(count=Count("pk"))
    return {name: rows.values_list("channel_kind", "day", "count") for name, rows in found.items()}


RECEIVED = Gathered(_received)


def _trend(own, kept: bool) -> Panel:
    """Received in the last fortnight, by day and channel."""
    span, rows = _span(own.day), RECEIVED(own, kept)
    counted = Counter({(kind, day): many for kind, day, many in rows["came"]})
    for kind, day, many in rows.get("kept", ()):
        counted[kind, day] -= many
    kinds = {kind for (kind, _day), count in counted.items() if count}
    chart = {
        "kind": "stacked",
        "categories": [f"{day.month}-{day.day}" for day in span],
        "series": [
            {"name": str(label), "values": [counted[kind, day] for day in span]}
            for kind, label in Channel.Kind.choices
            if kind in kinds
        ],
    }
    return Panel("petitions-trend", _("近两周收件（按日、渠道）"), sum(counted.values()), chart=chart, order=85)
