"""Who wrote: asking to see it, deciding on that, and the one page of the system that shows it."""

import logging

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from inspection.accounts.confirming import confirmed_lately
from inspection.pages import lists
from inspection.pages.steps import bound, place_errors, step_view
from inspection.trail.models import Entry
from inspection.vault.errors import Tampered
from petitions import access
from petitions.filters import IdentityFilter
from petitions.forms import custody as forms
from petitions.forms.steps import NothingForm, ReasonForm
from petitions.models import IdentityRequest, Petition
from petitions.workflow import disclosure as verbs
from petitions.workflow.custody import IDENTITY

from .petition import in_sight

logger = logging.getLogger(__name__)
reading_and_posting = require_http_methods(["GET", "HEAD", "POST"])
ORDERS = {"number": ("number", "id"), "asked": ("asked_at", "id"), "until": ("opens_until", "id")}
LABELS = {
    "name": gettext_lazy("姓名"),
    "account": gettext_lazy("账号（微信、QQ、网名等）"),
    "gender": gettext_lazy("性别"),
    "age": gettext_lazy("年龄"),
    "phone": gettext_lazy("联系电话"),
    "email": gettext_lazy("电子邮箱"),
    "address": gettext_lazy("单位及住址"),
    "id_number": gettext_lazy("证件号码"),
    "wish": gettext_lazy("本人意愿"),
}


@require_GET
@confirmed_lately
def identity(request: HttpRequest, number: str) -> HttpResponse:
    """`/petitions/<number>/identity/`: who wrote, to whoever asked and as long as it is open; every look is an entry."""
    obj = in_sight(request.user, number)
    asked = verbs.open_to(request.user, obj)
    if asked is None:
        return _closed(request, obj)
    try:
        who = verbs.look(asked, by=request.user)
    except Tampered:
        logger.error("petition %s: the identity does not open", obj.pk)
        messages.error(request, _("身份信息无法打开：已被改动，请告知系统管理员核验。"))
        return redirect(obj)
    left = asked.opens_until - timezone.now()
    context = {
        "object": obj,
        "asked": asked,
        "who": [(label, who[key]) for key, label in LABELS.items() if who.get(key)],
        "left": time_left(left),
        "seconds": int(left.total_seconds()) + 1,
        "mail": _raw_mail(obj),
        "mark": f"{request.user.name} {timezone.localtime():%Y-%m-%d %H:%M}",
    }
    return render(request, "petitions/identity.html", context)


def _closed(request: HttpRequest, obj: Petition) -> HttpResponse:
    """403 with what to do: nothing is open to this person. Says how the last request of one's own ended."""
    if not access.may_ask_identity(request.user, obj):
        raise PermissionDenied(f"identity of petition {obj.pk}")
    last = obj.identity_requests.filter(asked_by=request.user).select_related("decided_by").first()
    return render(request, "petitions/identity_closed.html", {"object": obj, "asked": last}, status=403)


def _raw_mail(obj: Petition):
    """The mail it came in, while its bytes are kept."""
    item = getattr(obj, "mail_item", None)
    return item if item is not None and item.raw_id and item.raw.destroyed_at is None else None


def time_left(left) -> str:
    """ "还剩 23 小时 5 分钟", rounded down; "不到 1 分钟" at the end."""
    minutes = int(left.total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    words = [ngettext("%(n)s 小时", "%(n)s 小时", hours) % {"n": hours}] if hours else []
    words += [ngettext("%(n)s 分钟", "%(n)s 分钟", minutes) % {"n": minutes}] if minutes else []
    return _("还剩 %(time)s") % {"time": " ".join(words)} if words else _("不到 1 分钟")


@reading_and_posting
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """`/petitions/<number>/identity/ask/`: why it must be seen."""
    obj = in_sight(request.user, number)
    if not access.may_ask_identity(request.user, obj):
        raise PermissionDenied(f"ask for the identity of petition {obj.pk}")
    form = forms.AskIdentityForm(**bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            asked = verbs.ask(obj, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
        else:
            messages.success(request, _("申请 %(number)s 已提交，批准后另行通知。") % {"number": asked.number})
            return redirect(obj)
    return render(request, "petitions/identity_ask.html", {"object": obj, "form": form})


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """`/petitions/identity/`: every request for custodians and the head of the office, one's own for everybody else."""
    if not access.may_list_identity(request.user):
        raise PermissionDenied("identity requests")
    visible = IdentityRequest.objects.visible_to(request.user).for_list()
    filters = IdentityFilter(request.GET, queryset=visible)
    page = lists.page(request, filters.qs, order=lists.order_from(request, ORDERS, default="-asked"))
    context = {"page": page, "filter": filters, "known": _known(request.user, page)}
    return lists.render_list(request, "petitions/identity_requests.html", "petitions/identity_requests_part.html", context)


def _known(user, page) -> set[int]:
    """Ids of the petitions on the page that the reader may open: a custodian sees numbers, not petitions."""
    asked = {row.petition_id for row in page}
    return set(Petition.objects.visible_to(user).filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()


@require_safe
def request_page(request: HttpRequest, number: str) -> HttpResponse:
    """`/petitions/identity/<number>/`: who asks, why, and what became of it; nothing of what the petition says."""
    obj = _asked(request.user, number)
    context = {
        "object": obj,
        "machine": IDENTITY,
        "known": Petition.objects.visible_to(request.user).filter(pk=obj.petition_id).exists(),
        "may_look": access.may_look(request.user, obj),
        "entries": Entry.objects.about(obj).select_related("note"),
        "habits": _habits(request.user, obj),
    }
    return render(request, "petitions/identity_request.html", context)


@reading_and_posting
@confirmed_lately
def approve(request: HttpRequest, number: str) -> HttpResponse:
    """批准查看."""
    return _step(request, number, "approve", forms.ApproveIdentityForm, verbs.approve)


@reading_and_posting
def refuse(request: HttpRequest, number: str) -> HttpResponse:
    """不批准."""
    return _step(request, number, "refuse", ReasonForm, verbs.refuse)


@reading_and_posting
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """撤回申请."""
    return _step(request, number, "withdraw", NothingForm, verbs.withdraw)


@reading_and_posting
def close(request: HttpRequest, number: str) -> HttpResponse:
    """提前结束."""
    return _step(request, number, "close", NothingForm, verbs.close)


def _step(request: HttpRequest, number: str, verb: str, form, perform) -> HttpResponse:
    obj = _asked(request.user, number)
    context = {"habits": _habits(request.user, obj)}
    return step_view(request, obj, IDENTITY, verb, form, perform, template="petitions/identity_step.html", context=context)


def _habits(user, obj: IdentityRequest) -> dict | None:
    """How often who asks has asked lately, for those who decide: two who help each other out are to show."""
    if not access.keeps_identities(user):
        return None
    return IdentityRequest.objects.visible_to(user).habits(obj.asked_by, user)


def _asked(user, number: str) -> IdentityRequest:
    visible = IdentityRequest.objects.visible_to(user).for_list().select_related("petition__assignment__group__round", "reason")
    return get_object_or_404(visible, number=number)
