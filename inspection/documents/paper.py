"""Paper: a `Report` as PDF, laid out after GB/T 9704-2012 (official text) or as a landscape ledger (annexes).

The layout runs in a process of its own (`press`) with limits on time and memory. What goes wrong there is told by an id and
a word, never by a piece of the document.
"""

import hashlib
import itertools
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.template.loader import get_template, render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from .content import Figures, Marks, Report, Section, Table, chinese_date, chinese_number, printable

log = logging.getLogger(__name__)

PRESS = Path(__file__).with_name("press.py")
STATIC = settings.BASE_DIR / "static" / "print"
SECONDS = 120
MEMORY = 2 * 1024**3  # address space of each process; they stay far below (docs/performance.md)
CHUNK_ROWS = 500  # rows laid out at a time: time and memory of one table grow faster than its length
SAID = re.compile(rb"^press:(\w{1,60})$", re.MULTILINE)  # nothing else of what the press says is read
LEDGER, HEAD = 'href="print:ledger.css"', 1_000  # by what a ledger is known, within so many characters
WORTH_A_PROCESS = 100_000  # characters of HTML: some twenty pages
INLINE_ROWS = 120  # a longer table in the text becomes an annex, so that a growing ledger never drowns the text
TEMPLATES = ("documents/official.html", "documents/ledger.html", "documents/table.html")
STYLES = ("common.css", "official.css", "ledger.css")


class PaperFailed(Exception):
    """A document could not be printed. Carries an id to look up in the log and a word for the reason, nothing of the document.

    reason  "timeout", "memory", "refused" (it asked for an outside file) or "layout"
    """

    def __init__(self, reason: str):
        self.id = uuid.uuid4().hex[:12]
        self.reason = reason
        super().__init__(f"{reason} ({self.id})")


@dataclass(frozen=True)
class Pdf:
    """A printed document: its bytes, number of pages, the fonts it embeds, and how much memory (bytes) printing it took."""

    content: bytes
    pages: int
    fonts: tuple[str, ...]
    peak: int


def print_report(report: Report, marks: Marks, *, seconds: int = SECONDS) -> Pdf:
    """`report` as PDF in the active language. Raises PaperFailed."""
    return press(parts(report, marks), seconds=seconds)


def template_version() -> str:
    """Twelve hex digits that change when any print template or style does; stored beside a frozen report."""
    digest = hashlib.sha256()
    for name in TEMPLATES:
        digest.update(Path(get_template(name).origin.name).read_bytes())
    for name in STYLES:
        digest.update((STATIC / name).read_bytes())
    return digest.hexdigest()[:12]


def parts(report: Report, marks: Marks) -> Iterator[str]:
    """The HTML documents of a report in print order: the text, then each annex in chunks of at most CHUNK_ROWS rows."""
    sections, annexes = _arranged(report)
    common = {"report": report, "marks": marks, "language": translation.get_language()}
    if sections:
        yield render_to_string(
            "documents/official.html",
            common
            | {
                "sections": sections,
                "annexes": [table.title for table in annexes],
                "masthead": report.masthead or report.issuer,
                "masthead_size": _masthead_size(report.masthead or report.issuer),
                "dated": _date(report.dated) if report.dated else "",
            },
        )
    several = len(annexes) > 1
    for place, table in enumerate(annexes, start=1):
        label = (_("附表%(number)s") % {"number": place} if several else _("附表")) if sections else ""
        chunks = itertools.chain(_chunks(table.lines()), [None])
        chunk, following = next(chunks) or [], None
        first = True
        while chunk is not None:
            following = next(chunks, None)
            yield render_to_string(
                "documents/ledger.html",
                common | {"label": label, "first": first, "last": following is None, "table": _printed(table, chunk)},
            )
            chunk, first = following, False


