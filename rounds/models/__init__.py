"""Terms, rounds, groups, people, units, assignments, channels: the scope of every right."""

from .assignment import Assignment, Channel, Liaison, Recusal
from .people import Appointment, Group, Override, Person, Relative
from .round import FocusNode, Round, Term
from .unit import Category, Unit

__all__ = [
    "Appointment",
    "Assignment",
    "Category",
    "Channel",
    "FocusNode",
    "Group",
    "Liaison",
    "Override",
    "Person",
    "Recusal",
    "Relative",
    "Round",
    "Term",
    "Unit",
]
