"""Celery doors of the trail."""

from celery import shared_task

from .sealing import seal_pending


@shared_task(name="trail.seal")
def seal() -> int:
    """Seal what is pending."""
    return seal_pending()
