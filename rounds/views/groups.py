"""Pages of groups: their people and units, appointments, and requests to overrule a conflict of interest."""

import copy

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inspection.accounts.confirming import confirmed_lately
from inspection.pages.steps import place_errors, step_view
from rounds import access, conflicts, workflow
from rounds.forms.assignment import AssignForm
from rounds.forms.group import AppointForm, NothingForm, ProlongForm, ReasonForm
from rounds.forms.round import GroupForm, RenameGroupForm
from rounds.models import Appointment, Assignment, Group, Override
from rounds.queries import today
from rounds.views.acting import act, bound, history, require
from rounds.views.rounds import FORM, one_round, unit_line


def one_group(request, pk: int) -> Group:
    """The group, if the reader may know of it; else 404."""
    return get_object_or_404(Group.objects.visible_to(request.user).select_related("round__profile"), pk=pk)


@require_http_methods(FORM)
def new_group(request, pk: int):
    """Add a group to a round."""
    round = one_round(request, pk)
    require(access.may_configure(request.user), "add group")
    last = round.groups.order_by("-number").values_list("number", flat=True).first() or 0
    return act(
        request,
        GroupForm(**bound(request), round=round, initial={"number": last + 1}),
        lambda data: workflow.add_group(round, by=request.user, **data),
        title=_("设组"),
        submit=_("保存"),
        back=(round.get_absolute_url(), round.name),
        to=lambda group: group.get_absolute_url(),
        done=_("已设组。接着派人、安排单位。"),
    )


@require_safe
def group_page(request, pk: int):
    """One group: who serves, which units, what happened."""
    group, user, day = one_group(request, pk), request.user, today()
    configures = access.may_configure(user)
    assignments = Assignment.objects.visible_to(user).filter(group=group).for_list().prefetch_related("channels")
    appointments = group.appointments.select_related("person__employer", "overridden_by", "override_sealed")
    if not configures:
        appointments = appointments.in_force()
    context = {
        "group": group,
        "appointments": appointments.by_post(),
        "units": [unit_line(assignment, day) for assignment in assignments],
        "overrides": group.overrides.select_related("person", "requested_by", "state_by") if configures else (),
        "may_configure": configures,
        "entries": history(group, group.appointments.all(), group.overrides.all(), group.assignments.all())
        if configures
        else None,
    }
    return render(request, "rounds/group.html", context)


@require_http_methods(FORM)
def rename_group(request, pk: int):
    """Give a group another name."""
    group = one_group(request, pk)
    require(access.may_configure(request.user), "rename group")
    return act(
        request,
        RenameGroupForm(**bound(request), instance=copy.copy(group)),
        lambda data: workflow.rename_group(group, by=request.user, **data),
        title=_("修改组名"),
        submit=_("保存"),
        back=(group.get_absolute_url(), group.name),
        to=group.get_absolute_url(),
    )


@require_http_methods(FORM)
def assign(request, pk: int):
    """Give a unit to a group."""
    group = one_group(request, pk)
    require(access.may_configure(request.user), "assign")
    return act(
        request,
        AssignForm(**bound(request), round=group.round),
        lambda data: workflow.assign(group, data.pop("unit"), by=request.user, **data),
        title=_("安排被巡视单位"),
        submit=_("保存"),
        back=(group.get_absolute_url(), group.name),
        to=lambda assignment: assignment.get_absolute_url(),
        done=_("已安排。接着登记信访渠道。"),
    )


@require_http_methods(FORM)
@confirmed_lately
def appoint(request, pk: int):
    """Appoint somebody; with a conflict of interest and a reason, ask the head of the office instead."""
    group = one_group(request, pk)
    require(access.may_configure(request.user), "appoint")
    form = AppointForm(**bound(request), group=group)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        reason, person, post = data.pop("reason"), data.pop("person"), data.pop("post")
        try:
            workflow.appoint(group, person, post, by=request.user, **data)
        except conflicts.Conflicted as error:
            if reason and _ask(request, form, group, person, post, reason, data):
                return redirect(group)
            if not reason:
                place_errors(form, error)
                form.add_error("reason", _("存在回避情形：请另选他人，或写明理由报办公室负责人批准。"))
        except conflicts.ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("授权已生效。"))
            return redirect(group)
    return render(request, "rounds/appoint.html", {"form": form, "group": group})


