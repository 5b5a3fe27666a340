"""Personal keys to the API."""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .user import User


class ApiTokenManager(models.Manager):
    def issue(self, user, label: str, expires_at, *, scope: str = "write", resources=()) -> tuple["ApiToken", str]:
        """Make a token; returns the row and the raw token, which is shown once and never stored."""
        raw = secrets.token_urlsafe(32)
        token = self.create(
            user=user,
            label=label,
            prefix=raw[:6],
            digest=_digest(raw),
            expires_at=expires_at,
            scope=scope,
            resources=list(resources),
        )
        return token, raw

    def end_all(self, user) -> int:
        """Take back every token of `user`; returns how many worked until now."""
        return self.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())

    def authenticate(self, raw: str) -> "ApiToken | None":
        """The token of this text; None when it is unknown, revoked or expired, or its person may not enter."""
        token = self.select_related("user").filter(digest=_digest(raw), revoked_at=None).first()
        now = timezone.now()
        if token is None or token.expires_at <= now or not token.user.may_enter:
            return None
        if token.last_used_at is None or (now - token.last_used_at).total_seconds() > 60:
            self.filter(pk=token.pk).update(last_used_at=now)  # at most one write a minute: reads stay reads
        return token


def _digest(raw: str) -> str:
    """SHA-256, hex: a token holds 256 random bits, so a slow hash would protect nothing."""
    return hashlib.sha256(raw.encode()).hexdigest()


class ApiToken(models.Model):
    """A personal key to the API. Only its digest is kept. It never does more than its person may.

    scope      whether it only reads, or also takes steps
    resources  what it is limited to (settings.API_RESOURCES); empty for everything
    """

    class Scope(models.TextChoices):
        READ = "read", _("只读取")
        WRITE = "write", _("读取和办理")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens", verbose_name=_("用户"))
    label = models.CharField(_("用途"), max_length=60)
    scope = models.CharField(_("权限"), max_length=5, choices=Scope.choices, default=Scope.WRITE)
    resources = models.JSONField(_("数据范围"), default=list, blank=True)
    prefix = models.CharField(_("开头"), max_length=6)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("创建时间"), auto_now_add=True)
    expires_at = models.DateTimeField(_("到期时间"))
    last_used_at = models.DateTimeField(_("最近使用"), null=True)
    revoked_at = models.DateTimeField(_("收回时间"), null=True)

    objects = ApiTokenManager()

    class Meta:
        verbose_name = _("接口令牌")
        verbose_name_plural = _("接口令牌")

    def __str__(self):
        return f"{self.prefix}…"

    @property
    def writes(self) -> bool:
        """Whether steps may be taken with it."""
        return self.scope == self.Scope.WRITE

    def covers(self, resource: str) -> bool:
        """Whether it opens this part of the API."""
        return not self.resources or resource in self.resources

    @property
    def resource_names(self) -> list[str]:
        """What it is limited to, in the reader's language; empty for everything."""
        names = dict(settings.API_RESOURCES)
        return [str(names.get(code, code)) for code in self.resources]
