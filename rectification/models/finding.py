"""The finding as a working paper (问题底稿): one matter, one paper; a report rests on signed papers only."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspection.addresses import address
from inspection.vault import envelopes
from inspection.vault.models import Envelope, StoredFile
from inspection.workflow.models import Stateful
from petitions.models import Discipline, Petition
from rectification.queries import FindingQuerySet
from rounds.models import Assignment, FocusNode


class Finding(Stateful):
    """问题底稿.

    number    「[YYYY]X巡-X组-XX号」
    content   envelope {title, fact, basis, responsible, suggestion}: what was seen, the rule breached, who answers;
              every version has an envelope of its own and this is the newest one's
    """

    STATE_TONES = {
        "draft": "off",
        "meeting": "wait",
        "signed": "busy",
        "used": "good",
        "corrected": "good",
        "clue": "good",
        "unused": "off",
    }

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        MEETING = "meeting", _("提交组务会")
        SIGNED = "signed", _("组长已审签")
        USED = "used", _("已入报告")
        CORRECTED = "corrected", _("已转立行立改")
        CLUE = "clue", _("已转线索")
        UNUSED = "unused", _("未采用")

    class Responsibility(models.TextChoices):
        MAIN = "main", _("主体责任")
        FIRST = "first", _("第一责任人责任")
        LEADING = "leading", _("主要领导责任")
        SUPERVISORY = "supervisory", _("监督责任")

    number = models.CharField(_("编号"), max_length=40, unique=True, editable=False)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="findings", verbose_name=_("巡视巡察任务"))
    content = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT, editable=False)
    focus = models.ForeignKey(
        FocusNode, null=True, blank=True, on_delete=models.PROTECT, related_name="findings", verbose_name=_("监督重点")
    )
    discipline = models.CharField(_("六项纪律"), max_length=16, choices=Discipline.choices, blank=True)
    responsibility = models.CharField(_("责任性质"), max_length=12, choices=Responsibility.choices)
    key = models.BooleanField(_("重点问题"), default=False)
    found_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("发现人"))
    found_on = models.DateField(_("发现时间"))
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("底稿撰写人")
    )
    drafted_at = models.DateTimeField(_("撰写时间"), auto_now_add=True)
    meeting_on = models.DateField(_("组务会日期"), null=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("审签组长")
    )
    signed_at = models.DateTimeField(_("审签时间"), null=True)
    sources = models.ManyToManyField(Petition, through="FindingSource", related_name="findings", verbose_name=_("来源信访件"))

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("问题底稿")
        verbose_name_plural = _("问题底稿")
        ordering = ("-id",)
        indexes = [models.Index(fields=["assignment", "state", "-id"], name="finding_in_assignment")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "meeting", "signed", "used", "corrected", "clue", "unused"]),
                name="finding_known_state",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["signed", "used", "corrected", "clue"])
                | models.Q(signed_by__isnull=False, signed_at__isnull=False, meeting_on__isnull=False),
                name="finding_signed_has_signature",
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return address("rectification:finding", self.number)

    @property
    def owner(self) -> str:
        """What the envelopes are bound to."""
        return f"finding:{self.uid}"

    def opened(self) -> dict:
        """The content, opened. Cached on the instance."""
        if "_opened" not in self.__dict__:
            self._opened = envelopes.open_or_empty(self.content, self.owner)
        return self._opened

    @property
    def title(self) -> str:
        """Opened title."""
        return self.opened().get("title", "")

    @property
    def serial(self) -> str:
        """The paper's place in its group's year, as printed: "03" of [2026]1巡-1组-03号. Evidence numbers begin with it."""
        return self.number.rpartition("-")[2].removesuffix("号")

    @classmethod
    def searchable(cls, content: dict) -> list[str]:
        """The texts of an opened content that search finds."""
        return [content.get(name, "") for name in ("title", "fact", "basis", "responsible")]

    @classmethod
    def searchable_texts(cls, ids) -> dict[int, str]:
        """{id: all searchable text}."""
        rows = cls._base_manager.filter(pk__in=ids).select_related("content")
        return {row.pk: "\n".join(cls.searchable(row.opened())) for row in rows}


class FindingSource(models.Model):
    """A petition that a finding rests on."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="source_links")
    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="finding_links")

    class Meta:
        verbose_name = _("底稿来源")
        verbose_name_plural = _("底稿来源")
        constraints = [models.UniqueConstraint(fields=["finding", "petition"], name="one_source_per_petition")]

    def __str__(self):
        return f"{self.finding_id}:{self.petition_id}"


class FindingVersion(models.Model):
    """How a paper read at one time, so that the leader sees what changed since the last one."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("版次"))
    content = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("底稿版本")
        verbose_name_plural = _("底稿版本")
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=["finding", "number"], name="one_version_per_number")]

    def __str__(self):
        return f"{self.finding_id}:{self.number}"

    def opened(self) -> dict:
        """The text of this version, opened."""
        return envelopes.open_or_empty(self.content, self.finding.owner)


class FindingEvidence(models.Model):
    """佐证材料: a file with its evidence number (XX-01…)."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="evidence")
    number = models.PositiveSmallIntegerField(_("证据编号"))
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("佐证材料")
        verbose_name_plural = _("佐证材料")
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=["finding", "number"], name="one_evidence_per_number")]

    def __str__(self):
        return f"{self.finding_id}:{self.number}"

    @property
    def label(self) -> str:
        """The evidence number as printed: XX-01, XX being the paper's own."""
        return f"{self.finding.serial}-{self.number:02d}"
