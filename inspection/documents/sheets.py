"""Sheets: tables to XLSX and XLSX to rows.

Written in constant memory, with every text a text: nothing that a petitioner wrote can become a formula on an office PC.
Read only after the file has shown that it is what it says and is no bigger unpacked than it may be.
"""

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import openpyxl
import xlsxwriter
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from . import cells
from .content import Column, Figures, Marks, Report, Table, printable

Sheet = Table  # a sheet of a workbook is a table; ledgers and exports call it by this name

MAX_ROWS = 1_048_576 - 2  # Excel's limit less title and header
FIRST_ROW = 3  # of the data, as Excel counts
COMPRESSION = 4  # a third of the time of the usual 6, for a file one tenth larger
# openpyxl warns of a date beyond its limits with what the cell says.
warnings.filterwarnings("ignore", module=r"openpyxl\.")
STYLES = ("text", "quoted", "number", "percent", "date", "datetime")
STYLE_NUMBER = re.compile(r' s="(\d+)"')
DIMENSION = re.compile(r"<dimension [^>]*/>")
TYPES = "[Content_Types].xml"

READ_BYTES = 20 * 1024 * 1024
UNPACKED_BYTES = 300 * 1024 * 1024
MAX_PARTS = 2_000
MAX_COLUMNS = 200
HEADER_WITHIN = 10
BLANKS_END = 1_000  # so many empty rows in a row are the end: formatted emptiness goes on to row 1,048,576


# --- writing -------------------------------------------------------------------------------------------------------------


def write(sheets: Table | Iterable[Table], stream: BinaryIO, marks: Marks | None = None) -> int:
    """Write a workbook to `stream`; returns the number of data rows.

    Each sheet: row 1 the title, merged; row 2 the headers, frozen and filterable; data from row 3, 序号 first.
    marks  go into the footer of every printed page and into the file's properties
    Raises ValueError when a table is longer than a sheet can be.

    1. an empty workbook tells how each sheet begins and which number each style has; 2. the rows follow, straight into the
    compressed file and held nowhere; 3. an empty workbook that knows how many rows there are tells how each sheet ends.
    """
    sheets = [sheets] if isinstance(sheets, Table) else list(sheets)
    counts = [0] * len(sheets)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as out:
        with _frame(sheets, counts, marks) as frame:
            out.writestr(TYPES, frame.read(TYPES))  # first, for those who tell a file by how it begins
            begun = [_cut(frame, place) for place in range(len(sheets))]
        for place, (sheet, (head, probe, _tail)) in enumerate(zip(sheets, begun, strict=True)):
            styles = dict(zip(STYLES, STYLE_NUMBER.findall(probe), strict=True))
            with out.open(_part(place), "w") as part:
                part.write(head.encode())
                counts[place] = _pack(part, cells.Writer(sheet.all_columns, styles).blocks(_bounded(sheet.lines()), FIRST_ROW))
                with _frame(sheets, counts, marks) as frame:
                    part.write(_cut(frame, place)[2].encode())
        with _frame(sheets, counts, marks) as frame:
            for name in set(frame.namelist()) - set(out.namelist()):
                out.writestr(name, frame.read(name))
    return sum(counts)


def _pack(part: BinaryIO, blocks: Iterable[tuple[int, bytes]]) -> int:
    """Write blocks of rows, each while the next is being made: compressing, a quarter of the work, leaves Python to others.
    Returns the number of rows.
    """
    count, packed = 0, None
    with ThreadPoolExecutor(1) as aside:
        for done, xml in blocks:
            if packed:
                packed.result()
            count, packed = done, aside.submit(part.write, xml)
        if packed:
            packed.result()
    return count


def _bounded(rows: Iterable[tuple]) -> Iterator[tuple]:
    for count, row in enumerate(rows, start=1):
        if count > MAX_ROWS:
            raise ValueError(f"more than {MAX_ROWS} rows do not fit one sheet")
        yield row


