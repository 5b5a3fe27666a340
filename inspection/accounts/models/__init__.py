"""Who signs in, with what, from where, and how often they failed."""

from .attempts import Attempts
from .factors import Authenticator, Passkey, RecoveryCode
from .session import Session
from .token import ApiToken, ApiTokenManager
from .user import RoleGrant, User

__all__ = [
    "ApiToken",
    "ApiTokenManager",
    "Attempts",
    "Authenticator",
    "Passkey",
    "RecoveryCode",
    "RoleGrant",
    "Session",
    "User",
]
