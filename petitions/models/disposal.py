"""销毁: throwing away the keys of everything a petition says and who said it, by three people; a stub stays."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inspection.vault import envelopes
from inspection.vault.models import Envelope
from inspection.workflow.models import Stateful
from petitions.queries import DisposalQuerySet

from .petition import Petition


class Disposal(Stateful):
    """销毁审批: proposed by the office, approved by its head, carried out by a custodian or the security administrator.

    ground  code of the reason; it stays on the stub
    papers  envelope {basis, reason}: the rule it rests on, and why; about the file, never about what it says
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待负责人批准")
        APPROVED = "approved", _("已批准待执行")
        DESTROYED = "destroyed", _("已销毁")
        REFUSED = "refused", _("未批准")
        WITHDRAWN = "withdrawn", _("已撤回")

    class Ground(models.TextChoices):
        RETENTION = "retention", _("保管期满")
        WRONG_ENTRY = "wrong_entry", _("误登、重复录入")
        HANDED_UP = "handed_up", _("已密封呈报，不得留存")
        ORDERED = "ordered", _("上级决定销毁")

    STATE_TONES = {State.PROPOSED: "wait", State.APPROVED: "late", State.DESTROYED: "off", State.REFUSED: "bad"}
    LIVE = (State.PROPOSED, State.APPROVED)

    number = models.CharField(_("销毁编号"), max_length=40, unique=True, editable=False)
    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="disposals", verbose_name=_("信访件"))
    ground = models.CharField(_("销毁事由"), max_length=12, choices=Ground.choices)
    papers = models.OneToOneField(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.PROPOSED, editable=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    proposed_at = models.DateTimeField(_("提出时间"), auto_now_add=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("批准人")
    )
    approved_at = models.DateTimeField(_("批准时间"), null=True)
    destroyed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("执行人")
    )
    destroyed_at = models.DateTimeField(_("销毁时间"), null=True)

    objects = DisposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("销毁审批")
        verbose_name_plural = _("销毁审批")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=(Q(approved_by=None) | ~Q(approved_by=F("proposed_by")))
                & (Q(destroyed_by=None) | (~Q(destroyed_by=F("proposed_by")) & ~Q(destroyed_by=F("approved_by")))),
                name="disposal_by_three_people",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "destroyed"]) | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="disposal_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="destroyed", destroyed_by__isnull=False, destroyed_at__isnull=False)
                | (~Q(state="destroyed") & Q(destroyed_by=None, destroyed_at=None)),
                name="disposal_destroyed_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["petition"],
                condition=Q(state__in=["proposed", "approved", "destroyed"]),
                name="one_live_disposal_per_petition",
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("petitions:disposal", args=[self.number])

    @property
    def owner(self) -> str:
        """What the papers are bound to."""
        return f"disposal:{self.number}"

    @property
    def basis(self) -> str:
        """Opened rule it rests on."""
        return envelopes.open_or_empty(self.papers, self.owner).get("basis", "")

    @property
    def reason_text(self) -> str:
        """Opened reason."""
        return envelopes.open_or_empty(self.papers, self.owner).get("reason", "")
