"""Celery doors of the petitions floor: ids in, one item per transaction, idempotent."""

from celery import shared_task

from petitions import exporting
from petitions.importing import running
from petitions.mailbox import collecting
from petitions.workflow import disclosure


@shared_task(name="petitions.import_batch")
def import_batch(pk: int) -> None:
    """Import what is left of one confirmed batch."""
    running.run(pk)


@shared_task(name="petitions.export_register")
def export_register(pk: int) -> None:
    """Make one large export of the register."""
    exporting.make(pk)


@shared_task(name="petitions.fetch_mail")
def fetch_mail() -> int:
    """Read every mailbox in use; returns how many mails were new."""
    return sum(tally.new for tally in collecting.collect_all())


@shared_task(name="petitions.expire_identities")
def expire_identities() -> int:
    """Put identity requests whose time is over on record; returns how many. They closed by the clock, not by this."""
    return disclosure.expire_due()
