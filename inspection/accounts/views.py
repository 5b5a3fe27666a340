"""Signing in and out, one's own account, the language."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from . import acts, confirming
from .confirming import confirmed_lately
from .forms import LANGUAGE_CODES, ConfirmForm, ProfileForm, SignInForm, TokenForm
from .roles import SENTENCES, Role

YEAR = 365 * 24 * 3600


@method_decorator(login_not_required, name="dispatch")
class SignIn(views.LoginView):
    """`/accounts/login/`. A language chosen before signing in stays; otherwise the user's own comes up."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form):
        """Sign in, then speak the user's language."""
        with transaction.atomic():
            response = super().form_valid(form)
            acts.record("sign_in", self.request.user, by=self.request.user)
        _remember(response, self.request.user.language)
        return response

    def form_invalid(self, form):
        """A wrong password for an account that exists is on record; what was typed is not."""
        account = form.refused_account()
        if account is not None:
            acts.record("fail_sign_in", account, by=None)
        return super().form_invalid(form)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request):
    """`/accounts/confirm/`: the same person once more, then on to what was asked."""
    form = ConfirmForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        confirming.confirm(request)
        return redirect(_safe(request, request.POST.get("next", "")))
    if form.is_bound:
        acts.record("fail_confirmation", request.user, by=request.user)
    target = _safe(request, request.POST.get("next") or request.GET.get("next", ""))
    return render(
        request, "accounts/confirm.html", {"form": form, "next": target, "minutes": settings.CONFIRMATION_SECONDS // 60}
    )


@require_POST
def sign_out(request):
    """End the session. The answer makes the browser forget drafts and everything else it kept for this site."""
    with transaction.atomic():
        acts.record("sign_out", request.user, by=request.user)
        logout(request)
    response = redirect("accounts:login")
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@require_POST
@login_not_required
def language(request):
    """Switch the language: at once, for this browser, and for the user from now on. Needs no JavaScript."""
    chosen = request.POST.get("language", "")
    response = redirect(_safe(request, request.POST.get("next", "")))
    if chosen in LANGUAGE_CODES:
        if request.user.is_authenticated and request.user.language != chosen:
            request.user.language = chosen
            request.user.save(update_fields=["language"])
        _remember(response, chosen)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request):
    """Who one is here, what one's roles allow, and the language."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(request.user.language):
            messages.success(request, _("个人资料已保存。"))
        response = redirect("accounts:profile")
        _remember(response, request.user.language)
        return response
    held = [(role.label, SENTENCES[role]) for role in Role if role in request.user.roles]
    return render(request, "accounts/profile.html", {"form": form, "held": held})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_lately
def password(request):
    """Change one's own password; other sessions of the same user end."""
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.save(commit=False)
        user.must_change_password = False
        with transaction.atomic():
            user.save(update_fields=["password", "must_change_password"])
            acts.record("change_password", user, by=user)
        update_session_auth_hash(request, user)
        messages.success(request, _("密码已修改。其他设备上的登录已全部失效。"))
        return redirect("accounts:profile")
    return render(request, "accounts/password.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_lately
def tokens(request):
    """One's API tokens. A new one is shown once, on the answer to the POST that made it, and never again."""
    form = TokenForm(request.POST or None)
    raw = ""
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            token, raw = request.user.tokens.issue(request.user, form.cleaned_data["label"], form.expires_at())
            expires_on = form.cleaned_data["expires_on"].isoformat()
            acts.record("issue", token, by=request.user, facts={"prefix": token.prefix, "expires_on": expires_on})
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


def _safe(request: HttpRequest, target: str) -> str:
    """`target` when it is a page of this site, else the work list."""
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return target
    return settings.LOGIN_REDIRECT_URL


def _remember(response, code: str) -> None:
    """Keep the language in this browser, for the pages before signing in."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )
