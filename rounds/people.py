"""Finding the people to tell: heads of the office, leaders of a group, liaisons of a unit."""

from django.conf import settings
from django.utils.module_loading import import_string

from inspection.accounts.models import User
from inspection.accounts.roles import Role
from rounds.models import Appointment, Assignment


def heads_of_office(*, but=None):
    """Active users who head the office, except `but`."""
    heads = User.objects.filter(is_active=True, grants__role=Role.CHIEF)
    return heads.exclude(pk=but.pk) if but else heads


def office_staff(*, but=None):
    """Active office staff and heads of the office, except `but`."""
    staff = User.objects.filter(is_active=True, grants__role__in=(Role.OFFICE, Role.CHIEF)).distinct()
    return staff.exclude(pk=but.pk) if but else staff


def holders(assignment: Assignment, *posts: str, but=None):
    """Active users who hold one of `posts` (any post when none is named) in the assignment's group today and are not kept out."""
    appointments = Appointment.objects.in_force().filter(group=assignment.group_id)
    if posts:
        appointments = appointments.filter(post__in=posts)
    users = (
        User.objects.filter(is_active=True, person__appointments__in=appointments)
        .exclude(person__recusals__unit=assignment.unit_id)
        .exclude(liaison_of__unit=assignment.unit_id)
        .distinct()
    )
    return users.exclude(pk=but.pk) if but else users


def liaisons(assignment: Assignment):
    """Active liaisons of the assignment's unit."""
    return User.objects.filter(is_active=True, liaison_of__unit=assignment.unit_id)


def became_known(user: User | None) -> None:
    """A name, a relative or a unit of `user` is new to the house: the floors above look whether a case speaks of it. Joins the
    caller's transaction, so that the declaration and what follows from it stand or fall together.
    """
    if user is None:
        return
    for path in settings.NAME_WATCHERS:
        import_string(path)(user)
