"""The only module that writes a run's state:  waiting → running → done | failed;  failed → waiting on request.

Nobody but workers moves a run, so there is no table of steps: each move is one conditional UPDATE, and whoever changes the row
has the move. `started_at` is the fence: a worker that was given up and comes back late finds that it moved on, and is refused.
"""

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inspection.outbox.posting import post
from inspection.trail.recording import record

from . import notices
from .kinds import Kind, Period, Scope
from .models import Definition, Run

RETRY_AFTER = dt.timedelta(minutes=2)


@transaction.atomic
def order(
    kind: Kind,
    scope: Scope,
    period: Period,
    *,
    as_user,
    maker=None,
    definition: Definition | None = None,
    language="zh-hans",
    formats=None,
    queue=True,
) -> Run:
    """A new run, waiting for a worker.

    maker  None for the schedule
    queue  False when the caller produces it at once; should that fail to happen, the clock finds it after a while
    Raises IntegrityError when the definition's period was ordered already.
    """
    run = Run.objects.create(
        definition=definition,
        kind=kind.code,
        scope=scope.value,
        scope_label=str(scope.label)[:120],
        period_start=period.first,
        period_end=period.last,
        language=language,
        formats=[name for name in kind.formats if name in (formats or kind.formats)],
        maker=maker,
        as_user=as_user,
    )
    record("order", run, by=maker, to_state=run.state, facts=_facts(run))
    if queue:
        _post(run)
    return run


@transaction.atomic
def refuse(definition: Definition, period: Period, code: str) -> Run:
    """A run that is born failed, so that people see why a period has no report."""
    now = timezone.now()
    run = Run.objects.create(
        definition=definition,
        kind=definition.kind,
        scope="",
        scope_label="",
        period_start=period.first,
        period_end=period.last,
        language=definition.language,
        formats=definition.formats,
        as_user=definition.owner,
        state=Run.State.FAILED,
        error_code=code,
        finished_at=now,
    )
    record("fail", run, by=None, to_state=run.state, facts=_facts(run) | {"error": code})
    notices.failed(run)
    return run


def claim(pk: int) -> Run | None:
    """Take run `pk` for this worker; None when another has it, it is over, or it is gone."""
    now = timezone.now()
    free = Run.objects.filter(pk=pk, state=Run.State.WAITING) | Run.objects.neglected(now).filter(pk=pk, state=Run.State.RUNNING)
    taken = free.update(
        state=Run.State.RUNNING, attempts=F("attempts") + 1, started_at=now, finished_at=None, error_code="", error_id=""
    )
    return Run.objects.select_related("definition", "maker", "as_user").get(pk=pk) if taken else None


@transaction.atomic
def finish(run: Run, *, files: dict, template_version: str, seal: str) -> bool:
    """Freeze what was produced; False when the run was given to another worker meanwhile.

    files  {format: StoredFile}, stored in the same transaction
    """
    over = _held(run).update(
        state=Run.State.DONE, finished_at=timezone.now(), template_version=template_version, seal=seal, **files
    )
    if over:
        run.refresh_from_db()
        hashes = {name: file.sha256 for name, file in files.items()}
        record("produce", run, by=None, from_state=Run.State.RUNNING, to_state=run.state, facts=_facts(run) | hashes)
        notices.ready(run)
    return bool(over)


@transaction.atomic
def fail(run: Run, *, code: str, error_id: str, again: bool) -> None:
    """Note why it failed. With `again` it waits for another try as long as any is left; then, and otherwise, it is over."""
    now = timezone.now()
    if again and run.attempts < Run.MAX_ATTEMPTS:
        due = now + RETRY_AFTER * run.attempts  # queued_at in the future: nobody calls it neglected before its time
        if _held(run).update(state=Run.State.WAITING, error_code=code, error_id=error_id, queued_at=due):
            run.refresh_from_db()
            _post(run, due)
        return
    if _held(run).update(state=Run.State.FAILED, error_code=code, error_id=error_id, finished_at=now):
        run.refresh_from_db()
        facts = _facts(run) | {"error": code, "error_id": error_id}
        record("fail", run, by=None, from_state=Run.State.RUNNING, to_state=run.state, facts=facts)
        notices.failed(run)


@transaction.atomic
def repeat(run: Run, *, by) -> bool:
    """Put a failed run before the workers again; False when it is not failed (any more)."""
    now = timezone.now()
    moved = (
        Run.objects.filter(pk=run.pk, state=Run.State.FAILED)
        .exclude(scope="")
        .update(state=Run.State.WAITING, attempts=0, finished_at=None, error_code="", error_id="", queued_at=now)
    )
    if moved:
        run.refresh_from_db()
        record("repeat", run, by=by, from_state=Run.State.FAILED, to_state=run.state, facts=_facts(run))
        _post(run)
    return bool(moved)


@transaction.atomic
def look_after(run: Run) -> None:
    """Put a neglected run before the workers once more, or give it up after MAX_ATTEMPTS. Two at once do it once."""
    now = timezone.now()
    still = Run.objects.neglected(now).filter(pk=run.pk, attempts=run.attempts, queued_at=run.queued_at)
    if run.attempts >= Run.MAX_ATTEMPTS:
        if still.update(state=Run.State.FAILED, error_code=Run.Error.LOST, finished_at=now):
            run.refresh_from_db()
            record("fail", run, by=None, to_state=run.state, facts=_facts(run) | {"error": Run.Error.LOST.value})
            notices.failed(run)
    elif still.update(queued_at=now):
        run.refresh_from_db()
        _post(run)


def _held(run: Run):
    """The row, as long as this worker's claim stands."""
    return Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, started_at=run.started_at)


def _post(run: Run, due_at=None) -> None:
    """One message for each time the run is put before the workers."""
    post("report", f"report-run-{run.pk}-{run.queued_at.timestamp():.6f}", {"run": run.pk}, due_at)


def _facts(run: Run) -> dict:
    """The parameters of a run for the trail."""
    return {
        "kind": run.kind,
        "scope": run.scope,
        "first": run.period_start.isoformat(),
        "last": run.period_end.isoformat(),
        "formats": run.formats,
        "as_user": run.as_user_id,
        "definition": run.definition_id,
    }
