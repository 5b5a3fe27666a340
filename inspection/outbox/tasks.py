"""Celery doors of the outbox."""

from celery import shared_task

from .delivery import deliver_ready


@shared_task(name="outbox.deliver")
def deliver() -> int:
    """Deliver what is ready."""
    return deliver_ready()
