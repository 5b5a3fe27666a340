"""Panels of the work list: rounds on site, authorisations that end soon, requests to overrule a conflict of interest."""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspection.pages.home import MAX_ROWS, Panel, Row
from rounds import access
from rounds.models import Appointment, Assignment, Override, Round
from rounds.queries import today

SOON = dt.timedelta(days=14)


def panels(user) -> list[Panel]:
    """What waits here for `user`."""
    found = []
    if access.may_configure(user):
        found += [*_overrides(user), *_ending()]
    if access.may_configure(user) or access.serves(user):
        found += _on_site(user)
    return found


def _on_site(user) -> list[Panel]:
    """Rounds that run today, with the day they are in and how many units are on site."""
    day = today()
    rounds = list(Round.objects.visible_to(user).filter(starts_on__lte=day, ends_on__gte=day).order_by("ends_on", "pk"))
    if not rounds and not access.may_configure(user):
        return []
    states = Assignment.objects.visible_to(user).filter(group__round__in=rounds).values_list("group__round", "state")
    units: dict[int, list[str]] = {}
    for round, state in states:
        units.setdefault(round, []).append(state)
    rows = tuple(
        Row(
            round.name,
            round.get_absolute_url(),
            _("第 %(day)s／%(days)s 天，在驻 %(there)s／%(units)s")
            % {
                "day": round.day(day),
                "days": round.days,
                "there": units.get(round.pk, []).count(Assignment.State.ON_SITE),
                "units": len(units.get(round.pk, [])),
            },
        )
        for round in rounds[:MAX_ROWS]
    )
    url = reverse("rounds:list") + "?when=now"
    return [Panel("rounds", _("正在进行的轮次"), len(rounds), url=url, rows=rows, empty=_("今天没有轮次在进行"), order=80)]


def _ending() -> list[Panel]:
    """People whose authorisation ends soon."""
    day = today()
    ending = Appointment.objects.in_force().filter(ends_on__lte=day + SOON)
    count = ending.count()
    if not count:
        return []
    rows = tuple(
        Row(f"{one.person} · {one.group}", one.get_absolute_url(), _left((one.ends_on - day).days), "yellow")
        for one in ending.select_related("person", "group").order_by("ends_on", "pk")[:MAX_ROWS]
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
