"""What a kind of report is, and which kinds there are. The contents live on the upper floors, named in settings.REPORT_KINDS.

A kind is one function that turns a scope, a period and a user into a `Report`, decorated with what people need to know of it:

    @report_kind("weekly-brief", _("巡察组工作周报"), description=_("一个巡察组一周的受理、转办、问题和期限"), scopes=groups_of)
    def weekly_brief(scope: str, period: Period, user: User) -> Report: ...

`scopes(user)` is the one rule of rights: what it lists now is what the user may order now and, later, still open.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from inspection.documents.content import Report, chinese_date
from inspection.pages.plugs import named

FORMATS = ("pdf", "xlsx")


class Frequency(models.TextChoices):
    """How often a definition is due."""

    NONE = "none", _("不定期")
    WEEKLY = "weekly", _("每周")
    MONTHLY = "monthly", _("每月")


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both included. Raises ValueError when they stand the wrong way round."""

    first: dt.date
    last: dt.date

    def __post_init__(self):
        if self.last < self.first:
            raise ValueError("a period ends before it begins")

    def __str__(self):
        return period_words(self.first, self.last)

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1


def period_words(first: dt.date, last: dt.date) -> str:
    """A period in the active language: 2026年11月, 2026年11月16日至22日, 2026-11-16 – 2026-11-22."""
    whole_month = first.day == 1 and last == month_end(first)
    if not (get_language() or "").startswith("zh"):
        return f"{first:%Y-%m}" if whole_month else f"{first.isoformat()} – {last.isoformat()}"
    if whole_month:
        return f"{first.year}年{first.month}月"
    if first.year != last.year:
        return f"{chinese_date(first)}至{chinese_date(last)}"
    ending = f"{last.day}日" if first.month == last.month else f"{last.month}月{last.day}日"
    return f"{chinese_date(first)}至{ending}"


def month_end(day: dt.date) -> dt.date:
    """The last day of the month of `day`."""
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


@dataclass(frozen=True)
class Scope:
    """What one report is about. `value` is kept in the database: "group:12", "round:3" or "office"; `label` is shown."""

    value: str
    label: str


@dataclass(frozen=True)
class Kind:
    """A kind of report; see the module's docstring.

    code         kept in the database and used by `manage.py run_report`
    scopes       user → the scopes the user has a right to now, computed from roles and appointments; empty for most people
    build        (scope value, period, user) → Report, read with that user's rights, in the active language
    frequency    what a new definition proposes, and the length of a period when none is said
    formats      "pdf" and "xlsx", or one of them
    any_scope    user → whether `scopes` would list any, where that is cheaper to know: every page's menu asks
    page         URL name, taking the code, of a page that shows it with links: ?scope=&first=&last=; empty when there is none
    """

    code: str
    label: str
    description: str
    scopes: Callable[[object], Iterable[Scope]]
    build: Callable[[str, Period, object], Report]
    frequency: str = Frequency.WEEKLY
    formats: tuple[str, ...] = FORMATS
    page: str = ""
    any_scope: Callable[[object], bool] | None = None

    def __post_init__(self):
        if not set(self.formats) <= set(FORMATS) or not self.formats or self.frequency not in Frequency.values:
            raise ValueError(f"report kind {self.code}: unknown format or frequency")

    def page_of(self, scope: str, period: Period) -> str:
        """The page's address for a scope and period; empty when the kind has none."""
        asked = {"scope": scope, "first": period.first.isoformat(), "last": period.last.isoformat()}
        return f"{reverse(self.page, args=[self.code])}?{urlencode(asked)}" if self.page else ""

    def offered_to(self, user) -> bool:
        """Whether the user has a right to any scope now."""
        return any(True for _scope in self.scopes(user)) if self.any_scope is None else self.any_scope(user)

    def scope(self, user, value: str) -> Scope | None:
        """The scope `value` if `user` has a right to it now."""
        return next((scope for scope in self.scopes(user) if scope.value == value), None)


def report_kind(
    code: str, label: str, *, description: str, scopes, any_scope=None, frequency=Frequency.WEEKLY, formats=FORMATS, page=""
):
    """Decorator: make a `Kind` of a build function."""

    def made(build) -> Kind:
        return Kind(code, label, description, scopes, build, frequency, tuple(formats), page, any_scope)

    return made


def all_kinds() -> dict[str, Kind]:
    """Every kind named in settings.REPORT_KINDS, by code, in that order."""
    return {kind.code: kind for kind in named("REPORT_KINDS")}
