"""Who must not know: a petition that names somebody of the inspection, or a declared relative, is out of their sight at once.

Names are found in two places. A name among the persons reported is certain. A name that merely occurs in the subject or the text
is a doubt: it excludes just as well, and the head of the office lifts or confirms it. What stands inside attachments is not read.
"""

from collections.abc import Iterable
from operator import add

from django.db import models, transaction

from inspection.accounts.models import User
from inspection.accounts.roles import Role
from inspection.outbox.posting import notify, notify_all
from inspection.statements import Gathered
from inspection.trail.recording import record, record_many
from inspection.vault import index
from petitions.models import Exclusion, Petition
from rounds import people
from rounds.models import Liaison, Recusal, Relative

READERS = (Role.OFFICE, Role.CHIEF, Role.CUSTODIAN)
Ground = Exclusion.Ground
HAN = range(0x3400, 0xA000)
CODES = (("petition.excluded", True), ("petition.doubtful", False))  # what the office is told, and of which rows
NAME_DOTS = " ·•‧・"


def plain_name(name: str) -> str:
    """A name as it is compared: simplified, without spaces and dots (阿依古丽·买买提 is 阿依古丽买买提)."""
    return "".join(char for char in index.normalise(name) if char.isalnum())


def _running(text: str) -> str:
    """Text in which names are looked for: simplified, without spaces and name dots; other punctuation still parts its words."""
    plain = index.normalise(text)
    for dot in NAME_DOTS:  # several times as quick as `translate`, which looks up every character
        plain = plain.replace(dot, "")
    return plain


class Names:
    """Many names that are looked for in many texts. Each stands under its first two characters, and the pairs of a text are
    looked up there, so that a pool of thousands of names costs no more than a few.
    """

    def __init__(self, names: Iterable[str]):
        self._by_head: dict[str, list[str]] = {}
        for name in filter(None, names):
            self._by_head.setdefault(name[:2], []).append(name)
        self._short = any(len(head) == 1 for head in self._by_head)

    def occurring(self, text: str) -> set[str]:
        """Those that occur in `text`, as a plain scan would find them."""
        heads = set(map(add, text, text[1:]))
        if self._short:
            heads.update(text)
        return {name for head in self._by_head.keys() & heads for name in self._by_head[head] if name in text}


def _known(only: tuple | None) -> dict:
    """The names that a directory is made of, as rows (user id, name, another name), out of one statement."""
    users = User.objects.filter(is_active=True)
    if only is not None:
        users = users.filter(pk__in=only)
    readers = models.Q(grants__role__in=READERS) | models.Q(person__isnull=False)
    relatives = Relative.objects.filter(person__user__in=users.values("pk"))
    speaking = Liaison.objects.filter(user__in=users.filter(readers).values("pk"))
    return {
        "readers": users.filter(grants__role__in=READERS).values_list("pk", "name", "username"),
        "pool": users.filter(person__isnull=False).values_list("pk", "name", "person__name"),
        "relatives": relatives.values_list("person__user", "name", "person__name"),
        "speaking": speaking.values_list("user", "unit__name", "unit__code"),
    }


KNOWN = Gathered(_known)


class Directory:
    """Everybody who might come to read petitions, by name: the office, the custodians, and the whole talent pool, because who
    is not in the group today may be appointed tomorrow. Read once for any number of petitions.

    only  just these users (ids), to look through what is registered already for a name that has become known
    """

    def __init__(self, only: Iterable[int] | None = None):
        self.only = None if only is None else frozenset(only)
        self.names: dict[str, dict[int, str]] = {}
        self.units: dict[str, set[int]] = {}
        known = KNOWN(None if only is None else tuple(sorted(self.only)))
        for pk, name, _username in known["readers"]:
            self._add(name, pk, Ground.NAMED)
        for pk, name, own in known["pool"]:
            self._add(name, pk, Ground.NAMED)
            self._add(own, pk, Ground.NAMED)
        for pk, name, _person in known["relatives"]:
            self._add(name, pk, Ground.RELATIVE)
        for pk, unit, _code in known["speaking"]:
            self.units.setdefault(plain_name(unit), set()).add(pk)
        # A word of Latin letters, or a single character, occurs in a text for many other reasons.
        self._in_texts = Names(name for name in self.names if all(ord(char) in HAN for char in name))
        self._in_units = Names(self.units)

    def _add(self, name: str, pk: int, ground: str) -> None:
        key = plain_name(name)
        if len(key) > 1:
            known = self.names.setdefault(key, {})
            known[pk] = Ground.NAMED if Ground.NAMED in (ground, known.get(pk)) else ground

    def covers(self, pk: int) -> bool:
        """Whether what this directory says about a user is all there is to say."""
        return self.only is None or pk in self.only

    def named_by(self, persons: Iterable[dict]) -> dict[int, str]:
        """{user id: ground} for the persons reported and for the units they are reported with."""
        found: dict[int, str] = {}
        for person in persons:
            for unit in self._in_units.occurring(plain_name(person.get("unit", ""))):
                found = dict.fromkeys(self.units[unit], Ground.LIAISON) | found
            _merge(found, self.names.get(plain_name(person.get("name", "")), {}))
        return found

    def mentioned_in(self, texts: Iterable[str]) -> dict[int, str]:
        """{user id: ground} for the whole names that occur in `texts`."""
        found: dict[int, str] = {}
        for text in texts:
            for name in self._in_texts.occurring(_running(text)):
                _merge(found, self.names[name])
        return found

    def grounds(self, content: dict) -> dict[int, tuple[str, bool]]:
        """{user id: (ground, certain)} for an opened content."""
        certain = self.named_by(content.get("persons", ()))
        doubtful = self.mentioned_in((content.get("subject", ""), content.get("text", "")))
        return {pk: (ground, False) for pk, ground in doubtful.items()} | {pk: (ground, True) for pk, ground in certain.items()}


