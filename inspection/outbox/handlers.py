"""What delivering a message of each kind means on the ground floor. Upper floors name theirs in settings.OUTBOX_HANDLERS."""

from django.apps import apps
from django.conf import settings

from inspection.accounts.models import User

from .models import Message, Notice


def deliver_notice(message: Message) -> None:
    """Put the notice into the person's in-box; of a case that is out of the person's sight by now, nothing is said."""
    facts = message.payload
    if not _in_sight(facts):
        return
    Notice.objects.create(
        user_id=facts["user"],
        code=facts["code"],
        object_type=facts["object_type"],
        object_id=facts["object_id"],
        number=facts["number"],
        url=facts["url"],
    )


def _in_sight(facts: dict) -> bool:
    if facts["object_type"] not in settings.CASE_MODELS:
        return True
    user = User.objects.get(pk=facts["user"])
    return apps.get_model(facts["object_type"]).objects.visible_to(user).filter(pk=facts["object_id"]).exists()
