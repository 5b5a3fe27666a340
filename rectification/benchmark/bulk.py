"""Measures of what is done in bulk: by a worker, by eight people at once, by one person typing."""

import json
import threading
import time

from django.utils import timezone

from petitions.models import ImportBatch

from . import jobs
from .pages import FLOOR, LIST, Bench
from .results import Result
from .serving import Person
from .words import TERMS, Author

CLIENTS, SECONDS = 8, 3.0
IMPORTED, EXPORTED = 10_000, 100_000
REGISTERED = 40


def register(bench: Bench) -> None:
    """One petition through the API: checked, sealed, numbered, indexed, recorded, the group told."""
    author, assignment = Author(99), bench.world.assignments[1]

    def one():
        said = author.petition()
        body = {
            "assignment": assignment.number,
            "channel": "call",
            "received_at": timezone.now().isoformat(),
            "subject": said["subject"],
            "text": said["text"],
            "subjects": said["persons"],
        } | {f"reporter_{name}": value for name, value in said["reporter"].items()}
        return bench.office.post("/api/v1/petitions/", json.dumps(body).encode(), "application/json", 201)

    bench.compare("register", one, 8, pairs=(REGISTERED // 2, REGISTERED))


def throughput(bench: Bench) -> None:
    """Answers a second for eight clients at once: the list against the floor, in turns."""
    people = [Person(bench.office.user, bench.office.port) for _place in range(CLIENTS)]
    rates = {FLOOR: [], LIST: []}
    for _turn in range(2):
        for path in rates:
            rates[path].append(_rate(people, path))
    floor, ours = (max(rates[path]) for path in (FLOOR, LIST))
    bench.results.add(Result("throughput/floor", floor, "req/s"))
    bench.results.add(Result("throughput/list", ours, "req/s", ours / floor, bench.results.wide(1 / 3, least=True), least=True))


def _rate(people: list[Person], path: str) -> float:
    counts = [0] * len(people)
    until = time.monotonic() + SECONDS

    def ask(place: int, person: Person) -> None:
        while time.monotonic() < until:
            person.get(path)
            counts[place] += 1

    threads = [threading.Thread(target=ask, args=pair) for pair in enumerate(people)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - began)


def same(bench: Bench) -> None:
    """Whether a search finds what reading every text finds, for every term."""
    terms = [term for found in TERMS.values() for term in found.values()]
    found = jobs.apart("scan", terms=terms)["terms"]
    wrong = [term for term, (_read, _searched, equal) in found.items() if not equal]
    bench.results.add(Result("search/terms-unlike-a-plain-scan", len(wrong), f"of {len(terms)}", limit=0))


def imported(bench: Bench) -> None:
    """A workbook: rows a second from the upload on, and how much more memory ten times the rows take."""
    rows = min(IMPORTED, max(1000, bench.size // 2))
    number = bench.world.assignments[2].number
    seed = 501 + ImportBatch.objects.count()  # another sheet each time: known rows are left out
    small = jobs.apart("import", assignment=number, rows=rows // 10, seed=seed)
    large = jobs.apart("import", assignment=number, rows=rows, seed=seed + 1)
    limit = bench.results.wide(400, least=True)
    bench.results.add(Result(f"import/{rows}-rows", rows / large["seconds"], "rows/s", limit=limit, least=True))
    bench.results.add(Result("import/looking-at-the-sheet", rows / large["checking"], "rows/s"))
    bench.results.add(Result("import/more-memory-for-ten-times-the-rows", large["peak_mb"] - small["peak_mb"], "MB", limit=50))


def exported(bench: Bench) -> None:
    """The register, opened, as a workbook."""
    rows = min(EXPORTED, bench.size)
    made = jobs.apart("export", rows=rows)
    limit = bench.results.wide(4000, least=True)
    bench.results.add(Result(f"export/{made['rows']}-rows", made["rows"] / made["seconds"], "rows/s", limit=limit, least=True))
    bench.results.add(Result("export/memory", made["peak_mb"], "MB", limit=200))


def printed(bench: Bench) -> None:
    """A long ledger as PDF."""
    made = jobs.apart("ledger")
    per_page = made["seconds"] * 1000 / made["pages"]
    bench.results.add(Result(f"ledger/{made['pages']}-pages", per_page, "ms/page", limit=bench.results.wide(75)))
    bench.results.add(Result("ledger/memory", made["press_mb"], "MB"))
