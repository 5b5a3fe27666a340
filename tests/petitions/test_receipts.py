"""The days petitions came on are counted beside the register, and the counts are what counting gives."""

import datetime as dt
from collections import Counter

from django.core.management import call_command
from django.utils import timezone

from petitions import home, intake, receipts
from petitions.models import DailyReceipts, Petition
from petitions.workflow import petition as verbs

from .registering import call, petition_in


def kept():
    return sorted(DailyReceipts.objects.exclude(many=0).values_list("assignment", "channel_kind", "day", "many"))


def test_every_way_in_and_a_corrected_day_keep_the_counts_true(world):
    first = call(world)
    call(world), call(world, channel_kind="letter", days_ago=2), call(world, world.assignment_c, by=world.leader2)
    petition_in(world, "handed_up")
    signed = {"receiver_name": "周敏", "handed_on": timezone.localdate(), "received_by": "上级巡视办"}
    sealed = {"by": world.office, "received_at": timezone.now(), "channel_kind": "visit"} | signed
    intake.register_sealed(world.assignment_a, **sealed)
    said = {"channel_kind": "call", "received_at": timezone.now(), "text": "占道"}
    drafts = [intake.prepare(world.assignment_a, subject=subject, **said) for subject in ("一", "二")]
    intake.bulk_register(world.assignment_a, drafts, by=world.leader1)
    assert list(receipts.check()) == [] and sum(row[-1] for row in kept()) == Petition.objects.count() == 8
    moved = verbs.correct(first, by=world.leader1, reason="日期抄错", received_at=first.received_at - dt.timedelta(days=3))
    assert list(receipts.check()) == []
    assert DailyReceipts.objects.get(assignment=first.assignment, channel_kind="call", day=moved.received_on).many == 1


def test_the_chart_is_what_counting_what_one_sees_gives(world):
    """Also for who is kept out of one of a day's petitions, and for who sees one group's only."""
    for days in (0, 0, 13, 14):
        call(world, days_ago=days)
    call(world, channel_kind="letter", persons=[{"name": "组长一"}], by=world.office)
    call(world, persons=[{"name": "组长一"}], by=world.office)
    call(world, world.assignment_c, by=world.leader2)
    last = timezone.localdate()
    for name in ("leader1", "leader2", "deputy1", "office"):
        user = getattr(world, name)
        visible = Petition.objects.visible_to(user).received(first=last - dt.timedelta(days=13))
        expected = Counter((petition.get_channel_kind_display(), petition.received_on) for petition in visible)
        chart = next(panel.chart for panel in home.panels(user) if panel.key == "petitions-trend")
        days = [last - dt.timedelta(days=back) for back in reversed(range(14))]
        assert chart["categories"] == [f"{day.month}-{day.day}" for day in days]
        drawn = {(line["name"], day): many for line in chart["series"] for day, many in zip(days, line["values"], strict=True)}
        assert {place: many for place, many in drawn.items() if many} == expected and min(drawn.values()) == 0


def test_what_differs_is_said_and_counted_anew(world):
    call(world), call(world, days_ago=4)
    whole = kept()
    DailyReceipts.objects.filter(day=timezone.localdate() - dt.timedelta(days=4)).update(many=7)
    DailyReceipts.objects.create(assignment=world.assignment_c, channel_kind="sms", day=timezone.localdate(), many=1)
    said = list(receipts.check())
    assert len(said) == 1 and " 2 " in said[0]
    call_command("recount", verbosity=0)
    assert kept() == whole and list(receipts.check()) == []