def press(documents: Iterable[str], *, seconds: int = SECONDS, memory: int = MEMORY) -> Pdf:
    """Print HTML documents, one after the other, as one PDF.

    1. start the press with no environment; 2. hand it the documents on stdin; 3. wait at most `seconds`.
    Raises PaperFailed; neither the exception nor the log holds a word of the documents.
    """
    with subprocess.Popen(
        [sys.executable, "-I", str(PRESS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(settings.DATA_DIR)},
        cwd="/",
    ) as child:
        try:
            parts = list(documents)  # made while the press, which takes a second for it, gets ready
            job = {"parts": parts, "ledgers": _ledgers(parts), "static": str(STATIC), "seconds": seconds, "memory": memory}
            started = time.monotonic()
            printed, said = child.communicate(json.dumps(job).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            # "from None": the exception of subprocess carries what the child had printed so far
            raise _failed("timeout", "TimeoutExpired", started) from None
        except BaseException:
            child.kill()
            raise
    if child.returncode != 0:
        found = SAID.search(said)
        word = found[1].decode() if found else str(child.returncode)
        raise _failed(_reason(child.returncode, word, time.monotonic() - started < seconds * 0.8), word, started)
    head, _newline, content = printed.partition(b"\n")
    facts = json.loads(head)
    log.info("printed %s pages in %.1f s with %s", facts["pages"], time.monotonic() - started, ", ".join(facts["fonts"]))
    return Pdf(content, facts["pages"], tuple(facts["fonts"]), facts["peak"])


def _ledgers(parts: list[str]) -> int | None:
    """From which part on all are ledgers, if a second process for them is worth its start. None on one processor."""
    if len(os.sched_getaffinity(0)) < 2:
        return None
    place = len(parts)
    while place and LEDGER in parts[place - 1][:HEAD]:
        place -= 1
    return place if sum(map(len, parts[max(place, 1) :])) > WORTH_A_PROCESS else None


def _failed(reason: str, word: str, started: float) -> PaperFailed:
    failure = PaperFailed(reason)
    log.error("paper %s failed after %.1f s: %s (%s)", failure.id, time.monotonic() - started, reason, word)
    return failure


def _reason(status: int, word: str, early: bool) -> str:
    """What the press's end means. A negative status is the signal that ended it.

    GLib traps, C++ aborts and C crashes when an allocation fails.
    early  it ended long before its time: then SIGKILL came from a system short of memory, not from the limit on CPU time
    """
    if status == -signal.SIGXCPU or (status == -signal.SIGKILL and not early):
        return "timeout"
    if word == "MemoryError" or -status in (signal.SIGKILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGSEGV):
        return "memory"
    return "refused" if word in ("Refused", "URLFetchingError", "FatalURLFetchingError") else "layout"


def _date(day) -> str:
    return chinese_date(day) if translation.get_language().startswith("zh") else day.isoformat()


def _masthead_size(words: str) -> str:
    """The red words fill one line of 156 mm: the longer, the smaller."""
    return "large" if len(words) <= 10 else "middle" if len(words) <= 16 else "small"


def _heading(section: Section, counts: list[int]) -> str:
    """The heading with its number: 一、 and （一） in Chinese, 1 and 1.1 otherwise. `counts` holds the running numbers.

    A section without a heading, such as the one table of a form, is not counted.
    """
    if not section.heading:
        return ""
    if section.level == 1:
        counts[:] = [counts[0] + 1, 0]
    else:
        counts[1] += 1
    if translation.get_language().startswith("zh"):
        number = chinese_number(counts[section.level - 1])
        return f"{number}、{section.heading}" if section.level == 1 else f"（{number}）{section.heading}"
    number = str(counts[0]) if section.level == 1 else f"{counts[0]}.{counts[1]}"
    return f"{number}. {section.heading}"


def _arranged(report: Report) -> tuple[list[dict], list[Table]]:
    """Sections ready for the template, and the annexes, to which tables too long for the text have moved."""
    annexes, sections, counts = list(report.annexes), [], [0, 0]
    for section in report.sections:
        blocks = []
        for block in section.blocks:
            if isinstance(block, Figures):
                blocks.append({"kind": "figures", "labels": [i[0] for i in block.items], "values": [i[1] for i in block.items]})
            elif isinstance(block, Table):
                head = list(itertools.islice(block.lines(), INLINE_ROWS + 1))
                if len(head) > INLINE_ROWS:
                    annexes.append(block)
                    blocks.append({"kind": "text", "lines": [_("《%(title)s》见附表。") % {"title": block.title}]})
                else:
                    blocks.append({"kind": "table", "table": _printed(block, head)})
            else:
                blocks.append({"kind": "text", "lines": printable(block).splitlines()})
        sections.append({"heading": _heading(section, counts), "level": section.level, "blocks": blocks})
    return sections, annexes


def _printed(table: Table, rows: list[tuple]) -> dict:
    """A table, or a chunk of one, for the template: headers, widths in per cent, cells as words with their kind."""
    columns = table.all_columns
    total = sum(column.width for column in columns)
    return {
        "title": table.title,
        "note": table.note,
        "columns": [{"header": column.header, "width": f"{100 * column.width / total:.2f}%"} for column in columns],
        "rows": [[(column.kind, column.words(value)) for column, value in zip(columns, row, strict=True)] for row in rows],
    }


def _chunks(rows: Iterator[tuple]) -> Iterator[list[tuple]]:
    while chunk := list(itertools.islice(rows, CHUNK_ROWS)):
        yield chunk
