"""What every verb on a thing without states does: ask, check, save, record."""

from django.core.exceptions import PermissionDenied
from django.db import models

from inspection.trail.recording import record
from inspection.workflow import Step, StepRefused


def permit(allowed: bool, what: str, obj: models.Model | None = None) -> None:
    """Raise PermissionDenied unless `allowed`. `what` names the act by code, for the log."""
    if not allowed:
        raise PermissionDenied(f"{what} on {obj._meta.label_lower} {obj.pk}" if obj is not None else what)


def locked(obj: models.Model, step: Step, *, by, seen: int | None = None) -> models.Model:
    """The row of `obj`, locked. Raises StepRefused (moved on, or a stale page) and PermissionDenied like `workflow.take`."""
    row = type(obj)._base_manager.select_for_update(of=("self",)).get(pk=obj.pk)
    if row.state not in step.sources or (seen is not None and seen != row.version):
        raise StepRefused(row, step)
    permit(step.allowed(by, row), step.verb, row)
    return row


def put(obj: models.Model, verb: str, *, by, facts: dict | None = None, note: str = "") -> models.Model:
    """Check a new object against every rule of its model, save it, record its birth. Raises ValidationError keyed by field."""
    obj.full_clean()
    obj.save(force_insert=True)
    record(verb, obj, by=by, facts=facts, note=note)
    return obj


def change(obj: models.Model, verb: str, fields: dict, *, by, facts: dict | None = None, note: str = "") -> list[str]:
    """Set `fields` on `obj`, check, save and record them; returns the names that changed. No change leaves no record."""
    changed = sorted(name for name, value in fields.items() if getattr(obj, name) != value)
    if not changed:
        return []
    for name in changed:
        setattr(obj, name, fields[name])
    obj.full_clean()
    obj.save(update_fields=changed)
    record(verb, obj, by=by, facts={"changed": changed} | (facts or {}), note=note)
    return changed
