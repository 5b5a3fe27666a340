"""Petitions for tests, born the way every petition is."""

import datetime as dt

from django.utils import timezone

from petitions import intake
from petitions.models import Petition
from petitions.workflow import petition as verbs
from petitions.workflow.transfer import transfer

ANSWER = {"date": timezone.localdate(), "text": "已办理。"}


def call(world, assignment=None, *, by=None, days_ago=0, **facts) -> Petition:
    """A call about unit_a taken by member1, `days_ago`, with any argument of `intake.register` replaced."""
    given = {
        "channel_kind": "call",
        "received_at": timezone.now() - dt.timedelta(days=days_ago),
        "subject": "集镇占道经营",
        "text": "集镇主街占道经营长期无人管理。",
    } | facts
    return intake.register(assignment or world.assignment_a, by=by or world.member1, **given)


def petition_in(world, state: str, **facts) -> Petition:
    """A petition about unit_a that got to `state` by its verbs, with all right given, seen with fresh eyes."""
    petition = call(world, **facts)
    for step in {
        "registered": [],
        "accepted": [accept],
        "checking": [accept, lambda w, p: verbs.check(p, by=w.member1)],
        "transferred": [pass_on],
        "handed_up": [hand_up],
        "repeat": [lambda w, p: verbs.link_repeat(p, by=w.leader1, first=call(w))],
        "filed": [lambda w, p: verbs.file(p, by=w.leader1, reason="无可查线索")],
        "concluded": [accept, lambda w, p: verbs.conclude(p, by=w.leader1, outcome="closed", reason="了结")],
    }[state]:
        step(world, petition)
    return Petition.objects.get(pk=petition.pk)


def accept(world, petition):
    """Accepted by the leader."""
    return verbs.accept(petition, by=world.leader1, discipline="work")


def pass_on(world, petition):
    """Passed on to the petition bureau; the slip."""
    return transfer(petition, by=world.leader1, receiver=world.agency, extract="反映集镇管理。", sent_on=timezone.localdate())


def hand_up(world, petition):
    """Handed up to a superior."""
    return verbs.hand_up(
        petition, by=world.leader1, receiver_name="市委巡察办", handed_on=timezone.localdate(), received_by="王某"
    )
