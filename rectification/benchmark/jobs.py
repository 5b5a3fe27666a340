"""What a worker does in bulk, each job in a process of its own, so that its memory is its own."""

import io
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from urllib.parse import urlencode

import xlsxwriter
from django.conf import settings
from django.utils import timezone

from inspection.accounts.models import User
from inspection.documents import paper
from inspection.documents.content import Marks, Report
from petitions import exporting
from petitions.importing import batches, running
from petitions.models import ImportBatch, Petition
from rectification.documents import ledger
from rectification.models import Item
from rounds.models import Assignment

from .words import Author

HEADERS = ("编号", "收到时间", "主题", "主要内容", "姓名", "联系电话", "被反映人", "被反映人单位", "被反映人职务")
LEDGER_ROWS = 5200  # some 200 pages
PRINT_SECONDS = 900


def apart(job: str, **options) -> dict:
    """Run one of JOBS in a fresh process; returns what it measured."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "benchmark", "--inside", json.dumps({"job": job, **options})]
    done = subprocess.run(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def run(job: str, **options) -> int:
    """The other side of `apart`: does the job and prints its figures as one JSON line."""
    before = _peak()
    began = time.perf_counter()
    found = JOBS[job](**options)
    found = {"seconds": time.perf_counter() - began} | found
    print(json.dumps(found | {"peak_mb": _peak(), "grown_mb": _peak() - before}))
    return 0


def import_sheet(assignment: str, rows: int, seed: int) -> dict:
    """Look at a workbook of so many rows and import it, as an upload and its worker do."""
    file = workbook(rows, seed, Assignment.objects.get(number=assignment))
    by = User.objects.get(username="office")
    began = time.perf_counter()
    batch = batches.upload(
        file, "register.xlsx", ImportBatch.Kind.PETITIONS, by=by, assignment=Assignment.objects.get(number=assignment)
    )
    checked = time.perf_counter()
    batches.confirm(batch, by=by)
    batch = running.run(batch.pk)
    if batch.added != rows:
        raise RuntimeError(f"{batch.added} of {rows} rows imported: {batch.problems[:3]}")
    return {"rows": rows, "checking": checked - began, "seconds": time.perf_counter() - began}


def workbook(rows: int, seed: int, assignment: Assignment) -> io.BytesIO:
    """A register of other people's petitions, as a workbook."""
    author, file = Author(seed), io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        page = book.add_worksheet("登记簿")
        page.write_row(0, 0, HEADERS)
        for place in range(1, rows + 1):
            said = author.petition()
            person = said["persons"][0] if said["persons"] else {"name": "", "unit": "", "post": ""}
            who = [said["reporter"].get(key, "") for key in ("name", "phone")]
            page.write_row(
                place,
                0,
                [f"B{seed}-{place}", f"{assignment.onsite_from} 09:30", said["subject"], said["text"], *who]
                + [person[key] for key in ("name", "unit", "post")],
            )
    file.seek(0)
    return file


def export(rows: int) -> dict:
    """Take so many rows of the register out, opened, as the worker does: with progress, encrypted and kept for its maker."""
    office = User.objects.get(username="office")
    days = Petition.objects.visible_to(office).order_by("received_at", "pk").values_list("received_at", flat=True)
    beyond = days[rows : rows + 1].first()
    query = urlencode({"received_to": timezone.localdate(beyond).isoformat()}) if beyond else ""
    chosen = exporting.chosen(office, query)
    made = exporting.begin(by=office, query=query, mark=exporting.least_mark(chosen), total=chosen.count())
    began = time.perf_counter()
    if made.state in exporting.LIVE:
        exporting.make(made.pk)
        made.refresh_from_db()
        if made.state != made.State.DONE or made.done != made.total:
            raise RuntimeError(f"{made.done} of {made.total} rows exported: {made.state}")
    else:  # so few that the page does not put them before a worker
        with tempfile.TemporaryFile() as file:
            exporting.write(made, chosen, file)
    return {"rows": made.total, "seconds": time.perf_counter() - began}


def print_ledger() -> dict:
    """A ledger of some 200 pages as PDF."""
    items = ledger.for_ledger(Item.objects.all())[:500]
    problems = ledger.workbook(items)[1]
    rows = [row[1:] for row in problems.lines()]
    table = replace(problems, rows=lambda: itertools.islice(itertools.cycle(rows), LEDGER_ROWS))
    report = Report(title=problems.title, issuer="", annexes=(table,))
    began = time.perf_counter()
    printed = paper.print_report(report, _marks(), seconds=PRINT_SECONDS)
    return {"pages": printed.pages, "press_mb": printed.peak / 1024**2, "seconds": time.perf_counter() - began}


def scan(terms: list[str]) -> dict:
    """{term: [ids by reading every text, ids by searching]}: how many in each and whether they are the same."""
    office = User.objects.get(username="office")
    visible = Petition.objects.visible_to(office)
    found: dict[str, set] = {term: set() for term in terms}
    for petition in visible.select_related("content").only("uid", "content").iterator(chunk_size=500):
        text = "\n".join(Petition.searchable(petition.opened()))
        for term in terms:
            if term in text:
                found[term].add(petition.pk)
    searched = {term: set(visible.search(term).order_by().values_list("pk", flat=True)) for term in terms}
    return {"terms": {term: [len(found[term]), len(searched[term]), found[term] == searched[term]] for term in terms}}


def _marks() -> Marks:
    return Marks(mark="内部", copy="JC", produced_at=timezone.now(), produced_by="办公室", seal="")


def _peak() -> float:
    """Most memory this process, and the largest that it started and that has ended, have held so far, MB."""
    return sum(resource.getrusage(whose).ru_maxrss for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


JOBS = {"import": import_sheet, "export": export, "ledger": print_ledger, "scan": scan}
