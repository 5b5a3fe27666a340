"""Pages of the reports: what was produced, ordering one, the definitions, and the one door files go out through."""

import functools

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from inspection.pages import lists
from inspection.trail.models import Entry

from . import access, defining, downloads, schedule, workflow
from .filters import RunFilter
from .forms import SPANS, DefinitionForm, OrderForm, kind_choices, span
from .kinds import all_kinds
from .models import Definition, Run


def insiders(allowed):
    """Decorator: 403 unless `allowed(user)`."""

    def wrap(view):
        @functools.wraps(view)
        def guarded(request, *args, **kwargs):
            if not allowed(request.user):
                raise PermissionDenied(allowed.__name__)
            return view(request, *args, **kwargs)

        return guarded

    return wrap


@require_safe
@insiders(access.may_enter)
def run_list(request):
    """`/reports/`: the runs one may see, newest first."""
    filters = RunFilter(request.GET, queryset=Run.objects.visible_to(request.user).for_list())
    page = lists.page(request, filters.qs, order=("-id",))
    context = {
        "page": page,
        "filter": filters,
        "openable": _openable(request.user, page.rows),
        "may_order": bool(access.orderable_kinds(request.user)),
        "may_configure": access.may_configure(request.user),
    }
    return lists.render_list(request, "reports/list.html", "reports/list_part.html", context)


@require_safe
@insiders(access.may_enter)
def run_detail(request, pk: int):
    """`/reports/runs/<pk>/`: one run, its files and its trail."""
    run = _run(request, pk)
    openable, kind = _openable(request.user, [run]), all_kinds().get(run.kind)
    context = {
        "run": run,
        "openable": openable,
        "page_url": kind.page_of(run.scope, run.period) if kind and openable else "",
        "may_repeat": access.may_repeat(request.user, run),
        "may_configure": access.may_configure(request.user),
        "entries": Entry.objects.about(run),
    }
    return render(request, "reports/run.html", context)


@require_safe
@insiders(access.may_enter)
def run_row(request, pk: int):
    """`/reports/runs/<pk>/row/`: one row of the list, asked for again and again while the run is still to come."""
    run = _run(request, pk)
    return render(request, "reports/row.html", {"run": run, "openable": _openable(request.user, [run])})


@require_POST
@insiders(access.may_enter)
def repeat(request, pk: int):
    """Have a failed run produced again."""
    run = _run(request, pk)
    if run.state == Run.State.FAILED and not access.may_repeat(request.user, run):
        raise PermissionDenied("repeat")
    if workflow.repeat(run, by=request.user):
        messages.success(request, _("报表 %(number)s 已重新提交。") % {"number": run.number})
    else:
        messages.info(request, _("报表 %(number)s 已在生成或已生成，不需要重新提交。") % {"number": run.number})
    return redirect(run)


@require_GET
@insiders(access.may_enter)
def file(request, pk: int, name: str):
    """A produced file."""
    run = _run(request, pk)
    try:
        return downloads.download(run, name, by=request.user)
    except downloads.UNOPENABLE:
        messages.error(request, _("报表 %(number)s 的文件打不开，请联系管理员。") % {"number": run.number})
        return redirect(run)


@require_http_methods(["GET", "HEAD", "POST"])
@insiders(access.may_enter)
def order(request):
    """`/reports/new/`: order one report now."""
    if not access.orderable_kinds(request.user):
        raise PermissionDenied("order")
    if request.method == "POST":
        form = OrderForm(request.POST, user=request.user)
        if form.is_valid():
            run = workflow.order(
                form.kind,
                form.scope,
                form.period,
                as_user=request.user,
                maker=request.user,
                language=request.user.language,
                formats=form.cleaned_data["formats"],
            )
            messages.success(request, _("报表 %(number)s 已提交，生成后会通知您。") % {"number": run.number})
            return redirect(run)
    else:
        today = timezone.localdate()
        period = span(request.GET.get("span", ""), today) or span("last-week", today)
        form = OrderForm(user=request.user, initial={"first": period.first, "last": period.last, "what": request.GET.get("what")})
    spans = [(code, label) for code, (label, _period) in SPANS.items()]
    return render(request, "reports/order.html", {"form": form, "spans": spans, "kinds": access.orderable_kinds(request.user)})


