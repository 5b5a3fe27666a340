"""What the unit's side may read of an item's history: its own acts, and what was decided with the reason given to it.

Who judged, what they noted for themselves, and who looked at what stay with those who inspect.
"""

from django.utils.translation import gettext as _

from inspection.accounts.models import RoleGrant
from inspection.accounts.roles import Role
from inspection.trail.models import Entry
from rectification import access
from rectification.models import Item

REASONS_GIVEN = ("send_back", "continue_long_term", "extend", "reopen")  # written for the unit to read


def history(item: Item, user) -> list[Entry]:
    """The entries about `item` that `user` may read, oldest first; not to be saved."""
    return as_read_by(list(Entry.objects.about(item).acts().select_related("note")), item, user)


def as_read_by(entries: list[Entry], item: Item, user) -> list[Entry]:
    """`entries` about `item`, for the unit's side without the names and notes of those who inspect; not to be saved."""
    if access.inspects(user, item.assignment):
        return entries
    own = unit_people(item, {entry.actor_id for entry in entries})
    for entry in entries:
        if entry.actor_id not in own:
            entry.actor_name = masked()
            if entry.verb not in REASONS_GIVEN:
                entry.note_id = None
    return entries


def unit_people(item: Item, people) -> set[int]:
    """Which user ids of `people` belong to the unit's side: its liaisons now, and whoever was one when they acted."""
    now = item.assignment.unit.liaisons.filter(user__in=people).values_list("user", flat=True)
    once = RoleGrant.objects.filter(user__in=people, role=Role.LIAISON).values_list("user", flat=True)
    return {*now, *once}


def masked() -> str:
    """What the unit reads in place of a name of those who inspect."""
    return _("巡视巡察机构")
