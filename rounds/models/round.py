"""Terms, rounds and the focus scheme of a round."""

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inspection.calendar.models import RuleProfile
from rounds.queries import RoundQuerySet


class Term(models.Model):
    """届次: the years within which every unit is to be inspected once (条例 art. 6)."""

    name = models.CharField(_("届次"), max_length=60, unique=True)
    starts_on = models.DateField(_("起"))
    ends_on = models.DateField(_("止"))

    class Meta:
        verbose_name = _("届次")
        verbose_name_plural = _("届次")
        ordering = ("-starts_on",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gt=models.F("starts_on")),
                name="term_ends_after_start",
                violation_error_message=_("止期须晚于起期。"),
            )
        ]

    def __str__(self):
        return self.name


class Round(models.Model):
    """轮次. Its deadline rules are copied from the profile when it starts and frozen from then on.

    code   ASCII, unique; the prefix of every number given out in the round
    rules  {key: {amount, unit, roll, source}}; empty until started
    """

    class State(models.TextChoices):
        """Whether the rules are frozen. How far the round has come is rolled up from its assignments (reports.stages)."""

        PLANNED = "planned", _("筹备")
        STARTED = "started", _("已启动")

    STATE_TONES = {State.PLANNED: "wait", State.STARTED: "busy"}

    class Kind(models.TextChoices):
        REGULAR = "regular", _("常规巡视巡察")
        SPECIAL = "special", _("专项巡视巡察")
        MOBILE = "mobile", _("机动巡视巡察")
        LOOK_BACK = "lookback", _("回头看")

    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="rounds", verbose_name=_("届次"))
    sequence = models.PositiveSmallIntegerField(_("轮次"))
    name = models.CharField(_("名称"), max_length=80)
    code = models.CharField(
        _("编号字头"),
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"^[A-Z][A-Z0-9]{1,19}$", _("只用大写字母和数字，以字母开头，至少两位。"))],
        help_text=_("信访件等编号以此开头，如 HN06。"),
    )
    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices, default=Kind.REGULAR)
    look_back_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="look_backs", verbose_name=_("回头看所对应轮次")
    )
    profile = models.ForeignKey(RuleProfile, on_delete=models.PROTECT, related_name="+", verbose_name=_("规则方案"))
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("结束日期"))
    scope_text = models.TextField(_("受理范围"), blank=True, help_text=_("接电话、接来访时照此告知，所有人听到的一样。"))
    out_of_scope_text = models.TextField(_("不受理事项说明"), blank=True)
    notice = models.TextField(_("公告补充说明"), blank=True)
    supervision_phone = models.CharField(
        _("监督电话"), max_length=40, blank=True, help_text=_("供群众反映巡视巡察组自身问题，印在公告上。")
    )
    rules = models.JSONField(default=dict, editable=False)
    started_at = models.DateTimeField(_("启动时间"), null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("轮次")
        verbose_name_plural = _("轮次")
        ordering = ("-starts_on", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["term", "sequence", "kind"],
                name="one_round_per_sequence",
                violation_error_message=_("本届已有同一轮次、同一类型的安排。"),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="round_ends_after_start",
                violation_error_message=_("结束日期不得早于开始日期。"),
            ),
            models.CheckConstraint(
                condition=models.Q(kind="lookback") | models.Q(look_back_of=None),
                name="only_look_backs_look_back",
                violation_error_message=_("只有“回头看”才填写所对应轮次。"),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("rounds:round", args=[self.pk])

    @property
    def number(self) -> str:
        """What the trail prints."""
        return self.code

    @property
    def state(self) -> str:
        """Planned, or started with its rules frozen."""
        return self.State.PLANNED if self.started_at is None else self.State.STARTED

    def get_state_display(self) -> str:
        """The state in the reader's language."""
        return self.State(self.state).label

    @property
    def days(self) -> int:
        """Length in days, both ends counted (21 July to 30 September is 72)."""
        return (self.ends_on - self.starts_on).days + 1

    def day(self, on) -> int | None:
        """Which day of the round `on` is, from 1; None outside it."""
        return (on - self.starts_on).days + 1 if self.starts_on <= on <= self.ends_on else None

    @property
    def act(self) -> str:
        """What the inspection is called in public: 巡视 by the centre and the provinces, 巡察 below them."""
        return _("巡视") if self.profile.code in ("centre", "province") else _("巡察")

    @property
    def rules_in_force(self) -> dict[str, dict]:
        """The frozen rules, or before the start what the profile says today."""
        return self.rules or self.profile.snapshot()


class FocusNode(models.Model):
    """One node of a round's own focus scheme (六个围绕、一个加强; 3+2+4): a tree, different in every round."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="focus", verbose_name=_("轮次"))
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="children", verbose_name=_("上级")
    )
    title = models.CharField(_("监督重点"), max_length=120)
    order = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("监督重点")
        verbose_name_plural = _("监督重点")
        ordering = ("order", "pk")

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return self.round.get_absolute_url()

    @property
    def number(self) -> str:
        """What the trail prints."""
        return self.round.code