@require_safe
@insiders(access.may_configure)
def definition_list(request):
    """`/reports/definitions/`: what is produced by itself, and when next."""
    now = timezone.now()
    definitions = Definition.objects.select_related("owner").prefetch_related("recipients")
    page = lists.page(request, definitions, order=("-active", "id"))
    rows = [(definition, schedule.next_moment(definition, now)) for definition in page]
    return render(request, "reports/definitions.html", {"page": page, "rows": rows, "kinds": kind_choices()})


@require_http_methods(["GET", "HEAD", "POST"])
@insiders(access.may_configure)
def definition_new(request):
    """`/reports/definitions/new/?kind=…`: a new definition."""
    kind = all_kinds().get(request.GET.get("kind", ""))
    if kind is None:
        raise Http404
    definition = Definition(kind=kind.code, title=kind.label, frequency=kind.frequency, formats=list(kind.formats))
    if access.may_own(request.user):
        definition.owner = request.user
    form = DefinitionForm(request.POST or None, instance=definition, kind=kind)
    if request.method == "POST" and form.is_valid():
        saved = defining.create(form.save(commit=False), list(form.cleaned_data["recipients"]), by=request.user)
        return _saved(request, saved, kind)
    return render(request, "reports/definition.html", {"form": form, "kind": kind})


@require_http_methods(["GET", "HEAD", "POST"])
@insiders(access.may_configure)
def definition_edit(request, pk: int):
    """`/reports/definitions/<pk>/`: change a definition, see its newest runs. 409 when somebody else changed it meanwhile."""
    definition = get_object_or_404(Definition, pk=pk)
    kind = all_kinds().get(definition.kind)
    if kind is None:
        raise Http404
    form = DefinitionForm(request.POST or None, instance=definition, kind=kind)
    status = 200
    if request.method == "POST" and form.is_valid():
        recipients, seen = list(form.cleaned_data["recipients"]), form.cleaned_data["seen"]
        try:
            saved = defining.change(form.save(commit=False), recipients, by=request.user, seen=seen, changed=form.changed_data)
        except defining.ChangedMeanwhile:
            form.add_error(None, _("这份计划刚被他人修改过。请打开最新内容，重新修改。"))
            status = 409
        else:
            return _saved(request, saved, kind)
    runs = definition.runs.for_list()[:10]
    context = {"form": form, "kind": kind, "definition": definition, "runs": runs, "openable": _openable(request.user, runs)}
    return render(request, "reports/definition.html", context, status=status)


def _saved(request, definition: Definition, kind):
    """Say what was saved, and which recipients can open nothing of it today."""
    messages.success(request, _("报表计划 %(number)s 已保存。") % {"number": definition.number})
    blind = [user.name for user in definition.recipients.all() if not _may_receive(user, definition, kind)]
    if blind:
        messages.warning(request, _("以下接收人目前无权打开其中任何一份：%(names)s。") % {"names": "、".join(blind)})
    return redirect("reports:definitions")


def _may_receive(user, definition: Definition, kind) -> bool:
    granted = {scope.value for scope in kind.scopes(user)}
    return bool(granted & set(definition.scopes) if definition.scopes else granted)


def _run(request, pk: int) -> Run:
    return get_object_or_404(Run.objects.visible_to(request.user).for_list(), pk=pk)


def _openable(user, runs) -> set[int]:
    """Which of `runs` the user may open the files of."""
    return set(Run.objects.openable_by(user).filter(pk__in=[run.pk for run in runs]).values_list("pk", flat=True))
