"""What people do at the door and with their own account, on the trail like every other act.

The trail knows who acts, so its room stands above this one and must not be imported here. settings.ACCOUNT_RECORDER names the
callable instead, as the upper floors are named; it has the shape of `inspection.trail.recording.record`. The views call it in
the transaction of the act: no signal stands between, so an act whose entry cannot be written does not happen either.
"""

from django.conf import settings
from django.utils.module_loading import import_string


def record(verb: str, obj, *, by, facts: dict | None = None) -> None:
    """One act of the user `by`, or of a stranger (None) at the door. Facts are ids and codes, never what was typed."""
    import_string(settings.ACCOUNT_RECORDER)(verb, obj, by=by, facts=facts or {})
