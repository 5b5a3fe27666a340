"""Holidays, make-up working days, and the deadline rules that offices configure."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CalendarDay(models.Model):
    """A day that departs from the plain week: a holiday on a weekday, or a make-up working day (调休) on a weekend."""

    class Kind(models.TextChoices):
        REST = "rest", _("休")
        WORK = "work", _("班")

    date = models.DateField(_("日期"), unique=True)
    kind = models.CharField(_("类别"), max_length=4, choices=Kind.choices)
    name = models.CharField(_("名称"), max_length=60, blank=True)
    source = models.CharField(_("依据"), max_length=120)

    class Meta:
        verbose_name = _("日历日")
        verbose_name_plural = _("日历日")
        ordering = ("date",)

    def __str__(self):
        return f"{self.date} {self.kind}"


class CalendarYear(models.Model):
    """A year whose official holiday schedule is loaded. A due date that counts days of any other year is provisional."""

    year = models.PositiveIntegerField(_("年度"), unique=True)
    source = models.CharField(_("依据"), max_length=120)
    loaded_at = models.DateTimeField(_("载入时间"), auto_now=True)

    class Meta:
        verbose_name = _("已公布年度")
        verbose_name_plural = _("已公布年度")
        ordering = ("year",)

    def __str__(self):
        return str(self.year)

    @property
    def number(self) -> str:
        """What the trail prints."""
        return str(self.year)


class RuleProfile(models.Model):
    """A named set of deadline rules (centre, province, city, county, department, firm), copied into a round when it starts."""

    code = models.SlugField(_("代码"), max_length=30, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("规则方案")
        verbose_name_plural = _("规则方案")
        ordering = ("pk",)

    def __str__(self):
        return self.name

    @property
    def number(self) -> str:
        """What the trail prints."""
        return self.code

    def snapshot(self) -> dict[str, dict]:
        """The rules as JSON-able facts: {key: {amount, unit, roll, source}}; what a round keeps when it starts."""
        return {rule.key: rule.as_facts() for rule in self.rules.all()}


class Unit(models.TextChoices):
    """What a deadline counts: party rules count working days, petition rules calendar days, inspection rules months."""

    WORKDAY = "workday", _("个工作日")
    DAY = "day", _("日")
    MONTH = "month", _("个月")


class RuleKey(models.TextChoices):
    """Every deadline that the system computes. The start event stands in the label."""

    PETITION_DECIDE = "petition.decide", _("收到信访件至研判")
    PETITION_CONCLUDE = "petition.conclude", _("受理至办结")
    PETITION_EXTEND = "petition.extend", _("延长办理期限")
    TRANSFER_RECEIPT = "transfer.receipt", _("转出至签收")
    TRANSFER_REPLY = "transfer.reply", _("转出至反馈办理结果")
    HANDUP = "handup.deliver", _("收到至呈报上级")
    REALNAME_ACCEPT = "realname.accept", _("收到实名举报至告知受理")
    REALNAME_RESULT = "realname.result", _("办结至反馈实名举报人")
    CUTOFF = "petition.cutoff", _("进驻结束前停止受理信访")
    CLUE_REPLY = "clue.reply", _("移交线索至反馈办理情况")
    PLAN = "rectification.plan", _("反馈至报送整改方案")
    CONCENTRATED = "rectification.concentrated", _("反馈至集中整改结束")
    REPORT = "rectification.report", _("反馈至报送整改报告")
    MEETING = "rectification.meeting", _("反馈至专题民主生活会")
    SOON = "light.yellow", _("到期前亮黄灯")


class DeadlineRule(models.Model):
    """One deadline of a profile.

    amount  how many units, at least 0
    roll    a last day on a rest day moves to the next working day
    source  the rule text it comes from, shown beside the deadline
    """

    profile = models.ForeignKey(RuleProfile, on_delete=models.CASCADE, related_name="rules", verbose_name=_("规则方案"))
    key = models.CharField(_("期限"), max_length=40, choices=RuleKey.choices)
    amount = models.PositiveSmallIntegerField(_("数量"))
    unit = models.CharField(_("单位"), max_length=8, choices=Unit.choices)
    roll = models.BooleanField(_("遇休息日顺延"), default=False)
    source = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = _("期限规则")
        verbose_name_plural = _("期限规则")
        ordering = ("pk",)
        constraints = [models.UniqueConstraint(fields=["profile", "key"], name="one_rule_per_key")]

    def __str__(self):
        return f"{self.profile_id}:{self.key}"

    @property
    def number(self) -> str:
        """What the trail prints."""
        return f"{self.profile.code}/{self.key}"

    def as_facts(self) -> dict:
        """The rule as JSON-able facts."""
        return {"amount": self.amount, "unit": self.unit, "roll": self.roll, "source": self.source}
