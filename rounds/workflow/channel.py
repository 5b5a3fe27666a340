"""The ways to reach a group about a unit."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from inspection.trail.recording import record
from rounds import access
from rounds.models import Assignment, Channel
from rounds.workflow.keeping import change, permit, put

PHONE = re.compile(r"[0-9][0-9 \-()（）转;；、,，/]{2,}")
NUMBERED = (Channel.Kind.CALL, Channel.Kind.SMS)


@transaction.atomic
def add_channel(assignment: Assignment, *, by, kind: str, address: str, **fields) -> Channel:
    """Open a channel. Raises PermissionDenied, or ValidationError keyed by field."""
    permit(access.may_set_channels(by, assignment), "add channel", assignment)
    if assignment.channels.filter(kind=kind, address=address, active=True).exists():
        raise ValidationError({"address": _("这一渠道已经登记。")})
    channel = Channel(assignment=assignment, kind=kind, address=address, **fields)
    _check(channel)
    return put(channel, "add_channel", by=by, facts={"kind": kind})


@transaction.atomic
def change_channel(channel: Channel, *, by, **fields) -> Channel:
    """Correct a channel: its address, hours or last day. Its kind stays, because what came in through it is filed by kind."""
    permit(access.may_set_channels(by, channel.assignment), "change channel", channel)
    for name in fields:
        if name == "kind" and fields[name] != channel.kind:
            raise ValidationError({"kind": _("渠道类别不能修改，请停用后另行登记。")})
    draft = Channel(assignment=channel.assignment, kind=channel.kind, address=fields.get("address", channel.address))
    draft.closes_on = fields.get("closes_on", channel.closes_on)
    _check(draft)
    change(channel, "change_channel", fields, by=by, facts={"kind": channel.kind})
    return channel


@transaction.atomic
def close_channel(channel: Channel, *, by) -> Channel:
    """Take a channel out of use; what came in through it stays. Twice is a no-op."""
    permit(access.may_set_channels(by, channel.assignment), "close channel", channel)
    if Channel.objects.filter(pk=channel.pk, active=True).update(active=False):
        channel.active = False
        record("close_channel", channel, by=by, facts={"kind": channel.kind})
    return channel


def _check(channel: Channel) -> None:
    if channel.kind in NUMBERED and not PHONE.fullmatch(channel.address):
        raise ValidationError({"address": _("请填写电话号码，如 0313-2568718。")})
    if channel.kind == Channel.Kind.EMAIL:
        try:
            validate_email(channel.address)
        except ValidationError as error:
            raise ValidationError({"address": error.messages}) from None
    if channel.closes_on and channel.closes_on < channel.assignment.onsite_from:
        raise ValidationError({"closes_on": _("截止日期不得早于进驻日期。")})
