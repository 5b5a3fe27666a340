"""The register as a workbook: asked for, numbered, recorded, handed out."""

import tempfile
from itertools import chain

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inspection.accounts.confirming import confirmed_before_download, confirmed_lately
from inspection.pages.lists import BadParameter
from inspection.pages.steps import bound
from inspection.trail.recording import record
from inspection.vault import files
from petitions import access, exporting
from petitions.forms.export import ExportForm
from petitions.models import RegisterExport


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_lately
def export(request: HttpRequest) -> HttpResponse:
    """`/petitions/export.xlsx?…`: GET says how many rows would go out and asks for their mark; POST hands the workbook out."""
    query = request.GET.urlencode()
    petitions = exporting.chosen(request.user, query)
    if petitions is None:
        raise BadParameter("filter")
    if not access.may_take_out(request.user, petitions):
        messages.error(request, _("所选信访件含工作秘密，只能由巡视办或本组组长、副组长导出；请缩小筛选范围后再导出。"))
        return redirect(f"{reverse('petitions:list')}?{query}")
    total = petitions.count()
    form = ExportForm(least=exporting.least_mark(petitions), **bound(request))
    if request.method == "POST" and form.is_valid():
        made = exporting.begin(by=request.user, query=query, mark=form.cleaned_data["mark"], total=total)
        return _handed_out(made, petitions) if total <= exporting.AT_ONCE else redirect(made)
    context = {
        "form": form,
        "total": total,
        "filters": exporting.active_filters(query),
        "query": query,
        "large": total > exporting.AT_ONCE,
    }
    return render(request, "petitions/export.html", context)


@require_safe
def export_run(request: HttpRequest, number: str) -> HttpResponse:
    """`/petitions/exports/<number>/`: how far a large export is, and its file."""
    obj = _mine(request.user, number)
    return render(request, "petitions/export_run.html", {"object": obj, "progress": _progress(obj)})


@require_safe
def export_progress(request: HttpRequest, number: str) -> HttpResponse:
    """The bar alone."""
    obj = _mine(request.user, number)
    response = render(request, "petitions/export_progress.html", {"object": obj, "progress": _progress(obj)})
    if obj.state not in exporting.LIVE:
        response.headers["HX-Refresh"] = "true"
    return response


@require_safe
@confirmed_before_download
def export_file(request: HttpRequest, number: str) -> HttpResponse:
    """The workbook that the worker made, for whoever asked for it."""
    obj = _mine(request.user, number)
    if obj.file is None or exporting.chosen(request.user, "") is None or not exporting.may_fetch(request.user, obj):
        raise Http404("no file")
    blocks = files.chunks(obj.file)
    try:
        first = next(blocks)
    except files.Destroyed:
        raise Http404("destroyed") from None
    record("download", obj, by=request.user, facts={"sha256": obj.file.sha256[:12]})
    headers = {
        "Content-Disposition": content_disposition_header(True, obj.file.name),
        "Content-Length": obj.file.size,
    }
    return StreamingHttpResponse(chain([first], blocks), content_type=exporting.TYPE, headers=headers)


def _handed_out(made: RegisterExport, petitions) -> HttpResponse:
    workbook = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    exporting.write(made, petitions, workbook)
    workbook.seek(0)
    return FileResponse(workbook, as_attachment=True, filename=exporting.file_name(made), content_type=exporting.TYPE)


def _mine(user, number: str) -> RegisterExport:
    return get_object_or_404(RegisterExport.objects.visible_to(user).select_related("made_by", "file", "filters"), number=number)


def _progress(obj: RegisterExport) -> dict | None:
    if obj.state not in exporting.LIVE:
        return None
    return {"done": obj.done, "total": obj.total, "percent": obj.done * 100 // max(obj.total, 1)}
