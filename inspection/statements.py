"""Statements that are compiled once and asked again and again.

Building a queryset and compiling it takes several times as long as the database takes to answer it from an index. What a
statement says is decided by its *shape* alone: hashable values, from which `build` makes the queryset. The text is kept for each
shape. Values that change from one call to the next without changing the text are `Given` in their place.

PostgreSQL takes longer to plan such a statement than to answer it. There each connection prepares it once, under a name, and only
executes it from then on; the database itself plans anew when tables or their statistics have changed.

While a queryset is built the database may not be asked: whatever the answer decides belongs to the shape. So a statement that is
kept says exactly what the queryset would have said.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, count
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, IntegerField, QuerySet, Subquery
from django.db.models.query import ValuesListIterable
from psycopg2.extensions import AsIs

PREPARED = 200  # kept by one connection of PostgreSQL, some tens of kB each
KEPT = 200  # shapes remembered of one statement; most have one, those of the work list one for each reader


class Given(Expression):
    """A value named when the statement is run: `filter(petition=Given("pk", BigIntegerField()))`.

    Never None, because "is null" is said in other words.
    """

    def __init__(self, name: str, field: Field):
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler, connection):
        """A place in the statement; what fills it stands in the parameters until it is run."""
        return "%s", [_Place(self.name, self.output_field)]


class CountOf(Subquery):
    """How many rows a queryset has, as a column beside others. Without grouping, which takes as long again as counting."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


@dataclass(frozen=True)
class _Place:
    name: str
    field: Field


class Prepared:
    """`build(*shape)` makes a queryset; calling this with a shape and the given values returns its rows."""

    def __init__(self, build: Callable[..., QuerySet]):
        self._compiled = lru_cache(KEPT)(lambda *shape: _compiled(_quietly(build, shape)))

    def __call__(self, *shape: Hashable, **given) -> list:
        statement = self._compiled(*shape)
        return [] if statement is None else statement.rows(given)


class Gathered:
    """`build(*shape)` makes {name: queryset of values_list, all of the same columns}; calling this returns {name: rows} out of
    one statement. The order and the slice of each are kept.
    """

    def __init__(self, build: Callable[..., dict[Hashable, QuerySet]]):
        self._compiled = lru_cache(KEPT)(lambda *shape: _gathered(_quietly(build, shape)))

    def __call__(self, *shape: Hashable, **given) -> dict[Hashable, list[tuple]]:
        return self._compiled(*shape).rows(given)


class Counted:
    """`build(*shape)` makes {name: queryset}, none of them distinct; calling this returns {name: how many, at most `most`} out of
    one statement.
    """

    def __init__(self, build: Callable[..., dict[Hashable, QuerySet]], most: int):
        self._compiled = lru_cache(KEPT)(lambda *shape: _counted(_quietly(build, shape), most))

    def __call__(self, *shape: Hashable, **given) -> dict[Hashable, int]:
        return self._compiled(*shape).counts(given)


def _refused(execute, sql, params, many, context):
    raise RuntimeError("a statement that is being prepared asks the database: what it wants to know belongs to its shape")


def _quietly(build, shape):
    with connections[DEFAULT_DB_ALIAS].execute_wrapper(_refused):
        return build(*shape)


PLACES = re.compile("%[s%]")


def _constant(value) -> bool:
    """Whether `_literal` can write it: what is decided by the shape and is a number or a word."""
    return type(value) in (bool, int) or (type(value) is str and "\0" not in value)


def _literal(value) -> str:
    """A constant as SQLite reads it; for anything else its place."""
    if not _constant(value):
        return "%s"
    if isinstance(value, str):
        return "'{}'".format(value.replace("'", "''").replace("%", "%%"))
    return str(int(value))


@dataclass(frozen=True, eq=False)
class _Text:
    """What is said to the database: SQL, and its parameters with places among them for what is given."""

    sql: str
    params: tuple

    def rows(self, given: dict) -> list[tuple]:
        """What this thread's connection answers."""
        connection = connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            cursor.execute(*self._said(connection, given))
            return cursor.fetchall()

    def _said(self, connection, given: dict) -> tuple[str, tuple | None]:
        """(SQL, parameters) that ask it."""
        values = tuple(
            one.field.get_db_prep_value(given[one.name], connection) if isinstance(one, _Place) else one for one in self.params
        )
        if connection.vendor != "postgresql":
            return self.spelt, tuple(value for value, one in zip(values, self.params, strict=True) if not _constant(one))
        if connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
            return self.sql, values  # behind a pooler that hands every transaction another connection nothing is kept
        name = self._name_on(connection)
        places = tuple(value for value, one in zip(values, self.params, strict=True) if isinstance(one, _Place))
        if not places:
            return f"EXECUTE {name}", None
        return f"EXECUTE {name}({', '.join(['%s'] * len(places))})", places

    @cached_property
    def spelt(self) -> str:
        """The SQL with its constants written into it. SQLite plans before it knows a parameter: a partial index, or one in the
        order of the list, is only taken for a state that stands in the statement.
        """
        values = iter(self.params)
        return PLACES.sub(lambda found: _literal(next(values)) if found[0] == "%s" else found[0], self.sql)

    def _name_on(self, connection) -> str:
        """The name under which the connection has prepared this. A connection that was opened anew has prepared nothing."""
        connection.ensure_connection()
        raw = connection.connection
        owner, names = getattr(connection, "prepared_names", (None, None))
        if owner is not raw:
            names = OrderedDict()
            connection.prepared_names = raw, names
        if self in names:
            names.move_to_end(self)
            return names[self]
        # A name is never used twice: where the first asking fails, what is prepared already stays under it.
        name = f"asked_{next(_numbers)}"
        numbers = count(1)
        filled = tuple(AsIs(f"${next(numbers)}") if isinstance(one, _Place) else one for one in self.params)
        with connection.wrap_database_errors, raw.cursor() as cursor:
            cursor.execute(b"PREPARE %s AS %s" % (name.encode(), cursor.mogrify(self.sql, filled)))
            while len(names) >= PREPARED:
                cursor.execute(f"DEALLOCATE {names.popitem(last=False)[1]}")
        names[self] = name
        return name


