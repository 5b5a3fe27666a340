"""Giving units to groups, and the steps of a unit through the round."""

import copy

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.outbox.posting import notify
from inspection.workflow import begin, take
from rounds import access, conflicts, people
from rounds.models import Appointment, Assignment, Group, Person, Round, Unit
from rounds.workflow.keeping import permit
from rounds.workflow.machines import ASSIGNMENT
from rounds.workflow.round import cutoff

State = Assignment.State
ONE_STAGE_BACK = {
    State.PREPARING: State.PLANNED,
    State.ON_SITE: State.PREPARING,
    State.REPORTING: State.ON_SITE,
    State.FOLLOWING_UP: State.RECTIFYING,
}


@transaction.atomic
def assign(group: Group, unit: Unit, *, by, onsite_from, onsite_to, notice_on=None, cutoff_on=None) -> Assignment:
    """Give a unit to a group. Its number is the round's code, the group's number and its place in the group, without gaps.

    cutoff_on  last day petitions are taken in; computed from the round's rules when left out (at the start of the round if
               that is still to come)
    Raises PermissionDenied; ValidationError when the unit is abolished or already in the round; conflicts.Conflicted when
    somebody in the group has a conflict of interest with it.
    """
    permit(access.may_configure(by), "assign", group)
    round = Round.objects.select_for_update(of=("self",)).get(pk=group.round_id)  # one at a time: numbers and uniqueness
    group = Group.objects.select_for_update(of=("self",)).get(pk=group.pk)
    _check_unit(round, unit)
    _check_people(group, unit, round)
    assignment = Assignment(
        number=f"{round.code}-{group.number}-{group.assignments.count() + 1:02d}",
        group=group,
        unit=unit,
        onsite_from=onsite_from,
        onsite_to=onsite_to,
        notice_on=notice_on,
        cutoff_on=cutoff_on or (cutoff(round, onsite_to) if round.started_at else None),
    )
    _check_dates(assignment)
    assignment.full_clean(exclude=["state_at", "state_by"])
    begin(assignment, by=by, verb="assign", facts={"group": group.printed_number, "unit": unit.code})
    return assignment


def _check_unit(round: Round, unit: Unit, but: Assignment | None = None) -> None:
    if unit.abolished_on and unit.abolished_on <= round.starts_on:
        raise ValidationError({"unit": _("该单位已撤销或更名，请选承接单位。")})
    others = Assignment.objects.filter(group__round=round, unit=unit)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise ValidationError({"unit": _("本轮已安排该单位。")})


def _check_people(group: Group, unit: Unit, round: Round) -> None:
    """Nobody who serves in the group may have a conflict of interest with the unit."""
    today = timezone.localdate()
    serving = Person.objects.filter(appointments__in=group.appointments.filter(revoked_at=None).exclude(ends_on__lt=today))
    found = conflicts.screen(serving, [unit], round)
    named = {person.pk: person.name for person in serving}
    messages = [f"{named[pk]}：{conflict.sentence}" for pk, reasons in found.items() for conflict in reasons]
    if messages:
        error = conflicts.Conflicted([conflict for reasons in found.values() for conflict in reasons], "unit")
        error.error_dict = {"unit": [ValidationError(message, code="conflict") for message in messages]}
        raise error


def _check_dates(assignment: Assignment) -> None:
    if assignment.cutoff_on and assignment.cutoff_on > assignment.onsite_to:
        raise ValidationError({"cutoff_on": _("信访截止日期不得晚于离驻日期。")})
    if assignment.notice_on and assignment.notice_on > assignment.onsite_from:
        raise ValidationError({"notice_on": _("通知单位日期不得晚于进驻日期。")})


@transaction.atomic
def edit_assignment(
    assignment: Assignment, *, by, onsite_from, onsite_to, notice_on=None, cutoff_on=None, unit: Unit | None = None, seen=None
) -> Assignment:
    """Move the dates; exchange the unit while nothing has begun. The number stays."""
    group = assignment.group
    round = Round.objects.select_for_update(of=("self",)).get(pk=group.round_id)
    fields = {"onsite_from": onsite_from, "onsite_to": onsite_to, "notice_on": notice_on}
    fields["cutoff_on"] = cutoff_on or (cutoff(round, onsite_to) if round.started_at else None)
    if unit is not None and unit != assignment.unit:
        if assignment.state != State.PLANNED:
            raise ValidationError({"unit": _("已转入准备，不能再换单位。")})
        _check_unit(round, unit, but=assignment)
        _check_people(group, unit, round)
        fields["unit"] = unit
    draft = copy.copy(assignment)
    for name, value in fields.items():
        setattr(draft, name, value)
    _check_dates(draft)
    draft.full_clean()
    changed = sorted(name for name, value in fields.items() if getattr(assignment, name) != value)
    return take(ASSIGNMENT["edit"], assignment, by=by, seen=seen, changes=fields, facts={"changed": changed})


