"""Addresses of objects, without asking the URL table for each row of a list."""

from urllib.parse import quote

from django.urls import get_script_prefix, reverse

SAFE = "!$&'()*+,;=/~:@"  # as django.urls.reverse quotes (RFC 3986)
_around: dict[tuple[str, str], tuple[str, str]] = {}


def address(name: str, key: str) -> str:
    """`reverse(name, args=[key])`. Raises NoReverseMatch for a name that is not there, and when the first key does not fit."""
    place = (name, get_script_prefix())
    quoted = quote(key, safe=SAFE)
    if place not in _around:
        before, _key, after = reverse(name, args=[key]).rpartition(quoted)
        _around[place] = before, after
    before, after = _around[place]
    return before + quoted + after
