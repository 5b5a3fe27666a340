"""Celery doors of the pages."""

from celery import shared_task
from django.db import connection

from . import health

ENTRIES = 4_000  # of each index that are looked at: enough to tell how often a value stands in it


@shared_task(name="pages.heartbeat")
def heartbeat() -> None:
    """Every half minute: this worker lives."""
    health.beat()


@shared_task(name="pages.statistics")
def statistics() -> None:
    """Let SQLite count what its indexes hold. It chooses among them by that and never counts by itself; PostgreSQL does."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit = {ENTRIES}")
        for table in connection.introspection.table_names(cursor):
            if not table.startswith("vault_index"):  # the search index has no others to choose from, and large rows
                cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
