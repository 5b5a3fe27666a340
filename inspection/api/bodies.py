"""Bodies too large are refused before they are read; bodies without a length are read no further than one may be long."""

import io

from django.conf import settings
from django.core.exceptions import RequestDataTooBig

from inspection.pages import errors


class BodyLimit:
    """Middleware: 413 for a body beyond settings.DATA_UPLOAD_MAX_MEMORY_SIZE, or BODY_MAX_BYTES for a form with files.

    A chunked body names no length, and Django would take it for an empty one: it is read here and put in its place.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        files = request.content_type == "multipart/form-data"
        limit = settings.BODY_MAX_BYTES if files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = request.META.get("CONTENT_LENGTH") or ""
        if not length and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            length = str(_unchunked(request, limit))
        if length.isascii() and length.isdigit() and int(length[:20]) > limit:
            return errors.bad_request(request, RequestDataTooBig())
        return self.get_response(request)


def _unchunked(request, limit: int) -> int:
    """Read a chunked body into memory, at most one byte beyond `limit`; the number of bytes read."""
    body = request.environ["wsgi.input"].read(limit + 1)
    request._stream = io.BytesIO(body)
    request.META["CONTENT_LENGTH"] = str(len(body))
    return len(body)
