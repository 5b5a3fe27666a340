"""Gap-free counters: one row per prefix and year, taken inside the caller's transaction.

`INSERT … ON CONFLICT DO UPDATE … RETURNING` locks the counter row until the caller commits, so two writers never get the same
number, and a rolled-back caller gives its number back. `Max() + 1` does neither.
"""

from django.db import connection, transaction


def take(prefix: str, year: int) -> int:
    """The next number of this prefix and year, starting at 1. Raises TransactionManagementError outside a transaction."""
    return take_many(prefix, year, 1)[0]


def take_many(prefix: str, year: int, count: int) -> range:
    """The next `count` numbers (at least one) in one statement. Raises TransactionManagementError outside a transaction."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("numbers are taken inside the transaction that uses them")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO numbers_counter (prefix, year, value) VALUES (%s, %s, %s) "
            "ON CONFLICT (prefix, year) DO UPDATE SET value = numbers_counter.value + excluded.value RETURNING value",
            [prefix, year, count],
        )
        last = cursor.fetchone()[0]
    return range(last - count + 1, last + 1)
