"""Pages of rounds, terms, focus schemes and coverage."""

import copy

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspection.calendar.models import RuleKey
from inspection.calendar.models import Unit as Counted
from inspection.pages import lists
from rounds import access, reports, workflow
from rounds.filters import RoundFilter
from rounds.forms.group import NothingForm
from rounds.forms.round import FocusForm, OutlineForm, RoundForm, TermForm
from rounds.models import Assignment, FocusNode, Group, Round, Term, Unit
from rounds.queries import today
from rounds.views.acting import act, at_once, bound, history, require
from rounds.workflow.round import cutoff

FORM = ["GET", "HEAD", "POST"]
ORDERS, ORDER = {"starts": ("starts_on", "id"), "code": ("code",), "name": ("name", "id")}, "-starts"


@require_safe
def round_list(request):
    """`/rounds/`: every round on one line."""
    filters = RoundFilter(request.GET, queryset=Round.objects.visible_to(request.user).for_list(), request=request)
    page = lists.page(request, filters.qs, order=lists.order_from(request, ORDERS, ORDER))
    known = Assignment.objects.visible_to(request.user)
    found, day = reports.stages(page.rows, known), today()
    lines = [{"round": round, "stage": found[round.pk], "day": round.day(day)} for round in page]
    context = {"page": page, "lines": lines, "filter": filters, "may_plan": access.may_configure(request.user)}
    return lists.render_list(request, "rounds/list.html", "rounds/list_part.html", context)


@require_http_methods(FORM)
def new_round(request):
    """Plan a round."""
    require(access.may_configure(request.user), "plan round")
    latest = Term.objects.first()
    form = RoundForm(**bound(request), initial={"term": latest})
    return act(
        request,
        form,
        lambda data: workflow.plan_round(by=request.user, **data),
        title=_("筹备轮次"),
        submit=_("保存"),
        back=(reverse("rounds:list"), pgettext("list", "轮次")),
        to=lambda round: round.get_absolute_url(),
        done=_("轮次已列入计划。接着设组、派人、安排单位，然后启动。"),
    )


def one_round(request, pk: int) -> Round:
    """The round, if the reader may know of it; else 404."""
    rounds = Round.objects.visible_to(request.user).select_related("term", "profile", "look_back_of")
    return get_object_or_404(rounds, pk=pk)


@require_safe
def round_page(request, pk: int):
    """One round: groups with their people and units, focus scheme, rules."""
    round, user, day = one_round(request, pk), request.user, today()
    assignments = Assignment.objects.visible_to(user).filter(group__round=round).for_list().prefetch_related("channels")
    groups = Group.objects.visible_to(user).filter(round=round).with_people()
    by_group = {group.pk: [] for group in groups}
    for assignment in assignments:
        if assignment.group_id in by_group:
            by_group[assignment.group_id].append(unit_line(assignment, day))
    context = {
        "round": round,
        "stage": reports.stages([round], Assignment.objects.visible_to(user))[round.pk],
        "day": round.day(day),
        "groups": [{"group": group, "units": by_group[group.pk]} for group in groups],
        "look_backs": round.look_backs.visible_to(user),
        "focus": focus_tree(round),
        "rules": rule_rows(round),
        "may_configure": access.may_configure(user),
        "entries": history(round, round.groups.all()) if access.may_configure(user) else None,
    }
    return render(request, "rounds/round.html", context)


def unit_line(assignment: Assignment, day) -> dict:
    """What a table of units shows of an assignment: the on-site day, and the kinds of channel that are open."""
    kinds = dict.fromkeys(channel.get_kind_display() for channel in assignment.channels.all() if channel.active)
    return {"assignment": assignment, "day": assignment.day(day), "channels": _("、").join(map(str, kinds))}


