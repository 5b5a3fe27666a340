"""Who serves in a group: appointments (一次一授权), and appointments in spite of a conflict of interest."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.outbox.posting import notify
from inspection.trail.recording import record
from inspection.workflow import begin, take
from rounds import access, conflicts
from rounds.models import Appointment, Group, Override, Person, Unit
from rounds.people import heads_of_office
from rounds.workflow.keeping import change, locked, permit, put
from rounds.workflow.machines import OVERRIDE, PROLONG, REVOKE


def group_units(group: Group):
    """The units given to a group."""
    return Unit.objects.filter(assignments__group=group)


@transaction.atomic
def appoint(
    group: Group, person: Person, post: str, *, by, starts_on, ends_on=None, override_reason: str = "", overridden_by=None
) -> Appointment:
    """Authorise a person for a group, from one day on, until another day or the archiving of the unit's file.

    override_reason, overridden_by  why a conflict of interest is overruled and which head of the office does so, another
                                    person than `by`; left out of the record when there is no conflict
    Raises PermissionDenied; conflicts.Conflicted, which names every conflict; ValidationError keyed by field.
    """
    permit(access.may_configure(by), "appoint", group)
    return _appoint(group, person, post, by, starts_on, ends_on, override_reason.strip(), overridden_by)


def _appoint(group, person, post, by, starts_on, ends_on, override_reason, overridden_by) -> Appointment:
    group = Group.objects.select_for_update(of=("self",)).get(pk=group.pk)  # with `assign`: no unit slips in meanwhile
    _check_person(person, by)
    found = conflicts.between(person, group_units(group), group.round)
    if found:
        _check_override(found, person, by, override_reason, overridden_by)
    appointment = Appointment(group=group, person=person, post=post, starts_on=starts_on, ends_on=ends_on, appointed_by=by)
    facts = {"group": group.printed_number, "person": person.code, "post": post}
    if found:
        appointment.overrule(override_reason, overridden_by)
        facts |= {"conflicts": [conflict.key for conflict in found], "overridden_by": overridden_by.pk}
    put(appointment, "appoint", by=by, facts=facts, note=appointment.override_reason)
    if person.user:
        notify([person.user], "rounds.appointed", appointment, key=str(appointment.pk))
    return appointment


def _check_person(person: Person, by) -> None:
    if not person.active:
        raise ValidationError({"person": _("该人员已不在库。")})
    if person.user_id == by.pk:
        raise ValidationError({"person": _("不能给自己授权。")})
    if person.user and person.user.has_role(*access.ADMINISTRATORS):
        raise ValidationError({"person": _("系统、安全、审计管理员不得编入巡视巡察组。")})


def _check_override(found, person: Person, by, reason: str, second) -> None:
    """Only a head of the office other than `by` and the person in question overrules a conflict, and with a reason."""
    if not reason or second is None:
        raise conflicts.Conflicted(found)
    if second.pk in (by.pk, person.user_id) or not second.is_active or not second.has_role("chief"):
        raise ValidationError({"overridden_by": _("须由提出人以外的另一名办公室负责人批准。")})


@transaction.atomic
def revoke_appointment(appointment: Appointment, *, by, reason: str) -> Appointment:
    """End an authorisation at once. Raises StepRefused when it is revoked already, ValidationError without a reason."""
    row = locked(appointment, REVOKE, by=by)
    if not reason.strip():
        raise ValidationError({"reason": _("请写明理由。")})
    came_from = row.state
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    facts = {"group": row.group.printed_number, "person": row.person.code, "post": row.post}
    record("revoke", row, by=by, from_state=came_from, to_state=row.state, facts=facts, note=reason.strip())
    if row.person.user:
        notify([row.person.user], "rounds.revoked", row.person, key=str(row.pk))
    return row


@transaction.atomic
def prolong(appointment: Appointment, *, by, ends_on) -> Appointment:
    """Move the end of an authorisation, either way; None leaves it open until the file is archived.

    A conflict that came up since and that nobody overruled stops it (Conflicted).
    """
    row = locked(appointment, PROLONG, by=by)
    if row.person.user_id == by.pk:
        raise ValidationError({"ends_on": _("不能给自己授权。")})
    if not row.overridden_by_id and (ends_on is None or (row.ends_on and ends_on > row.ends_on)):
        found = conflicts.between(row.person, group_units(row.group), row.group.round)
        if found:
            raise conflicts.Conflicted(found, "ends_on")
    change(row, "prolong", {"ends_on": ends_on}, by=by, facts={"person": row.person.code, "until": str(ends_on or "")})
    return row


@transaction.atomic
def request_override(group: Group, person: Person, post: str, *, by, starts_on, ends_on=None, reason: str) -> Override:
    """Ask the head of the office to appoint somebody in spite of conflicts. ValidationError: there are none."""
    permit(access.may_configure(by), "request override", group)
    _check_person(person, by)
    found = conflicts.between(person, group_units(group), group.round)
    if not found:
        raise ValidationError({"person": _("没有需要批准的回避情形，可直接授权。")})
    override = Override(
        group=group,
        person=person,
        post=post,
        starts_on=starts_on,
        ends_on=ends_on,
        conflicts=[conflict.key for conflict in found],
        requested_by=by,
    )
    # The checks of the appointment itself come now: the head of the office is not asked for what cannot be.
    Appointment(group=group, person=person, post=post, starts_on=starts_on, ends_on=ends_on, appointed_by=by).full_clean()
    override.full_clean(exclude=["state_at", "state_by", "reason_sealed"])
    override.seal_reason(reason.strip())
    facts = {"person": person.code, "post": post, "conflicts": override.conflicts}
    begin(override, by=by, verb="request", facts=facts, note=override.reason)
    notify(heads_of_office(but=by), "rounds.override_requested", override, key=str(override.pk))
    return override


@transaction.atomic
def grant_override(override: Override, *, by, seen=None) -> Override:
    """Approve: the appointment is made in the same transaction, in the name of who asked.

    Raises ValidationError when a conflict has come up that the request did not name, or the asker may no longer appoint.
    """
    taken = take(OVERRIDE["grant"], override, by=by, seen=seen)
    if not access.may_configure(taken.requested_by):
        raise ValidationError(_("申请人已无授权权限，请由现任工作人员重新申请。"))
    found = conflicts.between(taken.person, group_units(taken.group), taken.group.round)
    if any(conflict.key not in taken.conflicts for conflict in found):
        raise ValidationError(_("申请之后出现了新的回避情形，请重新申请。"))
    asker = taken.requested_by
    _appoint(taken.group, taken.person, taken.post, asker, taken.starts_on, taken.ends_on, taken.reason, by)
    notify([asker], "rounds.override_granted", taken, key=str(taken.pk))
    return taken


@transaction.atomic
def refuse_override(override: Override, *, by, reason: str, seen=None) -> Override:
    """Refuse; the person is not appointed."""
    taken = take(OVERRIDE["refuse"], override, by=by, seen=seen, reason=reason)
    notify([taken.requested_by], "rounds.override_refused", taken, key=str(taken.pk))
    return taken
