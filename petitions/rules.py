"""What the plain facts of a petition must satisfy, at registration and after a correction."""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.vault import files
from petitions.models import Discipline, Level, Petition
from rounds.models import Assignment, Channel

EARLIEST_YEAR = 2000
CLOCKS_DIFFER = dt.timedelta(minutes=5)
MAX_PEOPLE = 100_000
# Asked once: an enumeration makes its list of values anew each time, and a sheet has ten thousand rows.
CHANNEL_KINDS = frozenset(Channel.Kind.values)
CODES = {
    "discipline": frozenset(("", *Discipline.values)),
    "kind": frozenset(("", *Petition.Kind.values)),
    "level": frozenset(Level.values),
    "mark": frozenset(Petition.Mark.values),
}


def moment(received_at, now: dt.datetime) -> dt.datetime:
    """A moment of receipt, aware. Raises ValidationError keyed by received_at when it is missing, in the future or absurd."""
    if not isinstance(received_at, dt.datetime):
        raise ValidationError({"received_at": [_("请填写收到的日期和时间。")]})
    if timezone.is_naive(received_at):
        received_at = timezone.make_aware(received_at)
    if received_at > now + CLOCKS_DIFFER:
        raise ValidationError({"received_at": [_("收到时间不能晚于现在。")]})
    if received_at.year < EARLIEST_YEAR:
        raise ValidationError({"received_at": [_("收到时间早于%(year)s年，请核对。") % {"year": EARLIEST_YEAR}]})
    return min(received_at, now)


def open_file(assignment: Assignment) -> None:
    """An archived file takes nothing in."""
    if assignment.state == Assignment.State.ARCHIVED:
        raise ValidationError({"assignment": [_("该任务已归档，不能再登记。")]})


def fitting_channel(assignment: Assignment, kind: str, channel: Channel | None, box_opening) -> None:
    """The channel is the assignment's and of this kind; an opening is of that box."""
    if kind not in CHANNEL_KINDS:
        raise ValidationError({"channel_kind": [_("没有这种渠道。")]})
    if channel is not None and (channel.assignment_id != assignment.pk or channel.kind != kind):
        raise ValidationError({"channel": [_("所选渠道不属于该任务，或与登记方式不符。")]})
    if box_opening is not None and (channel is None or box_opening.channel_id != channel.pk):
        raise ValidationError({"box_opening": [_("开箱记录与所选意见箱不符。")]})


def postmark(postmarked_on: dt.date | None, received_at: dt.datetime) -> None:
    """A letter is not stamped after it came."""
    if postmarked_on is not None and postmarked_on > timezone.localdate(received_at):
        raise ValidationError({"postmarked_on": [_("邮戳日期不能晚于收到日期。")]})


def not_too_late(assignment: Assignment, kind: str, channel: Channel | None, received_at, postmarked_on) -> None:
    """After the closing day nothing is taken in, except a letter whose postmark is not later, and what a superior passes on."""
    if kind == Channel.Kind.FORWARDED:
        return
    closing = channel.last_day if channel else assignment.cutoff_on or assignment.onsite_to
    arrived = timezone.localdate(received_at)
    if kind == Channel.Kind.LETTER and postmarked_on is not None:
        arrived = min(arrived, postmarked_on)
    if closing is not None and arrived > closing:
        words = _("该渠道%(day)s截止受理；来信以邮戳日期为准。此后收到的请告知反映人向信访等部门反映。")
        raise ValidationError({"received_at": [words % {"day": closing.isoformat()}]})


def codes(people_count: int, discipline: str, kind: str, level: str, mark: str) -> None:
    """Codes are of the lists; the number of people is one."""
    wrong = {}
    if not 1 <= people_count <= MAX_PEOPLE:
        wrong["people_count"] = [_("人数应在1至%(limit)s之间。") % {"limit": MAX_PEOPLE}]
    for name, value in (("discipline", discipline), ("kind", kind), ("level", level), ("mark", mark)):
        if value not in CODES[name]:
            wrong[name] = [_("没有这一选项。")]
    if wrong:
        raise ValidationError(wrong)


def uploads(given: Iterable) -> list[tuple]:
    """Uploads (with .name) or (stream, name) pairs as pairs, all of them files we keep. All are looked at before the first is
    stored, so that one bad scan leaves nothing behind. Raises ValidationError (files).
    """
    pairs = [(file, file.name) if hasattr(file, "read") else tuple(file) for file in given]
    messages = []
    for stream, name in pairs:
        try:
            files.examine(stream, name)
        except files.Refused as error:
            messages += [f"{files.clean_name(name)}：{message}" for message in error.messages]
    if messages:
        raise ValidationError({"files": messages})
    return pairs
