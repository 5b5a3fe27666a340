"""原件随转: asking that the original goes along with a slip, and deciding on it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inspection.pages.steps import bound, place_errors, step_view
from inspection.trail.models import Entry
from petitions import access
from petitions.forms.custody import AskOriginalForm
from petitions.forms.steps import NothingForm, ReasonForm
from petitions.models import OriginalRelease
from petitions.workflow import original as verbs
from petitions.workflow.custody import ORIGINAL
from petitions.workflow.petition import note_reading

from .slip import slip_in_sight

reading_and_posting = require_http_methods(["GET", "HEAD", "POST"])


@reading_and_posting
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """`/petitions/slips/<number>/original/`: what of the original is to go along, and why."""
    slip = slip_in_sight(request.user, number)
    if not access.may_follow_slip(request.user, slip):
        raise PermissionDenied(f"ask for the original of slip {slip.pk}")
    form = AskOriginalForm(petition=slip.petition, **bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            release = verbs.ask(slip, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("申请已提交，由巡视办负责人或组长审批。"))
            return redirect(release)
    return render(request, "petitions/original_ask.html", {"object": slip, "form": form})


@require_safe
def original(request: HttpRequest, pk: int) -> HttpResponse:
    """`/petitions/slips/originals/<pk>/`: what would go along, as the receiver would read it; an entry of the trail."""
    obj = _release(request.user, pk)
    text = verbs.text_of(obj)
    if text:
        note_reading(obj.petition, by=request.user)
    context = {
        "object": obj,
        "machine": ORIGINAL,
        "text": text,
        "attachments": obj.attachments.select_related("file", "petition"),
        "entries": Entry.objects.about(obj).select_related("note"),
    }
    return render(request, "petitions/original.html", context)


@reading_and_posting
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """批准随转."""
    return step_view(request, _release(request.user, pk), ORIGINAL, "approve", NothingForm, verbs.approve)


@reading_and_posting
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """不批准."""
    return step_view(request, _release(request.user, pk), ORIGINAL, "refuse", ReasonForm, verbs.refuse)


@reading_and_posting
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """撤回申请."""
    return step_view(request, _release(request.user, pk), ORIGINAL, "withdraw", NothingForm, verbs.withdraw)


def _release(user, pk: int) -> OriginalRelease:
    release = get_object_or_404(OriginalRelease.objects.visible_to(user).for_page(), pk=pk)
    access.known_visible(user, [release.petition])
    return release
