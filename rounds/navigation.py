"""Entries of the menu."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inspection.pages.context import NavItem
from rounds import access


def items(user) -> list[NavItem]:
    """What this floor offers `user`."""
    found = []
    if access.may_see_structure(user) or access.serves(user):
        found.append(NavItem("rounds", pgettext_lazy("list", "轮次"), "rounds:list", "route", 10))
        found.append(NavItem("units", pgettext_lazy("list", "单位"), "rounds:units", "building-bank", 20))
    elif user.has_role("liaison"):
        found.append(NavItem("units", pgettext_lazy("list", "单位"), "rounds:units", "building-bank", 20))
    if access.may_configure(user) or access.serves(user) or access.has_person(user):
        found.append(NavItem("people", _("人员"), "rounds:people", "users", 30))
    if access.may_keep_rules(user):
        found.append(NavItem("rules", _("期限规则"), "rounds:profiles", "calendar-event", 92))
    if access.may_see_structure(user):
        found.append(NavItem("roles", _("角色与岗位"), "rounds:roles", "user-shield", 93))
    if access.may_see_accounts(user):
        found.append(NavItem("accounts", _("账号与角色"), "rounds:accounts", "key", 94))
    return found
