"""One page for each verb of a petition. The kit's `step_view` shows the form, calls the verb and says so."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from inspection.pages.steps import step_view
from petitions.forms import steps
from petitions.workflow import petition as verbs
from petitions.workflow.machines import PETITION

from .petition import in_sight

reading_and_posting = require_http_methods(["GET", "HEAD", "POST"])


@reading_and_posting
def accept(request: HttpRequest, number: str) -> HttpResponse:
    """受理."""
    obj = in_sight(request.user, number)
    return step_view(
        request,
        obj,
        PETITION,
        "accept",
        steps.AcceptForm,
        verbs.accept,
        template="petitions/petition_accept.html",
        form_kwargs={"petition": obj},
    )


@reading_and_posting
def hand_up(request: HttpRequest, number: str) -> HttpResponse:
    """呈报上级."""
    return step_view(request, in_sight(request.user, number), PETITION, "hand_up", steps.HandUpForm, verbs.hand_up)


@reading_and_posting
def link_repeat(request: HttpRequest, number: str) -> HttpResponse:
    """并为重复件; `?first=` fills the number in."""
    return step_view(
        request,
        in_sight(request.user, number),
        PETITION,
        "link_repeat",
        steps.LinkRepeatForm,
        verbs.link_repeat,
        template="petitions/petition_repeat.html",
        form_kwargs={"user": request.user, "first": request.GET.get("first", "")[:40]},
    )


@reading_and_posting
def file(request: HttpRequest, number: str) -> HttpResponse:
    """存查."""
    return step_view(request, in_sight(request.user, number), PETITION, "file", steps.ReasonForm, verbs.file)


@reading_and_posting
def check(request: HttpRequest, number: str) -> HttpResponse:
    """组内核查."""
    return step_view(request, in_sight(request.user, number), PETITION, "check", steps.NothingForm, verbs.check)


@reading_and_posting
def conclude(request: HttpRequest, number: str) -> HttpResponse:
    """办结."""
    return step_view(request, in_sight(request.user, number), PETITION, "conclude", steps.ConcludeForm, verbs.conclude)


@reading_and_posting
def retake(request: HttpRequest, number: str) -> HttpResponse:
    """收回转办."""
    return step_view(request, in_sight(request.user, number), PETITION, "retake", steps.ReasonForm, verbs.retake)


@reading_and_posting
def reopen(request: HttpRequest, number: str) -> HttpResponse:
    """重新办理."""
    return step_view(request, in_sight(request.user, number), PETITION, "reopen", steps.ReasonForm, verbs.reopen)


@reading_and_posting
def extend(request: HttpRequest, number: str) -> HttpResponse:
    """延期."""
    return step_view(request, in_sight(request.user, number), PETITION, "extend", steps.ReasonForm, verbs.extend)


@reading_and_posting
def correct(request: HttpRequest, number: str) -> HttpResponse:
    """更正."""
    obj = in_sight(request.user, number)
    return step_view(
        request,
        obj,
        PETITION,
        "correct",
        steps.CorrectForm,
        verbs.correct,
        template="petitions/petition_correct.html",
        form_kwargs={"petition": obj},
        to=lambda corrected: after_correction(request.user, corrected),
    )


def after_correction(user, corrected) -> str:
    """The petition's page; the list, where the correction just named whoever made it."""
    fresh = type(corrected).objects.visible_to(user).filter(pk=corrected.pk).first()
    return fresh.get_absolute_url() if fresh else reverse("petitions:list")


@reading_and_posting
def verify_signer(request: HttpRequest, number: str) -> HttpResponse:
    """核实署名."""
    return step_view(request, in_sight(request.user, number), PETITION, "verify_signer", steps.VerifyForm, verbs.verify_signer)


@reading_and_posting
def supplement(request: HttpRequest, number: str) -> HttpResponse:
    """补充材料."""
    return step_view(request, in_sight(request.user, number), PETITION, "supplement", steps.SupplementForm, verbs.supplement)
