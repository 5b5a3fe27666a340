"""Filling the benchmark's database: the register's own checking, sealing, numbering, indexing and recording, many rows at a time.

A petition is not walked through its verbs one by one. It is saved in the state it has reached, with the entries that the verbs
would have left, so that `manage.py verify` finds nothing wrong.
"""

import datetime as dt
import io
import random
import sys
import time
from multiprocessing import get_context

from django.db import connection, connections, transaction
from django.utils import timezone

from inspection import bulk, numbers
from inspection.trail.models import Entry
from inspection.trail.recording import record
from inspection.vault import envelopes, index
from inspection.workflow import begin_many
from petitions import intake, receipts
from petitions.models import Discipline, Petition, TransferSlip
from rectification.models import Finding, FindingVersion, Item
from rounds.models import Assignment

from .words import Author
from .world import CHANNELS, GROUPS, World

BATCH = 500
PROCESSES = 2
TELL_SECONDS = 15
ENTRIES, FILES = 30, 5
FINDINGS, ITEMS = 50, 60  # petitions to each
State = Petition.State
# How far petitions have come: (share, verbs after the registration with the state each leads to).
WAYS = (
    (0.12, ()),
    (0.08, (("accept", State.ACCEPTED),)),
    (0.12, (("accept", State.ACCEPTED), ("check", State.CHECKING))),
    (0.10, (("transfer", State.TRANSFERRED),)),
    (0.06, (("link_repeat", State.REPEAT),)),
    (0.14, (("file", State.FILED),)),
    (0.38, (("accept", State.ACCEPTED), ("conclude", State.CONCLUDED))),
)


