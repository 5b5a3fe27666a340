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
from functools import cache
from types import SimpleNamespace

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from inspection.accounts.models import RoleGrant, User
from inspection.accounts.roles import Role
from inspection.calendar.models import RuleProfile
from petitions.models import Agency, Exclusion, Petition
from rectification.models import Clue, Finding
from rounds.models import Appointment, Assignment, Category, Channel, Group, Liaison, Person, Recusal, Round, Term, Unit
from tests.rectification.letters import petition as letter

PASSWORD = "zhuoluo-test-pass"
Post = Appointment.Post


def make_user(username: str, name: str, *roles: str) -> User:
    """A user who can sign in with PASSWORD and holds `roles`."""
    user = User.objects.create_user(username=username, name=name, password=PASSWORD)
    for role in roles:
        RoleGrant.objects.create(user=user, role=role)
    return user


CAST = {
    "admin": ("管理员", Role.SYSADMIN),
    "secadmin": ("安管员", Role.SECADMIN),
    "auditor": ("审计员", Role.AUDITOR),
    "office": ("办公室甲", Role.OFFICE),
    "office2": ("办公室乙", Role.OFFICE),
    "chief": ("办公室主任", Role.CHIEF),
    "custodian": ("保管员", Role.CUSTODIAN),
    "outsider": ("局外人", None),
    "leader1": ("组长一", None),
    "deputy1": ("副组长一", None),
    "coordinator1": ("综合岗一", None),
    "member1": ("组员一", None),
    "recused1": ("回避者", None),
    "expired_leader": ("前组长", None),
    "leader2": ("组长二", None),
    "member2": ("组员二", None),
    "liaison_a": ("联络员甲", Role.LIAISON),
    "liaison_c": ("联络员丙", Role.LIAISON),
}


IN_GROUPS = ("leader1", "deputy1", "coordinator1", "member1", "recused1", "expired_leader", "leader2", "member2")


@cache
def hashed() -> str:
    """PASSWORD hashed once a process: eighteen hashes a test would be most of its time."""
    return make_password(PASSWORD)


def make_people() -> dict[str, User]:
    """The whole cast by name, in three statements."""
    users = User.objects.bulk_create(
        User(username=username, name=name, password=hashed()) for username, (name, _role) in CAST.items()
    )
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=CAST[user.username][1]) for user in users if CAST[user.username][1])
    Person.objects.bulk_create(
        Person(user=user, name=user.name, code=f"P-{user.username}") for user in users if user.username in IN_GROUPS
    )
    return {user.username: user for user in users}


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
    return make_assignments((group, unit, number), by=by, state=state)[0]


def make_assignments(*given: tuple[Group, Unit, str], by: User, state: str = Assignment.State.ON_SITE) -> list[Assignment]:
    """Several of them, in two statements."""
    today = timezone.localdate()
    assignments = Assignment.objects.bulk_create(
        Assignment(
            number=number,
            group=group,
            unit=unit,
            state=state,
            state_at=timezone.now(),
            state_by=by,
            onsite_from=today - dt.timedelta(days=20),
            onsite_to=today + dt.timedelta(days=40),
        )
        for group, unit, number in given
    )
    Channel.objects.bulk_create(
        Channel(assignment=assignment, kind=kind, address=f"{kind}-{assignment.number}")
        for assignment in assignments
        for kind in Channel.Kind.values
    )
    return assignments


@pytest.fixture
def world(db) -> SimpleNamespace:
    """The whole cast and what they work on. See the module's docstring."""
    w = SimpleNamespace(**make_people())
    w.round = make_round(w.admin)
    w.group1, w.group2 = Group.objects.bulk_create(
        Group(round=w.round, number=number, name=f"第{digit}巡察组") for number, digit in enumerate("一二", 1)
    )
    category = Category.objects.create(name="县直部门")
    w.unit_a, w.unit_b, w.unit_c = Unit.objects.bulk_create(
        Unit(code=f"U-{letter}", name=f"{letter}局", category=category) for letter in "甲乙丙"
    )
    w.assignment_a, w.assignment_b, w.assignment_c = make_assignments(
        (w.group1, w.unit_a, "T01-1-01"), (w.group1, w.unit_b, "T01-1-02"), (w.group2, w.unit_c, "T01-2-01"), by=w.admin
    )
    posts = {"leader1": Post.LEADER, "deputy1": Post.DEPUTY, "coordinator1": Post.COORDINATOR, "leader2": Post.LEADER}
    today = timezone.localdate()
    Appointment.objects.bulk_create(
        Appointment(
            group=w.group2 if name.endswith("2") else w.group1,
            person=getattr(w, name).person,
            post=Post.DEPUTY if name == "expired_leader" else posts.get(name, Post.MEMBER),
            starts_on=today - dt.timedelta(days=30),
            ends_on=today - dt.timedelta(days=1) if name == "expired_leader" else None,
            appointed_by=w.admin,
        )
        for name in IN_GROUPS
    )
    Recusal.objects.create(person=w.recused1.person, unit=w.unit_a, ground=Recusal.Ground.EMPLOYMENT, declared_by=w.recused1)
    Liaison.objects.bulk_create([Liaison(user=w.liaison_a, unit=w.unit_a), Liaison(user=w.liaison_c, unit=w.unit_c)])
    w.agency, w.discipline_body = Agency.objects.bulk_create(
        [Agency(name="县信访局", kind=Agency.Kind.PETITION), Agency(name="县纪委监委", kind=Agency.Kind.DISCIPLINE)]
    )
    return w


def accused(world) -> User:
    """world.accused1: a member of group 1 whom every petition, paper and clue that exists by now is about."""
    world.accused1 = User.objects.create(username="accused1", name="被反映者", password=hashed())
    appoint(world.group1, world.accused1, by=world.admin)
    return world.accused1


def accuse(world) -> None:
    """Keep every petition, paper and clue from accused1, as if each named them."""
    user = world.accused1
    findings = Finding.objects.all()
    named = [letter(world)] if findings and not Petition.objects.exists() else Petition.objects.exclude(exclusions__user=user)
    Exclusion.objects.bulk_create(Exclusion(petition=petition, user=user, ground=Exclusion.Ground.NAMED) for petition in named)
    for clue in Clue.objects.all():
        clue.kept_from.add(user)
    for finding in findings:
        finding.source_links.get_or_create(petition=Petition.objects.first())
