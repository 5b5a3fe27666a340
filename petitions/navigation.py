"""The floor's entries in the menu."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inspection.pages.context import NavItem
from petitions import access
from rounds import access as rounds_access


def items(user) -> list[NavItem]:
    """Petitions, for whoever has any business with them; the mailboxes, for who configures and reads no case."""
    if access.may_list(user):
        return [NavItem("petitions", _("信访"), "petitions:list", "mail", 40), *_custody(user)]
    if rounds_access.may_configure(user):
        return [
            NavItem("agencies", pgettext_lazy("list", "承办单位"), "petitions:agencies", "building-bank", 40),
            NavItem("imports", _("内容分类导入"), "petitions:imports", "file-import", 41),
            NavItem("mail-accounts", pgettext_lazy("list", "邮箱账号"), "petitions:mail-accounts", "mailbox", 42),
        ]
    return _custody(user)


def _custody(user) -> list[NavItem]:
    """What custodians open and who takes part in destroying; others get there from a petition or from their work list."""
    found = []
    if access.keeps_identities(user):
        found.append(NavItem("identity", pgettext_lazy("list", "身份查看申请"), "petitions:identity-requests", "lock-access", 43))
    if access.may_list_disposals(user) and not access.may_list(user):
        found.append(NavItem("disposals", pgettext_lazy("list", "销毁审批"), "petitions:disposals", "trash", 44))
    return found
