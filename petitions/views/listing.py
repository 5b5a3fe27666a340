"""The petition list with its bulk actions, and the ledger that says where everything received has gone."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from inspection import small_numbers
from inspection.pages import lists
from inspection.pages.lists import BadParameter
from petitions import access
from petitions.filters import PetitionFilter, rows_for
from petitions.forms.box import LedgerForm
from petitions.models import BoxOpening, Petition
from petitions.queries import PLACES
from petitions.workflow import petition as verbs
from rounds.models import Channel

ORDERS = {
    "received": ("received_at", "id"),
    "number": ("number", "id"),
    "due": ("decide_by", "id"),
}
BULK = {"check": verbs.check, "file": verbs.file}
BULK_LIMIT = 500


@require_safe
def petition_list(request: HttpRequest) -> HttpResponse:
    """`/petitions/`: what the reader may see, filtered by the address, newest first."""
    if not access.may_list(request.user):
        raise PermissionDenied("petitions")
    found = PetitionFilter(request.GET, queryset=SimpleLazyObject(lambda: rows_for(request.user)), request=request)
    found.lazily = True
    order = lists.order_from(request, ORDERS, default="-received")
    shape = found.shape
    page = lists.page(
        request, SimpleLazyObject(lambda: found.qs) if shape else found.qs, order=order, search=found.search, shape=shape
    )
    context = {"page": page, "filter": found, "query": request.GET.urlencode()}
    return lists.render_list(request, "petitions/list.html", "petitions/list_part.html", context)


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Take one verb on the rows ticked; each is looked up in the reader's scope and checked on its own."""
    verb = BULK.get(request.POST.get("verb", ""))
    ids = request.POST.getlist("ids")[:BULK_LIMIT]
    if verb is None or not all(pk.isascii() and pk.isdigit() for pk in ids):
        raise BadParameter("verb" if verb is None else "ids")
    facts = {"reason": request.POST.get("reason", "").strip()} if verb is verbs.file else {}
    petitions = Petition.objects.visible_to(request.user).for_page().filter(pk__in=ids).order_by("pk")
    try:
        done, refused = verbs.each(verb, petitions, by=request.user, **facts)
    except ValidationError:
        messages.error(request, _("存查须填写理由，没有办理任何一件。"))
    else:
        words = ngettext("已办理 %(count)s 件。", "已办理 %(count)s 件。", len(done))
        messages.success(request, words % {"count": len(done)})
        if refused:
            words = ngettext("%(count)s 件状态已变或无权办理，未动。", "%(count)s 件状态已变或无权办理，未动。", len(refused))
            messages.warning(request, words % {"count": len(refused)})
    back = request.POST.get("back", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else reverse("petitions:list"))


@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """`/petitions/ledger/`: received = placed + waiting, by channel; every figure opens its list."""
    if not access.may_list(request.user):
        raise PermissionDenied("ledger")
    form = LedgerForm(request.GET or None, user=request.user)
    first, last = form.days()
    span = {"received_at__date__range": (first, last)}
    visible = Petition.objects.visible_to(request.user).filter(**span)
    openings = BoxOpening.objects.visible_to(request.user).filter(opened_at__date__range=(first, last)).for_list(request.user)
    unit = form.cleaned_data.get("unit") if form.is_bound and form.is_valid() else None
    if unit:
        visible, openings = visible.filter(assignment__unit=unit), openings.filter(channel__assignment__unit=unit)
    asked = {"received_from": first.isoformat(), "received_to": last.isoformat()} | ({"unit": unit.pk} if unit else {})
    labels = dict(Channel.Kind.choices)
    counted = list(visible.counts_by_place("channel_kind"))
    total = {name: sum(row[name] for row in counted) for name in ("received", *PLACES)}
    context = {
        "form": form,
        "first": first,
        "last": last,
        "rows": [_ledger_row(labels[row["channel_kind"]], row, asked | {"channel": row["channel_kind"]}) for row in counted],
        "total": _ledger_row(_("合计"), total, asked),
        "may_list_disposals": access.may_list_disposals(request.user),
        "outstanding": sum(max(opening.letters - opening.registered, 0) for opening in openings),
    }
    return render(request, "petitions/ledger.html", context)


@require_safe
def ledger_public(request: HttpRequest) -> HttpResponse:
    """`/petitions/ledger/public/`: the figures that a public notice or the inspected unit may be told; small numbers are not."""
    if not access.may_list(request.user):
        raise PermissionDenied("ledger")
    form = LedgerForm(request.GET or None, user=request.user)
    first, last = form.days()
    visible = Petition.objects.visible_to(request.user).filter(received_at__date__range=(first, last))
    unit = form.cleaned_data.get("unit") if form.is_bound and form.is_valid() else None
    if unit:
        visible = visible.filter(assignment__unit=unit)
    counted = {row["channel_kind"]: row for row in visible.counts_by_place("channel_kind")}
    nothing = dict.fromkeys(PLACES, 0)
    lines, total = small_numbers.table([counted.get(kind, nothing) for kind in Channel.Kind.values], tuple(PLACES))
    rows = [{"label": label, "cells": cells} for label, cells in zip(Channel.Kind.labels, lines, strict=True)]
    return render(
        request, "petitions/ledger_public.html", {"form": form, "first": first, "last": last, "rows": rows, "total": total}
    )


def _ledger_row(label: str, counts: dict, asked: dict) -> dict:
    """A line of the ledger: each figure with the address of the list that it counts."""
    here = reverse("petitions:list")
    counts = counts | {"placed": counts["received"] - counts["waiting"]}

    def figure(name: str) -> dict:
        place = {} if name == "received" else {"place": name}
        return {"count": counts[name], "url": f"{here}?{urlencode(asked | place)}"}

    cells = [figure(name) for name in ("received", *PLACES)]
    return {"label": label, "cells": cells, "received": cells[0], "placed": figure("placed"), "waiting": figure("waiting")}
