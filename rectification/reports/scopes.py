"""Whose report it may be: the one rule of rights over the two kinds (see inspection.reports.kinds).

A report is frozen and then read by several people, so a scope is only shared by those who would read the same numbers. Who is
recused from a unit in it (or its liaison), or named in a petition or a clue in it, gets a scope of their own: computed without
these cases, opened by nobody else, and in its name no different from the others'. What is kept from a person later makes it
another scope again, so that a report of one's own from before it is out of reach as well.
"""

from django.db.models import BigIntegerField, DateField, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from inspection.reports.kinds import Scope
from inspection.statements import Given, Prepared
from petitions.models import Exclusion
from rectification.models import Clue
from rounds.models import Appointment, Assignment, Group, Liaison, Recusal
from rounds.queries import once, today

OFFICE = "office"


def groups_of(user) -> list[Scope]:
    """A scope for each group whose week `user` may read: the office all, others their own, until its files are archived."""
    kept = _kept_from(user)
    marked = (
        _groups(sees_office(user), user, today())
        .annotate(**{name: _newest(rows.filter(**{path: OuterRef("pk")})) for name, (rows, path) in kept.items()})
        .select_related("round")
    )
    return [
        Scope(
            _own(f"group:{group.pk}", user, [getattr(group, name) for name in kept]),
            f"{group.round.name} {group.name}",
        )
        for group in marked.order_by("-round__starts_on", "number")
    ]


def any_group(user) -> bool:
    """Whether `groups_of` has any for `user`. Every page's menu asks."""
    return once(user, "report groups", lambda: bool(_ANY_GROUP(sees_office(user), user=user.pk, day=today())))


def _groups(office: bool, user, on) -> QuerySet:
    alive = Assignment.objects.exclude(state=Assignment.State.ARCHIVED)
    groups = Group.objects.filter(round__started_at__isnull=False, pk__in=alive.values("group"))
    return groups if office else groups.filter(pk__in=Appointment.objects.of(user).in_force(on).values("group"))


def _any_group(office: bool) -> QuerySet:
    found = _groups(office, Given("user", BigIntegerField()), Given("day", DateField()))
    return found.order_by().values_list("pk")[:1]


_ANY_GROUP = Prepared(_any_group)


def sees_office(user) -> bool:
    """Whether `offices_of` has any for `user`."""
    return user.has_role("office", "chief")


def offices_of(user) -> list[Scope]:
    """The whole office's month, for its staff and its head."""
    if not sees_office(user):
        return []
    newest = [rows.order_by("-pk").values_list("pk", flat=True).first() for rows, _path in _kept_from(user).values()]
    return [Scope(_own(OFFICE, user, newest), _("全部轮次"))]


def _kept_from(user) -> dict[str, tuple[QuerySet, str]]:
    """What keeps cases from `user`, with the way from each to the group whose cases they are."""
    return {
        "recused": (Recusal.objects.filter(person__user=user), "unit__assignments__group"),
        "speaks": (Liaison.objects.filter(user=user), "unit__assignments__group"),
        "named": (Exclusion.objects.filter(user=user), "petition__assignment__group"),
        "in_clue": (Clue.kept_from.through.objects.filter(user=user), "clue__assignment__group"),
    }


def _newest(rows: QuerySet) -> Subquery:
    return Subquery(rows.order_by("-pk").values("pk")[:1])


def _own(value: str, user, newest: list[int | None]) -> str:
    """The scope with the reader and the newest of each kind of what is kept from them; the common one when nothing is."""
    return f"{value}:{user.pk}:{'.'.join(str(pk or 0) for pk in newest)}" if any(newest) else value


def group_in(value: str) -> Group:
    """The group of a scope value."""
    return Group.objects.select_related("round").get(pk=int(value.split(":")[1]))


def in_group(group: Group) -> Q:
    """Objects of an assignment of the group."""
    return Q(assignment__group=group)
