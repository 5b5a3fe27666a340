"""Nobody gets in without signing in."""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.views import APIView

from . import sessions
from .confirming import page_of

MAY_WITH_OLD_PASSWORD = frozenset({"accounts:password", "accounts:confirm", "accounts:logout", "accounts:language"})


class SignInRequired:
    """Every view asks for a signed-in user unless it says `@login_not_required` itself; the user's own language is spoken.

    API views are let through: they ask by token or session (REST_FRAMEWORK's default permission) and answer 401 as JSON.
    Someone who must change a password that others know gets no further than that page.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:  # here and not in process_view, which an unknown address never reaches
            self._speak(request)
            if sessions.is_idle(request):
                logout(request)
                request.was_idle = True
            else:
                sessions.note_seen(request)
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """An answer that turns the visitor away, or None."""
        if request.user.is_authenticated:
            return self._old_password(request)
        if issubclass(getattr(view, "cls", object), APIView):
            # A person who opens the API's documentation in a browser is led to the sign-in like anywhere else.
            browsing = "text/html" in request.headers.get("Accept", "") and "Authorization" not in request.headers
            return self._sign_in(request) if browsing else None
        return self._sign_in(request) if getattr(view, "login_required", True) else None

    def _sign_in(self, request):
        if getattr(request, "htmx", None):
            return self._whole_page(request)
        if getattr(request, "was_idle", False):
            # Back to the page of the form: what was typed there is still in the tab.
            return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'idle': 1, 'next': page_of(request)}, safe='/')}")
        return redirect_to_login(page_of(request), resolve_url(settings.LOGIN_URL))

    def _speak(self, request) -> None:
        if request.user.language != translation.get_language():
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()

    def _old_password(self, request):
        if not request.user.must_change_password or request.resolver_match.view_name in MAY_WITH_OLD_PASSWORD:
            return None
        if request.path.startswith("/api/"):
            body = {"type": "about:blank", "title": _("请先修改密码"), "status": 403}
            return JsonResponse(body, status=403, content_type="application/problem+json")
        return redirect("accounts:password")

    def _whole_page(self, request) -> HttpResponse:
        """Tell htmx to load the sign-in page as a whole, not where the fragment belongs; signing in leads back."""
        current = urlsplit(request.htmx.current_url or "")
        back = redirect_to_login(current._replace(scheme="", netloc="").geturl() or "/", resolve_url(settings.LOGIN_URL))
        response = HttpResponse(status=401)
        response.headers["HX-Redirect"] = back.url
        return response
