"""Opening a suggestion box before a witness, and counting its letters again when the first count was wrong."""

import datetime as dt

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.trail.recording import record
from petitions import access, rules
from petitions.models import BoxOpening
from rounds.models import Channel

MAX_LETTERS = 10_000


@transaction.atomic
def open_box(channel: Channel, *, by, witness, opened_at: dt.datetime, letters: int) -> BoxOpening:
    """Record that `by` opened the box before `witness`, who may register there too, and how many letters it held.

    Raises ValidationError (channel, opened_at, witness, letters), PermissionDenied.
    """
    if not access.may_register(by, channel.assignment):
        raise PermissionDenied(f"open box {channel.pk}")
    wrong = {}
    if channel.kind != Channel.Kind.BOX:
        wrong["channel"] = [_("请选择意见箱。")]
    if witness == by:
        wrong["witness"] = [_("在场人不能是开箱人本人。")]
    elif not access.may_register(witness, channel.assignment):
        wrong["witness"] = [_("在场人须是本组或巡视办人员，且不属回避。")]
    if not 0 <= letters <= MAX_LETTERS:
        wrong["letters"] = [_("信件数应在0至%(limit)s之间。") % {"limit": MAX_LETTERS}]
    try:
        opened_at = rules.moment(opened_at, timezone.now())
    except ValidationError as error:
        wrong["opened_at"] = error.message_dict["received_at"]
    if wrong:
        raise ValidationError(wrong)
    opening = BoxOpening.objects.create(channel=channel, opened_at=opened_at, opened_by=by, witness=witness, letters=letters)
    record("open_box", opening, by=by, facts={"channel": channel.pk, "witness": witness.pk, "letters": letters})
    return opening


@transaction.atomic
def recount(opening: BoxOpening, *, by, letters: int, reason: str) -> BoxOpening:
    """Correct the number of letters, with a reason. The first count stays in the trail.

    Raises ValidationError (letters, reason), PermissionDenied.
    """
    locked = BoxOpening.objects.select_for_update(of=("self",)).get(pk=opening.pk)
    if not access.may_register(by, locked.assignment):
        raise PermissionDenied(f"recount box opening {locked.pk}")
    wrong = {}
    if not reason.strip():
        wrong["reason"] = [_("请填写更正理由。")]
    if not 0 <= letters <= MAX_LETTERS:
        wrong["letters"] = [_("信件数应在0至%(limit)s之间。") % {"limit": MAX_LETTERS}]
    elif letters == locked.letters:
        wrong["letters"] = [_("与原来的信件数相同。")]
    if wrong:
        raise ValidationError(wrong)
    before, locked.letters = locked.letters, letters
    locked.save(update_fields=["letters"])
    record("recount_box", locked, by=by, facts={"before": before, "letters": letters}, note=reason)
    return locked
