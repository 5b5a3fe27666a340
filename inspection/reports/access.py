"""Who may do what with reports. The right to a scope itself is the kind's (`Kind.scopes`)."""

from inspection.accounts.roles import Role

from .kinds import Kind, all_kinds
from .models import Run
from .queries import CONFIGURERS


def may_configure(user) -> bool:
    """Change definitions and see the state of every run: system administrators and office staff."""
    return user.has_role(*CONFIGURERS)


def may_own(user) -> bool:
    """Lend one's rights to a definition: those who see the whole office, and are still there."""
    return user.is_active and user.has_role(Role.OFFICE, Role.CHIEF)


def orderable_kinds(user) -> list[Kind]:
    """Kinds of which `user` may order at least one scope now."""
    return [kind for kind in all_kinds().values() if kind.offered_to(user)]


def may_open(user, run: Run) -> bool:
    """Open the files of `run`, now."""
    return Run.objects.openable_by(user).filter(pk=run.pk).exists()


def may_repeat(user, run: Run) -> bool:
    """Have a failed run produced again: whoever may open it, or configures."""
    return "repeat" in allowed(user, run, openable=may_open(user, run))


def allowed(user, run: Run, *, openable: bool) -> list[str]:
    """What `user` may do with `run` now: the formats to download, and "repeat". A run without a scope is nothing to repeat.

    openable  what `may_open` says; given, because a list asks for many at once
    """
    found = [name for name, _file in run.files] if openable else []
    if run.state == Run.State.FAILED and run.scope and (openable or may_configure(user)):
        found.append("repeat")
    return found


def may_enter(user) -> bool:
    """See the pages of the reports at all: whoever configures, or has a right to any scope of any kind."""
    return may_configure(user) or any(kind.offered_to(user) for kind in all_kinds().values())
