"""This floor's entries in the menu."""

from django.utils.translation import gettext_lazy as _

from inspection.accounts.roles import Role
from inspection.pages.context import NavItem
from rounds.models import Assignment


def items(user) -> list[NavItem]:
    """Papers and clues for whoever reads cases today."""
    reads_cases = user.has_role(Role.OFFICE, Role.CHIEF) or Assignment.objects.appointed(user).exists()
    if not reads_cases:
        return []
    return [
        NavItem("findings", _("问题底稿"), "rectification:findings", "file-text", 50),
        NavItem("clues", _("问题线索"), "rectification:clues", "route", 60),
    ]
