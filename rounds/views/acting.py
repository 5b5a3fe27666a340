"""One way to answer a form whose verb has no state machine behind it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from inspection.pages.steps import bound, place_errors
from inspection.trail.models import Entry

__all__ = ["act", "at_once", "bound", "history", "require"]


def history(obj, *rows):
    """Trail entries on an object and on everything in the querysets `rows`, oldest first."""
    wanted = Q(object_type=obj._meta.label_lower, object_id=obj.pk)
    for some in rows:
        wanted |= Q(object_type=some.model._meta.label_lower, object_id__in=some.order_by().values("pk"))
    return Entry.objects.filter(wanted).select_related("note").order_by("id")


def require(allowed: bool, what: str) -> None:
    """403 unless `allowed`."""
    if not allowed:
        raise PermissionDenied(what)


def act(request, form, perform, *, title, submit, back, to, done="", lead="", template="rounds/form.html", **context):
    """Show a form; when it is sent and sound, call `perform(cleaned_data)`, say so and go on.

    back  (address, label) of the page it belongs to
    to    where success leads: an address, or a function of what `perform` returned
    done  success sentence without case text
    A ValidationError of the verb goes beside the fields it names.
    """
    if request.method == "POST" and form.is_valid():
        try:
            result = perform(form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, done or _("已保存。"))
            return redirect(to(result) if callable(to) else to)
    page = {"form": form, "title": title, "submit": submit, "back_url": back[0], "back_label": back[1], "lead": lead}
    return render(request, template, page | context)


def at_once(request, perform, *, to: str, done: str):
    """Do what a button asks without a form of its own; what is wrong with it is said on the page it leads to."""
    try:
        perform()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect(to)
