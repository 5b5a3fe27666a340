"""The last days of a petition, by the rules frozen into its round."""

import datetime as dt

from django.utils import timezone

from inspection.calendar import days
from inspection.calendar.models import RuleKey

DECIDE, CONCLUDE, EXTEND, HANDUP = (
    RuleKey.PETITION_DECIDE,
    RuleKey.PETITION_CONCLUDE,
    RuleKey.PETITION_EXTEND,
    RuleKey.HANDUP,
)


def last_day(assignment, key: str, start: dt.date) -> days.Due:
    """The last day under the rule `key` of the assignment's round, counted from `start`."""
    return days.due(assignment.round.rules_in_force[key], start)


def decide_again(petition) -> dict:
    """Columns of a petition that comes back to triage: the days to decide begin anew."""
    due = last_day(petition.assignment, DECIDE, timezone.localdate())
    return {"decide_by": due.on, "provisional": petition.provisional or due.provisional}
