"""Posting: called by verbs, inside their transaction."""

from django.utils import timezone

from inspection.trail.recording import printed_number

from .models import Message


def post(kind: str, key: str, payload: dict, due_at=None) -> Message | None:
    """Put one message out. The same key a second time is a no-op and returns None.

    payload  ids and codes only
    """
    message, new = Message.objects.get_or_create(
        key=key, defaults={"kind": kind, "payload": payload, "due_at": due_at or timezone.now()}
    )
    return message if new else None


def notify(users, code: str, obj, *, key: str) -> None:
    """Tell each of `users` in their in-box that `code` happened to `obj`; `key` names the event: one notice per user."""
    notify_all([(users, code, obj, key)])


def notify_all(events: list[tuple]) -> None:
    """`notify` for many events, each (users, code, obj, key), in one statement."""
    now = timezone.now()
    messages = [
        Message(
            kind="notice",
            key=f"notice:{code}:{key}:{user.pk}",
            payload={
                "user": user.pk,
                "code": code,
                "object_type": obj._meta.label_lower,
                "object_id": obj.pk,
                "number": printed_number(obj),
                "url": obj.get_absolute_url(),
            },
            due_at=now,
        )
        for users, code, obj, key in events
        for user in users
    ]
    Message.objects.bulk_create(messages, ignore_conflicts=True)  # a notice that was put out before stays the only one
