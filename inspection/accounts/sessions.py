"""The session engine (settings.SESSION_ENGINE)."""

import time

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import cached_db, db

SIGNED_IN_AT = "signed_in_at"  # seconds since 1970, like CONFIRMED_AT
CONFIRMED_AT = "confirmed_at"

Base = cached_db.SessionStore if settings.ENV.redis_url else db.SessionStore


class SessionStore(Base):
    """Notes the moment at which somebody signed in, however that happened: the first save of a session that has a person."""

    def save(self, must_create=False):
        """Save; a session that has just gained a person is stamped with the moment."""
        if SESSION_KEY in self._session and SIGNED_IN_AT not in self._session:
            now = int(time.time())
            self.update({SIGNED_IN_AT: now, CONFIRMED_AT: now})
        super().save(must_create)
