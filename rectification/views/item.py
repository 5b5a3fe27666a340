"""The pages of rectification items: for those who inspect, and for the unit's liaison, who sees the unit's side alone."""

import io

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inspection.accounts.confirming import confirmed_before_download
from inspection.documents import sheets
from inspection.pages import lists
from inspection.pages.steps import bound, place_errors, step_view
from inspection.trail.recording import record
from inspection.vault.files import chunks
from rectification import access, disclosure, nodes
from rectification.documents import ledger, marked
from rectification.filters.item import ItemFilter
from rectification.forms import item as forms
from rectification.forms.finding import ConfirmForm
from rectification.models import Feedback, Item, ItemEvidence
from rectification.workflow import item as workflow
from rectification.workflow.machines import ITEM
from rounds.models import Assignment

ORDERS = {"due": ("rank", "due_on", "id"), "number": ("id",), "state": ("state", "id")}
SHOWN = 10
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

either = require_http_methods(["GET", "HEAD", "POST"])


def _asked(request):
    """The items in sight, and the filter over them. Raises PermissionDenied for whom rectification is no business of."""
    if not access.may_list_items(request.user):
        raise PermissionDenied("items")
    return ItemFilter(request.GET, queryset=Item.objects.visible_to(request.user).for_list(), request=request)


def _one(request, number: str) -> Item:
    return get_object_or_404(Item.objects.visible_to(request.user).for_page(), number=number)


@require_safe
def item_list(request):
    """`/rectification/`: the items in sight with their lights, and how many of them are done."""
    asked = _asked(request)
    inside = access.reads_inside(request.user)
    context = {
        "page": lists.page(request, asked.qs, order=lists.order_from(request, ORDERS, default="due")),
        "filter": asked,
        "tally": tally(asked.qs.counts()),
        "inside": inside,
        "strips": [] if inside else nodes.strips(_assignments(request).filter(unit__liaisons__user=request.user)),
        "may_add": request.user.has_role("office", "chief"),
    }
    return lists.render_list(request, "rectification/item_list.html", "rectification/item_list_part.html", context)


def tally(counts: dict) -> dict:
    """应整改、已整改、完成率 and the lights, from `Item.objects.counts()`."""
    return counts | {"share": ledger.share(counts["closed"], counts["total"])}


def _assignments(request):
    """The assignments whose items are in sight."""
    scope = Assignment.objects.items_visible_to(request.user)
    return scope.select_related("unit", "group__round__term").order_by("-onsite_from", "id")


@require_safe
@confirmed_before_download
def items_export(request):
    """The ledger, the three lists and the counts of the items that the filters leave, as XLSX."""
    found = ledger.for_ledger(_asked(request).qs)
    marks = marked("export_items", request.user, by=request.user, facts={"count": found.count()})
    out = io.BytesIO()
    sheets.write(ledger.workbook(found), out, marks)
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=f"{_('整改台账')}_{marks.copy}.xlsx", content_type=XLSX)


@either
def item_new(request):
    """Open an item by hand, such as one that a look-back found."""
    if not request.user.has_role("office", "chief"):
        raise PermissionDenied("open item")
    units = Assignment.objects.cases_visible_to(request.user).exclude(state__in=Assignment.State.values[:2]).for_list()
    form = forms.ItemForm(assignments=units, initial={"assignment": _named(units, request)}, **bound(request))
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            item = workflow.open_item(given.pop("assignment"), by=request.user, **given)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("已开立整改事项 %(number)s。") % {"number": item.number})
            return redirect(item)
    return render(request, "rectification/item_form.html", {"form": form})


def _named(units, request):
    return units.filter(number=request.GET.get("assignment", "")).first()


@require_safe
def unit_items(request, number: str):
    """`/rectification/units/…/`: where one unit's rectification stands: eleven nodes, what is done, what is due."""
    assignment = get_object_or_404(_assignments(request), number=number)
    return render(request, "rectification/item_unit.html", _standing(request, assignment))


@require_safe
def items_panel(request, number: str):
    """The same in short for the assignment's page. Who may know the unit but not its items gets an empty panel."""
    assignment = get_object_or_404(Assignment.objects.visible_to(request.user).for_list(), number=number)
    if not _assignments(request).filter(pk=assignment.pk).exists():
        if lists.is_fragment(request):
            return HttpResponse("")
        raise PermissionDenied(f"items of assignment {assignment.pk}")
    context = _standing(request, assignment)
    return lists.render_list(request, "rectification/item_panel_page.html", "rectification/item_panel.html", context)


