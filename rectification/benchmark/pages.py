"""Pages measured over HTTP, each in turns with the floor, so that a noisy moment of the machine falls on both."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from inspection.pages import lists
from petitions.models import Petition

from .results import Result, Results
from .serving import Answer, Person
from .words import TERMS
from .world import World

FLOOR = "/benchmark/floor/"
LIST = "/petitions/"
WARM = 4  # answers thrown away first: both processes of the server have compiled their templates by then
SECONDS = 3.0  # longest time spent on one comparison
PAIRS = (9, 20)  # fewest, most
BRIEFLY, AGAIN = (3, 5), 6  # pairs for each search; how many of the slowest are measured once more, at length
DEEP = 2000


@dataclass
class Bench:
    """Who asks for what.

    size     petitions in the database
    list_at_10000  ratios of the two lists when there were only 10,000 petitions; empty when nothing was measured then
    """

    world: World
    office: Person
    leader: Person
    results: Results
    list_at_10000: dict[str, float]
    size: int

    def people(self) -> tuple[tuple[str, Person], ...]:
        """The leader with a fortieth of the petitions, and the office with all of them."""
        return (("leader", self.leader), ("office", self.office))

    def compare(
        self, name: str, ours: Callable[[], Answer], limit=None, *, base=None, most=None, quiet=False, pairs=PAIRS, warm=WARM
    ) -> Result:
        """Measure `ours` in turns with `base` (the floor); both medians, and their ratio."""
        base = base or (lambda: self.office.get(FLOOR))
        for _warm in range(warm):
            ours(), base()
        mine, theirs = [], []
        until = time.monotonic() + SECONDS
        while len(mine) < pairs[0] or (len(mine) < pairs[1] and time.monotonic() < until):
            theirs.append(base().ms)
            mine.append(ours())
        value = median(answer.ms for answer in mine)
        queries = round(median(answer.statements for answer in mine))
        result = Result(name, value, "ms", value / median(theirs), limit and self.results.wide(limit), queries=queries, most=most)
        return result if quiet else self.results.add(result)


def small_lists(bench: Bench) -> dict[str, float]:
    """Both lists while there are few petitions: {who: times the floor}."""
    return {who: bench.compare("", lambda person=person: person.get(LIST), quiet=True).ratio for who, person in bench.people()}


def floor(bench: Bench) -> None:
    """The floor against itself: how far two equal things differ on this machine."""
    bench.compare("floor", lambda: bench.office.get(FLOOR))


def listed(bench: Bench) -> None:
    """The petition list, newest first, and with every filter."""
    for who, person in bench.people():
        found = bench.compare(f"list/{who}", lambda person=person: person.get(LIST), 4, most=12)
        if who in bench.list_at_10000:
            grown = found.ratio / bench.list_at_10000[who]
            bench.results.add(Result(f"list/{who}/against-10000", found.value, "ms", grown, bench.results.wide(1.3)))
    for asked in filters(bench.world):
        told = "&".join(f"{name}={value}" for name, value in asked.items())
        for who, person in bench.people():
            bench.compare(f"list/{who}/{told}", lambda person=person, asked=asked: person.get(LIST, **asked), 4, most=12)


def deep(bench: Bench) -> None:
    """A page far down the list against the first."""
    order = ("-received_at", "-id")
    for who, person in bench.people():
        rows = Petition.objects.visible_to(person.user)
        place = max(0, min(DEEP * 25, rows.count() - 50))
        cursor = lists.cursor_after(rows, order, rows.order_by(*order)[place])
        ask = lambda person=person, cursor=cursor: person.get(LIST, cursor=cursor)  # noqa: E731
        first = lambda person=person: person.get(LIST)  # noqa: E731
        bench.compare(f"list/{who}/page-{place // 25}-against-first", ask, 1.2, base=first)


def filters(world: World) -> list[dict]:
    """One choice of every filter of the list."""
    assignment = world.assignments[0]
    day = assignment.onsite_from.isoformat()
    return [
        {"round": assignment.group.round_id},
        {"group": assignment.group_id},
        {"unit": assignment.unit_id},
        {"channel": "visit"},
        {"place": "in_group"},
        {"place": "placed"},
        {"state": "accepted"},
        {"due": "overdue"},
        {"due": "soon"},
        {"discipline": "life"},
        {"in_scope": "no"},
        {"signature": "signed"},
        {"received_from": day},
        {"received_to": day},
        {"state": "checking", "channel": "letter", "discipline": "work"},
    ]


def detail(bench: Bench) -> None:
    """A petition with 30 entries and 5 files, and the same page with plain columns."""
    number = bench.world.case
    for who, person in bench.people():
        bench.compare(f"petition/{who}", lambda person=person: person.get(f"/petitions/{number}/"), 5)
    bench.compare(
        "petition/sealed-against-plain",
        lambda: bench.office.get(f"/petitions/{number}/"),
        1.3,
        base=lambda: bench.office.get(f"/benchmark/plain/{number}/"),
        pairs=(40, 100),
    )


def home(bench: Bench) -> None:
    """The work list with its counts and charts."""
    for who, person in bench.people():
        bench.compare(f"home/{who}", lambda person=person: person.get("/"), 5)


def search(bench: Bench) -> None:
    """Every term, for either person, with and without filters; the middle one and the worst."""
    narrowed = (
        {},
        {"channel": "letter"},
        {"state": "concluded"},
        {"received_from": bench.world.assignments[0].onsite_from.isoformat()},
    )
    asks = {}
    for length, terms in TERMS.items():
        for frequency, term in terms.items():
            for who, person in bench.people():
                for asked in narrowed:
                    told = "".join(f"&{name}" for name in asked)
                    name = f"search/{who}/{length}/{frequency}{told}"
                    asks[name] = lambda person=person, term=term, asked=asked: person.get(LIST, q=term, **asked)
    found = [bench.compare(name, ask, pairs=BRIEFLY, warm=1, quiet="&" in name) for name, ask in asks.items()]
    found.sort(key=lambda result: result.ratio)
    wide, middle = bench.results.wide, found[len(found) // 2]
    bench.results.add(Result("search/median-term", middle.value, "ms", middle.ratio, wide(8)))
    # With few turns each, the largest of so many would tell of the noise.
    slowest = [bench.compare(result.name, asks[result.name], quiet=True, warm=1) for result in found[-AGAIN:]]
    worst = max(slowest, key=lambda result: result.ratio)
    told = f"search/worst-term ({worst.name.removeprefix('search/')})"
    bench.results.add(Result(told, worst.value, "ms", worst.ratio, wide(40), queries=worst.queries))
