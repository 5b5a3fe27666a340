"""One's own account: profile, password, second factors, sessions."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspection.accounts import acts, addresses, factors, passkeys, sessions
from inspection.accounts.confirming import confirmed_lately
from inspection.accounts.forms import AppForm, PasskeyForm, PasswordForm, ProfileForm
from inspection.accounts.models import Authenticator
from inspection.accounts.roles import SENTENCES, Role

from .door import offer
from .leading import FORM, remember_language


@require_http_methods(FORM)
def profile(request):
    """Who one is here, what one's roles allow, and the language."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(request.user.language):
            messages.success(request, _("个人资料已保存。"))
        response = redirect("accounts:profile")
        remember_language(response, request.user.language)
        return response
    held = [(role.label, SENTENCES[role]) for role in Role if role in request.user.roles]
    return render(request, "accounts/profile.html", {"form": form, "held": held})


@sensitive_post_parameters()
@require_http_methods(FORM)
@confirmed_lately
def password(request):
    """Change one's own password; other sessions of the same user end."""
    form = PasswordForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.save(commit=False)
        user.must_change_password = False
        with transaction.atomic():
            user.save(update_fields=["password", "must_change_password"])
            acts.record("change_password", user, by=user)
            update_session_auth_hash(request, user)
            sessions.end_all(user, except_key=request.session.session_key)
        messages.success(request, _("密码已修改。其他设备上的登录已全部失效。"))
        return redirect("accounts:profile")
    return render(request, "accounts/password.html", {"form": form})


@require_safe
def security(request):
    """`/accounts/security/`: second factors and sessions."""
    user, this = request.user, sessions.digest(request.session.session_key)
    rows = user.sessions.live().order_by("-seen_at", "session_key")
    context = {
        "authenticator": Authenticator.objects.filter(user=user).first(),
        "passkeys": user.passkeys.order_by("pk"),
        "codes_left": factors.codes_left(user),
        "codes_made": factors.RECOVERY_CODES,
        "sessions": [(row, addresses.browser(row.agent), row.session_key == this) for row in rows],
        "host": passkeys.host(request),
    }
    return render(request, "accounts/security.html", context)


@sensitive_post_parameters()
@require_http_methods(FORM)
@confirmed_lately
def add_app(request):
    """Set up an authenticator app, in place of the one there is."""
    form = AppForm(request, request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _added(request)
    return render(request, "accounts/add_app.html", {"form": form} | offer(request, request.user))


@sensitive_post_parameters()
@require_http_methods(FORM)
@confirmed_lately
def add_passkey(request):
    """Make a passkey on this device."""
    form = PasskeyForm(request, request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _added(request)
    return render(request, "accounts/add_passkey.html", {"passkey_form": form} | offer(request, request.user))


def _added(request):
    """Say so; with the first factor come the recovery codes."""
    if factors.codes_left(request.user):
        messages.success(request, _("第二重验证已设置。"))
        return redirect("accounts:security")
    return _show_codes(request)


def _show_codes(request):
    """Ten new codes, on this answer and never again."""
    with transaction.atomic():
        codes = factors.new_recovery_codes(request.user)
        acts.record("new_recovery_codes", request.user, by=request.user)
    return render(request, "accounts/codes.html", {"codes": codes, "next": ""})


@require_POST
@confirmed_lately
def new_codes(request):
    """New recovery codes in place of the old; only for whoever has a second factor."""
    if not factors.is_set_up(request.user):
        messages.error(request, _("请先设置手机验证器或通行密钥。"))
        return redirect("accounts:security")
    return _show_codes(request)


@require_POST
@confirmed_lately
def remove_app(request):
    """Give up the authenticator app."""
    return _remove(request, Authenticator.objects.filter(user=request.user), "code")


@require_POST
@confirmed_lately
def remove_passkey(request, pk: int):
    """Give up a passkey."""
    get_object_or_404(request.user.passkeys, pk=pk)
    return _remove(request, request.user.passkeys.filter(pk=pk), "passkey")


def _remove(request, factor, kind: str):
    """Delete a factor, unless it is the last and the person's role asks for one."""
    user = request.user
    with transaction.atomic():
        removed = factor.delete()[0]
        if not factors.is_set_up(user) and user.needs_second_factor:
            transaction.set_rollback(True)
            messages.error(request, _("您的职责要求第二重验证。请先设置另一种，再移除这一种。"))
        elif removed:
            if not factors.is_set_up(user):
                factors.clear(user)
            acts.record("remove_factor", user, by=user, facts={"factor": kind})
            messages.success(request, _("已移除。"))
    return redirect("accounts:security")


@require_POST
def end_session(request, key: str):
    """End one of one's own sessions; `key` is the digest the list shows it by."""
    row = get_object_or_404(request.user.sessions, session_key=key)
    with transaction.atomic():
        row.delete()
        acts.record("end_session", request.user, by=request.user)
    if key == sessions.digest(request.session.session_key):
        request.session.flush()
        return redirect("accounts:login")
    messages.success(request, _("该处登录已结束。"))
    return redirect("accounts:security")


@require_POST
def end_sessions(request):
    """End all of one's own sessions but this one."""
    with transaction.atomic():
        count = sessions.end_all(request.user, except_key=request.session.session_key)
        acts.record("end_sessions", request.user, by=request.user, facts={"count": count})
    messages.success(request, _("其他登录已全部结束。"))
    return redirect("accounts:security")