def _standing(request, assignment: Assignment) -> dict:
    items = Item.objects.visible_to(request.user).filter(assignment=assignment)
    inside = access.inspects(request.user, assignment)
    sources = dict(Item.Source.choices)
    feedbacks = Feedback.objects.visible_to(request.user).filter(assignment=assignment) if inside else Feedback.objects.none()
    return {
        "assignment": assignment,
        "strip": nodes.strip(assignment),
        "tally": tally(items.counts()),
        "by_source": [(sources[row["source"]], tally(row)) for row in items.counts_by("source")],
        "items": items.for_list().exclude(state=Item.State.CLOSED)[:SHOWN],
        "feedbacks": feedbacks.order_by("to"),
        "inside": inside,
        "may_draft": inside
        and assignment.state == Assignment.State.FEEDING_BACK
        and access.may_write_feedback(request.user, assignment),
    }


@require_safe
def item_page(request, number: str):
    """One item: where it stands, what is to be done, what was done and proved. Reading it is put on record."""
    item = _one(request, number)
    inside = access.inspects(request.user, item.assignment)
    if request.method == "GET":
        record("read", item, by=request.user)
    evidence = Prefetch("evidence", queryset=ItemEvidence.objects.select_related("file"))
    progress = list(item.progress.select_related("content", "by").prefetch_related(evidence))
    own = disclosure.unit_people(item, {report.by_id for report in progress} | {item.applied_by_id})
    for report in progress:
        report.who = report.by.name if inside or report.by_id in own else disclosure.masked()
    context = {
        "object": item,
        "machine": ITEM,
        "inside": inside,
        "measures": item.measures.select_related("content"),
        "progress": progress,
        "loose": item.evidence.filter(progress=None).select_related("file"),
        "applied_by": _applicant(item, inside, own),
        "entries": disclosure.history(item, request.user),
    }
    return render(request, "rectification/item.html", context)


def _applicant(item: Item, inside: bool, own: set) -> str:
    if item.applied_by is None:
        return ""
    return item.applied_by.name if inside or item.applied_by_id in own else disclosure.masked()


@require_safe
def item_evidence(request, number: str, pk: int):
    """One evidence file, decrypted as it goes out; each download is put on record."""
    item = _one(request, number)
    evidence = get_object_or_404(item.evidence.select_related("file"), pk=pk)
    if request.method == "GET":
        record("download", item, by=request.user, facts={"evidence": pk, "sha256": evidence.file.sha256})
    headers = {
        "Content-Disposition": content_disposition_header(True, evidence.file.name),
        "Content-Length": evidence.file.size,
    }
    return StreamingHttpResponse(chunks(evidence.file), content_type=evidence.file.media_type, headers=headers)


def _step(request, number: str, verb: str, form_class, *, about: bool = False, template: str = "rectification/item_step.html"):
    """The page of one step on one item; `about` hands the item to the form."""
    item = _one(request, number)
    options = {"form_kwargs": {"item": item}} if about else {}
    return step_view(request, item, ITEM, verb, form_class, getattr(workflow, verb), template=template, **options)


@either
def decompose(request, number: str):
    """Goal, who answers, measures."""
    return _step(request, number, "decompose", forms.DecomposeForm, about=True, template="rectification/item_decompose.html")


@either
def report_progress(request, number: str):
    """A report of progress with its proof."""
    return _step(request, number, "report_progress", forms.ProgressForm, about=True)


@either
def mark_basic(request, number: str):
    """Most is done."""
    return _step(request, number, "mark_basic", ConfirmForm)


@either
def apply(request, number: str):
    """Apply to close, on evidence."""
    return _step(request, number, "apply", forms.ApplyForm, about=True)


@either
def verify(request, number: str):
    """Accepted."""
    return _step(request, number, "verify", forms.OpinionForm)


@either
def close(request, number: str):
    """Closed by a third person."""
    return _step(request, number, "close", ConfirmForm)


@either
def send_back(request, number: str):
    """Not accepted, and why."""
    return _step(request, number, "send_back", forms.ReturnForm)


@either
def continue_long_term(request, number: str):
    """Goes on after the concentrated stage."""
    return _step(request, number, "continue_long_term", forms.GivenReasonForm)


@either
def extend(request, number: str):
    """A later last day."""
    return _step(request, number, "extend", forms.NewDueForm)


@either
def reopen(request, number: str):
    """Found back by a look-back."""
    return _step(request, number, "reopen", forms.NewDueForm)
