"""One's API tokens."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inspection.accounts import acts
from inspection.accounts.confirming import confirmed_lately
from inspection.accounts.forms import TokenForm

from .leading import FORM


@require_http_methods(FORM)
@confirmed_lately
def tokens(request):
    """One's API tokens. A new one is shown once, on the answer to the POST that made it, and never again."""
    form = TokenForm(request.POST or None)
    raw = ""
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            asked = form.cleaned_data
            token, raw = request.user.tokens.issue(
                request.user, asked["label"], form.expires_at(), scope=asked["scope"], resources=asked["resources"]
            )
            facts = {"prefix": token.prefix, "expires_on": asked["expires_on"].isoformat(), "scope": token.scope}
            acts.record("issue", token, by=request.user, facts=facts | {"resources": token.resources})
        form = TokenForm()
    context = {"form": form, "raw": raw, "tokens": request.user.tokens.order_by("-id"), "now": timezone.now()}
    return render(request, "accounts/tokens.html", context)


@require_POST
def revoke_token(request, pk: int):
    """Take a token back at once; doing it twice changes nothing."""
    token = get_object_or_404(request.user.tokens, pk=pk)
    with transaction.atomic():
        if request.user.tokens.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            acts.record("revoke", token, by=request.user, facts={"prefix": token.prefix})
    messages.success(request, _("令牌 %(prefix)s… 已收回，使用它的程序将不能再访问。") % {"prefix": token.prefix})
    return redirect("accounts:tokens")
