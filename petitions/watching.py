"""Long work of a worker, looked after through the outbox: started, looked at now and then, started again when its worker died.

A row that is worked on has `state` and a counter `done` that grows. The work itself runs outside the outbox's transaction, which
would keep every other writer waiting.
"""

import datetime as dt
from collections.abc import Callable, Iterable

from celery import current_app
from django.db import models, transaction
from django.utils import timezone

from inspection.outbox.models import Message
from inspection.outbox.posting import post

LOOK_AFTER = dt.timedelta(seconds=30)
GIVE_UP_AFTER = 10  # looks in a row without progress


def begin(kind: str, row: models.Model) -> None:
    """Put the row before the workers; the outbox's handler of `kind` must call `look`. Joins the caller's transaction."""
    post(kind, f"{kind}:{row.pk}:0", {"id": row.pk, "look": 0, "done": 0, "idle": 0})


def look(message: Message, model: type[models.Model], live: Iterable[str], task: str, fail: Callable) -> None:
    """Start the work, or start it again where nothing has moved since the last look, and look again after half a minute.

    live  states in which there is work left
    task  name of the Celery task; it is given the row's id and must be safe to run twice
    fail  called with the row after GIVE_UP_AFTER looks without progress
    """
    facts = message.payload
    row = model._base_manager.filter(pk=facts["id"], state__in=live).first()
    if row is None:
        return
    moved = facts["look"] > 0 and row.done > facts["done"]
    idle = 0 if moved else facts["idle"] + 1
    if idle > GIVE_UP_AFTER:
        fail(row)
        return
    if not moved:
        transaction.on_commit(lambda: current_app.send_task(task, args=[row.pk]))
    following = facts["look"] + 1
    post(
        message.kind,
        f"{message.kind}:{row.pk}:{following}",
        {"id": row.pk, "look": following, "done": row.done, "idle": idle},
        due_at=timezone.now() + LOOK_AFTER,
    )
