"""One row of a sheet into a draft of a petition, or the list of what is wrong with it."""

import unicodedata
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ValidationError
from django.utils import timezone
from openpyxl.utils import get_column_letter

from inspection.documents.sheets import Row
from inspection.vault import hashes
from petitions import contents, intake
from petitions.models import Category, Discipline, ImportBatch, Level, Petition
from rounds.models import Assignment, Channel

from . import cells
from .cells import Bad

NAMELESS = frozenset(("匿名", "已密封", "密封", "无", "无名", "不详", "未署名", "-", "—", "/"))
CATEGORY_CHARS = 80
REPLY_CHARS = 32_767


def words(choices, more: dict[str, str]) -> dict[str, str]:
    """{what people write: code} of a TextChoices class: codes, Chinese labels, and the other words for them."""
    known = {value.lower(): value for value in choices.values}
    known |= {_folded(word): str(value) for word, value in more.items()}
    return known


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).replace(" ", "").lower()


# Chinese words stand here as data and not as translations: a sheet says 来信 whatever language its reader has chosen.
CHANNELS = words(
    Channel.Kind,
    {
        "来电": "call", "电话": "call", "电话举报": "call", "来信": "letter", "信件": "letter", "信函": "letter", "短信": "sms",
        "手机短信": "sms", "邮件": "email", "电子邮件": "email", "邮箱": "email", "电子邮箱": "email", "意见箱": "box",
        "举报箱": "box", "信箱": "box", "来访": "visit", "走访": "visit", "接访": "visit", "网络": "online", "网上": "online",
        "网站": "online", "互联网": "online", "网络留言": "online", "留言": "online", "转办": "forwarded",
        "上级转办": "forwarded", "上级交办": "forwarded", "交办": "forwarded",
    },
)  # fmt: skip
DISCIPLINES = words(
    Discipline,
    {
        "政治纪律": "political", "政治": "political", "组织纪律": "organisational", "组织": "organisational",
        "廉洁纪律": "integrity", "廉洁": "integrity", "群众纪律": "masses", "群众": "masses", "工作纪律": "work", "工作": "work",
        "生活纪律": "life", "生活": "life", "涉法": "legal", "涉法涉诉": "legal", "不涉及": "none", "无": "none",
    },
)  # fmt: skip
LEVELS = words(
    Level,
    {
        "省部级": "province", "省级": "province", "部级": "province", "厅局级": "bureau", "厅级": "bureau", "局级": "bureau",
        "地厅级": "bureau", "县处级": "county", "处级": "county", "县级": "county", "乡科级": "township", "科级": "township",
        "正科级": "township", "副科级": "township", "其他人员": "other", "其他": "other", "一般干部": "other", "不详": "unknown",
    },
)  # fmt: skip
KINDS = words(
    Petition.Kind,
    {
        "检举控告": "accusation", "检举": "accusation", "控告": "accusation", "业务范围外": "outside", "批评建议": "advice",
        "建议": "advice", "无实质内容": "empty",
    },
)  # fmt: skip

OWN = "own:"  # marks a row that this register wrote itself: it is known without asking for its key

# What `intake.prepare` finds wrong beyond the cell itself, as the column and code to name.
PREPARED = {
    "received_at": ("received_at", "too_late"),
    "postmarked_on": ("postmarked_on", "postmark_late"),
    "people_count": ("people_count", "people"),
    "subject": ("subject", "too_long"),
    "text": ("text", "too_long"),
    "persons": ("person_name", "too_long"),
    "reporter": ("reporter_name", "too_long"),
}


@dataclass(frozen=True)
class Problem:
    """Where something is wrong, and why; never what the cell says."""

    row: int
    column: str
    header: str
    code: str

    def as_facts(self) -> dict:
        """JSON-able."""
        return {"row": self.row, "column": self.column, "header": self.header, "code": self.code}


class Reader:
    """What the two kinds of reader share: cells by field, and problems that say where.

    places    {field key: place}
    formulas  {(row number, place)} of cells that hold a formula
    """

    def __init__(self, places: dict[str, int], headers: tuple[str, ...], formulas: frozenset = frozenset()):
        self.places = places
        self.headers = headers
        self.formulas = formulas
        self.row: Row | None = None
        self.problems: list[Problem] = []
        self.bad: set[str] = set()

    def afresh(self) -> None:
        """Forget what was asked of the database about the rows to come: it may have changed meanwhile."""

    def begin(self, row: Row) -> None:
        """Turn to the next row."""
        self.row, self.problems, self.bad = row, [], set()
        for key, place in self.places.items() if self.formulas else ():
            if (row.number, place) in self.formulas:
                self.wrong(key, "formula")

    def take(self, key: str, read, *args):
        """Field `key` of the row, read by `read`; None and a noted problem when it is bad."""
        place = self.places.get(key)
        if place is None or (self.row.number, place) in self.formulas:
            return None
        try:
            return read(self.row.values[place], *args)
        except Bad as bad:
            self.wrong(key, bad.code)
            return None

    def wrong(self, key: str, code: str) -> None:
        """Note a problem in the column of field `key`."""
        place = self.places.get(key)
        self.bad.add(key)
        letter = get_column_letter(place + 1) if place is not None else ""
        self.problems.append(Problem(self.row.number, letter, self.headers[place] if place is not None else "", code))

    def need(self, key: str, value):
        """Note `missing` where a column is there and its cell is empty. Passes the value on."""
        if not value and key not in self.bad:
            self.wrong(key, "missing")
        return value


