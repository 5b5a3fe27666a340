"""Producing a run: read under one person's rights, print, store encrypted, freeze."""

import io
import logging
import tempfile
import traceback
import uuid

from django.db import transaction
from django.utils import timezone, translation
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from inspection.documents import paper, sheets
from inspection.documents.content import Marks, Report
from inspection.trail import sealing
from inspection.vault import files

from . import workflow
from .kinds import all_kinds
from .models import Run

log = logging.getLogger(__name__)

SECONDS = 600  # for one PDF in a worker
MAX_BYTES = 500 * 1024 * 1024


class CannotProduce(Exception):
    """A run cannot be produced, and trying again would not help. `code` is one of Run.Error."""

    def __init__(self, code: str):
        self.code = code
        super().__init__(code)


def produce(pk: int) -> bool:
    """Produce run `pk` if it is free; True when this call finished it. Never raises for what goes wrong inside.

    1. claim it; 2. read and print, outside any transaction (it may take minutes); 3. store the files and freeze the run together.
    A failure is noted with an id under which the log names the kind of error and its place in the code, and no case text.
    """
    run = workflow.claim(pk)
    if run is None:
        return False
    try:
        return _produce(run)
    except CannotProduce as refused:
        _note(run, refused.code, uuid.uuid4().hex[:12], refused, again=False)
    except paper.PaperFailed as failure:
        _note(run, Run.Error.PAPER, failure.id, failure, again=True)
    except Exception as error:
        _note(run, Run.Error.INTERNAL, uuid.uuid4().hex[:12], error, again=True)
    return False


def _note(run: Run, code: str, error_id: str, error: Exception, *, again: bool) -> None:
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error("report %s failed, error %s: %s at %s:%s", run.pk, error_id, type(error).__name__, place.filename, place.lineno)
    workflow.fail(run, code=code, error_id=error_id, again=again)


def _produce(run: Run) -> bool:
    with translation.override(run.language):
        report = _read(run)
        seal = sealing.newest()
        marks = Marks(
            mark=force_str(report.mark),
            copy=run.number,
            produced_at=timezone.now(),
            produced_by=run.maker.name if run.maker else _("系统按计划"),
            seal=seal.digest if seal else "",
        )
        with tempfile.SpooledTemporaryFile(max_size=50 * 1024 * 1024) as workbook:
            made = {}
            if "pdf" in run.formats:
                made["pdf"] = io.BytesIO(paper.print_report(report, marks, seconds=SECONDS).content)
            if "xlsx" in run.formats:
                sheets.write(sheets.from_report(report), workbook, marks)
                made["xlsx"] = workbook
            with transaction.atomic():
                stored = {
                    name: files.store(stream, f"{_file_name(run)}.{name}", owner=f"reports.run:{run.pk}", limit=MAX_BYTES)
                    for name, stream in made.items()
                }
                done = workflow.finish(run, files=stored, template_version=paper.template_version(), seal=marks.seal)
                if not done:
                    transaction.set_rollback(True)
                return done


def _read(run: Run) -> Report:
    """What the report says, under the rights its user has at this moment. Raises CannotProduce."""
    kind = all_kinds().get(run.kind)
    if kind is None:
        raise CannotProduce(Run.Error.KIND)
    if not run.as_user.is_active or kind.scope(run.as_user, run.scope) is None:
        raise CannotProduce(Run.Error.RIGHT)
    return kind.build(run.scope, run.period, run.as_user)


def _file_name(run: Run) -> str:
    return f"{run.kind_label}_{run.scope_label}_{run.period_words}_{run.number}"
