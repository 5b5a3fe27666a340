"""The pages of papers."""

import io
from itertools import pairwise

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inspection.accounts.confirming import confirmed_before_download
from inspection.documents import paper, sheets
from inspection.pages import lists
from inspection.pages.steps import bound, place_errors, step_view
from inspection.trail.models import Entry
from inspection.trail.recording import record
from inspection.vault.files import chunks
from petitions.access import may_take_out
from petitions.models import Petition
from rectification import access, differences
from rectification.documents import finding as documents
from rectification.documents import marked
from rectification.filters.finding import FindingFilter
from rectification.forms import finding as forms
from rectification.forms.clue import ClueForm
from rectification.models import Finding, FindingVersion
from rectification.workflow import finding as workflow
from rectification.workflow.machines import FINDING
from rounds.models import Assignment

ORDERS = {"number": ("id",), "state": ("state", "id"), "found": ("found_on", "id")}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

either = require_http_methods(["GET", "HEAD", "POST"])


def inside(request) -> None:
    """Raise PermissionDenied for somebody who reads no cases at all."""
    if not access.reads_inside(request.user):
        raise PermissionDenied("cases")


def _asked(request):
    """The papers in sight, and the filter over them. Who reads no cases at all is refused."""
    inside(request)
    papers = Finding.objects.visible_to(request.user).for_list()
    return FindingFilter(request.GET, queryset=papers, request=request)


def _one(request, number: str) -> Finding:
    papers = Finding.objects.visible_to(request.user).select_related(
        "content",
        "assignment__unit",
        "assignment__group__round__term",
        "focus",
        "found_by",
        "drafted_by",
        "signed_by",
        "state_by",
    )
    return get_object_or_404(papers, number=number)


@require_safe
def finding_list(request):
    """`/findings/`: the ledger of papers."""
    asked = _asked(request)
    page = lists.page(request, asked.qs, order=lists.order_from(request, ORDERS, default="-number"))
    context = {
        "page": page,
        "filter": asked,
        "to_sign": Finding.objects.to_sign_by(request.user).count(),
        "may_draft": any(access.may_draft(request.user, a) for a in _own(request)),
    }
    return lists.render_list(request, "rectification/finding_list.html", "rectification/finding_list_part.html", context)


@require_safe
@confirmed_before_download
def finding_export(request):
    """The ledger of the papers that the filters leave, as XLSX."""
    found = documents.for_ledger(_asked(request).qs)
    petitions = Petition.objects.filter(finding_links__finding__in=found.order_by().values("pk"))
    if not may_take_out(request.user, petitions):
        return refused(request, "rectification:findings")
    marks = marked("export_findings", request.user, by=request.user, facts={"count": found.count()}, petitions=petitions)
    return workbook(documents.ledger(found), marks)


def refused(request, route: str) -> HttpResponse:
    """Back to the list: what it rests on is a work secret that the reader may not take out."""
    messages.error(request, _("所依据的信访件含工作秘密，只能由巡视办或本组组长、副组长导出。"))
    return redirect(route)


def workbook(table, marks) -> FileResponse:
    """A table as a workbook to download, named by its copy number."""
    out = io.BytesIO()
    sheets.write(table, out, marks)
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=f"{table.title}_{marks.copy}.xlsx", content_type=XLSX)


def _own(request):
    """The assignments of the groups the reader works in today."""
    return Assignment.objects.appointed(request.user).for_list()


