"""The rounds, units and people of the benchmark: four rounds of ten groups, a unit to each group."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from inspection.accounts.models import RoleGrant, User
from inspection.accounts.roles import Role
from inspection.calendar.models import RuleProfile
from petitions.models import Agency
from rounds.models import Appointment, Assignment, Channel, Person, Round, Unit
from rounds.workflow import assignment as assigning
from rounds.workflow import group as groups
from rounds.workflow import round as planning
from rounds.workflow import unit as units

ROUNDS, GROUPS = 4, 10
DAYS = 100  # how long a round lasts; the newest has run for all but ten of them
CHANNELS = (Channel.Kind.CALL, Channel.Kind.LETTER, Channel.Kind.SMS, Channel.Kind.EMAIL, Channel.Kind.VISIT, Channel.Kind.ONLINE)


@dataclass
class World:
    """office   office staff, who see everything
    leader   leads one group, which has one of the 40 assignments
    agency   takes what is transferred
    assignments  all forty, those of the newest round first; the leader's is the first
    case     number of a petition that much has happened to
    """

    office: User
    leader: User
    agency: Agency
    assignments: list[Assignment]
    case: str = ""


def build() -> World:
    """Make everything except cases. The newest round is on site; the three before it are over."""
    admin, office = _user("admin", "管理员", Role.SYSADMIN), _user("office", "耿文渊", Role.OFFICE)
    today = timezone.localdate()
    term = planning.add_term(
        by=admin, name="本届", starts_on=dt.date(today.year - 2, 1, 1), ends_on=dt.date(today.year + 2, 12, 31)
    )
    category = units.add_category(by=admin, name="县直部门")
    for place in range(ROUNDS * GROUPS):
        units.add_unit(by=admin, code=f"D{place + 1:03d}", name=f"第{place + 1}单位", category=category)
    catalogue = list(Unit.objects.order_by("code"))
    profile = RuleProfile.objects.get(code="county")
    for place in range(ROUNDS):
        begins = today - dt.timedelta(days=DAYS * (place + 1) - 10)
        fields = {"starts_on": begins, "ends_on": begins + dt.timedelta(days=DAYS - 1), "profile": profile, "term": term}
        sequence = ROUNDS - place
        round = planning.plan_round(by=admin, name=f"第{sequence}轮", code=f"JC{sequence:02d}", sequence=sequence, **fields)
        _staff(round, catalogue[place * GROUPS : (place + 1) * GROUPS], admin, office)
    return World(office, User.objects.get(username="leader1"), _agency(), _files())


def known(case: str) -> World:
    """The world that `build` made in this database; `case` is its petition that much has happened to."""
    return World(User.objects.get(username="office"), User.objects.get(username="leader1"), Agency.objects.get(), _files(), case)


def _files() -> list[Assignment]:
    """All assignments, those of the newest round first."""
    found = Assignment.objects.select_related("unit", "group__round__profile")
    return list(found.order_by("-group__round__code", "group__number"))


def _staff(round: Round, catalogue: list[Unit], admin: User, office: User) -> None:
    """Groups, leaders, units and channels of one round."""
    for number, unit in enumerate(catalogue, start=1):
        group = planning.add_group(round, by=admin, number=number, name=f"第{number}组")
        user = _user(f"leader{Person.objects.count() + 1}", f"组长{round.code}{number:02d}")
        person = Person.objects.create(name=user.name, code=user.username, user=user)
        groups.appoint(group, person, Appointment.Post.LEADER, by=admin, starts_on=round.starts_on)
        assigning.assign(group, unit, by=admin, onsite_from=round.starts_on, onsite_to=round.ends_on, cutoff_on=round.ends_on)
    planning.start_round(round, by=admin)
    over = round.ends_on < timezone.localdate()
    for assignment in Assignment.objects.filter(group__round=round).select_related("unit", "group__round"):
        Channel.objects.bulk_create(Channel(assignment=assignment, kind=kind, address=assignment.number) for kind in CHANNELS)
        assigning.prepare(assignment, by=office)
        assigning.enter(assignment, by=office, date=assignment.onsite_from)
        if over:
            assigning.leave(assignment, by=office, date=assignment.onsite_to)


def _user(username: str, name: str, *roles: str) -> User:
    """Nobody signs in by password here: a session is made for whoever is measured."""
    user = User(username=username, name=name)
    user.set_unusable_password()
    user.save()
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for role in roles)
    return user


def _agency() -> Agency:
    return Agency.objects.create(name="县信访局", kind=Agency.Kind.PETITION)