def _ask(request, form, group, person, post, reason, dates) -> bool:
    """Send the request to the head of the office; False when something else is wrong with it."""
    try:
        workflow.request_override(group, person, post, by=request.user, reason=reason, **dates)
    except conflicts.ValidationError as error:
        place_errors(form, error)
        return False
    messages.warning(request, _("存在回避情形，已报办公室负责人审批；批准之前授权不生效。"))
    return True


def _appointment(request, pk: int) -> Appointment:
    appointments = Appointment.objects.filter(group__in=Group.objects.visible_to(request.user))
    appointment = get_object_or_404(appointments.select_related("group__round", "person__user"), pk=pk)
    require(access.may_configure(request.user), "appointment")
    return appointment


@require_http_methods(FORM)
@confirmed_lately
def revoke(request, pk: int):
    """End an authorisation."""
    appointment = _appointment(request, pk)
    return act(
        request,
        ReasonForm(**bound(request)),
        lambda data: workflow.revoke_appointment(appointment, by=request.user, **data),
        title=_("撤销授权"),
        submit=_("撤销"),
        lead=_("撤销 %(person)s 在%(group)s的授权：立即失去查看和办理本组信访件的权限。")
        % {"person": appointment.person, "group": appointment.group},
        back=(appointment.group.get_absolute_url(), appointment.group.name),
        to=appointment.group.get_absolute_url(),
        done=_("授权已撤销。"),
        tone="danger",
    )


@require_http_methods(FORM)
@confirmed_lately
def prolong(request, pk: int):
    """Move the end of an authorisation."""
    appointment = _appointment(request, pk)
    return act(
        request,
        ProlongForm(**bound(request), initial={"ends_on": appointment.ends_on}),
        lambda data: workflow.prolong(appointment, by=request.user, **data),
        title=_("调整授权止期"),
        submit=_("保存"),
        lead=str(appointment.person),
        back=(appointment.group.get_absolute_url(), appointment.group.name),
        to=appointment.group.get_absolute_url(),
    )


def _override(request, pk: int) -> Override:
    require(access.may_configure(request.user), "override")
    overrides = Override.objects.select_related("group__round", "person__employer", "requested_by", "state_by")
    return get_object_or_404(overrides, pk=pk)


@require_safe
def override_page(request, pk: int):
    """One request to overrule a conflict of interest, with what stands in the way today."""
    override = _override(request, pk)
    found = conflicts.between(override.person, workflow.group.group_units(override.group), override.group.round)
    context = {"override": override, "machine": workflow.OVERRIDE, "conflicts": found, "entries": history(override)}
    return render(request, "rounds/override.html", context)


@require_http_methods(FORM)
@confirmed_lately
def grant(request, pk: int):
    """Approve: the person is appointed."""
    return step_view(request, _override(request, pk), workflow.OVERRIDE, "grant", NothingForm, workflow.grant_override)


@require_http_methods(FORM)
def refuse(request, pk: int):
    """Refuse, with a reason."""
    return step_view(request, _override(request, pk), workflow.OVERRIDE, "refuse", ReasonForm, workflow.refuse_override)


@require_safe
def overrides(request):
    """Requests to overrule a conflict of interest that wait for the head of the office."""
    require(access.may_configure(request.user), "overrides")
    waiting = Override.objects.filter(state=Override.State.REQUESTED).select_related("group__round", "person", "requested_by")
    return render(request, "rounds/overrides.html", {"overrides": waiting, "url": reverse("rounds:overrides")})
