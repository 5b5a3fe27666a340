"""The one door files of reports go out through, for pages and API alike."""

import itertools
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse

from inspection.trail.recording import record
from inspection.vault import files

from . import access
from .models import Run

UNOPENABLE = (files.Missing, files.Destroyed, files.Tampered)


def download(run: Run, name: str, *, by) -> StreamingHttpResponse:
    """The file of `run` in the format `name`, decrypted as it goes out. Recorded before its first byte.

    Raises PermissionDenied, Http404 when it was not produced, one of UNOPENABLE when it does not open.
    """
    if not access.may_open(by, run):
        raise PermissionDenied("open")
    stored = getattr(run, name)
    if stored is None:
        raise Http404
    content = files.chunks(stored)
    content = itertools.chain([next(content)], content)  # a file that does not open is found before the answer begins
    record("export", run, by=by, facts={"format": name, "sha256": stored.sha256})
    response = StreamingHttpResponse(content, content_type=stored.media_type)
    response.headers["Content-Length"] = stored.size
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{run.number}.{name}\"; filename*=UTF-8''{quote(stored.name)}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
