"""Sessions in the browser, as rows that a person can look through and end."""

import datetime as dt

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .user import User


class SessionQuerySet(models.QuerySet):
    def live(self):
        """Sessions that are neither at their end nor left idle for too long."""
        now = timezone.now()
        return self.filter(expire_date__gt=now, seen_at__gt=now - dt.timedelta(minutes=settings.IDLE_MINUTES))

    def over(self):
        """Sessions that nobody can return to."""
        return self.filter(expire_date__lte=timezone.now())


class Session(AbstractBaseSession):
    """One browser's session. `session_key` is a digest of what the cookie holds, so that a stolen dump opens no session.

    user        None before signing in
    started_at  when the person signed in
    seen_at     the last time, to a minute, that something was asked
    address     from where, that time
    agent       how the browser calls itself
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions", verbose_name=_("用户"))
    started_at = models.DateTimeField(_("登录时间"), null=True)
    seen_at = models.DateTimeField(_("最近活动"), null=True)
    address = models.GenericIPAddressField(_("来源地址"), null=True)
    agent = models.CharField(_("浏览器"), max_length=300, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("会话")
        verbose_name_plural = _("会话")
