"""AES-256-GCM over one piece of bytes: a random 12-byte nonce, then the ciphertext with its 16-byte tag."""

import os
from json.encoder import encode_basestring_ascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import Tampered

NONCE_BYTES = 12


def binding(*parts: str) -> bytes:
    """Associated data that ties a ciphertext to its place. JSON, so that ("a|b", "c") and ("a", "b|c") differ."""
    # The text of json.dumps(parts) for a third of its time: a list asks for fifty.
    return f"[{', '.join(map(encode_basestring_ascii, parts))}]".encode()


def seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Encrypt `plain` under the 32-byte `key`; opens only with the same `bound_to`."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def open_(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """The plain bytes. Raises Tampered when key, ciphertext or `bound_to` do not belong together."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise Tampered("sealed bytes do not open") from error
