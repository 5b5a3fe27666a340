"""Who calls the API."""

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from .models import ApiToken


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token <raw>`; made and taken back under /accounts/tokens/."""

    keyword = b"token"

    def authenticate(self, request):
        """(user, None), or None when the request brings no token. Raises AuthenticationFailed (401) for a bad one."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != self.keyword:
            return None
        try:
            raw = parts[1].decode("ascii") if len(parts) == 2 else ""
        except UnicodeDecodeError:
            raw = ""
        user = ApiToken.objects.authenticate(raw) if raw else None
        if user is None or user.must_change_password:
            raise AuthenticationFailed(_("令牌无效、已到期或已收回。"))
        return user, None

    def authenticate_header(self, request):
        """What a 401 asks for."""
        return "Token"


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
