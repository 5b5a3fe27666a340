"""Small numbers in what leaves the circle of those who handle cases: one letter about a small unit tells who wrote it.

A count below SMALL is not told, not even whether it is nought; a total is the sum of the counts that are told. So whatever is
shown is the same for every value that a hidden count may have, and no sum, difference or margin can tell it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

SMALL = 3


@dataclass(frozen=True)
class Told:
    """A count as it may be told. value is None where it is too small."""

    value: int | None

    def __str__(self):
        return _("少于%(small)s") % {"small": SMALL} if self.value is None else str(self.value)


def told(count: int) -> Told:
    """One count by itself."""
    return Told(count if count >= SMALL else None)


def total(parts: Iterable[Told]) -> Told:
    """The sum of those of `parts` that are told; not told itself when it would be small."""
    return told(sum(part.value or 0 for part in parts))


def table(rows: Sequence[Mapping[str, int]], columns: Sequence[str]) -> tuple[list[list[Told]], list[Told]]:
    """(lines, last line) of counts by row and column, each line with its total at the end, the last line with the totals of the
    columns. A row's own total is never taken from `rows`: it would give a hidden count away.
    """
    lines = [[told(row[column]) for column in columns] for row in rows]
    lines = [[*line, total(line)] for line in lines]
    last = (
        [total(column) for column in zip(*(line[:-1] for line in lines), strict=True)] if lines else [told(0) for _c in columns]
    )
    return lines, [*last, total(last)]
