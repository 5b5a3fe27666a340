"""What waits for a person among the petitions: panels of the work list."""

import datetime as dt
from urllib.parse import urlencode

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspection.pages.home import MAX_ROWS, Panel, Row
from inspection.pages.lists import COUNT_EXACT_TO, bounded_count
from petitions import access
from petitions.models import Disposal, IdentityRequest, Petition
from petitions.queries import SOON_DAYS
from rounds.models import Channel
from rounds.queries import today

TREND_DAYS = 14


def panels(user) -> list[Panel]:
    """Overdue, due soon, to triage, where the group's petitions are, and how many came by which channel."""
    found = [*_identities(user), *_disposals(user)]
    if not access.may_list(user):
        return found
    visible = Petition.objects.visible_to(user)
    late, soon, waiting = visible.overdue(), visible.due_within(SOON_DAYS), visible.to_triage()
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


def _panel(key: str, title: str, rows, asked: dict, tone: str, order: int, empty: str) -> Panel:
    """The first of `rows`, the most urgent on top, and where to see them all."""
    count, exact = bounded_count(rows)
    ordered = rows.select_related("content", "assignment__unit").order_by("decide_by", "conclude_by", "pk")[:MAX_ROWS]
    return Panel(
        key,
        title,
        count if exact else f"{COUNT_EXACT_TO:,}+",
        url=f"{reverse('petitions:list')}?{urlencode(asked)}",
        tone=tone,
        rows=tuple(_row(petition) for petition in ordered),
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
    """How many are in each state, unit by unit."""
    counted = {row["state"]: row["count"] for row in visible.order_by().values("state").annotate(count=Count("pk"))}
    rows = tuple(
        Row(str(label), f"{reverse('petitions:list')}?state={state}", str(counted[state]))
        for state, label in Petition.State.choices
        if state in counted
    )
    here = reverse("petitions:ledger")
    return Panel("petitions-states", _("信访件去向"), sum(counted.values()), url=here, rows=rows, order=81)


def _trend(visible) -> Panel:
    """Received in the last fortnight, by day and channel."""
    last = today()
    span = [last - dt.timedelta(days=back) for back in reversed(range(TREND_DAYS))]
    rows = (
        visible.filter(received_at__date__gte=span[0])
        .order_by()
        .values("channel_kind", day=TruncDate("received_at"))
        .annotate(count=Count("pk"))
    )
    counted = {(row["channel_kind"], row["day"]): row["count"] for row in rows}
    kinds = {kind for kind, _day in counted}
    chart = {
        "kind": "stacked",
        "categories": [f"{day.month}-{day.day}" for day in span],
        "series": [
            {"name": str(label), "values": [counted.get((kind, day), 0) for day in span]}
            for kind, label in Channel.Kind.choices
            if kind in kinds
        ],
    }
    return Panel("petitions-trend", _("近两周收件（按日、渠道）"), len(counted), chart=chart, order=85)
