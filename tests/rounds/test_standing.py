"""What a person sees is said twice: as a standing (ids, asked once a request) and as querysets. Both must say the same."""

import datetime as dt
import random

import pytest
from django.utils import timezone

from inspection.accounts.models import RoleGrant, User
from rounds import queries
from rounds.models import Appointment, Assignment, Liaison, Person, Recusal
from tests.cast import make_user

CHANCES = 40
ROLES = [(), (), ("office",), ("chief",), ("auditor",), ("custodian",)]


def someone(world, pick: random.Random, place: int) -> User:
    """A user with some roles, posts in and out of force, recusals and units to speak for."""
    user = make_user(
        f"someone{place}", f"某人{place}", *pick.choice([(), (), ("office",), ("chief",), ("auditor",), ("custodian",)])
    )
    units = [world.unit_a, world.unit_b, world.unit_c]
    if pick.random() < 0.8:
        person = Person.objects.create(name=user.name, code=f"S-{place}", user=user)
        for group in (world.group1, world.group2):
            if pick.random() < 0.5:
                _appoint(world, person, group, pick)
        for unit in units:
            if pick.random() < 0.25:
                Recusal.objects.create(
                    person=person, unit=unit, ground=pick.choice(Recusal.Ground.values), declared_by=world.office
                )
    for unit in units:
        if pick.random() < 0.25:
            Liaison.objects.create(user=user, unit=unit)
    return user


def _appoint(world, person: Person, group, pick: random.Random) -> None:
    today = timezone.localdate()
    starts_on = today + dt.timedelta(days=pick.choice([-30, -1, 0, 1]))
    Appointment.objects.create(
        person=person,
        group=group,
        post=pick.choice([post for post in Appointment.Post.values if post != Appointment.Post.LEADER]),  # there is but one
        starts_on=starts_on,
        ends_on=pick.choice([None, starts_on, max(starts_on, today), today + dt.timedelta(days=3)]),
        revoked_at=pick.choice([None, None, timezone.now()]),
        appointed_by=world.office,
    )


def pks(found) -> set[int]:
    return set(found.values_list("pk", flat=True))


@pytest.mark.parametrize("most", [queries.MOST_IDS, 1])
def test_a_standing_says_what_the_querysets_say(world, monkeypatch, most):
    monkeypatch.setattr(queries, "MOST_IDS", most)
    pick = random.Random(20261122)
    Assignment.objects.filter(pk=world.assignment_b.pk).update(state=Assignment.State.ARCHIVED)
    assignments = Assignment.objects
    seen = set()
    for place in range(CHANCES):
        user = User.objects.get(pk=someone(world, pick, place).pk)
        cases, items = pks(assignments.cases_visible_to(user)), pks(assignments.items_visible_to(user))
        user.asked_this_request = {}
        assert pks(assignments.filter(assignments.case_scope(user, "pk"))) == cases, place
        assert pks(assignments.filter(assignments.item_scope(user, "pk"))) == items, place
        assert assignments.any_appointed(user) == assignments.appointed(user).exists(), place
        own = queries.standing(user)
        assert own.roles == frozenset(RoleGrant.objects.filter(user=user).values_list("role", flat=True))
        assert set(own.posts) == set(Appointment.objects.of(user).in_force().values_list("group", "post"))
        kept_from = set(assignments.kept_from(user).values_list("unit", flat=True))
        assert own.recused & set(assignments.values_list("unit", flat=True)) == kept_from
        reader = own.reader()
        assert pks(assignments.filter(assignments.case_scope(reader, "pk"))) == cases, place
        seen.add((own.sees_all, len(cases)))
    assert len(seen) > 5, "the people differ too little to show anything"