def fill(world: World, petitions: int, seed: int) -> None:
    """Fill the database with so many petitions, and findings and items in proportion."""
    share, rest = divmod(petitions, len(world.assignments))
    jobs = [(assignment.pk, share + (place < rest), seed + place) for place, assignment in enumerate(world.assignments)]
    # Each process has rounds of its own, because numbers are given out round by round.
    parts = [[job for place, job in enumerate(jobs) if place // GROUPS % PROCESSES == part] for part in range(PROCESSES)]
    with index.loading():
        _fork(parts, world, petitions)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum would have, had the rows come one by one


def _fork(parts: list, world: World, petitions: int) -> None:
    """A process for each part; says on stderr how far they are."""
    context = get_context("fork")
    done = context.Value("q", 0)
    connections.close_all()  # a connection does not survive a fork
    workers = [context.Process(target=_work, args=(part, world, done), daemon=True) for part in parts]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    told = began
    while any(worker.is_alive() for worker in workers):
        next(worker for worker in workers if worker.exitcode is None or worker is workers[-1]).join(0.5)
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            rate = done.value / (told - began)
            print(f"filling: {done.value:,} of {petitions:,} petitions, {rate:,.0f}/s", file=sys.stderr, flush=True)
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("filling failed; what went wrong is above")


def _work(part: list, world: World, done) -> None:
    """One process: its assignments one after the other."""
    for pk, count, seed in part:
        assignment = Assignment.objects.select_related("unit", "group__round__profile").get(pk=pk)
        writer = Writer(assignment, world, seed)
        for start in range(0, count, BATCH):
            size = min(BATCH, count - start)
            writer.petitions(size)
            with done.get_lock():
                done.value += size
        writer.findings(round(count / FINDINGS))
        writer.items(round(count / ITEMS))


class Writer:
    """Writes the cases of one assignment."""

    def __init__(self, assignment: Assignment, world: World, seed: int):
        self.assignment = assignment
        self.by = world.office
        self.agency = world.agency
        self.author = Author(seed)
        self.random = random.Random(seed)
        self.asked = intake.Preparation(assignment)
        self.begins = assignment.onsite_from
        self.days = (min(assignment.onsite_to, timezone.localdate() - dt.timedelta(days=1)) - self.begins).days
        self.firsts: list[int] = []

    def petitions(self, count: int) -> None:
        """Register so many petitions and move each on its way."""
        drafts = [intake.prepare(self.assignment, asked=self.asked, **self._said()) for _place in range(count)]
        sealed = intake.sealed(self.assignment, drafts, by=self.by)
        ways = self.random.choices([way for _share, way in WAYS], [share for share, _way in WAYS], k=count)
        with transaction.atomic():
            intake.numbered(self.assignment, sealed)
            for petition, way in zip(sealed, ways, strict=True):
                self._moved(petition, way)
            bulk.save(envelope for petition in sealed for envelope in (petition.content, petition.identity) if envelope)
            bulk.save(sealed)
            bulk.save(entry for petition, way in zip(sealed, ways, strict=True) for entry in self._entries(petition, way))
            intake.findable(sealed, drafts)
            receipts.came(sealed)
            self._slips([petition for petition in sealed if petition.state == State.TRANSFERRED])
        self.firsts = [petition.pk for petition in sealed if petition.state == State.ACCEPTED] or self.firsts

    def findings(self, count: int) -> None:
        """Draft so many papers."""
        if not count:
            return
        group, year = self.assignment.group, timezone.localdate().year
        found, today = [], timezone.localdate()
        for _place in range(count):
            content = {name: self.author.sentence() for name in ("fact", "basis", "responsible", "suggestion")}
            finding = Finding(
                assignment=self.assignment,
                responsibility=self.random.choice(Finding.Responsibility.values),
                discipline=self.random.choice(Discipline.values),
                found_by=self.by,
                found_on=today,
                drafted_by=self.by,
            )
            finding._opened = content | {"title": self.author.petition()["subject"]}
            finding.content = envelopes.made("finding", finding.owner, finding._opened)
            found.append(finding)
        prefix = f"{group.round.sequence}巡-{group.number}组"
        with transaction.atomic():
            for finding, serial in zip(
                found, numbers.take_many(f"DG-{group.round.sequence}-{group.number}", year, count), strict=True
            ):
                finding.number = f"[{year}]{prefix}-{serial:02d}号"
            bulk.save(finding.content for finding in found)
            begin_many(found, by=self.by, verb="draft", facts=lambda finding: {"sources": []})
            FindingVersion.objects.bulk_create(FindingVersion(finding=f, number=1, content=f.content, by=self.by) for f in found)
            index.put_many("finding", {finding.pk: Finding.searchable(finding.opened()) for finding in found})

    def items(self, count: int) -> None:
        """Open so many rectification items."""
        if not count:
            return
        code, year, items = self.assignment.group.round.code, timezone.localdate().year, []
        for _place in range(count):
            due_on = timezone.localdate() + dt.timedelta(days=self.random.randrange(-20, 120))
            item = Item(
                assignment=self.assignment,
                source=Item.Source.FEEDBACK,
                state=self.random.choice((Item.State.PENDING, Item.State.RECTIFYING, Item.State.BASIC)),
                due_on=due_on,
                original_due_on=due_on,
            )
            item._opened = {"problem": self.author.sentence(), "goal": "", "leader": "", "department": ""}
            item.content = envelopes.made("item", item.owner, item._opened)
            items.append(item)
        with transaction.atomic():
            for item, serial in zip(items, numbers.take_many(f"{code}-ZG", year, count), strict=True):
                item.number = f"{code}-ZG-{year}-{serial:03d}"
            bulk.save(item.content for item in items)
            begin_many(items, by=self.by, verb="open", facts=lambda item: {"source": item.source})
            index.put_many("item", {item.pk: [item.opened()["problem"]] for item in items})

    def _said(self) -> dict:
        """Arguments of `intake.prepare` for one petition."""
        received_on = self.begins + dt.timedelta(days=self.random.randrange(self.days + 1))
        second = self.random.randrange(24 * 3600)
        received_at = timezone.make_aware(dt.datetime.combine(received_on, dt.time()) + dt.timedelta(seconds=second))
        channel_kind = self.random.choices(CHANNELS, (30, 25, 5, 15, 15, 10))[0]
        return self.author.petition() | {"channel_kind": channel_kind, "received_at": received_at}

    def _moved(self, petition: Petition, way: tuple) -> None:
        """Set what the verbs of its way would have set."""
        petition.state = way[-1][1] if way else State.REGISTERED
        if petition.state == State.REPEAT:
            if self.firsts:
                petition.first_id = self.random.choice(self.firsts)
            else:
                petition.state = State.FILED
        if way:
            petition.in_scope = petition.state != State.TRANSFERRED
            petition.kind = Petition.Kind.ACCUSATION
            petition.discipline = self.random.choice(Discipline.values)
            petition.conclude_by = petition.received_on + dt.timedelta(days=60)
        if petition.state == State.CONCLUDED:
            petition.outcome, petition.closed_at = Petition.Outcome.CLOSED, petition.received_at + dt.timedelta(days=20)
        petition.state_at, petition.state_by = petition.received_at, self.by
        petition.version = 1 + len(way)

    def _entries(self, petition: Petition, way: tuple):
        """The trail of its way."""
        came_from = State.REGISTERED
        facts = {"channel": petition.channel_kind, "attachments": 0}
        yield Entry.objects.made("register", petition, by=self.by, to_state=came_from, facts=facts)
        for verb, state in way:
            verb, state = ("file", State.FILED) if petition.state == State.FILED else (verb, state)
            yield Entry.objects.made(verb, petition, by=self.by, from_state=came_from, to_state=state)
            came_from = state

    def _slips(self, petitions: list[Petition]) -> None:
        """A slip to each petition that was passed on."""
        if not petitions:
            return
        today, prefix, slips = timezone.localdate(), f"{self.assignment.group.round.code}-ZB", []
        serials = numbers.take_many(prefix, today.year, len(petitions))
        for petition, serial in zip(petitions, serials, strict=True):
            slip = TransferSlip(
                number=f"{prefix}-{today.year}-{serial:04d}",
                petition=petition,
                receiver=self.agency,
                receiver_name=self.agency.name,
                sent_on=today,
                receipt_due=today + dt.timedelta(days=15),
                reply_due=today + dt.timedelta(days=60),
            )
            slip.extract = envelopes.made("slip.extract", slip.owner, {"text": self.author.sentence()})
            slips.append(slip)
        bulk.save(slip.extract for slip in slips)
        begin_many(slips, by=self.by, verb="send", facts=lambda slip: {"petition": slip.petition.number})


def case(world: World) -> None:
    """One petition of the leader's group that much has happened to: ENTRIES entries of its trail, FILES files."""
    words, assignment = Author(0), world.assignments[0]
    said = words.petition() | {"channel_kind": CHANNELS[0], "received_at": timezone.now()}
    scans = [(io.BytesIO(b"%PDF-1.4\n" + words.petition()["text"].encode() * 40), f"附件{place}.pdf") for place in range(FILES)]
    petition = intake.register(assignment, by=world.office, files=scans, **said)
    for place in range(ENTRIES - 1):
        note = words.sentence() if place % 2 else ""
        record("correct", petition, by=world.office, from_state=petition.state, to_state=petition.state, note=note)
    world.case = petition.number
