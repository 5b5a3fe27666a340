"""销毁: proposing it, the list, deciding on it, carrying it out; holding it off."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inspection.accounts.confirming import confirmed_lately
from inspection.pages import lists
from inspection.pages.steps import bound, place_errors, step_view
from inspection.trail.models import Entry
from petitions import access
from petitions.filters import DisposalFilter
from petitions.forms.custody import DestroyForm, ProposeForm
from petitions.forms.steps import NothingForm, ReasonForm
from petitions.models import Disposal, Petition
from petitions.workflow import disposal as verbs
from petitions.workflow.custody import DISPOSAL
from petitions.workflow.machines import PETITION

from .petition import in_sight

reading_and_posting = require_http_methods(["GET", "HEAD", "POST"])
ORDERS = {"number": ("number", "id"), "proposed": ("proposed_at", "id")}


@reading_and_posting
def propose(request: HttpRequest, number: str) -> HttpResponse:
    """`/petitions/<number>/dispose/`: on what ground, by which rule."""
    obj = in_sight(request.user, number)
    if not access.may_propose_disposal(request.user, obj):
        raise PermissionDenied(f"propose disposal of petition {obj.pk}")
    form = ProposeForm(petition=obj, **bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            disposal = verbs.propose(obj, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("%(number)s 已提出，由巡视办负责人批准。") % {"number": disposal.number})
            return redirect(disposal)
    return render(request, "petitions/disposal_propose.html", {"object": obj, "form": form})


@require_safe
def disposals(request: HttpRequest) -> HttpResponse:
    """`/petitions/disposals/`: what was proposed, approved and destroyed, by whom."""
    if not access.may_list_disposals(request.user):
        raise PermissionDenied("disposals")
    filters = DisposalFilter(request.GET, queryset=Disposal.objects.visible_to(request.user).for_list())
    page = lists.page(request, filters.qs, order=lists.order_from(request, ORDERS, default="-proposed"))
    context = {"page": page, "filter": filters}
    return lists.render_list(request, "petitions/disposals.html", "petitions/disposals_part.html", context)


@require_safe
def disposal(request: HttpRequest, number: str) -> HttpResponse:
    """`/petitions/disposals/<number>/`: one disposal with its three people."""
    obj = _disposal(request.user, number)
    context = {
        "object": obj,
        "machine": DISPOSAL,
        "known": Petition.objects.visible_to(request.user).filter(pk=obj.petition_id).exists(),
        "entries": Entry.objects.about(obj).select_related("note"),
    }
    return render(request, "petitions/disposal.html", context)


@reading_and_posting
def approve(request: HttpRequest, number: str) -> HttpResponse:
    """批准销毁."""
    return step_view(request, _disposal(request.user, number), DISPOSAL, "approve", NothingForm, verbs.approve)


@reading_and_posting
@confirmed_lately
def destroy(request: HttpRequest, number: str) -> HttpResponse:
    """执行销毁."""
    return step_view(request, _disposal(request.user, number), DISPOSAL, "destroy", DestroyForm, verbs.destroy)


@reading_and_posting
def refuse(request: HttpRequest, number: str) -> HttpResponse:
    """不批准."""
    return step_view(request, _disposal(request.user, number), DISPOSAL, "refuse", ReasonForm, verbs.refuse)


@reading_and_posting
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """撤回."""
    return step_view(request, _disposal(request.user, number), DISPOSAL, "withdraw", NothingForm, verbs.withdraw)


@reading_and_posting
def hold(request: HttpRequest, number: str) -> HttpResponse:
    """暂缓销毁."""
    return step_view(request, in_sight(request.user, number), PETITION, "hold", ReasonForm, verbs.hold)


@reading_and_posting
def unhold(request: HttpRequest, number: str) -> HttpResponse:
    """解除暂缓."""
    return step_view(request, in_sight(request.user, number), PETITION, "unhold", ReasonForm, verbs.unhold)


def _disposal(user, number: str) -> Disposal:
    visible = Disposal.objects.visible_to(user).for_list().select_related("petition__assignment__group__round", "papers")
    return get_object_or_404(visible, number=number)