def _merge(found: dict[int, str], more: dict[int, str]) -> None:
    """Being named oneself outweighs every other ground."""
    for pk, ground in more.items():
        if found.get(pk) != Ground.NAMED:
            found[pk] = ground


@transaction.atomic
def apply(petition: Petition, content: dict, directory: Directory | None = None) -> None:
    """Keep out of `petition` whoever its content names or mentions, and tell the office, never the excluded.

    Nobody is let in again here: an exclusion whose name is gone from the content becomes a doubt for the head of the office.
    """
    directory = directory or Directory()
    found = directory.grounds(content)
    rows = {row.user_id: row for row in petition.exclusions.all() if directory.covers(row.user_id)}
    if not found and not rows:
        return
    lifted = petition.liftings.exclude(lifted_at=None)
    cleared = {(row.user_id, row.ground, row.certain) for row in lifted}
    wanted = {
        pk: (ground, certain)
        for pk, (ground, certain) in found.items()
        if (pk, ground, True) not in cleared and (certain or (pk, ground, False) not in cleared)
    }
    fresh = [Exclusion(petition=petition, user_id=pk, ground=wanted[pk][0], certain=wanted[pk][1]) for pk in wanted.keys() - rows]
    Exclusion.objects.bulk_create(fresh)
    changed = [row for row in rows.values() if _follow(row, wanted.get(row.user_id))]
    petition.__dict__.pop("_excluded", None)
    if fresh:
        record("exclude", petition, by=None, facts={"people": len(fresh)})
    rows = (*fresh, *changed)
    for code, certain in CODES:
        if _moved(rows, certain):
            notify(readers(petition, people.office_staff()), code, petition, key=_event(petition, rows, certain))


def _moved(rows: Iterable[Exclusion], certain: bool) -> list[Exclusion]:
    return [row for row in rows if row.certain is certain]


def _event(petition: Petition, rows: Iterable[Exclusion], certain: bool) -> str:
    """What names the event of rows that became certain, or doubtful."""
    return f"{petition.pk}:{petition.version}:{max(row.pk for row in _moved(rows, certain))}"


def apply_to_new(named: list[tuple[Petition, dict[int, tuple[str, bool]]]]) -> None:
    """`apply` for petitions of one assignment that this transaction has just saved, each with its `Directory.grounds`: nobody is
    kept out of them or cleared yet. As many statements for a thousand as for one.
    """
    fresh = {
        petition.pk: [
            Exclusion(petition=petition, user_id=pk, ground=ground, certain=sure) for pk, (ground, sure) in found.items()
        ]
        for petition, found in named
        if found
    }
    if not fresh:
        return
    Exclusion.objects.bulk_create(row for rows in fresh.values() for row in rows)
    told = [petition for petition, found in named if found]
    record_many("exclude", told, by=None, facts=lambda petition: {"people": len(fresh[petition.pk])})
    staff, events = list(_unconcerned(told[0].assignment.unit_id, people.office_staff())), []
    for petition in told:
        rows = fresh[petition.pk]
        readers = [user for user in staff if user.pk not in {row.user_id for row in rows}]
        events += [(readers, code, petition, _event(petition, rows, sure)) for code, sure in CODES if _moved(rows, sure)]
    notify_all(events)


def _follow(row: Exclusion, wanted: tuple[str, bool] | None) -> bool:
    """Bring a standing exclusion into line with what the content says now. What the person declared stays as it is."""
    before = (row.ground, row.certain)
    if row.ground != Ground.OWN:
        if wanted is None:
            row.certain = False
        elif wanted[1]:
            row.ground, row.certain = wanted
    if (row.ground, row.certain) == before:
        return False
    row.save(update_fields=["ground", "certain"])
    return True


def screen(user: User) -> None:
    """Look through every petition for the names of `user`, of declared relatives and of the units `user` speaks for: called
    when any of them has just become known. Joins the caller's transaction.
    """
    directory = Directory(only=[user.pk])
    found: set[int] = set()
    everything = Petition._base_manager.all()
    for name in (*directory.names, *directory.units):
        # By its characters, wherever they stand: however a name is spaced or dotted in the text, it is among the candidates.
        petitions = index.filter(everything, "petition", " ".join(name), Petition.searchable_texts)
        found.update(petitions.values_list("pk", flat=True))
    for petition in everything.filter(pk__in=found).select_related("content", "assignment").order_by("pk"):
        content = petition.opened()
        if directory.grounds(content):
            apply(petition, content, directory)


def readers(petition: Petition, users) -> list[User]:
    """Those of `users` who may know of the petition: neither excluded by it, nor recused from its unit, nor its liaison."""
    return list(allowed(petition.pk, petition.assignment.unit_id, users))


def allowed(petition: int, unit: int, users):
    """`readers` as a queryset, of the ids of a petition and of its unit."""
    return _unconcerned(unit, users).exclude(pk__in=Exclusion.objects.filter(petition=petition).values("user"))


def _unconcerned(unit: int, users):
    """Those of `users` who are neither recused from the unit nor its liaison."""
    recused = Recusal.objects.filter(unit=unit).exclude(person__user=None).values("person__user")
    speaking = Liaison.objects.filter(unit=unit).values("user")
    return users.exclude(pk__in=recused).exclude(pk__in=speaking)
