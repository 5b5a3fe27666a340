"""Celery doors of the pages."""

from celery import shared_task
from django.db import connection

from inspection.accounts.models import User
from inspection.accounts.roles import Role
from inspection.outbox.posting import notify
from inspection.trail import verifying

from . import health


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
        for table in connection.introspection.table_names(cursor):
            if not table.startswith("vault_index"):  # the search index has no others to choose from, and large rows
                cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


@shared_task(name="pages.verify")
def verify() -> None:
    """Every night: what `manage.py verify` does. Auditors are told when it found something."""
    verification = verifying.by_the_clock()
    if verification and verification.count:
        auditors = User.objects.filter(is_active=True, grants__role=Role.AUDITOR)
        notify(auditors, "verification.found", verification, key=str(verification.pk))
