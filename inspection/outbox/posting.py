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
    for user in users:
        post(
            "notice",
            f"notice:{code}:{key}:{user.pk}",
            {
                "user": user.pk,
                "code": code,
                "object_type": obj._meta.label_lower,
                "object_id": obj.pk,
                "number": printed_number(obj),
                "url": obj.get_absolute_url(),
            },
        )
