"""The verbs of the clue: proposed by the group, approved by another, handed over under the rule, followed to its answer."""

import calendar
import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from inspection.calendar.days import due
from inspection.outbox.models import Message
from inspection.trail.models import Entry
from inspection.workflow import StepRefused, available
from petitions.models import Agency, Exclusion, Petition
from rectification import numbering
from rectification.models import Clue, Finding
from rectification.workflow import clue as verbs
from rectification.workflow import finding as papers
from rectification.workflow.machines import CLUE
from rounds.models import Appointment, Assignment, Recusal
from tests.cast import appoint, make_user
from tests.rectification.letters import petition
from tests.rectification.papers import signed_paper

State = Clue.State
TODAY = timezone.localdate()
SAID = {"name": "钱某某", "post": "副局长", "matter": "在2025年接待中超标准列支"}


def propose(world, assignment=None, by=None, **changes) -> Clue:
    facts = {"receiver": world.discipline_body, "level": "county", "discipline": "integrity"} | SAID | changes
    return verbs.propose(assignment or world.assignment_a, by=by or world.leader1, **facts)


def handed_over(world, date=TODAY, **changes) -> Clue:
    clue = verbs.approve(propose(world, **changes), by=world.chief)
    return verbs.hand_over(clue, by=world.office, date=date)


def test_a_clue_is_numbered_sealed_indexed_and_on_record(world):
    clue = propose(world)
    assert clue.number == f"T01-XS-{TODAY.year}-001"
    assert (clue.state, clue.opened()) == (State.PROPOSED, SAID)
    assert list(Clue.objects.search("钱某某")) == [clue]
    entry = Entry.objects.about(clue).get()
    assert (entry.verb, entry.facts["source"]) == ("propose", "group")
    assert "钱某某" not in str(entry.facts)
    assert propose(world, world.assignment_c, world.leader2).number == f"T01-XS-{TODAY.year}-002"
    assert list(numbering.check()) == []


@pytest.mark.parametrize("changes", [{"name": " "}, {"matter": ""}, {"matter": "事" * 8001}, {"name": "名" * 61}])
def test_who_and_what_are_required_and_bounded(world, changes):
    with pytest.raises(ValidationError) as refused:
        propose(world, **changes)
    assert set(refused.value.message_dict) == set(changes)
    assert Clue.objects.count() == 0


def test_the_leaders_propose_and_nobody_else(world):
    for person in (world.member1, world.coordinator1, world.office, world.chief, world.leader2, world.expired_leader):
        with pytest.raises(PermissionDenied):
            propose(world, by=person)
    assert propose(world, by=world.deputy1).proposed_by == world.deputy1
    world.assignment_a.state = Assignment.State.PREPARING
    with pytest.raises(PermissionDenied):
        propose(world)


