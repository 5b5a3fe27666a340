"""Petitions as a vocabulary of querysets. Every list, count, chart, export, report and API call starts here."""

import datetime as dt

from django.db import models
from django.db.models import Count, Q

from inspection.vault import index
from rounds.models import Assignment
from rounds.queries import today

WAITING = ("registered",)
IN_GROUP = ("accepted", "checking")
OPEN = (*WAITING, *IN_GROUP, "transferred")
# Where a petition may be: every state stands in exactly one place, so that received = placed + waiting.
PLACES = {
    "waiting": WAITING,
    "in_group": IN_GROUP,
    "transferred": ("transferred",),
    "handed_up": ("handed_up",),
    "repeat": ("repeat",),
    "filed": ("filed",),
    "concluded": ("concluded",),
}
SOON_DAYS = 7


class PetitionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Petitions `user` may read: those of the assignments in scope, less those that name the user or a declared relative."""
        return self.filter(assignment__in=Assignment.objects.cases_visible_to(user)).exclude(exclusions__user=user)

    def open(self):
        """Not yet at rest: waiting for triage, with the group, or passed on and not answered."""
        return self.filter(state__in=OPEN)

    def in_place(self, place):
        """Those that are in one of PLACES, or in any but `waiting` for "placed"."""
        return self.exclude(state__in=WAITING) if place == "placed" else self.filter(state__in=PLACES[place])

    def counts_by_place(self, *by):
        """One row for every combination of the columns `by`: how many were received, and how many are in each place."""
        places = {place: Count("pk", filter=Q(state__in=states)) for place, states in PLACES.items()}
        return self.order_by(*by).values(*by).annotate(received=Count("pk"), **places)

    def to_triage(self):
        """Waiting for triage."""
        return self.filter(state__in=WAITING)

    def overdue(self, on=None):
        """Past the day by which the state they are in should have been left."""
        on = on or today()
        return self.filter(Q(state__in=WAITING, decide_by__lt=on) | Q(state__in=(*IN_GROUP, "transferred"), conclude_by__lt=on))

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


class BoxOpeningQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Openings of boxes about units whose cases `user` may read."""
        return self.filter(channel__assignment__in=Assignment.objects.cases_visible_to(user))

    def for_list(self):
        """Newest first, with the number of letters registered out of each. The count is of all: a letter that names the reader
        is still a letter that was registered.
        """
        return (
            self.select_related("channel__assignment__unit", "channel__assignment__group__round", "opened_by", "witness")
            .annotate(registered=Count("petitions"))
            .order_by("-opened_at", "-id")
        )


class SlipQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Transfer slips of visible petitions."""
        petitions = self.model._meta.get_field("petition").related_model
        return self.filter(petition__in=petitions.objects.visible_to(user))

    def open(self):
        """Not answered yet, while the petition is still passed on."""
        return self.filter(state__in=("sent", "received", "handling"), petition__state="transferred")

    def overdue(self, on=None):
        """Not signed for, or not answered, past the day set."""
        on = on or today()
        return self.open().filter(
            Q(state="sent", receipt_due__lt=on) | Q(state__in=("sent", "received", "handling"), reply_due__lt=on)
        )

    def for_list(self):
        """With what a row shows."""
        return self.select_related("petition__assignment__unit", "receiver").order_by("reply_due", "id")


class MailItemQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Mails of the mailboxes of assignments in scope, less those whose petition names the user."""
        return self.filter(account__channel__assignment__in=Assignment.objects.cases_visible_to(user)).exclude(
            petition__exclusions__user=user
        )


class ImportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Imports into assignments in scope; the category list is the office's and the administrator's business."""
        scope = Q(assignment__in=Assignment.objects.cases_visible_to(user))
        if user.has_role("sysadmin", "office", "chief"):
            scope |= Q(kind="categories")
        return self.filter(scope)


class ExportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own exports: what they hold was cut to the maker's scope."""
        return self.filter(made_by=user)
