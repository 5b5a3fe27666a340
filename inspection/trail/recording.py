"""Recording an act. Runs inside the verb's transaction, so that change and entry stand or fall together."""

from inspection import bulk

from .models import Entry, printed_number

__all__ = ["printed_number", "record", "record_births", "record_many"]


def record(verb, obj, *, by, from_state="", to_state="", facts=None, note="") -> Entry:
    """Add one entry and return it.

    verb   code of the act, e.g. "triage", "read", "export"
    obj    any saved model instance; its `number` (or primary key) is kept as it is printed now
    by     the user, or None for the system itself
    facts  JSON-able dict of codes, numbers and ids
    note   free text, sealed before it is stored
    """
    return Entry.objects.add(verb, obj, by=by, from_state=from_state, to_state=to_state, facts=facts, note=note)


def record_births(verb, objects, *, by, facts) -> None:
    """One entry for each of many new stateful objects, saved at once. `facts(obj)` gives an entry's facts."""
    bulk.save(Entry.objects.made(verb, obj, by=by, to_state=obj.state, facts=facts(obj)) for obj in objects)


def record_many(verb, objects, *, by, facts) -> None:
    """`record` for many objects, saved at once. `facts(obj)` gives an entry's facts."""
    bulk.save(Entry.objects.made(verb, obj, by=by, facts=facts(obj)) for obj in objects)
