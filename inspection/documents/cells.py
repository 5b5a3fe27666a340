"""Rows of a workbook as the XML that a sheet's part holds (ECMA-376, 18.3.1.73): written by ourselves, because a register of a
hundred thousand rows is three million cells, and a library spends ten times as long on each.

Every text is an inline string, and so never a formula, a link or a number. A column's own rules are `content.Column`'s.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from .content import Column, printable

MAX_CELL = 32_767
MAX_DIGITS = 15  # Excel keeps 15 digits of a number: longer ones (identity and account numbers) are written as text
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
SHORT, REMEMBERED = 40, 20_000  # texts that come back row after row: names of units, labels, numbers of people
BLOCK = 1 << 20  # characters handed on at a time: enough to be worth another thread's while

EPOCH = dt.datetime(1899, 12, 31)
FALSE_LEAP_DAY = 59  # Excel counts a 29 February 1900, which there was not
LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class Writer:
    """Turns rows of values into XML.

    columns  those of the sheet
    styles   {name: number of the style in the workbook, in digits}: text, quoted, number, percent, date, datetime
    """

    def __init__(self, columns: Iterable[Column], styles: dict[str, str]):
        self.styles = styles
        self.columns = [(f'<c r="{get_column_letter(place)}', column) for place, column in enumerate(columns, start=1)]
        self._zone = timezone.get_current_timezone()
        self._blank = f'" s="{styles["text"]}"/>'
        self._known: dict[str | dt.date, str] = {}

    def blocks(self, rows: Iterable[tuple], first: int) -> Iterator[tuple[int, bytes]]:
        """(number of rows so far, XML) of some rows at a time; `first` is Excel's number of the first."""
        parts, size, count = [], 0, 0
        for count, values in enumerate(rows, start=1):
            parts.append(self.row(first + count - 1, values))
            size += len(parts[-1])
            if size > BLOCK:
                yield count, "".join(parts).encode()
                parts, size = [], 0
        yield count, "".join(parts).encode()

    def row(self, number: int, values: tuple) -> str:
        """One row."""
        known, place, cells = self._known, str(number), [f'<row r="{number}">']
        for (start, column), value in zip(self.columns, values, strict=True):
            kind = type(value)
            if value is None:
                rest = self._blank
            elif (kind is str and len(value) <= SHORT) or kind is dt.date:
                rest = known.get(value) or self._remembered(value, column)
            else:
                rest = self._cell(column, value)
            cells.append(f"{start}{place}{rest}")
        cells.append("</row>")
        return "".join(cells)

    def _remembered(self, value: str | dt.date, column: Column) -> str:
        """A text, and a day, is written alike in every column."""
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[value] = rest = self._cell(column, value)
        return rest

    def _cell(self, column: Column, value) -> str:
        """What follows the cell's name, by the type of its value."""
        if value is None or value == "":
            return self._blank
        if isinstance(value, str):
            return self._text(printable(value))
        if isinstance(value, bool):
            return self._text(_("是") if value else _("否"))
        if isinstance(value, (int, float, Decimal)) and math.isfinite(value) and abs(value) < 10**MAX_DIGITS:
            return self._number("percent" if column.kind == "percent" else "number", value)
        if isinstance(value, dt.datetime):
            local = value.astimezone(self._zone).replace(tzinfo=None) if timezone.is_aware(value) else value
            return self._number("date" if column.kind == "date" else "datetime", serial(local))
        if isinstance(value, dt.date):
            return self._number("date", serial(dt.datetime(value.year, value.month, value.day)))
        return self._text(column.words(value))

    def _number(self, style: str, value) -> str:
        return f'" s="{self.styles[style]}"><v>{value:.16G}</v></c>'

    def _text(self, text: str) -> str:
        if len(text) > MAX_CELL:
            text = text[: MAX_CELL - 1] + "…"
        style = self.styles["quoted" if text.startswith(DANGEROUS) else "text"]
        space = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
        return f'" s="{style}" t="inlineStr"><is><t{space}>{escaped(text)}</t></is></c>'


def escaped(text: str) -> str:
    """A printable text as XML holds it. What only looks like Excel's escape of a character is kept from being read as one."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text or ">" in text:
        text = text.replace("<", "&lt;").replace(">", "&gt;")
    if "_x" in text:
        text = LOOKS_ESCAPED.sub("_x005F_", text)
    return text.replace("\r", "_x000D_")


def serial(moment: dt.datetime) -> float:
    """A moment as Excel counts it: days since the last of 1899, and the part of the day."""
    passed = moment - EPOCH
    days = passed.days + passed.seconds / 86_400 + passed.microseconds / 86_400e6
    return days + 1 if days > FALSE_LEAP_DAY else days
