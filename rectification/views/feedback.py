"""The pages of feedback, and the one that opens items from it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inspection.calendar import days
from inspection.calendar.models import RuleKey
from inspection.documents import paper
from inspection.pages import lists
from inspection.pages.steps import bound, place_errors, step_view
from inspection.trail.models import Entry
from inspection.trail.recording import record
from inspection.workflow import StepRefused
from rectification import access
from rectification.documents import feedback as documents
from rectification.documents import marked
from rectification.filters.feedback import FeedbackFilter
from rectification.forms import feedback as forms
from rectification.forms.finding import ConfirmForm, ReasonForm
from rectification.models import Feedback, Finding
from rectification.workflow import feedback as workflow
from rectification.workflow.item import open_from_feedback
from rectification.workflow.machines import FEEDBACK
from rounds.models import Assignment

from .finding import pdf

ORDERS = {"number": ("id",), "state": ("state", "id"), "delivered": ("delivered_on", "id")}
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

either = require_http_methods(["GET", "HEAD", "POST"])


def _one(request, number: str) -> Feedback:
    seen = Feedback.objects.visible_to(request.user).select_related(
        "content", "assignment__unit", "assignment__group__round__term", "drafted_by", "approved_by", "state_by"
    )
    return get_object_or_404(seen, number=number)


@require_safe
def feedback_list(request):
    """`/feedback/`: the feedback in sight, newest first."""
    if not access.reads_inside(request.user):
        raise PermissionDenied("feedback")
    asked = FeedbackFilter(request.GET, queryset=Feedback.objects.visible_to(request.user).for_list(), request=request)
    context = {
        "page": lists.page(request, asked.qs, order=lists.order_from(request, ORDERS, default="-number")),
        "filter": asked,
        "may_draft": bool(_wanting(request)),
    }
    return lists.render_list(request, "rectification/feedback_list.html", "rectification/feedback_list_part.html", context)


def _wanting(request) -> list[Assignment]:
    """The units that are to be fed back, still lack feedback to somebody, and are the reader's to write for."""
    waiting = Assignment.objects.cases_visible_to(request.user).filter(state=Assignment.State.FEEDING_BACK)
    found = waiting.for_list().prefetch_related("feedbacks")
    return [one for one in found if _missing(one) and access.may_write_feedback(request.user, one)]


def _missing(assignment: Assignment) -> list[str]:
    """Addressees that have no feedback yet."""
    there = {feedback.to for feedback in assignment.feedbacks.all()}
    return [to for to in Feedback.To.values if to not in there]


