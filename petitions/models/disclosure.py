"""Opening what is sealed, and only so far: who wrote, to one person for some hours; the original, beside a transfer slip."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection.vault import envelopes
from inspection.vault.models import Envelope
from inspection.workflow.models import Stateful
from petitions.queries import IdentityRequestQuerySet, OriginalQuerySet

from .petition import Attachment, Petition
from .transfer import TransferSlip


class IdentityRequest(Stateful):
    """身份查看申请: one person asks to see who wrote one petition; a custodian opens it to that person alone, for some hours.

    reason       envelope {text}: why; never who
    opens_until  the moment it closes by itself, whatever `state` still says: see `is_open`
    views        how often it was looked at; each is an entry of the trail as well
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("待审批")
        APPROVED = "approved", _("已批准")
        REFUSED = "refused", _("未批准")
        WITHDRAWN = "withdrawn", _("已撤回")
        CLOSED = "closed", _("提前结束")
        EXPIRED = "expired", _("已到期")

    STATE_TONES = {State.REQUESTED: "wait", State.APPROVED: "late", State.REFUSED: "bad"}
    LIVE = (State.REQUESTED, State.APPROVED)
    OPENED = (State.APPROVED, State.CLOSED, State.EXPIRED)

    number = models.CharField(_("申请编号"), max_length=40, unique=True, editable=False)
    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="identity_requests", verbose_name=_("信访件"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("申请人"))
    asked_at = models.DateTimeField(_("申请时间"), auto_now_add=True)
    reason = models.OneToOneField(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.REQUESTED, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("审批人")
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True)
    opens_until = models.DateTimeField(_("开放至"), null=True)
    views = models.PositiveIntegerField(_("查看次数"), default=0)

    objects = IdentityRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("身份查看申请")
        verbose_name_plural = _("身份查看申请")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("asked_by")), name="identity_never_decided_by_asker"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "withdrawn"], decided_by=None, opens_until=None)
                | Q(state="refused", decided_by__isnull=False, opens_until=None)
                | Q(state__in=["approved", "closed", "expired"], decided_by__isnull=False, opens_until__isnull=False),
                name="identity_opened_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["petition", "asked_by"],
                condition=Q(state__in=["requested", "approved"]),
                name="one_live_identity_request",
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("petitions:identity-request", args=[self.number])

    @property
    def owner(self) -> str:
        """What the reason is bound to."""
        return f"identity:{self.number}"

    @property
    def reason_text(self) -> str:
        """Opened reason; empty once destroyed."""
        return envelopes.open_or_empty(self.reason, self.owner).get("text", "")

    @property
    def is_open(self) -> bool:
        """Approved and its time not over: asked of the clock at every look, so that no task has to run for it to close."""
        return self.state == self.State.APPROVED and timezone.now() < self.opens_until

    def get_state_display(self):
        """The state as it is now: an approval whose time is over has expired, whether or not that was put on record yet."""
        lapsed = self.state == self.State.APPROVED and not self.is_open
        return str(self.State.EXPIRED.label if lapsed else self.State(self.state).label)


class OriginalRelease(Stateful):
    """原件随转: whether the petition's own text, and which of its attachments, go along with a transfer slip's extract.

    reason      envelope {text}: why the extract does not do
    with_text   the text goes along; else attachments alone
    consent_on  the day the reporter agreed to be known to the receiver, as the file shows; None blacks out who wrote
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("待审批")
        APPROVED = "approved", _("已批准")
        REFUSED = "refused", _("未批准")
        WITHDRAWN = "withdrawn", _("已撤回")

    STATE_TONES = {State.REQUESTED: "wait", State.APPROVED: "late", State.REFUSED: "bad"}

    slip = models.ForeignKey(TransferSlip, on_delete=models.PROTECT, related_name="originals", verbose_name=_("转办单"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("申请人"))
    asked_at = models.DateTimeField(_("申请时间"), auto_now_add=True)
    reason = models.OneToOneField(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)
    with_text = models.BooleanField(_("来信原文"), default=True)
    attachments = models.ManyToManyField(Attachment, related_name="+", blank=True, verbose_name=_("附件"))
    consent_on = models.DateField(_("反映人书面同意日期"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.REQUESTED, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("审批人")
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True)

    objects = OriginalQuerySet.as_manager()

    class Meta:
        verbose_name = _("原件随转申请")
        verbose_name_plural = _("原件随转申请")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("asked_by")), name="original_never_decided_by_asker"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "withdrawn"], decided_by=None)
                | Q(state__in=["approved", "refused"], decided_by__isnull=False),
                name="original_decided_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["slip"], condition=Q(state__in=["requested", "approved"]), name="one_live_original_per_slip"
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("petitions:original", args=[self.pk])

    @property
    def number(self) -> str:
        """What the trail prints."""
        return f"{self.slip.number}/Y{self.pk}"

    @property
    def petition(self) -> Petition:
        """The petition whose original it is."""
        return self.slip.petition

    @property
    def owner(self) -> str:
        """What the reason is bound to."""
        return f"original:{self.slip.uid}"

    @property
    def reason_text(self) -> str:
        """Opened reason; empty once destroyed."""
        return envelopes.open_or_empty(self.reason, self.owner).get("text", "")
