"""Exporting the register: numbered, recorded, cut to the maker's scope; small at once, large ones made by a worker."""

import logging
import tempfile
from types import SimpleNamespace
from typing import BinaryIO

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from inspection import marks, numbers
from inspection.documents import sheets
from inspection.documents.content import Marks
from inspection.trail import sealing
from inspection.trail.recording import record
from inspection.vault import envelopes, files
from petitions import access, reports, watching
from petitions.filters import PetitionFilter
from petitions.models import Petition, RegisterExport
from rounds.models import Assignment

log = logging.getLogger(__name__)
State = RegisterExport.State
LIVE = (State.WAITING, State.RUNNING)
AT_ONCE = 5_000  # rows; more would keep the browser waiting for longer than half a minute
MAX_BYTES = 500 * 1024 * 1024
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def chosen(user, query: str) -> QuerySet | None:
    """The petitions that the list shows `user` under the filters of `query` (as in an address); None when one of them is wrong.

    Raises PermissionDenied.
    """
    if not access.may_list(user):
        raise PermissionDenied("export")
    asked = QueryDict(query)
    request = SimpleNamespace(user=user, GET=asked)
    found = PetitionFilter(asked, queryset=Petition.objects.visible_to(user), request=request)
    return found.qs if found.is_valid() else None


def active_filters(query: str) -> list[str]:
    """The names of the filters that `query` uses; what they are set to is not for the trail."""
    return sorted(name for name, value in QueryDict(query).items() if value and name in PetitionFilter.base_filters)


def least_mark(petitions: QuerySet) -> str:
    """The mark an export of `petitions` must bear at least: the highest of any of them."""
    held = list(petitions.order_by().values_list("mark", flat=True).distinct())
    return str(marks.highest(held) if held else marks.DEFAULT)


@transaction.atomic
def begin(*, by, query: str, mark: str, total: int) -> RegisterExport:
    """Give an export its number and record it. One of more than AT_ONCE rows is put before the workers."""
    year = timezone.localdate().year
    export = RegisterExport(number=f"DC-{year}-{numbers.take('DC', year):04d}", made_by=by, mark=mark, total=total)
    export.language = translation.get_language() or "zh-hans"
    export.filters = envelopes.seal("export.filters", export.owner, {"query": query})
    if total <= AT_ONCE:
        export.state, export.finished_at = State.DONE, timezone.now()
    export.save()
    record("export", export, by=by, facts={"count": total, "filters": active_filters(query), "mark": str(mark)})
    if total > AT_ONCE:
        watching.begin("export", export)
    return export


def write(export: RegisterExport, petitions: QuerySet, stream: BinaryIO, progress=None) -> int:
    """Write the workbook; returns the number of rows."""
    seal = sealing.newest()
    marks = Marks(
        mark=export.get_mark_display(),
        copy=export.number,
        produced_at=timezone.now(),
        produced_by=export.made_by.name,
        seal=seal.digest if seal else "",
    )
    return sheets.write(reports.register(petitions, export.made_by, progress=progress), stream, marks)


def start(message) -> None:
    """Outbox handler of kind "export"."""
    watching.look(message, RegisterExport, LIVE, "petitions.export_register", fail)


def make(pk: int) -> None:
    """Make a large export in a worker, under the rights its maker holds at this moment. Run twice it makes one file."""
    export = RegisterExport.objects.select_related("made_by", "filters").filter(pk=pk, state__in=LIVE).first()
    if export is None:
        return
    RegisterExport.objects.filter(pk=pk).update(state=State.RUNNING)
    query = envelopes.open_(export.filters, export.owner)["query"]
    with translation.override(export.language), tempfile.TemporaryFile() as workbook:
        try:
            petitions = chosen(export.made_by, query)
        except PermissionDenied:
            fail(export)
            return
        if petitions is None or not access.may_take_out(export.made_by, petitions):
            fail(export)
            return
        write(export, petitions, workbook, lambda done: RegisterExport.objects.filter(pk=pk).update(done=done))
        workbook.seek(0)
        held = sorted(petitions.order_by().values_list("assignment", flat=True).distinct())
        with transaction.atomic():
            envelopes.reseal(export.filters, export.owner, {"query": query, "assignments": held})
            stored = files.store(workbook, file_name(export), owner=export.owner, limit=MAX_BYTES, media_type=TYPE)
            finished = RegisterExport.objects.filter(pk=pk, state__in=LIVE).update(
                state=State.DONE, file=stored, finished_at=timezone.now()
            )
            if not finished:  # another worker was faster; what was stored here is swept
                transaction.set_rollback(True)
    log.info("export %s made", pk)


def may_fetch(user, export: RegisterExport) -> bool:
    """Whether `user`, who made it, may still read the cases of every unit that the file holds, and take them out."""
    held = envelopes.open_or_empty(export.filters, export.owner).get("assignments", ())
    seen = Assignment.objects.cases_visible_to(user).filter(pk__in=held).values("pk").distinct().count()
    return seen == len(held) and access.may_take_out(user, Petition.objects.filter(assignment__in=held))


def fail(export: RegisterExport) -> None:
    """Give an export up."""
    RegisterExport.objects.filter(pk=export.pk, state__in=LIVE).update(state=State.FAILED, finished_at=timezone.now())


def file_name(export: RegisterExport) -> str:
    """The name the workbook is saved under."""
    return f"{_('信访登记簿')}_{export.number}.xlsx"
