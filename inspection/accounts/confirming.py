"""Is it still the same person? Asked again before the acts that hurt most: rights, keys, identities, exports.

A moment of confirmation is kept in the session. Signing in is one (inspection.accounts.sessions); after that the page
`accounts:confirm` makes a new one.
"""

import functools
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from .sessions import CONFIRMED_AT


def confirmed_lately(view):
    """View decorator: whoever has not signed in or confirmed within settings.CONFIRMATION_SECONDS does that first.

    Decorate what shows the form as well as what takes it, so that the question comes before anything is typed.
    """

    @functools.wraps(view)
    def guarded(request, *args, **kwargs):
        return view(request, *args, **kwargs) if is_confirmed(request) else ask(request)

    return guarded


def confirmed_before_download(view):
    """The same for a link that answers with a file: whoever had to confirm comes back to the page with the link.

    Leading on to the file would leave the browser on the confirmation page, which looks as if nothing had happened.
    """

    @functools.wraps(view)
    def guarded(request, *args, **kwargs):
        if is_confirmed(request):
            return view(request, *args, **kwargs)
        messages.warning(request, _("尚未导出。请先确认是您本人，再点一次导出。"))
        return redirect(_asking(_shown(request) or resolve_url(settings.LOGIN_REDIRECT_URL)))

    return guarded


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the person signed in or confirmed lately."""
    age = time.time() - request.session.get(CONFIRMED_AT, 0)
    return -1 <= age < settings.CONFIRMATION_SECONDS  # a moment ahead of the clock is no confirmation


def confirm(request: HttpRequest) -> None:
    """Note that the person has just confirmed."""
    request.session[CONFIRMED_AT] = int(time.time())


def ask(request: HttpRequest) -> HttpResponse:
    """Lead to the confirmation page and from there back to what was asked; after a POST back to the page of its form."""
    url = _asking(page_of(request))
    if request.method not in ("GET", "HEAD"):
        messages.warning(request, _("操作尚未执行。请先确认是您本人，再提交一次。"))
    if getattr(request, "htmx", None):
        response = HttpResponse(status=401)
        response.headers["HX-Redirect"] = url
        return response
    return redirect(url)


def page_of(request: HttpRequest) -> str:
    """The address, without host, of the page that a request belongs to: for a POST the one its form stands on."""
    if request.method in ("GET", "HEAD") and not getattr(request, "htmx", None):
        return request.get_full_path()
    return _shown(request) or request.get_full_path()


def _shown(request: HttpRequest) -> str:
    """The address, without host, of the page in the browser, as far as it says so; "" when it does not, or it is not ours."""
    shown = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(shown, allowed_hosts={request.get_host()}):
        return ""
    return urlsplit(shown)._replace(scheme="", netloc="").geturl() or "/"


def _asking(back: str) -> str:
    return f"{reverse('accounts:confirm')}?{urlencode({'next': back})}"
