"""The floor's entries in the menu."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inspection.pages.context import NavItem
from petitions import access
from rounds import access as rounds_access


def items(user) -> list[NavItem]:
    """Petitions, for whoever has any business with them; the mailboxes, for who configures and reads no case."""
    if access.may_list(user):
        return [NavItem("petitions", _("信访"), "petitions:list", "mail", 40)]
    if rounds_access.may_configure(user):
        return [
            NavItem("agencies", pgettext_lazy("list", "承办单位"), "petitions:agencies", "building-bank", 40),
            NavItem("imports", _("内容分类导入"), "petitions:imports", "file-import", 41),
            NavItem("mail-accounts", pgettext_lazy("list", "邮箱账号"), "petitions:mail-accounts", "mailbox", 42),
        ]
    return []
