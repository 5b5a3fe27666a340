"""Feedback (反馈意见): given separately to the leading body and to its head (条例 art. 26)."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspection.addresses import address
from inspection.vault import envelopes
from inspection.vault.models import Envelope
from inspection.workflow.models import Stateful
from rectification.queries import FeedbackQuerySet
from rounds.models import Assignment

from .finding import Finding


class Feedback(Stateful):
    """反馈意见.

    content  envelope {overall, problems, suggestions, demands}
    """

    STATE_TONES = {"draft": "off", "approved": "wait", "delivered": "good"}

    class State(models.TextChoices):
        DRAFT = "draft", _("起草")
        APPROVED = "approved", _("已批准")
        DELIVERED = "delivered", _("已反馈")

    class To(models.TextChoices):
        BODY = "body", _("领导班子")
        HEAD = "head", _("主要负责人")

    number = models.CharField(_("发文编号"), max_length=40, unique=True, editable=False)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="feedbacks", verbose_name=_("巡视巡察任务"))
    to = models.CharField(_("反馈对象"), max_length=4, choices=To.choices)
    content = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT, editable=False)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("起草人"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("批准人")
    )
    delivered_on = models.DateField(_("反馈日期"), null=True)
    findings = models.ManyToManyField(Finding, related_name="feedbacks", verbose_name=_("所依据的底稿"))

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("反馈意见")
        verbose_name_plural = _("反馈意见")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["assignment", "to"], name="one_feedback_each"),
            models.CheckConstraint(condition=models.Q(state__in=["draft", "approved", "delivered"]), name="feedback_known_state"),
            models.CheckConstraint(
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("drafted_by")),
                name="feedback_approved_by_another",
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return address("rectification:feedback", self.number)

    @property
    def owner(self) -> str:
        """What the envelopes are bound to."""
        return f"feedback:{self.uid}"

    def opened(self) -> dict:
        """The content, opened. Cached on the instance."""
        if "_opened" not in self.__dict__:
            self._opened = envelopes.open_or_empty(self.content, self.owner)
        return self._opened
