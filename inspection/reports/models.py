"""A definition says what report is produced when and for whom; a run is one production, frozen when it is done."""

import datetime as dt

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection.vault.models import StoredFile

from .kinds import FORMATS, Frequency, Period, all_kinds, period_words
from .queries import DefinitionQuerySet, RunQuerySet

WEEKDAYS = [
    (0, _("星期一")),
    (1, _("星期二")),
    (2, _("星期三")),
    (3, _("星期四")),
    (4, _("星期五")),
    (5, _("星期六")),
    (6, _("星期日")),
]


def all_formats() -> list[str]:
    """Both formats."""
    return list(FORMATS)


def _kind_label(code: str) -> str:
    kind = all_kinds().get(code)
    return str(kind.label) if kind else code


class Definition(models.Model):
    """A report that is wanted again and again. Office data: names and times, no case text.

    scopes        scope values of the kind; empty means every scope the owner has a right to at production time
    owner         under whose rights the contents are computed, at production time
    recipients    who is told and may open it, each only as far as their own right to the scope reaches
    at            local time of production; weekly on `weekday` (0 is Monday) for the seven days before, monthly on
                  `day_of_month` (the last day where a month is shorter) for the month before
    active_since  periods due before this moment are nobody's; moved whenever the schedule changes
    """

    Frequency = Frequency

    kind = models.CharField(_("报表种类"), max_length=40)
    title = models.CharField(_("名称"), max_length=120)
    scopes = models.JSONField(_("范围"), default=list, blank=True)
    language = models.CharField(_("语言"), max_length=10, choices=settings.LANGUAGES, default="zh-hans")
    formats = models.JSONField(_("格式"), default=all_formats)
    frequency = models.CharField(_("周期"), max_length=8, choices=Frequency.choices, default=Frequency.WEEKLY)
    weekday = models.PositiveSmallIntegerField(_("星期几"), choices=WEEKDAYS, default=0)
    day_of_month = models.PositiveSmallIntegerField(
        _("每月几日"), default=1, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )
    at = models.TimeField(_("时间"), default=dt.time(8))
    active = models.BooleanField(_("启用"), default=True)
    active_since = models.DateTimeField(default=timezone.now, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("按谁的权限生成")
    )
    recipients = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True, verbose_name=_("接收人"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name=_("创建人")
    )
    created_at = models.DateTimeField(_("创建时间"), auto_now_add=True)
    changed_at = models.DateTimeField(_("修改时间"), auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = DefinitionQuerySet.as_manager()

    class Meta:
        verbose_name = _("报表计划")
        verbose_name_plural = _("报表计划")
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(condition=models.Q(frequency__in=Frequency.values), name="definition_frequency_known"),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="definition_weekday_known"),
            models.CheckConstraint(condition=models.Q(day_of_month__range=(1, 31)), name="definition_day_known"),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("reports:definition", args=[self.pk])

    @property
    def number(self) -> str:
        """The number it goes by in the trail."""
        return f"BBJH-{self.pk:04d}"

    @property
    def kind_label(self) -> str:
        """The kind in the reader's language."""
        return _kind_label(self.kind)

    @property
    def rhythm(self) -> str:
        """The schedule in words."""
        at = self.at.strftime("%H:%M")
        if self.frequency == Frequency.WEEKLY:
            return _("每周%(day)s %(at)s") % {"day": self.get_weekday_display(), "at": at}
        if self.frequency == Frequency.MONTHLY:
            return _("每月 %(day)s 日 %(at)s") % {"day": self.day_of_month, "at": at}
        return self.get_frequency_display()


