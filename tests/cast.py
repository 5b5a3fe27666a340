"""The cast: people whose names tell their rights, in a small world of two groups and three units.

world.unit_a, unit_b      given to group 1 (一托二), unit_c to group 2; all on site today
world.assignment_a …      their assignments
leader1, deputy1, member1, coordinator1   appointed to group 1;  leader2, member2   to group 2
expired_leader            led group 1 until yesterday
recused1                  member of group 1, recused from unit_a
liaison_a, liaison_c      liaisons of unit_a and unit_c
office, chief, custodian, admin (sysadmin), secadmin, auditor, outsider (no role at all)
"""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone

from inspection.accounts.models import RoleGrant, User
from inspection.accounts.roles import Role
from inspection.calendar.models import RuleProfile
from petitions.models import Agency
from rounds.models import Appointment, Assignment, Category, Channel, Group, Liaison, Person, Recusal, Round, Term, Unit

PASSWORD = "zhuoluo-test-pass"
Post = Appointment.Post


def make_user(username: str, name: str, *roles: str) -> User:
    """A user who can sign in with PASSWORD and holds `roles`."""
    user = User.objects.create_user(username=username, name=name, password=PASSWORD)
    for role in roles:
        RoleGrant.objects.create(user=user, role=role)
    return user


def appoint(
    group: Group, user: User, post: str = Post.MEMBER, *, by: User, since: int = 30, until: int | None = None
) -> Appointment:
    """Appoint the person behind `user` (made if missing) from `since` days ago, until `until` days from now or without end."""
    today = timezone.localdate()
    person, _new = Person.objects.get_or_create(user=user, defaults={"name": user.name, "code": f"P-{user.username}"})
    return Appointment.objects.create(
        group=group,
        person=person,
        post=post,
        starts_on=today - dt.timedelta(days=since),
        ends_on=None if until is None else today + dt.timedelta(days=until),
        appointed_by=by,
    )


def make_round(admin: User, *, code: str = "T01", sequence: int = 1) -> Round:
    """A started round of the county profile that runs from 20 days ago to 40 days from now."""
    today = timezone.localdate()
    term, _new = Term.objects.get_or_create(
        name="十届县委", defaults={"starts_on": dt.date(today.year - 2, 1, 1), "ends_on": dt.date(today.year + 3, 1, 1)}
    )
    profile = RuleProfile.objects.get(code="county")
    return Round.objects.create(
        term=term,
        sequence=sequence,
        name=f"十届县委第{sequence}轮巡察",
        code=code,
        profile=profile,
        starts_on=today - dt.timedelta(days=20),
        ends_on=today + dt.timedelta(days=40),
        scope_text="反映领导班子及其成员违反六项纪律的问题。",
        rules=profile.snapshot(),
        started_at=timezone.now(),
    )


def make_assignment(group: Group, unit: Unit, number: str, *, by: User, state: str = Assignment.State.ON_SITE) -> Assignment:
    """An assignment in `state`, on site from 20 days ago to 40 days from now, with one channel of every kind."""
    today = timezone.localdate()
    assignment = Assignment.objects.create(
        number=number,
        group=group,
        unit=unit,
        state=state,
        state_at=timezone.now(),
        state_by=by,
        onsite_from=today - dt.timedelta(days=20),
        onsite_to=today + dt.timedelta(days=40),
    )
    for kind in Channel.Kind.values:
        Channel.objects.create(assignment=assignment, kind=kind, address=f"{kind}-{number}")
    return assignment


@pytest.fixture
def world(db) -> SimpleNamespace:
    """The whole cast and what they work on. See the module's docstring."""
    w = SimpleNamespace(
        admin=make_user("admin", "管理员", Role.SYSADMIN),
        secadmin=make_user("secadmin", "安管员", Role.SECADMIN),
        auditor=make_user("auditor", "审计员", Role.AUDITOR),
        office=make_user("office", "办公室甲", Role.OFFICE),
        office2=make_user("office2", "办公室乙", Role.OFFICE),
        chief=make_user("chief", "办公室主任", Role.CHIEF),
        custodian=make_user("custodian", "保管员", Role.CUSTODIAN),
        outsider=make_user("outsider", "局外人"),
        leader1=make_user("leader1", "组长一"),
        deputy1=make_user("deputy1", "副组长一"),
        coordinator1=make_user("coordinator1", "综合岗一"),
        member1=make_user("member1", "组员一"),
        recused1=make_user("recused1", "回避者"),
        expired_leader=make_user("expired_leader", "前组长"),
        leader2=make_user("leader2", "组长二"),
        member2=make_user("member2", "组员二"),
        liaison_a=make_user("liaison_a", "联络员甲", Role.LIAISON),
        liaison_c=make_user("liaison_c", "联络员丙", Role.LIAISON),
    )
    w.round = make_round(w.admin)
    w.group1 = Group.objects.create(round=w.round, number=1, name="第一巡察组")
    w.group2 = Group.objects.create(round=w.round, number=2, name="第二巡察组")
    category = Category.objects.create(name="县直部门")
    w.unit_a, w.unit_b, w.unit_c = (
        Unit.objects.create(code=f"U-{letter}", name=f"{letter}局", category=category) for letter in "甲乙丙"
    )
    w.assignment_a = make_assignment(w.group1, w.unit_a, "T01-1-01", by=w.admin)
    w.assignment_b = make_assignment(w.group1, w.unit_b, "T01-1-02", by=w.admin)
    w.assignment_c = make_assignment(w.group2, w.unit_c, "T01-2-01", by=w.admin)
    appoint(w.group1, w.expired_leader, Post.DEPUTY, by=w.admin, until=-1)
    appoint(w.group1, w.leader1, Post.LEADER, by=w.admin)
    appoint(w.group1, w.deputy1, Post.DEPUTY, by=w.admin)
    appoint(w.group1, w.coordinator1, Post.COORDINATOR, by=w.admin)
    appoint(w.group1, w.member1, by=w.admin)
    appoint(w.group1, w.recused1, by=w.admin)
    appoint(w.group2, w.leader2, Post.LEADER, by=w.admin)
    appoint(w.group2, w.member2, by=w.admin)
    Recusal.objects.create(person=w.recused1.person, unit=w.unit_a, ground=Recusal.Ground.EMPLOYMENT, declared_by=w.recused1)
    Liaison.objects.create(user=w.liaison_a, unit=w.unit_a)
    Liaison.objects.create(user=w.liaison_c, unit=w.unit_c)
    w.agency = Agency.objects.create(name="县信访局", kind=Agency.Kind.PETITION)
    w.discipline_body = Agency.objects.create(name="县纪委监委", kind=Agency.Kind.DISCIPLINE)
    return w
