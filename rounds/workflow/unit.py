"""The catalogue of units: categories, units under changing names, and their liaisons.

Where `by` may be None it is an import from the console, which has no user of its own.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from inspection.trail.recording import record
from rounds import access
from rounds.lineage import Lineage
from rounds.models import Category, Liaison, Recusal, Unit
from rounds.people import became_known
from rounds.workflow.keeping import change, permit, put

EDITABLE = ("category", "region", "parent", "head", "must_cover")


def add_category(*, by, name: str, order: int = 0) -> Category:
    """Add a block of units."""
    permit(by is None or access.may_configure(by), "add category")
    with transaction.atomic():
        return put(Category(name=name, order=order), "add", by=by)


@transaction.atomic
def edit_category(category: Category, *, by, name: str, order: int) -> Category:
    """Rename or reorder a block."""
    permit(access.may_configure(by), "edit", category)
    change(category, "edit", {"name": name, "order": order}, by=by)
    return category


def add_unit(*, by, code: str, name: str, category: Category, **fields) -> Unit:
    """Enter a unit in the catalogue."""
    permit(by is None or access.may_configure(by), "add unit")
    with transaction.atomic():
        return put(Unit(code=code, name=name, category=category, **fields), "add", by=by)


@transaction.atomic
def edit_unit(unit: Unit, *, by, **fields) -> Unit:
    """Correct what the catalogue says of a unit. Its name changes by `rename_unit` only, so that history keeps the old one."""
    permit(by is None or access.may_configure(by), "edit", unit)
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"not editable: {sorted(unknown)}")
    _check_parent(unit, fields.get("parent", unit.parent))
    change(unit, "edit", fields, by=by)
    return unit


def _check_parent(unit: Unit, parent: Unit | None) -> None:
    above = parent
    while above is not None:
        if above.pk == unit.pk:
            raise ValidationError({"parent": _("上级单位不能是自己或自己的下级。")})
        above = above.parent


@transaction.atomic
def rename_unit(unit: Unit, *, by, name: str, code: str, on) -> Unit:
    """Close a unit under its old name on `on` and carry on under the new one; returns the successor.

    Assignments stay with the name they were made under. Subordinate units, liaisons and recusals go along.
    Raises ValidationError when the unit is closed already or the name is the same.
    """
    permit(access.may_configure(by), "rename", unit)
    unit = _open(unit)
    if name == unit.name:
        raise ValidationError({"name": _("新名称与原名称相同。")})
    successor = Unit(code=code, name=name, **{field: getattr(unit, field) for field in EDITABLE})
    put(successor, "add", by=by, facts={"renamed_from": unit.code})
    _close(unit, successor, on, by, "rename")
    return successor


@transaction.atomic
def close_unit(unit: Unit, *, by, on, successor: Unit | None = None) -> Unit:
    """Close a unit that was abolished, or merged into `successor`."""
    permit(access.may_configure(by), "close", unit)
    unit = _open(unit)
    if successor is not None and (successor.abolished_on or Lineage().root(successor.pk) == unit.pk):
        raise ValidationError({"successor": _("承接单位须是另一个现存单位。")})
    _close(unit, successor, on, by, "close")
    return unit


def _open(unit: Unit) -> Unit:
    row = Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    if row.abolished_on:
        raise ValidationError(_("该单位已撤销或更名。"))
    return row


def _close(unit: Unit, successor: Unit | None, on, by, verb: str) -> None:
    facts = {"successor": successor.code if successor else ""}
    change(unit, verb, {"abolished_on": on, "successor": successor}, by=by, facts=facts)
    if successor is None:
        return
    for child in unit.children.all():
        if child != successor:
            change(child, "edit", {"parent": successor}, by=by)
    for liaison in unit.liaisons.all():
        Liaison.objects.get_or_create(user=liaison.user, unit=successor)
    for recusal in unit.recusals.all():
        Recusal.objects.get_or_create(
            person=recusal.person, unit=successor, defaults={"ground": recusal.ground, "declared_by": recusal.declared_by}
        )


@transaction.atomic
def link_liaison(unit: Unit, user, *, by) -> Liaison:
    """Let a liaison account see its own unit's rectification items. Raises ValidationError for any other account."""
    permit(access.may_configure(by), "link liaison", unit)
    if not user.has_role("liaison") or user.has_role(*access.ADMINISTRATORS):
        raise ValidationError({"user": _("请选择具有“被巡视单位联络员”角色的账号。")})
    liaison = put(Liaison(user=user, unit=unit), "link_liaison", by=by, facts={"user": user.username})
    became_known(user)
    return liaison


@transaction.atomic
def unlink_liaison(liaison: Liaison, *, by) -> None:
    """Take the link away; nobody one's own, because it also keeps the unit's cases from whoever works in the office by now."""
    permit(access.may_configure(by) and liaison.user_id != by.pk, "unlink liaison", liaison)
    record("unlink_liaison", liaison, by=by, facts={"user": liaison.user.username})
    liaison.delete()
