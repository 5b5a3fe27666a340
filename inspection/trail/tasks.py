"""Celery doors of the trail."""

from celery import shared_task

from . import verifying
from .sealing import seal_pending


@shared_task(name="trail.seal")
def seal() -> int:
    """Seal what is pending."""
    return seal_pending()


@shared_task(name="trail.verify")
def verify(pk: int) -> None:
    """One run of every check, asked for on /audit/."""
    verifying.run(pk)
