"""The pages of the ground floor: work list, notices, health. The audit is in `audit`."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from inspection.outbox.models import Notice
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
    page = lists.page(request, Notice.objects.visible_to(request.user), order=("-id",))
    return lists.render_list(request, "pages/notices.html", "pages/notices_part.html", {"page": page})


@require_POST
def notice(request, pk: int):
    """Mark one notice read and go where it points."""
    found = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    if found.read_at is None:
        found.read_at = timezone.now()
        found.save(update_fields=["read_at"])
    safe = url_has_allowed_host_and_scheme(found.url, allowed_hosts=None)
    return redirect(found.url if safe else "notices")


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
