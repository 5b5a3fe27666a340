"""Loading a year's holiday schedule: from the packages that carry it, or from the official list an administrator enters."""

import datetime as dt

import chinese_calendar
import holidays
from django.db import transaction

from .models import CalendarDay, CalendarYear


def packaged_years() -> range:
    """The years for which `chinesecalendar` carries official data."""
    years = [day.year for day in chinese_calendar.holidays]
    return range(min(years), max(years) + 1)


def packaged_days(year: int) -> dict[dt.date, tuple[str, str]]:
    """Days of `year` that depart from the plain week: {date: (kind, name)}. Raises NotImplementedError for a year without data.

    Each day is asked of `chinesecalendar`; `holidays` must agree, except where it is known to be wrong (2005-12-31).
    """
    names = holidays.country_holidays("CN", years=year, language="zh_CN")
    days = {}
    day = dt.date(year, 1, 1)
    while day.year == year:
        worked = chinese_calendar.is_workday(day)
        if worked != (day.weekday() < 5):
            kind = CalendarDay.Kind.WORK if worked else CalendarDay.Kind.REST
            days[day] = (kind, "" if worked else names.get(day, ""))
        day += dt.timedelta(days=1)
    return days


@transaction.atomic
def load_year(year: int, days: dict[dt.date, tuple[str, str]], source: str) -> int:
    """Replace the schedule of `year` by `days` ({date: (kind, name)}), mark the year published, return the count of days."""
    if any(day.year != year for day in days):
        raise ValueError(f"a day outside {year} in its schedule")
    CalendarDay.objects.filter(date__year=year).delete()
    CalendarDay.objects.bulk_create(
        CalendarDay(date=day, kind=kind, name=name[:60], source=source) for day, (kind, name) in sorted(days.items())
    )
    CalendarYear.objects.update_or_create(year=year, defaults={"source": source})
    return len(days)