@contextmanager
def _frame(sheets: list[Table], counts: list[int], marks: Marks | None) -> Iterator[zipfile.ZipFile]:
    """The workbook without its rows; in place of those of each sheet one row with a cell in each of STYLES."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        if marks:
            book.set_properties({"comments": marks.line})
        styles, names = _styles(book), set()
        for sheet, count in zip(sheets, counts, strict=True):
            _write_frame(book.add_worksheet(_sheet_name(sheet.title, names)), sheet, count, styles, marks)
    with zipfile.ZipFile(made) as package:
        yield package


def _part(place: int) -> str:
    return f"xl/worksheets/sheet{place + 1}.xml"


def _cut(frame: zipfile.ZipFile, place: int) -> tuple[str, str, str]:
    """A sheet of a frame: what stands before its row of styles, that row, and what follows."""
    xml = DIMENSION.sub("", frame.read(_part(place)).decode())
    head, start, rest = xml.partition(f'<row r="{FIRST_ROW}"')
    probe, _end, tail = rest.partition("</row>")
    return head, start + probe, tail


def from_report(report: Report) -> list[Table]:
    """The tables of a report as sheets: key numbers first, then every table of the text, then the annexes."""
    figures, tables = [], []
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, Figures):
                figures += [(section.heading, label, value) for label, value in block.items]
            elif isinstance(block, Table):
                tables.append(block)
    columns = (Column(_("部分"), 24), Column(_("指标"), 24), Column(_("数值"), 14))
    first = [Table(_("概况"), columns, figures)] if figures else []
    return [*first, *tables, *report.annexes] or [Table(report.title, columns, [])]


def _styles(book) -> dict:
    base = {"font_name": "宋体", "font_size": 10.5, "valign": "top", "border": 1}
    return {
        "title": book.add_format({"font_name": "黑体", "font_size": 16, "align": "center", "valign": "vcenter"}),
        "header": book.add_format(
            base | {"font_name": "黑体", "align": "center", "valign": "vcenter", "text_wrap": True, "bg_color": "#F2F2F2"}
        ),
        "text": book.add_format(base | {"text_wrap": True, "num_format": "@"}),
        "quoted": book.add_format(base | {"text_wrap": True, "num_format": "@", "quote_prefix": True}),
        "number": book.add_format(base | {"num_format": "General"}),
        "percent": book.add_format(base | {"num_format": "0.0%"}),
        "date": book.add_format(base | {"num_format": "yyyy-mm-dd", "align": "center"}),
        "datetime": book.add_format(base | {"num_format": "yyyy-mm-dd hh:mm", "align": "center"}),
        "note": book.add_format({"font_name": "宋体", "font_size": 9}),
    }


def _sheet_name(title: str, taken: set[str]) -> str:
    """A name Excel accepts (31 characters, none of []:*?/\\, unique without regard to case)."""
    clean = "".join(char for char in printable(force_str(title)) if char not in "[]:*?/\\\n\r\t").strip("' ")[:31] or "Sheet"
    name, count = clean, 1
    while name.lower() in taken:
        count += 1
        name = f"{clean[: 31 - len(str(count)) - 2]}({count})"
    taken.add(name.lower())
    return name


def _write_frame(page, sheet: Table, rows: int, styles: dict, marks: Marks | None) -> None:
    """Title, headers, note and layout of a sheet with so many rows."""
    columns = sheet.all_columns
    last = len(columns) - 1
    for place, column in enumerate(columns):
        page.set_column(place, place, column.width)
    page.set_row(0, 30)
    if last > 0:
        page.merge_range(0, 0, 0, last, printable(force_str(sheet.title)), styles["title"])
    else:
        page.write_string(0, 0, printable(force_str(sheet.title)), styles["title"])
    for place, column in enumerate(columns):
        page.write_string(1, place, printable(force_str(column.header)), styles["header"])
    for place, name in enumerate(STYLES):
        page.write_blank(FIRST_ROW - 1, place, None, styles[name])
    page.freeze_panes(2, 1 if sheet.numbered else 0)
    page.repeat_rows(1)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    if marks:
        page.set_footer("&L" + marks.line.replace("&", "&&")[:200] + "&R&P / &N")
    page.autofilter(1, 0, max(rows + 1, 1), last)
    if sheet.note:
        page.write_string(FIRST_ROW - 1 + max(rows, 1), 0, printable(force_str(sheet.note)), styles["note"])


# --- reading -------------------------------------------------------------------------------------------------------------


class SheetRefused(Exception):
    """A file cannot be read as a sheet. The message is for the person who chose it, in their language."""


@dataclass(frozen=True)
class Row:
    """One row as it stands in the file. `number` is Excel's row number; `values` follow the headers."""

    number: int
    values: tuple

    def at(self, place: int) -> str:
        """Excel's name of a cell, e.g. C5. `place` counts from 0."""
        return f"{get_column_letter(place + 1)}{self.number}"

    def text(self, place: int) -> str:
        """A value as trimmed text: 13800000000.0 → 13800000000, dates as 2026-11-22, empty cells as ''."""
        value = self.values[place]
        if value is None:
            return ""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, dt.datetime):
            return value.strftime("%Y-%m-%d %H:%M" if value.time() != dt.time.min else "%Y-%m-%d")
        return printable(str(value)).strip()


@dataclass(frozen=True)
class Reading:
    """A sheet being read: its name, the headers (trimmed, in file order), the header's row number and the rows, lazily."""

    sheet: str
    headers: tuple[str, ...]
    header_row: int
    rows: Iterator[Row]


