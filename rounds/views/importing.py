"""Reading in units and people: the file is shown row by row before anything is kept."""

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from rounds import access, importing
from rounds.forms.unit import ImportForm
from rounds.views.acting import bound, require
from rounds.views.rounds import FORM

SALT = "rounds.import"
VALID_FOR = 3600  # seconds between preview and confirmation
SHOWN = 200


@require_http_methods(FORM)
def import_units(request):
    """`/units/import/`."""
    return _import(request, importing.UNITS, _("导入单位"), reverse("rounds:units"), pgettext("list", "单位"))


@require_http_methods(FORM)
def import_people(request):
    """`/people/import/`."""
    return _import(request, importing.PEOPLE, _("导入人员"), reverse("rounds:people"), _("人员"))


def _import(request, kind, title, back_url, back_label):
    """1. choose a file; 2. see what each row would do, every bad cell named; 3. confirm. The rows travel signed in the page, so
    that nothing of an import that nobody confirms is left behind.
    """
    require(access.may_configure(request.user), "import")
    context = {"kind": kind, "title": title, "back_url": back_url, "back_label": back_label}
    if request.method == "POST" and request.POST.get("rows"):
        rows = _unpacked(request, kind)
        if rows is not None:
            outcome = importing.run(kind, rows, by=request.user, keep=True, skip_bad=request.POST.get("skip") == "1")
            if outcome.kept:
                words = {"added": outcome.added, "changed": outcome.changed, "same": outcome.same, "bad": outcome.bad_rows}
                messages.success(
                    request, _("导入完成：新增 %(added)s，修改 %(changed)s，不变 %(same)s，跳过 %(bad)s 行。") % words
                )
                return redirect(back_url)
            return render(request, "rounds/import.html", context | _shown(request, kind, rows, outcome))
        messages.error(request, _("预览已过期，请重新选择文件。"))
    form = ImportForm(**(bound(request) if not request.POST.get("rows") else {}))
    if request.method == "POST" and form.is_bound and form.is_valid():
        try:
            rows = importing.read(kind, form.cleaned_data["file"], settings.IMPORT_MAX_BYTES)
        except importing.Refused as error:
            form.add_error("file", str(error))
        else:
            outcome = importing.run(kind, rows, by=request.user, keep=False)
            return render(request, "rounds/import.html", context | _shown(request, kind, rows, outcome))
    return render(request, "rounds/import.html", context | {"form": form})


def _shown(request, kind, rows, outcome) -> dict:
    packed = signing.dumps({"kind": kind.name, "user": request.user.pk, "rows": rows}, salt=SALT, compress=True)
    return {"outcome": outcome, "packed": packed, "done": outcome.done[:SHOWN], "wrong": outcome.wrong[:SHOWN], "shown": SHOWN}


def _unpacked(request, kind):
    """The rows the person saw, or None when they are too old, somebody else's or not ours."""
    try:
        packed = signing.loads(request.POST["rows"], salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        return None
    if packed["kind"] != kind.name or packed["user"] != request.user.pk:
        return None
    return packed["rows"]