_numbers = count(1)


@dataclass(frozen=True)
class _Statement:
    """A queryset with its compiler, which knows what to make of the rows; `converters` as the compiler names them."""

    queryset: QuerySet
    compiler: Any
    converters: dict
    text: _Text

    def rows(self, given: dict) -> list:
        rows = self.text.rows(given)
        if self.queryset._iterable_class is ValuesListIterable and not self.converters:
            return rows
        return list(self.queryset._iterable_class(_Asked(self.queryset, self.at_hand(rows))))

    def at_hand(self, rows: list[tuple]):
        """The compiler for this thread's connection, as if it had just asked and been given `rows`."""
        compiler = object.__new__(type(self.compiler))
        compiler.__dict__.update(self.compiler.__dict__)
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        compiler.execute_sql = lambda *args, **kwargs: [rows]
        compiler.get_converters = lambda expressions: self.converters
        return compiler

    def converted(self, rows: Iterable[tuple]) -> Iterable[tuple]:
        """The rows with values as the fields of their columns make them."""
        return map(tuple, self.at_hand([]).apply_converters(rows, self.converters)) if self.converters else rows


class _Asked:
    """What Django's iterables read of a queryset, with the compiler made before."""

    db = DEFAULT_DB_ALIAS

    def __init__(self, queryset: QuerySet, compiler):
        self.model, self._known_related_objects, self._fields = queryset.model, {}, queryset._fields
        self.query, self._query, self._compiler = self, queryset.query, compiler

    def get_compiler(self, using):
        return self._compiler

    def __getattr__(self, name):
        return getattr(self._query, name)


def _compiled(queryset: QuerySet, **options) -> _Statement | None:
    """None for a queryset that Django knows to be empty."""
    if queryset._prefetch_related_lookups:
        raise ValueError("what is fetched beforehand takes statements of its own: prepare those")
    compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        sql, params = compiler.as_sql(**options)
    except EmptyResultSet:
        return None
    converters = compiler.get_converters([column[0] for column in compiler.select])
    return _Statement(queryset, compiler, converters, _Text(sql, tuple(params)))


@dataclass(frozen=True)
class _Union:
    names: tuple
    parts: tuple[tuple[int, _Statement], ...]
    text: _Text

    def rows(self, given: dict) -> dict:
        found = {name: [] for name in self.names}
        if self.parts:
            rows = self.text.rows(given)
            values = self.parts[0][1].converted(row[1:] for row in rows)
            for row, its in zip(rows, values, strict=True):
                found[self.names[row[0]]].append(its)
        return found


def _gathered(querysets: dict) -> _Union:
    parts = [(place, _compiled(queryset, with_col_aliases=True)) for place, queryset in enumerate(querysets.values())]
    parts = [(place, part) for place, part in parts if part is not None]
    sql = " UNION ALL ".join(f"SELECT {place}, part{place}.* FROM ({part.text.sql}) part{place}" for place, part in parts)
    params = tuple(chain.from_iterable(part.text.params for _place, part in parts))
    return _Union(tuple(querysets), tuple(parts), _Text(sql, params))


@dataclass(frozen=True)
class _Counts:
    names: tuple
    empty: tuple
    text: _Text

    def counts(self, given: dict) -> dict:
        found = dict.fromkeys((*self.names, *self.empty), 0)
        if self.names:
            found |= zip(self.names, self.text.rows(given)[0], strict=True)
        return found


def _counted(querysets: dict, most: int) -> _Counts:
    names, empty, parts, params = [], [], [], []
    for name, queryset in querysets.items():
        if queryset.query.distinct:
            raise ValueError(f"{name}: what is distinct is not counted row by row")
        query = queryset.query.exists(limit=False)
        if not queryset.query.is_sliced:
            query.set_limits(high=most)
        try:
            sql, its = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
        except EmptyResultSet:
            empty.append(name)
            continue
        names.append(name)
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) counted)")
        params += its
    return _Counts(tuple(names), tuple(empty), _Text(f"SELECT {', '.join(parts)}", tuple(params)))
