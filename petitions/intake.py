"""The one birth of a petition, whatever it came by: form, mailbox, sheet, program.

`prepare` checks everything and saves nothing; `register` does so for one and saves it, `bulk_register` saves many prepared ones.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cache

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection import bulk, numbers
from inspection.accounts.models import User
from inspection.calendar.days import Due
from inspection.outbox.posting import notify
from inspection.statements import Given, Prepared
from inspection.vault import envelopes, index
from inspection.workflow import begin, begin_many
from petitions import access, contents, deadlines, exclusions, receipts, rules
from petitions.models import Level, Petition, ReporterKey
from petitions.workflow.petition import attach, sign_hand_up
from rounds import people
from rounds.models import Assignment, Channel
from rounds.queries import today


class AlreadyRegistered(Exception):
    """The same `source_key` is registered in this assignment already: a form sent twice, a sheet imported again."""

    def __init__(self, petition: Petition):
        self.petition = petition
        super().__init__(f"already registered as {petition.number}")


@dataclass
class Draft:
    """A petition that was checked and not saved. `columns` are plain columns; content and identity are still open payloads;
    `petition` and `words`, what the index is given, are there once it was `sealed`.
    """

    columns: dict
    content: dict
    identity: dict
    files: list = field(default_factory=list)
    petition: Petition | None = None
    words: index.Hashed | None = None

    @property
    def source_key(self) -> str:
        """Keyed hash of where it came from, or nothing."""
        return self.columns["source_key"]


IN_USE = Prepared(lambda: Channel.objects.filter(assignment=Given("assignment", BigIntegerField()), active=True))


class Preparation:
    """What checking asks the database about an assignment, asked once for any number of petitions."""

    def __init__(self, assignment: Assignment):
        self.assignment = assignment
        self.now = timezone.now()
        self.last_day = cache(lambda day: deadlines.last_day(assignment, deadlines.DECIDE, day))
        self._channels: list[Channel] | None = None

    def only_channel(self, kind: str) -> Channel | None:
        """The channel of this kind, where there is exactly one in use."""
        if self._channels is None:
            self._channels = IN_USE(assignment=self.assignment.pk)
        fitting = [channel for channel in self._channels if channel.kind == kind]
        if len(fitting) != 1:
            return None
        fitting[0].assignment = self.assignment
        return fitting[0]


def register(
    assignment: Assignment,
    *,
    by,
    channel_kind: str,
    received_at: dt.datetime,
    subject: str,
    text: str,
    persons: Iterable[dict] = (),
    reporter: dict | None = None,
    channel: Channel | None = None,
    postmarked_on: dt.date | None = None,
    people_count: int = 1,
    discipline: str = "",
    category=None,
    kind: str = "",
    level: str = Level.UNKNOWN,
    mark: str = Petition.Mark.INTERNAL,
    box_opening=None,
    files=(),
    source_key: str = "",
    details: dict | None = None,
    entered_by_import: bool = False,
) -> Petition:
    """Register one petition and return it, in one transaction: number, two envelopes, search index, attachments, exclusions,
    trail, notices to those who triage. Nothing is saved and no number used when anything is wrong.

    persons     [{name, unit, post, level}] reported
    reporter    {name, phone, email, address, id_number, wish, gender, age}, any of them; goes into the identity envelope
    files       uploads (with .name) or (stream, name) pairs
    source_key  keyed hash of where it came from; the same one twice in an assignment raises AlreadyRegistered
    details     {key: text} the channel's form asked besides, sealed with the content
    entered_by_import  tells nobody: whoever confirmed the import sees its result
    Raises ValidationError keyed by argument, PermissionDenied, AlreadyRegistered.
    """
    _may(by, assignment)
    draft = prepare(
        assignment,
        channel_kind=channel_kind,
        received_at=received_at,
        subject=subject,
        text=text,
        persons=persons,
        reporter=reporter,
        channel=channel,
        postmarked_on=postmarked_on,
        people_count=people_count,
        discipline=discipline,
        category=category,
        kind=kind,
        level=level,
        mark=mark,
        box_opening=box_opening,
        files=files,
        source_key=source_key,
        details=details,
    )
    made = sealed(assignment, [draft], by=by)
    try:
        with transaction.atomic():
            petition = _save(assignment, [draft], made, by=by)[0]
            if not entered_by_import:
                _tell(petition, by)
    except IntegrityError:
        known = source_key and Petition.objects.filter(assignment=assignment, source_key=source_key).first()
        if not known:
            raise
        raise AlreadyRegistered(known) from None
    return petition


def bulk_register(assignment: Assignment, drafts: Iterable[Draft], *, by) -> list[Petition]:
    """Register many petitions of one assignment, already prepared, in one transaction; returns those that are new. A draft whose
    source_key is registered already, or came before in `drafts`, is left out. Raises PermissionDenied.
    """
    _may(by, assignment)
    drafts = list(drafts)
    keys = {draft.source_key for draft in drafts} - {""}
    known = set(Petition.objects.filter(assignment=assignment).known_by(keys).values_list("source_key", flat=True))
    fresh = []
    for draft in drafts:
        if draft.source_key not in known:
            known.update(filter(None, [draft.source_key]))
            fresh.append(draft)
    if not fresh:
        return []
    petitions = sealed(assignment, fresh, by=by)
    with transaction.atomic():
        return _save(assignment, fresh, petitions, by=by)


def prepare(
    assignment: Assignment,
    *,
    channel_kind: str,
    received_at: dt.datetime,
    subject: str,
    text: str,
    persons: Iterable[dict] = (),
    reporter: dict | None = None,
    channel: Channel | None = None,
    postmarked_on: dt.date | None = None,
    people_count: int = 1,
    discipline: str = "",
    category=None,
    kind: str = "",
    level: str = Level.UNKNOWN,
    mark: str = Petition.Mark.INTERNAL,
    box_opening=None,
    files=(),
    source_key: str = "",
    details: dict | None = None,
    asked: Preparation | None = None,
) -> Draft:
    """Check everything about one petition and save nothing. Raises ValidationError keyed by argument, with all that is wrong."""
    asked = asked or Preparation(assignment)
    wrong: dict[str, list] = {}

    def checked(function, *given):
        try:
            return function(*given)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                wrong.setdefault(name, []).extend(messages)
            return None

    checked(rules.open_file, assignment)
    if box_opening is not None and channel is None:
        channel = box_opening.channel
    channel = channel or asked.only_channel(channel_kind)
    checked(rules.fitting_channel, assignment, channel_kind, channel, box_opening)
    received_at = checked(rules.moment, received_at, asked.now)
    if received_at:
        checked(rules.postmark, postmarked_on, received_at)
        checked(rules.not_too_late, assignment, channel_kind, channel, received_at, postmarked_on)
    checked(rules.codes, people_count, discipline, kind, level, mark)
    content = checked(contents.said, subject, text, persons, details)
    identity = checked(contents.who, reporter)
    pairs = checked(rules.uploads, files)
    if wrong:
        raise ValidationError(wrong)

    due: Due = asked.last_day(timezone.localdate(received_at))
    columns = {
        "channel_kind": channel_kind,
        "channel": channel,
        "received_at": received_at,
        "postmarked_on": postmarked_on,
        "people_count": people_count,
        "signature": contents.signature_of(identity),
        "mark": mark,
        "kind": kind,
        "discipline": discipline,
        "level": contents.highest_level(level, content["persons"]),
        "category": category,
        "box_opening": box_opening,
        "source_key": source_key,
        "decide_by": due.on,
        "provisional": due.provisional,
    }
    return Draft(columns, content, identity, pairs)


def register_sealed(
    assignment: Assignment,
    *,
    by,
    received_at: dt.datetime,
    channel_kind: str,
    receiver_name: str,
    handed_on: dt.date,
    received_by: str,
) -> Petition:
    """Register a petition about a superior body: number, days, two signatures of the hand-over, nothing else (规则 art. 15).

    Tells nobody. Raises ValidationError keyed by argument, PermissionDenied.
    """
    _may(by, assignment)
    rules.open_file(assignment)
    received_at = rules.moment(received_at, timezone.now())
    if channel_kind not in Channel.Kind.values:
        raise ValidationError({"channel_kind": [_("没有这种渠道。")]})
    with transaction.atomic():
        petition = Petition(
            assignment=assignment,
            channel_kind=channel_kind,
            received_at=received_at,
            registered_by=by,
            state=Petition.State.HANDED_UP,
        )
        numbered(assignment, [petition])
        begin(petition, by=by, verb="register_sealed", facts={"channel": channel_kind})
        receipts.came([petition])
        sign_hand_up(petition, by=by, receiver_name=receiver_name, handed_on=handed_on, received_by=received_by)
    return petition


def _may(by, assignment: Assignment) -> None:
    if not access.may_register(by, assignment):
        raise PermissionDenied(f"register in {assignment.number}")


def sealed(assignment: Assignment, drafts: Collection[Draft], *, by) -> list[Petition]:
    """The petitions of `drafts` with their envelopes made and their words hashed; what was sealed before stays as it is. Nothing
    is saved and nothing asked of the database, so that whoever saves many of them holds no lock meanwhile.
    """
    for draft in drafts:
        if draft.petition is None:
            petition = draft.petition = Petition(assignment=assignment, registered_by=by, **draft.columns)
            petition.content = envelopes.made(contents.SAID, petition.owner, draft.content)
            if draft.identity:
                petition.identity = envelopes.made(contents.WHO, petition.owner, draft.identity)
            draft.words = index.hashed("petition", petition.indexed(draft.content))
    return [draft.petition for draft in drafts]


def numbered(assignment: Assignment, petitions: list[Petition]) -> None:
    """Number petitions that are about to be saved; runs inside the caller's transaction."""
    code, year = assignment.round.code, timezone.localdate().year
    for petition, serial in zip(petitions, numbers.take_many(code, year, len(petitions)), strict=True):
        petition.number = f"{code}-{year}-{serial:04d}"


