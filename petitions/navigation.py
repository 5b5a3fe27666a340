"""The floor's entries in the menu."""

from django.utils.translation import gettext_lazy as _

from inspection.pages.context import NavItem
from petitions import access


def items(user) -> list[NavItem]:
    """Petitions, for whoever has any business with them."""
    return [NavItem("petitions", _("信访"), "petitions:list", "mail", 40)] if access.may_list(user) else []
