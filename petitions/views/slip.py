"""Transfer slips: passing a petition on, following the slip, chasing what is late, printing the letters."""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspection import numbers
from inspection.documents import paper
from inspection.pages import lists
from inspection.pages.lists import BadParameter
from inspection.pages.steps import step_view
from inspection.trail.models import Entry
from inspection.trail.recording import record
from petitions import access, documents
from petitions.filters import SlipFilter
from petitions.forms import slip as forms
from petitions.models import TransferSlip
from petitions.workflow import transfer as verbs
from petitions.workflow.machines import PETITION, SLIP
from petitions.workflow.original import SENDING
from petitions.workflow.petition import note_reading

from .petition import in_sight

ORDERS = {"due": ("reply_due", "id"), "sent": ("sent_on", "id"), "number": ("number", "id")}
BULK_LIMIT = 500
PRINT_LIMIT = 200
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

reading_and_posting = require_http_methods(["GET", "HEAD", "POST"])


def slip_in_sight(user, number: str) -> TransferSlip:
    """The slip of this number in the user's sight, with what its page shows. Raises Http404."""
    visible = TransferSlip.objects.visible_to(user).select_related(
        "petition__assignment__unit", "petition__assignment__group__round__term", "receiver", "extract", "reply", "state_by"
    )
    slip = get_object_or_404(visible, number=number)
    access.known_visible(user, [slip.petition])
    return slip


@reading_and_posting
def transfer(request: HttpRequest, number: str) -> HttpResponse:
    """转办: makes the slip and leads to it."""
    obj = in_sight(request.user, number)
    return step_view(
        request,
        obj,
        PETITION,
        "transfer",
        forms.TransferForm,
        verbs.transfer,
        template="petitions/slip_transfer.html",
        to=lambda made: made.get_absolute_url(),
    )


@require_safe
def slips(request: HttpRequest) -> HttpResponse:
    """`/petitions/slips/`: the slips of petitions in sight, what is due first on top."""
    _may_list(request.user)
    asked = SlipFilter(request.GET, queryset=TransferSlip.objects.visible_to(request.user).for_list(), request=request)
    found = asked.qs if asked.is_valid() else asked.queryset.none()
    page = lists.page(request, found, order=lists.order_from(request, ORDERS, default="due"))
    overdue, exact = lists.bounded_count(found.overdue().exclude(chased_on=timezone.localdate()))
    context = {
        "page": page,
        "filter": asked,
        "overdue": overdue if exact else f"{overdue}+",
        "query": request.GET.urlencode(),
        "receive": forms.BulkReceiveForm(),
        "week": _monday(),
    }
    return lists.render_list(request, "petitions/slips.html", "petitions/slips_part.html", context)


@require_POST
def slips_chase(request: HttpRequest) -> HttpResponse:
    """Chase everything overdue in the list under the address's filters."""
    _may_list(request.user)
    asked = SlipFilter(request.GET, queryset=TransferSlip.objects.visible_to(request.user), request=request)
    chased = verbs.chase_overdue(asked.qs, by=request.user) if asked.is_valid() else 0
    words = ngettext("已催办 %(count)s 件。", "已催办 %(count)s 件。", chased)
    messages.success(request, words % {"count": chased} if chased else _("没有需要催办的转办单。"))
    return redirect(_back(request))


@require_POST
def slips_receive(request: HttpRequest) -> HttpResponse:
    """Tick off the receipts of the slips chosen."""
    _may_list(request.user)
    ids = request.POST.getlist("ids")[:BULK_LIMIT]
    if not all(pk.isascii() and pk.isdigit() for pk in ids):
        raise BadParameter("ids")
    form = forms.BulkReceiveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("签收日期无效，没有登记任何一件。"))
        return redirect(_back(request))
    chosen = TransferSlip.objects.visible_to(request.user).filter(pk__in=ids)
    try:
        ticked = verbs.receive_many(chosen, by=request.user, date=form.cleaned_data["date"])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        words = ngettext("已登记签收 %(count)s 件。", "已登记签收 %(count)s 件。", ticked)
        messages.success(request, words % {"count": ticked})
    return redirect(_back(request))


