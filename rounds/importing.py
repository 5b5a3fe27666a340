"""Units and people from XLSX. Every row goes through the same verbs as the pages; a preview is an import that is taken back.

1. read    the file to rows of texts, refusing a wrong file or a missing column as a whole
2. run     each row in a savepoint of one transaction; what a row does, or what is wrong with it, is noted
3. keep    the transaction stands if nothing is wrong (or bad rows are to be skipped), else it is rolled back
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from inspection.accounts.models import User
from inspection.documents.sheets import SheetRefused, read_rows
from rounds.models import Category, Person, Unit
from rounds.workflow import add_category, add_person, add_unit, edit_person, edit_unit

MOST_ROWS = 5000
YES = frozenset({"是", "√", "1", "y", "yes", "true"})
NO = frozenset({"否", "×", "0", "n", "no", "false"})
SEPARATORS = str.maketrans(dict.fromkeys("、，,；;\n\r\t", " "))


@dataclass(frozen=True)
class Wrong:
    """What is wrong with one cell: Excel's row number, the column's header ("" for the row as a whole), and why."""

    row: int
    column: str
    reason: str

    def __str__(self):
        if not self.column:
            return _("第 %(row)s 行：%(reason)s") % {"row": self.row, "reason": self.reason}
        return _("第 %(row)s 行，%(column)s：%(reason)s") % {"row": self.row, "column": self.column, "reason": self.reason}


@dataclass(frozen=True)
class Done:
    """What a row does: "add", "change" or "same"."""

    row: int
    act: str
    code: str
    name: str

    @property
    def label(self) -> str:
        """The act in words."""
        return {"add": _("新增"), "change": _("修改"), "same": _("已有，不变")}[self.act]


@dataclass
class Outcome:
    """What an import does or would do."""

    done: list[Done] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    kept: bool = False

    def count(self, act: str) -> int:
        """How many rows do `act`."""
        return sum(done.act == act for done in self.done)

    @property
    def added(self) -> int:
        """Rows that add something."""
        return self.count("add")

    @property
    def changed(self) -> int:
        """Rows that change something."""
        return self.count("change")

    @property
    def same(self) -> int:
        """Rows that say what is known."""
        return self.count("same")

    @property
    def bad_rows(self) -> int:
        """Rows with something wrong."""
        return len({wrong.row for wrong in self.wrong})


class Refused(Exception):
    """The file as a whole cannot be imported. The message is for the person who chose it."""


class BadCell(Exception):
    """A cell that cannot be understood: (column, reason)."""


@dataclass(frozen=True)
class Kind:
    """What is imported: its columns (header -> field), which of them must be there, and what one row does."""

    name: str
    columns: dict[str, str]
    required: tuple[str, ...]
    take: Callable


def read(kind: Kind, file: BinaryIO, limit: int) -> list[tuple[int, dict[str, str]]]:
    """Rows of a file as [(Excel's row number, {header: text})]. Raises Refused."""
    try:
        reading = read_rows(file, max_rows=MOST_ROWS, limit=limit)
        twice = {header for header in reading.headers if header and reading.headers.count(header) > 1}
        missing = [header for header in kind.required if header not in reading.headers]
        if missing:
            words = {"missing": "、".join(missing), "known": "、".join(kind.columns)}
            raise Refused(_("缺少列：%(missing)s。可用的列：%(known)s。") % words)
        if twice & set(kind.columns):
            raise Refused(_("列重复：%(columns)s。") % {"columns": "、".join(sorted(twice))})
        places = {header: place for place, header in enumerate(reading.headers) if header in kind.columns}
        rows = [(row.number, {header: row.text(place) for header, place in places.items()}) for row in reading.rows]
    except SheetRefused as error:
        raise Refused(str(error)) from None
    if not rows:
        raise Refused(_("表头下面没有数据。"))
    return rows


def run(kind: Kind, rows: Iterable[tuple[int, dict[str, str]]], *, by, keep: bool, skip_bad: bool = False) -> Outcome:
    """Take every row; the whole stands only when `keep` and nothing is wrong (or `skip_bad`)."""
    outcome, codes = Outcome(), {}
    known = set(Category.objects.values_list("name", flat=True))
    with transaction.atomic():
        for number, cells in rows:
            try:
                with transaction.atomic():
                    outcome.done.append(_take(kind, number, cells, codes, by))
            except BadCell as error:
                outcome.wrong.append(Wrong(number, *error.args))
            except ValidationError as error:
                outcome.wrong += _wrong(kind, number, error)
        outcome.categories = sorted(set(Category.objects.values_list("name", flat=True)) - known)
        outcome.kept = keep and (skip_bad or not outcome.wrong)
        if not outcome.kept:
            transaction.set_rollback(True)
    return outcome


def _take(kind: Kind, number: int, cells: dict[str, str], codes: dict[str, int], by) -> Done:
    for header in kind.required:
        if not cells.get(header):
            raise BadCell(header, _("不能为空。"))
    code = cells[kind.required[0]]
    if code in codes:
        raise BadCell(kind.required[0], _("与第 %(row)s 行重复。") % {"row": codes[code]})
    codes[code] = number
    act = kind.take(cells, by)
    return Done(number, act, code, cells[kind.required[1]])


def _wrong(kind: Kind, number: int, error: ValidationError) -> list[Wrong]:
    if not hasattr(error, "error_dict"):
        return [Wrong(number, "", " ".join(error.messages))]
    headers = {name: header for header, name in kind.columns.items()}
    return [
        Wrong(number, "" if name == NON_FIELD_ERRORS else headers.get(name, ""), " ".join(messages))
        for name, messages in error.message_dict.items()
    ]


def _yes_no(cells: dict[str, str], header: str, default: bool) -> bool:
    text = cells.get(header, "").lower()
    if not text:
        return default
    if text not in YES | NO:
        raise BadCell(header, _("请填“是”或“否”。"))
    return text in YES


def _unit(text: str, header: str) -> Unit:
    """A unit by its code, or by its name where only one existing unit bears it."""
    found = Unit.objects.filter(code=text).first()
    if found is None:
        named = list(Unit.objects.active().filter(name=text)[:2])
        if len(named) != 1:
            raise BadCell(header, _("没有代码或名称为“%(text)s”的单位。") % {"text": text[:60]})
        found = named[0]
    return found


def _act(changed: bool, new: bool) -> str:
    return "add" if new else "change" if changed else "same"


def _take_unit(cells: dict[str, str], by) -> str:
    name = cells["板块"]
    category = Category.objects.filter(name=name).first()
    if category is None:
        category = add_category(by=by, name=name, order=Category.objects.count() + 1)
    fields = {"category": category, "must_cover": _yes_no(cells, "纳入全覆盖", True)}
    for header, attribute in (("地区", "region"), ("主要负责人职务", "head")):
        if header in cells:
            fields[attribute] = cells[header]
    if cells.get("上级单位代码"):
        fields["parent"] = _unit(cells["上级单位代码"], "上级单位代码")
    unit = Unit.objects.filter(code=cells["单位代码"]).first()
    if unit is None:
        add_unit(by=by, code=cells["单位代码"], name=cells["单位名称"], **fields)
        return "add"
    if unit.name != cells["单位名称"]:
        raise BadCell("单位名称", _("在册名称是“%(name)s”；更名请在单位页办理。") % {"name": unit.name})
    if "纳入全覆盖" not in cells or not cells["纳入全覆盖"]:
        del fields["must_cover"]
    before = {name: getattr(unit, name) for name in fields}
    edit_unit(unit, by=by, **fields)
    return _act(before != fields, new=False)


def _take_person(cells: dict[str, str], by) -> str:
    fields = {"name": cells["姓名"]}
    for header, attribute in (("职务", "post"), ("籍贯", "native_place"), ("专长", "speciality")):
        if header in cells:
            fields[attribute] = cells[header]
    if cells.get("现工作单位"):
        fields["employer"] = _unit(cells["现工作单位"], "现工作单位")
    if cells.get("在库"):
        fields["active"] = _yes_no(cells, "在库", True)
    if cells.get("登录账号"):
        fields["user"] = User.objects.filter(username=cells["登录账号"]).first()
        if fields["user"] is None:
            raise BadCell("登录账号", _("没有这个账号。"))
    former = None
    if "曾工作单位" in cells:
        former = [_unit(text, "曾工作单位") for text in cells["曾工作单位"].translate(SEPARATORS).split()]
    person = Person.objects.filter(code=cells["人员编号"]).first()
    if person is None:
        add_person(by=by, code=cells["人员编号"], former_employers=former or (), **fields)
        return "add"
    before = {name: getattr(person, name) for name in fields}
    worked = set(person.former_employers.values_list("pk", flat=True))
    moved = former is not None and {unit.pk for unit in former} != worked
    if before != fields or moved:
        if by is not None and person.user_id == by.pk:
            raise BadCell("人员编号", _("不能修改自己的资料，请由他人办理。"))
        edit_person(person, by=by, former_employers=former, **fields)
    return _act(before != fields or moved, new=False)


UNITS = Kind(
    "units",
    {
        "单位代码": "code",
        "单位名称": "name",
        "板块": "category",
        "地区": "region",
        "上级单位代码": "parent",
        "主要负责人职务": "head",
        "纳入全覆盖": "must_cover",
    },
    ("单位代码", "单位名称", "板块"),
    _take_unit,
)
PEOPLE = Kind(
    "people",
    {
        "人员编号": "code",
        "姓名": "name",
        "现工作单位": "employer",
        "曾工作单位": "former_employers",
        "职务": "post",
        "籍贯": "native_place",
        "专长": "speciality",
        "登录账号": "user",
        "在库": "active",
    },
    ("人员编号", "姓名"),
    _take_person,
)
KINDS = {kind.name: kind for kind in (UNITS, PEOPLE)}
