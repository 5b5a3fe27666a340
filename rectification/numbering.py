"""Numbers of papers and clues: how they are printed, and whether any is missing."""

import re
from collections import defaultdict
from collections.abc import Iterator

from django.utils.translation import gettext as _

from inspection import numbers
from inspection.numbers.models import Counter
from rectification.models import Clue, Finding

PAPER = re.compile(r"\[(\d{4})\](\d+)巡-(\d+)组-(\d+)号")
CLUE = re.compile(r"(.+-XS)-(\d{4})-(\d+)")


def next_paper(group, year: int) -> str:
    """The next paper number of a group, 「[2026]1巡-3组-02号」. Must run in the transaction that uses it.

    The series is what is printed: were it the round's code, two rounds of one year with the same sequence (a regular and a
    special one) would print the same number twice.
    """
    serial = numbers.take(f"DG-{group.round.sequence}-{group.number}", year)
    return f"[{year}]{group.round.sequence}巡-{group.number}组-{serial:02d}号"


def next_clue(round_, year: int) -> str:
    """The next clue number of a round, "HN06-XS-2026-001". Must run in the transaction that uses it."""
    prefix = f"{round_.code}-XS"
    return f"{prefix}-{year}-{numbers.take(prefix, year):03d}"


def check() -> Iterator[str]:
    """One sentence for every number of a paper or clue that was given out and is gone, or was never given out."""
    papers, clues = defaultdict(set), defaultdict(set)
    for number in Finding.objects.values_list("number", flat=True).iterator():
        if match := PAPER.fullmatch(number):
            year, sequence, group, serial = map(int, match.groups())
            papers[f"DG-{sequence}-{group}", year].add(serial)
        else:
            yield _("%(number)s：编号格式不对。") % {"number": number}
    for number in Clue.objects.values_list("number", flat=True).iterator():
        if match := CLUE.fullmatch(number):
            clues[match[1], int(match[2])].add(int(match[3]))
        else:
            yield _("%(number)s：编号格式不对。") % {"number": number}
    counted = {(c.prefix, c.year): c.value for c in Counter.objects.all()}
    for series in (*papers, *clues):
        counted.setdefault(series, 0)
    for (prefix, year), last in sorted(counted.items()):
        if prefix.startswith("DG-"):
            found = papers[prefix, year]
        elif prefix.endswith("-XS"):
            found = clues[prefix, year]
        else:
            continue
        for serial in sorted(set(range(1, last + 1)) ^ found):
            facts = {"prefix": prefix, "year": year, "serial": serial}
            if serial in found:
                yield _("%(prefix)s %(year)s 年第 %(serial)s 号：编号器没有发出过这个编号。") % facts
            else:
                yield _("%(prefix)s %(year)s 年第 %(serial)s 号：编号缺失。") % facts
