"""Invented petitions: Chinese of the length, variety and skew of real ones, the same for the same seed.

Words are drawn with frequencies that fall like Zipf's law, so that a search finds nearly everything, a few thousand, or nobody.
`TERMS` names searches of each length, common and rare, and ones that no text can hold although all their pairs are frequent.
"""

import random
from itertools import accumulate
from pathlib import Path

DRAWN = 200  # words of a kind drawn at once
BLANKS = ("surname", "given", "post", "unit", "matter", "act")  # lists of words in words.lst; the others are of sentences

LEVELS = ("county", "township", "township", "township", "other", "other", "unknown")
# Written into a share of all texts, so that every length has a term of each frequency whatever the seed: (share, sentence).
PLANTED = (
    (0.2, "违规发放津贴补贴的事情大家都清楚。"),
    (0.01, "河道采砂许可证的年限早已过了。"),
    (0.01, "食堂承包合同没有经过会议讨论。"),
    (0.0002, "粜卖储备粮的磅单我保存着。"),
    (0.0002, "鳜鱼养殖示范园从来没有养过鱼。"),
)
TERMS = {  # length: {frequency: term}; "broken" is in no text, but all its pairs are, in one of thirty
    1: {"common": "村", "middling": "砂", "rare": "鳜", "absent": "鬯"},
    2: {"common": "土地", "middling": "采砂", "rare": "磅单", "absent": "碉楼"},
    3: {"common": "巡察组", "middling": "许可证", "rare": "储备粮", "absent": "补偿账", "broken": "水费用"},
    4: {"common": "调查处理", "middling": "河道采砂", "rare": "鳜鱼养殖", "absent": "土地资金", "broken": "物业费用"},
    8: {"common": "违规发放津贴补贴", "middling": "河道采砂许可证的", "rare": "鳜鱼养殖示范园从", "absent": "违规发放津贴资金"},
}


def _read() -> dict[str, list[str]]:
    """The lists of words.lst by name."""
    lists, found = {}, []
    for line in Path(__file__).with_name("words.lst").read_text("utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
            found = lists.setdefault(name, [])
        elif line and not line.startswith("#"):
            found += [line] if name in ("subject", "opening", "detail", "closing") else line.split()
    return lists


def _zipf(words) -> tuple[list[str], list[float]]:
    """The words and their summed weights: the first is drawn most."""
    words = list(words)
    return words, list(accumulate(1 / (place + 2) ** 0.8 for place in range(len(words))))


class Author:
    """Writes petitions. One author of one seed writes the same petitions in the same order."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        lists = _read()
        places = [f"{head}{tail}村" for head in lists["place head"] for tail in lists["place tail"]]
        random.Random(1).shuffle(places)  # the same places are the frequent ones for every author
        self.sentences = lists
        self.lists = {"place": _zipf(places)} | {name: _zipf(lists[name]) for name in BLANKS}
        self.drawn: dict[str, list[str]] = {kind: [] for kind in self.lists}

    def word(self, kind: str) -> str:
        """One word of a list, the first ones most often."""
        if not (drawn := self.drawn[kind]):
            words, weights = self.lists[kind]
            drawn += self.random.choices(words, cum_weights=weights, k=DRAWN)
        return drawn.pop()

    def name(self) -> str:
        """A person's name of two or three characters."""
        given = self.word("given") + (self.word("given") if self.random.random() < 0.8 else "")
        return self.word("surname") + given

    def petition(self) -> dict:
        """{subject, text, persons, reporter}: what is said and who says it."""
        pick, chance = self.random.choice, self.random.random
        facts = self._facts()
        lines = [pick(self.sentences["opening"]).format_map(facts)]
        # Few write two lines, many half a page, some four pages.
        lines += [
            line.format_map(self._facts(facts)) for line in self.random.choices(self.sentences["detail"], k=self._sentences())
        ]
        lines += [sentence for share, sentence in PLANTED if chance() < share]
        lines.append(pick(self.sentences["closing"]))
        persons = []
        if chance() < 0.7:
            persons.append({"name": facts["person"], "unit": facts["unit"], "post": facts["post"], "level": pick(LEVELS)})
        reporter = {}
        if chance() < 0.45:
            reporter = {"name": self.name(), "phone": f"1{self.random.randrange(30, 99)}{self.random.randrange(10**8):08d}"}
        return {
            "subject": pick(self.sentences["subject"]).format_map(facts),
            "text": "".join(lines),
            "persons": persons,
            "reporter": reporter,
        }

    def sentence(self) -> str:
        """One sentence about some matter."""
        return self.random.choice(self.sentences["detail"]).format_map(self._facts())

    def _sentences(self) -> int:
        return max(1, min(60, round(self.random.lognormvariate(2.2, 0.5))))

    def _facts(self, kept: dict | None = None) -> "Facts":
        """Words for the blanks of a sentence; the main person and unit of `kept` come back most of the time."""
        facts = Facts(self)
        if kept and self.random.random() < 0.7:
            facts.update((key, kept[key]) for key in ("person", "unit", "place", "post"))
        return facts


class Facts(dict):
    """Words for the blanks of one sentence, each drawn when it is asked for."""

    def __init__(self, author: Author):
        super().__init__()
        self.author = author

    def __missing__(self, blank: str) -> str:
        number = self.author.random.randrange
        match blank.rstrip("2"):
            case "person":
                word = self.author.name()
            case "when":
                word = f"{number(2016, 2026)}年{number(1, 13)}月"
            case "money":
                word = f"{number(1, 900)}万元" if number(3) else f"{number(1000, 99999)}元"
            case "small":
                word = str(number(2, 500))
            case "years":
                word = str(number(2, 15))
            case kind:
                word = self.author.word(kind)
        self[blank] = word
        return word
