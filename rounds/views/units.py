"""Pages of the catalogue of units."""

import copy

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspection.pages import lists
from rounds import access, workflow
from rounds.filters import UnitFilter
from rounds.forms.unit import CategoryForm, CloseUnitForm, EditUnitForm, LiaisonForm, RenameUnitForm, UnitForm
from rounds.lineage import Lineage
from rounds.models import Assignment, Category, Liaison, Unit
from rounds.views.acting import act, at_once, bound, history, require
from rounds.views.rounds import FORM

ORDERS, ORDER = {"name": ("name", "id"), "code": ("code",), "category": ("category__order", "name", "id")}, "category"


@require_safe
def unit_list(request):
    """`/units/`."""
    units = Unit.objects.visible_to(request.user).select_related("category", "parent", "successor")
    filters = UnitFilter(request.GET, queryset=units, request=request)
    page = lists.page(request, filters.qs, order=lists.order_from(request, ORDERS, ORDER))
    context = {"page": page, "filter": filters, "may_configure": access.may_configure(request.user)}
    return lists.render_list(request, "rounds/units.html", "rounds/units_part.html", context)


def one_unit(request, pk: int) -> Unit:
    """The unit, if the reader may know of it; else 404."""
    return get_object_or_404(Unit.objects.visible_to(request.user).select_related("category", "parent", "successor"), pk=pk)


def _configured(request, pk: int) -> Unit:
    unit = one_unit(request, pk)
    require(access.may_configure(request.user), "configure unit")
    return unit


@require_safe
def unit_page(request, pk: int):
    """One unit: its inspections, those under earlier names included, its liaisons, its names."""
    unit, user = one_unit(request, pk), request.user
    earlier = Lineage().predecessors(unit.pk)
    held = Assignment.objects.visible_to(user).filter(unit__in={unit.pk, *earlier})
    configures = access.may_configure(user)
    context = {
        "unit": unit,
        "predecessors": Unit.objects.filter(pk__in=earlier).order_by("-abolished_on"),
        "assignments": held.select_related("group__round", "unit").order_by("-onsite_from", "-pk"),
        "children": unit.children.active() if configures else (),
        "liaisons": unit.liaisons.select_related("user") if configures else (),
        "may_configure": configures,
        "entries": history(unit) if configures else None,
    }
    return render(request, "rounds/unit.html", context)


@require_http_methods(FORM)
def new_unit(request):
    """Enter a unit."""
    require(access.may_configure(request.user), "add unit")
    return act(
        request,
        UnitForm(**bound(request)),
        lambda data: workflow.add_unit(by=request.user, **data),
        title=_("新增单位"),
        submit=_("保存"),
        back=(reverse("rounds:units"), pgettext("list", "单位")),
        to=lambda unit: unit.get_absolute_url(),
    )


@require_http_methods(FORM)
def edit_unit(request, pk: int):
    """Correct a unit."""
    unit = _configured(request, pk)
    return act(
        request,
        EditUnitForm(**bound(request), instance=copy.copy(unit)),
        lambda data: workflow.edit_unit(unit, by=request.user, **data),
        title=_("修改单位"),
        submit=_("保存"),
        lead=_("名称有变动的，请用“更名”，以保留历史。"),
        back=(unit.get_absolute_url(), unit.name),
        to=unit.get_absolute_url(),
    )


@require_http_methods(FORM)
def rename_unit(request, pk: int):
    """Close the old name, carry on under the new one."""
    unit = _configured(request, pk)
    return act(
        request,
        RenameUnitForm(**bound(request)),
        lambda data: workflow.rename_unit(unit, by=request.user, **data),
        title=_("更名"),
        submit=_("更名"),
        lead=_("原名称连同历次巡视巡察保留；联络员、回避和下级单位转到新名称下。"),
        back=(unit.get_absolute_url(), unit.name),
        to=lambda successor: successor.get_absolute_url(),
        done=_("已更名。"),
    )


@require_http_methods(FORM)
def close_unit(request, pk: int):
    """Close a unit that was abolished or merged."""
    unit = _configured(request, pk)
    return act(
        request,
        CloseUnitForm(**bound(request), unit=unit),
        lambda data: workflow.close_unit(unit, by=request.user, **data),
        title=_("撤销或并入"),
        submit=_("确定"),
        back=(unit.get_absolute_url(), unit.name),
        to=unit.get_absolute_url(),
        tone="danger",
    )


@require_http_methods(FORM)
def link_liaison(request, pk: int):
    """Link a liaison's account."""
    unit = _configured(request, pk)
    return act(
        request,
        LiaisonForm(**bound(request), unit=unit),
        lambda data: workflow.link_liaison(unit, data["user"], by=request.user),
        title=_("指定联络员"),
        submit=_("保存"),
        lead=_("联络员只能看到本单位的整改事项。账号须先由安全管理员授予“被巡视单位联络员”角色。"),
        back=(unit.get_absolute_url(), unit.name),
        to=unit.get_absolute_url(),
    )


@require_POST
def unlink_liaison(request, pk: int):
    """Take a liaison's link away."""
    require(access.may_configure(request.user), "unlink liaison")
    liaison = get_object_or_404(Liaison.objects.select_related("unit", "user"), pk=pk)
    to = liaison.unit.get_absolute_url()
    return at_once(request, lambda: workflow.unlink_liaison(liaison, by=request.user), to=to, done=_("已取消联络员。"))


@require_safe
def categories(request):
    """The blocks that full coverage is counted by."""
    require(access.may_configure(request.user), "categories")
    return render(request, "rounds/categories.html", {"categories": Category.objects.with_counts()})


@require_http_methods(FORM)
def new_category(request):
    """Add a block."""
    require(access.may_configure(request.user), "add category")
    back = reverse("rounds:categories")
    return act(
        request,
        CategoryForm(**bound(request)),
        lambda data: workflow.add_category(by=request.user, **data),
        title=_("新增板块"),
        submit=_("保存"),
        back=(back, _("板块")),
        to=back,
    )


@require_http_methods(FORM)
def edit_category(request, pk: int):
    """Rename or reorder a block."""
    require(access.may_configure(request.user), "edit category")
    category, back = get_object_or_404(Category, pk=pk), reverse("rounds:categories")
    return act(
        request,
        CategoryForm(**bound(request), instance=copy.copy(category)),
        lambda data: workflow.edit_category(category, by=request.user, **data),
        title=_("修改板块"),
        submit=_("保存"),
        back=(back, _("板块")),
        to=back,
    )
