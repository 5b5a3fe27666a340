"""Telling a story in its own time."""

import datetime as dt
from contextlib import contextmanager
from unittest import mock

from django.utils import timezone


@contextmanager
def at(day: dt.date, hour: int = 9, minute: int = 0):
    """Let the verbs inside believe that it is this hour of `day` (or now, should that be still to come).

    Only the demonstration does this: its history would otherwise all happen within one second, and no list, deadline or report
    over it would look like an office's.
    """
    now = timezone.now()
    moment = min(timezone.make_aware(dt.datetime.combine(day, dt.time(hour, minute))), now)
    with mock.patch("django.utils.timezone.now", return_value=moment):
        yield moment
