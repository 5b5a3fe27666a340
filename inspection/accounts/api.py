"""Who calls the API, and with which of their rights."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission

from . import attempts
from .models import ApiToken


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token <raw>`; made and taken back under /accounts/tokens/."""

    keyword = b"token"

    def authenticate(self, request):
        """(user, token), or None when the request brings no token. Raises AuthenticationFailed (401) for a bad one, and Throttled
        (429) where too many bad ones came from the same network.

        A good one is never kept waiting: nobody guesses 256 bits, and strangers must not be able to shut programs out.
        """
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != self.keyword:
            return None
        try:
            raw = parts[1].decode("ascii") if len(parts) == 2 else ""
        except UnicodeDecodeError:
            raw = ""
        token = ApiToken.objects.authenticate(raw) if raw else None
        if token is None or token.user.must_change_password:
            self._refuse(request._request)
        if "Accept-Language" not in request.headers and token.user.language in dict(settings.LANGUAGES):
            translation.activate(token.user.language)
        token.user.asked_this_request = {}  # as pages.middleware does for who comes with a session
        return token.user, token

    def _refuse(self, request):
        """Count the failure for the network it came from."""
        try:
            attempts.begin(request, "token").failed()
        except attempts.Wait as wait:
            raise Throttled(wait.seconds) from None
        raise AuthenticationFailed(_("令牌无效、已到期或已收回。"))

    def authenticate_header(self, request):
        """What a 401 asks for."""
        return "Token"


class WithinScope(BasePermission):
    """A token does no more than it was made for; a session is not limited."""

    def has_permission(self, request, view) -> bool:
        """Whether the token covers the resource and the method."""
        token = request.auth
        if token is None:
            return True
        if request.method not in SAFE_METHODS and not token.writes:
            self.message = _("此令牌只可读取。")
            return False
        resource = getattr(view, "basename", None)
        if resource is not None and not token.covers(resource):
            self.message = _("此令牌不包括这类数据。")
            return False
        return True


def may_change(request) -> bool:
    """Whether the caller may take any step at all: not with a token that only reads."""
    return request.auth is None or request.auth.writes


class TokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document describes the token."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema):
        """An API key in the Authorization header, with its keyword."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <token>`; made under /accounts/tokens/.",
        }
