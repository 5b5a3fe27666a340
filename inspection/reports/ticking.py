"""What the clock does: order what is due, look after what was left lying. Safe to run in several workers at once."""

import datetime as dt
import logging

from django.db import IntegrityError, transaction
from django.utils import timezone

from . import schedule, workflow
from .kinds import Scope, all_kinds
from .models import Definition, Run

log = logging.getLogger(__name__)


def tick(now: dt.datetime | None = None) -> int:
    """Order every run that is due and not ordered yet, and look after neglected ones; returns how many runs were ordered."""
    now = now or timezone.now()
    ordered = 0
    for definition in Definition.objects.scheduled().select_related("owner"):
        try:
            ordered += sum(_order(definition, period) for period in schedule.due_periods(definition, now))
        except Exception as error:  # one definition that cannot be ordered must not keep the others waiting
            log.error("report definition %s could not be ordered: %s", definition.pk, type(error).__name__)
    for run in Run.objects.neglected(now):
        workflow.look_after(run)
    return ordered


def _order(definition: Definition, period) -> int:
    """Order one period as a whole: a run for each scope, or nothing. Returns how many runs."""
    if Run.objects.filter(definition=definition, period_start=period.first).exists():
        return 0
    scopes, error = _scopes(definition)
    try:
        with transaction.atomic():
            if error:
                workflow.refuse(definition, period, error)
                return 0
            for scope in scopes:
                workflow.order(
                    all_kinds()[definition.kind],
                    scope,
                    period,
                    as_user=definition.owner,
                    definition=definition,
                    language=definition.language,
                    formats=definition.formats,
                )
            return len(scopes)
    except IntegrityError:  # another beat or worker ordered the same period between the question and the insert
        return 0


def _scopes(definition: Definition) -> tuple[list[Scope], str]:
    """The definition's scopes that its owner has a right to now, or the code of why there are none."""
    kind = all_kinds().get(definition.kind)
    if kind is None:
        return [], Run.Error.KIND
    granted = list(kind.scopes(definition.owner)) if definition.owner.is_active else []
    wanted = [scope for scope in granted if not definition.scopes or scope.value in definition.scopes]
    return wanted, "" if wanted else Run.Error.RIGHT