def focus_tree(round: Round) -> list[dict]:
    """The focus scheme in reading order: [{"node", "depth"}], depth from 0."""
    children: dict[int | None, list[FocusNode]] = {}
    for node in round.focus.all():
        children.setdefault(node.parent_id, []).append(node)
    ordered: list[dict] = []

    def walk(parent, depth):
        for node in children.get(parent, ()):
            ordered.append({"node": node, "depth": depth})
            walk(node.pk, depth + 1)

    walk(None, 0)
    return ordered


def rule_rows(round: Round) -> list[dict]:
    """The deadline rules of a round, or what its profile says before the start, in the order of the keys."""
    rules = round.rules_in_force
    return [{**rules[key], "label": key.label, "unit": Counted(rules[key]["unit"]).label} for key in RuleKey if rules.get(key)]


@require_http_methods(FORM)
def edit_round(request, pk: int):
    """Change a round; a page that was overtaken by somebody else's change is refused."""
    round = one_round(request, pk)
    require(access.may_configure(request.user), "edit round")
    form = RoundForm(**bound(request), instance=copy.copy(round))
    seen = request.POST.get("version", "")
    return act(
        request,
        form,
        lambda data: workflow.edit_round(round, by=request.user, seen=int(seen) if seen.isdigit() else -1, **data),
        title=_("修改轮次"),
        submit=_("保存"),
        back=(round.get_absolute_url(), round.name),
        to=round.get_absolute_url(),
        version=seen or round.version,
    )


@require_http_methods(FORM)
def start_round(request, pk: int):
    """Freeze the rules and start."""
    round = one_round(request, pk)
    require(access.may_configure(request.user), "start round")
    seen = request.POST.get("version", "")
    return act(
        request,
        NothingForm(**bound(request)),
        lambda data: workflow.start_round(round, by=request.user, seen=int(seen) if seen.isdigit() else -1),
        title=_("启动轮次"),
        submit=_("启动"),
        lead=_("启动后，本轮各项期限按下列规则计算，不再随规则方案改动；尚未确定的信访截止日期同时算出。"),
        back=(round.get_absolute_url(), round.name),
        to=round.get_absolute_url(),
        done=_("轮次已启动，规则已冻结。"),
        template="rounds/start.html",
        version=seen or round.version,
        rules=rule_rows(round),
        round=round,
    )


@require_safe
def notice(request, pk: int):
    """The notices to the public of a round, one sheet for each unit; `?assignment=` gives one of them."""
    round = one_round(request, pk)
    assignments = Assignment.objects.visible_to(request.user).filter(group__round=round).for_list()
    asked = request.GET.get("assignment", "")
    if asked and ("\x00" in asked or not (assignments := assignments.filter(number=asked)).exists()):
        raise Http404("no such assignment in this round")
    sheets = [
        {
            "assignment": assignment,
            "channels": [channel for channel in assignment.channels.all() if channel.active],
            "last_day": assignment.cutoff_on or cutoff(round, assignment.onsite_to),
        }
        for assignment in assignments.prefetch_related("channels__assignment")
    ]
    return render(request, "rounds/notice.html", {"round": round, "sheets": sheets, "single": bool(asked)})


@require_http_methods(FORM)
def focus(request, pk: int):
    """The focus scheme of a round, with a place to type an outline."""
    round = one_round(request, pk)
    require(access.may_configure(request.user), "edit focus")
    return act(
        request,
        OutlineForm(**bound(request)),
        lambda data: workflow.outline_focus(round, by=request.user, text=data["text"]),
        title=_("监督重点"),
        submit=_("加入"),
        back=(round.get_absolute_url(), round.name),
        to=reverse("rounds:focus", args=[round.pk]),
        done=_("监督重点已加入。"),
        template="rounds/focus.html",
        tree=focus_tree(round),
    )


def _node(request, pk: int) -> FocusNode:
    node = get_object_or_404(FocusNode.objects.filter(round__in=Round.objects.visible_to(request.user)), pk=pk)
    require(access.may_configure(request.user), "edit focus")
    return node


