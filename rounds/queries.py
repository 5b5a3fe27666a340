"""What a person may see of rounds, as a vocabulary of querysets. Every list, count, export and API call starts here.

Two scopes are kept apart. *Structure* (which rounds, groups and units exist) is open to those who configure and run rounds.
*Cases* (petitions, findings, clues) belong to the office and to the people appointed to the group in this round (一次一授权):
the right starts and ends with the appointment, and a recusal takes it away.
"""

import datetime as dt
from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import BigIntegerField, DateField, Q
from django.utils import timezone

from inspection.accounts.models import RoleGrant
from inspection.statements import Gathered, Given, Prepared

STRUCTURE_ROLES = ("sysadmin", "secadmin", "auditor", "office", "chief", "custodian")
ALL_CASES_ROLES = ("office", "chief")
MOST_IDS = 500  # in one condition; more are left to the database


def today():
    """Today in the office's time zone."""
    return timezone.localdate()


def once(user, question: str, ask):
    """The answer of `ask` about a user, asked once a request; each time where no request is running (tests, jobs).

    inspection.pages.middleware gives the user of a request an empty `asked_this_request`.
    """
    answers = getattr(user, "asked_this_request", None)
    if answers is None:
        return ask()
    if question not in answers:
        answers[question] = ask()
    return answers[question]


@dataclass(frozen=True)
class Standing:
    """All that decides what a person may see and do on a day, as far as roles, posts and recusals go. Prepared statements about
    cases are kept by it.

    sees_all  whether the person sees all cases but those of `cases`, instead of just those
    cases     ids of assignments; None for too many
    spoken    ids of the assignments about units that the person speaks for as liaison; None for too many
    posts     (group, post) of the appointments in force
    recused   ids of the units that the person is recused from or speaks for
    """

    user: int
    roles: frozenset[str]
    day: dt.date
    sees_all: bool
    cases: tuple[int, ...] | None
    spoken: tuple[int, ...] | None
    posts: tuple[tuple[int, str], ...]
    recused: frozenset[int]

    def reader(self):
        """Somebody of the same standing, to build querysets with: `visible_to` says what it would say for the person."""
        reader = get_user_model()(pk=self.user)
        reader.know_roles(self.roles)
        reader.asked_this_request = {"standing": self}
        return reader


def standing(user) -> Standing:
    """The standing of `user` today, asked once a request."""
    return once(user, "standing", lambda: _standing(user))


def forget_standing(user) -> None:
    """Ask anew what `user` may: something that decides it has just been changed."""
    for name in ("_posts", "_recused_from"):
        if hasattr(user, name):
            delattr(user, name)
    getattr(user, "asked_this_request", {}).pop("standing", None)


def _standing(user) -> Standing:
    """Two statements, or one for who neither serves in a group nor is kept out of a unit. The roles come with them."""
    day = today()
    found = _STANDING(user=user.pk, day=day)
    user.know_roles(role for _user, _grant, role in found["roles"])
    posts = tuple((group, post) for group, _person, post in found["posts"])
    speaks_for = {unit for unit, _user, _code in found["liaisons"]}
    recused = speaks_for | {unit for unit, _person, _ground in found["recusals"]}
    groups = tuple(sorted({group for group, _post in posts}))
    concerned = _CONCERNED(groups, tuple(sorted(recused))) if groups or recused else []
    sees_all = user.has_role(*ALL_CASES_ROLES)
    cases = spoken = None
    if len(concerned) <= MOST_IDS:  # the same as `kept_from`, `cases_visible_to` and `appointed` say of many
        kept_from = tuple(pk for pk, _group, unit, _state in concerned if unit in recused)
        own = (pk for pk, group, unit, state in concerned if group in groups and unit not in recused and state != "archived")
        cases = kept_from if sees_all else tuple(own)
        spoken = tuple(pk for pk, _group, unit, _state in concerned if unit in speaks_for)
    return Standing(user.pk, user.roles, day, sees_all, cases, spoken, posts, frozenset(recused))


def _standing_parts() -> dict:
    """What a standing is made of, as rows of two numbers and a word."""
    user, day = Given("user", BigIntegerField()), Given("day", DateField())
    model = {name: apps.get_model("rounds", name).objects for name in ("Appointment", "Recusal", "Liaison")}
    return {
        "roles": RoleGrant.objects.filter(user=user).values_list("user_id", "pk", "role"),
        "posts": model["Appointment"].of(user).in_force(day).order_by("pk").values_list("group_id", "person_id", "post"),
        "recusals": model["Recusal"].filter(person__user=user).order_by("pk").values_list("unit_id", "person_id", "ground"),
        "liaisons": model["Liaison"].filter(user=user).order_by("pk").values_list("unit_id", "user_id", "unit__code"),
    }


def _concerned(groups: tuple, units: tuple):
    """The assignments of some groups and of some units, as (id, group, unit, state)."""
    assignments = apps.get_model("rounds", "Assignment").objects.filter(Q(group__in=groups) | Q(unit__in=units))
    return assignments.order_by("pk").values_list("pk", "group_id", "unit_id", "state")[: MOST_IDS + 1]


_STANDING, _CONCERNED = Gathered(_standing_parts), Prepared(_concerned)


def in_force(prefix: str = "", on=None) -> Q:
    """Appointments in force on a day (today unless told), reached through `prefix` (e.g. "appointments__")."""
    on = on or today()
    return Q(**{f"{prefix}revoked_at": None, f"{prefix}starts_on__lte": on}) & (
        Q(**{f"{prefix}ends_on": None}) | Q(**{f"{prefix}ends_on__gte": on})
    )


