"""Rectification items: opened from feedback, filled in by the unit, closed on evidence by three different people."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from inspection.outbox.models import Message
from inspection.trail.models import Entry
from inspection.workflow import StepRefused
from rectification.models import Item, Measure
from rectification.workflow import item as verbs
from rounds.models import Assignment

State = Item.State


def evidence(name="会议纪要.txt", text="整改会议纪要"):
    return SimpleUploadedFile(name, text.encode())


@pytest.fixture
def item(world):
    world.assignment_a.feedback_on = timezone.localdate()
    world.assignment_a.save(update_fields=["feedback_on"])
    return verbs.open_item(world.assignment_a, by=world.office, problem="三公经费管理不严")


def in_days(days):
    return timezone.localdate() + dt.timedelta(days=days)


def measure(**changes):
    return {
        "text": "修订接待制度",
        "leader": "副局长",
        "department": "办公室",
        "due_on": in_days(20),
        "kinds": ["rules"],
    } | changes


@pytest.fixture
def rectifying(world, item):
    return verbs.decompose(item, by=world.liaison_a, goal="建立制度", leader="局长", department="办公室", measures=[measure()])


@pytest.fixture
def applied(world, rectifying):
    return verbs.apply(rectifying, by=world.liaison_a, attachments=[evidence()])


def test_the_deadline_comes_from_the_rounds_rule_and_counts_from_feedback(world, item):
    assert item.original_due_on == item.due_on
    assert (item.due_on - timezone.localdate()).days in range(88, 93)  # the county profile: three months
    assert item.number == f"T01-ZG-{timezone.localdate().year}-001"
    assert item.problem == "三公经费管理不严"


def test_without_feedback_the_deadline_must_be_given(world):
    with pytest.raises(ValidationError) as refused:
        verbs.open_item(world.assignment_b, by=world.office, problem="问题")
    assert "due_on" in refused.value.message_dict
    assert not Item.objects.exists()
    assert verbs.open_item(world.assignment_b, by=world.office, problem="问题", due_on=in_days(5)).due_on == in_days(5)


def test_only_the_office_opens_items(world):
    for person in (world.leader1, world.liaison_a, world.admin, world.outsider):
        with pytest.raises(PermissionDenied):
            verbs.open_item(world.assignment_a, by=person, problem="问题", due_on=in_days(5))


def test_the_text_is_sealed_and_found_by_search(world, item):
    assert "三公经费".encode() not in bytes(item.content.sealed)
    assert list(Item.objects.search("经费")) == [item]
    assert list(Item.objects.search("经费管理不严")) == [item]
    assert list(Item.objects.search("土地")) == []


def test_decomposing_needs_a_measure_within_the_deadline(world, item):
    for bad in ([], [measure(due_on=item.due_on + dt.timedelta(days=1))]):
        with pytest.raises(ValidationError) as refused:
            verbs.decompose(item, by=world.liaison_a, goal="", leader="", department="", measures=bad)
        assert "measures" in refused.value.message_dict
    item.refresh_from_db()
    assert item.state == State.PENDING
    assert not Measure.objects.exists()


def test_decomposing_keeps_the_problem_and_adds_the_lists(world, rectifying):
    assert rectifying.state == State.RECTIFYING
    opened = Item.objects.get().opened()
    assert (opened["problem"], opened["goal"], opened["leader"]) == ("三公经费管理不严", "建立制度", "局长")
    assert Measure.objects.get().opened()["text"] == "修订接待制度"
    assert list(Item.objects.search("接待制度")) == [rectifying]


def test_progress_is_added_with_files_and_completion(world, rectifying):
    done = rectifying.measures.get()
    verbs.report_progress(
        rectifying,
        by=world.liaison_a,
        text="制度已印发",
        attachments=[evidence()],
        completions={done.pk: Measure.Completion.DONE},
    )
    progress = rectifying.progress.get()
    assert progress.text == "制度已印发"
    assert progress.evidence.get().file.name == "会议纪要.txt"
    done.refresh_from_db()
    assert done.completion == Measure.Completion.DONE


def test_the_same_progress_sent_twice_is_saved_once(world, rectifying):
    seen = rectifying.version
    verbs.report_progress(rectifying, by=world.liaison_a, text="进展", seen=seen)
    with pytest.raises(StepRefused):
        verbs.report_progress(rectifying, by=world.liaison_a, text="进展", seen=seen)
    assert rectifying.progress.count() == 1
    assert Entry.objects.about(rectifying).filter(verb="report_progress").count() == 1


def test_closing_cannot_be_applied_for_without_evidence(world, rectifying):
    with pytest.raises(ValidationError) as refused:
        verbs.apply(rectifying, by=world.liaison_a)
    assert "file" in refused.value.message_dict
    rectifying.refresh_from_db()
    assert rectifying.state == State.RECTIFYING


def test_evidence_of_earlier_progress_counts(world, rectifying):
    verbs.report_progress(rectifying, by=world.liaison_a, text="进展", attachments=[evidence()])
    assert verbs.apply(rectifying, by=world.liaison_a).state == State.APPLIED


def test_three_different_people_close_an_item(world, applied):
    verified = verbs.verify(applied, by=world.office, reason="制度健全")
    with pytest.raises(PermissionDenied):
        verbs.close(verified, by=world.office)
    closed = verbs.close(verified, by=world.chief)
    assert (closed.state, closed.applied_by, closed.verified_by, closed.closed_by) == (
        State.CLOSED,
        world.liaison_a,
        world.office,
        world.chief,
    )
    assert closed.closed_at == closed.first_closed_at


def test_who_applied_on_the_units_behalf_neither_verifies_nor_closes(world, rectifying):
    applied = verbs.apply(rectifying, by=world.office, attachments=[evidence()])
    with pytest.raises(PermissionDenied):
        verbs.verify(applied, by=world.office, reason="好")
    verified = verbs.verify(applied, by=world.member1, reason="好")
    with pytest.raises(PermissionDenied):
        verbs.close(verified, by=world.office)
    assert verbs.close(verified, by=world.office2).state == State.CLOSED


def test_a_liaison_neither_verifies_nor_closes(world, applied):
    with pytest.raises(PermissionDenied):
        verbs.verify(applied, by=world.liaison_a, reason="好")
    with pytest.raises(PermissionDenied):
        verbs.verify(applied, by=world.liaison_c, reason="好")


def test_an_item_sent_back_starts_over_with_nobody_signed(world, applied):
    returned = verbs.send_back(applied, by=world.member1, reason="佐证不足")
    assert (returned.state, returned.applied_by, returned.verified_by) == (State.RECTIFYING, None, None)
    assert Entry.objects.about(returned).last().note_text == "佐证不足"


def test_a_reopened_item_keeps_its_first_closing(world, applied):
    closed = verbs.close(verbs.verify(applied, by=world.office, reason="好"), by=world.chief)
    first = closed.closed_at
    reopened = verbs.reopen(closed, by=world.chief, reason="问题反弹", date=in_days(30))
    assert (reopened.state, reopened.closed_at, reopened.first_closed_at, reopened.reopened) == (State.RECTIFYING, None, first, 1)
    again = verbs.apply(reopened, by=world.liaison_a, attachments=[evidence("新.txt", "新佐证")])
    again = verbs.close(verbs.verify(again, by=world.office, reason="好"), by=world.chief)
    assert again.first_closed_at == first
    assert again.closed_at > first


def test_only_the_head_extends_and_only_to_later(world, rectifying):
    original = rectifying.due_on
    with pytest.raises(PermissionDenied):
        verbs.extend(rectifying, by=world.office, reason="工期", date=original + dt.timedelta(days=10))
    with pytest.raises(ValidationError):
        verbs.extend(rectifying, by=world.chief, reason="工期", date=original)
    extended = verbs.extend(rectifying, by=world.chief, reason="工期", date=original + dt.timedelta(days=10))
    assert (extended.due_on, extended.original_due_on) == (original + dt.timedelta(days=10), original)


def test_a_long_term_item_can_still_be_closed_on_evidence(world, rectifying):
    long_term = verbs.continue_long_term(rectifying, by=world.chief, reason="常态化坚持")
    assert long_term.state == State.LONG_TERM
    assert verbs.apply(long_term, by=world.liaison_a, attachments=[evidence()]).state == State.APPLIED


def test_when_storing_evidence_fails_nothing_is_saved(world, rectifying, monkeypatch):
    def explode(*args, **kwargs):
        raise OSError

    monkeypatch.setattr("rectification.workflow.item.files.store", explode)
    with pytest.raises(OSError):
        verbs.apply(rectifying, by=world.liaison_a, attachments=[evidence()])
    rectifying.refresh_from_db()
    assert rectifying.state == State.RECTIFYING
    assert not Entry.objects.about(rectifying).filter(verb="apply").exists()


def test_the_verifiers_are_told_and_nobody_recused(world, applied):
    told = {m.payload["user"] for m in Message.objects.filter(kind="notice") if m.payload["code"] == "item_to_verify"}
    assert world.office.pk in told and world.member1.pk in told
    assert world.recused1.pk not in told and world.liaison_a.pk not in told and world.leader2.pk not in told


def test_who_sees_an_item(world, item):
    sees = {name for name, person in vars(world).items() if hasattr(person, "roles") and Item.objects.visible_to(person).exists()}
    assert sees == {"office", "office2", "chief", "leader1", "deputy1", "coordinator1", "member1", "liaison_a"}


def test_after_archiving_the_group_sees_it_no_more(world, item):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state=Assignment.State.ARCHIVED)
    assert not Item.objects.visible_to(world.leader1).exists()
    assert Item.objects.visible_to(world.office).exists()


@given(days=st.integers(-40, 40), state=st.sampled_from(State.values), soon=st.integers(0, 20))
def test_the_light_is_one_rule(days, state, soon):
    on = dt.date(2026, 6, 1)
    item = Item(state=state, due_on=on + dt.timedelta(days=days))
    if state == State.CLOSED:
        expected = ""
    elif state not in (State.PENDING, State.RECTIFYING, State.BASIC) or days > soon:
        expected = "green"
    else:
        expected = "red" if days < 0 else "yellow"
    assert item.light(on, soon) == expected


@pytest.mark.parametrize("days", [-1, 0, 10, 11])
def test_the_querys_light_is_the_models_light(world, rectifying, days):
    Item.objects.filter(pk=rectifying.pk).update(due_on=in_days(days))
    rectifying.refresh_from_db()
    for colour in ("red", "yellow", "green"):
        assert Item.objects.light(colour).exists() is (rectifying.light() == colour)