@require_safe
def slips_letters(request: HttpRequest) -> HttpResponse:
    """`/petitions/slips/letters.pdf?from=…&to=…`: the letters sent in those days, this week unless told, in one file."""
    _may_list(request.user)
    first, last = _day(request, "from", _monday()), _day(request, "to", timezone.localdate())
    visible = TransferSlip.objects.visible_to(request.user).filter(sent_on__range=(first, last)).exclude(state="refused")
    chosen = list(
        visible.select_related("petition__assignment__group__round__term", "extract").order_by("number")[: PRINT_LIMIT + 1]
    )
    if not chosen or len(chosen) > PRINT_LIMIT:
        words = _("这些天没有转办单。") if not chosen else _("一次最多打印 %(limit)s 件，请缩短日期。") % {"limit": PRINT_LIMIT}
        messages.warning(request, words)
        return redirect("petitions:slips")
    try:
        printed = documents.pdf(chosen, documents.marks(request.user, _copy(chosen, request.user), chosen))
    except paper.PaperFailed as failure:
        messages.error(request, _("打印失败，错误编号 %(id)s。") % {"id": failure.id})
        return redirect("petitions:slips")
    name = f"{_('转办函')}_{first.isoformat()}_{last.isoformat()}.pdf"
    return _file(printed.content, "application/pdf", name, attachment=False)


@require_safe
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """`/petitions/slips/<number>/`: the extract, the receipt, the reply and what was done."""
    obj = slip_in_sight(request.user, number)
    note_reading(obj, by=request.user)
    entries = Entry.objects.about(obj).acts().select_related("note")
    originals = list(obj.originals.select_related("asked_by"))
    context = {
        "object": obj,
        "machine": SLIP,
        "entries": entries,
        "chased": sum(1 for entry in entries if entry.verb == "chase"),
        "originals": originals,
        "may_ask_original": access.may_follow_slip(request.user, obj)
        and obj.state in SENDING
        and obj.petition.content_id is not None
        and not any(release.state in ("requested", "approved") for release in originals),
    }
    return render(request, "petitions/slip.html", context)


@require_safe
def slip_letter(request: HttpRequest, number: str) -> HttpResponse:
    """The slip's letter as DOCX, for the office to sign and send."""
    obj = slip_in_sight(request.user, number)
    content = documents.docx(obj, documents.marks(request.user, _copy([obj], request.user), [obj]))
    return _file(content, DOCX, f"{_('转办函')}_{obj.number}.docx", attachment=True)


@reading_and_posting
def receive(request: HttpRequest, number: str) -> HttpResponse:
    """登记签收."""
    return step_view(request, slip_in_sight(request.user, number), SLIP, "receive", forms.ReceiveForm, verbs.receive)


@reading_and_posting
def handle(request: HttpRequest, number: str) -> HttpResponse:
    """承办单位已开始办理."""
    return step_view(request, slip_in_sight(request.user, number), SLIP, "handle", forms.forms.Form, verbs.handle)


@reading_and_posting
def reply(request: HttpRequest, number: str) -> HttpResponse:
    """登记办理结果."""
    return step_view(request, slip_in_sight(request.user, number), SLIP, "reply", forms.ReplyForm, verbs.reply)


@reading_and_posting
def redo(request: HttpRequest, number: str) -> HttpResponse:
    """退回重办."""
    return step_view(request, slip_in_sight(request.user, number), SLIP, "redo", forms.ReasonForm, verbs.redo)


@reading_and_posting
def conclude(request: HttpRequest, number: str) -> HttpResponse:
    """办结, and with it the petition."""
    return step_view(request, slip_in_sight(request.user, number), SLIP, "conclude", forms.ConcludeForm, verbs.conclude)


@reading_and_posting
def refuse(request: HttpRequest, number: str) -> HttpResponse:
    """登记退回; the petition waits for triage again."""
    return step_view(request, slip_in_sight(request.user, number), SLIP, "refuse", forms.ReasonForm, verbs.refuse)


@reading_and_posting
def chase(request: HttpRequest, number: str) -> HttpResponse:
    """催办."""
    return step_view(request, slip_in_sight(request.user, number), SLIP, "chase", forms.forms.Form, verbs.chase)


def _may_list(user) -> None:
    if not access.may_list(user):
        raise PermissionDenied("slips")


def _monday() -> dt.date:
    day = timezone.localdate()
    return day - dt.timedelta(days=day.weekday())


def _day(request: HttpRequest, name: str, default: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(request.GET[name]) if request.GET.get(name) else default
    except ValueError:
        raise BadParameter(name) from None


def _back(request: HttpRequest) -> str:
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else reverse("petitions:slips")


@transaction.atomic
def _copy(printed: list[TransferSlip], user) -> str:
    """The number of this printing, put on record with every slip in it."""
    year = timezone.localdate().year
    copy = f"ZB-DY-{year}-{numbers.take('ZB-DY', year):06d}"
    for obj in printed:
        record("print", obj, by=user, facts={"copy": copy})
    return copy


def _file(content: bytes, kind: str, name: str, *, attachment: bool) -> HttpResponse:
    headers = {"Content-Disposition": content_disposition_header(attachment, name)}
    return HttpResponse(content, content_type=kind, headers=headers)
