"""The mailbox page: what came in, what was registered, what waits for a person; and the accounts behind it."""

import logging
from itertools import chain

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspection.accounts.confirming import confirmed_lately
from inspection.pages import lists
from inspection.pages.steps import bound, place_errors
from inspection.trail.recording import record
from inspection.vault import files
from petitions import access, intake
from petitions.forms.mailbox import AccountForm, ByHandForm, MailFilterForm
from petitions.mailbox import collecting, connection
from petitions.mailbox.errors import WORDS, MailboxError
from petitions.models import MailAccount, MailItem
from petitions.workflow import disclosure
from rounds import access as rounds_access
from rounds.models import Assignment

logger = logging.getLogger(__name__)
reading_and_posting = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """`/petitions/mail/`: fetched = registered + parked + waiting; each figure opens its list."""
    if not access.may_list(request.user):
        raise PermissionDenied("mail")
    accounts = _accounts(request.user)
    form = MailFilterForm(request.GET, accounts=accounts)
    visible = MailItem.objects.visible_to(request.user)
    found = form.narrowed(visible.select_related("account__channel__assignment__unit", "petition"))
    page = lists.page(request, found, order=("-received_at", "-id"))
    account = form.cleaned_data.get("account") if form.is_valid() else None
    counted = (visible.filter(account=account) if account else visible).aggregate(
        all=Count("pk"), **{state: Count("pk", filter=Q(state=state)) for state in MailItem.State.values}
    )
    context = {
        "page": page,
        "filter": form,
        "counts": counted,
        "accounts": [{"account": one, "error": WORDS.get(one.last_error, "")} for one in accounts],
        "asked_account": account,
        "configures": rounds_access.may_configure(request.user),
    }
    return lists.render_list(request, "petitions/mail.html", "petitions/mail_part.html", context)


@require_safe
def mail_item(request: HttpRequest, pk: int) -> HttpResponse:
    """`/petitions/mail/<pk>/`: one mail: where it is and what can be done with it."""
    item = _item(request.user, pk)
    if item.petition_id:
        return redirect(item.petition)
    context = {
        "object": item,
        "may_read_raw": _may_read_raw(request.user, item),
        "may_register": _may_register(request.user, item),
    }
    return render(request, "petitions/mail_item.html", context)


@require_safe
@confirmed_lately
def mail_raw(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as it came, which shows who sent it; an entry of the trail.

    While it waits to be registered, for the office, who reads it to type it in; after that only under an open identity request.
    """
    item = _item(request.user, pk)
    asked = disclosure.open_to(request.user, item.petition) if item.petition_id else None
    if asked is None and (item.petition_id or not _may_read_raw(request.user, item)):
        raise PermissionDenied("raw mail")
    if item.raw is None:
        raise Http404("no bytes")
    blocks = files.chunks(item.raw)
    try:
        first = next(blocks)
    except files.Destroyed:
        raise Http404("destroyed") from None
    except files.Tampered:
        logger.error("mail %s: file %s is missing or does not open", item.pk, item.raw_id)
        messages.error(request, _("原邮件无法打开：文件缺失或已被改动，请告知系统管理员核验。"))
        return redirect(item)
    record("download", item, by=request.user, facts={"sha256": item.raw.sha256[:12]})
    if asked is not None:
        record("download", asked, by=request.user, facts={"petition": item.petition.number})
    # Never as a mail: a browser or a mail program that opens it by itself would fetch what it points to.
    response = StreamingHttpResponse(chain([first], blocks), content_type="application/octet-stream")
    response.headers["Content-Length"] = item.raw.size
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{item.number}.eml")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def mail_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a parked mail again."""
    item = _registering(request.user, pk)
    try:
        item = collecting.retry(item, by=request.user)
    except MailboxError as error:
        messages.error(request, WORDS[error.code])
        return redirect(item)
    if item.state == MailItem.State.REGISTERED:
        messages.success(request, _("已登记为 %(number)s。") % {"number": item.petition.number})
    elif item.state == MailItem.State.FETCHED:
        messages.success(request, _("下次收取时重新取回。"))
    else:
        messages.warning(request, _("仍不能登记：%(reason)s。") % {"reason": item.get_reason_display()})
    return redirect("petitions:mail-item", pk=item.pk)


@reading_and_posting
def mail_by_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """Register a parked mail with what a person read out of it."""
    item = _registering(request.user, pk)
    if item.petition_id:
        return redirect(item.petition)
    form = ByHandForm(**bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            petition = collecting.register_by_hand(item, by=request.user, **form.facts())
        except intake.AlreadyRegistered as known:
            messages.warning(request, _("这封邮件已经登记。"))
            return redirect(known.petition)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("已登记为 %(number)s。") % {"number": petition.number})
            return redirect(petition)
    return render(request, "petitions/mail_by_hand.html", {"form": form, "object": item})


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """`/petitions/mail/accounts/`: the mailboxes set up."""
    _may_configure(request.user)
    found = MailAccount.objects.select_related("channel__assignment__unit", "registrar").order_by("-active", "pk")
    rows = [{"account": one, "error": WORDS.get(one.last_error, "")} for one in found]
    return render(request, "petitions/mail_accounts.html", {"rows": rows})


@reading_and_posting
def account_new(request: HttpRequest) -> HttpResponse:
    """`/petitions/mail/accounts/new/`."""
    return _edit(request, MailAccount())


@reading_and_posting
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """`/petitions/mail/accounts/<pk>/`."""
    return _edit(request, get_object_or_404(MailAccount.objects.select_related("channel__assignment__unit", "password"), pk=pk))


@require_POST
def account_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the mailbox once, read-only, and say whether that works."""
    _may_configure(request.user)
    obj = get_object_or_404(MailAccount.objects.select_related("password"), pk=pk)
    try:
        with connection.opened(obj):
            messages.success(request, _("可以连接，文件夹已只读打开。"))
    except MailboxError as error:
        messages.error(request, WORDS[error.code])
    return redirect("petitions:mail-account", pk=pk)


def _edit(request: HttpRequest, obj: MailAccount) -> HttpResponse:
    _may_configure(request.user)
    form = AccountForm(instance=obj, **bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            form.save_as(request.user)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("邮箱账号已保存。"))
            return redirect("petitions:mail-accounts")
    return render(request, "petitions/mail_account.html", {"form": form, "object": obj, "error": WORDS.get(obj.last_error, "")})


def _accounts(user):
    scope = Assignment.objects.cases_visible_to(user)
    return MailAccount.objects.filter(channel__assignment__in=scope).select_related("channel__assignment__unit").order_by("pk")


def _item(user, pk: int) -> MailItem:
    related = (
        "account__channel__assignment__unit",
        "account__channel__assignment__group__round",
        "petition__assignment__unit",
        "raw",
    )
    return get_object_or_404(MailItem.objects.visible_to(user).select_related(*related), pk=pk)


def _registering(user, pk: int) -> MailItem:
    item = _item(user, pk)
    if not _may_register(user, item):
        raise PermissionDenied("register mail")
    return item


def _may_register(user, item: MailItem) -> bool:
    return access.may_register(user, item.account.channel.assignment)


def _may_read_raw(user, item: MailItem) -> bool:
    return access.may_read_raw_mail(user, item.account.channel.assignment)


def _may_configure(user) -> None:
    if not rounds_access.may_configure(user):
        raise PermissionDenied("mail accounts")