class PetitionReader(Reader):
    """Rows of a register of petitions of one assignment."""

    def __init__(self, assignment: Assignment, channel_kind: str, places, headers, formulas=frozenset(), *, before=None):
        super().__init__(places, headers, formulas)
        self.assignment, self.before = assignment, before
        self.channel_kind = channel_kind
        self.afresh()
        self.categories = {tuple(path.split("/")): pk for pk, path in Category.objects.values_list("pk", "path")}
        self.own = f"{assignment.round.code}-"  # how the numbers begin that this register gives

    def afresh(self) -> None:
        """Ask again which channels are open."""
        self.asked = intake.Preparation(self.assignment)

    @cached_property
    def own_numbers(self) -> set[str]:
        """The numbers this register had given in the assignment when the sheet came: not those that its own rows get."""
        given = self.assignment.petitions.filter(entered_at__lt=self.before) if self.before else self.assignment.petitions
        return set(given.values_list("number", flat=True))

    def read(self, row: Row) -> tuple[intake.Draft | None, list[Problem]]:
        """(draft with source_key, []) or (None, problems)."""
        self.begin(row)
        arguments = self._arguments()
        if self.problems:
            return None, self.problems
        try:
            return intake.prepare(self.assignment, asked=self.asked, **arguments), []
        except ValidationError as error:
            for name in getattr(error, "message_dict", {"": ()}):
                self.wrong(*PREPARED.get(name, ("text", "refused")))
            return None, self.problems

    def _arguments(self) -> dict:
        text = self.need("text", self.take("text", cells.text, contents.TEXT_CHARS))
        subject = self.take("subject", cells.line, contents.SUBJECT_CHARS)
        if "subject" in self.places:
            self.need("subject", subject)
        received_at = self.need("received_at", self.take("received_at", cells.moment))
        source = self.take("source", cells.line, 120) or ""
        count = self.take("people_count", cells.number)
        return {
            "channel_kind": self.take("channel_kind", cells.choice, CHANNELS, "channel") or self.channel_kind,
            "received_at": received_at,
            "subject": subject or "",
            "text": text or "",
            "persons": self._persons(),
            "reporter": self._reporter(),
            "postmarked_on": self.take("postmarked_on", cells.day),
            "people_count": 1 if count is None else count,
            "discipline": self.take("discipline", cells.choice, DISCIPLINES, "discipline") or "",
            "category": self._category(),
            "kind": self.take("kind", cells.choice, KINDS, "kind") or "",
            "level": self.take("level", cells.choice, LEVELS, "level") or Level.UNKNOWN.value,
            "details": self._details(),
            "source_key": self._key(source, received_at, subject, text),
        }

    def _persons(self) -> list[dict]:
        person = {key: self.take(f"person_{key}", cells.line, contents.WORD_CHARS) or "" for key in ("name", "unit", "post")}
        return [person] if any(person.values()) else []

    def _reporter(self) -> dict:
        kept = {}
        for key, limit in contents.REPORTER_KEYS.items():
            value = self.take(f"reporter_{key}", cells.line, limit)
            if value and value not in NAMELESS:
                kept[key] = value
        return kept

    def _details(self) -> dict:
        replied_on = self.take("replied_on", cells.moment)
        reply = self.take("reply", cells.text, REPLY_CHARS) or ""
        return {"reply": reply, "replied_on": timezone.localtime(replied_on).strftime("%Y-%m-%d %H:%M") if replied_on else ""}

    def _category(self):
        path = self.take("category", cells.line) or ""
        parts = [part.strip() for part in path.replace("／", "/").replace(">", "/").split("/") if part.strip()]
        column = "category"
        if not parts:
            levels = [self.take(f"category_{level}", cells.line) or "" for level in (1, 2, 3)]
            parts, column = [part for part in levels if part], "category_1"
        if not parts:
            return None
        found = self.categories.get(tuple(parts))
        if found is None:
            self.wrong(column, "category")
            return None
        return Category(pk=found)

    def _key(self, source: str, received_at, subject, text) -> str:
        """The row's identity within the assignment: its own number and moment; what it says where it has no number."""
        if source.startswith(self.own) and source in self.own_numbers:
            return OWN + source
        moment = received_at.isoformat() if received_at else ""
        parts = (source, moment) if source else ("", moment, subject or "", text or "")
        return hashes.keyed("petition.import", "\x1f".join((self.assignment.number, *parts)))


class CategoryReader(Reader):
    """Rows of the three-level category list."""

    def read(self, row: Row) -> tuple[tuple[str, ...] | None, list[Problem]]:
        """(names from the first level down, []) or (None, problems)."""
        self.begin(row)
        names = [self.take(f"category_{level}", cells.line, CATEGORY_CHARS) or "" for level in (1, 2, 3)]
        self.need("category_1", names[0])
        for level in (2, 3):
            if names[level - 1] and not names[level - 2] and not self.problems:
                self.wrong(f"category_{level - 1}", "gap")
        if any("/" in name for name in names):
            names = [name.replace("/", "、") for name in names]  # the slash divides the levels in a category's full name
        return (None, self.problems) if self.problems else (tuple(name for name in names if name), [])


def reader(batch_kind: str, assignment, channel_kind: str, places, headers, formulas=frozenset(), *, before=None) -> Reader:
    """The reader of a kind of sheet; `before`: when the sheet came, if not now."""
    if batch_kind == ImportBatch.Kind.PETITIONS:
        return PetitionReader(assignment, channel_kind, places, headers, formulas, before=before)
    return CategoryReader(places, headers, formulas)
