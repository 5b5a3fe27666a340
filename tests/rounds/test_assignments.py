"""Giving units to groups, numbers, cut-offs, and every step of a unit through the round with the people who may take it."""

import datetime as dt
import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from inspection.trail.models import Entry
from inspection.workflow import StepRefused, available
from rounds import workflow
from rounds.conflicts import Conflicted
from rounds.models import Assignment, Person, Unit
from rounds.workflow import ASSIGNMENT, assign, edit_assignment, plan_round, start_round
from tests.cast import appoint

State = Assignment.State


def day(offset=0):
    return timezone.localdate() + dt.timedelta(days=offset)


@pytest.fixture
def units(world):
    return [Unit.objects.create(code=f"N-{n}", name=f"新单位{n}", category=world.unit_a.category) for n in range(4)]


def given(group, unit, world, **options):
    return assign(group, unit, by=world.office, **{"onsite_from": day(-5), "onsite_to": day(30)} | options)


def test_numbers_are_places_in_the_group_without_gaps(world, units):
    assert given(world.group1, units[0], world).number == "T01-1-03"
    with pytest.raises(RuntimeError), transaction.atomic():
        given(world.group1, units[1], world)
        raise RuntimeError("something else of the same transaction fails")
    assert given(world.group2, units[1], world).number == "T01-2-02"
    assert given(world.group1, units[2], world).number == "T01-1-04"
    numbers = Assignment.objects.filter(group=world.group1).values_list("number", flat=True)
    assert sorted(int(re.search(r"\d+$", number).group()) for number in numbers) == [1, 2, 3, 4]


def test_a_unit_is_inspected_once_in_a_round(world, units):
    given(world.group1, units[0], world)
    for group in (world.group1, world.group2):
        with pytest.raises(ValidationError, match="本轮已安排该单位"):
            given(group, units[0], world)
    assert Assignment.objects.filter(unit=units[0]).count() == 1
    assert Entry.objects.filter(verb="assign").count() == 1


def test_the_cutoff_comes_from_the_frozen_rules(world, units):
    assert given(world.group1, units[0], world, onsite_to=dt.date(2026, 12, 30)).cutoff_on == dt.date(2026, 12, 23)
    assert given(world.group1, units[1], world, cutoff_on=day(10)).cutoff_on == day(10)
    with pytest.raises(ValidationError) as refused:
        given(world.group1, units[2], world, cutoff_on=day(31))
    assert "cutoff_on" in refused.value.message_dict


def test_before_the_start_the_cutoff_waits_for_the_rules(world, units):
    fields = {"term": world.round.term, "profile": world.round.profile, "starts_on": day(10), "ends_on": day(70)}
    planned = plan_round(by=world.admin, name="下一轮", code="T02", sequence=2, kind="regular", **fields)
    group = workflow.add_group(planned, by=world.admin, number=1, name="第一巡察组")
    waiting = assign(group, units[0], by=world.admin, onsite_from=day(10), onsite_to=day(70))
    told = assign(group, units[1], by=world.admin, onsite_from=day(10), onsite_to=day(70), cutoff_on=day(60))
    assert waiting.cutoff_on is None
    planned.profile.rules.filter(key="petition.cutoff").update(amount=5)
    start_round(planned, by=world.admin)
    waiting.refresh_from_db()
    told.refresh_from_db()
    assert (waiting.cutoff_on, told.cutoff_on) == (day(65), day(60))
    planned.profile.rules.filter(key="petition.cutoff").update(amount=9)
    later = assign(group, units[2], by=world.admin, onsite_from=day(10), onsite_to=day(70))
    assert later.cutoff_on == day(65)


