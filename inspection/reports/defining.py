"""Keeping definitions: who changed what, and from when on the new schedule counts."""

from django.db import transaction
from django.utils import timezone

from inspection.accounts.models import User
from inspection.trail.recording import record

from .models import Definition

SCHEDULE = {"frequency", "weekday", "day_of_month", "at", "active"}


class ChangedMeanwhile(Exception):
    """Somebody else saved the definition after the page was opened."""


@transaction.atomic
def create(definition: Definition, recipients: list[User], *, by: User) -> Definition:
    """Save a new definition. Its first period is the one that comes due next: nothing older is caught up."""
    definition.created_by = by
    definition.active_since = timezone.now()
    definition.save()
    definition.recipients.set(recipients)
    record("create", definition, by=by, facts={"kind": definition.kind, "recipients": [user.pk for user in recipients]})
    return definition


@transaction.atomic
def change(definition: Definition, recipients: list[User], *, by: User, seen: int, changed: list[str]) -> Definition:
    """Save a changed definition. A changed or reopened schedule counts from now on.

    seen  the version the person looked at
    Raises ChangedMeanwhile.
    """
    if not Definition.objects.filter(pk=definition.pk, version=seen).update(version=seen + 1):
        raise ChangedMeanwhile
    definition.version = seen + 1
    if SCHEDULE & set(changed):
        definition.active_since = timezone.now()
    definition.save()
    definition.recipients.set(recipients)
    facts = {"changed": sorted(changed), "recipients": [user.pk for user in recipients], "active": definition.active}
    record("change", definition, by=by, facts=facts)
    return definition
