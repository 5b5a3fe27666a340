"""`/audit/`: who did what to which number and when, for auditors only. No case text, not even the reasons that people typed."""

import functools
import io

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from inspection import numbers
from inspection.accounts.confirming import confirmed_before_download
from inspection.accounts.roles import Role
from inspection.documents import sheets
from inspection.documents.content import Column, Marks, Table
from inspection.trail import recording, sealing
from inspection.trail.models import Entry

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