@either
def feedback_new(request):
    """Draft one: `?assignment=` says for which unit."""
    if not request.GET.get("assignment"):
        return _choose_unit(request)
    scope = Assignment.objects.cases_visible_to(request.user).select_related("unit", "group__round")
    assignment = get_object_or_404(scope, number=request.GET["assignment"])
    if not access.may_write_feedback(request.user, assignment):
        raise PermissionDenied(f"feedback on assignment {assignment.pk}")
    missing = _missing(assignment)
    if not missing or assignment.state != Assignment.State.FEEDING_BACK:
        messages.info(request, _("%(number)s 现在没有要起草的反馈意见。") % {"number": assignment.number})
        return redirect("rectification:feedbacks")
    form = forms.FeedbackForm(assignment=assignment, to=missing, initial=forms.starting(assignment, missing), **bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            feedback = workflow.draft(assignment, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("已起草 %(number)s，待批准。") % {"number": feedback.number})
            return redirect(feedback)
    return render(request, "rectification/feedback_form.html", {"form": form, "assignment": assignment})


def _choose_unit(request):
    """Straight to the form where there is one unit only; else ask which."""
    if not access.reads_inside(request.user):
        raise PermissionDenied("feedback")
    units, url = _wanting(request), reverse("rectification:feedback_new")
    if len(units) == 1:
        return redirect(f"{url}?assignment={units[0].number}")
    return render(request, "rectification/feedback_choose_unit.html", {"units": units, "url": url})


@require_safe
def feedback_page(request, number: str):
    """One feedback: where it stands, what it says, the papers it rests on and the items it became. Reading is on record."""
    feedback = _one(request, number)
    if request.method == "GET":
        record("read", feedback, by=request.user)
    context = {
        "object": feedback,
        "machine": FEEDBACK,
        "parts": documents.parts(feedback),
        "findings": feedback.findings.select_related("content").order_by("id"),
        "items": feedback.items.for_list().order_by("id"),
        "left": _without_items(feedback).count() if _may_open(request, feedback) else 0,
        "entries": Entry.objects.about(feedback).acts().select_related("note"),
    }
    return render(request, "rectification/feedback.html", context)


def _may_open(request, feedback: Feedback) -> bool:
    delivered = feedback.state == Feedback.State.DELIVERED
    return delivered and access.may_add_item(request.user, feedback.assignment)


def _without_items(feedback: Feedback):
    """The papers of the feedback that no item follows yet."""
    return feedback.findings.filter(items=None).select_related("content").order_by("id")


@either
def feedback_items(request, number: str):
    """Open an item for each paper of a delivered feedback: the paper's title to begin with, worded by the office."""
    feedback = _one(request, number)
    if not access.may_add_item(request.user, feedback.assignment):
        raise PermissionDenied(f"items of feedback {feedback.pk}")
    if feedback.state != Feedback.State.DELIVERED:
        raise StepRefused(feedback, FEEDBACK["deliver"])
    papers = list(_without_items(feedback))
    rows = [{"finding": one.pk, "take": True, "problem": one.title, "key": one.key} for one in papers]
    formset = forms.EntryFormSet(
        request.POST if request.method == "POST" else None,
        initial=rows,
        prefix="items",
        form_kwargs={"papers": Finding.objects.filter(feedbacks=feedback)},
    )
    problem = ""
    if request.method == "POST" and formset.is_valid():
        try:
            opened = open_from_feedback(feedback, by=request.user, entries=forms.entries(formset))
        except ValidationError as error:
            problem = " ".join(error.messages)
        else:
            messages.success(
                request, _("%(number)s：已生成整改事项 %(count)d 项。") % {"number": feedback.number, "count": len(opened)}
            )
            return redirect(feedback)
    numbers = {one.pk: one.number for one in Finding.objects.filter(feedbacks=feedback)}
    context = {
        "object": feedback,
        "formset": formset,
        "rows": [(numbers.get(_chosen(form)), form) for form in formset],
        "problem": problem,
        "due": _due(feedback.assignment),
    }
    return render(request, "rectification/feedback_items.html", context)


def _chosen(form) -> int | None:
    value = str(form["finding"].value() or "")
    return int(value) if value.isascii() and value.isdigit() else None


def _due(assignment: Assignment):
    """The last day that the round's frozen rule gives, and the rule; None until both feedbacks are given."""
    rule = assignment.group.round.rules.get(RuleKey.CONCENTRATED)
    if assignment.feedback_on is None or rule is None:
        return None
    return {"due": days.due(rule, assignment.feedback_on), "rule": rule, "began": assignment.feedback_on}


@require_safe
def feedback_pdf(request, number: str):
    """The feedback as an official paper, numbered and put on record."""
    feedback = _one(request, number)
    marks = marked("print", feedback, by=request.user, facts={"format": "pdf"})
    return pdf(paper.print_report(documents.report(feedback), marks), f"{_('反馈意见')}_{feedback.number}.pdf")


@require_safe
def feedback_docx(request, number: str):
    """The feedback as a letter that the office may still edit."""
    feedback = _one(request, number)
    marks = marked("print", feedback, by=request.user, facts={"format": "docx"})
    name = f"{_('反馈意见')}_{feedback.number}.docx"
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(documents.docx(feedback, marks), content_type=DOCX, headers=headers)


@either
def edit(request, number: str):
    """Change the text or the papers."""
    feedback = _one(request, number)
    options = {"form_kwargs": {"assignment": feedback.assignment, "initial": forms.initial_of(feedback)}}
    return step_view(request, feedback, FEEDBACK, "edit", forms.FeedbackForm, workflow.edit, **options)


@either
def approve(request, number: str):
    """Approve the text as it stands."""
    feedback = _one(request, number)
    context = {"parts": documents.parts(feedback)}
    return step_view(
        request,
        feedback,
        FEEDBACK,
        "approve",
        ConfirmForm,
        workflow.approve,
        template="rectification/feedback_step.html",
        context=context,
    )


@either
def send_back(request, number: str):
    """Back to drafting, with a remark."""
    return step_view(request, _one(request, number), FEEDBACK, "send_back", ReasonForm, workflow.send_back)


@either
def deliver(request, number: str):
    """Record the day it was given."""
    return step_view(request, _one(request, number), FEEDBACK, "deliver", forms.DeliverForm, workflow.deliver)
