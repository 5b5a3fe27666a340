"""The blind search index: finds text that the database cannot read.

Each text is normalised (`normalise`) and cut at spaces into words; every single character and every two or three neighbouring
characters of a word become a keyed 64-bit hash. A query is cut into terms the same way, and every term must occur:

- a term of up to three characters is one hash: the index alone answers, exactly;
- a longer term asks for all its threes, and the candidates are opened and checked as plain text (`contains`). Few are wrong:
  "1000元" for "10000元", "哈哈哈" for "哈哈哈哈".

Beside its texts an object may be given a `tag`, the part of the register that it belongs to for good. Whoever searches within a
few of these then never meets the matches of others.

So a search finds precisely what a substring scan over the normalised text would find, for Chinese, Latin letters and digits
alike. Terms never contain spaces, therefore no pair ever crosses from one word, or one text, into the next.

`filter(queryset, domain, text, opened)` is called by a floor's `queries`, after `visible_to`:

    def search(self, text):
        return index.filter(self, "petition", text, opened)     # opened(ids) -> {id: all indexed texts joined by a newline}
"""

import json
import struct
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from operator import add

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from opencc import OpenCC

from inspection import bulk

from . import keys

DOMAINS = ("petition", "finding", "clue", "item")  # a new one needs a migration: SQLite keeps one table for each
QUERY_CHARS = 200
BATCH = 200  # candidates opened, and rows written, at a time: bounds memory
FEW = 5_000  # ids that are fetched, and handed to further statements, in little time
PART = 1_250  # of these, looked at together: where all of them are meant, the first part tells that there are over a thousand
SCATTERED = 60  # objects to one candidate, from which on they are better asked for at once
REMEMBERED = 150_000  # hashes kept in memory for each domain, some 30 MB
HASH = 8  # bytes of a hash
EIGHT = b"\x00\x00\x00\x08"  # the same, as COPY says it
# PostgreSQL puts new hashes by and files them together, the more the quicker for each. In kB; until the transaction's end.
PUT_BY = (
    "SELECT set_config(name, least, true) FROM pg_settings"
    " JOIN (VALUES ('gin_pending_list_limit', '16384'), ('work_mem', '32768')) AS wanted(name, least) USING (name)"
    " WHERE setting::bigint < least::bigint"
)
MANY = 20  # rows put at once, from which on that is worth asking for
LONGEST = 3  # characters that one hash stands for
MOST_TAGS = 8  # of one search; whoever sees more of the register is better off without


class _Folding(dict):
    """Code point → what it is searched as, filled on first use. Folding twice is folding once: `holds` relies on it.

    plain  characters met that are searched as they stand
    """

    def __init__(self):
        super().__init__()
        self.plain: set[str] = set()
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
        if folded == char:
            self.plain.add(char)
        return folded


_FOLDING = _Folding()


def normalise(text: str) -> str:
    """The form in which text is indexed and searched: full width as half width, upper as lower case, traditional characters as
    simplified (one by one), every run of white space and control characters as one space.
    """
    composed = unicodedata.normalize("NFC", text)
    if not _FOLDING.plain.issuperset(composed):  # most texts are plain, and to see so takes a tenth of the time
        composed = composed.translate(_FOLDING)
    return " ".join(composed.split())


def terms(query: str) -> list[str]:
    """The terms of a query, all of which must occur. Read up to its 200th character; empty for a blank query."""
    return list(dict.fromkeys(normalise(query[:QUERY_CHARS]).split()))


def contains(text: str, query: str) -> bool:
    """Whether a plain scan finds every term of `query` in `text`."""
    return holds(text, terms(query))


class Tag(str):
    """What an object is indexed under beside its texts. No text holds it: it begins with a character that folds to a space."""


def tag(kind: str, value: int) -> Tag:
    """A tag, to be given among an object's texts: `tag("assignment", 7)`. It must stay true as long as the object is indexed."""
    return Tag(f"\x00{kind}:{value}")


class Hashed(bytes):
    """The hashes of an object's texts and tags, one behind the other, for `put_many`."""

    @property
    def count(self) -> int:
        """How many."""
        return len(self) // HASH

    @property
    def numbers(self) -> tuple[int, ...]:
        """As PostgreSQL keeps them: signed 64-bit integers."""
        return struct.unpack(f">{self.count}q", self)


