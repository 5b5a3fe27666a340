"""What waits for a person among the petitions: panels of the work list."""

import datetime as dt
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspection.pages.home import MAX_ROWS, Panel, Row
from inspection.pages.lists import COUNT_EXACT_TO, bounded_count
from petitions import access
from petitions.models import Disposal, IdentityRequest, Petition
from petitions.queries import SOON_DAYS, received_between
from rounds.models import Channel
from rounds.queries import today

TREND_DAYS = 14


def panels(user) -> list[Panel]:
    """Overdue, due soon, to triage, where the group's petitions are, and how many came by which channel."""
    found = [*_identities(user), *_disposals(user)]
    if not access.may_list(user):
        return found
    visible = Petition.objects.visible_to(user)
    day = today()
    late, soon = visible.timed(lt=day), visible.timed(range=(day, day + dt.timedelta(days=SOON_DAYS)))
    waiting = (visible.to_triage().order_by("decide_by", "pk"),)
    found += [
        _panel("petitions-overdue", _("信访件已超期"), late, {"due": "overdue"}, "danger", 11, _("没有超期的信访件")),
        _panel("petitions-soon", _("信访件七日内到期"), soon, {"due": "soon"}, "warning", 21, _("七日内没有到期的信访件")),
        _panel("petitions-waiting", _("信访件待研判"), waiting, {"place": "waiting"}, "", 31, _("没有待研判的信访件")),
    ]
    if user.has_role("chief"):
        found += _doubtful(visible)
    if visible.exists():
        found += [_by_place(visible), _trend(visible)]
    return found


def _identities(user) -> list[Panel]:
    """For who decides: requests that wait. For who asked: what is open now, and until when."""
    requests = IdentityRequest.objects.visible_to(user).for_list()
    here = reverse("petitions:identity-requests")
    found = []
    if access.keeps_identities(user):
        waiting = requests.to_decide(user).order_by("asked_at", "pk")
        count, _exact = bounded_count(waiting)
        if count or not access.may_list(user):
            rows = tuple(Row(f"{row.number} {row.asked_by}", row.get_absolute_url()) for row in waiting[:MAX_ROWS])
            title, nothing = _("身份查看申请待审批"), _("没有待审批的申请")
            found.append(Panel("identity-waiting", title, count, f"{here}?state=requested", rows=rows, empty=nothing, order=32))
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


def _disposals(user) -> list[Panel]:
    """Disposals that wait for this person."""
    if not access.may_list_disposals(user):
        return []
    waiting = Disposal.objects.visible_to(user).for_list().to_decide(user).order_by("pk")
    count, _exact = bounded_count(waiting)
    if not count:
        return []
    rows = tuple(Row(f"{row.number} {row.get_state_display()}", row.get_absolute_url()) for row in waiting[:MAX_ROWS])
    return [Panel("disposals-waiting", _("销毁审批待办"), count, reverse("petitions:disposals"), rows=rows, order=45)]


def _panel(key: str, title: str, parts: tuple, asked: dict, tone: str, order: int, empty: str) -> Panel:
    """The first of all `parts` (see PetitionQuerySet.timed), the most urgent on top, and where to see them all.

    Only the rows shown are fetched whole: sorting thousands with their sealed texts took most of the page.
    """
    ids = [pk for part in parts for pk in part.values_list("pk", flat=True)[:MAX_ROWS]]
    rows = Petition.objects.filter(pk__in=ids).select_related("content", "assignment__unit") if ids else ()
    urgent = sorted(rows, key=lambda petition: (petition.due_on or dt.date.max, petition.pk))[:MAX_ROWS]
    counted = [bounded_count(part) for part in parts] if len(ids) >= MAX_ROWS else [(len(ids), True)]
    count, exact = sum(part[0] for part in counted), all(part[1] for part in counted)
    return Panel(
        key,
        title,
        count if exact and count <= COUNT_EXACT_TO else f"{COUNT_EXACT_TO:,}+",
        url=f"{reverse('petitions:list')}?{urlencode(asked)}",
        tone=tone,
        rows=tuple(_row(petition) for petition in urgent),
        empty=empty,
        order=order,
    )


def _row(petition: Petition) -> Row:
    return Row(f"{petition.number} {petition.subject}", petition.get_absolute_url(), time_left(petition.due_on), petition.light)


def time_left(day: dt.date | None) -> str:
    """ "超期 3 天", "今天到期", "剩 5 天"."""
    if day is None:
        return ""
    left = (day - today()).days
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


def _by_place(visible) -> Panel:
    """How many are in each state: exact up to a thousand, because counting a million takes longer than the page."""
    counted = [(state, label, *bounded_count(visible.filter(state=state))) for state, label in Petition.State.choices]
    here = reverse("petitions:list")
    rows = tuple(
        Row(str(label), f"{here}?state={state}", str(count) if exact else f"{count:,}+")
        for state, label, count, exact in counted
        if count
    )
    total, exact = sum(row[2] for row in counted), all(row[3] for row in counted)
    return Panel(
        "petitions-states", _("信访件去向"), total if exact else f"{total:,}+", reverse("petitions:ledger"), rows=rows, order=81
    )


def _trend(visible) -> Panel:
    """Received in the last fortnight, by day and channel."""
    last = today()
    span = [last - dt.timedelta(days=back) for back in reversed(range(TREND_DAYS))]
    days = {f"day{place}": Count("pk", filter=received_between(day, day)) for place, day in enumerate(span)}
    rows = visible.received(first=span[0]).order_by().values("channel_kind").annotate(**days)
    counted = {(row["channel_kind"], day): row[f"day{place}"] for row in rows for place, day in enumerate(span)}
    kinds = {kind for (kind, _day), count in counted.items() if count}
    chart = {
        "kind": "stacked",
        "categories": [f"{day.month}-{day.day}" for day in span],
        "series": [
            {"name": str(label), "values": [counted.get((kind, day), 0) for day in span]}
            for kind, label in Channel.Kind.choices
            if kind in kinds
        ],
    }
    return Panel("petitions-trend", _("近两周收件（按日、渠道）"), sum(counted.values()), chart=chart, order=85)
