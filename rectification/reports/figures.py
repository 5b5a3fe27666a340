"""Numbers that know their list, and the counting that both reports share. Everything is cut to what one user may see."""

import datetime as dt
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from inspection.documents.content import Column, Table
from inspection.reports.kinds import Period, month_end
from rectification.documents.ledger import share
from rectification.models import Item


class Number(int):
    """A count. `url` is the list it counts, drawn as a link where the report is shown as a page; paper and sheets ignore it."""

    def __new__(cls, value: int, url: str = ""):
        """An int with an address."""
        number = super().__new__(cls, value)
        number.url = url
        return number


class Name(str):
    """A word, such as a number of a case, that leads somewhere on a page."""

    def __new__(cls, value: str, url: str = ""):
        """A str with an address."""
        name = super().__new__(cls, value)
        name.url = url
        return name


def address(route: str, **asked) -> str:
    """The list of `route` narrowed by what is asked; parameters without a value are left out."""
    return reverse(route) + "?" + urlencode({name: value for name, value in asked.items() if value not in (None, "")})


def received_in(petitions, period: Period):
    """Petitions received in the period."""
    return petitions.filter(received_at__date__range=(period.first, period.last))


def span(period: Period) -> dict:
    """The period as parameters of the petition list."""
    return {"received_from": period.first.isoformat(), "received_to": period.last.isoformat()}


def before(period: Period) -> Period:
    """What a period is compared with: the month before a month, else as many days before."""
    last = period.first - dt.timedelta(days=1)
    if period.first.day == 1 and period.last == month_end(period.first):
        return Period(last.replace(day=1), last)
    return Period(period.first - dt.timedelta(days=period.days), last)


def counted(queryset, column: str) -> dict:
    """{value of the column: how many}."""
    return dict(queryset.order_by().values_list(column).annotate(Count("pk")))


def by_choice(title: str, header: str, found: dict, choices: Iterable, url: Callable[[object], str], *, zeros=True) -> Table:
    """A table of counts in the order of the choices; values outside of them come last, as 未填.

    zeros  name the choices that nothing falls under
    """
    rows = [(str(label), Number(found.get(value, 0), url(value))) for value, label in choices if zeros or found.get(value)]
    known = {value for value, _label in choices}
    other = sum(count for value, count in found.items() if value not in known)
    if other:
        rows.append((_("未填"), Number(other)))
    rows.append((_("合计"), Number(sum(found.values()))))
    return Table(title, (Column(header, 20), Column(_("数量"), 10, "number")), rows, numbered=False)


LIGHT_COLUMNS = ("green", "yellow", "red")


def by_light(
    title: str, items, *by: str, headers: tuple[Column, ...], names: Callable[[dict], tuple], asked: Callable[[dict], dict]
):
    """应整改、已整改、完成率 and lights, a row for each combination of the columns `by`; with a total when there are several."""
    rows, total = [], dict.fromkeys(("total", "closed", *LIGHT_COLUMNS), 0)
    for row in items.counts_by(*by):
        rows.append((*names(row), *_lights(row, asked(row))))
        total = {name: total[name] + row[name] for name in total}
    if len(rows) > 1:
        rows.append((_("合计"), *[""] * (len(headers) - 1), *_lights(total, None)))
    columns = (
        *headers,
        Column(_("应整改"), 8, "number"),
        Column(_("已整改"), 8, "number"),
        Column(_("完成率"), 8, "percent"),
        Column(_("绿灯"), 6, "number"),
        Column(_("黄灯"), 6, "number"),
        Column(_("红灯"), 6, "number"),
    )
    return Table(title, columns, rows, numbered=False, note=_("已整改指已销号；红灯为超期，黄灯为临近期限。"))


def _lights(row: dict, asked: dict | None) -> tuple:
    def number(name: str, **more) -> Number:
        return Number(row[name], "" if asked is None else address("rectification:items", **asked, **more))

    return (
        number("total"),
        number("closed", state=Item.State.CLOSED),
        share(row["closed"], row["total"]),
        *(number(colour, light=colour) for colour in LIGHT_COLUMNS),
    )
