"""Passing on: transfer slips to whoever is responsible, and sealed hand-ups to a superior body."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inspection.addresses import address
from inspection.vault import envelopes
from inspection.vault.models import Envelope
from inspection.workflow.models import Stateful
from petitions.queries import SOON_DAYS, SlipQuerySet
from rounds.queries import today

from .lookup import Agency
from .petition import Petition


class TransferSlip(Stateful):
    """转办单: a paraphrased extract to the body responsible (分级负责、属地管理), with receipt, reply and their deadlines.

    extract  envelope {text}: written for the receiver, without who wrote
    reply    envelope {text, earlier: [{text, on}]}; what was sent back to be done again stays beside the new one
    receiver_name  the body's name as it was then
    """

    class State(models.TextChoices):
        SENT = "sent", _("待签收")
        RECEIVED = "received", _("已签收")
        HANDLING = "handling", _("办理中")
        REPLIED = "replied", _("已反馈结果")
        CONCLUDED = "concluded", pgettext_lazy("state", "办结")
        REFUSED = "refused", pgettext_lazy("state", "退回")

    STATE_TONES = {
        State.SENT: "wait",
        State.RECEIVED: "busy",
        State.HANDLING: "busy",
        State.REPLIED: "late",
        State.CONCLUDED: "good",
    }

    number = models.CharField(_("转办编号"), max_length=40, unique=True, editable=False)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="slips", verbose_name=_("信访件"))
    receiver = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="slips", verbose_name=_("承办单位"))
    receiver_name = models.CharField(_("承办单位名称"), max_length=120)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.SENT, editable=False)
    extract = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)
    reply = models.ForeignKey(Envelope, null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    sent_on = models.DateField(_("转出日期"))
    receipt_due = models.DateField(_("签收期限"))
    reply_due = models.DateField(_("反馈期限"))
    provisional = models.BooleanField(_("期限暂定"), default=False)
    received_on = models.DateField(_("签收日期"), null=True)
    received_by = models.CharField(_("签收人"), max_length=60, blank=True)
    replied_on = models.DateField(_("反馈日期"), null=True)
    chased_on = models.DateField(_("最近催办"), null=True)

    objects = SlipQuerySet.as_manager()

    class Meta:
        verbose_name = _("转办单")
        verbose_name_plural = _("转办单")
        ordering = ("-sent_on", "-id")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["sent", "received", "handling", "replied", "concluded", "refused"]),
                name="slip_known_state",
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return address("petitions:slip", self.number)

    @property
    def owner(self) -> str:
        """What the envelopes are bound to."""
        return f"slip:{self.uid}"

    @property
    def assignment(self):
        """The assignment of the petition."""
        return self.petition.assignment

    @property
    def extract_text(self) -> str:
        """Opened extract."""
        return envelopes.open_or_empty(self.extract, self.owner).get("text", "")

    @property
    def light(self) -> str:
        """ "red" past the day that counts now, "yellow" within a week of it, "green" before; "" once answered."""
        if self.due_on is None:
            return ""
        left = (self.due_on - today()).days
        return "red" if left < 0 else "yellow" if left <= SOON_DAYS else "green"

    @property
    def reply_text(self) -> str:
        """Opened reply; empty before it came."""
        return envelopes.open_or_empty(self.reply, self.owner).get("text", "")

    @property
    def earlier_replies(self) -> list[dict]:
        """Answers that were sent back to be done again: [{text, on}]."""
        return envelopes.open_or_empty(self.reply, self.owner).get("earlier", [])

    @property
    def due_on(self):
        """The day that counts now: receipt, then reply; None once answered."""
        if self.state == self.State.SENT:
            return self.receipt_due
        return self.reply_due if self.state in (self.State.RECEIVED, self.State.HANDLING) else None


class HandUp(models.Model):
    """呈报上级: a petition about a superior body. Number, day and the two signatures; nothing else is kept (规则 art. 15)."""

    petition = models.OneToOneField(Petition, on_delete=models.PROTECT, related_name="hand_up", verbose_name=_("信访件"))
    receiver_name = models.CharField(_("接收机关"), max_length=120)
    handed_on = models.DateField(_("交接日期"))
    deliver_by = models.DateField(_("呈报期限"))
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("移交人"))
    received_by = models.CharField(_("接收人"), max_length=60)

    class Meta:
        verbose_name = _("呈报")
        verbose_name_plural = _("呈报")

    def __str__(self):
        return f"{self.petition_id}"
