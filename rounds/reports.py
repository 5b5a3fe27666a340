"""Figures about rounds and units, worked out when asked: where a round stands, how far the term has covered its units."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Max, Q
from django.db.models.functions import Coalesce

from rounds.lineage import Lineage
from rounds.models import Assignment, Category, Round, Term, Unit
from rounds.queries import today

State = Assignment.State
ORDER = {state: place for place, state in enumerate(State.values)}
RUNNING = frozenset({State.ON_SITE})
DONE = frozenset(State.values[ORDER[State.REPORTING] :])
ARRANGED = frozenset({State.PLANNED, State.PREPARING})
LONG_AGO = dt.date(1900, 1, 1)


@dataclass(frozen=True)
class Stage:
    """Where a round stands: the state of its least advanced unit, and how many units are in each state.

    counts  [(state, label, tone, number)] in the order of the way, states without units left out
    """

    state: str
    units: int
    counts: list[tuple[str, str, str, int]] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The least advanced state in the reader's language; empty when no unit is assigned."""
        return State(self.state).label if self.state else ""

    @property
    def tone(self) -> str:
        """The colour of that state's badge."""
        return Assignment.STATE_TONES[State(self.state)] if self.state else "off"


def stages(rounds: Iterable[Round], assignments) -> dict[int, Stage]:
    """{round id: stage}. `assignments` is the queryset the reader may know of."""
    ids = [round.pk for round in rounds]
    counted: dict[int, Counter] = {pk: Counter() for pk in ids}
    rows = assignments.filter(group__round__in=ids).order_by().values_list("group__round", "state", "pk").distinct()
    for round, state, _pk in rows:
        counted[round][state] += 1
    return {pk: _stage(states) for pk, states in counted.items()}


def _stage(states: Counter) -> Stage:
    present = sorted(states, key=ORDER.__getitem__)
    counts = [(state, State(state).label, Assignment.STATE_TONES[State(state)], states[state]) for state in present]
    return Stage(present[0] if present else "", states.total(), counts)


@dataclass(frozen=True)
class Covered:
    """Full coverage in one category: due = done + running + left.

    left      not yet entered; `arranged` of these have a place in a round
    look_backs  look-back inspections, which cover nothing anew
    """

    name: str
    category: int | None
    due: int
    done: int
    running: int
    left: int
    arranged: int
    look_backs: int

    @property
    def percent(self) -> float | None:
        """Share done, in per cent with one decimal; None when nothing is due."""
        return round(100 * self.done / self.due, 1) if self.due else None


@dataclass(frozen=True)
class Coverage:
    """Full coverage of a term by category, with the ids of the due units on each side."""

    term: Term
    rows: list[Covered]
    total: Covered
    sides: dict[str, set[int]]


def coverage(term: Term) -> Coverage:
    """How far the rounds of `term` have covered the units that must be.

    A unit is due when it must be covered and exists at the end of the term (or today). It is covered by an inspection of
    its own or under an earlier name; a look-back covers nothing anew. Each unit counts once, however often it was inspected.
    """
    on = min(today(), term.ends_on)
    due = Unit.objects.filter(Q(abolished_on=None) | Q(abolished_on__gt=on), must_cover=True)
    lineage = Lineage()
    reached: dict[int, set[str]] = defaultdict(set)  # unit id -> states of its inspections
    again: Counter = Counter()
    facts = Assignment.objects.filter(group__round__term=term).values_list("unit", "state", "group__round__kind")
    for unit, state, kind in facts:
        if kind == Round.Kind.LOOK_BACK:
            again[unit] += 1
        else:
            reached[unit].add(state)
    sides: dict[str, set[int]] = {"done": set(), "running": set(), "left": set(), "arranged": set()}
    looked: Counter = Counter()
    by_category: dict[int, list[int]] = defaultdict(list)
    for unit, category in due.values_list("pk", "category"):
        names = {unit, *lineage.predecessors(unit)}
        states = set().union(*(reached[name] for name in names))
        side = "done" if states & DONE else "running" if states & RUNNING else "left"
        sides[side].add(unit)
        if side == "left" and states & ARRANGED:
            sides["arranged"].add(unit)
        looked[category] += sum(again[name] for name in names)
        by_category[category].append(unit)
    rows = [
        _covered(category.name, category.pk, by_category[category.pk], sides, looked[category.pk])
        for category in Category.objects.all()
        if by_category[category.pk]
    ]
    every = [unit for units in by_category.values() for unit in units]
    return Coverage(term, rows, _covered("", None, every, sides, looked.total()), sides)


def _covered(name: str, category: int | None, units: list[int], sides: dict[str, set[int]], look_backs: int) -> Covered:
    numbers = {side: sum(unit in members for unit in units) for side, members in sides.items()}
    return Covered(name, category, len(units), look_backs=look_backs, **numbers)


def by_last_inspection(units):
    """Units with `last_on`, the first on-site day of their last inspection under this name; never inspected is long ago."""
    entered = Q(assignments__state__in=[*RUNNING, *DONE])
    return units.annotate(last_on=Coalesce(Max("assignments__onsite_from", filter=entered), LONG_AGO))


@dataclass(frozen=True)
class Held:
    """The inspections of a unit that began in one year."""

    year: int
    assignments: list[Assignment]


@dataclass(frozen=True)
class MatrixRow:
    """One unit and its inspections by the years asked about, and the last one of all."""

    unit: Unit
    years: list[Held]
    last: Assignment | None


def matrix(units: Iterable[Unit], years: list[int]) -> list[MatrixRow]:
    """The inspections of each unit by the year they began in, those under earlier names included."""
    units = list(units)
    lineage = Lineage()
    members = {unit.pk: {unit.pk, *lineage.predecessors(unit.pk)} for unit in units}
    held: dict[int, list[Assignment]] = defaultdict(list)
    wanted = set().union(*members.values()) if members else set()
    for assignment in Assignment.objects.filter(unit__in=wanted).select_related("group__round").order_by("onsite_from"):
        held[assignment.unit_id].append(assignment)
    rows = []
    for unit in units:
        own = sorted((one for name in members[unit.pk] for one in held[name]), key=lambda one: (one.onsite_from, one.pk))
        entered = [one for one in own if one.state not in ARRANGED]
        by_year = [Held(year, [one for one in own if one.onsite_from.year == year]) for year in years]
        rows.append(MatrixRow(unit, by_year, entered[-1] if entered else None))
    return rows


def years_of(term: Term) -> list[int]:
    """The calendar years a term touches."""
    return list(range(term.starts_on.year, term.ends_on.year + 1))
