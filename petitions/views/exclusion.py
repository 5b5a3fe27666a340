"""Who is kept out of a petition: one's own recusal, what the office sees of it, lifting a mistake."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspection.pages.steps import bound, place_errors, step_view
from petitions import access
from petitions.forms import steps
from petitions.models import Exclusion, Lifting, Petition
from petitions.workflow import exclusion as verbs
from petitions.workflow.machines import PETITION

from .petition import in_sight

reading_and_posting = require_http_methods(["GET", "HEAD", "POST"])


@reading_and_posting
def recuse(request: HttpRequest, number: str) -> HttpResponse:
    """本人回避; leads to the list, because the petition is out of sight from then on."""
    obj = in_sight(request.user, number)
    done = _("已对 %(number)s 回避，即时生效。")
    leads_to = reverse("petitions:list")
    return step_view(request, obj, PETITION, "recuse", steps.ReasonForm, verbs.recuse, done=done, to=lambda _taken: leads_to)


@require_safe
def exclusions(request: HttpRequest, number: str) -> HttpResponse:
    """`/petitions/<number>/exclusions/`: who is kept out and why, and what waits for a second person."""
    obj = _managed(request.user, number)
    rows = list(obj.exclusions.select_related("user", "petition__assignment").order_by("certain", "since", "pk"))
    liftings = list(obj.liftings.filter(lifted_at=None).select_related("user", "asked_by", "petition__assignment"))
    asked = {lifting.user_id for lifting in liftings}
    context = {
        "object": obj,
        "rows": [(row, row.user_id not in asked and access.may_lift(request.user, row)) for row in rows],
        "liftings": [(lifting, access.may_agree_to_lift(request.user, lifting)) for lifting in liftings],
    }
    return render(request, "petitions/exclusions.html", context)


@reading_and_posting
def lift(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """解除屏蔽 with a reason."""
    obj = _managed(request.user, number)
    row = get_object_or_404(Exclusion.objects.select_related("user", "petition__assignment"), petition=obj, pk=pk)
    if not access.may_lift(request.user, row):
        raise PermissionDenied(f"lift exclusion {pk}")
    form = steps.ReasonForm(**bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            lifting = verbs.lift(row, by=request.user, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("屏蔽已解除。") if lifting.lifted_at else _("已提出解除，待另一人同意。"))
            return _back(obj)
    return render(request, "petitions/exclusion_lift.html", {"object": obj, "row": row, "form": form})


@require_POST
def confirm(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """确认屏蔽."""
    obj = _managed(request.user, number)
    verbs.confirm(get_object_or_404(Exclusion, petition=obj, pk=pk), by=request.user)
    messages.success(request, _("屏蔽已确认。"))
    return _back(obj)


@require_POST
def agree(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """同意解除, as the second person."""
    obj = _managed(request.user, number)
    try:
        verbs.agree(get_object_or_404(Lifting, petition=obj, pk=pk), by=request.user)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        messages.success(request, _("屏蔽已解除。"))
    return _back(obj)


def _managed(user, number: str) -> Petition:
    """The petition, for those who may know who is kept out of it. Raises Http404, PermissionDenied."""
    obj = in_sight(user, number)
    if not access.may_see_exclusions(user, obj):
        raise PermissionDenied(f"exclusions of petition {obj.pk}")
    return obj


def _back(obj: Petition) -> HttpResponse:
    return redirect("petitions:exclusions", number=obj.number)
