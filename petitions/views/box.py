"""Suggestion boxes: who opened which when, how many letters, how many of them are registered."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inspection.pages import lists
from inspection.pages.steps import bound, place_errors
from inspection.trail.models import Entry
from petitions import access
from petitions.forms.box import OpeningForm, RecountForm
from petitions.models import BoxOpening, Petition
from petitions.workflow.box import open_box, recount


@require_safe
def boxes(request: HttpRequest) -> HttpResponse:
    """`/petitions/boxes/`: every opening with letters counted and registered."""
    if not access.may_list(request.user):
        raise PermissionDenied("boxes")
    openings = BoxOpening.objects.visible_to(request.user).for_list(request.user)
    page = lists.page(request, openings, order=("-opened_at", "-id"))
    return lists.render_list(request, "petitions/boxes.html", "petitions/boxes_part.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def box_new(request: HttpRequest) -> HttpResponse:
    """`/petitions/boxes/new/`: record an opening."""
    if not access.may_list(request.user):
        raise PermissionDenied("open box")
    form = OpeningForm(user=request.user, **bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            opening = open_box(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("开箱已记录。"))
            return redirect(opening)
    return render(request, "petitions/box_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def box(request: HttpRequest, pk: int) -> HttpResponse:
    """`/petitions/boxes/<pk>/`: one opening and its letters; POST corrects the count."""
    opening = get_object_or_404(BoxOpening.objects.visible_to(request.user).for_list(request.user), pk=pk)
    form = RecountForm(**bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            recount(opening, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("信件数已更正。"))
            return redirect(opening)
    letters = Petition.objects.visible_to(request.user).for_list().filter(box_opening=opening).order_by("number")
    entries = Entry.objects.about(opening).select_related("note")
    context = {"object": opening, "letters": letters, "form": form, "entries": entries}
    return render(request, "petitions/box.html", context)
