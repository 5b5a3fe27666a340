"""Reading one cell: what a person typed into a spreadsheet as a day, a choice or a text. Every doubt raises Bad with a code."""

import datetime as dt
import re
import unicodedata

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from openpyxl.utils.datetime import from_excel

PROBLEMS = {
    "missing": _("必填，单元格为空"),
    "date": _("不是日期，请写成 2026-11-22 或 2026/11/22 9:32 的样子"),
    "future": _("日期晚于今天"),
    "too_early": _("日期早于2000年"),
    "too_late": _("晚于该渠道的截止日期"),
    "postmark_late": _("邮戳日期晚于收到日期"),
    "channel": _("没有这种渠道"),
    "discipline": _("不在六项纪律之内"),
    "level": _("没有这一级别"),
    "kind": _("没有这一类别"),
    "category": _("内容分类中没有这一项"),
    "gap": _("下级分类有内容而上级分类为空"),
    "number": _("不是数字"),
    "people": _("人数超出范围"),
    "too_long": _("文字过长"),
    "nul": _("含有不可见的控制字符（NUL）"),
    "formula": _("是公式，请粘贴为数值"),
    "error": _("是 Excel 错误值"),
    "duplicate": _("与前面某一行重复"),
    "refused": _("不符合登记要求"),
}

ERRORS = frozenset(("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"))
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
MOMENT = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[\sT]*(?P<half>上午|下午|晚上)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})\s*分?(?:\s*[:]?\s*(?P<second>\d{1,2})(?:\.\d+)?\s*秒?)?)?"
)
COMPACT = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
FIRST_SERIAL, LAST_SERIAL = 10_000, 80_000  # 1927 to 2119 as Excel counts days: other numbers are no dates
EARLIEST_YEAR = 2000


class Bad(ValueError):
    """A cell that cannot be taken; `code` is one of PROBLEMS."""

    def __init__(self, code: str):
        self.code = code
        super().__init__(code)


def text(value, limit: int | None = None) -> str:
    """A cell as text: lines trimmed, tabs and runs of blank lines gone. Raises Bad: nul, error, too_long."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, dt.datetime):
        value = value.strftime("%Y-%m-%d %H:%M:%S")
    written = str(value)
    if "_x" in written:  # Excel writes characters that XML cannot hold as _x000D_; some programs leave them so
        written = ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), written)
    if "\x00" in written:
        raise Bad("nul")
    if "#" in written and written.strip() in ERRORS:
        raise Bad("error")
    joined = written if written.isprintable() else _lines(written)
    joined = joined.strip()
    if limit and len(joined) > limit:
        raise Bad("too_long")
    return joined


def _lines(written: str) -> str:
    """Trimmed lines, without tabs, other control characters and runs of blank lines."""
    lines = [_trimmed(line) for line in written.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def line(value, limit: int | None = None) -> str:
    """A cell as one line. Raises Bad: nul, error, too_long."""
    joined = " ".join(text(value).split())
    if limit and len(joined) > limit:
        raise Bad("too_long")
    return joined


def moment(value) -> dt.datetime | None:
    """A day, or day and time, in the office's time zone; None for an empty cell. Raises Bad: date, future, too_early."""
    naive = _naive(value)
    if naive is None:
        return None
    aware = timezone.make_aware(naive)
    if aware > timezone.now() + dt.timedelta(minutes=5):
        raise Bad("future")
    if aware.year < EARLIEST_YEAR:
        raise Bad("too_early")
    return aware


def day(value) -> dt.date | None:
    """The same without its time."""
    found = moment(value)
    return timezone.localdate(found) if found else None


def number(value) -> int | None:
    """A whole number; None for an empty cell. Raises Bad."""
    written = unicodedata.normalize("NFKC", line(value)).removesuffix("人")
    if not written:
        return None
    if not written.isdecimal() or len(written) > 9:
        raise Bad("number")
    return int(written)


def choice(value, words: dict[str, str], code: str) -> str:
    """The code of a choice by its words; "" for an empty cell. Raises Bad(code) when there is no such word."""
    written = unicodedata.normalize("NFKC", line(value)).replace(" ", "").lower()
    if not written or written in ("-", "—", "/", "无"):
        return ""
    try:
        return words[written]
    except KeyError:
        raise Bad(code) from None


def _trimmed(written: str) -> str:
    return CONTROL.sub(" ", written).strip()


def _naive(value) -> dt.datetime | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None, microsecond=0)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if isinstance(value, bool):
        raise Bad("date")
    if isinstance(value, (int, float)):
        return _compact(str(value)) if _is_compact(value) else _serial(float(value))
    written = unicodedata.normalize("NFKC", line(value))
    if SERIAL.fullmatch(written):
        return _serial(float(written))
    found = MOMENT.fullmatch(written)
    if found is None:
        return _compact(written)
    parts = found.groupdict()
    hour = int(parts["hour"] or 0)
    if parts["half"] in ("下午", "晚上") and hour < 12:
        hour += 12
    return _made(parts["year"], parts["month"], parts["day"], hour, parts["minute"] or 0, parts["second"] or 0)


def _is_compact(value) -> bool:
    return float(value).is_integer() and 19_000_101 <= value <= 20_991_231


def _compact(written: str) -> dt.datetime:
    found = COMPACT.fullmatch(written)
    if found is None:
        raise Bad("date")
    return _made(found["year"], found["month"], found["day"])


def _serial(value: float) -> dt.datetime:
    if not FIRST_SERIAL <= value < LAST_SERIAL:
        raise Bad("date")
    found = from_excel(value)
    return (found + dt.timedelta(milliseconds=500)).replace(microsecond=0)


def _made(*parts) -> dt.datetime:
    try:
        return dt.datetime(*map(int, parts))
    except ValueError:
        raise Bad("date") from None
