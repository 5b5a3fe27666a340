"""The talent pool, what people declare, and their recusals. Where `by` may be None it is an import from the console."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from inspection.accounts.models import User
from inspection.outbox.posting import notify
from inspection.trail.recording import record
from rounds import access
from rounds.models import Person, Recusal, Relative, Unit
from rounds.people import became_known, office_staff
from rounds.queries import forget_standing
from rounds.workflow.keeping import change, permit, put


@transaction.atomic
def add_person(*, by, former_employers=(), **fields) -> Person:
    """Enter somebody in the talent pool."""
    permit(by is None or access.may_configure(by), "add person")
    _check_user(fields.get("user"), by)
    person = put(Person(**fields), "add", by=by)
    person.former_employers.set(former_employers)
    became_known(person.user)
    return person


@transaction.atomic
def edit_person(person: Person, *, by, former_employers=None, **fields) -> Person:
    """Correct what the pool knows of somebody, never of oneself; `former_employers` None leaves them as they are.

    Raises ValidationError where another account would shake off a recusal, which only the head of the office lifts.
    """
    permit(by is None or access.may_edit_person(by, person), "edit", person)
    user = fields.get("user", person.user)
    if user != person.user:
        _check_user(user, by)
        if person.user is not None and person.recusals.exists():
            raise ValidationError({"user": _("该人员已申报回避，关联的账号不能更改；须先由巡视办负责人解除回避。")})
    changed = change(person, "edit", fields, by=by)
    if {"name", "user"} & set(changed):
        became_known(person.user)
    if former_employers is not None:
        before, after = set(person.former_employers.values_list("pk", flat=True)), {unit.pk for unit in former_employers}
        if before != after:
            person.former_employers.set(after)
            if not changed:
                record("edit", person, by=by, facts={"changed": ["former_employers"]})
    return person


def _check_user(user: User | None, by) -> None:
    """An account that gets the rights of a group is no administrator's, and not linked by its own holder."""
    if user is None:
        return
    if user.has_role(*access.ADMINISTRATORS):
        raise ValidationError({"user": _("系统、安全、审计管理员的账号不能与人员关联。")})
    if by is not None and user.pk == by.pk:
        raise ValidationError({"user": _("不能关联自己的账号，请由他人办理。")})


@transaction.atomic
def add_relative(person: Person, *, by, name: str, relation: str, unit: Unit | None = None) -> Relative:
    """Declare a spouse or relative, for oneself or by the office."""
    permit(access.may_declare(by, person), "declare relative", person)
    relative = Relative(person=person, name=name, relation=relation, unit=unit)
    relative.full_clean()
    relative.save()
    record("add_relative", person, by=by, facts={"unit": unit.code if unit else ""})
    became_known(person.user)
    return relative


@transaction.atomic
def remove_relative(relative: Relative, *, by) -> None:
    """Take a declaration back; only those who configure may, because it may hide a conflict of interest."""
    person = relative.person
    permit(access.may_edit_person(by, person), "remove relative", person)
    record("remove_relative", person, by=by, facts={"unit": relative.unit.code if relative.unit else ""})
    relative.delete()


@transaction.atomic
def declare_recusal(person: Person, unit: Unit, *, by, ground: str) -> Recusal:
    """Keep a person out of everything about a unit, at once. By oneself, or by the office for others; twice is refused.

    Raises PermissionDenied, or ValidationError keyed by field.
    """
    permit(access.may_declare(by, person), "declare recusal", person)
    if Recusal.objects.filter(person=person, unit=unit).exists():
        raise ValidationError({"unit": _("已申报回避该单位。")})
    recusal = put(
        Recusal(person=person, unit=unit, ground=ground, declared_by=by),
        "recuse",
        by=by,
        facts={"person": person.code, "unit": unit.code, "ground": ground},
    )
    forget_standing(by)
    notify(office_staff(but=by), "rounds.recused", recusal, key=str(recusal.pk))
    return recusal


@transaction.atomic
def lift_recusal(recusal: Recusal, *, by, reason: str) -> None:
    """Undo a recusal recorded by mistake or whose ground has gone: the head of the office, with a reason, never one's own."""
    permit(access.may_lift_recusal(by, recusal), "lift recusal", recusal)
    if not reason.strip():
        raise ValidationError({"reason": _("请写明理由。")})
    facts = {"person": recusal.person.code, "unit": recusal.unit.code, "ground": recusal.ground}
    record("lift_recusal", recusal, by=by, facts=facts, note=reason.strip())
    recusal.delete()
