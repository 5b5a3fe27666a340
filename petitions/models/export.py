"""Exports of the register: who took out how many rows, under which number."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inspection.vault.models import Envelope, StoredFile
from petitions.queries import ExportQuerySet

from .petition import Petition


class RegisterExport(models.Model):
    """One export of the 信访登记簿. A small one is handed out at once; a large one a worker makes and keeps sealed.

    mark     printed on every page
    filters  envelope {query, assignments}: the list's filters as they stood in the address, which may hold a searched name; and
             for a kept file the ids of the assignments whose cases it holds
    file     the workbook; None for one that was handed out at once
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("等待生成")
        RUNNING = "running", _("生成中")
        DONE = "done", _("已生成")
        FAILED = "failed", _("生成失败")

    STATE_TONES = {State.WAITING: "wait", State.RUNNING: "busy", State.DONE: "good", State.FAILED: "bad"}

    number = models.CharField(_("导出编号"), max_length=40, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("导出人"))
    made_at = models.DateTimeField(_("导出时间"), auto_now_add=True)
    mark = models.CharField(_("内部标识"), max_length=10, choices=Petition.Mark.choices, default=Petition.Mark.INTERNAL)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    filters = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)
    total = models.PositiveIntegerField(_("件数"), default=0)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField(_("已写入"), default=0)
    file = models.OneToOneField(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(_("完成时间"), null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("登记簿导出")
        verbose_name_plural = _("登记簿导出")
        ordering = ("-id",)

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("petitions:export-run", args=[self.number])

    @property
    def owner(self) -> str:
        """What the filters and the file are bound to."""
        return f"export:{self.number}"
