"""Lists: keyset pages, bounded counts, filter chips, and one answer for page and fragment.

A keyset page remembers the last row instead of counting from the start: page 2,000 costs what page 1 costs, and a row
registered meanwhile shifts nothing (docs/performance.md).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import BadRequest, FieldDoesNotExist
from django.db import models
from django.db.models import F, Q
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from inspection.statements import Counted, CountOf, Given, Prepared

from .searching import Search

COUNT_EXACT_TO = 1000
EXACT = "exact"
SALT = "inspection.pages.lists"
KINDS = {"datetime": dt.datetime.fromisoformat, "date": dt.date.fromisoformat, "decimal": Decimal}


class BadParameter(BadRequest):
    """A parameter of the address does not make sense (HTTP 400). `name` is the parameter's, never its value.

    errors  {name: messages}, where several are wrong
    """

    def __init__(self, name: str, errors: dict | None = None):
        self.name = name
        self.errors = errors or {}
        super().__init__(f"bad parameter: {name}")


@dataclass(frozen=True)
class Page:
    """One page of a list.

    rows            the objects
    next, previous  cursors, None at the ends
    next_url, previous_url  the same as "?…" links that keep every other parameter
    count           number of matching rows, at most COUNT_EXACT_TO + 0 when not exact
    count_is_exact  False when there are more than COUNT_EXACT_TO and nobody asked for more
    exact_url       the same page with every row counted; None where the count is exact
    """

    rows: list
    next: str | None
    previous: str | None
    next_url: str | None
    previous_url: str | None
    count: int
    count_is_exact: bool
    exact_url: str | None = None

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    @property
    def count_text(self) -> str:
        """The count as it is shown: "87" or "1,000+"."""
        return f"{self.count:,}" if self.count_is_exact else f"{self.count:,}+"


@dataclass(frozen=True)
class Term:
    """One column of an order: `lookup` may span relations; rows without a value come last."""

    lookup: str
    descending: bool
    nullable: bool

    def ordering(self, backwards: bool):
        """The ORDER BY expression, reversed when walking backwards."""
        descending = self.descending != backwards
        options = {("nulls_first" if backwards else "nulls_last"): True} if self.nullable else {}
        return F(self.lookup).desc(**options) if descending else F(self.lookup).asc(**options)

    def same(self, value) -> Q:
        """Rows level with `value` in this column."""
        return Q(**{f"{self.lookup}__isnull": True}) if value is None else Q(**{self.lookup: value})

    def beyond(self, value, backwards: bool) -> Q | None:
        """Rows after `value` in the direction walked; None when there can be none."""
        if value is None:
            return Q(**{f"{self.lookup}__isnull": False}) if backwards else None
        side = "lt" if self.descending != backwards else "gt"
        rows = Q(**{f"{self.lookup}__{side}": value})
        return rows | Q(**{f"{self.lookup}__isnull": True}) if self.nullable and not backwards else rows


@dataclass(frozen=True)
class Shape:
    """A list whose pages and whose count are statements compiled once (inspection.statements).

    build  (*key) → the rows, without what is shown of them; a function of a module
    key    all that decides what the queryset says, hashable
    whole  rows → the rows with what is shown; a function of a module
    ids    whether the ids of a page are to be found before its rows: where an index holds all that is asked for and yet the
           condition is none that an index is entered by, such as "this or that"
    """

    model: type[models.Model]
    build: Callable[..., models.QuerySet]
    whole: Callable[[models.QuerySet], models.QuerySet]
    key: tuple
    ids: bool = False


def page(
    request,
    queryset,
    per_page: int = 25,
    order=("-received_at", "-id"),
    parameter: str = "cursor",
    search: Search | None = None,
    shape: Shape | None = None,
) -> Page:
    """The page of `queryset` that the request's cursor points to.

    order      column names, "-" for descending; the last one must be unique (an id)
    parameter  name of the cursor in the address, for a page that shows two lists
    search     how rows of `queryset` are still to be checked
    shape      how to make `queryset`; then it is not asked for where a page and a bounded count will do. For orders by columns
               of the model itself
    `?count=exact` counts every row, however many there are.
    Raises BadParameter when the cursor was not made here for this order.
    """
    if request.GET.get("count", EXACT) != EXACT:
        raise BadParameter("count")
    terms = [_term(shape.model if shape else queryset.model, name) for name in order]
    backwards, values = _read(request.GET.get(parameter), order, parameter)
    if shape:
        given = {f"after{place}": value for place, value in enumerate(values or ()) if value is not None}
        empty = None if values is None else tuple(value is None for value in values)
        rows = _SHAPED(shape, tuple(terms), per_page + 1, backwards, empty, **given)
    else:
        rows = _rows(queryset, terms, values, backwards, per_page + 1, search)
    more = len(rows) > per_page
    rows = rows[:per_page]
    if backwards:
        rows.reverse()
    following = _write(order, terms, rows[-1], False) if rows and (more or backwards) else None
    preceding = _write(order, terms, rows[0], True) if rows and values is not None and (more or not backwards) else None
    all_here = values is None and not more  # everything stands on this page: there is nothing left to count
    if all_here:
        count, exact = len(rows), True
    elif "count" in request.GET:
        count, exact = exact_count(queryset, search), True
    elif shape:
        found = rows[0].counted if rows else _COUNT(shape)[shape]
        count, exact = min(found, COUNT_EXACT_TO), found <= COUNT_EXACT_TO
    else:
        count, exact = bounded_count(queryset, search=search)
    return Page(
        rows=rows,
        next=following,
        previous=preceding,
        next_url=link(request, **{parameter: following}) if following else None,
        previous_url=link(request, **{parameter: preceding}) if preceding else None,
        count=count,
        count_is_exact=exact,
        exact_url=None if exact else link(request, **{parameter: request.GET.get(parameter), "count": EXACT}),
    )


def _shaped(shape: Shape, terms: tuple[Term, ...], size: int, backwards: bool, empty: tuple[bool, ...] | None):
    """A page behind the row whose values are given as after0, after1, …; `empty` says which of them are None. None: the first.
    Each row has `counted`, how many there are on all pages up to just past the bound.
    """
    ordering = [term.ordering(backwards) for term in terms]
    all_rows = shape.build(*shape.key)
    counted = CountOf(all_rows.order_by().values("pk")[: COUNT_EXACT_TO + 1])
    found = all_rows.order_by(*ordering)
    if empty is not None:
        columns = [shape.model._meta.get_field(term.lookup) for term in terms]
        values = [None if none else Given(f"after{n}", columns[n]) for n, none in enumerate(empty)]
        found = found.filter(_after(terms, values, backwards))
    if shape.ids:
        found = shape.model._default_manager.filter(pk__in=found.values("pk")[:size]).order_by(*ordering)
        return shape.whole(found).annotate(counted=counted)
    return shape.whole(found).annotate(counted=counted)[:size]


_SHAPED = Prepared(_shaped)
_COUNT = Counted(lambda shape: {shape: shape.build(*shape.key).order_by()}, COUNT_EXACT_TO + 1)


def _rows(queryset, terms: list[Term], values: list | None, backwards: bool, wanted: int, search: Search | None) -> list:
    """The first `wanted` rows after `values`."""

    def ordered(rows, after):
        following = rows if after is None else rows.filter(_after(terms, after, backwards))
        return following.order_by(*(term.ordering(backwards) for term in terms))

    if search is None or search.before is None:
        return list(ordered(queryset, values)[:wanted])
    return search.first(queryset, ordered, tuple(term.lookup for term in terms), wanted, values)


def cursor_after(queryset, order, row) -> str:
    """The cursor of the page that begins after `row`."""
    return _write(order, [_term(queryset.model, name) for name in order], row, False)


def bounded_count(queryset, limit: int = COUNT_EXACT_TO, search: Search | None = None) -> tuple[int, bool]:
    """(count, is it exact): counting stops just after `limit`, because nobody reads "84,213"."""
    found = (search or Search()).count(queryset, limit + 1)
    return min(found, limit), found <= limit


def exact_count(queryset, search: Search | None = None) -> int:
    """How many there are, however long it takes."""
    return (search or Search()).count(queryset, None)


def link(request, **changes) -> str:
    """The present address with some parameters changed (None removes one), as "?a=b". What belongs to the page that is shown (its
    cursor, that it was counted) never survives.
    """
    pairs = [(name, value) for name, value in _pairs(request) if name not in changes and name not in ("cursor", "count")]
    pairs += [(name, value) for name, value in changes.items() if value is not None]
    return "?" + urlencode(pairs)


def _pairs(request):
    return chain.from_iterable(((name, value) for value in values) for name, values in request.GET.lists())


def order_from(request, choices: dict, default: str, parameter: str = "sort") -> tuple[str, ...]:
    """The order asked for by `?sort=key` or `?sort=-key`.

    choices  {key: tuple of column names ending in a unique one}; "-key" turns every column round
    Raises BadParameter for a key that is not offered.
    """
    asked = request.GET.get(parameter) or default
    order = choices.get(asked.removeprefix("-"))
    if order is None:
        raise BadParameter(parameter)
    return tuple(_turned(name) for name in order) if asked.startswith("-") else tuple(order)


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


@lru_cache(maxsize=500)
def _term(model: type[models.Model], name: str) -> Term:
    lookup = name.removeprefix("-")
    return Term(lookup, name.startswith("-"), _nullable(model, lookup))


def _nullable(model: type[models.Model], lookup: str) -> bool:
    """Whether the column may be empty; a computed one is taken to be."""
    may_be_empty = False
    for part in lookup.split("__"):
        try:
            column = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except FieldDoesNotExist:
            return True
        may_be_empty = may_be_empty or column.null
        model = column.related_model or model
    return may_be_empty


def _after(terms: list[Term], values: list, backwards: bool) -> Q:
    """Rows that come after `values` in the order: beyond in one column and level in all columns before it."""
    rows = Q(pk__in=[])
    level = Q()
    for term, value in zip(terms, values, strict=True):
        further = term.beyond(value, backwards)
        if further is not None:
            rows |= level & further
        level &= term.same(value)
    first, value = terms[0], values[0]
    if value is not None and not first.nullable:
        # Redundant, but a plain bound on the first column lets the planner start inside the index.
        side = "lte" if first.descending != backwards else "gte"
        rows &= Q(**{f"{first.lookup}__{side}": value})
    return rows


def _write(order, terms: list[Term], row, backwards: bool) -> str:
    return signing.dumps([list(order), backwards, [_packed(_value(row, term.lookup)) for term in terms]], salt=SALT)


def _value(row, lookup: str):
    for part in lookup.split("__"):
        row = row.get(part) if isinstance(row, dict) else getattr(row, part, None)
    return row.pk if isinstance(row, models.Model) else row


def _packed(value):
    if isinstance(value, dt.datetime):
        return ["datetime", value.isoformat()]
    if isinstance(value, dt.date):
        return ["date", value.isoformat()]
    if isinstance(value, Decimal):
        return ["decimal", str(value)]
    return value


def _read(raw: str | None, order, parameter: str):
    """(backwards, values or None) of a cursor."""
    if not raw:
        return False, None
    try:
        known, backwards, values = signing.loads(raw, salt=SALT)
        values = [KINDS[value[0]](value[1]) if isinstance(value, list) else value for value in values]
    except (signing.BadSignature, ValueError, TypeError, KeyError):
        raise BadParameter(parameter) from None
    if known != list(order):
        raise BadParameter(parameter)
    return backwards, values


@dataclass(frozen=True)
class Chip:
    """One active filter, with the link that takes it off."""

    label: str
    text: str
    remove_url: str


@dataclass(frozen=True)
class Chips:
    """The active filters of a list."""

    items: list = field(default_factory=list)
    clear_url: str = "?"

    def __iter__(self):
        return iter(self.items)

    def __len__(self):
        return len(self.items)


def chips(request, asked) -> Chips:
    """The active filters of `asked`: Filters (inspection.pages.filtering) or any bound, validated form, in field order."""
    items, form = [], getattr(asked, "asked_form", asked)
    for bound in form:
        names = _parameters(bound)
        values = [value for name in names for value in request.GET.getlist(name) if value]
        if bound.is_hidden or not values:
            continue
        removed = link(request, **dict.fromkeys(names))
        items.append(Chip(label=bound.label, text=_shown(bound, values), remove_url=removed))
    if form is asked:
        known = [name for bound in form for name in _parameters(bound)]
    else:
        known = [name for names in asked.parameters.values() for name in names]
    return Chips(items, link(request, **dict.fromkeys(known)))


def _parameters(bound) -> list[str]:
    """Names of the inputs of a field; one that is drawn as several, such as a range of dates, has several."""
    suffixes = getattr(bound.field.widget, "suffixes", None) or []
    return [f"{bound.html_name}_{suffix}" for suffix in suffixes] or [bound.html_name]


def _shown(bound, values: list[str]) -> str:
    """The values as the person chose them: labels of choices, not codes."""
    choices = getattr(bound.field, "choices", None)
    if choices is None:
        return "、".join(values)
    flat = {}
    for value, label in choices:
        if isinstance(label, (list, tuple)):
            flat.update((str(inner), text) for inner, text in label)
        else:
            flat[str(value)] = label
    return "、".join(str(flat.get(value, value)) for value in values)


def is_fragment(request) -> bool:
    """Whether htmx asks for a part of the page; not when it restores a page from history or follows a boosted link."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_list(request, template: str, fragment_template: str, context: dict, status: int = 200):
    """Answer with the whole page, or with its fragment when htmx asks for it. The two never share a cache entry.

    400 when a filter of `context["filter"]` makes no sense: the page says beside it what is wrong, for whoever typed it.
    """
    asked = context.get("filter")
    if asked is not None and asked.is_bound and asked.errors:
        status = 400
    response = render(request, fragment_template if is_fragment(request) else template, context, status=status)
    patch_vary_headers(response, ("HX-Request",))
    return response
