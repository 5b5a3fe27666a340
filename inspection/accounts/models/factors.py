"""What a person has besides the password."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .user import User


class Authenticator(models.Model):
    """An authenticator app: a shared secret from which both sides make a six-digit code every thirty seconds (RFC 6238).

    sealed     the secret, sealed (inspection.accounts.sealing)
    last_step  the step of the last code that was taken; neither it nor an earlier one is taken again
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="authenticator", verbose_name=_("用户"))
    sealed = models.BinaryField()
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(_("设置时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("手机验证器")
        verbose_name_plural = _("手机验证器")

    def __str__(self):
        return f"{self.user_id}"


class Passkey(models.Model):
    """A WebAuthn credential: a key pair whose private half stays in the person's device. Works at one host name only.

    credential_id  base64url
    sign_count     the device's counter; one that does not grow tells of a copy (0 for devices that do not count)
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys", verbose_name=_("用户"))
    label = models.CharField(_("名称"), max_length=60)
    host = models.CharField(_("网址"), max_length=253)
    credential_id = models.CharField(max_length=1400, unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(_("设置时间"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("最近使用"), null=True)

    class Meta:
        verbose_name = _("通行密钥")
        verbose_name_plural = _("通行密钥")

    def __str__(self):
        return self.label


class RecoveryCode(models.Model):
    """One of ten codes for the day the phone is lost. Works once; only a keyed digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes", verbose_name=_("用户"))
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(_("使用时间"), null=True)

    class Meta:
        verbose_name = _("恢复码")
        verbose_name_plural = _("恢复码")
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="one_recovery_code")]

    def __str__(self):
        return f"{self.user_id}"