def hashed(domain: str, texts: Iterable[str]) -> Hashed:
    """What `put_many` makes of texts and tags. Asks nothing of the database, so it may be done before a transaction."""
    return Hashed(b"".join(_tokens(domain, _all_grams(texts))))


def put(domain: str, object_id: int, texts: Iterable[str]) -> None:
    """Index `texts`, and tags among them, for one object, in place of what was indexed for it before. Joins the caller's
    transaction.
    """
    put_many(domain, {object_id: texts})


def put_many(domain: str, texts_of: dict[int, Iterable[str] | Hashed], *, new: bool = False) -> None:
    """`put` for many objects: {object_id: texts}, or what `hashed` made of them.

    new  none of them was ever indexed, which is quicker. Whoever puts thousands so, in several transactions, `settle`s.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    write = (_add_postgresql if new else _put_postgresql) if connection.vendor == "postgresql" else _put_sqlite
    tokens_of = (
        (object_id, texts if isinstance(texts, Hashed) else hashed(domain, texts)) for object_id, texts in texts_of.items()
    )
    with connection.cursor() as cursor:
        if new and connection.vendor == "postgresql" and len(texts_of) >= MANY:
            cursor.execute(PUT_BY)
        while rows := list(islice(tokens_of, BATCH)):
            write(cursor, _known(domain), rows)


def settle() -> None:
    """File what was put by: until then every search reads through it besides. Once by whoever put thousands of rows."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('vault_index_tokens')")


@contextmanager
def loading() -> Iterator[None]:
    """Put hundreds of thousands of rows inside this: on PostgreSQL building the GIN index afterwards takes a tenth of the time.
    Not inside a transaction, and not on a database in use: until the end every search reads the whole table.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX vault_index_tokens")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("CREATE INDEX vault_index_tokens ON vault_index USING gin (tokens)")
            cursor.execute("ANALYZE vault_index")


def _put_postgresql(cursor, domain: str, rows: list[tuple[int, Hashed]]) -> None:
    """One statement for all rows: a round trip for each would take longer than the hashing."""
    cursor.execute(
        f"INSERT INTO vault_index (domain, object_id, tokens) VALUES {', '.join(['(%s, %s, %s::bigint[])'] * len(rows))}"
        " ON CONFLICT (domain, object_id) DO UPDATE SET tokens = excluded.tokens",
        [value for object_id, tokens in rows for value in (domain, object_id, f"{{{','.join(map(str, tokens.numbers))}}}")],
    )


def _add_postgresql(cursor, domain: str, rows: list[tuple[int, Hashed]]) -> None:
    """By PostgreSQL's binary COPY: neither side writes or reads a number as text."""
    named, parts = domain.encode(), [b"PGCOPY\n\xff\r\n\x00" + bytes(8)]
    named = struct.pack(">hi", 3, len(named)) + named
    for object_id, tokens in rows:
        # One dimension, no nulls, elements of type 20 (bigint), counted from 1; each is eight bytes behind their number.
        array = struct.pack(">iiiii", 1 if tokens else 0, 0, 20, tokens.count, 1)[: 20 if tokens else 12]
        elements = b"".join([EIGHT, EIGHT.join(struct.unpack("8s" * tokens.count, tokens))]) if tokens else b""
        parts += (named, struct.pack(">iqi", 8, object_id, len(array) + len(elements)), array, elements)
    parts.append(b"\xff\xff")
    bulk.copy("COPY vault_index (domain, object_id, tokens) FROM STDIN BINARY", b"".join(parts))


