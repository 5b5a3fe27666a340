"""Whose report it may be: the one rule of rights over the two kinds (see inspection.reports.kinds).

A report is frozen and then read by several people, so a scope is only shared by those who would read the same numbers. Who is
recused from a unit in it, or named in a petition in it, gets a scope of their own: computed without these cases, opened by
nobody else, and in its name no different from the others'.
"""

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from inspection.reports.kinds import Scope
from petitions.models import Exclusion
from rounds.models import Appointment, Assignment, Group, Recusal

OFFICE = "office"


def groups_of(user) -> list[Scope]:
    """A scope for each group whose week `user` may read: the office all, others their own, until its files are archived."""
    alive = Assignment.objects.exclude(state=Assignment.State.ARCHIVED)
    groups = Group.objects.filter(round__started_at__isnull=False, pk__in=alive.values("group"))
    if not user.has_role("office", "chief"):
        groups = groups.filter(pk__in=Appointment.objects.of(user).in_force().values("group"))
    recused = Recusal.objects.filter(person__user=user, unit__assignments__group=OuterRef("pk"))
    named = Exclusion.objects.filter(user=user, petition__assignment__group=OuterRef("pk"))
    marked = (
        groups.annotate(apart=Exists(recused) | Exists(named)).select_related("round").order_by("-round__starts_on", "number")
    )
    return [Scope(_own(f"group:{group.pk}", user, group.apart), f"{group.round.name} {group.name}") for group in marked]


def offices_of(user) -> list[Scope]:
    """The whole office's month, for its staff and its head."""
    if not user.has_role("office", "chief"):
        return []
    recused = Recusal.objects.filter(person__user=user).exists()
    apart = recused or Exclusion.objects.filter(user=user).exists()
    return [Scope(_own(OFFICE, user, apart), _("全部轮次"))]


def _own(value: str, user, apart: bool) -> str:
    return f"{value}:{user.pk}" if apart else value


def group_in(value: str) -> Group:
    """The group of a scope value."""
    return Group.objects.select_related("round").get(pk=int(value.split(":")[1]))


def in_group(group: Group) -> Q:
    """Objects of an assignment of the group."""
    return Q(assignment__group=group)
