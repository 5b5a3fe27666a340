"""When a definition is due: pure arithmetic on dates in local time. Nothing here writes."""

import datetime as dt

from django.utils import timezone

from .kinds import Frequency, Period, month_end

CATCH_UP = 3  # periods; a worker that was away for half a year must not print 26 briefs on its return


def due_periods(definition, now: dt.datetime) -> list[Period]:
    """The periods whose moment of production lies after `definition.active_since` and not after `now`: at most the newest
    CATCH_UP, oldest first. Whether one was produced already is not asked here.
    """
    if not definition.active or definition.frequency == Frequency.NONE:
        return []
    found, day = [], _local(now).date()
    while len(found) < CATCH_UP:
        day = _production_day_until(definition, day)
        moment = _moment(definition, day)
        if moment <= definition.active_since:
            break
        if moment <= now:
            found.append(last_complete(definition.frequency, day))
        day -= dt.timedelta(days=1)
    return found[::-1]


def next_moment(definition, now: dt.datetime) -> dt.datetime | None:
    """When the definition will be due next; None when it never is by itself."""
    if not definition.active or definition.frequency == Frequency.NONE:
        return None
    day = _local(now).date()
    for ahead in range(63):  # two months always hold a production day
        candidate = day + dt.timedelta(days=ahead)
        moment = _moment(definition, candidate)
        if _is_production_day(definition, candidate) and moment > now:
            return moment
    return None


def last_complete(frequency: str, day: dt.date) -> Period:
    """The period that ended before `day`: the month before (monthly), else the seven days up to yesterday."""
    if frequency == Frequency.MONTHLY:
        last = day.replace(day=1) - dt.timedelta(days=1)
        return Period(last.replace(day=1), last)
    return Period(day - dt.timedelta(days=7), day - dt.timedelta(days=1))


def around(frequency: str, day: dt.date) -> Period:
    """The period that holds `day`: its calendar month (monthly), else its week from Monday to Sunday."""
    if frequency == Frequency.MONTHLY:
        return Period(day.replace(day=1), month_end(day))
    monday = day - dt.timedelta(days=day.weekday())
    return Period(monday, monday + dt.timedelta(days=6))


def _local(moment: dt.datetime) -> dt.datetime:
    return timezone.localtime(moment, timezone.get_default_timezone())


def _moment(definition, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, definition.at, tzinfo=timezone.get_default_timezone())


def _is_production_day(definition, day: dt.date) -> bool:
    if definition.frequency == Frequency.WEEKLY:
        return day.weekday() == definition.weekday
    return day.day == min(definition.day_of_month, month_end(day).day)


def _production_day_until(definition, day: dt.date) -> dt.date:
    """The newest production day not after `day`."""
    while not _is_production_day(definition, day):
        day -= dt.timedelta(days=1)
    return day
