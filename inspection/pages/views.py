"""The pages of the ground floor: work list, notices, audit, health."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from inspection.accounts.roles import Role
from inspection.trail import sealing
from inspection.trail.models import Entry
from inspection.vault import keys

from . import health, home, lists


@require_safe
def work_list(request):
    """`/`: what waits for the person who looks."""
    return render(request, "pages/home.html", {"panels": home.panels(request.user), "today": timezone.localtime()})


@require_http_methods(["GET", "HEAD", "POST"])
def notices(request):
    """The in-box; POST marks everything read."""
    if request.method == "POST":
        request.user.notices.unread().update(read_at=timezone.now())
        messages.success(request, _("通知已全部标为已读。"))
        return redirect("notices")
    page = lists.page(request, request.user.notices.all(), order=("-id",))
    return lists.render_list(request, "pages/notices.html", "pages/notices_part.html", {"page": page})


@require_POST
def notice(request, pk: int):
    """Mark one notice read and go where it points."""
    found = get_object_or_404(request.user.notices, pk=pk)
    if found.read_at is None:
        found.read_at = timezone.now()
        found.save(update_fields=["read_at"])
    safe = url_has_allowed_host_and_scheme(found.url, allowed_hosts=None)
    return redirect(found.url if safe else "notices")


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


@require_safe
def audit(request):
    """`/audit/`: who did what to which number and when; the newest seal for comparison with a printed one. Auditors only."""
    if not request.user.has_role(Role.AUDITOR):
        raise PermissionDenied("audit")
    asked = AuditFilter(request.GET)
    context = {
        "page": lists.page(request, asked.entries(), per_page=50, order=("-id",)),
        "filter": asked,
        "seal": sealing.newest(),
    }
    return lists.render_list(request, "pages/audit.html", "pages/audit_part.html", context)


@require_GET
@login_not_required
def alive(request):
    """`/healthz`: the process answers. Asks nothing else, so that a slow database does not get the process killed."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_GET
@login_not_required
def ready(request):
    """`/readyz`: can this node do its work? 503 when a part is missing. The worker's age is information only."""
    parts = {"database": health.database, "broker": health.broker, "storage": health.storage, "keys": keys.ring}
    found = health.check(parts)
    body = {"ready": all(found.values()), "parts": found}
    if found["database"]:
        body["worker_seen_seconds_ago"] = health.worker_age()
    return JsonResponse(body, status=200 if body["ready"] else 503)