def test_what_cannot_be_assigned(world, units):
    with pytest.raises(PermissionDenied):
        assign(world.group1, units[0], by=world.leader1, onsite_from=day(), onsite_to=day(1))
    with pytest.raises(ValidationError, match="离驻"):
        given(world.group1, units[0], world, onsite_from=day(5), onsite_to=day(1))
    with pytest.raises(ValidationError, match="通知"):
        given(world.group1, units[0], world, notice_on=day(9))
    units[1].abolished_on = world.round.starts_on
    units[1].save()
    with pytest.raises(ValidationError, match="承接单位"):
        given(world.group1, units[1], world)
    assert Assignment.objects.filter(unit__in=units).count() == 0


def test_a_unit_is_not_given_to_a_group_with_somebody_in_conflict(world, units):
    member = world.member1.person
    member.employer = units[0]
    member.save()
    with pytest.raises(Conflicted, match="组员一：现工作单位就是新单位0"):
        given(world.group1, units[0], world)
    given(world.group2, units[0], world)


def test_editing_moves_dates_and_exchanges_the_unit_only_at_first(world, units):
    planned = given(world.group1, units[0], world)
    changed = edit_assignment(planned, by=world.office, onsite_from=day(-3), onsite_to=day(20), unit=units[1], seen=1)
    assert (changed.unit, changed.number, changed.cutoff_on, changed.version) == (units[1], "T01-1-03", day(13), 2)
    with pytest.raises(StepRefused):
        edit_assignment(changed, by=world.office, onsite_from=day(), onsite_to=day(9), seen=1)
    with pytest.raises(ValidationError):
        edit_assignment(changed, by=world.office, onsite_from=day(9), onsite_to=day(8), seen=2)
    with pytest.raises(ValidationError, match="不能再换单位"):
        edit_assignment(world.assignment_a, by=world.office, onsite_from=day(), onsite_to=day(9), unit=units[3])
    with pytest.raises(ValidationError, match="本轮已安排"):
        edit_assignment(changed, by=world.office, onsite_from=day(), onsite_to=day(9), unit=world.unit_c)
    assert Entry.objects.filter(verb="edit").count() == 1


def test_the_whole_way(world, units):
    unit = given(world.group1, units[0], world)
    workflow.prepare(unit, by=world.office)
    workflow.enter(unit, by=world.leader1, date=day(-2))
    assert (unit.state, unit.onsite_from, unit.day(day())) == (State.ON_SITE, day(-2), 3)
    workflow.leave(unit, by=world.deputy1, date=day())
    assert (unit.onsite_to, unit.cutoff_on) == (day(), day())  # left before the planned cut-off
    workflow.report(unit, by=world.office, date=day())
    workflow.feed_back(unit, by=world.office, date=day())
    assert (unit.state, unit.feedback_on) == (State.RECTIFYING, day())
    workflow.follow_up(unit, by=world.office)
    workflow.archive(unit, by=world.office)
    assert not Assignment.objects.cases_visible_to(world.leader1).filter(pk=unit.pk).exists()
    verbs = list(Entry.objects.about(unit).values_list("verb", flat=True))
    assert verbs == ["assign", "prepare", "enter", "leave", "report", "feed_back", "follow_up", "archive"]


def test_preparation_waits_for_the_start_of_the_round(world, units):
    unit = given(world.group1, units[0], world)
    world.round.started_at = None
    world.round.save()
    unit.refresh_from_db()
    with pytest.raises(ValidationError, match="尚未启动"):
        workflow.prepare(unit, by=world.office)


@pytest.mark.parametrize(
    ("state", "verb", "offset"),
    [
        ("preparing", "enter", 1),
        ("preparing", "enter", 41),
        ("onsite", "leave", 1),
        ("onsite", "leave", -21),
        ("reporting", "report", 1),
    ],
)
def test_dates_that_cannot_be(world, state, verb, offset):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state=state)
    world.assignment_a.refresh_from_db()
    with pytest.raises(ValidationError) as refused:
        getattr(workflow, verb)(world.assignment_a, by=world.office, date=day(offset))
    assert "date" in refused.value.message_dict
    world.assignment_a.refresh_from_db()
    assert world.assignment_a.state == state