def findable(petitions: list[Petition], drafts: list[Draft]) -> None:
    """Index saved petitions that were `sealed`: their words, and what their reporters are known again by."""
    pairs = list(zip(petitions, drafts, strict=True))
    index.put_many("petition", {petition.pk: draft.words for petition, draft in pairs}, new=True)
    bulk.save(
        ReporterKey(petition=petition, kind=kind, digest=digest)
        for petition, draft in pairs
        for kind, digest in contents.reporter_keys(draft.identity).items()
    )


def _save(assignment: Assignment, drafts: list[Draft], petitions: list[Petition], *, by) -> list[Petition]:
    """Save prepared petitions that are `sealed`; runs inside the caller's transaction."""
    numbered(assignment, petitions)
    bulk.save(kept for petition in petitions for kept in (petition.content, petition.identity) if kept)
    begin_many(petitions, by=by, verb="register", facts=_facts_of(petitions, drafts))
    findable(petitions, drafts)
    receipts.came(petitions)
    directory, named = exclusions.Directory(), []
    for petition, draft in zip(petitions, drafts, strict=True):
        for stream, name in draft.files:
            attach(petition, stream, name, by=by)
        if found := directory.grounds(draft.content):
            named.append((petition, found))
    exclusions.apply_to_new(named)
    return petitions


def _facts_of(petitions: list[Petition], drafts: list[Draft]):
    attached = {petition.number: len(draft.files) for petition, draft in zip(petitions, drafts, strict=True)}
    return lambda petition: {"channel": petition.channel_kind, "attachments": attached[petition.number]}


def _triagers(_day: dt.date):
    """Who triages in a group and may know of a petition. By day, because appointments are in force by day."""
    group, unit, petition, by = (Given(name, BigIntegerField()) for name in ("group", "unit", "petition", "by"))
    posts = people.holders(Assignment(group_id=group, unit_id=unit), *access.TRIAGE_POSTS, but=User(pk=by))
    return exclusions.allowed(petition, unit, posts)


TRIAGERS = Prepared(_triagers)


def _tell(petition: Petition, by) -> None:
    """Tell the group's people who triage; the office where the group has nobody left for it."""
    assignment = petition.assignment
    given = {"group": assignment.group_id, "unit": assignment.unit_id, "petition": petition.pk, "by": by.pk}
    told = TRIAGERS(today(), **given) or exclusions.readers(petition, people.office_staff(but=by))
    notify(told, "petition.registered", petition, key=str(petition.pk))
