"""What a document says, before it is paper or a sheet: plain dataclasses that every report and export fills in.

One `Report` gives a PDF (`paper.print_report`) and a workbook (`sheets.from_report`); nothing is written twice.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import formats, timezone
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

KINDS = ("text", "number", "percent", "date", "datetime")
INTERNAL = gettext_lazy("内部")


_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """`text` without characters that XML forbids (NUL, control codes, lone surrogates): one of them spoils a whole file."""
    return _UNPRINTABLE.sub("", text)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    width  in characters of the sheet; on paper the columns share the page in this proportion
    kind   text, number, percent (0.25 is 25%), date or datetime
    """

    header: str
    width: float = 12
    kind: str = "text"

    def __post_init__(self):
        if self.kind not in KINDS or self.width <= 0:
            raise ValueError(f"column {self.header}: unknown kind {self.kind!r} or width {self.width!r}")

    def words(self, value) -> str:
        """`value` as it is printed on paper."""
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return _("是") if value else _("否")
        if isinstance(value, dt.datetime):
            local = timezone.localtime(value) if timezone.is_aware(value) else value
            return local.strftime("%Y-%m-%d" if self.kind == "date" else "%Y-%m-%d %H:%M")
        if isinstance(value, dt.date):
            return value.strftime("%Y-%m-%d")
        if self.kind == "percent":
            return f"{value:.1%}"
        if isinstance(value, (float, Decimal)):
            return formats.number_format(value, use_l10n=False)
        if isinstance(value, (list, tuple, set, frozenset)):
            return "、".join(force_str(part) for part in value)
        return printable(force_str(value))


@dataclass(frozen=True)
class Table:
    """Rows under columns: a ledger, or a sheet of a workbook.

    rows      values in column order; a list, or a function that yields them anew each time (for what is too long to hold)
    numbered  put 序号 before the first column, as every ledger of the field has it
    note      one small line under the table
    """

    title: str
    columns: tuple[Column, ...]
    rows: Iterable | Callable[[], Iterable]
    numbered: bool = True
    note: str = ""

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns as printed, 序号 included."""
        return (Column(_("序号"), 6, "number"), *self.columns) if self.numbered else tuple(self.columns)

    def lines(self) -> Iterator[tuple]:
        """The rows as printed, 序号 included. Raises ValueError when a row has not one value for each column."""
        width = len(self.columns)
        for count, row in enumerate(self.rows() if callable(self.rows) else self.rows, start=1):
            if len(row) != width:
                raise ValueError(f"row {count} has {len(row)} values for {width} columns")
            yield (count, *row) if self.numbered else tuple(row)


@dataclass(frozen=True)
class Figures:
    """A few key numbers side by side: (label, value) pairs."""

    items: tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it: paragraphs (plain strings), `Figures` and `Table`s in reading order.

    level  1 is numbered 一、 in 黑体, 2 （一） in 楷体 (GB/T 9704-2012, 7.3.3)
    """

    heading: str
    blocks: tuple = ()
    level: int = 1


@dataclass(frozen=True)
class Report:
    """A document of the office.

    title       centred, 2号小标宋
    issuer      who issues it; printed as the red masthead unless `masthead` says otherwise, and as the signature
    masthead    the red words on top, e.g. 巡察工作周报
    number      document number, e.g. 〔2026〕3号
    recipient   主送, without its colon
    sections    the text; a report without sections is printed as its annexes alone
    annexes     long or wide tables, printed landscape behind the text
    dated       date under the signature
    mark        内部 unless said otherwise; no state secret may enter the system
    """

    title: str
    issuer: str = ""
    masthead: str = ""
    number: str = ""
    recipient: str = ""
    sections: tuple[Section, ...] = ()
    annexes: tuple[Table, ...] = ()
    dated: dt.date | None = None
    cc: str = ""
    mark: str = field(default_factory=lambda: force_str(INTERNAL))


@dataclass(frozen=True)
class Marks:
    """What every print and export carries in its footer, so that a leaked copy names its origin.

    copy  number of the copy; seal  digest of the newest trail seal at that moment, hex or empty
    """

    mark: str
    copy: str
    produced_at: dt.datetime
    produced_by: str
    seal: str = ""

    @property
    def line(self) -> str:
        """Mark, copy, time and person in one line."""
        moment = timezone.localtime(self.produced_at).strftime("%Y-%m-%d %H:%M")
        return _("%(mark)s　份号 %(copy)s　%(moment)s　制作：%(person)s") % {
            "mark": self.mark,
            "copy": self.copy,
            "moment": moment,
            "person": self.produced_by,
        }

    @property
    def seal_line(self) -> str:
        """The seal to compare with the trail, or nothing."""
        return _("留痕封印 %(digest)s") % {"digest": self.seal} if self.seal else ""


_DIGITS = "零一二三四五六七八九"


def chinese_number(number: int) -> str:
    """1 → 一, 12 → 十二, 20 → 二十. For 1–99; more headings than that is no document."""
    if not 1 <= number <= 99:
        raise ValueError("only 1 to 99")
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _DIGITS[tens]) + ("十" if tens else "") + (_DIGITS[ones] if ones else "")


def chinese_date(day: dt.date) -> str:
    """2026年11月22日: Arabic numerals, no leading zeros (GB/T 9704-2012, 7.3.5.4)."""
    return f"{day.year}年{day.month}月{day.day}日"
