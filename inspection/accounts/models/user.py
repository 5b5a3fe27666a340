"""Users and their office-wide roles."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from inspection.accounts.passwords import normalise
from inspection.accounts.roles import DEMANDING, Role


class User(AbstractUser):
    """Someone who signs in. Django's staff and superuser flags mean nothing here: rights come from roles and appointments."""

    first_name = None
    last_name = None
    name = models.CharField(_("姓名"), max_length=60)
    language = models.CharField(_("界面语言"), max_length=10, choices=settings.LANGUAGES, default="zh-hans")
    must_change_password = models.BooleanField(_("下次登录须修改密码"), default=False)
    demonstration = models.BooleanField(_("演示账号"), default=False, editable=False)

    objects = UserManager()
    REQUIRED_FIELDS = ("name",)

    class Meta:
        verbose_name = _("用户")
        verbose_name_plural = _("用户")
        ordering = ("username",)

    def __str__(self):
        return self.name or self.username

    def get_full_name(self) -> str:
        """The one name a person has here."""
        return self.name

    def get_short_name(self) -> str:
        """The one name a person has here."""
        return self.name

    def set_password(self, raw_password):
        """Keep the hash of the password in its one Unicode form (NFKC): the same keys on another machine open the door too."""
        super().set_password(normalise(raw_password))

    def check_password(self, raw_password):
        """Whether this is the password, however its characters are composed."""
        return super().check_password(normalise(raw_password))

    @property
    def may_enter(self) -> bool:
        """Whether the account is open: enabled, and not one of the demonstration's in an office at work."""
        return self.is_active and not (self.demonstration and settings.PRODUCTION)

    @property
    def needs_second_factor(self) -> bool:
        """Whether the password alone does not do, for the roles that are held. The demonstration's accounts are let off."""
        return not self.demonstration and self.has_role(*DEMANDING)

    @cached_property
    def roles(self) -> frozenset[str]:
        """Codes of the office-wide roles held now. Cached on the instance: one query a request."""
        return frozenset(self.grants.values_list("role", flat=True)) if self.is_active else frozenset()

    def know_roles(self, codes) -> None:
        """Take the codes of the grants from whoever has just read them: saves the query of `roles`."""
        self.__dict__["roles"] = frozenset(codes) if self.is_active else frozenset()

    def has_role(self, *codes: str) -> bool:
        """Whether any of `codes` is held."""
        return not self.roles.isdisjoint(codes)


class RoleGrant(models.Model):
    """One role held by one user, with who gave it and when."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants", verbose_name=_("用户"))
    role = models.CharField(_("角色"), max_length=20, choices=Role.choices)
    granted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("授予人"))
    granted_at = models.DateTimeField(_("授予时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("角色授予")
        verbose_name_plural = _("角色授予")
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="one_grant_per_role")]

    def __str__(self):
        return f"{self.user_id}:{self.role}"
