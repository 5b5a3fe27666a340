"""Slowing down whoever guesses, without letting a stranger lock the office out.

Each failure in a row beyond the first few makes the next try wait twice as long, up to fifteen minutes; after an hour of quiet
all is forgotten. Counted are the account, the network it comes from, and, where the browser has been let in before, that browser
instead of both: strangers who fail on purpose do not slow down the person at the usual desk.

A try is counted before it is looked at and the count is taken back when it succeeds: of many tries at the same moment, no more
are looked at than of as many one after another.
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from . import acts, addresses, sealing
from .models import Attempts, User

FREE = {"account": 5, "browser": 5, "network": 20}  # the failure from which on the next try waits
LONGEST = 15 * 60  # seconds
FORGOTTEN = dt.timedelta(hours=1)
SWEPT = dt.timedelta(days=1)
COOKIE = "browser"
COOKIE_AGE = 180 * 24 * 3600
PEOPLE = 8  # how many persons a browser remembers


class Wait(Exception):
    """Too many failures: no try is looked at before `until`."""

    def __init__(self, until: dt.datetime):
        super().__init__(until.isoformat())
        self.until = until

    @property
    def seconds(self) -> int:
        """How long that is from now, at least one second."""
        return max(int((self.until - timezone.now()).total_seconds()) + 1, 1)


@dataclass(frozen=True)
class Try:
    """One try that is being looked at. Call `succeeded` or `failed` when its outcome is known."""

    rows: tuple[tuple[str, Attempts], ...]

    def succeeded(self) -> None:
        """The account starts from nothing again. The network only gets this one try back: others there may be guessing."""
        for kind, row in self.rows:
            same = Attempts.objects.filter(pk=row.pk)
            if kind == "network":
                same.filter(count__gt=0).update(count=F("count") - 1, until=None)
            else:
                same.update(count=0, until=None)

    def failed(self) -> None:
        """Leave the count as it is; the moment at which waiting begins goes on record."""
        for kind, row in self.rows:
            if row.count == FREE[kind]:
                acts.record("lock", row.user or row, by=None, facts={"failures": row.count, "counted": kind})
        Attempts.objects.filter(failed_at__lt=timezone.now() - SWEPT).delete()


def begin(request: HttpRequest, purpose: str, *, name: str = "", user: User | None = None) -> Try:
    """Count one try of `purpose` ("password", "factor", "token"). Raises Wait when it must not be looked at yet.

    name  the user name as it was typed; it counts the same whether or not there is such an account
    user  the account, where there is one
    """
    counted = _counted(request, purpose, name, user)
    now = timezone.now()
    with transaction.atomic():
        rows = [(kind, _locked(key, user if kind != "network" else None, now)) for kind, key in counted]
        waiting = [row.until for _kind, row in rows if row.until and row.until > now]
        if waiting:
            raise Wait(max(waiting))
        for kind, row in rows:
            row.count = row.count + 1 if now - row.failed_at < FORGOTTEN else 1
            row.failed_at = now
            row.until = now + dt.timedelta(seconds=delay(row.count, FREE[kind])) if row.count >= FREE[kind] else None
            row.save(update_fields=["count", "failed_at", "until"])
    return Try(tuple(rows))


def delay(count: int, free: int) -> int:
    """Seconds to wait after so many failures in a row: 1, 2, 4 … 900."""
    return min(2 ** min(count - free, 10), LONGEST)


def forget(user: User) -> int:
    """Let the account be tried at once again. Returns how many counts were waiting."""
    waiting = user.attempts.filter(until__gt=timezone.now()).count()
    user.attempts.all().delete()
    return waiting


def waits_until(user: User) -> dt.datetime | None:
    """Until when tries on the account are not looked at; None when they are."""
    return user.attempts.filter(until__gt=timezone.now()).order_by("-until").values_list("until", flat=True).first()


def waiting() -> Exists:
    """For a queryset of accounts: whether tries on the account have to wait now."""
    return Exists(Attempts.objects.filter(user=OuterRef("pk"), until__gt=timezone.now()))


def remember_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let the browser prove, next time, that this person has been let in with it before."""
    known = _known(request)
    people = [pk for pk in known.get("people", []) if pk != user.pk][-PEOPLE + 1 :]
    value = {"browser": known.get("browser") or secrets.token_urlsafe(16), "people": [*people, user.pk]}
    response.set_cookie(
        COOKIE,
        signing.dumps(value, salt=COOKIE),
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _counted(request, purpose, name, user) -> list[tuple[str, str]]:
    """(kind, key) of what a try counts on, in the order in which rows are locked."""
    known = _known(request)
    if user is not None and user.pk in known.get("people", []):
        return [("browser", _key(purpose, "browser", known["browser"], str(user.pk)))]
    who = str(user.pk) if user is not None else f"? {name}"
    counted = [("account", _key(purpose, "account", who))] if user is not None or name else []
    address = addresses.network(addresses.client(request))
    return [*counted, ("network", _key("token" if purpose == "token" else "", "network", address))]


def _key(*parts: str) -> str:
    return sealing.digest("failures", "\n".join(parts))


def _locked(key: str, user, now) -> Attempts:
    """The row, made where missing, locked until the transaction ends."""
    Attempts.objects.get_or_create(key=key, defaults={"user": user, "failed_at": now})
    return Attempts.objects.select_for_update().get(key=key)


def _known(request) -> dict:
    """What the browser remembers; {} for a strange one, and for a cookie that is not ours."""
    try:
        return signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return {}
