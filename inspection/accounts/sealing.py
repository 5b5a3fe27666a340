"""Sealing small secrets of accounts, such as what an authenticator app shares with us.

The vault stands above this room and must not be imported, so these are sealed under a key derived from SECRET_KEY, which like
the master keys lies outside the database. Whoever loses SECRET_KEY loses them: the persons set up their second factor anew.
"""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12


class Unreadable(Exception):
    """Sealed under another SECRET_KEY, for somebody else, or changed since."""


def seal(secret: bytes, context: str) -> bytes:
    """AES-256-GCM, bound to `context` ("authenticator:<user>"): the sealed bytes open there alone."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_key("accounts sealing")).encrypt(nonce, secret, context.encode())


def open_(sealed: bytes, context: str) -> bytes:
    """What was sealed. Raises Unreadable."""
    sealed = bytes(sealed)
    try:
        return AESGCM(_key("accounts sealing")).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable(context) from error


def digest(purpose: str, text: str) -> str:
    """Keyed digest, hex: for looking up what must not be readable in the database."""
    return hmac.new(_key(purpose), text.encode(), hashlib.sha256).hexdigest()


def _key(purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(settings.SECRET_KEY.encode())
