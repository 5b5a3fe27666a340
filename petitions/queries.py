"""Petitions as a vocabulary of querysets. Every list, count, chart, export, report and API call starts here."""

import datetime as dt

from django.db import models
from django.db.models import Q

from inspection.vault import index
from rounds.models import Assignment
from rounds.queries import today

WAITING = ("registered",)
IN_GROUP = ("accepted", "checking")
OPEN = (*WAITING, *IN_GROUP, "transferred")


class PetitionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Petitions `user` may read: those of the assignments in scope, less those that name the user or a declared relative."""
        return self.filter(assignment__in=Assignment.objects.cases_visible_to(user)).exclude(
            exclusions__user=user
        )

    def open(self):
        """Not yet at rest: waiting for triage, with the group, or passed on and not answered."""
        return self.filter(state__in=OPEN)

    def to_triage(self):
        """Waiting for triage."""
        return self.filter(state__in=WAITING)

    def overdue(self, on=None):
        """Past the day by which the state they are in should have been left."""
        on = on or today()
        return self.filter(
            Q(state__in=WAITING, decide_by__lt=on) | Q(state__in=(*IN_GROUP, "transferred"), conclude_by__lt=on)
        )

    def due_within(self, days, on=None):
        """Due from today on within so many days."""
        from_day = on or today()
        span = (from_day, from_day + dt.timedelta(days=days))
        return self.filter(
            Q(state__in=WAITING, decide_by__range=span) | Q(state__in=(*IN_GROUP, "transferred"), conclude_by__range=span)
        )

    def search(self, text):
        """Petitions whose subject, text or persons named contain every term of `text`."""
        return index.filter(self, "petition", text, self.model.searchable_texts)

    def for_list(self):
        """With what a list row shows; the envelope is opened row by row."""
        return self.select_related("assignment__unit", "assignment__group__round", "category", "content", "first").order_by(
            "-received_at", "-id"
        )

    def for_page(self):
        """With what the case page shows."""
        return self.select_related(
            "assignment__unit", "assignment__group__round", "category", "content", "identity", "first", "channel", "registered_by"
        )


class SlipQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Transfer slips of visible petitions."""
        petitions = self.model._meta.get_field("petition").related_model
        return self.filter(petition__in=petitions.objects.visible_to(user))

    def open(self):
        """Not answered yet."""
        return self.filter(state__in=("sent", "received", "handling"))

    def overdue(self, on=None):
        """Not signed for, or not answered, past the day set."""
        on = on or today()
        return self.filter(
            Q(state="sent", receipt_due__lt=on) | Q(state__in=("sent", "received", "handling"), reply_due__lt=on)
        )

    def for_list(self):
        """With what a row shows."""
        return self.select_related("petition__assignment__unit", "receiver").order_by("reply_due", "id")
