"""Celery doors of the reports."""

from celery import shared_task

from . import production, ticking


@shared_task(name="reports.tick")
def tick() -> int:
    """Order what is due."""
    return ticking.tick()


@shared_task(name="reports.produce", time_limit=25 * 60)
def produce(run: int) -> bool:
    """Produce one run. The time limit lies under Run.GIVEN_UP_AFTER: nobody takes over from a worker that still works."""
    return production.produce(run)
