"""一次一授权: who may be appointed, by whom, and what an overruled conflict needs."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from inspection.outbox.models import Message
from inspection.trail.models import Entry
from inspection.workflow import StepRefused
from petitions.models import Petition
from rounds import access
from rounds.conflicts import Conflicted
from rounds.models import Appointment, Assignment, Override, Person
from rounds.workflow import (
    appoint,
    declare_recusal,
    grant_override,
    prolong,
    refuse_override,
    request_override,
    revoke_appointment,
)
from tests.cast import make_user

TODAY = timezone.localdate
Post = Appointment.Post


@pytest.fixture
def person(world):
    user = make_user("newcomer", "新人")
    return Person.objects.create(name="新人", code="P-200", user=user)


@pytest.fixture
def conflicted(world, person):
    """The same person, employed in unit_a, which group 1 inspects."""
    person.employer = world.unit_a
    person.save()
    return person


def entries(verb):
    return Entry.objects.filter(verb=verb)


def test_an_appointment_gives_the_rights_and_tells_the_person(world, person):
    assert not access.works_on(person.user, world.assignment_a)
    made = appoint(world.group1, person, Post.FINANCE, by=world.office, starts_on=TODAY())
    fresh = type(person.user).objects.get(pk=person.user_id)
    assert access.posts_on(fresh, world.assignment_a) == {Post.FINANCE}
    assert Assignment.objects.cases_visible_to(fresh).count() == 2
    [entry] = entries("appoint")
    assert entry.number == f"T01-1/{person.code}"
    assert entry.facts == {"group": "T01-1", "person": "P-200", "post": "finance"}
    assert Message.objects.filter(payload__user=person.user_id, payload__code="rounds.appointed").count() == 1
    assert made.overridden_by is None and made.override_reason == ""


def test_rights_begin_and_end_with_the_dates(world, person):
    tomorrow = TODAY() + dt.timedelta(days=1)
    made = appoint(world.group1, person, Post.MEMBER, by=world.office, starts_on=tomorrow)
    assert made.state == Appointment.State.COMING
    assert not Assignment.objects.cases_visible_to(person.user).exists()


@pytest.mark.parametrize("who", ["leader1", "member1", "secadmin", "auditor", "custodian", "outsider", "liaison_a"])
def test_only_those_who_configure_appoint(world, person, who):
    with pytest.raises(PermissionDenied):
        appoint(world.group1, person, Post.MEMBER, by=getattr(world, who), starts_on=TODAY())
    assert not entries("appoint").exists()


def test_nobody_appoints_oneself(world):
    own = Person.objects.create(name="办公室甲", code="P-201", user=world.office)
    with pytest.raises(ValidationError) as refused:
        appoint(world.group1, own, Post.MEMBER, by=world.office, starts_on=TODAY())
    assert "person" in refused.value.message_dict


@pytest.mark.parametrize("who", ["admin", "secadmin", "auditor"])
def test_administrators_serve_in_no_group(world, who):
    own = Person.objects.create(name="管理员", code="P-202", user=getattr(world, who))
    with pytest.raises(ValidationError):
        appoint(world.group1, own, Post.MEMBER, by=world.office, starts_on=TODAY())


def test_one_leader_one_place_and_dates_in_order(world, person):
    with pytest.raises(ValidationError, match="已有组长"):
        appoint(world.group1, person, Post.LEADER, by=world.office, starts_on=TODAY())
    with pytest.raises(ValidationError, match="已在本组"):
        appoint(world.group1, world.member1.person, Post.FINANCE, by=world.office, starts_on=TODAY())
    with pytest.raises(ValidationError, match="止期"):
        appoint(world.group1, person, Post.MEMBER, by=world.office, starts_on=TODAY(), ends_on=TODAY() - dt.timedelta(days=1))
    person.active = False
    with pytest.raises(ValidationError, match="不在库"):
        appoint(world.group1, person, Post.MEMBER, by=world.office, starts_on=TODAY())
    assert not entries("appoint").exists()


def test_a_conflict_blocks(world, conflicted):
    with pytest.raises(Conflicted) as refused:
        appoint(world.group1, conflicted, Post.MEMBER, by=world.office, starts_on=TODAY())
    assert refused.value.message_dict == {"person": ["现工作单位就是甲局，应当回避。"]}
    assert not Appointment.objects.filter(person=conflicted).exists()
    appoint(world.group2, conflicted, Post.MEMBER, by=world.office, starts_on=TODAY())  # unit_c is another matter


@pytest.mark.parametrize(
    ("reason", "second"),
    [("", "chief"), ("   ", "chief"), ("理由", None), ("理由", "office"), ("理由", "office2"), ("理由", "leader1")],
)
def test_overruling_needs_a_reason_and_another_head_of_office(world, conflicted, reason, second):
    with pytest.raises(ValidationError):
        appoint(
            world.group1,
            conflicted,
            Post.MEMBER,
            by=world.office,
            starts_on=TODAY(),
            override_reason=reason,
            overridden_by=getattr(world, second) if second else None,
        )
    assert not Appointment.objects.filter(person=conflicted).exists()


def test_the_head_of_office_cannot_overrule_for_oneself(world, conflicted):
    options = {"starts_on": TODAY(), "override_reason": "理由", "overridden_by": world.chief}
    with pytest.raises(ValidationError):
        appoint(world.group1, conflicted, Post.MEMBER, by=world.chief, **options)
    made = appoint(world.group1, conflicted, Post.MEMBER, by=world.office, **options)
    assert (made.overridden_by, made.override_reason) == (world.chief, "理由")
    assert entries("appoint").get().facts["conflicts"] == [["employer", "U-甲"]]


def test_a_needless_override_is_not_recorded(world, person):
    made = appoint(
        world.group1,
        person,
        Post.MEMBER,
        by=world.office,
        starts_on=TODAY(),
        override_reason="多余",
        overridden_by=world.chief,
    )
    assert made.overridden_by is None and made.override_reason == ""


def ask(world, person, by=None):
    return request_override(world.group1, person, Post.MEMBER, by=by or world.office, starts_on=TODAY(), reason="已离职多年")


def test_asking_and_granting(world, conflicted):
    override = ask(world, conflicted)
    assert Message.objects.filter(payload__user=world.chief.pk, payload__code="rounds.override_requested").count() == 1
    assert not Appointment.objects.filter(person=conflicted).exists()
    grant_override(override, by=world.chief, seen=1)
    made = Appointment.objects.get(person=conflicted)
    assert (made.appointed_by, made.overridden_by, made.override_reason) == (world.office, world.chief, "已离职多年")
    assert [entries(verb).count() for verb in ("request", "grant", "appoint")] == [1, 1, 1]
    with pytest.raises(StepRefused):
        grant_override(override, by=world.chief)
    assert entries("grant").count() == 1


@pytest.mark.parametrize("who", ["office", "office2", "admin", "leader1", "custodian", "secadmin"])
def test_only_the_head_of_office_grants(world, conflicted, who):
    override = ask(world, conflicted)
    with pytest.raises(PermissionDenied):
        grant_override(override, by=getattr(world, who))
    with pytest.raises(PermissionDenied):
        refuse_override(override, by=getattr(world, who), reason="不")
    override.refresh_from_db()
    assert override.state == Override.State.REQUESTED


def test_the_head_of_office_who_asked_does_not_grant(world, conflicted):
    override = ask(world, conflicted, by=world.chief)
    with pytest.raises(PermissionDenied):
        grant_override(override, by=world.chief)
    second = make_user("chief2", "另一负责人", "chief")
    grant_override(override, by=second)
    assert Appointment.objects.get(person=conflicted).overridden_by == second


def test_the_person_in_question_does_not_grant(world):
    own = Person.objects.create(name="主任", code="P-203", user=world.chief, employer=world.unit_a)
    override = ask(world, own)
    with pytest.raises(PermissionDenied):
        grant_override(override, by=world.chief)


def test_a_conflict_that_came_up_since_stops_the_grant(world, conflicted):
    override = ask(world, conflicted)
    declare_recusal(conflicted, world.unit_b, by=world.office, ground="interest")
    with pytest.raises(ValidationError, match="新的回避情形"):
        grant_override(override, by=world.chief)
    override.refresh_from_db()
    assert override.state == Override.State.REQUESTED
    assert not entries("grant").exists()


def test_refusing_needs_a_reason_and_appoints_nobody(world, conflicted):
    override = ask(world, conflicted)
    with pytest.raises(ValidationError):
        refuse_override(override, by=world.chief, reason="")
    refuse_override(override, by=world.chief, reason="另选他人")
    assert not Appointment.objects.filter(person=conflicted).exists()
    assert Entry.objects.about(override).last().note_text == "另选他人"


def test_asking_twice_or_without_need_is_refused(world, person, conflicted):
    ask(world, conflicted)
    with pytest.raises(ValidationError, match="正在审批"):
        ask(world, conflicted)
    clear = Person.objects.create(name="无关", code="P-204")
    with pytest.raises(ValidationError, match="可直接授权"):
        ask(world, clear)


def test_revoking_ends_every_right_at_once_and_once(world):
    held = world.member1.person.appointments.get()
    assert access.works_on(world.member1, world.assignment_a)
    with pytest.raises(ValidationError):
        revoke_appointment(held, by=world.office, reason=" ")
    revoke_appointment(held, by=world.office, reason="调离")
    fresh = type(world.member1).objects.get(pk=world.member1.pk)
    assert not access.works_on(fresh, world.assignment_a)
    assert not Assignment.objects.cases_visible_to(fresh).exists()
    assert not Assignment.objects.visible_to(fresh).exists()
    with pytest.raises(StepRefused):
        revoke_appointment(held, by=world.office, reason="再次")
    assert entries("revoke").count() == 1
    appoint(world.group1, world.member1.person, Post.FINANCE, by=world.office, starts_on=TODAY())  # and may come back


def test_prolonging(world, person):
    made = appoint(world.group1, person, Post.MEMBER, by=world.office, starts_on=TODAY(), ends_on=TODAY())
    later = TODAY() + dt.timedelta(days=30)
    assert prolong(made, by=world.office, ends_on=later).ends_on == later
    with pytest.raises(ValidationError):
        prolong(made, by=world.office, ends_on=TODAY() - dt.timedelta(days=9))
    with pytest.raises(PermissionDenied):
        prolong(made, by=world.leader1, ends_on=later)
    declare_recusal(person, world.unit_a, by=person.user, ground="relative")
    with pytest.raises(Conflicted):
        prolong(made, by=world.office, ends_on=later + dt.timedelta(days=1))
    assert entries("prolong").count() == 1


def test_the_expired_the_recused_and_the_outsider_see_nothing(world):
    for user in (world.expired_leader, world.outsider, world.leader2):
        assert not Assignment.objects.cases_visible_to(user).filter(group=world.group1).exists()
        assert not Assignment.objects.visible_to(user).filter(group=world.group1).exists()
    assert not Petition.objects.visible_to(world.expired_leader).exists()
    assert list(Assignment.objects.cases_visible_to(world.recused1)) == [world.assignment_b]
