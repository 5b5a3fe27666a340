"""This floor's entries in the menu."""

from django.utils.translation import gettext_lazy as _

from inspection.pages.context import NavItem
from rectification import access


def items(user) -> list[NavItem]:
    """Papers, clues and feedback for whoever reads cases today; rectification also for the liaisons of units."""
    cases = [
        NavItem("findings", _("问题底稿"), "rectification:findings", "file-text", 50),
        NavItem("clues", _("问题线索"), "rectification:clues", "target", 60),
        NavItem("feedback", _("反馈意见"), "rectification:feedbacks", "message-report", 65),
    ]
    ledger = [NavItem("items", _("整改"), "rectification:items", "checklist", 70)]
    if access.reads_inside(user):
        return cases + ledger
    return ledger if access.may_list_items(user) else []
