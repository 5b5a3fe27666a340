"""Running every check of `manage.py verify` in a worker, with its progress and result kept as a row for the auditor."""

import datetime as dt
from collections.abc import Callable

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from . import sealing
from .models import Verification
from .recording import record

KEPT = 200  # sentences kept of one run; the count is whole
GIVEN_UP_AFTER = dt.timedelta(hours=2)


def problems(each: Callable[[str, int], None]) -> list[str]:
    """Every sentence of every check named in settings.VERIFY_CHECKS; `each(name, problems found)` after each of them."""
    found: list[str] = []
    for path in settings.VERIFY_CHECKS:
        said = list(import_string(path)())
        found += said
        each(path, len(said))
    return found


def open_run() -> Verification | None:
    """The run that is waiting or at work; one whose worker was lost hours ago counts no more."""
    return Verification.objects.filter(finished_at=None, asked_at__gt=timezone.now() - GIVEN_UP_AFTER).order_by("pk").last()


def by_the_clock() -> Verification | None:
    """A run that nobody asked for, here and now; None where one is open already."""
    return None if open_run() else run(Verification.objects.create().pk)


def start(message) -> None:
    """Outbox handler of kind "verify": hand the run to the workers once the outbox's own transaction is over."""
    pk = message.payload["id"]
    transaction.on_commit(lambda: current_app.send_task("trail.verify", args=[pk]))


def run(pk: int) -> Verification | None:
    """Do the run; None when another worker has it or it is over. The result is an entry of the trail as well."""
    taken = Verification.objects.filter(pk=pk, started_at=None).update(
        started_at=timezone.now(), total=len(settings.VERIFY_CHECKS), done=0
    )
    if not taken:
        return None
    verification = Verification.objects.select_related("asked_by").get(pk=pk)
    done = 0

    def note(_name: str, _count: int) -> None:
        nonlocal done
        done += 1
        Verification.objects.filter(pk=pk).update(done=done)

    with translation.override(verification.asked_by.language if verification.asked_by else settings.LANGUAGE_CODE):
        found = problems(note)
    seal = sealing.newest()
    with transaction.atomic():
        verification.done, verification.finished_at = done, timezone.now()
        verification.count, verification.problems = len(found), found[:KEPT]
        verification.seal = seal.digest if seal else ""
        verification.save(update_fields=["done", "finished_at", "count", "problems", "seal"])
        facts = {"problems": len(found), "seal": verification.seal}
        record("verify", verification, by=verification.asked_by, facts=facts)
    return verification
