"""Is everything there that a request or a worker needs? Answers say which part fails, never why in words that hold secrets."""

import logging
import os
import time
import uuid

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection

log = logging.getLogger(__name__)
HEARTBEAT_KEY = "pages.heartbeat"
HEARTBEAT_KEPT = 24 * 3600
BROKER_TIMEOUT = 3


def beat() -> None:
    """Leave a sign of life of the worker."""
    cache.set(HEARTBEAT_KEY, int(time.time()), HEARTBEAT_KEPT)


def worker_age() -> int | None:
    """Seconds since a worker last showed itself; None when none did within a day, or when the cache cannot tell."""
    try:
        seen = cache.get(HEARTBEAT_KEY)
    except Exception as error:  # whatever the cache's backend raises: this is information, not a part that must work
        log.warning("readyz: the heartbeat cannot be read: %s", type(error).__name__)
        return None
    return None if seen is None else max(0, int(time.time()) - seen)


def database() -> None:
    """Raises when the database does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def broker() -> None:
    """Raises when messages to the worker cannot be handed over."""
    with current_app.connection_for_write() as connected:
        connected.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_TIMEOUT)
        connected.default_channel.queue_declare("celery", passive=False, durable=True)


def storage() -> None:
    """Raises when an encrypted file could not be written and taken away again."""
    settings.FILES_DIR.mkdir(parents=True, exist_ok=True)
    probe = settings.FILES_DIR / f".probe-{uuid.uuid4().hex}"
    probe.write_bytes(b"ok")
    os.unlink(probe)


def check(parts: dict) -> dict[str, bool]:
    """{part: does it work}; the reason of a failure goes to the log by its type only, messages may hold passwords."""
    found = {}
    for name, part in parts.items():
        try:
            part()
            found[name] = True
        except Exception as error:
            log.error("readyz: %s fails: %s", name, type(error).__name__)
            found[name] = False
    return found
