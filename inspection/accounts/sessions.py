"""The session engine (settings.SESSION_ENGINE) and what ends a session.

Sessions live in the database alone, also where there is Redis: one that was ended is gone at once on every node.
"""

import datetime as dt
import hashlib
import time

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.http import HttpRequest
from django.utils import timezone

from . import addresses
from .models import Session
from .roles import DEMANDING

SIGNED_IN_AT = "signed_in_at"  # seconds since 1970, like the next two
CONFIRMED_AT = "confirmed_at"
SEEN_AT = "seen_at"
ADDRESS, AGENT = "address", "agent"
NOTED_EVERY = 60  # seconds: reading pages writes at most once a minute


class SessionStore(db.SessionStore):
    """Django's, with a digest in place of the key, and with the columns by which people find their sessions.

    The first save of a session that has a person, however they signed in, notes the moment: it counts as a confirmation.
    """

    @classmethod
    def get_model_class(cls):
        """Where sessions are kept."""
        return Session

    def load(self) -> dict:
        """What is kept under the key; {} when there is nothing any more."""
        found = self.model.objects.filter(session_key=digest(self.session_key), expire_date__gt=timezone.now()).first()
        if found is None:
            self._session_key = None
            return {}
        return self.decode(found.session_data)

    def exists(self, session_key: str) -> bool:
        """Whether there is one under the key."""
        return self.model.objects.filter(session_key=digest(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        """Forget the session under the key, or this one."""
        key = session_key or self.session_key
        if key:
            self.model.objects.filter(session_key=digest(key)).delete()

    def save(self, must_create: bool = False) -> None:
        """Save; a session that has just gained a person is stamped with the moment."""
        data = self._get_session(no_load=must_create)
        if SESSION_KEY in data and SIGNED_IN_AT not in data:
            now = int(time.time())
            self.update({SIGNED_IN_AT: now, CONFIRMED_AT: now, SEEN_AT: now})
        super().save(must_create)

    def create_model_instance(self, data: dict):
        """The row, with its columns filled from the data."""
        row = super().create_model_instance(data)
        row.session_key = digest(row.session_key)
        if SESSION_KEY in data:
            row.user_id = int(data[SESSION_KEY])
            row.started_at, row.seen_at = _moment(data.get(SIGNED_IN_AT)), _moment(data.get(SEEN_AT))
            row.address, row.agent = data.get(ADDRESS) or None, data.get(AGENT, "")
        return row

    def get_session_cookie_age(self) -> int:
        """Seconds left of the longest that a sign-in lasts, however busy the person is."""
        gone = time.time() - self._session.get(SIGNED_IN_AT, time.time())
        return max(int(settings.SESSION_COOKIE_AGE - gone), 0)


def digest(session_key: str | None) -> str:
    """What the database knows a session by: 160 bits of the SHA-256 of its key, hex."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:40]


def is_idle(request: HttpRequest) -> bool:
    """Whether nothing was asked in this session for longer than it may rest. The demanding roles rest for a shorter time."""
    rest = time.time() - request.session.get(SEEN_AT, time.time())
    if rest < settings.IDLE_MINUTES_DEMANDING * 60:
        return False
    return rest >= settings.IDLE_MINUTES * 60 or request.user.has_role(*DEMANDING)


def note_seen(request: HttpRequest) -> None:
    """Note, at most once a minute, that the session is in use, from where and with which browser. What a page asks by itself,
    while nobody may be sitting there, is no use.
    """
    if request.path_info.startswith(settings.UNATTENDED_PATHS):
        return
    now = int(time.time())
    if now - request.session.get(SEEN_AT, 0) >= NOTED_EVERY:
        request.session.update({SEEN_AT: now} | origin(request))


def origin(request: HttpRequest) -> dict:
    """From where and with which browser, as the session keeps it."""
    return {ADDRESS: addresses.client(request), AGENT: request.headers.get("User-Agent", "")[:300]}


def end_all(user, *, except_key: str | None = None) -> int:
    """End the sessions of `user`, but for the one with the given key. Returns how many were still in use."""
    found = user.sessions.exclude(session_key=digest(except_key))
    live = found.live().count()
    found.delete()
    return live


def sweep() -> None:
    """Forget sessions that are over."""
    Session.objects.over().delete()


def _moment(seconds: int | None) -> dt.datetime | None:
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)
