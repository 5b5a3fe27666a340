"""Looking at a sheet before anything is imported: which columns mean what, which rows are good, known or bad, and why."""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

import openpyxl
from django.conf import settings
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from inspection.documents.sheets import Reading, Row, SheetRefused, read_rows
from petitions.models import Category, ImportBatch, Petition

from . import columns
from .rows import OWN, Problem, Reader, reader

MAX_ROWS = 20_000
MAX_PROBLEMS = 2_000  # kept for the page; the rest is counted
SAMPLE = 5
SAMPLE_CHARS = 60
LOOK_UP = 500


@dataclass(frozen=True)
class Sheet:
    """A sheet that was recognised: what to read it with, and its rows, lazily."""

    reading: Reading
    mapping: columns.Mapping
    formulas: frozenset

    def reader(self, kind: str, assignment, channel_kind: str, *, before=None) -> Reader:
        """The reader for its rows; `before`: when the sheet came, if not now."""
        return reader(kind, assignment, channel_kind, self.mapping.places, self.reading.headers, self.formulas, before=before)

    @property
    def rows(self) -> Iterator[Row]:
        """The data rows, once."""
        return self.reading.rows


@dataclass
class Check:
    """What looking at a sheet found.

    total     rows with anything in them
    good      rows that would be imported
    known     rows imported before
    bad       rows with at least one problem
    problems  the first MAX_PROBLEMS
    sample    the first rows as texts in the order of `fields`; who wrote is left out
    """

    columns: dict
    fields: list[str]
    total: int = 0
    good: int = 0
    known: int = 0
    bad: int = 0
    problems: list[Problem] = field(default_factory=list)
    sample: list[list[str]] = field(default_factory=list)


def open_sheet(file: BinaryIO, kind: str, sheet: str | None = None) -> Sheet:
    """The first sheet of a workbook with the columns that `kind` needs. Raises SheetRefused with a sentence for the person."""
    first = read_rows(file, sheet, max_rows=MAX_ROWS, limit=settings.IMPORT_MAX_BYTES)
    mapping = columns.recognise(first.headers, kind)
    if not mapping.missing:
        return Sheet(first, mapping, _formulas(file, first.sheet))
    for name in _names(file):
        if name == first.sheet:
            continue
        try:
            other = read_rows(file, name, max_rows=MAX_ROWS, limit=settings.IMPORT_MAX_BYTES)
        except SheetRefused:
            continue  # an empty sheet beside the right one
        found = columns.recognise(other.headers, kind)
        if not found.missing:
            return Sheet(other, found, _formulas(file, name))
    raise SheetRefused(
        _("工作表“%(sheet)s”缺少必需的列：%(missing)s。表头可写作：%(words)s。")
        % {
            "sheet": first.sheet,
            "missing": "、".join(str(wanted.label) for wanted in mapping.missing),
            "words": "；".join("、".join(wanted.headers[:3]) for wanted in mapping.missing),
        }
    )


def check(file: BinaryIO, kind: str, *, assignment=None, channel_kind: str = "online") -> Check:
    """Look at every row of a sheet; nothing is saved. Raises SheetRefused."""
    sheet = open_sheet(file, kind)
    found = Check(
        columns={
            "sheet": sheet.reading.sheet,
            "places": sheet.mapping.places,
            "headers": list(sheet.reading.headers),
            "unused": list(sheet.mapping.unused),
            "channel_kind": channel_kind,
        },
        fields=list(sheet.mapping.places),
    )
    seen = set()
    rows = judged(sheet, kind, assignment, channel_kind)
    while block := list(islice(rows, LOOK_UP)):
        known = known_of(kind, assignment, [payload for _row, payload, _problems in block if payload is not None])
        for row, payload, problems in block:
            found.total += 1
            if len(found.sample) < SAMPLE:
                found.sample.append(_sample(row, sheet.mapping.places, kind))
            key = identity(kind, payload) if payload is not None else None
            if key is not None and key in seen:
                problems = [_duplicate(row, sheet)]
            if problems:
                found.bad += 1
                found.problems += problems[: MAX_PROBLEMS - len(found.problems)]
            elif key in known:
                found.known += 1
            else:
                found.good += 1
            if key is not None:
                seen.add(key)
    return found


def judged(sheet: Sheet, kind: str, assignment, channel_kind: str) -> Iterator[tuple[Row, object, list[Problem]]]:
    """(row, payload or None, problems) of every row, in order."""
    reading = sheet.reader(kind, assignment, channel_kind)
    for row in sheet.rows:
        payload, problems = reading.read(row)
        yield row, payload, problems


def identity(kind: str, payload):
    """What makes a row the same row: a petition's source key, a category's full name."""
    return payload.source_key if kind == ImportBatch.Kind.PETITIONS else "/".join(payload)


def known_of(kind: str, assignment, payloads: Iterable) -> set[str]:
    """Identities among `payloads` that are in the database already."""
    keys = {identity(kind, payload) for payload in payloads}
    if kind == ImportBatch.Kind.PETITIONS:
        found = Petition.objects.filter(assignment=assignment).known_by(keys).values_list("source_key", flat=True)
        return set(found) | {key for key in keys if key.startswith(OWN)}
    return set(Category.objects.filter(path__in=keys).values_list("path", flat=True))


def _sample(row: Row, places: dict[str, int], kind: str) -> list[str]:
    known = columns.fields(kind)
    shown = []
    for key, place in places.items():
        words = " ".join(row.text(place).split())
        if known[key].who and words:
            words = _("（密封）")
        shown.append(words if len(words) <= SAMPLE_CHARS else words[: SAMPLE_CHARS - 1] + "…")
    return shown


def _duplicate(row: Row, sheet: Sheet) -> Problem:
    places = sheet.mapping.places
    place = places.get("source", min(places.values()))
    return Problem(row.number, get_column_letter(place + 1), sheet.reading.headers[place], "duplicate")


def _names(file: BinaryIO) -> list[str]:
    return openpyxl.load_workbook(file, read_only=True, keep_links=False).sheetnames


def _formulas(file: BinaryIO, sheet: str) -> frozenset:
    """{(row number, place)} of the cells that hold a formula. Rows were read with the values Excel last computed, which may be
    stale or absent. The second reading is made only when the file holds any formula at all.
    """
    file.seek(0)
    with zipfile.ZipFile(file) as package:
        parts = [name for name in package.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        if not any(_holds_formula(package, name) for name in parts):
            return frozenset()
    page = openpyxl.load_workbook(file, read_only=True, keep_links=False)[sheet]
    page.reset_dimensions()
    return frozenset(
        (cell.row, cell.column - 1) for cells in islice(page.iter_rows(), MAX_ROWS) for cell in cells if cell.data_type == "f"
    )


def _holds_formula(package: zipfile.ZipFile, name: str) -> bool:
    with package.open(name) as part:
        end = b""
        while piece := part.read(1 << 20):
            if b"<f>" in end + piece or b"<f " in end + piece:
                return True
            end = piece[-3:]
    return False
