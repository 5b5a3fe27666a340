"""The search box of a list, and how a list finds and counts its rows when the last doubt is settled row by row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import django_filters
from django import forms
from django.db import models

STEPS = (100, 400, 1500)  # rows looked through one after the other, before every match is asked for
COUNTED = 3_000  # rows looked through to count; frequent words are past the bound by then
AT_ONCE, FEWEST = 500, 25  # rows opened at a time, at most and at least
IDS = 5_000  # fetched at a time while rows are counted one by one


class SearchField(forms.CharField):
    """Text to search for. Whatever is typed is text; what is longer than `max_length` is read as far as that."""

    def to_python(self, value):
        """The text, cut."""
        return super().to_python(value)[: self.max_length]


class SearchFilter(django_filters.CharFilter):
    """A filter by free text: `SearchFilter(label=…, method="searched", max_length=200)`."""

    field_class = SearchField


@dataclass(frozen=True)
class Search:
    """What a list must know of a search, beside the queryset of what the index found (vault.index.Narrowed).

    keep     ids → those that hold what was searched for; None where the index leaves no doubt
    before   the rows before the search narrowed them; None where nothing is searched in texts
    sample   some of the rows found in parts, where there are many: counting among them tells a large number at once
    among    where there are many: ids of rows of `before` → those of them that the index finds. Looking through these rows
             meets a page's worth long before all that was found could be put in order
    """

    keep: Callable[[list[int]], set[int]] | None = None
    before: models.QuerySet | None = None
    sample: Sequence[models.QuerySet] = ()
    among: Callable[[list[int]], set[int]] | None = None

    def first(self, found: models.QuerySet, ordered: Callable, lookups: tuple[str, ...], wanted: int, after=None) -> list:
        """The first `wanted` objects of `found`: put in order with no more than it takes, and only then fetched whole.

        ordered  (queryset, values) → it in order, from behind the row with these values of `lookups` or, for None, from the start
        """
        kept: list[dict] = []
        if self.among is not None:
            for size in STEPS:
                rows = list(ordered(self.before, after).values("pk", *lookups)[:size])
                kept += self._settled(rows)
                if len(kept) >= wanted or len(rows) < size:
                    return self._whole(kept[:wanted])
                after = [rows[-1][lookup] for lookup in lookups]
        size = wanted - len(kept)
        while True:
            rows = list(ordered(found, after).values("pk", *lookups)[:size])
            kept += self._kept(rows)
            if len(kept) >= wanted or len(rows) < size:
                return self._whole(kept[:wanted])
            after = [rows[-1][lookup] for lookup in lookups]
            size = min(4 * size, AT_ONCE)

    def count(self, found: models.QuerySet, most: int | None) -> int:
        """How many there are, at most `most`; None: all."""
        if most is not None:
            if self._count_sample(most) >= most:
                return most
            if self.among is not None and self._count_through(most) >= most:
                return most
        return self._count(found, most)

    def _count_sample(self, most: int) -> int:
        count = 0
        for part in self.sample:
            count += self._count(part, most - count)
            if count >= most:
                break
        return count

    def _count(self, rows: models.QuerySet, most: int | None) -> int:
        if self.keep is None:
            return rows.order_by()[:most].count()
        count, last = 0, None
        while True:
            following = rows.order_by("pk") if last is None else rows.order_by("pk").filter(pk__gt=last)
            ids = list(following.values_list("pk", flat=True)[:IDS])
            place = 0
            while place < len(ids):
                size = AT_ONCE if most is None else min(AT_ONCE, max(most - count, FEWEST))
                count += len(self.keep(ids[place : place + size]))
                place += size
                if most is not None and count >= most:
                    return most
            if len(ids) < IDS:
                return count
            last = ids[-1]

    def _count_through(self, most: int) -> int:
        """How many there are among the newest rows; given up once it is clear that they will not be `most`."""
        count, looked, last = 0, 0, None
        while looked < COUNTED and count < most and count * COUNTED >= most * looked:
            following = self.before.order_by("-pk") if last is None else self.before.order_by("-pk").filter(pk__lt=last)
            rows = list(following.values("pk")[:AT_ONCE])
            count += len(self._settled(rows))
            looked += len(rows)
            if len(rows) < AT_ONCE:
                break
            last = rows[-1]["pk"]
        return count

    def _settled(self, rows: list[dict]) -> list[dict]:
        """Those of rows of `before` that hold what was searched for."""
        matching = self.among([row["pk"] for row in rows])
        return self._kept([row for row in rows if row["pk"] in matching])

    def _kept(self, rows: list[dict]) -> list[dict]:
        if self.keep is None or not rows:
            return rows
        kept = self.keep([row["pk"] for row in rows])
        return [row for row in rows if row["pk"] in kept]

    def _whole(self, rows: list[dict]) -> list:
        """The objects of these rows, in their order."""
        objects = self.before.order_by().in_bulk([row["pk"] for row in rows])
        return [objects[row["pk"]] for row in rows if row["pk"] in objects]