def prepare(assignment: Assignment, *, by, seen=None) -> Assignment:
    """The plan and the authorisation decision are approved. Raises ValidationError before the round is started."""
    if not assignment.round.started_at:
        raise ValidationError(_("轮次尚未启动，请先启动轮次以冻结期限规则。"))
    return take(ASSIGNMENT["prepare"], assignment, by=by, seen=seen)


@transaction.atomic
def enter(assignment: Assignment, *, by, date, seen=None) -> Assignment:
    """The group entered the unit on `date`, which becomes the first on-site day."""
    _not_later_than_today(date)
    if date and date > assignment.onsite_to:
        raise ValidationError({"date": _("进驻日期不得晚于计划离驻日期，请先修改任务日期。")})
    taken = take(ASSIGNMENT["enter"], assignment, by=by, seen=seen, date=date, changes={"onsite_from": date}, facts=_on(date))
    _tell_group(taken, "rounds.entered", by)
    return taken


@transaction.atomic
def leave(assignment: Assignment, *, by, date, seen=None) -> Assignment:
    """On-site work ended on `date`, which becomes the last on-site day; a later petition cut-off moves forward to it."""
    _not_later_than_today(date)
    if date and date < assignment.onsite_from:
        raise ValidationError({"date": _("离驻日期不得早于进驻日期。")})
    changes = {"onsite_to": date}
    if date and assignment.cutoff_on and assignment.cutoff_on > date:
        changes["cutoff_on"] = date
    taken = take(ASSIGNMENT["leave"], assignment, by=by, seen=seen, date=date, changes=changes, facts=_on(date))
    _tell_group(taken, "rounds.left", by)
    return taken


def report(assignment: Assignment, *, by, date, seen=None) -> Assignment:
    """The leading group heard the report on `date` and the sending Party organisation decided."""
    _not_later_than_today(date)
    if date and date < assignment.onsite_to:
        raise ValidationError({"date": _("审议日期不得早于离驻日期。")})
    return take(ASSIGNMENT["report"], assignment, by=by, seen=seen, date=date, facts=_on(date))


@transaction.atomic
def feed_back(assignment: Assignment, *, by, date, seen=None) -> Assignment:
    """Feedback was given to the body and to its head, the later of the two on `date`; rectification deadlines count from it."""
    _not_later_than_today(date)
    taken = take(ASSIGNMENT["feed_back"], assignment, by=by, seen=seen, date=date, changes={"feedback_on": date}, facts=_on(date))
    _tell_group(taken, "rounds.fed_back", by)
    notify(people.liaisons(taken), "rounds.fed_back", taken, key=f"{taken.pk}:{taken.version}")
    return taken


def follow_up(assignment: Assignment, *, by, seen=None) -> Assignment:
    """The rectification reports are reviewed; what takes longer goes on."""
    return take(ASSIGNMENT["follow_up"], assignment, by=by, seen=seen)


def archive(assignment: Assignment, *, by, seen=None) -> Assignment:
    """The file goes to the archive; the rights of the group's people end with it."""
    return take(ASSIGNMENT["archive"], assignment, by=by, seen=seen)


def reopen(assignment: Assignment, *, by, reason: str, seen=None) -> Assignment:
    """One stage back, after a mistake, with a reason."""
    back = ONE_STAGE_BACK.get(assignment.state)
    return take(ASSIGNMENT["reopen"], assignment, by=by, seen=seen, reason=reason, to=back)


def _not_later_than_today(date) -> None:
    if date and date > timezone.localdate():
        raise ValidationError({"date": _("日期不能晚于今天。")})


def _on(date) -> dict:
    return {"on": date.isoformat() if date else ""}


def _tell_group(assignment: Assignment, code: str, by) -> None:
    notify(
        people.holders(assignment, *Appointment.Post.values, but=by),
        code,
        assignment,
        key=f"{assignment.pk}:{assignment.version}",
    )
