"""What the measured server has beyond the real one: the floor, the twin without cryptography, and a count of statements."""

import time
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from inspection.vault import ciphers
from petitions.models import Petition
from petitions.views.petition import petition

COLUMNS = ("number", "state", "channel_kind", "received_at", "decide_by")


class Counted:
    """Says in two headers how many statements an answer took, and how many milliseconds the database spent on them."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        spent = []

        def timed(execute, *statement):
            began = time.perf_counter()
            try:
                return execute(*statement)
            finally:
                spent.append(time.perf_counter() - began)

        with connection.execute_wrapper(timed):
            response = self.get_response(request)
        response.headers["X-Statements"] = str(len(spent))
        response.headers["X-Database-Ms"] = f"{sum(spent) * 1000:.2f}"
        return response


def floor(request: HttpRequest) -> JsonResponse:
    """The least that a page of a signed-in person can be: session, user, one indexed query, 25 rows as JSON."""
    rows = Petition.objects.order_by("-received_at", "-id").values(*COLUMNS)[:25]
    return JsonResponse({"user": request.user.username, "rows": list(rows)})


def plain(request: HttpRequest, number: str) -> HttpResponse:
    """A petition's page as it would be with plain columns: the same view, but what was sealed is remembered, not opened."""
    with _remembering():
        return petition(request, number)


_remembered: dict[bytes, bytes] = {}
_remembers = ContextVar("remembers", default=False)
_opened = ciphers.open_


def _open(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """`ciphers.open_`, done once and then remembered while the plain twin is asked for."""
    if not _remembers.get():
        return _opened(key, sealed, bound_to)
    if sealed not in _remembered:
        _remembered[sealed] = _opened(key, sealed, bound_to)
    return _remembered[sealed]


ciphers.open_ = _open


@contextmanager
def _remembering():
    token = _remembers.set(True)
    try:
        yield
    finally:
        _remembers.reset(token)
