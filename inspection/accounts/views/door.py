"""Signing in, in one step or two, and out; the confirmation page; the language."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from inspection.accounts import acts, attempts, confirming, factors, passkeys, signing_in
from inspection.accounts.forms import LANGUAGE_CODES, AppForm, ConfirmForm, FactorForm, PasskeyForm, SignInForm

from .leading import FORM, remember_language, target_of


@sensitive_post_parameters()
@require_http_methods(FORM)
@login_not_required
def sign_in(request):
    """`/accounts/login/`: name and password; whoever needs a second factor is led on to it."""
    target = target_of(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.get_user()
        if not signing_in.asks_more(user):
            return _let_in(request, user, "", redirect(target))
        signing_in.hold(request, user, target)
        return redirect("accounts:second" if factors.is_set_up(user) else "accounts:enrol")
    idle = settings.IDLE_MINUTES if "idle" in request.GET else 0
    return render(request, "accounts/login.html", {"form": form, "next": target, "idle": idle})


@sensitive_post_parameters()
@require_http_methods(FORM)
@login_not_required
def second(request):
    """`/accounts/login/second/`: the second factor of whoever has just shown the password."""
    user, target = _held(request)
    if user is None or not factors.is_set_up(user):
        return redirect(target)
    form = FactorForm(request, user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if form.factor == "recovery":
            _say_how_many_are_left(request, user)
        return _let_in(request, user, form.factor, redirect(target))
    context = {"form": form, "person": user, "passkey": passkeys.options_to_use(request, user)}
    return render(request, "accounts/second.html", context | {"elsewhere": _elsewhere(request, user)})


@sensitive_post_parameters()
@require_http_methods(FORM)
@login_not_required
def enrol(request):
    """`/accounts/login/enrol/`: the first second factor of somebody whose role asks for one, at the first sign-in."""
    user, target = _held(request)
    if user is None or factors.is_set_up(user):
        return redirect(target if user is None else "accounts:second")
    by_passkey = "label" in request.POST
    app = AppForm(request, user, None if by_passkey else request.POST or None)
    passkey = PasskeyForm(request, user, request.POST if by_passkey else None)
    sent = passkey if by_passkey else app
    if request.method == "POST" and sent.is_valid():
        codes = factors.new_recovery_codes(user)
        signing_in.complete(request, user, "passkey" if by_passkey else "code")
        response = render(request, "accounts/codes.html", {"codes": codes, "next": target})
        attempts.remember_browser(request, response, user)
        return response
    context = {"form": app, "passkey_form": passkey, "person": user} | offer(request, user)
    return render(request, "accounts/enrol.html", context)


@sensitive_post_parameters()
@require_http_methods(FORM)
def confirm(request):
    """`/accounts/confirm/`: the same person once more, then on to what was asked."""
    user, target = request.user, target_of(request)
    form = ConfirmForm(request, user, request.POST or None, has_factor=factors.is_set_up(user))
    if request.method == "POST" and form.is_valid():
        confirming.confirm(request)
        return redirect(target)
    context = {"form": form, "next": target, "minutes": settings.CONFIRMATION_SECONDS // 60}
    return render(request, "accounts/confirm.html", context | {"passkey": passkeys.options_to_use(request, user)})


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
    response = redirect(target_of(request))
    if chosen in LANGUAGE_CODES:
        if request.user.is_authenticated and request.user.language != chosen:
            request.user.language = chosen
            request.user.save(update_fields=["language"])
        remember_language(response, chosen)
    return response


def offer(request, user) -> dict:
    """What pages that set up a factor show: the app's secret as picture and text, and what the browser needs for a passkey."""
    secret = signing_in.new_secret(request, user)
    return {
        "picture": factors.picture(factors.address(secret, user)),
        "secret": factors.readable(secret),
        "passkey": passkeys.options_to_add(request, user) if passkeys.host(request) else "",
    }


def _held(request):
    """Who is between the two steps and where signing in leads; (None, the page to go to instead) when nobody is."""
    if request.user.is_authenticated:
        return None, target_of(request)
    user, target = signing_in.held(request)
    return (user, target) if user else (None, reverse("accounts:login"))


def _let_in(request, user, factor, response):
    """Sign in; then the user's language is spoken, and the browser is known."""
    signing_in.complete(request, user, factor)
    remember_language(response, user.language)
    attempts.remember_browser(request, response, user)
    return response


def _say_how_many_are_left(request, user) -> None:
    left = factors.codes_left(user)
    messages.warning(request, _("您用恢复码登录，还剩 %(n)d 个。请尽快在「登录安全」中重新设置手机验证器。") % {"n": left})


def _elsewhere(request, user) -> list[str]:
    """The host names at which the person's passkeys work, when none of them works here."""
    if passkeys.usable(request, user).exists():
        return []
    return sorted(set(user.passkeys.values_list("host", flat=True)))
