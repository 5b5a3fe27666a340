"""Letting somebody in: the password, then the second factor where there is one or has to be one, and only then a session.

Between the two steps the browser holds a partial sign-in, which opens nothing but the second step. So whoever has a session has
shown all that the account asks for.
"""

import base64
import time

from django.conf import settings
from django.contrib.auth import authenticate, login
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from . import acts, attempts, factors, passkeys, sealing, sessions
from .models import User

BACKEND = "inspection.accounts.backends.Door"
PARTIAL = "partial_sign_in"
NEW_SECRET = "new_authenticator"


def by_password(request: HttpRequest, username: str, password: str) -> User | None:
    """The person whose password this is. Raises attempts.Wait. Takes as long, and waits as long, for a name that is unknown."""
    account = User.objects.filter(username=username).first()
    attempt = attempts.begin(request, "password", name=username, user=account)
    user = authenticate(request, username=username, password=password)
    if user is not None:
        attempt.succeeded()
        return user
    attempt.failed()
    if account is not None:
        acts.record("fail_sign_in", account, by=None)
    return None


def asks_more(user: User) -> bool:
    """Whether the password alone does not let this person in."""
    return user.needs_second_factor or factors.is_set_up(user)


def hold(request: HttpRequest, user: User, target: str) -> None:
    """Remember that the password was right, for the second step; `target` is where signing in leads."""
    request.session.cycle_key()  # whoever planted the session's cookie in this browser must not take the second step
    stamp = {"user": user.pk, "at": int(time.time()), "next": target, "hash": user.get_session_auth_hash()}
    request.session[PARTIAL] = stamp
    request.session.pop(NEW_SECRET, None)


def held(request: HttpRequest) -> tuple[User | None, str]:
    """Who has shown the password here lately, and where signing in leads; (None, "") when nobody, or too long ago."""
    stamp = request.session.get(PARTIAL) or {}
    user = User.objects.filter(pk=stamp.get("user")).first()
    if user is None or not user.may_enter or not constant_time_compare(stamp["hash"], user.get_session_auth_hash()):
        return None, ""
    longest = settings.PARTIAL_SECONDS if factors.is_set_up(user) else settings.ENROLMENT_SECONDS
    if not 0 <= time.time() - stamp["at"] + 1 < longest:
        request.session.pop(PARTIAL)
        return None, ""
    return user, stamp["next"]


def prove(request: HttpRequest, user: User, *, code: str = "", answer: str = "") -> str:
    """Which second factor was shown: "code", "recovery" or "passkey"; "" for none. Raises attempts.Wait."""
    attempt = attempts.begin(request, "factor", user=user)
    factor = _shown(request, user, code, answer)
    if factor:
        attempt.succeeded()
    else:
        attempt.failed()
        acts.record("fail_second_factor", user, by=None)
    return factor


def _shown(request, user, code, answer) -> str:
    if answer:
        try:
            passkeys.use(request, user, answer)
        except passkeys.Refused:
            return ""
        return "passkey"
    if factors.looks_like_recovery(code):
        return "recovery" if factors.take_recovery_code(user, code) else ""
    return "code" if factors.take_code(user, code) else ""


def same_person(request: HttpRequest, password: str) -> bool:
    """Whether the password is that of the person signed in. Raises attempts.Wait."""
    user = request.user
    attempt = attempts.begin(request, "password", user=user)
    if user.check_password(password):
        attempt.succeeded()
        return True
    attempt.failed()
    acts.record("fail_confirmation", user, by=user)
    return False


def complete(request: HttpRequest, user: User, factor: str) -> None:
    """Sign the person in; an act whose entry cannot be written does not happen either."""
    with transaction.atomic():
        login(request, user, backend=BACKEND)
        for name in (PARTIAL, NEW_SECRET, passkeys.CHALLENGE):
            request.session.pop(name, None)
        request.session.update(sessions.origin(request))
        acts.record("sign_in", user, by=user, facts={"factor": factor})
        sessions.sweep()


def new_secret(request: HttpRequest, user: User) -> bytes:
    """The secret offered to the person's app in this session until it is taken: a typing error does not change the picture."""
    owner = f"new authenticator:{user.pk}"
    try:
        return sealing.open_(base64.b64decode(request.session.get(NEW_SECRET, "")), owner)
    except sealing.Unreadable:
        secret = factors.new_secret()
        request.session[NEW_SECRET] = base64.b64encode(sealing.seal(secret, owner)).decode()
        return secret


def add_factor(request: HttpRequest, user: User, *, code: str = "", answer: str = "", label: str = "") -> str:
    """Keep the app or the passkey that has just been shown. Returns its kind, "code" or "passkey"; "" when it proves nothing."""
    kind = "passkey" if answer else "code"
    with transaction.atomic():
        if answer:
            try:
                passkeys.add(request, user, answer, label)
            except passkeys.Refused:
                return ""
        elif not factors.add_authenticator(user, new_secret(request, user), code):
            return ""
        acts.record("add_factor", user, by=user, facts={"factor": kind})
    request.session.pop(NEW_SECRET, None)
    return kind
