"""How many petitions came on which day, by assignment and channel: kept beside the register, so that a chart of a fortnight reads
a few rows and not every petition of it. The register adds to it and moves within it in its own transactions; `manage.py verify`
counts the petitions and says where the two differ.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator

from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from petitions.models import DailyReceipts, Petition

TABLE = DailyReceipts._meta.db_table
KEY = ("assignment", "channel_kind", "day")


def came(petitions: Iterable[Petition]) -> None:
    """Count petitions that are being registered; runs inside the caller's transaction."""
    _add(Counter((petition.assignment_id, petition.channel_kind, petition.received_on) for petition in petitions))


def moved(petition: Petition, was: dt.date) -> None:
    """A petition was received on another day than `was`, as had been written; runs inside the caller's transaction."""
    if petition.received_on != was:
        file = petition.assignment_id, petition.channel_kind
        _add({(*file, was): -1, (*file, petition.received_on): 1})


def _add(counts: dict[tuple, int]) -> None:
    """Add to the counts, always in the same order, so that two writers of several never wait for each other."""
    rows = [value for key, many in sorted(counts.items()) for value in (*key, many)]
    places = ", ".join(["(%s, %s, %s, %s)"] * len(counts))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (assignment_id, channel_kind, day, many) VALUES {places} "
            f"ON CONFLICT (assignment_id, channel_kind, day) DO UPDATE SET many = {TABLE}.many + excluded.many",
            rows,
        )


def counted() -> QuerySet:
    """The same by counting the petitions: rows (assignment, channel, day, how many)."""
    by_day = Petition.objects.order_by().values("assignment", "channel_kind", day=TruncDate("received_at"))
    return by_day.annotate(many=Count("pk")).values_list(*KEY, "many")


@transaction.atomic
def recount() -> int:
    """Count all petitions anew, while nothing is registered; returns the number of rows."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")
    DailyReceipts.objects.all().delete()
    rows = [
        DailyReceipts(assignment_id=file, channel_kind=kind, day=day, many=many) for file, kind, day, many in counted().iterator()
    ]
    return len(DailyReceipts.objects.bulk_create(rows, batch_size=500))


def check() -> Iterator[str]:
    """One sentence where the counts are not what counting gives; both are read in one statement, because registering goes on."""
    kept = DailyReceipts.objects.exclude(many=0).order_by().values_list(*KEY, "many")
    differing = {row[:3] for row in kept.difference(counted()).union(counted().difference(kept))}
    if differing:
        yield _("每日收件数有 %(count)s 处与信访件不符。运行 manage.py recount 可重新计算。") % {"count": len(differing)}
