"""What the outbox does with a message of kind "report"."""

from celery import current_app
from django.db import transaction


def produce(message) -> None:
    """Hand the run to the workers once the outbox's own transaction is over.

    Printing takes seconds to minutes; within that transaction it would keep every other writer waiting (SQLite has one), and
    every other message. A task that gets lost is found by `reports.tick`.
    """
    run = message.payload["run"]
    transaction.on_commit(lambda: current_app.send_task("reports.produce", args=[run]))
