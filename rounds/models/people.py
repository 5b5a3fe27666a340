"""The talent pool, groups, and the appointments that bind a person to a group for one round."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection.vault import envelopes
from inspection.workflow.models import Stateful
from rounds.queries import AppointmentQuerySet, GroupQuerySet, PersonQuerySet

from .round import Round
from .unit import Unit

REASON_CHARS = 200


class Person(models.Model):
    """Someone of the talent pool (人才库). What recusal is matched on is kept here: employers, native place, relatives."""

    name = models.CharField(_("姓名"), max_length=60)
    code = models.CharField(_("人员编号"), max_length=30, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="person",
        verbose_name=_("登录账号"),
    )
    employer = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="staff", verbose_name=_("现工作单位")
    )
    former_employers = models.ManyToManyField(Unit, blank=True, related_name="former_staff", verbose_name=_("曾工作单位"))
    post = models.CharField(_("职务"), max_length=60, blank=True)
    native_place = models.CharField(_("籍贯"), max_length=60, blank=True)
    speciality = models.CharField(_("专长"), max_length=120, blank=True)
    active = models.BooleanField(_("在库"), default=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("人员")
        verbose_name_plural = _("人员")
        ordering = ("name", "pk")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("rounds:person", args=[self.pk])

    @property
    def number(self) -> str:
        """What the trail prints."""
        return self.code


class Relative(models.Model):
    """A declared spouse or relative (回避申报)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="relatives", verbose_name=_("人员"))
    name = models.CharField(_("亲属姓名"), max_length=60)
    relation = models.CharField(_("关系"), max_length=30)
    unit = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("亲属所在单位")
    )

    class Meta:
        verbose_name = _("申报亲属")
        verbose_name_plural = _("申报亲属")
        ordering = ("pk",)

    def __str__(self):
        return f"{self.person_id}:{self.relation}"


class Group(models.Model):
    """An inspection group of one round. number is its place in the round (第九巡视组 is 9)."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="groups", verbose_name=_("轮次"))
    number = models.PositiveSmallIntegerField(_("组号"))
    name = models.CharField(_("组名"), max_length=60)
    people = models.ManyToManyField(Person, through="Appointment", related_name="groups")

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("巡视巡察组")
        verbose_name_plural = _("巡视巡察组")
        ordering = ("round", "number")
        constraints = [
            models.UniqueConstraint(
                fields=["round", "number"], name="one_group_per_number", violation_error_message=_("本轮已有这个组号。")
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("rounds:group", args=[self.pk])

    @property
    def printed_number(self) -> str:
        """What the trail prints: the round's code and the group's place in it."""
        return f"{self.round.code}-{self.number}"


class Appointment(models.Model):
    """一次一授权: binds a person to a group of one round; every right to the group's cases comes from here and ends with it.

    override_sealed, overridden_by  why a conflict of interest was overruled, sealed, and by whom (never the person who appoints)
    """

    class Post(models.TextChoices):
        LEADER = "leader", _("组长")
        DEPUTY = "deputy", _("副组长")
        COORDINATOR = "coordinator", _("综合协调岗")
        INTERVIEWER = "interviewer", _("谈话外调岗")
        FINANCE = "finance", _("财务审计岗")
        PARTY = "party", _("党建组织岗")
        MEMBER = "member", _("组员")

    class State(models.TextChoices):
        COMING = "coming", _("未到期限")
        IN_FORCE = "in_force", _("有效")
        ENDED = "ended", _("已到期")
        REVOKED = "revoked", _("已撤销")

    STATE_TONES = {State.COMING: "wait", State.IN_FORCE: "good", State.ENDED: "off", State.REVOKED: "off"}

    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("巡视巡察组"))
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("人员"))
    post = models.CharField(_("岗位"), max_length=12, choices=Post.choices, default=Post.MEMBER)
    starts_on = models.DateField(_("授权起"))
    ends_on = models.DateField(_("授权止"), null=True, blank=True)
    appointed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    override_sealed = models.ForeignKey(
        "vault.Envelope", null=True, editable=False, on_delete=models.PROTECT, related_name="+", verbose_name=_("不回避理由")
    )
    overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("批准人")
    )
    revoked_at = models.DateTimeField(_("撤销时间"), null=True, editable=False)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("任职授权")
        verbose_name_plural = _("任职授权")
        ordering = ("group", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "person"],
                condition=models.Q(revoked_at=None),
                name="one_appointment_per_group",
                violation_error_message=_("该人员已在本组，调整岗位请先撤销原授权。"),
            ),
            models.UniqueConstraint(
                fields=["group"],
                condition=models.Q(revoked_at=None, post="leader"),
                name="one_leader_per_group",
                violation_error_message=_("本组已有组长，更换前请先撤销其授权。"),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="appointment_dates",
                violation_error_message=_("授权止期不得早于起期。"),
            ),
            models.CheckConstraint(
                condition=models.Q(override_sealed=None, overridden_by=None)
                | models.Q(override_sealed__isnull=False, overridden_by__isnull=False),
                name="override_has_reason_and_person",
            ),
            models.CheckConstraint(
                condition=models.Q(overridden_by=None) | ~models.Q(overridden_by=models.F("appointed_by")),
                name="override_by_another",
                violation_error_message=_("批准人须是提出授权者以外的另一人。"),
            ),
        ]

    def __str__(self):
        return f"{self.group_id}:{self.person_id}:{self.post}"

    def get_absolute_url(self):
        return self.group.get_absolute_url()

    @property
    def override_reason(self) -> str:
        """Why a conflict of interest was overruled, opened; empty when there was none."""
        return _opened_reason(self, self.override_sealed)

    def overrule(self, reason: str, by) -> None:
        """Set, before saving, that `by` overruled a conflict of interest."""
        self.override_sealed, self.overridden_by = _sealed_reason(self, reason), by

    @property
    def number(self) -> str:
        """What the trail prints."""
        return f"{self.group.printed_number}/{self.person.code}"

    @property
    def state(self) -> str:
        """In force, not yet, ended, or revoked; today."""
        today = timezone.localdate()
        if self.revoked_at:
            return self.State.REVOKED
        if self.starts_on > today:
            return self.State.COMING
        return self.State.ENDED if self.ends_on and self.ends_on < today else self.State.IN_FORCE

    def get_state_display(self) -> str:
        """The state in the reader's language."""
        return self.State(self.state).label


