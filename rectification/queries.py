"""Findings, clues, feedback and items as a vocabulary of querysets."""

import datetime as dt
import functools
import operator

from django.db import models
from django.db.models import Case, Count, IntegerField, OuterRef, Q, Subquery, When

from inspection.statements import CountOf
from inspection.trail.models import Entry
from inspection.vault import index
from petitions.models import Exclusion
from rounds.models import Appointment, Assignment, Round
from rounds.queries import today

ITEM_OPEN = ("pending", "rectifying", "basic", "applied", "verified", "longterm")
ITEM_LATE_ABLE = ("pending", "rectifying", "basic")
SIGNED = ("signed", "used", "corrected", "clue")
CLUE_OPEN = ("handed_over", "received", "talk", "preliminary", "shelved", "case", "measure")
SOON_DAYS = 10


def soon_days(rules: dict) -> int:
    """How many days before its last day an item turns yellow under a round's frozen rules; a month counts as 30 days."""
    rule = rules.get("light.yellow")
    if rule is None:
        return SOON_DAYS
    return rule["amount"] * (30 if rule["unit"] == "month" else 1)


def yellow_from(rounds) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """((days before the last one, ids of the rounds whose items turn yellow then), …) of pairs (id, frozen rules)."""
    found: dict[int, list[int]] = {}
    for pk, rules in rounds:
        found.setdefault(soon_days(rules), []).append(pk)
    return tuple((days, tuple(sorted(pks))) for days, pks in sorted(found.items()))


def _soon(on, days=None) -> Q:
    """Items that end within the days their own round sets for yellow, or within `days`: a number, or what `yellow_from` says."""
    if isinstance(days, int):
        return Q(due_on__lte=on + dt.timedelta(days=days))
    rounds = yellow_from(Round.objects.order_by().values_list("pk", "rules")) if days is None else days
    if len(rounds) <= 1:
        return Q(due_on__lte=on + dt.timedelta(days=rounds[0][0] if rounds else SOON_DAYS))
    own = (Q(assignment__group__round__in=pks, due_on__lte=on + dt.timedelta(days=ahead)) for ahead, pks in rounds)
    return functools.reduce(operator.or_, own)


def lights_by_round(held, ending, rounds: dict[int, int], days) -> dict[int, dict[str, int]]:
    """{round: {total, closed, red, yellow, green}} out of `ItemQuerySet.held` and `.ending`; the same rule as its `_lit`.

    rounds  {assignment: its round}
    days    what `yellow_from` says
    """
    yellow_to = {pk: place for place, (_ahead, pks) in enumerate(days, start=1) for pk in pks}
    found: dict[int, dict[str, int]] = {}
    for assignment, total, closed in held:
        if not total:
            continue
        counts = found.setdefault(rounds[assignment], {"total": 0, "closed": 0, "red": 0, "yellow": 0, "green": 0})
        counts["total"] += total
        counts["closed"] += closed
        counts["green"] += total - closed
    for assignment, step, many in ending:
        round = rounds[assignment]
        if step <= yellow_to[round]:
            found[round]["yellow" if step else "red"] += many
            found[round]["green"] -= many
    return found


class CaseQuerySet(models.QuerySet):
    """What findings, clues and feedback share: they belong to an assignment and are seen by the office and its group."""

    def visible_to(self, user):
        """Those of the assignments whose cases `user` may read."""
        return self.filter(Assignment.objects.case_scope(user))

    def for_list(self):
        """With what a list row shows."""
        return self.select_related("assignment__unit", "assignment__group__round", "content").order_by("-id")


