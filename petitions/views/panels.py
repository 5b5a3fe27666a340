"""Parts of pages that htmx fetches: the scope to read out, and what resembles the text being typed."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from inspection.pages import lists
from petitions import access, search
from petitions.contents import SUBJECT_CHARS, TEXT_CHARS
from petitions.filters import PLACES
from petitions.forms.register import SPOKEN, registrable
from petitions.models import Petition
from petitions.workflow import petition as verbs
from rounds.models import Assignment

from .petition import in_sight

PERSONS_COMPARED = 5


@require_safe
def scope(request: HttpRequest) -> HttpResponse:
    """What is taken in and what is not, for the unit chosen: every caller hears the same words."""
    pk = request.GET.get("assignment", "")
    assignment = get_object_or_404(registrable(request.user), pk=int(pk) if pk.isascii() and pk.isdigit() else 0)
    spoken = request.GET.get("kind") in SPOKEN
    return render(request, "petitions/register_scope.html", {"assignment": assignment, "spoken": spoken})


@require_POST
def alike(request: HttpRequest) -> HttpResponse:
    """Petitions like the one being typed. By POST, because what is typed belongs in no address and no log. A contact that is that
    of a known reporter tells who wrote: an entry of the trail.
    """
    if not access.may_list(request.user):
        raise PermissionDenied("alike")
    typed = request.POST
    persons = [typed.get(f"persons-{place}-name", "")[:60] for place in range(PERSONS_COMPARED)]
    found = search.similar(
        request.user,
        subject=typed.get("subject", "")[:SUBJECT_CHARS],
        text=typed.get("text", "")[:TEXT_CHARS],
        persons=persons,
        keys=search.draft_keys(typed.get("phone", "")[:40], typed.get("email", "")[:120], typed.get("id_number", "")[:30]),
    )
    for one in found:
        if one.same_contact:
            verbs.note_contact_match(one.petition, by=request.user)
    pk = typed.get("assignment", "")
    assignment = registrable(request.user).filter(pk=int(pk) if pk.isascii() and pk.isdigit() else 0).first()
    may_link = assignment is not None and access.may_triage_in(request.user, assignment)
    context = {"found": found, "may_link": may_link, "ticked": typed.get("repeat_of", "")}
    return render(request, "petitions/register_alike.html", context)


@require_safe
def alike_to(request: HttpRequest, number: str) -> HttpResponse:
    """Petitions like a registered one, for whoever triages it."""
    obj = in_sight(request.user, number)
    found = search.similar_to(request.user, obj)
    may_link = obj.state == obj.State.REGISTERED and access.may_triage(request.user, obj)
    context = {"object": obj, "found": found, "may_link": may_link}
    return lists.render_list(request, "petitions/petition_alike_page.html", "petitions/petition_alike.html", context)


@require_safe
def of_assignment(request: HttpRequest, number: str) -> HttpResponse:
    """Where the petitions about a unit are; each figure opens its list. Who may not know its cases gets an empty panel."""
    assignment = get_object_or_404(Assignment.objects.visible_to(request.user).for_list(), number=number)
    if not Assignment.objects.cases_visible_to(request.user).filter(pk=assignment.pk).exists():
        if lists.is_fragment(request):
            return HttpResponse("")
        raise PermissionDenied(f"petitions of assignment {assignment.pk}")
    counts = Petition.objects.visible_to(request.user).filter(assignment=assignment).counts_by_place("assignment").first() or {}
    context = {
        "assignment": assignment,
        "received": counts.get("received", 0),
        "places": [(place, label, counts[place]) for place, label in PLACES if counts.get(place)],
        "may_register": access.may_register(request.user, assignment),
    }
    return lists.render_list(request, "petitions/assignment_panel_page.html", "petitions/assignment_panel.html", context)
