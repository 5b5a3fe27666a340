"""Where somebody asks from, and with which browser."""

import ipaddress
import re

from django.conf import settings
from django.http import HttpRequest

BROWSERS = (  # the first that matches; each of them also calls itself by the names further down
    (r"MicroMessenger", "WeChat"),
    (r"QQBrowser", "QQ"),
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"OPR/", "Opera"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|Chromium/|CriOS/", "Chrome"),
    (r"Safari/", "Safari"),
)
SYSTEMS = (
    (r"HarmonyOS|OpenHarmony", "HarmonyOS"),
    (r"Android", "Android"),
    (r"iPhone|iPad", "iOS"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "macOS"),
    (r"Linux", "Linux"),
)


def client(request: HttpRequest) -> str:
    """The address of whoever asks; "" when there is none that makes sense.

    X-Forwarded-For is believed only as far as it was written by our own proxies (TRUSTED_PROXIES): the last address in it that
    is none of them. Anything before that the client may have made up.
    """
    address = _sound(request.META.get("REMOTE_ADDR", ""))
    given = [_sound(part) for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    while address in settings.TRUSTED_PROXIES and given:
        address = given.pop() or address
    return address


def network(address: str) -> str:
    """What counts as one neighbourhood: an IPv4 address, or the /64 that one IPv6 connection has to itself."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))


def browser(agent: str) -> str:
    """Browser and system by name ("Chrome · Windows"); "" when neither is known."""
    names = (next((name for pattern, name in table if re.search(pattern, agent)), "") for table in (BROWSERS, SYSTEMS))
    return " · ".join(filter(None, names))


def _sound(text: str) -> str:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
