"""How much one person, and one token, may ask in a minute (settings.API_PER_MINUTE).

Counted in one statement in the database: the cache of the embedded default counts by reading and writing back, so that parallel
requests would be counted as one.
"""

import time

from django.conf import settings
from django.db import connection
from rest_framework.throttling import BaseThrottle

COUNT = """
INSERT INTO api_rate (subject, minute, count) VALUES {rows}
ON CONFLICT (subject) DO UPDATE SET
  count = CASE WHEN api_rate.minute = excluded.minute THEN api_rate.count + 1 ELSE 1 END, minute = excluded.minute
RETURNING subject, count
"""


class PerMinute(BaseThrottle):
    """429 with Retry-After once the minute's share is used up; strangers are turned away before they are counted."""

    def allow_request(self, request, view) -> bool:
        """Count the request; whether it may go on."""
        if not request.user.is_authenticated:
            return True
        shares = {f"person:{request.user.pk}": settings.API_PER_MINUTE["person"]}
        if request.auth is not None:
            shares[f"token:{request.auth.pk}"] = settings.API_PER_MINUTE["token"]
        return all(count <= shares[subject] for subject, count in counted(list(shares)).items())

    def wait(self) -> int:
        """Seconds until the next minute."""
        return 60 - int(time.time()) % 60


def counted(subjects: list[str]) -> dict[str, int]:
    """One more request of each subject: {subject: requests in this minute}."""
    minute = int(time.time()) // 60
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT.format(rows=", ".join(["(%s, %s, 1)"] * len(subjects))),
            [value for subject in subjects for value in (subject, minute)],
        )
        return dict(cursor.fetchall())
