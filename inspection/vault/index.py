"""The blind search index: finds text that the database cannot read.

Each text is normalised (`normalise`) and cut at spaces into words; every single character and every pair of neighbouring
characters of a word becomes a keyed 64-bit hash. A query is cut into terms the same way, and every term must occur:

- a term of one or two characters is one hash: the index alone answers, exactly;
- a longer term asks for all its pairs, and the candidates are opened and checked as plain text (`contains`).

So a search finds precisely what a substring scan over the normalised text would find, for Chinese, Latin letters and digits
alike. Terms never contain spaces, therefore no pair ever crosses from one word, or one text, into the next.

`filter(queryset, domain, text, opened)` is called by a floor's `queries`, after `visible_to`:

    def search(self, text):
        return index.filter(self, "petition", text, opened)     # opened(ids) -> {id: all indexed texts joined by a newline}
"""

import json
import struct
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from operator import add

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from opencc import OpenCC

from . import keys

DOMAINS = ("petition", "finding", "clue", "item")  # a new one needs a migration: SQLite keeps one table for each
QUERY_CHARS = 200
BATCH = 200  # candidates opened, and rows written, at a time: bounds memory
REMEMBERED = 200_000  # hashes kept in memory for each domain, some 30 MB


class _Folding(dict):
    """Code point → what it is searched as, filled on first use. Folding twice is folding once: `_holds` relies on it."""

    def __init__(self):
        super().__init__()
        self._simplified = OpenCC("t2s")

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Cf":  # zero-width joiners, byte order marks, soft hyphens: pasted along unseen
            folded = ""
        elif category in ("Cc", "Cs", "Zs", "Zl", "Zp"):
            folded = " "
        else:
            plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
            simplified = self._simplified.convert(self._simplified.convert(plain))  # twice: one character turns in two steps
            folded = " ".join(simplified.split()) or " "
        self[code] = folded
        return folded


_FOLDING = _Folding()


def normalise(text: str) -> str:
    """The form in which text is indexed and searched: full width as half width, upper as lower case, traditional characters as
    simplified (one by one), every run of white space and control characters as one space.
    """
    return " ".join(unicodedata.normalize("NFC", text).translate(_FOLDING).split())


def terms(query: str) -> list[str]:
    """The terms of a query, all of which must occur. Read up to its 200th character; empty for a blank query."""
    return list(dict.fromkeys(normalise(query[:QUERY_CHARS]).split()))


def contains(text: str, query: str) -> bool:
    """Whether a plain scan finds every term of `query` in `text`."""
    return _holds(text, terms(query))


def put(domain: str, object_id: int, texts: Iterable[str]) -> None:
    """Index `texts` for one object, in place of what was indexed for it before. Joins the caller's transaction."""
    put_many(domain, {object_id: texts})


def put_many(domain: str, texts_of: dict[int, Iterable[str]]) -> None:
    """`put` for many objects: {object_id: texts}."""
    connection = connections[DEFAULT_DB_ALIAS]
    write = _put_postgresql if connection.vendor == "postgresql" else _put_sqlite
    tokens_of = ((object_id, _tokens(domain, _all_grams(texts))) for object_id, texts in texts_of.items())
    with connection.cursor() as cursor:
        while rows := list(islice(tokens_of, BATCH)):
            write(cursor, domain, rows)


def _put_postgresql(cursor, domain: str, rows: list[tuple[int, list[int]]]) -> None:
    """One statement for all rows: a round trip for each would take longer than the hashing."""
    cursor.execute(
        f"INSERT INTO vault_index (domain, object_id, tokens) VALUES {', '.join(['(%s, %s, %s::bigint[])'] * len(rows))}"
        " ON CONFLICT (domain, object_id) DO UPDATE SET tokens = excluded.tokens",
        [value for object_id, tokens in rows for value in (domain, object_id, f"{{{','.join(map(str, tokens))}}}")],
    )


def _put_sqlite(cursor, domain: str, rows: list[tuple[int, list[int]]]) -> None:
    cursor.executemany(
        f"INSERT OR REPLACE INTO {_table(domain)} (rowid, tokens) VALUES (%s, %s)",
        [[object_id, struct.pack(f">{len(tokens)}q", *tokens).hex(" ", 8)] for object_id, tokens in rows],
    )


def drop(domain: str, object_id: int) -> None:
    """Forget one object."""
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DELETE FROM vault_index WHERE domain = %s AND object_id = %s", [_known(domain), object_id])
        else:
            cursor.execute(f"DELETE FROM {_table(domain)} WHERE rowid = %s", [object_id])


def indexed(domain: str) -> set[int]:
    """Ids of all objects the index holds for `domain`."""
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT object_id FROM vault_index WHERE domain = %s", [_known(domain)])
        else:
            cursor.execute(f"SELECT rowid FROM {_table(domain)}")
        return {row[0] for row in cursor.fetchall()}


