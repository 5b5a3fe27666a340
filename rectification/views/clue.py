"""The pages of clues."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from inspection.accounts.confirming import confirmed_before_download
from inspection.documents import paper
from inspection.pages import lists
from inspection.pages.steps import bound, place_errors, step_view
from inspection.trail.models import Entry
from inspection.trail.recording import record
from petitions.access import may_take_out
from petitions.models import Petition
from rectification import access
from rectification.documents import clue as documents
from rectification.documents import marked
from rectification.filters.clue import ClueFilter
from rectification.forms import clue as forms
from rectification.forms.finding import ConfirmForm, ReasonForm
from rectification.models import Clue
from rectification.workflow import clue as workflow
from rectification.workflow.machines import CLUE
from rounds.models import Assignment

from .finding import inside, pdf, refused, workbook

ORDERS = {"number": ("id",), "due": ("reply_due", "id"), "handed_over": ("handed_over_on", "id")}

either = require_http_methods(["GET", "HEAD", "POST"])


def _asked(request):
    """The clues in sight, and the filter over them. Who reads no cases at all is refused."""
    inside(request)
    clues = (
        Clue.objects.visible_to(request.user)
        .for_list()
        .select_related("assignment__unit", "assignment__group__round", "content", "receiver", "second_receiver")
    )
    return ClueFilter(request.GET, queryset=clues, request=request)


def _one(request, number: str) -> Clue:
    clues = Clue.objects.visible_to(request.user).select_related(
        "content",
        "result",
        "assignment__unit",
        "assignment__group__round__term",
        "receiver",
        "second_receiver",
        "finding",
        "petition",
        "proposed_by",
        "approved_by",
        "state_by",
    )
    return get_object_or_404(clues, number=number)


@require_safe
def clue_list(request):
    """`/clues/`: the clues handed over and still followed, and those on their way there."""
    asked = _asked(request)
    page = lists.page(request, asked.qs, order=lists.order_from(request, ORDERS, default="-number"))
    context = {"page": page, "filter": asked, "may_propose": bool(_proposable(request))}
    return lists.render_list(request, "rectification/clue_list.html", "rectification/clue_list_part.html", context)


@require_safe
@confirmed_before_download
def clue_export(request):
    """线索办理一览表 of the clues that the filters leave, as XLSX."""
    found = documents.for_ledger(_asked(request).qs)
    rests_on = found.order_by().values("pk")
    petitions = Petition.objects.filter(Q(clues__in=rests_on) | Q(finding_links__finding__clues__in=rests_on))
    if not may_take_out(request.user, petitions):
        return refused(request, "rectification:clues")
    marks = marked("export_clues", request.user, by=request.user, facts={"count": found.count()}, petitions=petitions)
    return workbook(documents.ledger(found), marks)


def _sources(clue: Clue):
    """The petitions that a clue rests on, by itself or by way of its paper."""
    return Petition.objects.filter(Q(clues=clue) | Q(finding_links__finding__clues=clue))


def _proposable(request) -> list[Assignment]:
    """The units the reader may propose a clue about."""
    mine = Assignment.objects.appointed(request.user).for_list()
    return [assignment for assignment in mine if access.may_propose_on(request.user, assignment)]


@either
def clue_new(request):
    """Propose a clue: `?petition=` from a petition, `?assignment=` from what the group knows otherwise."""
    petition = None
    if request.GET.get("petition"):
        petition = get_object_or_404(Petition.objects.visible_to(request.user), number=request.GET["petition"])
        assignment = petition.assignment
    elif request.GET.get("assignment"):
        scope = Assignment.objects.cases_visible_to(request.user).for_list()
        assignment = get_object_or_404(scope, number=request.GET["assignment"])
    else:
        return _choose_unit(request)
    if not access.may_propose_on(request.user, assignment):
        raise PermissionDenied(f"clue on assignment {assignment.pk}")
    form = forms.ClueForm(initial=_initial(petition), **bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            clue = workflow.propose(assignment, by=request.user, petition=petition, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("已提出线索 %(number)s，待批准。") % {"number": clue.number})
            return redirect(clue)
    context = {"form": form, "assignment": assignment, "petition": petition}
    return render(request, "rectification/clue_form.html", context)


def _initial(petition) -> dict:
    """What a petition already says about who is reported: the first person named, rank and discipline."""
    if petition is None:
        return {}
    person = petition.persons[0] if petition.persons else {}
    named = {"name": person.get("name", ""), "post": " ".join(filter(None, (person.get("unit"), person.get("post"))))}
    return named | {"level": petition.level, "discipline": petition.discipline}


def _choose_unit(request):
    inside(request)
    units = _proposable(request)
    if len(units) == 1:
        return redirect(f"{reverse('rectification:clue_new')}?assignment={units[0].number}")
    context = {"units": units, "title": _("提出问题线索"), "url": reverse("rectification:clue_new")}
    return render(request, "rectification/finding_choose_unit.html", context)


@require_safe
def clue_page(request, number: str):
    """One clue: where it stands, who is reported and what about, when the answer is due. Reading it is put on record."""
    clue = _one(request, number)
    if request.method == "GET":
        record("read", clue, by=request.user)
    context = {
        "object": clue,
        "machine": CLUE,
        "content": clue.opened(),
        "receivers": documents.receivers(clue),
        "rule": clue.assignment.group.round.rules.get("clue.reply", {}),
        "entries": Entry.objects.about(clue).acts().select_related("note"),
    }
    return render(request, "rectification/clue.html", context)


def _step(request, number: str, verb: str, form_class, perform):
    return step_view(request, _one(request, number), CLUE, verb, form_class, perform)


@either
def approve(request, number: str):
    """The second person's approval."""
    return _step(request, number, "approve", ConfirmForm, workflow.approve)


@either
def withdraw(request, number: str):
    """Not handed over."""
    return _step(request, number, "withdraw", ReasonForm, workflow.withdraw)


@either
def hand_over(request, number: str):
    """Handed over."""
    return _step(request, number, "hand_over", forms.HandOverForm, workflow.hand_over)


@either
def receive(request, number: str):
    """Signed for."""
    return _step(request, number, "receive", forms.ReceiptForm, workflow.receive)


@either
def handle(request, number: str):
    """Which way the receiver takes."""
    return _step(request, number, "handle", forms.HandlingForm, workflow.handle)


@either
def conclude(request, number: str):
    """The result."""
    return _step(request, number, "conclude", forms.ResultForm, workflow.conclude)


@either
def feed_back(request, number: str):
    """The reply has come."""
    return _step(request, number, "feed_back", forms.ReplyForm, workflow.feed_back)


@require_safe
def clue_sheet(request, number: str):
    """The hand-over sheet (问题线索移交清单) as PDF, numbered and put on record."""
    clue = _one(request, number)
    marks = marked("print", clue, by=request.user, petitions=_sources(clue))
    printed = paper.print_report(documents.sheet_report(clue), marks)
    return pdf(printed, f"{_('问题线索移交清单')}_{clue.number}.pdf")
