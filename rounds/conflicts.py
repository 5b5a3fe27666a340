"""Conflicts of interest between people and units (回避): what forbids an appointment unless the head of the office overrules it.

Every conflict is a code and a unit; the sentence is written when it is read and names no relative.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from rounds import places
from rounds.lineage import Lineage
from rounds.models import Appointment, Assignment, Person, Recusal, Relative, Round, Unit


class Code(models.TextChoices):
    """Why somebody should keep out of a unit's inspection."""

    EMPLOYER = "employer", _("现在该单位工作")
    FORMER_EMPLOYER = "former_employer", _("曾在该单位工作")
    NATIVE_PLACE = "native_place", _("籍贯在该单位所在地区")
    RELATIVE = "relative", _("有亲属在该单位工作")
    RECUSAL = "recusal", _("已申报回避该单位")
    SERVED_BEFORE = "served_before", _("上一次巡视巡察该单位时即在组内")


SENTENCES = {
    Code.EMPLOYER: _("现工作单位就是%(unit)s，应当回避。"),
    Code.FORMER_EMPLOYER: _("曾在%(unit)s工作，应当回避。"),
    Code.NATIVE_PLACE: _("籍贯与%(unit)s所在地区相同，应当回避。"),
    Code.RELATIVE: _("申报有亲属（%(relation)s）在%(unit)s工作，应当回避。"),
    Code.RECUSAL: _("已申报回避%(unit)s（%(relation)s）。"),
    Code.SERVED_BEFORE: _("上一次巡视巡察%(unit)s时已在组内，按“三个不固定”应当调整。"),
}


@dataclass(frozen=True)
class Conflict:
    """One reason. relation: what kind of relative, or the ground of a recusal."""

    code: str
    unit: Unit
    relation: str = ""

    @property
    def label(self) -> str:
        """The reason in short."""
        return str(Code(self.code).label)

    @property
    def sentence(self) -> str:
        """The reason as a sentence about the person."""
        return str(SENTENCES[self.code]) % {"unit": self.unit.name, "relation": self.relation}

    @property
    def key(self) -> list[str]:
        """What is kept of it: code and the unit's code."""
        return [str(self.code), self.unit.code]


class Conflicted(ValidationError):
    """Conflicts of interest that nobody has overruled stand in the way. A ValidationError: a form shows it beside the person."""

    def __init__(self, conflicts: list[Conflict], field: str = "person"):
        self.conflicts = conflicts
        super().__init__({field: [ValidationError(conflict.sentence, code="conflict") for conflict in conflicts]})


def between(person: Person, units: Iterable[Unit], round: Round) -> list[Conflict]:
    """Every conflict of one person with any of `units` in `round`."""
    return screen([person], units, round)[person.pk]


def screen(people: Iterable[Person], units: Iterable[Unit], round: Round) -> dict[int, list[Conflict]]:
    """{person id: conflicts} of many people at once; the number of queries does not grow with them."""
    people, units = list(people), list(units)
    found: dict[int, list[Conflict]] = {person.pk: [] for person in people}
    if not people or not units:
        return found
    ids = list(found)
    lineage = Lineage()
    former = _gather(Person.former_employers.through.objects.filter(person__in=ids).values_list("person", "unit"))
    relatives = _gather(Relative.objects.filter(person__in=ids).exclude(unit=None).values_list("person", "unit", "relation"))
    recusals = _gather(
        (person, unit, Recusal.Ground(ground).label)
        for person, unit, ground in Recusal.objects.filter(person__in=ids).values_list("person", "unit", "ground")
    )
    served = _served_before(units, round, lineage)
    for person in people:
        for unit in units:
            root = lineage.root(unit.pk)
            if lineage.same(person.employer_id, unit.pk):
                found[person.pk].append(Conflict(Code.EMPLOYER, unit))
            if any(lineage.root(past) == root for (past,) in former[person.pk]):
                found[person.pk].append(Conflict(Code.FORMER_EMPLOYER, unit))
            if places.same(person.native_place, unit.region):
                found[person.pk].append(Conflict(Code.NATIVE_PLACE, unit))
            for code, declared in ((Code.RELATIVE, relatives), (Code.RECUSAL, recusals)):
                meant = [str(what) for where, what in declared[person.pk] if lineage.root(where) == root]
                if meant:
                    found[person.pk].append(Conflict(code, unit, "、".join(dict.fromkeys(meant))))
            if person.pk in served[unit.pk]:
                found[person.pk].append(Conflict(Code.SERVED_BEFORE, unit))
    return found


def _gather(rows) -> dict[int, list[tuple]]:
    """{first column: the rest of its rows}."""
    gathered = defaultdict(list)
    for first, *rest in rows:
        gathered[first].append(tuple(rest))
    return gathered


def _served_before(units: list[Unit], round: Round, lineage: Lineage) -> dict[int, set[int]]:
    """{unit id: ids of the people who were in its group in the last earlier round it was inspected in}."""
    earlier = (
        Assignment.objects.filter(unit__in=lineage.family(unit.pk for unit in units), group__round__starts_on__lt=round.starts_on)
        .exclude(group__round=round.pk)
        .order_by("group__round__starts_on", "group__round", "pk")
        .values_list("unit", "group__round", "group")
    )
    last: dict[int, tuple[int, set[int]]] = {}  # root -> (round, groups); later rounds replace earlier ones
    for unit, past_round, group in earlier:
        root = lineage.root(unit)
        known = last.get(root)
        if known is None or known[0] != past_round:
            last[root] = (past_round, {group})
        else:
            known[1].add(group)
    groups = {group for _round, members in last.values() for group in members}
    people = _gather(Appointment.objects.filter(group__in=groups, revoked_at=None).values_list("group", "person"))
    served = {}
    for unit in units:
        _past_round, members = last.get(lineage.root(unit.pk), (None, set()))
        served[unit.pk] = {person for group in members for (person,) in people[group]}
    return served