def _put_sqlite(cursor, domain: str, rows: list[tuple[int, Hashed]]) -> None:
    cursor.executemany(
        f"INSERT OR REPLACE INTO {_table(domain)} (rowid, tokens) VALUES (%s, %s)",
        [[object_id, tokens.hex(" ", HASH)] for object_id, tokens in rows],
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


@dataclass(frozen=True)
class Narrowed:
    """A queryset narrowed to candidates of a search.

    queryset  holds every match; where `terms` is not empty also rows that hold the parts of a term but not the term
    terms     the terms that are still to be looked for in each row's opened text (`holds`)
    sample    where there are more than FEW candidates and collecting them takes its time: so many of them, in parts; else none
    among     where candidates are frequent besides: ids → those of them that are candidates, by looking at each one's hashes
    """

    queryset: QuerySet
    terms: tuple[str, ...] = ()
    sample: tuple[QuerySet, ...] = ()
    among: Callable[[list[int]], set[int]] | None = None


def narrow(queryset: QuerySet, domain: str, text: str, within: Sequence[Tag] | None = None) -> Narrowed:
    """Narrow `queryset` (not yet sliced) by the index alone. A blank query leaves it unchanged.

    within  tags, one of which every object of `queryset` has; None when nothing is known of that

    On PostgreSQL in two steps: the first FEW + 1 ids are asked for; when these are all of them, the list itself is the condition.
    All ids of a more frequent term take up to a second: whoever needs a page, or a number up to some bound, comes by it sooner
    through `sample` and `among` (inspection.pages.searching).
    """
    wanted = terms(text)
    if not wanted:
        return Narrowed(queryset)
    longest = LONGEST if is_current(domain) else LONGEST - 1
    tokens = _tokens(domain, {gram for term in wanted for gram in _grams(term, min(len(term), longest))})
    unsure = tuple(wanted) if any(len(term) > longest for term in wanted) else ()
    tags = [] if within is None or len(within) > MOST_TAGS or longest < LONGEST else _tokens(domain, set(within))
    if connections[queryset.db].vendor != "postgresql":
        return Narrowed(queryset.filter(pk__in=_matching(domain, tokens, tags)), unsure)
    numbers, each_tag = _numbers(tokens), _numbers(tags)
    if tags:
        asked = "SELECT m.object_id FROM unnest(%s::bigint[]) AS t(tag) CROSS JOIN LATERAL {}(%s, %s::bigint[] || t.tag{}) AS m"
        values = [each_tag, domain, numbers]
    else:
        asked, values = "SELECT object_id FROM {}(%s, %s::bigint[]{})", [domain, numbers]
    with connections[queryset.db].cursor() as cursor:
        cursor.execute(asked.format("vault_first_matches", ", %s"), [*values, FEW + 1])
        ids = [row[0] for row in cursor.fetchall()]
    if len(ids) <= FEW:
        return Narrowed(queryset.filter(pk__in=_listed(ids, "postgresql")), unsure)
    parts = (ids[start : start + PART] for start in range(0, FEW, PART))
    sample = tuple(queryset.filter(pk__in=_listed(part, "postgresql")) for part in parts)

    def among(some: list[int]) -> set[int]:
        with connections[queryset.db].cursor() as cursor:
            # CASE, because the index of all hashes must not be asked where the rows are known.
            cursor.execute(
                "SELECT object_id FROM vault_index WHERE domain = %s AND object_id = ANY(%s)"
                " AND CASE WHEN tokens @> %s::bigint[] THEN TRUE ELSE FALSE END",
                [domain, some, numbers],
            )
            return {row[0] for row in cursor.fetchall()}

    # Ids come as they were given out: where the first FEW reach far, looking through rows would not meet a page's worth.
    scattered = not tags and max(ids) > SCATTERED * len(ids)
    every = queryset.filter(pk__in=RawSQL(asked.format("vault_matches", ""), values))
    return Narrowed(every, unsure, sample, None if scattered else among)


def is_current(domain: str) -> bool:
    """Whether every object of `domain` was indexed by the present rules; else until `rebuilt` search goes by pairs alone."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1 FROM vault_index_outdated WHERE domain = %s", [_known(domain)])
        return cursor.fetchone() is None


def rebuilt(domain: str) -> None:
    """Every object of `domain` was put again."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("DELETE FROM vault_index_outdated WHERE domain = %s", [_known(domain)])


def filter(queryset: QuerySet, domain: str, text: str, opened: Callable[[list[int]], dict[int, str]]) -> QuerySet:
    """Narrow `queryset` (not yet sliced) to the objects whose indexed texts hold every term of `text`.

    opened  called with up to 200 ids at a time, only for terms of four and more characters and only with ids inside
            `queryset`; returns {id: the same texts that were `put`, joined by newlines}, leaving out what cannot be opened
    A blank query returns the queryset unchanged. Order, annotations and scope of the queryset stay.
    """
    found = narrow(queryset, domain, text)
    if not found.terms:
        return found.queryset
    candidates = list(dict.fromkeys(found.queryset.order_by().values_list("pk", flat=True)))
    kept = []
    for start in range(0, len(candidates), BATCH):
        for object_id, opened_text in opened(candidates[start : start + BATCH]).items():
            if holds(opened_text, found.terms):
                kept.append(object_id)
    return queryset.filter(pk__in=_listed(kept, connections[queryset.db].vendor))


def holds(text: str, wanted: Iterable[str]) -> bool:
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
    wanted = list(dict.fromkeys(pair for word in normalise(text).split() for pair in _grams(word, 2)))[:pairs]
    tokens = _tokens(domain, set(wanted))
    if not tokens:
        return []
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        sql = (
            "SELECT w.token, m.object_id FROM unnest(%s::bigint[]) AS w(token)"
            " CROSS JOIN LATERAL vault_first_matches(%s, ARRAY[w.token], %s) AS m"
        )
        values = [_numbers(tokens), _known(domain), cap + 1]
    else:
        table = _table(domain)
        one = f"SELECT %s, rowid FROM (SELECT rowid FROM {table} WHERE {table} MATCH %s LIMIT %s)"
        sql = " UNION ALL ".join([one] * len(tokens))
        values = [value for token in tokens for value in (token.hex(), _quoted(token), cap + 1)]
    found: dict[int | str, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for token, object_id in cursor.fetchall():
            found.setdefault(token, []).append(object_id)
    return [ids for ids in found.values() if len(ids) <= cap]


def _all_grams(texts: Iterable[str]) -> set[str]:
    """Every one, two and three neighbouring characters of all words, and the tags."""
    grams: set[str] = set()
    for text in texts:
        if isinstance(text, Tag):
            grams.add(text)
            continue
        for word in normalise(text).split():
            pairs = list(map(add, word, word[1:]))
            grams.update(word, pairs, map(add, pairs, word[2:]))
    return grams


def _grams(word: str, length: int) -> Iterator[str]:
    """Every `length` neighbouring characters."""
    return (word[start : start + length] for start in range(len(word) - length + 1))


class _Hashes(dict):
    """Gram → keyed hash of eight bytes. A language has some tens of thousands of pairs in use: kept, because a text brings few
    that the ones before it did not, and emptied when somebody feeds it noise.
    """

    def __init__(self, key: bytes):
        super().__init__()
        self.key = key

    def __missing__(self, gram: str) -> bytes:
        if len(self) >= REMEMBERED:
            self.clear()
        token = self[gram] = blake2b(gram.encode(), key=self.key, digest_size=HASH).digest()
        return token


_hashes = lru_cache(maxsize=len(DOMAINS))(_Hashes)


def _tokens(domain: str, grams: set[str]) -> list[bytes]:
    """The hashes, sorted so that their order tells nothing about the text."""
    return sorted(map(_hashes(keys.subkey(f"index:{_known(domain)}")).__getitem__, grams))


def _numbers(tokens: list[bytes]) -> list[int]:
    """Hashes as PostgreSQL keeps them."""
    return list(Hashed(b"".join(tokens)).numbers)


def _quoted(token: bytes) -> str:
    """A hash as SQLite's index is asked for it."""
    return f'"{token.hex()}"'


def _matching(domain: str, tokens: list[bytes], tags: list[bytes]) -> RawSQL:
    """Subquery on SQLite: ids of objects that hold all tokens and, where there are tags, one of these."""
    table, asked = _table(domain), " AND ".join(map(_quoted, tokens))
    if tags:
        asked += f" AND ({' OR '.join(map(_quoted, tags))})"
    return RawSQL(f"SELECT rowid FROM {table} WHERE {table} MATCH %s", [asked])


def _listed(ids: list[int], vendor: str) -> RawSQL:
    """Subquery: exactly `ids`, as one parameter. SQLite allows no more than some thousands of them in an IN list."""
    if vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [f"{{{','.join(map(str, ids))}}}"])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(ids)])


def _known(domain: str) -> str:
    if domain not in DOMAINS:
        raise ValueError(f"unknown search domain {domain!r}")
    return domain


def _table(domain: str) -> str:
    return f"vault_index_{_known(domain)}"
