"""Who may do what to rounds and what people are in them. Only `access` modules read roles and posts."""

from rounds.models import Appointment, Assignment, Recusal

CHIEFS = (Appointment.Post.LEADER, Appointment.Post.DEPUTY)


def posts_on(user, assignment: Assignment) -> frozenset[str]:
    """The posts `user` holds today in the group of `assignment`; empty once the file is archived or the user is recused from the unit.

    Cached on the user for the request, keyed by assignment: a list row asks several predicates.
    """
    cache = user.__dict__.setdefault("_posts_on", {})
    if assignment.pk not in cache:
        held = frozenset()
        if assignment.state != Assignment.State.ARCHIVED and not recused(user, assignment):
            held = frozenset(assignment.group.appointments.of(user).in_force().values_list("post", flat=True))
        cache[assignment.pk] = held
    return cache[assignment.pk]


def recused(user, assignment: Assignment) -> bool:
    """Whether the person behind `user` is recused from the unit of `assignment`. One query for the request, however many rows ask."""
    if "_recused_from" not in user.__dict__:
        user._recused_from = frozenset(Recusal.objects.filter(person__user=user).values_list("unit", flat=True))
    return assignment.unit_id in user._recused_from


def works_on(user, assignment: Assignment) -> bool:
    """Is appointed to the unit's group today."""
    return bool(posts_on(user, assignment))


def leads(user, assignment: Assignment) -> bool:
    """Is leader or deputy leader of the unit's group today."""
    return not posts_on(user, assignment).isdisjoint(CHIEFS)


def is_leader(user, assignment: Assignment) -> bool:
    """Is the leader of the unit's group today (组长负责制)."""
    return Appointment.Post.LEADER in posts_on(user, assignment)


def in_office(user, assignment: Assignment) -> bool:
    """Works in the inspection office and is not recused from the unit."""
    return user.has_role("office", "chief") and not recused(user, assignment)


def heads_office(user, assignment: Assignment) -> bool:
    """Heads the inspection office and is not recused from the unit."""
    return user.has_role("chief") and not recused(user, assignment)


def liaises_for(user, assignment: Assignment) -> bool:
    """Is the unit's liaison."""
    return assignment.unit.liaisons.filter(user=user).exists()


def may_configure(user, obj=None) -> bool:
    """System administrators and office staff configure rounds, groups, people, units and channels."""
    return user.has_role("sysadmin", "office", "chief")


def may_steer(user, assignment: Assignment) -> bool:
    """The inspection office moves a unit from stage to stage."""
    return in_office(user, assignment)


def may_steer_or_lead(user, assignment: Assignment) -> bool:
    """The inspection office, or the group's leader or deputy, records entry and leaving."""
    return in_office(user, assignment) or leads(user, assignment)


def may_head(user, assignment: Assignment) -> bool:
    """Only the head of the inspection office."""
    return heads_office(user, assignment)
