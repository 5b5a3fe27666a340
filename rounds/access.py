"""Who may do what to rounds and what people are in them. Only `access` modules read roles and posts."""

from django.utils.translation import gettext_lazy as _

from inspection.accounts.roles import Role
from rounds.models import Appointment, Assignment
from rounds.queries import STRUCTURE_ROLES, standing

CHIEFS = (Appointment.Post.LEADER, Appointment.Post.DEPUTY)
# 三员分立: none of the three configures, grants and watches at once, and none of them reads a case.
ADMINISTRATORS = frozenset({Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR})


def posts_on(user, assignment: Assignment) -> frozenset[str]:
    """The posts `user` holds today in the group of `assignment`; none once it is archived or the user is recused from the unit.

    One query a request, however many rows of a list ask.
    """
    if assignment.state == Assignment.State.ARCHIVED or recused(user, assignment):
        return frozenset()
    if not hasattr(user, "_posts"):
        held: dict[int, frozenset[str]] = {}
        for group, post in standing(user).posts:
            held[group] = held.get(group, frozenset()) | {post}
        user._posts = held  # only when it is complete: another thread may hold the same user
    return user._posts.get(assignment.group_id, frozenset())


def recused(user, assignment: Assignment) -> bool:
    """Whether the person behind `user` is recused from the unit of `assignment`, or is its liaison. One query a request, however
    many rows ask.
    """
    if not hasattr(user, "_recused_from"):
        user._recused_from = standing(user).recused
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


def serves(user) -> bool:
    """Is appointed to some group today."""
    return bool(standing(user).posts)


def has_person(user) -> bool:
    """Is somebody of the talent pool."""
    return getattr(user, "person", None) is not None


def may_see_structure(user, obj=None) -> bool:
    """Those who may know every round, group and unit, though not every case."""
    return user.has_role(*STRUCTURE_ROLES)


def may_set_channels(user, assignment: Assignment) -> bool:
    """Those who configure, and the leader or deputy of the unit's group."""
    return may_configure(user) or leads(user, assignment)


def may_override(user, override) -> bool:
    """The head of the inspection office, who is neither the asker nor the person in question."""
    return user.has_role("chief") and user.pk not in (override.requested_by_id, override.person.user_id)


def may_declare(user, person) -> bool:
    """The person for oneself; those who configure for others."""
    return person.user_id == user.pk or may_configure(user)


def may_edit_person(user, person) -> bool:
    """Those who configure, never for oneself: name, employers and account decide what one is kept from."""
    return may_configure(user) and person.user_id != user.pk


def may_lift_recusal(user, recusal) -> bool:
    """The head of the inspection office, never for oneself: one's own declaration cannot be withdrawn by oneself."""
    return user.has_role("chief") and user.pk not in (recusal.person.user_id, recusal.declared_by_id)


def may_keep_rules(user, obj=None) -> bool:
    """Those who configure keep deadline rules and the calendar."""
    return may_configure(user)


def may_see_accounts(user, obj=None) -> bool:
    """The system administrator and the security administrator."""
    return user.has_role("sysadmin", "secadmin")


def may_make_accounts(user, obj=None) -> bool:
    """The system administrator makes accounts and gives new passwords."""
    return user.has_role("sysadmin")


def may_grant(user, obj=None) -> bool:
    """The security administrator enables accounts and grants roles, never to oneself."""
    return user.has_role("secadmin") and (obj is None or obj.pk != user.pk)


may_steer.who = _("巡视办")
may_steer_or_lead.who = _("巡视办或组长")
may_head.who = _("巡视办负责人")
may_override.who = _("巡视办负责人")