class AppointmentQuerySet(models.QuerySet):
    def in_force(self, on=None):
        """Appointments that give rights on a day."""
        return self.filter(in_force(on=on))

    def of(self, user):
        """Appointments of the person behind a user."""
        return self.filter(person__user=user)

    def by_post(self):
        """Leader first, then deputies, then the others in the order of the posts; the revoked last."""
        posts = [models.When(post=post, then=place) for place, post in enumerate(self.model.Post.values)]
        return self.order_by("revoked_at", models.Case(*posts, default=len(posts)), "person__name", "pk")


class RoundQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rounds whose existence `user` may know."""
        if user.has_role(*STRUCTURE_ROLES):
            return self
        mine = Q(groups__appointments__person__user=user) & in_force("groups__appointments__")
        return self.filter(Q(pk__in=self.model.objects.filter(mine).values("pk")))

    def for_list(self):
        """Newest first, with what a list row shows."""
        return self.select_related("term", "look_back_of").order_by("-starts_on", "-id")


class CategoryQuerySet(models.QuerySet):
    def with_counts(self):
        """With `unit_count`: how many existing units it has."""
        return self.annotate(unit_count=models.Count("units", filter=Q(units__abolished_on=None)))


class UnitQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Target units: the office's people see the catalogue, a group its own, a liaison the own unit."""
        if user.has_role(*STRUCTURE_ROLES):
            return self
        mine = Q(assignments__group__appointments__person__user=user) & in_force("assignments__group__appointments__")
        return self.filter(
            Q(pk__in=self.model.objects.filter(mine).values("pk"))
            | Q(pk__in=self.model.objects.filter(liaisons__user=user).values("pk"))
        )

    def active(self):
        """Units that still exist under this name."""
        return self.filter(abolished_on=None)


class PersonQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The talent pool is the office's business; others see themselves and the colleagues of their groups."""
        if user.has_role("sysadmin", "office", "chief"):
            return self
        groups = self.model.objects.filter(Q(user=user) & in_force("appointments__")).values("appointments__group")
        return self.filter(Q(user=user) | Q(appointments__group__in=groups)).distinct()


class GroupQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Groups whose existence and people `user` may know."""
        if user.has_role(*STRUCTURE_ROLES):
            return self
        mine = Q(appointments__person__user=user) & in_force("appointments__")
        return self.filter(pk__in=self.model.objects.filter(mine).values("pk"))

    def with_people(self):
        """With `serving`: the appointments in force today, leader first."""
        appointments = self.model._meta.get_field("appointments").related_model.objects
        serving = appointments.in_force().select_related("person").by_post()
        return self.prefetch_related(models.Prefetch("appointments", serving, to_attr="serving"))


class AssignmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Assignments whose structure (unit, dates, stage) `user` may know: never a right to cases."""
        if user.has_role(*STRUCTURE_ROLES):
            return self
        return self.filter(Q(pk__in=self.appointed(user).values("pk")) | Q(unit__liaisons__user=user)).distinct()

    def appointed(self, user):
        """Assignments of the groups that `user` is appointed to today, until the unit's file is archived."""
        mine = Q(group__appointments__person__user=user) & in_force("group__appointments__") & ~Q(state="archived")
        return self.filter(pk__in=self.model.objects.filter(mine).values("pk"))

    def any_appointed(self, user) -> bool:
        """Whether `user` is appointed to anything today."""
        own = standing(user)
        if not own.sees_all and own.cases:
            return True
        return once(user, "any appointed", lambda: self.appointed(user).exists())

    def cases_visible_to(self, user):
        """Assignments whose petitions, findings and clues `user` may read: the office, and the group while it is authorised;
        never a unit one is recused from, nor one that one speaks for as its liaison.
        """
        scope = self if user.has_role(*ALL_CASES_ROLES) else self.appointed(user)
        return scope.exclude(pk__in=self.model.objects.kept_from(user).values("pk"))

    def kept_from(self, user):
        """Assignments whose cases are not for `user` whatever the role: recused from the unit, or its liaison."""
        return self.filter(Q(unit__recusals__person__user=user) | Q(unit__liaisons__user=user))

    def case_scope(self, user, path: str = "assignment") -> Q:
        """`cases_visible_to` as a condition on rows that reach their assignment by `path`; holds for one request or task.

        Ids and not a subquery, because behind a subquery the planner sees neither how few assignments there are nor that an
        index already has their rows in order. The office, kept out of nothing, needs no condition at all.
        """
        own = standing(user)
        if own.cases is None:
            return Q(**{f"{path}__in": self.model.objects.cases_visible_to(user)})
        found = Q(**{f"{path}__in": own.cases})
        return found if not own.sees_all else ~found if own.cases else Q()

    def items_visible_to(self, user):
        """Assignments whose rectification items `user` may read: as cases, and the unit's own liaison."""
        return self.filter(Q(pk__in=self.cases_visible_to(user).values("pk")) | Q(unit__liaisons__user=user)).distinct()

    def item_scope(self, user, path: str = "assignment") -> Q:
        """`items_visible_to` as a condition, as `case_scope` is of cases."""
        own = standing(user)
        if own.cases is None or own.spoken is None:
            return Q(**{f"{path}__in": self.model.objects.items_visible_to(user)})
        if not own.sees_all:
            return Q(**{f"{path}__in": tuple(sorted({*own.cases, *own.spoken}))})
        kept_from = tuple(sorted(set(own.cases) - set(own.spoken)))
        return ~Q(**{f"{path}__in": kept_from}) if kept_from else Q()

    def on_site(self, on=None):
        """Assignments whose on-site days include a day."""
        on = on or today()
        return self.filter(onsite_from__lte=on, onsite_to__gte=on)

    def for_list(self):
        """With what a row shows, in the order of the group table."""
        return self.select_related("group__round__term", "unit__category").order_by("group__number", "onsite_from", "id")
