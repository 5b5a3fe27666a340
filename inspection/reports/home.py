"""The entry in the navigation."""

from django.utils.translation import gettext_lazy as _

from inspection.pages.context import NavItem

from . import access


def navigation(user) -> list[NavItem]:
    """Reports, for those who have any part in them."""
    return [NavItem("reports", _("报表"), "reports:list", "report", 90)] if access.may_enter(user) else []
