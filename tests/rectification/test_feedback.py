"""Feedback: rests on used papers, approved by a second person, given separately to the body and to its head."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from inspection.workflow import StepRefused
from rectification.models import Feedback, Finding, Item
from rectification.workflow import feedback as verbs
from rectification.workflow import item as items
from rounds.models import Assignment
from tests.rectification.papers import used_paper

To = Feedback.To
TEXT = {"overall": "总体评价", "problems": "存在的主要问题", "suggestions": "意见建议", "demands": "两个月内报送整改报告"}


@pytest.fixture
def assignment(world):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state=Assignment.State.FEEDING_BACK)
    world.assignment_a.refresh_from_db()
    return world.assignment_a


def drafted(world, assignment, to=To.BODY, by=None, **parts):
    return verbs.draft(assignment, by=by or world.office, to=to, **(TEXT | parts))


def delivered(world, assignment, to, on):
    feedback = verbs.approve(drafted(world, assignment, to), by=world.chief)
    return verbs.deliver(feedback, by=world.office, date=on)


def test_drafting_seals_the_text(world, assignment):
    feedback = drafted(world, assignment)
    assert feedback.number == f"T01-FK-{timezone.localdate().year}-01"
    assert feedback.opened()["problems"] == "存在的主要问题"
    assert "主要问题".encode() not in bytes(feedback.content.sealed)


@pytest.mark.parametrize("missing", ["overall", "problems"])
def test_assessment_and_problems_must_be_given(world, assignment, missing):
    with pytest.raises(ValidationError) as refused:
        drafted(world, assignment, **{missing: "  "})
    assert list(refused.value.message_dict) == [missing]
    assert not Feedback.objects.exists()


def test_one_feedback_for_each_addressee(world, assignment):
    drafted(world, assignment)
    with pytest.raises(ValidationError):
        drafted(world, assignment)
    drafted(world, assignment, To.HEAD)
    assert Feedback.objects.count() == 2


def test_it_rests_on_used_papers_of_this_assignment_only(world, assignment):
    paper = used_paper(world, assignment)
    assert list(drafted(world, assignment, findings=[paper]).findings.all()) == [paper]
    Finding.objects.filter(pk=paper.pk).update(state=Finding.State.SIGNED)
    paper.refresh_from_db()
    with pytest.raises(ValidationError):
        drafted(world, assignment, To.HEAD, findings=[paper])


def test_a_second_person_approves(world, assignment):
    feedback = drafted(world, assignment, by=world.chief)
    with pytest.raises(PermissionDenied):
        verbs.approve(feedback, by=world.chief)
    with pytest.raises(PermissionDenied):
        verbs.approve(feedback, by=world.office)


def test_rectification_begins_when_both_are_given_on_the_later_day(world, assignment):
    today = timezone.localdate()
    delivered(world, assignment, To.BODY, today)
    assignment.refresh_from_db()
    assert (assignment.state, assignment.feedback_on) == (Assignment.State.FEEDING_BACK, None)
    delivered(world, assignment, To.HEAD, today - dt.timedelta(days=1))
    assignment.refresh_from_db()
    assert (assignment.state, assignment.feedback_on) == (Assignment.State.RECTIFYING, today)


def test_delivering_in_the_future_or_twice_is_refused(world, assignment):
    feedback = verbs.approve(drafted(world, assignment), by=world.chief)
    with pytest.raises(ValidationError):
        verbs.deliver(feedback, by=world.office, date=timezone.localdate() + dt.timedelta(days=1))
    verbs.deliver(feedback, by=world.office, date=timezone.localdate())
    with pytest.raises(StepRefused):
        verbs.deliver(feedback, by=world.office, date=timezone.localdate())


def test_editing_keeps_the_old_envelope_apart(world, assignment):
    feedback = drafted(world, assignment)
    old = feedback.content_id
    edited = verbs.edit(feedback, by=world.leader1, **(TEXT | {"problems": "改过的问题"}))
    assert edited.content_id != old
    assert edited.opened()["problems"] == "改过的问题"


def test_items_come_from_delivered_feedback_one_per_paper(world, assignment):
    paper = used_paper(world, assignment)
    feedback = verbs.approve(drafted(world, assignment, findings=[paper]), by=world.chief)
    entry = {"finding": paper, "problem": "反馈的问题一", "key": True}
    with pytest.raises(ValidationError):
        items.open_from_feedback(feedback, by=world.office, entries=[entry])
    feedback = verbs.deliver(feedback, by=world.office, date=timezone.localdate())
    delivered(world, assignment, To.HEAD, timezone.localdate())
    feedback.refresh_from_db()
    assert len(items.open_from_feedback(feedback, by=world.office, entries=[entry])) == 1
    assert items.open_from_feedback(feedback, by=world.office, entries=[entry]) == []
    assert Item.objects.get().feedback == feedback


@pytest.mark.parametrize("name", ["liaison_a", "member2", "leader2", "admin", "auditor", "expired_leader", "outsider"])
def test_who_does_not_see_feedback(world, assignment, name):
    drafted(world, assignment)
    assert not Feedback.objects.visible_to(getattr(world, name)).exists()
