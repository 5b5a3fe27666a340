"""Counting days the way the rules do (Civil Code art. 201–203): the start day is not counted; a month ends on the day of the same
number or the month's last; a year without a published holiday schedule is counted by the plain week and marked provisional.
"""

import calendar as plain_calendar
import datetime as dt
from dataclasses import dataclass

from .models import CalendarDay, CalendarYear, Unit

ONE_DAY = dt.timedelta(days=1)
MAX_WORKING_DAYS = 2000


@dataclass(frozen=True)
class Due:
    """A computed last day. provisional: days of a year without a published schedule were counted (暂定，节假日未公布)."""

    on: dt.date
    provisional: bool


class Days:
    """The exceptions to the plain week between two dates, read once; ask it about any number of days in between."""

    def __init__(self, first: dt.date, last: dt.date):
        self.kinds = dict(CalendarDay.objects.filter(date__range=(first, last)).values_list("date", "kind"))
        years = range(first.year, last.year + 1)
        self.loaded = set(CalendarYear.objects.filter(year__in=years).values_list("year", flat=True))

    def is_working(self, day: dt.date) -> bool:
        """Whether `day` is worked: the calendar's word if it has one, else Monday to Friday."""
        kind = self.kinds.get(day)
        return day.weekday() < 5 if kind is None else kind == CalendarDay.Kind.WORK

    def next_working(self, day: dt.date) -> dt.date:
        """`day` itself if it is worked, else the first worked day after it."""
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def provisional(self, first: dt.date, last: dt.date) -> bool:
        """Whether any year from `first` to `last` has no published schedule."""
        return any(year not in self.loaded for year in range(first.year, last.year + 1))


def is_working_day(day: dt.date) -> bool:
    """Whether `day` is a working day."""
    return Days(day, day).is_working(day)


def add_working_days(start: dt.date, amount: int) -> Due:
    """The `amount`-th working day after `start` (which is not counted); 0 gives `start`. Raises ValueError outside 0…2000."""
    if not 0 <= amount <= MAX_WORKING_DAYS:
        raise ValueError(f"working days out of range: {amount}")
    # Two calendar days a working day and a month for Spring Festival bound the span, so one read is enough.
    days = Days(start, start + dt.timedelta(days=2 * amount + 31))
    day = start
    while amount:
        day += ONE_DAY
        amount -= days.is_working(day)
    return Due(day, days.provisional(start, day) if day > start else False)


def add_months(start: dt.date, amount: int) -> dt.date:
    """The same day `amount` months later, or that month's last day (31 August + 6 months is 28 or 29 February)."""
    year, month = divmod(start.year * 12 + start.month - 1 + amount, 12)
    return dt.date(year, month + 1, min(start.day, plain_calendar.monthrange(year, month + 1)[1]))


def due(rule: dict, start: dt.date) -> Due:
    """The last day under `rule` ({amount, unit, roll}) counted from `start`."""
    if rule["unit"] == Unit.WORKDAY:
        return add_working_days(start, rule["amount"])
    amount = rule["amount"]
    day = add_months(start, amount) if rule["unit"] == Unit.MONTH else start + dt.timedelta(days=amount)
    if not rule["roll"]:
        return Due(day, False)
    days = Days(day, day + dt.timedelta(days=31))
    worked = days.next_working(day)
    return Due(worked, days.provisional(day, worked))


def before(rule: dict, end: dt.date) -> dt.date:
    """The day `rule`'s amount of calendar days (or months) before `end`, e.g. the petition cut-off before on-site work ends."""
    if rule["unit"] == Unit.MONTH:
        return add_months(end, -rule["amount"])
    return end - dt.timedelta(days=rule["amount"])
