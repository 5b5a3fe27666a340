"""Petitions as a vocabulary of querysets. Every list, count, chart, export, report and API call starts here."""

import datetime as dt

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from inspection.pages.searching import Search
from inspection.vault import envelopes, index
from rounds.models import Assignment
from rounds.queries import standing, today

WAITING = ("registered",)
IN_GROUP = ("accepted", "checking")
HANDLED = (*IN_GROUP, "transferred")
OPEN = (*WAITING, *HANDLED)
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
ROW = (  # columns of a row of the list page
    "number",
    "uid",
    "assignment",
    "channel_kind",
    "received_at",
    "signature",
    "state",
    "discipline",
    "decide_by",
    "conclude_by",
    "content",
)
RECORD = (  # and what the register says besides
    *ROW,
    "postmarked_on",
    "registered_by",
    "people_count",
    "level",
    "identity",
    "in_scope",
    "first",
    "outcome",
    "closed_at",
)
SOON_DAYS = 7
HABIT_DAYS = 30  # of asking to see who wrote


def lamp(due_on: dt.date | None, on: dt.date) -> str:
    """What a last day looks like on a day: "red" when it is past, "yellow" within a week of it, "green" before; "" for none."""
    if due_on is None:
        return ""
    left = (due_on - on).days
    return "red" if left < 0 else "yellow" if left <= SOON_DAYS else "green"


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def received_between(first: dt.date | None, last: dt.date | None) -> Q:
    """The condition of `PetitionQuerySet.received`. By moments: no index knows of `__date`."""
    since = Q() if first is None else Q(received_at__gte=_midnight(first))
    return since if last is None else since & Q(received_at__lt=_midnight(last + dt.timedelta(days=1)))


class PetitionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Petitions `user` may read: those of the assignments in scope, less those that name the user or a declared relative."""
        return self.in_scope_of(user).filter(~self._naming(user))

    def in_scope_of(self, user):
        """Petitions of the assignments in scope, with those that are kept from `user`: for who knows that there are none."""
        return self.filter(Assignment.objects.case_scope(user))

    def kept_from(self, user):
        """Petitions of the assignments in scope that `visible_to` leaves out."""
        return self.in_scope_of(user).filter(self._naming(user))

    def _naming(self, user):
        exclusions = self.model._meta.get_field("exclusions").related_model.objects
        return Exists(exclusions.filter(petition=OuterRef("pk"), user=user))

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

    def received(self, first=None, last=None):
        """Received between two days of the office's time zone, both counted; either may be left open."""
        return self.filter(received_between(first, last))

    def known_by(self, source_keys):
        """Those that an import, a form or a mail of one of these keys made."""
        # The second condition says nothing more; it is what the partial index is known to cover.
        return self.filter(source_key__in=source_keys).exclude(source_key="")

    def to_triage(self):
        """Waiting for triage."""
        return self.filter(state__in=WAITING)

    def timed(self, **span):
        """Two querysets: those that wait and those that are in somebody's hands, whose own last day is in `span` (lookups of a
        day: lt, range), each in the order of that day. Two, because each has an index of its own.
        """
        waiting = self.filter(state__in=WAITING, **{f"decide_by__{lookup}": value for lookup, value in span.items()})
        handled = self.filter(state__in=HANDLED, **{f"conclude_by__{lookup}": value for lookup, value in span.items()})
        return waiting.order_by("decide_by", "pk"), handled.order_by("conclude_by", "pk")

    def overdue(self, on=None):
        """Past the day by which the state they are in should have been left."""
        on = on or today()
        return self.open().filter(Q(state__in=WAITING, decide_by__lt=on) | Q(state__in=HANDLED, conclude_by__lt=on))

    def due_within(self, days, on=None):
        """Due from today on within so many days."""
        from_day = on or today()
        span = (from_day, from_day + dt.timedelta(days=days))
        return self.open().filter(Q(state__in=WAITING, decide_by__range=span) | Q(state__in=HANDLED, conclude_by__range=span))

    def search(self, text):
        """Petitions whose subject, text or persons named contain every term of `text`."""
        return index.filter(self, "petition", text, self.model.searchable_texts)

    def narrowed(self, text, user) -> tuple["PetitionQuerySet", Search]:
        """Candidates of `search(text)` in a queryset that is `visible_to(user)`; what a list needs to settle which are meant."""
        own = standing(user)
        files = None if own.sees_all or own.cases is None else [index.tag("assignment", pk) for pk in own.cases]
        found = index.narrow(self, "petition", text, files)

        def keep(ids):
            return {pk for pk, said in self.model.searchable_texts(ids).items() if index.holds(said, found.terms)}

        return found.queryset, Search(keep if found.terms else None, self, found.sample, found.among)

    def for_list(self):
        """With what a list row shows; the envelope is opened row by row."""
        return self.select_related("assignment__unit", "assignment__group__round", "category", "content", "first").order_by(
            "-received_at", "-id"
        )

    def for_rows(self):
        """With what a row of the list page shows, and no more, because every column is a value to read and every joined table an
        object to make for each row. `Petition.open_all` opens their contents, which come along as columns.
        """
        return self._with_content(ROW)

    def for_register(self):
        """`for_rows`, with what a row of the register says."""
        return self._with_content(RECORD)

    def _with_content(self, columns):
        envelope = {f"content_{name}": F(f"content__{name}") for name in envelopes.COLUMNS if name != "id"}
        return self.only(*columns).annotate(**envelope)

    def for_page(self):
        """With what the case page shows."""
        return self.select_related(
            "assignment__unit",
            "assignment__group__round",
            "category",
            "content",
            "identity",
            "first",
            "channel",
            "registered_by",
            "state_by",
        )


class DailyReceiptsQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Counts of the assignments in scope. Petitions kept from `user` are among those counted: take `kept_from` off."""
        return self.filter(Assignment.objects.case_scope(user))


class BoxOpeningQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Openings of boxes about units whose cases `user` may read."""
        return self.filter(Assignment.objects.case_scope(user, "channel__assignment"))

    def for_list(self, user):
        """Newest first, with the number of letters registered out of each that `user` may know of: one that is kept from the
        reader counts as a letter not registered yet.
        """
        petitions = self.model._meta.get_field("petitions").related_model.objects
        kept_from = petitions.filter(exclusions__user=user).values("pk")
        return (
            self.select_related("channel__assignment__unit", "channel__assignment__group__round", "opened_by", "witness")
            .annotate(registered=Count("petitions", filter=~Q(petitions__in=kept_from)))
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
        return self.filter(Assignment.objects.case_scope(user, "account__channel__assignment")).exclude(
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
        """One's own exports: what they hold was cut to the maker's scope. One that was made before something of it was kept from
        the maker is gone with it.
        """
        kept_out = apps.get_model("petitions", "Exclusion").objects.filter(user=user, since__gte=models.OuterRef("made_at"))
        return self.filter(made_by=user).exclude(models.Exists(kept_out))


def _knowable(queryset, user):
    """Rows about petitions that `user` is not kept out of, about units that `user` is neither recused from nor liaison of."""
    return (
        queryset.exclude(petition__exclusions__user=user)
        .exclude(petition__assignment__unit__recusals__person__user=user)
        .exclude(petition__assignment__unit__liaisons__user=user)
    )


class IdentityRequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Custodians and the head of the office know every request; who asked knows the own, while the petition is in sight."""
        requests = _knowable(self, user)
        if user.has_role("custodian", "chief"):
            return requests
        petitions = self.model._meta.get_field("petition").related_model
        return requests.filter(asked_by=user, petition__in=petitions.objects.visible_to(user))

    def to_decide(self, user):
        """Those that wait for `user`: what custodians ask goes to the head of the office, the rest to custodians."""
        waiting = self.filter(state="requested").exclude(asked_by=user)
        by_custodian = Q(asked_by__in=self.model.asked_by.field.related_model.objects.filter(grants__role="custodian"))
        mine = Q(pk__in=[])
        if user.has_role("custodian"):
            mine |= ~by_custodian
        if user.has_role("chief"):
            mine |= by_custodian
        return waiting.filter(mine)

    def habits(self, asker, decider, days=HABIT_DAYS):
        """{asked, opened, by_decider}: how often `asker` asked in the last days, was granted it, and by `decider`."""
        recent = self.filter(asked_by=asker, asked_at__gte=timezone.now() - dt.timedelta(days=days)).order_by()
        opened = Q(opens_until__isnull=False)
        return recent.aggregate(
            asked=Count("pk"), opened=Count("pk", filter=opened), by_decider=Count("pk", filter=opened & Q(decided_by=decider))
        )

    def opened(self, at=None):
        """Open at a moment, now unless told."""
        return self.filter(state="approved", opens_until__gt=at or timezone.now())

    def lapsed(self, at=None):
        """Over by the clock, and not yet put on record as expired."""
        return self.filter(state="approved", opens_until__lte=at or timezone.now())

    def for_list(self):
        """With what a row shows."""
        return self.select_related("petition__assignment__unit", "asked_by", "decided_by")


class OriginalQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of slips in sight."""
        slips = self.model._meta.get_field("slip").related_model
        return self.filter(slip__in=slips.objects.visible_to(user))

    def for_page(self):
        """With what a page shows."""
        return self.select_related(
            "slip__petition__assignment__unit", "slip__petition__assignment__group__round", "asked_by", "decided_by", "reason"
        )


class DisposalQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The office, and those who carry disposals out. They know number and days; what a petition says is no part of it."""
        if not user.has_role("office", "chief", "custodian", "secadmin"):
            return self.none()
        return _knowable(self, user)

    def to_decide(self, user):
        """Those that wait for `user`: the head of the office approves, a custodian or the security administrator destroys."""
        mine = Q(pk__in=[])
        if user.has_role("chief"):
            mine |= Q(state="proposed")
        if user.has_role("custodian", "secadmin"):
            mine |= Q(state="approved") & ~Q(approved_by=user)
        return self.filter(mine).exclude(proposed_by=user)

    def for_list(self):
        """With what a row shows."""
        return self.select_related("petition__assignment__unit", "proposed_by", "approved_by", "destroyed_by")
