"""The bodies that petitions are passed on to."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inspection.pages import lists
from inspection.pages.steps import bound
from inspection.trail.recording import record
from petitions import access
from petitions.forms.slip import AgencyForm
from petitions.models import Agency
from rounds import access as rounds_access

reading_and_posting = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def agencies(request: HttpRequest) -> HttpResponse:
    """`/petitions/agencies/`: all of them, those out of use at the end."""
    configures = rounds_access.may_configure(request.user)
    if not (configures or access.may_list(request.user)):
        raise PermissionDenied("agencies")
    found = Agency.objects.select_related("unit").annotate(passed_on=Count("slips"))
    page = lists.page(request, found, order=("-active", "kind", "name", "id"))
    context = {"page": page, "configures": configures}
    return lists.render_list(request, "petitions/agencies.html", "petitions/agencies_part.html", context)


@reading_and_posting
def agency_new(request: HttpRequest) -> HttpResponse:
    """`/petitions/agencies/new/`."""
    return _edit(request, Agency())


@reading_and_posting
def agency(request: HttpRequest, pk: int) -> HttpResponse:
    """`/petitions/agencies/<pk>/`: change it. Slips keep the name it had."""
    return _edit(request, get_object_or_404(Agency, pk=pk))


def _edit(request: HttpRequest, obj: Agency) -> HttpResponse:
    if not rounds_access.may_configure(request.user):
        raise PermissionDenied("agency")
    form = AgencyForm(instance=obj, user=request.user, **bound(request))
    if request.method == "POST" and form.is_valid():
        verb = "edit" if obj.pk else "create"
        with transaction.atomic():
            saved = form.save()
            record(verb, saved, by=request.user, facts={"changed": sorted(form.changed_data)})
        messages.success(request, _("承办单位已保存。"))
        return redirect("petitions:agencies")
    return render(request, "petitions/agency.html", {"form": form, "object": obj})
