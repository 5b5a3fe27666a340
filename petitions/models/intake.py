"""Where petitions come from in bulk: the mailbox, the opening of a suggestion box, an imported sheet."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inspection.vault.models import Envelope, StoredFile
from petitions.queries import BoxOpeningQuerySet, DailyReceiptsQuerySet, ImportQuerySet, MailItemQuerySet
from rounds.models import Assignment, Channel


class MailAccount(models.Model):
    """How to reach the mailbox of an e-mail channel. Reading never changes, deletes or answers anything there.

    registrar   who answers for the mailbox: what the worker registers from it stands under this person's name
    last_error  code of `petitions.mailbox.errors`; empty after a success
    """

    class Security(models.TextChoices):
        TLS = "tls", _("TLS（993）")
        STARTTLS = "starttls", _("STARTTLS（143）")

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="mail_account", verbose_name=_("邮件渠道"))
    host = models.CharField(_("服务器"), max_length=120)
    port = models.PositiveIntegerField(_("端口"), default=993)
    security = models.CharField(_("加密方式"), max_length=10, choices=Security.choices, default=Security.TLS)
    username = models.CharField(_("用户名"), max_length=120)
    password = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)
    folder = models.CharField(_("文件夹"), max_length=120, default="INBOX")
    registrar = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("登记责任人"),
        help_text=_("系统收取的邮件以此人名义登记，须为巡视办人员。"),
    )
    active = models.BooleanField(_("启用"), default=True)
    last_success_at = models.DateTimeField(_("最近成功"), null=True, editable=False)
    last_error = models.CharField(_("最近错误"), max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("邮箱账号")
        verbose_name_plural = _("邮箱账号")

    def __str__(self):
        return f"{self.username}@{self.host}"

    def get_absolute_url(self):
        return reverse("petitions:mail-account", args=[self.pk])

    @property
    def owner(self) -> str:
        """What the password's envelope is bound to."""
        return f"mailaccount:{self.channel_id}"


class DailyReceipts(models.Model):
    """How many petitions of an assignment came on a day of the office's by one kind of channel (see petitions.receipts)."""

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel_kind = models.CharField(max_length=10, choices=Channel.Kind.choices)
    day = models.DateField()
    many = models.IntegerField()

    objects = DailyReceiptsQuerySet.as_manager()

    class Meta:
        verbose_name = _("每日收件数")
        verbose_name_plural = _("每日收件数")
        constraints = [models.UniqueConstraint(fields=["assignment", "day", "channel_kind"], name="receipts_counted_once")]
        # Without the number itself: a row whose indexed columns stay is counted up in its place.
        indexes = [models.Index(fields=["day"], name="receipts_of_a_day")]

    def __str__(self):
        return f"{self.assignment_id} {self.channel_kind} {self.day}: {self.many}"


