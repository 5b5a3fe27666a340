"""Delivering: claim one message, hand it to its handler, note the outcome. Each message is its own transaction."""

import datetime as dt
import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from .models import Message

log = logging.getLogger(__name__)


def deliver_ready(limit: int = 200) -> int:
    """Deliver what is ready, at most `limit`; returns how many went out. Safe to run in any number of workers at once."""
    sent = 0
    for pk in list(Message.objects.ready(timezone.now()).values_list("pk", flat=True)[:limit]):
        if Message.objects.claim(pk, timezone.now()):
            sent += _deliver(Message.objects.get(pk=pk))
    return sent


def _deliver(message: Message) -> bool:
    """Run the handler in its own transaction; on failure set the next try, doubling from one minute. True when it went out."""
    handler = import_string(settings.OUTBOX_HANDLERS[message.kind])
    try:
        with transaction.atomic():
            handler(message)
            Message.objects.filter(pk=message.pk).update(state=Message.State.SENT, sent_at=timezone.now(), last_error="")
        return True
    except Exception as error:  # one bad message must not stop the rest; its type is kept, its text may hold case words
        name = type(error).__name__
        log.error("outbox message %s (%s) failed: %s", message.pk, message.kind, name)
        last = message.attempts >= Message.MAX_ATTEMPTS
        Message.objects.filter(pk=message.pk).update(
            state=Message.State.FAILED if last else Message.State.WAITING,
            due_at=timezone.now() + dt.timedelta(minutes=2 ** (message.attempts - 1)),
            last_error=name,
        )
        return False