def test_a_double_hand_over_needs_two_different_receivers(world):
    organisation = Agency.objects.create(name="县委组织部", kind=Agency.Kind.ORGANISATION)
    for wrong in (
        {"mode": "double"},
        {"mode": "double", "second_receiver": world.discipline_body},
        {"mode": "single", "second_receiver": organisation},
    ):
        with pytest.raises(ValidationError) as refused:
            propose(world, **wrong)
        assert set(refused.value.message_dict) == {"second_receiver"}
    clue = propose(world, mode="double", second_receiver=organisation)
    assert clue.second_receiver == organisation
    for column in ({"second_receiver": None}, {"second_receiver": clue.receiver}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Clue.objects.filter(pk=clue.pk).update(**column)


def test_a_source_petition_is_of_the_unit_and_in_sight(world):
    assert propose(world, petition=petition(world)).petition is not None
    for strange in (
        petition(world, world.assignment_b),
        petition(world, names=[world.leader1]),
        petition(world, state=Petition.State.HANDED_UP),
    ):
        with pytest.raises(ValidationError) as refused:
            propose(world, petition=strange)
        assert set(refused.value.message_dict) == {"petition"}


def test_a_paper_becomes_a_clue_only_through_its_own_step(world):
    paper = signed_paper(world, world.assignment_a)
    with pytest.raises(ValidationError):
        propose(world, finding=paper)
    papers.to_clue(paper, by=world.leader1, receiver=world.discipline_body, level="county", discipline="integrity", **SAID)
    with pytest.raises(ValidationError):
        propose(world, finding=paper)


def test_another_person_approves(world):
    both = make_user("both", "副组长兼负责人", "chief")
    appoint(world.group1, both, Appointment.Post.DEPUTY, by=world.admin)
    clue = propose(world, by=both)
    for person in (both, world.office, world.leader1, world.member1, world.admin):
        with pytest.raises(PermissionDenied):
            verbs.approve(clue, by=person)
        assert "approve" not in [step.verb for step in available(CLUE, clue, person)]
    with pytest.raises(DatabaseError), transaction.atomic():
        Clue.objects.filter(pk=clue.pk).update(approved_by=both)
    assert verbs.approve(clue, by=world.chief).approved_by == world.chief
    assert Entry.objects.about(clue).filter(verb="approve").count() == 1


def test_withdrawn_it_gives_its_paper_back(world):
    paper = signed_paper(world, world.assignment_a)
    facts = {"receiver": world.discipline_body, "level": "county", "discipline": "integrity"} | SAID
    clue = papers.to_clue(paper, by=world.leader1, **facts)
    with pytest.raises(ValidationError):
        verbs.withdraw(clue, by=world.chief, reason="")
    paper.refresh_from_db()
    assert paper.state == Finding.State.CLUE
    verbs.approve(clue, by=world.chief)
    verbs.withdraw(clue, by=world.chief, reason="没有可查性")
    paper.refresh_from_db()
    assert (clue.state, clue.approved_by, paper.state) == (State.WITHDRAWN, None, Finding.State.SIGNED)
    assert available(CLUE, clue, world.chief) == []
    second = papers.to_clue(paper, by=world.leader1, **facts)
    assert set(paper.clues.all()) == {clue, second}


def due_under(rule: dict, date: dt.date) -> dt.date:
    """The plain rule for months, written a second time: the same day of the month, or the month's last."""
    month = date.month - 1 + rule["amount"]
    year, month = date.year + month // 12, month % 12 + 1
    return dt.date(year, month, min(date.day, calendar.monthrange(year, month)[1]))


@given(st.dates(dt.date(2015, 1, 1), dt.date(2030, 12, 31)))
def test_the_reply_is_due_three_months_later_whatever_the_month_ends_on(date):
    rule = {"amount": 3, "unit": "month", "roll": False}
    assert due(rule, date).on == due_under(rule, date)


@pytest.mark.parametrize(
    ("start", "end"), [("2024-11-30", "2025-02-28"), ("2024-11-29", "2025-02-28"), ("2023-11-30", "2024-02-29")]
)
def test_month_ends(world, start, end):
    clue = handed_over(world, dt.date.fromisoformat(start))
    assert clue.reply_due == dt.date.fromisoformat(end)
    assert Clue.objects.overdue(clue.reply_due).count() == 0
    assert list(Clue.objects.overdue(clue.reply_due + dt.timedelta(days=1))) == [clue]


def test_the_rule_is_the_one_frozen_in_the_round(world):
    world.round.profile.rules.filter(key="clue.reply").update(amount=9)
    assert handed_over(world, dt.date(2025, 1, 15)).reply_due == dt.date(2025, 4, 15)
    world.round.rules["clue.reply"] = {"amount": 15, "unit": "workday", "roll": False, "source": "本地规定"}
    world.round.save(update_fields=["rules"])
    assignment = Assignment.objects.get(pk=world.assignment_b.pk)
    clue = verbs.approve(propose(world, assignment), by=world.chief)
    verbs.hand_over(clue, by=world.office, date=dt.date(2025, 1, 20))
    assert clue.reply_due == dt.date(2025, 2, 14)
    del world.round.rules["clue.reply"]
    world.round.save(update_fields=["rules"])
    clue = verbs.approve(propose(world, Assignment.objects.get(pk=world.assignment_b.pk)), by=world.chief)
    with pytest.raises(ValidationError) as refused:
        verbs.hand_over(clue, by=world.office, date=TODAY)
    assert set(refused.value.message_dict) == {"date"}


def test_the_whole_way_to_the_answer(world):
    clue = handed_over(world, TODAY - dt.timedelta(days=9))
    verbs.receive(clue, by=world.office, date=TODAY - dt.timedelta(days=8), received_by="周干事")
    verbs.handle(clue, by=world.office, handling="preliminary")
    verbs.handle(clue, by=world.office2, handling="case")
    with pytest.raises(ValidationError):
        verbs.handle(clue, by=world.office, handling="case")
    with pytest.raises(ValidationError):
        verbs.conclude(clue, by=world.office, reason="  ")
    verbs.conclude(clue, by=world.office, reason="给予党内警告处分")
    assert (clue.state, clue.handling, clue.result_text) == (State.CONCLUDED, "case", "给予党内警告处分")
    verbs.feed_back(clue, by=world.office, date=TODAY)
    clue.refresh_from_db()
    assert (clue.state, clue.replied_on, clue.due_on, clue.late) == (State.FED_BACK, TODAY, None, False)
    told = [entry.verb for entry in Entry.objects.about(clue)]
    assert told == ["propose", "approve", "hand_over", "receive", "handle", "handle", "conclude", "feed_back"]
    assert "警告" not in str(list(Entry.objects.about(clue).values()))
    codes = {(m.payload["code"], m.payload["user"]) for m in Message.objects.all()}
    assert codes == {
        ("clue_to_approve", world.chief.pk),
        ("clue_to_hand_over", world.office.pk),
        ("clue_to_hand_over", world.office2.pk),
        ("clue_handed_over", world.leader1.pk),
        ("clue_fed_back", world.leader1.pk),
    }


@pytest.mark.parametrize("handling", ["received", "proposed", "concluded", "", "nonsense"])
def test_only_the_six_ways_of_handling(world, handling):
    clue = handed_over(world)
    verbs.receive(clue, by=world.office, date=TODAY, received_by="周干事")
    with pytest.raises(ValidationError):
        verbs.handle(clue, by=world.office, handling=handling)


def test_dates_follow_each_other_and_none_lies_ahead(world):
    tomorrow, yesterday = TODAY + dt.timedelta(days=1), TODAY - dt.timedelta(days=1)
    clue = verbs.approve(propose(world), by=world.chief)
    for date in (tomorrow, None):
        with pytest.raises(ValidationError):
            verbs.hand_over(clue, by=world.office, date=date)
    verbs.hand_over(clue, by=world.office, date=TODAY)
    for date in (yesterday, tomorrow, None):
        with pytest.raises(ValidationError) as refused:
            verbs.receive(clue, by=world.office, date=date, received_by="周干事")
        assert set(refused.value.message_dict) == {"date"}
    with pytest.raises(ValidationError):
        verbs.receive(clue, by=world.office, date=TODAY, received_by=" ")
    verbs.receive(clue, by=world.office, date=TODAY, received_by="周干事")
    verbs.conclude(verbs.handle(clue, by=world.office, handling="dismissed"), by=world.office, reason="查否")
    clue.refresh_from_db()
    with pytest.raises(ValidationError):
        verbs.feed_back(clue, by=world.office, date=yesterday)


def test_taken_twice_or_from_a_stale_page_is_refused_and_recorded_once(world):
    clue = propose(world)
    seen = clue.version
    verbs.approve(clue, by=world.chief, seen=seen)
    with pytest.raises(StepRefused):
        verbs.approve(clue, by=world.chief, seen=seen)
    with pytest.raises(StepRefused):
        verbs.hand_over(clue, by=world.office, date=TODAY, seen=seen)
    assert Entry.objects.about(clue).filter(verb="approve").count() == 1
    assert Clue.objects.get(pk=clue.pk).handed_over_on is None


def test_whom_a_source_petition_names_neither_sees_nor_moves_the_clue_nor_hears_of_it(world):
    chief2 = make_user("chief2", "负责人二", "chief")
    letter = petition(world, names=[world.chief, world.office])
    clue = propose(world, petition=letter)
    assert not Clue.objects.visible_to(world.chief).exists()
    assert Clue.objects.visible_to(chief2).get() == clue
    with pytest.raises(PermissionDenied):
        verbs.approve(clue, by=world.chief)
    verbs.approve(clue, by=chief2)
    with pytest.raises(PermissionDenied):
        verbs.hand_over(clue, by=world.office, date=TODAY)
    assert not Message.objects.filter(payload__user__in=[world.chief.pk, world.office.pk]).exists()


def test_the_same_holds_when_the_clue_came_by_way_of_a_paper(world):
    paper = signed_paper(world, world.assignment_a)
    letter = petition(world)
    paper.source_links.create(petition=letter)
    clue = papers.to_clue(paper, by=world.leader1, receiver=world.discipline_body, level="county", discipline="integrity", **SAID)
    assert Clue.objects.visible_to(world.office).exists()
    Exclusion.objects.create(petition=letter, user=world.office, ground=Exclusion.Ground.RELATIVE)
    office = type(world.office).objects.get(pk=world.office.pk)
    assert not Clue.objects.visible_to(office).exists()
    assert available(CLUE, verbs.approve(clue, by=world.chief), office) == []


def test_who_sees_clues(world):
    propose(world)
    sees = {"office", "office2", "chief", "leader1", "deputy1", "coordinator1", "member1"}
    cast = {name: person for name, person in vars(world).items() if type(person) is type(world.office)}
    assert {name for name, person in cast.items() if Clue.objects.visible_to(person).exists()} == sees
    Recusal.objects.create(
        person=world.member1.person, unit=world.unit_a, ground=Recusal.Ground.RELATIVE, declared_by=world.member1
    )
    assert not Clue.objects.visible_to(world.member1).exists()