class FindingQuerySet(CaseQuerySet):
    def visible_to(self, user):
        """As cases, less those that rest on a petition that is kept from the user: the paper is about the same people."""
        kept_from = self.model.objects.filter(source_links__petition__exclusions__user=user)
        return super().visible_to(user).exclude(pk__in=kept_from.values("pk"))

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
        """As cases, less those that name the user or a declared relative, or whose source petition is kept from the user."""
        exclusions = Exclusion.objects.filter(user=user)
        return (
            super()
            .visible_to(user)
            .exclude(Q(petition__isnull=False) & Q(petition__in=exclusions.values("petition")))
            .exclude(Q(finding__isnull=False) & Q(finding__source_links__petition__in=exclusions.values("petition")))
            .exclude(kept_from=user)
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


class FeedbackQuerySet(CaseQuerySet):
    def to_approve(self):
        """Drafted and waiting for the head of the office."""
        return self.filter(state="draft")


class ItemQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Items of the assignments in sight; the unit's liaison sees the own unit's items."""
        return self.filter(Assignment.objects.item_scope(user))

    def open(self):
        """Not closed."""
        return self.filter(state__in=ITEM_OPEN)

    def overdue(self, on=None):
        """Red: the last day is past and the unit has not applied to close."""
        return self.filter(state__in=ITEM_LATE_ABLE, due_on__lt=on or today())

    def due_within(self, days, on=None):
        """Not applied for, and the last day comes within so many days."""
        day = on or today()
        return self.filter(state__in=ITEM_LATE_ABLE, due_on__range=(day, day + dt.timedelta(days=days)))

    def light(self, colour, on=None, days=None):
        """Items whose light is `colour` (red, yellow, green); the same rule as `Item.light`."""
        return self.filter(self._lit(on or today(), days)[colour])

    def to_verify_by(self, user):
        """Applied for and waiting for somebody else's judgement, longest waiting first."""
        return self.filter(state="applied").exclude(applied_by=user).order_by("state_at", "id")

    def to_close_by(self, user):
        """Verified and waiting for a third person, longest waiting first."""
        return self.filter(state="verified").exclude(applied_by=user).exclude(verified_by=user).order_by("state_at", "id")

    def sent_back(self):
        """Sent back and not applied for again since; `returned` is the id of the trail entry that says why."""
        label = self.model._meta.label_lower
        entries = Entry.objects.filter(
            object_type=label, object_id=OuterRef("pk"), verb="send_back", at__gte=OuterRef("state_at")
        )
        return (
            self.filter(state="rectifying")
            .annotate(returned=Subquery(entries.order_by("-id").values("pk")[:1]))
            .exclude(returned=None)
        )

    def counts(self, on=None):
        """{total, closed, red, yellow, green} of these items, in one statement."""
        return self.order_by().aggregate(**self._counted(on or today()))

    def counts_by(self, *by, on=None, days=None):
        """One row for every combination of the columns `by`: total, closed, red, yellow, green."""
        return self.order_by(*by).values(*by).annotate(**self._counted(on or today(), days))

    def held(self, user):
        """Rows (assignment, items, closed) of the assignments whose items `user` may see. Assignment by assignment, because
        counting the entries of one in an index takes a third of the time of grouping all.
        """
        own = self.filter(assignment=OuterRef("pk")).order_by().values("pk")
        files = Assignment.objects.filter(Assignment.objects.item_scope(user, "pk")).order_by()
        return files.annotate(held=CountOf(own), closed=CountOf(own.filter(state="closed"))).values_list("pk", "held", "closed")

    def ending(self, on, days):
        """Rows (assignment, step, how many) of those past their last day or close to it.

        days  what `yellow_from` says
        step  0 past the last day; 1, 2, … within the first, second, … of these days of it
        """
        ahead = [on + dt.timedelta(days=many) for many, _pks in days]
        steps = [When(due_on__lt=on, then=0), *(When(due_on__lte=day, then=place) for place, day in enumerate(ahead, start=1))]
        near = self.filter(state__in=ITEM_LATE_ABLE, due_on__lte=max(ahead, default=on)).order_by().values("assignment")
        return near.annotate(step=Case(*steps, output_field=IntegerField()), many=Count("pk")).values_list(
            "assignment", "step", "many"
        )

    def _counted(self, on, days=None):
        lights = {colour: Count("pk", filter=condition) for colour, condition in self._lit(on, days).items()}
        return {"total": Count("pk"), "closed": Count("pk", filter=Q(state="closed"))} | lights

    @staticmethod
    def _lit(on, days=None):
        """The condition of each light. Yellow begins as many days before the last one as the item's own round says."""
        late_able = Q(state__in=ITEM_LATE_ABLE)
        red = late_able & Q(due_on__lt=on)
        yellow = late_able & Q(due_on__gte=on) & _soon(on, days)
        return {"red": red, "yellow": yellow, "green": ~Q(state="closed") & ~red & ~yellow}

    def search(self, text):
        """Items whose problem, goal or measures contain every term of `text`."""
        return index.filter(self, "item", text, self.model.searchable_texts)

    def for_list(self):
        """With what a list row shows; `rank` puts what is still to be done before long-term items, and closed ones last."""
        rank = Case(When(state="closed", then=2), When(state="longterm", then=1), default=0)
        return (
            self.select_related("assignment__unit", "assignment__group__round", "content")
            .annotate(rank=rank)
            .order_by("rank", "due_on", "id")
        )

    def for_page(self):
        """With what the item's page shows."""
        return self.for_list().select_related("finding", "feedback", "applied_by", "verified_by", "closed_by", "state_by")
