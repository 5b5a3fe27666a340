"""Panels that pages of the lower floors fetch by address: what has become of a petition, and of a unit in its round."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from inspection.pages import lists
from petitions.models import Petition
from rectification import access
from rectification.models import Clue, Finding
from rounds.models import Assignment

SHOWN = 10


@require_safe
def of_petition(request, number: str):
    """The papers and clues that rest on a petition, and the ways to begin one."""
    petitions = Petition.objects.visible_to(request.user).select_related("assignment__unit", "assignment__group__round")
    petition = get_object_or_404(petitions, number=number)
    sealed = petition.state == Petition.State.HANDED_UP
    context = {
        "petition": petition,
        "findings": Finding.objects.visible_to(request.user).filter(sources=petition).for_list(),
        "clues": Clue.objects.visible_to(request.user).filter(petition=petition).for_list(),
        "may_draft": not sealed and access.may_draft(request.user, petition.assignment),
        "may_propose": not sealed and access.may_propose_on(request.user, petition.assignment),
    }
    return lists.render_list(request, "rectification/finding_panel_page.html", "rectification/finding_panel.html", context)


@require_safe
def of_assignment(request, number: str):
    """The newest papers and clues about a unit. Who may know the unit but not its cases gets an empty panel."""
    assignment = get_object_or_404(Assignment.objects.visible_to(request.user).for_list(), number=number)
    if not Assignment.objects.cases_visible_to(request.user).filter(pk=assignment.pk).exists():
        if lists.is_fragment(request):
            return HttpResponse("")
        raise PermissionDenied(f"cases of assignment {assignment.pk}")
    findings = Finding.objects.visible_to(request.user).filter(assignment=assignment).for_list()
    clues = Clue.objects.visible_to(request.user).filter(assignment=assignment).for_list()
    context = {
        "assignment": assignment,
        "findings": findings[:SHOWN],
        "findings_count": findings.count(),
        "clues": clues[:SHOWN],
        "clues_count": clues.count(),
        "may_draft": access.may_draft(request.user, assignment),
        "may_propose": access.may_propose_on(request.user, assignment),
    }
    return lists.render_list(request, "rectification/finding_panel_page.html", "rectification/finding_panel.html", context)