@either
def finding_new(request):
    """Write a paper: `?petition=` starts one that rests on a petition, `?assignment=` says which unit it is about."""
    initial = {}
    if request.GET.get("petition"):
        source = get_object_or_404(Petition.objects.visible_to(request.user), number=request.GET["petition"])
        assignment, initial = source.assignment, workflow.open_from_petition(source, request.user)
    elif request.GET.get("assignment"):
        scope = Assignment.objects.cases_visible_to(request.user).for_list()
        assignment = get_object_or_404(scope, number=request.GET["assignment"])
    else:
        return _choose_unit(request)
    if not access.may_draft(request.user, assignment):
        raise PermissionDenied(f"draft on assignment {assignment.pk}")
    form = forms.PaperForm(assignment=assignment, user=request.user, initial=initial, **bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            finding = workflow.draft(assignment, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("已起草 %(number)s。") % {"number": finding.number})
            return redirect(finding)
    return render(request, "rectification/finding_form.html", {"form": form, "assignment": assignment})


def _choose_unit(request):
    """Straight to the form where there is one unit only; else ask which."""
    inside(request)
    units = [assignment for assignment in _own(request) if access.may_draft(request.user, assignment)]
    if len(units) == 1:
        return redirect(f"{reverse('rectification:finding_new')}?assignment={units[0].number}")
    context = {"units": units, "title": _("起草问题底稿"), "url": reverse("rectification:finding_new")}
    return render(request, "rectification/finding_choose_unit.html", context)


@require_safe
def finding_page(request, number: str):
    """One paper: where it stands, what it says, what changed, what it rests on. Reading it is put on record."""
    finding = _one(request, number)
    if request.method == "GET":
        record("read", finding, by=request.user)
    context = {
        "object": finding,
        "machine": FINDING,
        "said": text_of(finding),
        "versions": versions_of(finding),
        "evidence": finding.evidence.select_related("file", "added_by"),
        "sources": finding.sources.visible_to(request.user).order_by("number"),
        "clues": finding.clues.visible_to(request.user),
        "items": finding.items.visible_to(request.user),
        "entries": Entry.objects.about(finding).acts().select_related("note"),
    }
    return render(request, "rectification/finding.html", context)


def text_of(finding: Finding) -> list[tuple[str, str]]:
    """The parts of the text with their names, in the order of the form."""
    content = finding.opened()
    names = forms.PaperForm.base_fields
    return [(names[part].label, content.get(part, "")) for part in ("fact", "basis", "responsible", "suggestion")]


def versions_of(finding: Finding) -> list[dict]:
    """The versions, newest first, each with what changed in it since the one before: [{version, parts: [(name, pieces)]}]."""
    versions = list(finding.versions.select_related("content", "by").order_by("number"))
    for version in versions:
        version.finding = finding
    told = [{"version": new, "parts": _changes(old, new)} for old, new in pairwise(versions)]
    return [*reversed(told), *({"version": first, "parts": []} for first in versions[:1])]


def _changes(old: FindingVersion, new: FindingVersion) -> list[tuple[str, list]]:
    before, after = old.opened(), new.opened()
    names = forms.PaperForm.base_fields
    compared = ((names[part].label, differences.compare(before.get(part, ""), after.get(part, ""))) for part in workflow.LIMITS)
    return [(label, pieces) for label, pieces in compared if differences.changed(pieces)]


@require_safe
def finding_to_sign(request):
    """`/findings/to-sign/`: the evening desk. One paper after another, the longest waiting first: sign, send back, or leave it.

    `?at=` names the paper to show; one that is no longer waiting gives way to the first. The buttons post to the paper's own
    steps, which lead back here.
    """
    inside(request)
    queue = Finding.objects.to_sign_by(request.user)
    waiting = list(queue.values_list("number", flat=True))
    if not waiting:
        return render(request, "rectification/finding_to_sign.html", {"waiting": 0})
    place = waiting.index(request.GET["at"]) if request.GET.get("at") in waiting else 0
    finding = _one(request, waiting[place])
    if request.method == "GET":
        record("read", finding, by=request.user)
    context = {
        "object": finding,
        "said": text_of(finding),
        "versions": versions_of(finding)[:1],
        "evidence": finding.evidence.select_related("file", "added_by"),
        "sources": finding.sources.visible_to(request.user).order_by("number"),
        "waiting": len(waiting),
        "place": place + 1,
        "following": waiting[(place + 1) % len(waiting)] if len(waiting) > 1 else "",
        "signing": forms.MeetingForm(initial=_last_meeting(request)),
        "returning": forms.ReasonForm(),
    }
    return render(request, "rectification/finding_to_sign.html", context)


def _last_meeting(request) -> dict:
    """One group meeting decides several papers: the day given for the last one is there for the next."""
    day = request.session.get("meeting_on")
    return {"date": day} if day else {}


def _next_on_desk(request):
    """Where a signature leads: to the paper, or back to the desk where the step was taken from (`?desk=` names the next one)."""

    def url(finding: Finding) -> str:
        if finding.meeting_on:
            request.session["meeting_on"] = finding.meeting_on.isoformat()
        if "desk" not in request.GET:
            return finding.get_absolute_url()
        return f"{reverse('rectification:findings_to_sign')}?{urlencode({'at': request.GET['desk']})}"

    return url


@either
def edit(request, number: str):
    """Change a draft."""
    finding = _one(request, number)
    kwargs = {
        "assignment": finding.assignment,
        "user": request.user,
        "finding": finding,
        "initial": forms.initial_of(finding, request.user),
    }
    return step_view(request, finding, FINDING, "edit", forms.PaperForm, workflow.edit, form_kwargs=kwargs)


@either
def attach_evidence(request, number: str):
    """Add files."""
    return _step(request, number, "attach_evidence", forms.EvidenceForm, workflow.attach_evidence)


@either
def submit(request, number: str):
    """Put before the group meeting."""
    return _step(request, number, "submit", forms.ConfirmForm, workflow.submit)


@either
def send_back(request, number: str):
    """Back to its writer."""
    return _step(request, number, "send_back", forms.ReasonForm, workflow.send_back, to=_next_on_desk(request))


@either
def sign(request, number: str):
    """The leader's signature."""
    kwargs = {"initial": _last_meeting(request)}
    return _step(request, number, "sign", forms.MeetingForm, workflow.sign, form_kwargs=kwargs, to=_next_on_desk(request))


@either
def use(request, number: str):
    """Into the report."""
    return _step(request, number, "use", forms.ConfirmForm, workflow.use)


@either
def correct_at_once(request, number: str):
    """立行立改."""
    return _step(request, number, "correct_at_once", forms.DueForm, workflow.correct_at_once)


@either
def to_clue(request, number: str):
    """Make it a clue; leads to the clue."""
    finding = _one(request, number)
    initial = {"discipline": finding.discipline, "matter": finding.opened().get("fact", "")}
    return step_view(
        request,
        finding,
        FINDING,
        "to_clue",
        ClueForm,
        workflow.to_clue,
        form_kwargs={"initial": initial},
        to=lambda clue: clue.get_absolute_url(),
    )


@either
def drop(request, number: str):
    """Not used."""
    return _step(request, number, "drop", forms.ReasonForm, workflow.drop)


@either
def restore(request, number: str):
    """A draft again."""
    return _step(request, number, "restore", forms.ReasonForm, workflow.restore)


def _step(request, number: str, verb: str, form_class, perform, **options):
    return step_view(request, _one(request, number), FINDING, verb, form_class, perform, **options)


@require_safe
def finding_paper(request, number: str):
    """The paper for signature (问题底稿审批单) as PDF, numbered and put on record."""
    finding = _one(request, number)
    marks = marked("print", finding, by=request.user, petitions=finding.sources.all())
    printed = paper.print_report(documents.paper_report(finding), marks)
    return pdf(printed, f"{_('问题底稿审批单')}_{finding.number}.pdf")


def pdf(printed, name: str) -> HttpResponse:
    """A printed document, to be read in the browser's own viewer or kept under `name`."""
    headers = {"Content-Disposition": content_disposition_header(False, name)}
    return HttpResponse(printed.content, content_type="application/pdf", headers=headers)


@require_safe
def finding_evidence(request, number: str, serial: int):
    """One piece of evidence, to be kept; each download is put on record."""
    finding = _one(request, number)
    evidence = get_object_or_404(finding.evidence.select_related("file"), number=serial)
    if request.method == "GET":
        record("download", finding, by=request.user, facts={"evidence": serial})
    headers = {
        "Content-Disposition": content_disposition_header(True, f"{evidence.label}_{evidence.file.name}"),
        "Content-Length": evidence.file.size,
    }
    return StreamingHttpResponse(chunks(evidence.file), content_type=evidence.file.media_type, headers=headers)
