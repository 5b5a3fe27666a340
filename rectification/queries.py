"""Findings, clues, feedback and items as a vocabulary of querysets."""

import datetime as dt

from django.db import models
from django.db.models import Q

from inspection.vault import index
from petitions.models import Exclusion
from rounds.models import Appointment, Assignment
from rounds.queries import today

ITEM_OPEN = ("pending", "rectifying", "basic", "applied", "verified", "longterm")
ITEM_LATE_ABLE = ("pending", "rectifying", "basic")
SIGNED = ("signed", "used", "corrected", "clue")
CLUE_OPEN = ("handed_over", "received", "talk", "preliminary", "shelved", "case", "measure")


class CaseQuerySet(models.QuerySet):
    """What findings, clues and feedback share: they belong to an assignment and are seen by the office and its group."""

    def visible_to(self, user):
        """Those of the assignments whose cases `user` may read."""
        return self.filter(assignment__in=Assignment.objects.cases_visible_to(user))

    def for_list(self):
        """With what a list row shows."""
        return self.select_related("assignment__unit", "assignment__group__round", "content").order_by("-id")


class FindingQuerySet(CaseQuerySet):
    def to_sign(self):
        """Discussed or waiting for the group meeting, to be signed by the leader."""
        return self.filter(state="meeting")

    def to_sign_by(self, user):
        """What waits for the signature of `user`: papers of the groups that `user` leads today, longest waiting first."""
        led = Appointment.objects.of(user).in_force().filter(post=Appointment.Post.LEADER)
        return self.visible_to(user).to_sign().filter(assignment__group__in=led.values("group")).order_by("state_at", "id")

    def signed(self):
        """Signed by the leader: the only papers a report may rest on."""
        return self.filter(state__in=SIGNED)

    def search(self, text):
        """Findings whose title, fact or rule contains every term of `text`."""
        return index.filter(self, "finding", text, self.model.searchable_texts)


class ClueQuerySet(CaseQuerySet):
    def visible_to(self, user):
        """As cases, less those whose source petition names the user or a declared relative: the clue is about the same people."""
        exclusions = Exclusion.objects.filter(user=user)
        return (
            super()
            .visible_to(user)
            .exclude(Q(petition__isnull=False) & Q(petition__in=exclusions.values("petition")))
            .exclude(Q(finding__isnull=False) & Q(finding__source_links__petition__in=exclusions.values("petition")))
        )

    def search(self, text):
        """Clues whose person, post or matter contains every term of `text`."""
        return index.filter(self, "clue", text, self.model.searchable_texts)

    def to_approve(self):
        """Proposed and waiting for the head of the office."""
        return self.filter(state="proposed")

    def overdue(self, on=None):
        """Handed over and not reported back by the reply deadline."""
        return self.filter(state__in=CLUE_OPEN, reply_due__lt=on or today())


class ItemQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Items of the assignments in sight; the unit's liaison sees the own unit's items."""
        return self.filter(assignment__in=Assignment.objects.items_visible_to(user))

    def open(self):
        """Not closed."""
        return self.filter(state__in=ITEM_OPEN)

    def overdue(self, on=None):
        """Red: the last day is past and the unit has not applied to close."""
        return self.filter(state__in=ITEM_LATE_ABLE, due_on__lt=on or today())

    def due_within(self, days, on=None):
        """Yellow: the last day comes within so many days."""
        day = on or today()
        return self.filter(state__in=ITEM_LATE_ABLE, due_on__range=(day, day + dt.timedelta(days=days)))

    def light(self, colour, on=None, days=10):
        """Items whose light is `colour` (red, yellow, green); the same rule as `Item.light`."""
        if colour == "red":
            return self.overdue(on)
        if colour == "yellow":
            return self.due_within(days, on)
        day = (on or today()) + dt.timedelta(days=days)
        return self.exclude(state="closed").filter(~Q(state__in=ITEM_LATE_ABLE) | Q(due_on__gt=day) | Q(due_on=None))

    def search(self, text):
        """Items whose problem, goal or measures contain every term of `text`."""
        return index.filter(self, "item", text, self.model.searchable_texts)

    def for_list(self):
        """With what a list row shows."""
        return self.select_related("assignment__unit", "assignment__group__round", "content").order_by("due_on", "id")