class MailItem(models.Model):
    """One mail as it was found: its raw bytes are stored before anything is read out of them.

    message_key  keyed hash of Message-ID and body: the same mail after a mailbox was rebuilt is known again, and another mail
                 that borrows its Message-ID is not mistaken for it
    raw          the mail as it came; only its header where it was too large; None when the server would not hand it out
    reason       why it is parked (code)
    refused      attachments that were not taken in because of their kind; they remain inside `raw`
    """

    class State(models.TextChoices):
        FETCHED = "fetched", _("已收取")
        REGISTERED = "registered", _("已登记")
        PARKED = "parked", _("待人工处理")

    class Reason(models.TextChoices):
        UNREADABLE = "unreadable", _("邮件无法解析")
        TOO_LARGE = "too_large", _("邮件过大")
        NO_CONTENT = "no_content", _("没有正文和附件")
        BAD_ATTACHMENT = "bad_attachment", _("附件类型不允许或已损坏")
        CLOSED = "closed", _("渠道已截止")
        ERROR = "error", _("登记时出错")

    STATE_TONES = {State.FETCHED: "wait", State.REGISTERED: "good", State.PARKED: "late"}

    account = models.ForeignKey(MailAccount, on_delete=models.PROTECT, related_name="items")
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField()
    message_key = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("大小"))
    raw = models.OneToOneField(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(_("收到时间"))
    fetched_at = models.DateTimeField(_("收取时间"), auto_now_add=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.FETCHED)
    reason = models.CharField(_("原因"), max_length=16, choices=Reason.choices, blank=True)
    refused = models.PositiveSmallIntegerField(_("未收入的附件"), default=0)
    petition = models.OneToOneField(
        "petitions.Petition", null=True, on_delete=models.PROTECT, related_name="mail_item", verbose_name=_("信访件")
    )

    objects = MailItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("收到的邮件")
        verbose_name_plural = _("收到的邮件")
        ordering = ("-received_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["account", "uidvalidity", "uid"], name="mail_once_per_uid"),
            models.UniqueConstraint(fields=["account", "message_key"], name="mail_once_per_message"),
        ]

    def __str__(self):
        return f"{self.account_id}:{self.uidvalidity}:{self.uid}"

    def get_absolute_url(self):
        return reverse("petitions:mail-item", args=[self.pk])

    @property
    def number(self) -> str:
        """What the trail prints."""
        return f"MAIL-{self.account_id}-{self.pk}"

    @property
    def owner(self) -> str:
        """What the raw file is bound to."""
        return f"mail:{self.account_id}:{self.message_key}"


class BoxOpening(models.Model):
    """A suggestion box opened by two people: how many letters it held, and how many of them are registered."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="openings", verbose_name=_("意见箱"))
    opened_at = models.DateTimeField(_("开箱时间"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("开箱人"))
    witness = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("在场人"))
    letters = models.PositiveIntegerField(_("信件数"))

    objects = BoxOpeningQuerySet.as_manager()

    class Meta:
        verbose_name = _("开箱记录")
        verbose_name_plural = _("开箱记录")
        ordering = ("-opened_at",)
        constraints = [
            models.CheckConstraint(condition=~models.Q(opened_by=models.F("witness")), name="box_opened_by_two"),
        ]

    def __str__(self):
        return f"{self.channel_id}:{self.opened_at:%Y-%m-%d}"

    def get_absolute_url(self):
        return reverse("petitions:box", args=[self.pk])

    @property
    def assignment(self):
        """The assignment whose box it was."""
        return self.channel.assignment


class ImportBatch(models.Model):
    """One uploaded sheet: checked first, imported only when somebody confirms what the check shows.

    file      the sheet as uploaded; its key is destroyed once the batch is imported or given up
    columns   {sheet, places: {field: place from 0}, headers, unused, channel_kind: of rows that do not say}
    problems  [{row, column, header, code}]: where and why, never what the cell says
    sample    envelope {rows: [[text]]}: the first rows as they will be imported
    done      rows looked at so far by the worker; where a killed one is taken up again
    """

    class Kind(models.TextChoices):
        PETITIONS = "petitions", _("信访件")
        CATEGORIES = "categories", _("内容分类")

    class State(models.TextChoices):
        CHECKED = "checked", _("待确认")
        WAITING = "waiting", _("等待导入")
        RUNNING = "running", _("导入中")
        DONE = "done", _("已导入")
        DISCARDED = "discarded", _("已放弃")
        FAILED = "failed", _("导入失败")

    STATE_TONES = {
        State.CHECKED: "wait",
        State.WAITING: "busy",
        State.RUNNING: "busy",
        State.DONE: "good",
        State.FAILED: "bad",
    }

    kind = models.CharField(_("类别"), max_length=12, choices=Kind.choices)
    assignment = models.ForeignKey(
        Assignment, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("巡视巡察任务")
    )
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("上传时间"), auto_now_add=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.CHECKED)
    columns = models.JSONField(_("列对应"), default=dict)
    problems = models.JSONField(_("问题"), default=list)
    sample = models.ForeignKey(Envelope, null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    total = models.PositiveIntegerField(_("总行数"), default=0)
    good = models.PositiveIntegerField(_("可导入"), default=0)
    known = models.PositiveIntegerField(_("此前已导入"), default=0)
    done = models.PositiveIntegerField(_("已处理"), default=0)
    added = models.PositiveIntegerField(_("新增"), default=0)
    finished_at = models.DateTimeField(_("完成时间"), null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("导入批次")
        verbose_name_plural = _("导入批次")
        ordering = ("-id",)

    def __str__(self):
        return f"{self.kind} {self.pk}"

    def get_absolute_url(self):
        return reverse("petitions:import", args=[self.pk])

    @property
    def number(self) -> str:
        """What the trail prints."""
        return f"IMPORT-{self.pk}"

    @property
    def owner(self) -> str:
        """What the file and the sample are bound to."""
        return f"import:{self.uploaded_by_id}"
