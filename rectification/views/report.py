"""A report as a page: the same numbers as on paper, worked out now, each leading to the list it counts."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from inspection.documents.content import Figures, Report, Table
from inspection.pages.lists import BadParameter
from inspection.reports.kinds import Kind, Period
from inspection.reports.schedule import last_complete
from rectification.reports import monthly_office, weekly_brief

KINDS = {kind.code: kind for kind in (weekly_brief, monthly_office)}


@require_safe
def report_page(request, code: str):
    """`/rectification/reports/<kind>/?scope=&first=&last=`: the first scope and the last full period unless told."""
    kind = KINDS.get(code)
    if kind is None:
        raise Http404
    scopes = list(kind.scopes(request.user))
    if not scopes:
        raise PermissionDenied(f"report {code}")
    wanted = request.GET.get("scope")
    scope = next((scope for scope in scopes if wanted in (None, "", scope.value)), None)
    if scope is None:
        raise Http404
    period = _period(request, kind)
    context = {
        "kind": kind,
        "scopes": scopes,
        "scope": scope,
        "period": period,
        "what": f"{kind.code}|{scope.value}",
        "report": kind.build(scope.value, period, request.user),
    }
    return render(request, "rectification/report.html", context | {"sections": _sections(context["report"])})


def _period(request, kind: Kind) -> Period:
    """The days asked for. Raises BadParameter for what is no day, or days the wrong way round."""
    found = last_complete(kind.frequency, timezone.localdate())
    days = {"first": found.first, "last": found.last}
    for name in days:
        if raw := request.GET.get(name):
            try:
                day = parse_date(raw)
            except ValueError:
                day = None
            if day is None:
                raise BadParameter(name)
            days[name] = day
    try:
        return Period(**days)
    except ValueError:
        raise BadParameter("last") from None


def _sections(report: Report) -> list[dict]:
    """Sections as the template draws them."""
    return [{"heading": section.heading, "blocks": [_block(block) for block in section.blocks]} for section in report.sections]


def _block(block) -> dict:
    if isinstance(block, Figures):
        return {"kind": "figures", "items": [(label, value, getattr(value, "url", "")) for label, value in block.items]}
    if isinstance(block, Table):
        columns = block.all_columns
        rows = [
            [
                {
                    "head": column.header,
                    "kind": column.kind,
                    "words": column.words(value),
                    "url": getattr(value, "url", ""),
                }
                for column, value in zip(columns, line, strict=True)
            ]
            for line in block.lines()
        ]
        return {
            "kind": "table",
            "title": block.title,
            "columns": columns,
            "rows": rows,
            "note": block.note,
            "narrow": len(columns) < 3,
        }
    return {"kind": "text", "text": block}
