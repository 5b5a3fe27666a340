"""Celery doors of the vault."""

from celery import shared_task

from . import files


@shared_task(name="vault.sweep")
def sweep() -> int:
    """Remove what rolled-back uploads left on the disk."""
    return files.sweep()
