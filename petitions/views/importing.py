"""Importing a sheet: upload, look at what was found, confirm, watch."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspection.documents.sheets import SheetRefused
from inspection.pages import lists
from inspection.pages.steps import bound
from inspection.vault.files import Refused
from petitions import access
from petitions.forms.importing import UploadForm
from petitions.importing import batches, cells, columns
from petitions.models import ImportBatch

PROBLEMS_SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """`/petitions/import/`: choose a sheet; below, the imports so far. Nothing is imported here."""
    _may_import(request.user)
    form = UploadForm(user=request.user, **bound(request))
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        facts = {"by": request.user, "assignment": asked["assignment"], "channel_kind": asked["channel_kind"]}
        try:
            batch = batches.upload(asked["file"], asked["file"].name, asked["kind"], **facts)
        except SheetRefused as refused:
            form.add_error("file", str(refused))
        except Refused as refused:
            form.add_error("file", refused)
        else:
            return redirect(batch)
    found = ImportBatch.objects.visible_to(request.user).select_related("assignment__unit", "uploaded_by")
    page = lists.page(request, found, per_page=15, order=("-id",))
    context = {"form": form, "page": page, "fields": _field_rows()}
    return lists.render_list(request, "petitions/imports.html", "petitions/imports_part.html", context)


@require_safe
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """`/petitions/import/<pk>/`: what was found in the sheet, and how far its import is."""
    obj = _in_sight(request.user, pk)
    known = columns.fields(obj.kind)
    # Nothing of it is registered yet, so nobody it names is kept out yet: only who has the sheet anyway reads from it.
    sample = batches.sample(obj) if obj.uploaded_by_id == request.user.pk else {}
    headers = obj.columns.get("headers", [])
    context = {
        "object": obj,
        "mapping": [
            {"letter": _letter(place), "header": headers[place], "field": known[key].label}
            for key, place in obj.columns.get("places", {}).items()
        ],
        "unused": obj.columns.get("unused", []),
        "sample": {"heads": [known[key].label for key in sample.get("fields", [])], "rows": sample.get("rows", [])},
        "problems": [problem | {"reason": cells.PROBLEMS[problem["code"]]} for problem in obj.problems[:PROBLEMS_SHOWN]],
        "more_problems": max(len(obj.problems) - PROBLEMS_SHOWN, 0),
        "bad": obj.total - obj.good - obj.known,
        "may_confirm": obj.state == ImportBatch.State.CHECKED,
        "progress": _progress(obj),
    }
    return render(request, "petitions/import.html", context)


@require_safe
def batch_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The bar alone, asked for every second while a worker imports; the whole page once it is done."""
    obj = _in_sight(request.user, pk)
    response = render(request, "petitions/import_progress.html", {"object": obj, "progress": _progress(obj)})
    if obj.state in (ImportBatch.State.DONE, ImportBatch.State.FAILED):
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
def batch_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the worker import it."""
    obj = _in_sight(request.user, pk)
    if batches.confirm(obj, by=request.user):
        messages.success(request, _("已交由后台导入，可以离开本页。"))
    else:
        messages.warning(request, _("此批次已在处理，或没有可导入的行。"))
    return redirect(obj)


@require_POST
def batch_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it up."""
    obj = _in_sight(request.user, pk)
    if batches.discard(obj, by=request.user):
        messages.success(request, _("已放弃，上传的文件已销毁。"))
        return redirect("petitions:imports")
    messages.warning(request, _("此批次已在处理，不能放弃。"))
    return redirect(obj)


def _may_import(user) -> None:
    if not (access.may_import_categories(user) or access.may_import_somewhere(user)):
        raise PermissionDenied("import")


def _in_sight(user, pk: int) -> ImportBatch:
    obj = get_object_or_404(
        ImportBatch.objects.visible_to(user).select_related(
            "assignment__unit", "assignment__group__round", "uploaded_by", "file", "sample"
        ),
        pk=pk,
    )
    allowed = access.may_import(user, obj.assignment) if obj.assignment else access.may_import_categories(user)
    if not allowed:
        raise PermissionDenied(f"import {pk}")
    return obj


def _progress(obj: ImportBatch) -> dict | None:
    """How far a worker is; None when none is at it."""
    if obj.state not in (ImportBatch.State.WAITING, ImportBatch.State.RUNNING):
        return None
    return {"done": obj.done, "total": obj.total, "percent": obj.done * 100 // max(obj.total, 1)}


def _letter(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _field_rows() -> list[dict]:
    """What a sheet of petitions may hold, for the help beside the form."""
    return [
        {"label": field.label, "headers": "、".join(field.headers[:4]), "required": field.required}
        for field in columns.PETITION_FIELDS
    ]
