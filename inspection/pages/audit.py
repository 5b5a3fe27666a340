"""`/audit/`: who did what to which number and when, for auditors only. No case text, not even the reasons that people typed."""

import functools
import io

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from inspection import numbers
from inspection.accounts.confirming import confirmed_before_download
from inspection.accounts.roles import Role
from inspection.documents import sheets
from inspection.documents.content import Column, Marks, Table
from inspection.outbox.posting import post
from inspection.trail import exporting, recording, sealing, verifying
from inspection.trail.models import Entry, Verification

from . import lists, sentences

COPIES = "SJ-DC"  # prefix of the copy numbers of exported trails
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
INTERNAL = gettext_lazy("内部资料，注意保管")


class AuditFilter(forms.Form):
    """What the auditor may ask for."""

    number = forms.CharField(label=gettext_lazy("编号"), required=False, max_length=60)
    who = forms.CharField(label=gettext_lazy("操作人"), required=False, max_length=100)
    verb = forms.CharField(label=gettext_lazy("动作代码"), required=False, max_length=40)
    since = forms.DateField(label=gettext_lazy("起始日期"), required=False)
    until = forms.DateField(label=gettext_lazy("终止日期"), required=False)

    LOOKUPS = {
        "number": "number__icontains",
        "who": "actor_name__icontains",
        "verb": "verb",
        "since": "at__date__gte",
        "until": "at__date__lte",
    }

    def entries(self):
        """The trail entries asked for; a field that makes no sense is left out and named beside itself."""
        self.is_valid()
        given = {self.LOOKUPS[name]: value for name, value in self.cleaned_data.items() if value}
        return Entry.objects.filter(**given)


def for_auditors(view):
    """Refuse everyone else (403)."""

    @functools.wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.has_role(Role.AUDITOR):
            raise PermissionDenied("audit")
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@for_auditors
def audit(request):
    """The trail, newest first, with the newest seal for comparison with a printed one."""
    asked = AuditFilter(request.GET)
    context = {
        "page": lists.page(request, asked.entries(), per_page=50, order=("-id",)),
        "filter": asked,
        "seal": sealing.newest(),
        "verification": Verification.objects.order_by("pk").last(),
    }
    return lists.render_list(request, "pages/audit.html", "pages/audit_part.html", context)


@require_safe
@for_auditors
@confirmed_before_download
@transaction.atomic
def export(request):
    """What the filters leave, as XLSX with a copy number; exporting is an entry itself."""
    asked = AuditFilter(request.GET)
    found = asked.entries().order_by("id")
    now, seal = timezone.localtime(), sealing.newest()
    copy = f"{COPIES}-{now.year}-{numbers.take(COPIES, now.year):06d}"
    table = Table(_("操作留痕"), COLUMNS, _rows(found))
    out = io.BytesIO()
    mark = Marks(force_str(INTERNAL), copy, now, request.user.name, seal.digest if seal else "")
    count = sheets.write(table, out, mark)
    recording.record("export_trail", request.user, by=request.user, facts={"copy": copy, "count": count})
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=f"{table.title}_{copy}.xlsx", content_type=XLSX)


@require_safe
@for_auditors
@confirmed_before_download
def export_lines(request):
    """The days asked for as JSON lines with their seals, to be checked elsewhere; exporting is an entry itself."""
    asked = AuditFilter(request.GET)
    asked.is_valid()
    days = {name: asked.cleaned_data.get(name) for name in ("since", "until")}
    with transaction.atomic():
        now = timezone.localtime()
        copy = f"{COPIES}-{now.year}-{numbers.take(COPIES, now.year):06d}"
        facts = {"copy": copy} | {name: day.isoformat() for name, day in days.items() if day}
        recording.record("export_trail_lines", request.user, by=request.user, facts=facts)
    response = StreamingHttpResponse(exporting.lines(**days), content_type="application/x-ndjson")
    response.headers["Content-Disposition"] = f'attachment; filename="{copy}.jsonl"'
    return response


@require_POST
@for_auditors
@transaction.atomic
def verify(request):
    """Put a run of every check before the workers; one at a time."""
    if verifying.open_run() is None:
        verification = Verification.objects.create(asked_by=request.user)
        post("verify", f"verify:{verification.pk}", {"id": verification.pk})
        messages.success(request, _("核验已开始，完成后结果显示在本页。"))
    else:
        messages.warning(request, _("已有一次核验正在进行。"))
    return redirect("audit")


@require_safe
@for_auditors
def verification(request):
    """The newest run, as part of the page; by itself it would be a bare piece."""
    if not request.htmx:
        return redirect("audit")
    return render(request, "pages/verification.html", {"verification": Verification.objects.order_by("pk").last()})


COLUMNS = (
    Column(gettext_lazy("留痕号"), 10),
    Column(gettext_lazy("时间"), 18, "datetime"),
    Column(gettext_lazy("操作人"), 14),
    Column(gettext_lazy("编号"), 22),
    Column(gettext_lazy("所做操作"), 50),
    Column(gettext_lazy("代码"), 30),
)


def _rows(entries):
    for entry in entries.iterator(chunk_size=2000):
        code = f"{entry.object_type}.{entry.verb}"
        yield str(entry.pk), entry.at, entry.actor_name or _("系统"), entry.number, sentences.sentence(entry), code
