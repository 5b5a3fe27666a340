"""Registering: choose a channel, fill its form, read the number out, and the next form is empty."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inspection.pages.steps import bound, place_errors
from petitions import access, intake
from petitions.forms.register import FORMS, SPOKEN, PersonFormSet, SealedForm, registrable
from petitions.models import Petition
from petitions.workflow.petition import link_repeat
from rounds.models import Channel

ICONS = {
    "call": "phone",
    "letter": "mail",
    "sms": "message",
    "email": "send",
    "box": "inbox",
    "visit": "users",
    "online": "message-2",
    "forwarded": "transfer",
}
LAST, SAVED = "petitions.last", "petitions.saved"


@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """`/petitions/new/`: by which channel it came."""
    _may(request.user)
    channels = [{"kind": kind, "label": label, "icon": ICONS[kind]} for kind, label in Channel.Kind.choices]
    return render(request, "petitions/new.html", {"channels": channels})


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, kind: str) -> HttpResponse:
    """`/petitions/new/<channel>/`: the form; saved, it comes back empty with the number to read out."""
    _may(request.user)
    last = request.session.get(LAST, {})
    asked = {"asked": request.GET.get("assignment"), "opening": request.GET.get("opening")}
    form = FORMS[kind](user=request.user, kind=kind, last=last, **asked, **bound(request))
    persons = PersonFormSet(request.POST if request.method == "POST" else None, prefix="persons")
    if request.method == "POST" and form.is_valid() & persons.is_valid():
        try:
            petition = _save(request, form, persons)
        except ValidationError as error:
            place_errors(form, error)
        else:
            _remember(request, form, petition)
            return redirect(petition if "then" in request.POST else request.get_full_path())
    assignment = _shown_assignment(form)
    context = {
        "form": form,
        "persons": persons,
        "kind": kind,
        "label": dict(Channel.Kind.choices)[kind],
        "assignment": assignment,
        "spoken": kind in SPOKEN,
        "saved": request.session.pop(SAVED, None) if request.method == "GET" else None,
    }
    return render(request, "petitions/register.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sealed(request: HttpRequest) -> HttpResponse:
    """`/petitions/new/sealed/`: a petition about a superior body; nothing of what it says is asked or kept."""
    _may(request.user)
    form = SealedForm(user=request.user, **bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            petition = intake.register_sealed(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("已登记 %(number)s，密封呈报，内容不留存。") % {"number": petition.number})
            return redirect(petition)
    return render(request, "petitions/register_sealed.html", {"form": form})


def _may(user) -> None:
    if not access.may_list(user):
        raise PermissionDenied("register")


@transaction.atomic
def _save(request: HttpRequest, form, persons) -> Petition:
    """Register; link to the first petition where one was ticked at the side. The same form a second time is the same petition."""
    given = [person for person in persons.cleaned_data if person]
    try:
        petition = intake.register(form.target(), by=request.user, persons=given, **form.facts())
    except intake.AlreadyRegistered as known:
        return known.petition
    number = request.POST.get("repeat_of", "")
    if number:
        first = Petition.objects.visible_to(request.user).filter(number=number).first()
        link_repeat(petition, by=request.user, first=first)
    return petition


def _remember(request: HttpRequest, form, petition: Petition) -> None:
    """Unit, number or box stay for the next letter of the pile; the number is shown once."""
    last = request.session.get(LAST, {}) | {"assignment": petition.assignment_id}
    last[f"channel:{form.kind}"] = petition.channel_id
    if petition.box_opening_id:
        last["opening"] = petition.box_opening_id
    request.session[LAST] = last
    request.session[SAVED] = petition.number
    messages.success(request, _("已登记：%(number)s") % {"number": petition.number})


def _shown_assignment(form):
    """The unit whose scope is shown beside the form."""
    if "assignment" not in form.fields:
        return None
    value = form["assignment"].value()
    return registrable(form.user).filter(pk=value).first() if str(value or "").isdigit() else None