def read_rows(file: BinaryIO, sheet: str | None = None, max_rows: int = 50_000, limit: int = READ_BYTES) -> Reading:
    """Read one sheet of an XLSX file; empty rows are left out.

    The header is the first of the top ten rows with two filled cells, so that a merged title above it does no harm.
    sheet     its name; None takes the first
    max_rows  most data rows
    limit     most bytes of the file
    Raises SheetRefused, also while the rows are being walked.
    """
    _check_package(file, limit)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except Exception:  # openpyxl raises whatever the damaged part makes it stumble over
        raise SheetRefused(_("文件已损坏，或不是 Excel 工作簿（.xlsx）。请用 Excel 或 WPS 重新另存后再传。")) from None
    names = [page.title for page in book.worksheets]
    if not names:
        raise SheetRefused(_("工作簿里没有工作表。"))
    if sheet is not None and sheet not in names:
        raise SheetRefused(
            _("没有名为“%(sheet)s”的工作表。文件里有：%(names)s。") % {"sheet": sheet, "names": "、".join(names[:20])}
        )
    page = book[sheet or names[0]]
    page.reset_dimensions()  # some programs write a wrong extent, and rows beyond it would be lost without a word
    rows = _filled_rows(page)
    header_row, headers = _find_header(rows)
    return Reading(page.title, headers, header_row, _data_rows(rows, len(headers), max_rows))


def _check_package(file: BinaryIO, limit: int) -> None:
    """Refuse by size, by first bytes and by what the package says it unpacks to, before anything is unpacked."""
    size = file.seek(0, 2)
    file.seek(0)
    if size > limit:
        raise SheetRefused(
            _("文件 %(size)s MB，超过上限 %(limit)s MB。请拆成几份导入。")
            % {"size": f"{size / 1024**2:.1f}", "limit": limit // 1024**2}
        )
    start = file.read(8)
    file.seek(0)
    if not start:
        raise SheetRefused(_("文件是空的。"))
    if start == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise SheetRefused(_("这是旧版 Excel（.xls）或加了密码的文件。请在 Excel 或 WPS 中去掉密码、另存为 .xlsx 后再传。"))
    if not start.startswith(b"PK\x03\x04"):
        raise SheetRefused(_("这不是 Excel 工作簿（.xlsx）。若是 CSV 或文本文件，请用 Excel 打开后另存为 .xlsx 再传。"))
    try:
        with zipfile.ZipFile(file) as package:
            parts = package.infolist()
    except Exception:
        raise SheetRefused(_("文件已损坏，或不是 Excel 工作簿（.xlsx）。请用 Excel 或 WPS 重新另存后再传。")) from None
    finally:
        file.seek(0)
    # zipfile never unpacks more of a part than is declared here, so the sum bounds what openpyxl can meet
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > UNPACKED_BYTES:
        raise SheetRefused(_("文件解开后过大，已拒绝。请删去多余的工作表和空白格式，或拆成几份导入。"))
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise SheetRefused(_("这不是 Excel 工作簿（.xlsx），可能是 Word 文档或压缩包。"))


def _filled_rows(page) -> Iterator[tuple[int, tuple]]:
    """(row number, values) of the rows that hold anything."""
    blanks = 0
    try:
        for number, values in enumerate(page.iter_rows(max_col=MAX_COLUMNS, values_only=True), start=1):
            if all(value is None or value == "" for value in values):
                blanks += 1
                if blanks > BLANKS_END:
                    return
            else:
                blanks = 0
                yield number, values
    except Exception:
        raise SheetRefused(_("文件已损坏，或不是 Excel 工作簿（.xlsx）。请用 Excel 或 WPS 重新另存后再传。")) from None


def _find_header(rows: Iterator[tuple[int, tuple]]) -> tuple[int, tuple[str, ...]]:
    """The header's row number and its cells up to the last filled one."""
    for number, values in rows:
        if number > HEADER_WITHIN:
            break
        headers = ["" if value is None else " ".join(printable(str(value)).split()) for value in values]
        while headers and not headers[-1]:
            headers.pop()
        if sum(1 for header in headers if header) >= 2:
            return number, tuple(headers)
    raise SheetRefused(_("前 %(count)s 行里没有找到表头。") % {"count": HEADER_WITHIN})


def _data_rows(rows: Iterator[tuple[int, tuple]], width: int, max_rows: int) -> Iterator[Row]:
    for count, (number, values) in enumerate(rows, start=1):
        if count > max_rows:
            raise SheetRefused(_("超过 %(limit)s 行，请拆成几份导入。") % {"limit": max_rows})
        values = values[:width] + (None,) * (width - len(values))
        if any(value not in (None, "") for value in values):
            yield Row(number, values)
