"""Keyed hashes for exact matches: the same value finds its rows, a stolen dump cannot try out all phone numbers."""

import hmac
from hashlib import sha256

from . import keys


def keyed(purpose: str, value: str) -> str:
    """HMAC-SHA256 of `value` as 64 hex digits, under a key of its own for each `purpose` ("petition.phone").

    The caller normalises `value` (a phone number to its digits) before.
    """
    return hmac.new(keys.subkey(f"hash:{purpose}"), value.encode("utf-8", "surrogatepass"), sha256).hexdigest()
