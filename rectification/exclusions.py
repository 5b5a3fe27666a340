"""Clues about people of the inspection: who is named in one, or whose declared relative, does not know of it."""

from inspection.accounts.models import User
from inspection.trail.recording import record
from inspection.vault import index
from petitions.exclusions import Directory
from rectification.models import Clue


def apply(clue: Clue, content: dict, directory: Directory | None = None) -> None:
    """Keep the clue from whom its person reported is, or whose relative. Nobody is let in again here."""
    directory = directory or Directory()
    person = {"name": content.get("name", ""), "unit": content.get("post", "")}
    fresh = directory.named_by([person]).keys() - set(clue.kept_from.values_list("pk", flat=True))
    if fresh:
        clue.kept_from.add(*fresh)
        record("exclude", clue, by=None, facts={"people": len(fresh)})


def screen(user: User) -> None:
    """Look through every clue for names of `user` and relatives that have just become known. Joins the caller's transaction."""
    directory = Directory(only=[user.pk])
    found: set[int] = set()
    everything = Clue._base_manager.all()
    for name in (*directory.names, *directory.units):
        clues = index.filter(everything, "clue", " ".join(name), Clue.searchable_texts)
        found.update(clues.values_list("pk", flat=True))
    for clue in everything.filter(pk__in=found).select_related("content").order_by("pk"):
        apply(clue, clue.opened(), directory)
