"""Pages of the talent pool."""

import copy

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspection.pages import lists
from rounds import access, workflow
from rounds.filters import PersonFilter
from rounds.forms.group import ReasonForm
from rounds.forms.person import PersonForm, RecusalForm, RelativeForm
from rounds.models import Person, Recusal, Relative, Unit
from rounds.views.acting import act, at_once, bound, history, require
from rounds.views.rounds import FORM

ORDERS, ORDER = {"name": ("name", "id"), "code": ("code",), "employer": ("employer__name", "name", "id")}, "name"


@require_safe
def person_list(request):
    """`/people/`."""
    people = Person.objects.visible_to(request.user).select_related("employer", "user")
    filters = PersonFilter(request.GET, queryset=people, request=request)
    page = lists.page(request, filters.qs, order=lists.order_from(request, ORDERS, ORDER))
    context = {"page": page, "filter": filters, "may_configure": access.may_configure(request.user)}
    return lists.render_list(request, "rounds/people.html", "rounds/people_part.html", context)


def one_person(request, pk: int) -> Person:
    """The person, if the reader may know of them; else 404."""
    return get_object_or_404(Person.objects.visible_to(request.user).select_related("employer", "user"), pk=pk)


@require_safe
def person_page(request, pk: int):
    """One person. What recusal is matched on is shown to the person and to those who configure only."""
    person, user = one_person(request, pk), request.user
    full = access.may_declare(user, person)
    recusals = person.recusals.select_related("unit", "declared_by") if full else ()
    context = {
        "person": person,
        "full": full,
        "own": person.user_id == user.pk,
        "may_edit": access.may_edit_person(user, person),
        "appointments": person.appointments.select_related("group__round").order_by("-starts_on", "-pk") if full else (),
        "former": person.former_employers.all() if full else (),
        "relatives": person.relatives.select_related("unit") if full else (),
        "recusals": [{"recusal": recusal, "may_lift": access.may_lift_recusal(user, recusal)} for recusal in recusals],
        "entries": history(person, person.appointments.all(), person.recusals.all()) if access.may_configure(user) else None,
    }
    return render(request, "rounds/person.html", context)


@require_http_methods(FORM)
def new_person(request):
    """Enter somebody in the pool."""
    require(access.may_configure(request.user), "add person")
    return act(
        request,
        PersonForm(**bound(request)),
        lambda data: workflow.add_person(by=request.user, **data),
        title=_("新增人员"),
        submit=_("保存"),
        back=(reverse("rounds:people"), _("人员")),
        to=lambda person: person.get_absolute_url(),
    )


@require_http_methods(FORM)
def edit_person(request, pk: int):
    """Correct what the pool knows."""
    person = one_person(request, pk)
    require(access.may_edit_person(request.user, person), "edit person")
    return act(
        request,
        PersonForm(**bound(request), instance=copy.copy(person)),
        lambda data: workflow.edit_person(person, by=request.user, **data),
        title=_("修改人员"),
        submit=_("保存"),
        back=(person.get_absolute_url(), person.name),
        to=person.get_absolute_url(),
    )


@require_http_methods(FORM)
def new_relative(request, pk: int):
    """Declare a relative."""
    person = one_person(request, pk)
    require(access.may_declare(request.user, person), "declare relative")
    return act(
        request,
        RelativeForm(**bound(request)),
        lambda data: workflow.add_relative(person, by=request.user, **data),
        title=_("申报亲属"),
        submit=_("保存"),
        lead=_("配偶、直系亲属和近姻亲在被巡视单位工作的，都要申报。"),
        back=(person.get_absolute_url(), person.name),
        to=person.get_absolute_url(),
        done=_("已申报。"),
    )


@require_POST
def remove_relative(request, pk: int):
    """Take a declaration back."""
    people = Person.objects.visible_to(request.user)
    relative = get_object_or_404(Relative.objects.filter(person__in=people).select_related("person", "unit"), pk=pk)
    person = relative.person
    require(access.may_edit_person(request.user, person), "remove relative")
    to = person.get_absolute_url()
    return at_once(request, lambda: workflow.remove_relative(relative, by=request.user), to=to, done=_("已删除。"))


@require_http_methods(FORM)
def recuse(request, pk: int):
    """Declare a recusal: one's own, or by the office for somebody."""
    person = one_person(request, pk)
    require(access.may_declare(request.user, person), "recuse")
    own = person.user_id == request.user.pk
    units = Unit.objects.visible_to(request.user).active()
    return act(
        request,
        RecusalForm(**bound(request), person=person, units=units),
        lambda data: workflow.declare_recusal(person, data["unit"], by=request.user, ground=data["ground"]),
        title=_("申报回避") if own else _("代为登记回避"),
        submit=_("申报回避"),
        lead=_("申报后立即看不到该单位的任何信访件、底稿和线索，本人不能撤回。"),
        back=(person.get_absolute_url(), person.name),
        to=person.get_absolute_url(),
        done=_("回避已申报，即时生效。"),
        tone="danger",
    )


@require_http_methods(FORM)
def lift_recusal(request, pk: int):
    """Undo a recusal recorded by mistake."""
    people = Person.objects.visible_to(request.user)
    recusals = Recusal.objects.filter(person__in=people).select_related("person", "unit")
    recusal = get_object_or_404(recusals, pk=pk)
    require(access.may_lift_recusal(request.user, recusal), "lift recusal")
    back = recusal.person.get_absolute_url()
    return act(
        request,
        ReasonForm(**bound(request)),
        lambda data: workflow.lift_recusal(recusal, by=request.user, **data),
        title=_("解除回避"),
        submit=_("解除"),
        lead=f"{recusal.person} · {recusal.unit}",
        back=(back, recusal.person.name),
        to=back,
        done=_("回避已解除。"),
        tone="danger",
    )
