"""What delivering a message of each kind means on the ground floor. Upper floors name theirs in settings.OUTBOX_HANDLERS."""

from .models import Message, Notice


def deliver_notice(message: Message) -> None:
    """Put the notice into the person's in-box."""
    facts = message.payload
    Notice.objects.create(
        user_id=facts["user"],
        code=facts["code"],
        object_type=facts["object_type"],
        object_id=facts["object_id"],
        number=facts["number"],
        url=facts["url"],
    )