@pytest.mark.parametrize("verb", ["enter", "leave", "report", "feed_back"])
def test_a_step_with_a_date_needs_it(world, verb):
    sources = {"enter": "preparing", "leave": "onsite", "report": "reporting", "feed_back": "feedback"}
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state=sources[verb])
    world.assignment_a.refresh_from_db()
    with pytest.raises(ValidationError):
        getattr(workflow, verb)(world.assignment_a, by=world.office, date=None)


OFFICE = {"office", "office2", "chief"}
LEADING = OFFICE | {"leader1", "deputy1"}
WHO = {
    "planned": {"prepare": OFFICE},
    "preparing": {"enter": LEADING, "reopen": {"chief"}},
    "onsite": {"leave": LEADING, "reopen": {"chief"}},
    "reporting": {"report": OFFICE, "reopen": {"chief"}},
    "feedback": {},
    "rectifying": {"follow_up": OFFICE},
    "following": {"archive": OFFICE, "reopen": {"chief"}},
    "archived": {},
}
CAST = [
    "admin",
    "secadmin",
    "auditor",
    "office",
    "office2",
    "chief",
    "custodian",
    "outsider",
    "leader1",
    "deputy1",
    "coordinator1",
    "member1",
    "recused1",
    "expired_leader",
    "leader2",
    "member2",
    "liaison_a",
]


@pytest.mark.parametrize("state", State.values)
def test_who_may_take_what(world, state):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state=state)
    for name in CAST:
        unit = Assignment.objects.get(pk=world.assignment_a.pk)
        offered = {step.verb for step in available(ASSIGNMENT, unit, getattr(world, name))}
        assert offered == {verb for verb, people in WHO[state].items() if name in people}, name


def test_office_staff_recused_from_the_unit_take_no_step(world):
    own = Person.objects.create(name="办公室甲", code="P-300", user=world.office)
    workflow.declare_recusal(own, world.unit_a, by=world.office, ground="relative")
    assert available(ASSIGNMENT, world.assignment_a, world.office) == []
    assert [step.verb for step in available(ASSIGNMENT, world.assignment_b, world.office)] == ["leave"]
    with pytest.raises(PermissionDenied):
        workflow.leave(world.assignment_a, by=world.office, date=day())


@pytest.mark.parametrize(
    ("state", "back"), [("preparing", "planned"), ("onsite", "preparing"), ("reporting", "onsite"), ("following", "rectifying")]
)
def test_reopening_goes_one_stage_back_with_a_reason(world, state, back):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state=state)
    world.assignment_a.refresh_from_db()
    with pytest.raises(ValidationError):
        workflow.reopen(world.assignment_a, by=world.chief, reason="")
    workflow.reopen(world.assignment_a, by=world.chief, reason="误操作")
    assert world.assignment_a.state == back
    entry = Entry.objects.about(world.assignment_a).last()
    assert (entry.from_state, entry.to_state, entry.note_text) == (state, back, "误操作")


@pytest.mark.parametrize("state", ["planned", "feedback", "rectifying", "archived"])
def test_what_cannot_be_reopened(world, state):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state=state)
    world.assignment_a.refresh_from_db()
    with pytest.raises(StepRefused):
        workflow.reopen(world.assignment_a, by=world.chief, reason="误操作")


def test_a_step_taken_twice_leaves_one_entry(world):
    workflow.leave(world.assignment_a, by=world.office, date=day(), seen=1)
    stale = Assignment.objects.get(pk=world.assignment_a.pk)
    with pytest.raises(StepRefused):
        workflow.leave(stale, by=world.office2, date=day(), seen=1)
    assert Entry.objects.about(stale).filter(verb="leave").count() == 1


def test_a_group_has_its_people_told(world):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state="preparing")
    world.assignment_a.refresh_from_db()
    appoint(world.group1, world.outsider, by=world.admin)
    workflow.enter(world.assignment_a, by=world.leader1, date=day())
    told = set(workflow.assignment.people.holders(world.assignment_a).values_list("username", flat=True))
    assert "outsider" in told and "recused1" not in told and "expired_leader" not in told
