"""What every page shows around its content: the navigation, the bell, the language."""

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.db.models import BigIntegerField
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from inspection.accounts.roles import Role
from inspection.outbox.models import Notice
from inspection.statements import Given, Prepared

from .plugs import named


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation.

    key    unique; a page lights its entry by being under the entry's address
    label  lazy translation
    url    URL name without arguments ("petitions:list")
    icon   a name of templates/icons.txt
    order  position; the ground floor uses 0 (home), 90 (reports), 95 (audit)
    """

    key: str
    label: str
    url: str
    icon: str
    order: int = 50


@dataclass(frozen=True)
class NavLink:
    """An entry as the template draws it."""

    key: str
    label: str
    href: str
    icon: str
    current: bool


def own_items(user) -> list[NavItem]:
    """The entries of the ground floor."""
    items = [NavItem("home", _("工作台"), "home", "layout-dashboard", 0)]
    if user.has_role(Role.AUDITOR):
        items.append(NavItem("audit", _("日志审计"), "audit", "shield-check", 95))
    return items


def links(user, path: str) -> list[NavLink]:
    """The navigation of `user`, in order, with the entry lit that `path` lies under. An address not built yet is left out."""
    items = own_items(user) + [item for supply in named("NAVIGATION") for item in supply(user)]
    prefix, found = get_script_prefix(), []
    for item in sorted(items, key=lambda item: item.order):
        try:
            found.append((item, _address(item.url, prefix)))
        except NoReverseMatch:
            continue
    under = [href for _item, href in found if path == href or (href != "/" and path.startswith(href))]
    lit = max(under, key=len, default=None)  # the nearest entry: /reports/ and /reports/plans/ are never both lit
    return [NavLink(item.key, item.label, href, item.icon, href == lit) for item, href in found]


@lru_cache(maxsize=200)
def _address(name: str, _prefix: str) -> str:
    return reverse(name)


def navigation(request) -> dict:
    """Context processor. Lazy: a fragment or an error page that draws no frame asks the database nothing."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": [], "unread_notices": 0, "languages": settings.LANGUAGES}
    return {
        "navigation": SimpleLazyObject(lambda: links(user, request.path)),
        "unread_notices": SimpleLazyObject(lambda: _unread(user)),
        "languages": settings.LANGUAGES,
    }


_ANY_UNREAD = Prepared(lambda: Notice.objects.filter(user=Given("user", BigIntegerField())).unread().values_list("pk")[:1])


def _unread(user) -> int:
    """How many notices wait, up to 100. What is still in sight is asked only where there are any: it costs more than the page."""
    return Notice.objects.visible_to(user).unread()[:100].count() if _ANY_UNREAD(user=user.pk) else 0
