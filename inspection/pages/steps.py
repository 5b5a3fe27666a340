"""One page for every verb: show its form, take it, say so."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from inspection.trail.models import Entry
from inspection.workflow import StepRefused

from . import sentences
from .forms import shown
from .lists import BadParameter


def step_view(
    request,
    obj,
    machine,
    verb: str,
    form_class: type[forms.BaseForm],
    perform,
    *,
    template: str = "parts/step.html",
    form_kwargs: dict | None = None,
    context: dict | None = None,
    done: str = "",
    to=None,
):
    """The page of one step on one object.

    1. refuse who may not (403) and what has moved on (409); 2. GET shows the form with the object's version hidden in it;
    3. a POST from a page that somebody's step has overtaken comes back (409) as it was typed, with what happened meanwhile and
    what now reads differently; 4. POST validates and calls `perform(obj, by=request.user, seen=version, **form.cleaned_data)`;
    5. what the verb finds wrong goes beside its field; 6. success says so with the object's number and leads to the object.

    obj          already narrowed by `visible_to(request.user)`
    perform      the floor's verb function
    form_kwargs  more keyword arguments for the form's constructor
    done         success sentence without case text; "%(number)s" is filled in
    to           where success leads; callable(result) or URL; the object's page when left out
    Raises PermissionDenied, StepRefused, BadParameter (version); the middleware turns the last two into their pages.
    """
    step = machine[verb]
    if not step.allowed(request.user, obj):
        raise PermissionDenied(f"{verb} on {obj._meta.label_lower} {obj.pk}")
    if obj.state not in step.sources:
        raise StepRefused(obj, step)
    version = obj.version
    form = form_class(**(form_kwargs or {}), **bound(request))
    overtaken = {}
    if request.method == "POST":
        seen = _version(request)
        if seen != version:
            overtaken = _overtaken(obj, form, seen, request.user)
        elif form.is_valid():
            try:
                result = perform(obj, by=request.user, seen=seen, **form.cleaned_data)
            except ValidationError as error:
                place_errors(form, error)
            else:
                words = done or _("%(number)s：%(step)s，已完成。")
                messages.success(request, words % {"number": getattr(obj, "number", obj.pk), "step": step.label})
                return redirect(_target(to, result, obj))
    page = {
        "object": obj,
        "machine": machine,
        "step": step,
        "target_label": dict(machine.states.choices).get(step.target, ""),
        "form": form,
        "version": version,
    }
    return render(request, template, page | (context or {}) | overtaken, status=409 if overtaken else 200)


def _overtaken(obj, form, seen: int, user) -> dict:
    """Context for a form that was filled in while somebody else took a step that leaves this one possible: nothing is done,
    nothing typed is lost, and what happened since, and what now reads differently, stands above it.

    seen  the version the person looked at; each step adds one to it
    """
    acts = Entry.objects.about(obj).acts().reverse()
    since = sentences.as_read_by(list(acts[: max(obj.version - seen, 1)])[::-1], obj, user)
    return {"since": since, "differences": differences(form)}


def differences(form) -> list[tuple[str, str, str]]:
    """[(label, as it is now, as typed)] of the fields that hold something now and were typed differently."""
    found = []
    for field in form.visible_fields():
        now, typed = field.initial, field.value()
        if now in (None, "", [], ()) or isinstance(field.field, forms.FileField) or not field.field.has_changed(now, typed):
            continue
        both = shown(field, now), shown(field, typed)
        if both[0] != both[1]:  # the box of a moment holds no seconds: to the reader nothing differs
            found.append((field.label, *both))
    return found


def bound(request) -> dict:
    """Keyword arguments that bind a form on POST and leave it blank on GET."""
    return {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}


def place_errors(form, error: ValidationError) -> None:
    """Put a verb's ValidationError beside the fields it names; the rest stands on top of the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def _version(request) -> int:
    try:
        return int(request.POST.get("version", ""))
    except ValueError:
        raise BadParameter("version") from None


def _target(to, result, obj) -> str:
    if callable(to):
        return to(result)
    return to or obj.get_absolute_url()
