"""Taking a step: lock, check, change, stamp, record, in one transaction."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection import bulk
from inspection.trail.recording import record, record_births

from .machine import Machine, Step


class StepRefused(Exception):
    """The object is not in a state this step may start from (HTTP 409): someone was faster, or the page is stale.

    Carries the object as it stands now, so that the answer can link to it.
    """

    def __init__(self, obj: models.Model, step: Step):
        self.obj = obj
        self.step = step
        super().__init__(f"{step.verb} refused for {obj._meta.label_lower} {obj.pk} in state {obj.state}")


def available(machine: Machine, obj: models.Model, user) -> list[Step]:
    """The steps `user` may take on `obj` now, in table order. Buttons, bulk actions and the API's `allowed` read this."""
    return [step for step in machine.steps if step.open_to(user, obj)]


def begin(obj: models.Model, *, by, verb: str, facts: dict | None = None, note: str = "") -> models.Model:
    """Save a new stateful object in one of its initial states and record its birth.

    obj    unsaved, with `state` already one of the machine's initial states
    Must run inside the caller's transaction together with whatever else the birth creates.
    """
    if obj.pk is not None:
        raise ValueError("begin() is for objects that do not exist yet")
    obj.state_at = timezone.now()
    obj.state_by = by
    obj.save()
    record(verb, obj, by=by, to_state=obj.state, facts=facts, note=note)
    return obj


def begin_many(objects: list[models.Model], *, by, verb: str, facts) -> None:
    """`begin` for many objects of one model at once; `facts(obj)` gives the facts of an object's entry."""
    now = timezone.now()
    for obj in objects:
        if obj.pk is not None:
            raise ValueError("begin_many() is for objects that do not exist yet")
        obj.state_at, obj.state_by = now, by
    bulk.save(objects)
    record_births(verb, objects, by=by, facts=facts)


@transaction.atomic
def take(
    step: Step,
    obj: models.Model,
    *,
    by,
    changes: dict | None = None,
    to: str | None = None,
    reason: str = "",
    file=None,
    date=None,
    second_person=None,
    facts: dict | None = None,
    seen: int | None = None,
) -> models.Model:
    """Take `step` on `obj` as user `by`; returns the object freshly locked, changed and saved. `obj` is brought up to date too.

    1. lock the row; 2. refuse if its state is no source of the step, or `seen` (the version the person looked at) is not the
    row's; 3. ask the predicate; 4. demand what the step needs; 5. set state, who and when, and `changes`; 6. record the trail.

    changes   other fields to set in the same save: {field name: value}
    to        target state where the step's target depends on facts; must be None unless step.target is None
    reason    free text; sealed beside the trail entry, never in its facts
    facts     JSON-able codes, numbers and ids for the trail; never personal text
    Raises StepRefused (409), PermissionDenied (403), ValidationError (400, keyed by what is missing).
    """
    manager = type(obj)._base_manager
    locked = manager.select_for_update(of=("self",)).get(pk=obj.pk)
    if locked.state not in step.sources or (seen is not None and seen != locked.version):
        raise StepRefused(locked, step)
    if not step.allowed(by, locked):
        raise PermissionDenied(f"{step.verb} on {locked._meta.label_lower} {locked.pk}")
    _demand(step, by, reason=reason, file=file, date=date, second_person=second_person)

    came_from = locked.state
    locked.state = to or step.target or came_from
    locked.version += 1
    touched = {"state", "version", *(changes or {})}
    if locked.state != came_from:
        locked.state_at = timezone.now()
        locked.state_by = by
        touched |= {"state_at", "state_by"}
    for name, value in (changes or {}).items():
        setattr(locked, name, value)
    locked.save(update_fields=sorted(touched))
    record(step.verb, locked, by=by, from_state=came_from, to_state=locked.state, facts=facts, note=reason)
    for name in touched:
        setattr(obj, name, getattr(locked, name))
    return locked


def _demand(step: Step, by, **given) -> None:
    """Raise ValidationError for every need of the step that was not given; the second person is somebody else."""
    missing = {need: [_("此步骤必须填写。")] for need in step.needs if not given[need]}
    if "second_person" in step.needs and given["second_person"] == by:
        missing["second_person"] = [_("须由另一人办理。")]
    if missing:
        raise ValidationError(missing)
