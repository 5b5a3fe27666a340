"""Where an answer leads, and what the browser keeps."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

YEAR = 365 * 24 * 3600
FORM = ["GET", "HEAD", "POST"]


def target_of(request: HttpRequest) -> str:
    """Where `next` leads when it is a page of this site, else the work list."""
    target = request.POST.get("next") or request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return target
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def remember_language(response: HttpResponse, code: str) -> None:
    """Keep the language in this browser, for the pages before signing in."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
    )
