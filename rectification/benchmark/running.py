"""One run, in a process of its own that sees only the benchmark's database: fill, serve, measure, print."""

import sys
import time
from json import dumps, loads

from django.conf import settings
from django.db import connection

from inspection.trail import sealing

from . import bulk, filling, pages, world
from .results import Result, Results
from .serving import Person, server

SMALL = 10_000  # what a large list is compared with
KEPT = "benchmark.json"  # in DATA_DIR: what measuring a kept database again must know
# In the order in which they are done: what adds rows comes last.
MEASURES = {
    "floor": pages.floor,
    "list": pages.listed,
    "deep": pages.deep,
    "petition": pages.detail,
    "home": pages.home,
    "search": pages.search,
    "same": bulk.same,
    "throughput": bulk.throughput,
    "ledger": bulk.printed,
    "export": bulk.exported,
    "register": bulk.register,
    "import": bulk.imported,
}


def run(
    *,
    petitions: int,
    seed: int,
    json: str,
    only: list[str],
    strict: bool,
    again: bool = False,
    list_at_10000: dict[str, float] | None = None,
) -> int:
    """Fill (or measure `again` what a run before has left in DATA_DIR) and measure.

    list_at_10000  how the lists did with few petitions, where that was measured elsewhere
    Returns the exit status: 1 when a limit is broken and `strict` was asked for.
    """
    results = Results(sqlite=connection.vendor == "sqlite", file=json)
    wanted = {name: measure for name, measure in MEASURES.items() if not only or any(part.split("/")[0] == name for part in only)}
    results.head()
    kept = settings.DATA_DIR / KEPT
    if again:
        left = loads(kept.read_text("utf-8"))
        built, small, petitions = world.known(left["case"]), list_at_10000 or left["list_at_10000"], left["petitions"]
    else:
        built = world.build()
        small = fill(built, petitions, seed, results, compare="list" in wanted)
        kept.write_text(dumps({"case": built.case, "list_at_10000": small, "petitions": petitions}), "utf-8")
    with server() as port:
        at = bench(built, port, results, small, petitions)
        for measure in wanted.values():
            measure(at)
    for broken in results.broken:
        print(f"over its limit: {broken.name}", file=sys.stderr)
    return 1 if strict and results.broken else 0


def small_lists() -> int:
    """Measure the lists in the database of DATA_DIR, and print {who: times the floor} as JSON."""
    left = loads((settings.DATA_DIR / KEPT).read_text("utf-8"))
    with server() as port:
        results = Results(sqlite=connection.vendor == "sqlite")
        print(dumps(pages.small_lists(bench(world.known(left["case"]), port, results, {}, left["petitions"]))))
    return 0


def fill(built: world.World, petitions: int, seed: int, results: Results, *, compare: bool) -> dict[str, float]:
    """Fill the database; with `compare` the lists are measured on the way: {who: times the floor with few petitions}."""
    small = {}
    if petitions > SMALL and compare:
        filled(built, SMALL, seed, results)
        with server() as port:
            small = pages.small_lists(bench(built, port, results, {}, SMALL))
        filled(built, petitions - SMALL, seed + 1000, results)
    else:
        filled(built, petitions, seed, results)
    filling.case(built)
    sealing.seal_pending()
    return small


def filled(built: world.World, petitions: int, seed: int, results: Results) -> None:
    """Fill and tell how fast."""
    began = time.monotonic()
    filling.fill(built, petitions, seed)
    results.add(Result("filling", petitions / (time.monotonic() - began), "rows/s"))


def bench(built: world.World, port: int, results: Results, small: dict, size: int) -> pages.Bench:
    """Two people in front of a server."""
    return pages.Bench(built, Person(built.office, port), Person(built.leader, port), results, small, size)
