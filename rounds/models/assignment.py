"""A unit given to a group in a round, its channels, its liaison, and recusals."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspection.addresses import address
from inspection.workflow.models import Stateful
from rounds.queries import AssignmentQuerySet

from .people import Group, Person
from .unit import Unit


class Assignment(Stateful):
    """被巡视单位任务: one unit in one round. States run per unit, because the units of one group start and end on different days.

    number       printed name within the round, e.g. "HN06-3-02" (round, group, place in the group)
    feedback_on  when the feedback meeting was held; rectification deadlines count from it
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("拟订方案")
        PREPARING = "preparing", _("巡前准备")
        ON_SITE = "onsite", _("进驻了解")
        REPORTING = "reporting", _("形成报告")
        FEEDING_BACK = "feedback", _("反馈移交")
        RECTIFYING = "rectifying", _("集中整改")
        FOLLOWING_UP = "following", _("后续整改")
        ARCHIVED = "archived", _("已归档")

    STATE_TONES = {
        State.PLANNED: "wait",
        State.PREPARING: "wait",
        State.ON_SITE: "busy",
        State.REPORTING: "busy",
        State.FEEDING_BACK: "busy",
        State.RECTIFYING: "late",
        State.FOLLOWING_UP: "good",
        State.ARCHIVED: "off",
    }

    number = models.CharField(_("任务编号"), max_length=40, unique=True, editable=False)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("巡视巡察组"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("被巡视单位"))
    state = models.CharField(_("阶段"), max_length=10, choices=State.choices, default=State.PLANNED, editable=False)
    notice_on = models.DateField(_("通知单位日期"), null=True, blank=True)
    onsite_from = models.DateField(_("进驻日期"))
    onsite_to = models.DateField(_("离驻日期"))
    cutoff_on = models.DateField(_("信访截止日期"), null=True, blank=True, help_text=_("来信以邮戳日期为准。"))
    feedback_on = models.DateField(_("反馈日期"), null=True, blank=True, editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("巡视巡察任务")
        verbose_name_plural = _("巡视巡察任务")
        ordering = ("group", "onsite_from", "pk")
        constraints = [
            models.UniqueConstraint(fields=["group", "unit"], name="unit_once_per_group"),
            models.CheckConstraint(
                condition=models.Q(onsite_to__gte=models.F("onsite_from")),
                name="onsite_dates",
                violation_error_message=_("离驻日期不得早于进驻日期。"),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "planned",
                        "preparing",
                        "onsite",
                        "reporting",
                        "feedback",
                        "rectifying",
                        "following",
                        "archived",
                    ]
                ),
                name="assignment_known_state",
            ),
        ]

    def __str__(self):
        return f"{self.number} {self.unit}"

    def get_absolute_url(self):
        return address("rounds:assignment", self.number)

    @property
    def round(self):
        """The round this assignment belongs to."""
        return self.group.round

    @property
    def onsite_days(self) -> int:
        """On-site length in days, both ends counted."""
        return (self.onsite_to - self.onsite_from).days + 1

    def day(self, on) -> int | None:
        """Which on-site day `on` is, from 1; None outside the on-site days."""
        return (on - self.onsite_from).days + 1 if self.onsite_from <= on <= self.onsite_to else None


class Channel(models.Model):
    """One way to reach the group about one unit: telephone, letter box, SMS number, mailbox, suggestion box, reception place.

    address    the number, P.O. box, mail address or place that the notice prints
    opens, closes  daily hours (8:00 to 20:00 for telephones unless the round says otherwise)
    """

    class Kind(models.TextChoices):
        CALL = "call", _("来电")
        LETTER = "letter", _("来信")
        SMS = "sms", _("短信")
        EMAIL = "email", _("邮件")
        BOX = "box", _("意见箱")
        VISIT = "visit", _("来访")
        ONLINE = "online", _("网络")
        FORWARDED = "forwarded", _("上级转办")

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="channels", verbose_name=_("巡视巡察任务"))
    kind = models.CharField(_("渠道"), max_length=10, choices=Kind.choices)
    address = models.CharField(_("号码或地址"), max_length=120)
    postcode = models.CharField(_("邮政编码"), max_length=10, blank=True)
    opens = models.TimeField(_("开始时间"), null=True, blank=True)
    closes = models.TimeField(_("结束时间"), null=True, blank=True)
    closes_on = models.DateField(_("截止日期"), null=True, blank=True, help_text=_("不填则按任务的信访截止日期。"))
    note = models.CharField(_("说明"), max_length=120, blank=True)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("信访渠道")
        verbose_name_plural = _("信访渠道")
        ordering = ("kind", "pk")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opens=None, closes=None)
                | models.Q(opens__isnull=False, closes__isnull=False, closes__gt=models.F("opens")),
                name="channel_hours",
                violation_error_message=_("开始和结束时间须一并填写，且结束晚于开始。"),
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.address}"

    def get_absolute_url(self):
        return self.assignment.get_absolute_url()

    @property
    def number(self) -> str:
        """What the trail prints."""
        return self.assignment.number

    @property
    def last_day(self):
        """The last day reports are taken in here: its own, else the assignment's cut-off, else the end of the on-site days."""
        return self.closes_on or self.assignment.cutoff_on or self.assignment.onsite_to


class Liaison(models.Model):
    """联络员: a user of an inspected unit, who sees the unit's own rectification items and nothing else."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="liaison_of")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="liaisons", verbose_name=_("单位"))

    class Meta:
        verbose_name = _("单位联络员")
        verbose_name_plural = _("单位联络员")
        constraints = [models.UniqueConstraint(fields=["user", "unit"], name="one_liaison_per_unit")]

    def __str__(self):
        return f"{self.user_id}:{self.unit_id}"

    @property
    def number(self) -> str:
        """What the trail prints."""
        return self.unit.code


class Recusal(models.Model):
    """回避: a person keeps out of everything about a unit. One's own declaration cannot be withdrawn by oneself."""

    class Ground(models.TextChoices):
        RELATIVE = "relative", _("亲属关系")
        EMPLOYMENT = "employment", _("曾在该单位任职")
        NATIVE_PLACE = "native", _("籍贯")
        INTEREST = "interest", _("利益关系")
        OTHER = "other", _("其他可能影响公正的情形")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="recusals", verbose_name=_("人员"))
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="recusals", verbose_name=_("单位"))
    ground = models.CharField(_("回避事由"), max_length=12, choices=Ground.choices)
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(_("申报时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("回避")
        verbose_name_plural = _("回避")
        constraints = [models.UniqueConstraint(fields=["person", "unit"], name="one_recusal_per_unit")]

    def __str__(self):
        return f"{self.person_id}:{self.unit_id}"

    def get_absolute_url(self):
        return self.person.get_absolute_url()

    @property
    def number(self) -> str:
        """What the trail prints."""
        return f"{self.person.code}/{self.unit.code}"
