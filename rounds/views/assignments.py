"""Pages of assignments and their channels."""

import copy

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspection.pages.steps import step_view
from rounds import access, workflow
from rounds.forms.assignment import ChannelForm, DateForm, EditAssignmentForm
from rounds.forms.group import NothingForm, ReasonForm
from rounds.forms.person import RecusalForm
from rounds.lineage import Lineage
from rounds.models import Assignment, Channel, Unit
from rounds.queries import today
from rounds.views.acting import act, at_once, bound, history, require
from rounds.views.rounds import FORM

STEPS = {
    "prepare": (NothingForm, workflow.prepare),
    "enter": (DateForm, workflow.enter),
    "leave": (DateForm, workflow.leave),
    "report": (DateForm, workflow.report),
    "follow_up": (NothingForm, workflow.follow_up),
    "archive": (NothingForm, workflow.archive),
    "reopen": (ReasonForm, workflow.reopen),
}


def one_assignment(request, number: str) -> Assignment:
    """The assignment, if the reader may know of it; else 404."""
    if "\x00" in number:
        raise Http404("no such number")
    return get_object_or_404(Assignment.objects.visible_to(request.user).for_list(), number=number)


@require_safe
def assignment_page(request, number: str):
    """One unit in one round: where it stands, how to reach the group, who serves, and what the upper floors know of it."""
    assignment, user = one_assignment(request, number), request.user
    person = getattr(user, "person", None)
    context = {
        "assignment": assignment,
        "round": assignment.round,
        "machine": workflow.ASSIGNMENT,
        "day": assignment.day(today()),
        "channels": assignment.channels.select_related("assignment"),
        "people": assignment.group.appointments.in_force().select_related("person__employer").by_post(),
        "earlier": _earlier(assignment, user),
        "panels": list(_panels(assignment)),
        "entries": history(assignment, assignment.channels.all()),
        "notes": Assignment.objects.cases_visible_to(user).filter(pk=assignment.pk).exists(),
        "may_edit": access.may_configure(user) and assignment.state in workflow.ASSIGNMENT["edit"].sources,
        "may_set_channels": access.may_set_channels(user, assignment),
        "may_recuse": person is not None and access.works_on(user, assignment),
    }
    return render(request, "rounds/assignment.html", context)


def _earlier(assignment: Assignment, user):
    """Earlier inspections of the same unit under whatever name, latest first, as far as the reader may know of them."""
    lineage = Lineage()
    names = {assignment.unit_id, *lineage.predecessors(assignment.unit_id)}
    held = Assignment.objects.visible_to(user).filter(unit__in=names, onsite_from__lt=assignment.onsite_from)
    return held.exclude(pk=assignment.pk).select_related("group__round", "unit").order_by("-onsite_from")


def _panels(assignment: Assignment):
    """Addresses of the upper floors' panels; one that is not there is left out."""
    for name in settings.ASSIGNMENT_PANELS:
        try:
            yield reverse(name, args=[assignment.number])
        except NoReverseMatch:
            continue


@require_http_methods(FORM)
def step(request, number: str, verb: str):
    """Take a step of the table."""
    if verb not in STEPS:
        raise Http404("no such step")
    form, perform = STEPS[verb]
    return step_view(request, one_assignment(request, number), workflow.ASSIGNMENT, verb, form, perform)


@require_http_methods(FORM)
def edit_assignment(request, number: str):
    """Move the dates, or exchange the unit while nothing has begun."""
    assignment = one_assignment(request, number)
    return step_view(
        request,
        assignment,
        workflow.ASSIGNMENT,
        "edit",
        EditAssignmentForm,
        workflow.edit_assignment,
        form_kwargs={"instance": copy.copy(assignment), "round": assignment.round},
    )


@require_http_methods(FORM)
def recuse(request, number: str):
    """Declare one's own recusal from the unit of this assignment."""
    assignment = one_assignment(request, number)
    person = getattr(request.user, "person", None)
    require(person is not None and access.works_on(request.user, assignment), "recuse")
    form = RecusalForm(
        **bound(request), person=person, units=Unit.objects.filter(pk=assignment.unit_id), initial={"unit": assignment.unit_id}
    )
    return act(
        request,
        form,
        lambda data: workflow.declare_recusal(person, data["unit"], by=request.user, ground=data["ground"]),
        title=_("申报回避"),
        submit=_("申报回避"),
        lead=_("申报后立即看不到该单位的任何信访件、底稿和线索，本人不能撤回。"),
        back=(assignment.get_absolute_url(), assignment.number),
        to=person.get_absolute_url(),
        done=_("回避已申报，即时生效。"),
        tone="danger",
    )


@require_http_methods(FORM)
def new_channel(request, number: str):
    """Register a way to reach the group."""
    assignment = one_assignment(request, number)
    require(access.may_set_channels(request.user, assignment), "add channel")
    return act(
        request,
        ChannelForm(**bound(request)),
        lambda data: workflow.add_channel(assignment, by=request.user, **data),
        title=_("登记渠道"),
        submit=_("保存"),
        back=(assignment.get_absolute_url(), assignment.number),
        to=assignment.get_absolute_url(),
        done=_("渠道已登记。"),
    )


def _channel(request, pk: int) -> Channel:
    channels = Channel.objects.filter(assignment__in=Assignment.objects.visible_to(request.user))
    channel = get_object_or_404(channels.select_related("assignment__group__round", "assignment__unit"), pk=pk)
    require(access.may_set_channels(request.user, channel.assignment), "channel")
    return channel


@require_http_methods(FORM)
def edit_channel(request, pk: int):
    """Correct a channel."""
    channel = _channel(request, pk)
    assignment = channel.assignment
    return act(
        request,
        ChannelForm(**bound(request), instance=copy.copy(channel)),
        lambda data: workflow.change_channel(channel, by=request.user, **data),
        title=_("修改渠道"),
        submit=_("保存"),
        lead=channel.get_kind_display(),
        back=(assignment.get_absolute_url(), assignment.number),
        to=assignment.get_absolute_url(),
    )


@require_POST
def close_channel(request, pk: int):
    """Take a channel out of use."""
    channel = _channel(request, pk)
    to = channel.assignment.get_absolute_url()
    return at_once(request, lambda: workflow.close_channel(channel, by=request.user), to=to, done=_("渠道已停用。"))