class Run(models.Model):
    """One report, produced once and then frozen: bytes, hashes, template version, who, when.

    definition       None when somebody ordered it by hand
    maker            who ordered it; None is the schedule
    as_user          under whose rights it is computed
    error_code       why it failed, one of ERRORS; error_id leads to the log. Neither holds case text
    queued_at        when it was last put before the workers
    template_version fingerprint of the print templates; seal the digest of the trail's newest seal, as printed on it
    """

    GIVEN_UP_AFTER = dt.timedelta(minutes=30)  # longer than reports.tasks lets a production run
    MAX_ATTEMPTS = 3

    class State(models.TextChoices):
        WAITING = "waiting", _("等待生成")
        RUNNING = "running", _("正在生成")
        DONE = "done", _("已生成")
        FAILED = "failed", _("生成失败")

    class Error(models.TextChoices):
        NONE = "", ""
        KIND = "kind", _("这种报表已不存在。")
        RIGHT = "right", _("用于生成的账号已停用，或不再有该范围的权限。")
        PAPER = "paper", _("排版失败，可能内容过长。")
        INTERNAL = "internal", _("程序出错。请把错误编号告诉管理员。")
        LOST = "lost", _("生成中断，多次重试仍未完成。")

    STATE_TONES = {State.WAITING: "wait", State.RUNNING: "busy", State.DONE: "good", State.FAILED: "bad"}

    definition = models.ForeignKey(
        Definition, null=True, on_delete=models.PROTECT, related_name="runs", verbose_name=_("报表计划")
    )
    kind = models.CharField(_("报表种类"), max_length=40)
    scope = models.CharField(_("范围"), max_length=60)
    scope_label = models.CharField(_("范围"), max_length=120)
    period_start = models.DateField(_("期间起"))
    period_end = models.DateField(_("期间止"))
    language = models.CharField(_("语言"), max_length=10, choices=settings.LANGUAGES, default="zh-hans")
    formats = models.JSONField(_("格式"), default=all_formats)
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("制作人")
    )
    as_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("按谁的权限生成")
    )
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING, editable=False)
    error_code = models.CharField(_("原因"), max_length=12, blank=True, choices=Error.choices)
    error_id = models.CharField(_("错误编号"), max_length=12, blank=True)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    created_at = models.DateTimeField(_("提交时间"), auto_now_add=True)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(_("开始时间"), null=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True)
    pdf = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    xlsx = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    template_version = models.CharField(_("版式版本"), max_length=12, blank=True)
    seal = models.CharField(_("留痕封印"), max_length=64, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("报表")
        verbose_name_plural = _("报表")
        ordering = ("-id",)
        constraints = [
            # two beats or workers that find the same period due: the second one's insert fails
            models.UniqueConstraint(fields=["definition", "scope", "period_start"], name="run_once_per_period"),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "running", "done", "failed"]), name="run_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["done", "failed"], finished_at__isnull=False)
                | models.Q(state__in=["waiting", "running"], finished_at__isnull=True),
                name="run_finished_iff_over",
            ),
            models.CheckConstraint(
                condition=models.Q(state="done") & (models.Q(pdf__isnull=False) | models.Q(xlsx__isnull=False))
                | ~models.Q(state="done") & models.Q(pdf__isnull=True, xlsx__isnull=True),
                name="run_files_iff_done",
            ),
            models.CheckConstraint(condition=models.Q(period_end__gte=models.F("period_start")), name="run_period_forwards"),
        ]
        indexes = [models.Index(fields=["state", "queued_at"], name="run_waiting")]

    def __str__(self):
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("reports:run", args=[self.pk])

    @property
    def number(self) -> str:
        """The number of the copy, printed on it."""
        return f"BB-{self.pk:06d}"

    @property
    def kind_label(self) -> str:
        """The kind in the reader's language."""
        return _kind_label(self.kind)

    @property
    def period(self) -> Period:
        """The days it is about."""
        return Period(self.period_start, self.period_end)

    @property
    def period_words(self) -> str:
        """The period in the reader's language."""
        return period_words(self.period_start, self.period_end)

    @property
    def files(self) -> list[tuple[str, StoredFile]]:
        """(format, file) of what was produced."""
        return [(name, file) for name, file in (("pdf", self.pdf), ("xlsx", self.xlsx)) if file is not None]

    @property
    def is_open(self) -> bool:
        """Whether it is still to come."""
        return self.state in (self.State.WAITING, self.State.RUNNING)