def filter(queryset: QuerySet, domain: str, text: str, opened: Callable[[list[int]], dict[int, str]]) -> QuerySet:
    """Narrow `queryset` (not yet sliced) to the objects whose indexed texts hold every term of `text`.

    opened  called with up to 200 ids at a time, only for terms of three and more characters and only with ids inside
            `queryset`; returns {id: the same texts that were `put`, joined by newlines}, leaving out what cannot be opened
    A blank query returns the queryset unchanged. Order, annotations and scope of the queryset stay.
    """
    wanted = terms(text)
    if not wanted:
        return queryset
    grams = {gram for term in wanted for gram in (_pairs(term) if len(term) > 1 else [term])}
    vendor = connections[queryset.db].vendor
    found = queryset.filter(pk__in=_matching(domain, grams, vendor))
    if all(len(term) <= 2 for term in wanted):
        return found
    candidates = list(dict.fromkeys(found.order_by().values_list("pk", flat=True)))
    kept = []
    for start in range(0, len(candidates), BATCH):
        for object_id, opened_text in opened(candidates[start : start + BATCH]).items():
            if _holds(opened_text, wanted):
                kept.append(object_id)
    return queryset.filter(pk__in=_listed(kept, vendor))


def _holds(text: str, wanted: list[str]) -> bool:
    """Whether the normalised text holds every term. Most candidates show them as they stand, a hundred times faster to see:
    folding leaves a term's characters alone, and so does composing where nothing is left to compose.
    """
    if unicodedata.is_normalized("NFC", text) and all(term in text for term in wanted):
        return True
    searched = normalise(text)
    return all(term in searched for term in wanted)


def postings(domain: str, text: str, *, cap: int = 100, pairs: int = 240) -> list[list[int]]:
    """For the rare pairs of neighbouring characters in `text`: which objects hold each. The raw material of "similar to".

    cap    a pair that more objects hold says nothing and is left out, as is one that none holds
    pairs  how many different pairs of the text are asked about, from its beginning
    The ids are of all objects: narrow them to what the reader may see before anything is shown or counted.
    """
    wanted = list(dict.fromkeys(pair for word in normalise(text).split() for pair in _pairs(word)))[:pairs]
    tokens = _tokens(domain, set(wanted))
    if not tokens:
        return []
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        sql = (
            "SELECT w.token, m.object_id FROM unnest(%s::bigint[]) AS w(token)"
            " CROSS JOIN LATERAL (SELECT object_id FROM vault_matches(%s, ARRAY[w.token]) LIMIT %s) AS m"
        )
        values = [tokens, _known(domain), cap + 1]
    else:
        table = _table(domain)
        one = f"SELECT %s, rowid FROM (SELECT rowid FROM {table} WHERE {table} MATCH %s LIMIT %s)"
        sql = " UNION ALL ".join([one] * len(tokens))
        values = [value for token in tokens for value in (token, f'"{_hex(token)}"', cap + 1)]
    found: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for token, object_id in cursor.fetchall():
            found.setdefault(token, []).append(object_id)
    return [ids for ids in found.values() if len(ids) <= cap]


def _all_grams(texts: Iterable[str]) -> set[str]:
    """Every character and every pair of neighbours, of all words."""
    grams: set[str] = set()
    for text in texts:
        for word in normalise(text).split():
            grams.update(word)
            grams.update(_pairs(word))
    return grams


def _pairs(word: str) -> Iterator[str]:
    return map(add, word, word[1:])


class _Hashes(dict):
    """Gram → signed 64-bit keyed hash. A language has some tens of thousands of pairs in use: kept, because a text brings few
    that the ones before it did not, and emptied when somebody feeds it noise.
    """

    def __init__(self, key: bytes):
        super().__init__()
        self.key = key

    def __missing__(self, gram: str) -> int:
        if len(self) >= REMEMBERED:
            self.clear()
        token = int.from_bytes(blake2b(gram.encode(), key=self.key, digest_size=8).digest(), "big", signed=True)
        self[gram] = token
        return token


_hashes = lru_cache(maxsize=len(DOMAINS))(_Hashes)


def _tokens(domain: str, grams: set[str]) -> list[int]:
    """The hashes, sorted so that their order tells nothing about the text."""
    return sorted(map(_hashes(keys.subkey(f"index:{_known(domain)}")).__getitem__, grams))


def _hex(token: int) -> str:
    return f"{token & 0xFFFFFFFFFFFFFFFF:016x}"


def _matching(domain: str, grams: set[str], vendor: str) -> RawSQL:
    """Subquery: ids of objects that hold all of `grams`."""
    tokens = _tokens(domain, grams)
    if vendor == "postgresql":
        return RawSQL("SELECT object_id FROM vault_matches(%s, %s::bigint[])", [domain, tokens])
    table = _table(domain)
    return RawSQL(f"SELECT rowid FROM {table} WHERE {table} MATCH %s", [" AND ".join(f'"{_hex(token)}"' for token in tokens)])


def _listed(ids: list[int], vendor: str) -> RawSQL:
    """Subquery: exactly `ids`, as one parameter. SQLite allows no more than some thousands of them in an IN list."""
    if vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [ids])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(ids)])


def _known(domain: str) -> str:
    if domain not in DOMAINS:
        raise ValueError(f"unknown search domain {domain!r}")
    return domain


def _table(domain: str) -> str:
    return f"vault_index_{_known(domain)}"