class Override(Stateful):
    """不回避审批: a request to appoint somebody in spite of conflicts of interest. The head of the office decides.

    conflicts  codes of the conflicts as they were when asked, with the unit's code: [["employer", "U-001"], …]
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("待审批")
        GRANTED = "granted", _("已批准")
        REFUSED = "refused", _("未批准")

    STATE_TONES = {State.REQUESTED: "wait", State.GRANTED: "good", State.REFUSED: "off"}

    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="overrides", verbose_name=_("巡视巡察组"))
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="overrides", verbose_name=_("人员"))
    post = models.CharField(_("岗位"), max_length=12, choices=Appointment.Post.choices)
    starts_on = models.DateField(_("授权起"))
    ends_on = models.DateField(_("授权止"), null=True, blank=True)
    reason_sealed = models.ForeignKey(
        "vault.Envelope", editable=False, on_delete=models.PROTECT, related_name="+", verbose_name=_("不回避理由")
    )
    conflicts = models.JSONField(_("回避情形"), default=list)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.REQUESTED, editable=False)

    class Meta:
        verbose_name = _("不回避审批")
        verbose_name_plural = _("不回避审批")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["requested", "granted", "refused"]), name="override_known_state"
            ),
            models.UniqueConstraint(
                fields=["group", "person"],
                condition=models.Q(state="requested"),
                name="one_open_override",
                violation_error_message=_("该人员在本组的不回避申请正在审批。"),
            ),
        ]

    def __str__(self):
        return f"{self.group_id}:{self.person_id}:{self.state}"

    def get_absolute_url(self):
        return reverse("rounds:override", args=[self.pk])

    @property
    def reason(self) -> str:
        """Why the conflicts do not matter, opened: it names relatives and employers."""
        return _opened_reason(self, self.reason_sealed)

    def seal_reason(self, reason: str) -> None:
        """Set the reason, before saving. Raises ValidationError for none and for one that is too long."""
        if not reason or len(reason) > REASON_CHARS:
            words = _("请写明理由，不超过 %(limit)s 字。")
            raise ValidationError({"reason": ValidationError(words, params={"limit": REASON_CHARS})})
        self.reason_sealed = _sealed_reason(self, reason)

    @property
    def number(self) -> str:
        """What the trail prints."""
        return f"{self.group.printed_number}/{self.person.code}"


def _reason_owner(row: Appointment | Override) -> str:
    """What a reason is bound to: it is sealed before the row that holds it has a key."""
    return f"rounds.group:{row.group_id}:{row.person_id}"


def _sealed_reason(row: Appointment | Override, reason: str):
    return envelopes.seal("rounds.override", _reason_owner(row), {"text": reason})


def _opened_reason(row: Appointment | Override, envelope) -> str:
    return envelopes.open_or_empty(envelope, _reason_owner(row)).get("text", "")