@require_http_methods(FORM)
def edit_focus(request, pk: int):
    """Reword or move one node."""
    node = _node(request, pk)
    back = reverse("rounds:focus", args=[node.round_id])
    return act(
        request,
        FocusForm(**bound(request), instance=copy.copy(node)),
        lambda data: workflow.edit_focus(node, by=request.user, **data),
        title=_("修改监督重点"),
        submit=_("保存"),
        back=(back, _("监督重点")),
        to=back,
    )


@require_POST
def remove_focus(request, pk: int):
    """Take one node and what hangs below it out of the scheme."""
    node = _node(request, pk)
    back = reverse("rounds:focus", args=[node.round_id])
    return at_once(request, lambda: workflow.remove_focus(node, by=request.user), to=back, done=_("已删除。"))


@require_safe
def terms(request):
    """The terms that rounds belong to."""
    require(access.may_configure(request.user), "terms")
    return render(request, "rounds/terms.html", {"terms": Term.objects.all()})


@require_http_methods(FORM)
def new_term(request):
    """Open a term."""
    require(access.may_configure(request.user), "add term")
    back = reverse("rounds:terms")
    return act(
        request,
        TermForm(**bound(request)),
        lambda data: workflow.add_term(by=request.user, **data),
        title=_("新增届次"),
        submit=_("保存"),
        back=(back, pgettext("list", "届次")),
        to=back,
    )


@require_http_methods(FORM)
def edit_term(request, pk: int):
    """Correct a term."""
    require(access.may_configure(request.user), "edit term")
    term, back = get_object_or_404(Term, pk=pk), reverse("rounds:terms")
    return act(
        request,
        TermForm(**bound(request), instance=copy.copy(term)),
        lambda data: workflow.edit_term(term, by=request.user, **data),
        title=_("修改届次"),
        submit=_("保存"),
        back=(back, pgettext("list", "届次")),
        to=back,
    )


SIDES = ("left", "arranged", "running", "done")


@require_safe
def coverage(request):
    """`/rounds/coverage/`: how far the term has covered its units, and the matrix of units and years."""
    require(access.may_see_structure(request.user), "coverage")
    every = list(Term.objects.all())
    asked = request.GET.get("term", "")
    term = next((term for term in every if str(term.pk) == asked), None) or _present(every)
    if term is None:
        return render(request, "rounds/coverage.html", {"terms": []})
    covered, years = reports.coverage(term), reports.years_of(term)
    side, category = request.GET.get("side", ""), request.GET.get("category", "")
    shown = covered.sides.get(side) if side in SIDES else set().union(*covered.sides.values())
    units = Unit.objects.filter(pk__in=shown).select_related("category")
    if category.isascii() and category.isdigit():
        units = units.filter(category=int(category[:9]))
    page = lists.page(request, reports.by_last_inspection(units), per_page=50, order=("last_on", "category__order", "name", "id"))
    context = {
        "terms": every,
        "term": term,
        "covered": covered,
        "chart": _coverage_chart(covered),
        "page": page,
        "years": years,
        "rows": reports.matrix(page.rows, years),
        "side": side,
        "category": category,
        "categories": covered.rows,
    }
    return lists.render_list(request, "rounds/coverage.html", "rounds/coverage_part.html", context)


def _present(terms: list[Term]) -> Term | None:
    """The term of today, else the latest."""
    day = today()
    return next((term for term in terms if term.starts_on <= day <= term.ends_on), terms[0] if terms else None)


def _coverage_chart(covered: reports.Coverage) -> dict:
    rows = covered.rows
    return {
        "kind": "stacked",
        "horizontal": True,
        "categories": [row.name for row in rows],
        "series": [
            {"name": _("已巡"), "values": [row.done for row in rows], "tone": "green"},
            {"name": _("在巡"), "values": [row.running for row in rows]},
            {"name": _("未巡"), "values": [row.left for row in rows], "tone": "grey"},
        ],
    }
