"""How often signing in failed lately."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .user import User


class Attempts(models.Model):
    """Failures in a row of one account, one browser or one network; see inspection.accounts.attempts.

    key        keyed digest of what is counted: neither names that were typed nor addresses are kept
    user       whose account it is, where there is one
    count      failures in a row
    failed_at  the last of them
    until      before this moment no further try is looked at
    """

    key = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="attempts", verbose_name=_("用户"))
    count = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(db_index=True)
    until = models.DateTimeField(_("暂缓至"), null=True)

    class Meta:
        verbose_name = _("登录失败次数")
        verbose_name_plural = _("登录失败次数")

    def __str__(self):
        return self.key[:8]
