"""Celery doors of the pages."""

from celery import shared_task

from . import health


@shared_task(name="pages.heartbeat")
def heartbeat() -> None:
    """Every half minute: this worker lives."""
    health.beat()
