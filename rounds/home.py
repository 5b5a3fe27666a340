"""Panels of the work list: rounds on site, authorisations that end soon, requests to overrule a conflict of interest."""

import datetime as dt

from django.db.models import Count, DateField, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspection.pages.home import MAX_ROWS, Panel, Row
from inspection.statements import Given, Prepared
from rounds import access
from rounds.models import Appointment, Assignment, Override, Round
from rounds.queries import standing, today

SOON = dt.timedelta(days=14)


def panels(user) -> list[Panel]:
    """What waits here for `user`."""
    standing(user)  # the roles come with it
    found = []
    if user.has_role("chief"):
        found += _overrides(user)
    configures = access.may_configure(user)
    if configures:
        found += _ending()
    if configures or access.serves(user):
        found += _on_site(user, configures)
    return found


def _running(own):
    """Rounds that run today, with how many units each has that the reader may know of, and how many of them are on site."""
    reader = own.reader()
    units = Q()
    if not access.may_see_structure(reader):
        units = Q(groups__assignments__in=Assignment.objects.visible_to(reader))
    there = units & Q(groups__assignments__state=Assignment.State.ON_SITE)
    return (
        Round.objects.visible_to(reader)
        .filter(starts_on__lte=own.day, ends_on__gte=own.day)
        .annotate(units=Count("groups__assignments", filter=units), there=Count("groups__assignments", filter=there))
        .order_by("ends_on", "pk")
    )


RUNNING = Prepared(_running)


def _on_site(user, configures: bool) -> list[Panel]:
    """Rounds that run today, with the day they are in and how many units are on site."""
    own = standing(user)
    rounds = RUNNING(own)
    if not rounds and not configures:
        return []
    rows = tuple(
        Row(
            round.name,
            round.get_absolute_url(),
            _("第 %(day)s／%(days)s 天，在驻 %(there)s／%(units)s")
            % {"day": round.day(own.day), "days": round.days, "there": round.there, "units": round.units},
        )
        for round in rounds[:MAX_ROWS]
    )
    url = reverse("rounds:list") + "?when=now"
    return [Panel("rounds", _("正在进行的轮次"), len(rounds), url=url, rows=rows, empty=_("今天没有轮次在进行"), order=80)]


def _ends_soon():
    """Appointments that end soon, as seen from a day given, the first to end on top."""
    day, soon = Given("day", DateField()), Given("soon", DateField())
    return (
        Appointment.objects.in_force(day)
        .filter(ends_on__lte=soon)
        .select_related("person", "group")
        .order_by("ends_on", "pk")[: MAX_ROWS + 1]
    )


ENDS_SOON = Prepared(_ends_soon)


def _ending() -> list[Panel]:
    """People whose authorisation ends soon."""
    day = today()
    ending = ENDS_SOON(day=day, soon=day + SOON)
    if not ending:
        return []
    count = len(ending)
    if count > MAX_ROWS:
        count = Appointment.objects.in_force(day).filter(ends_on__lte=day + SOON).count()
    rows = tuple(
        Row(f"{one.person} · {one.group}", one.get_absolute_url(), _left((one.ends_on - day).days), "yellow")
        for one in ending[:MAX_ROWS]
    )
    return [Panel("ending", _("授权即将到期"), count, tone="warning", rows=rows, order=25)]


def _left(days: int) -> str:
    if days == 0:
        return _("今天到期")
    return ngettext("剩 %(days)s 天", "剩 %(days)s 天", days) % {"days": days}


def _overrides(user) -> list[Panel]:
    """Requests that this head of the office may decide."""
    waiting = Override.objects.filter(state=Override.State.REQUESTED).select_related("person", "group")
    mine = [override for override in waiting if access.may_override(user, override)]
    if not mine:
        return []
    rows = tuple(Row(f"{one.person} · {one.group}", one.get_absolute_url()) for one in mine[:MAX_ROWS])
    return [Panel("overrides", _("不回避申请待审批"), len(mine), url=reverse("rounds:overrides"), rows=rows, order=40)]
