"""The headers of every answer, by what kind of answer it is. Nothing else sets them, except where a view means it stricter.

Content security policy: scripts, styles and everything else from this server alone; nothing inline. What is handed out to be
kept opens, if a browser opens it at all, in a sandbox without scripts and without this server's cookies.
"""

from django.conf import settings

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
DOWNLOAD_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "camera",
        "display-capture",
        "fullscreen",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)
ALWAYS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
}


class Headers:
    """Middleware, the outermost: no redirect, refusal or static file gets past it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", policy(request.path, response))
        if not request.path.startswith(static_prefix()):
            response.headers["Cache-Control"] = "no-store"
        return response


def static_prefix() -> str:
    """Where files begin that are the same for everybody and may be kept."""
    return settings.STATIC_URL if settings.STATIC_URL.startswith("/") else f"/{settings.STATIC_URL}"


def policy(path: str, response) -> str:
    """The content security policy of an answer."""
    if response.headers.get("Content-Disposition", "").startswith("attachment"):
        return DOWNLOAD_POLICY
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if kind.startswith("text/html") or kind == "application/pdf":
        return CONTENT_SECURITY_POLICY
    return DATA_POLICY
