"""Messages waiting to be delivered, and the notices people find in their in-box."""

import datetime as dt

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet):
    def ready(self, now):
        """Waiting messages whose time has come, and claimed ones whose worker has been silent for too long."""
        stale = now - Message.CLAIM_FOR
        return self.filter(
            models.Q(state=Message.State.WAITING, due_at__lte=now) | models.Q(state=Message.State.CLAIMED, claimed_at__lte=stale)
        ).order_by("due_at", "id")

    def claim(self, pk: int, now) -> bool:
        """Take message `pk` for this worker; False when another worker was faster. One conditional UPDATE decides."""
        return bool(
            self.ready(now)
            .order_by()
            .filter(pk=pk)
            .update(state=Message.State.CLAIMED, claimed_at=now, attempts=models.F("attempts") + 1)
        )


class Message(models.Model):
    """One outward effect. `payload` holds ids and codes only; the handler of its kind reads the rest from the database.

    key  makes a message unique: posting the same key twice posts once
    """

    CLAIM_FOR = dt.timedelta(minutes=15)
    MAX_ATTEMPTS = 8

    class State(models.TextChoices):
        WAITING = "waiting", _("待发送")
        CLAIMED = "claimed", _("发送中")
        SENT = "sent", _("已发送")
        FAILED = "failed", _("发送失败")

    kind = models.CharField(_("类别"), max_length=30)
    key = models.CharField(max_length=160, unique=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(_("应发时间"), default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("发送时间"), null=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    last_error = models.CharField(_("最近错误"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("待发消息")
        verbose_name_plural = _("待发消息")
        indexes = [models.Index(fields=["state", "due_at"], name="outbox_ready")]

    def __str__(self):
        return f"{self.kind} {self.key}"


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The notices of `user`, less those about a case that is out of sight now: a name entered, a recusal or the end of an
        appointment takes away what was told before.
        """
        own = self.filter(user=user)
        for label in settings.CASE_MODELS:
            in_sight = apps.get_model(label).objects.visible_to(user).filter(pk=models.OuterRef("object_id"))
            own = own.exclude(models.Q(object_type=label) & ~models.Exists(in_sight))
        return own

    def unread(self):
        """Notices not opened yet."""
        return self.filter(read_at=None)


class Notice(models.Model):
    """One line in a person's in-box. The sentence is written at display from code and number; no case text is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    code = models.CharField(max_length=40)
    object_type = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    number = models.CharField(_("编号"), max_length=60)
    url = models.CharField(max_length=300)
    created_at = models.DateTimeField(_("时间"), auto_now_add=True)
    read_at = models.DateTimeField(_("已读时间"), null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("通知")
        verbose_name_plural = _("通知")
        ordering = ("-id",)
        indexes = [models.Index(fields=["user", "read_at"], name="notice_unread")]

    def __str__(self):
        return f"{self.code} {self.number}"

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language; worded by the floors' `NOTICES` tables (settings.NOTICE_SENTENCES)."""
        for path in settings.NOTICE_SENTENCES:
            words = import_string(path).get(self.code)
            if words:
                return words % {"number": self.number}
        return self.number
