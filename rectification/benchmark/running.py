"""One run, in a process of its own that sees only the benchmark's database: fill, serve, measure, print."""

import sys
import time

from django.db import connection

from inspection.trail import sealing

from . import bulk, filling, pages, world
from .results import Result, Results
from .serving import Person, server

SMALL = 10_000  # what a large list is compared with
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


def run(*, petitions: int, seed: int, json: str, only: list[str], strict: bool) -> int:
    """Returns the exit status: 1 when a limit is broken and `strict` was asked for."""
    results = Results(sqlite=connection.vendor == "sqlite", file=json)
    built = world.build()
    wanted = {name: measure for name, measure in MEASURES.items() if not only or any(part.split("/")[0] == name for part in only)}
    small = {}
    results.head()
    if petitions > SMALL and "list" in wanted:
        filled(built, SMALL, seed, results)
        with server() as port:
            small = pages.small_lists(bench(built, port, results, {}, SMALL))
        filled(built, petitions - SMALL, seed + 1000, results)
    else:
        filled(built, petitions, seed, results)
    filling.case(built)
    sealing.seal_pending()
    with server() as port:
        at = bench(built, port, results, small, petitions)
        for measure in wanted.values():
            measure(at)
    for broken in results.broken:
        print(f"over its limit: {broken.name}", file=sys.stderr)
    return 1 if strict and results.broken else 0


def filled(built: world.World, petitions: int, seed: int, results: Results) -> None:
    """Fill and tell how fast."""
    began = time.monotonic()
    filling.fill(built, petitions, seed)
    results.add(Result("filling", petitions / (time.monotonic() - began), "rows/s"))


def bench(built: world.World, port: int, results: Results, small: dict, size: int) -> pages.Bench:
    """Two people in front of a server."""
    return pages.Bench(built, Person(built.office, port), Person(built.leader, port), results, small, size)
