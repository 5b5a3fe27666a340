"""The rectification item (整改事项), its measures, progress and evidence."""

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspection.addresses import address
from inspection.vault import envelopes
from inspection.vault.models import Envelope, StoredFile
from inspection.workflow.models import Stateful
from rectification.queries import ITEM_LATE_ABLE, ItemQuerySet, soon_days
from rounds.models import Assignment
from rounds.queries import today

from .feedback import Feedback
from .finding import Finding


class Item(Stateful):
    """整改事项. Closed only on evidence and by different people: who applied, who verified and who closed are three.

    content        envelope {problem, goal, leader, department}: as fed back to the unit, with nothing that hints at who wrote
    due_on         last day now; original_due_on the first one given
    first_closed_at  kept when a look-back reopens the item
    """

    STATE_TONES = {
        "pending": "wait",
        "rectifying": "busy",
        "basic": "busy",
        "applied": "late",
        "verified": "late",
        "closed": "good",
        "longterm": "off",
    }

    CONTENT = tuple(f"content__{name}" for name in envelopes.COLUMNS)  # of values_list, for envelopes.open_many

    class State(models.TextChoices):
        PENDING = "pending", _("待分解")
        RECTIFYING = "rectifying", _("整改中")
        BASIC = "basic", _("基本完成")
        APPLIED = "applied", _("已完成（申请销号）")
        VERIFIED = "verified", _("已验收")
        CLOSED = "closed", _("已销号")
        LONG_TERM = "longterm", _("转长期坚持")

    class Source(models.TextChoices):
        FEEDBACK = "feedback", _("反馈问题")
        IMMEDIATE = "immediate", _("立行立改")
        LOOK_BACK = "lookback", _("回头看")

    number = models.CharField(_("整改编号"), max_length=40, unique=True, editable=False)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="items", verbose_name=_("巡视巡察任务"))
    source = models.CharField(_("来源"), max_length=10, choices=Source.choices)
    finding = models.ForeignKey(
        Finding, null=True, blank=True, on_delete=models.PROTECT, related_name="items", verbose_name=_("来源底稿")
    )
    feedback = models.ForeignKey(
        Feedback, null=True, blank=True, on_delete=models.PROTECT, related_name="items", verbose_name=_("反馈意见")
    )
    content = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.PENDING, editable=False)
    key = models.BooleanField(_("重点关注"), default=False)
    due_on = models.DateField(_("完成时限"))
    original_due_on = models.DateField(_("原定时限"), editable=False)
    provisional = models.BooleanField(_("期限暂定"), default=False)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("申请销号人")
    )
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("验收人")
    )
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("销号人")
    )
    closed_at = models.DateTimeField(_("销号时间"), null=True)
    first_closed_at = models.DateTimeField(_("首次销号时间"), null=True)
    reopened = models.PositiveSmallIntegerField(_("重启次数"), default=0)

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("整改事项")
        verbose_name_plural = _("整改事项")
        ordering = ("due_on", "id")
        indexes = [
            models.Index(fields=["assignment", "due_on", "id"], name="item_in_assignment"),
            models.Index(fields=["state", "due_on", "id"], name="item_state"),
            models.Index(fields=["assignment", "state", "due_on"], name="item_lights"),
            models.Index(
                fields=["due_on", "id", "assignment"], condition=models.Q(state__in=ITEM_LATE_ABLE), name="item_late_able"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "rectifying", "basic", "applied", "verified", "closed", "longterm"]),
                name="item_known_state",
            ),
            models.CheckConstraint(
                condition=models.Q(state="closed", closed_at__isnull=False, closed_by__isnull=False)
                | (~models.Q(state="closed") & models.Q(closed_at=None, closed_by=None)),
                name="item_closed_has_day_and_person",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_by=None) | ~models.Q(verified_by=models.F("applied_by")),
                name="item_verified_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_by=None)
                | (~models.Q(closed_by=models.F("applied_by")) & ~models.Q(closed_by=models.F("verified_by"))),
                name="item_closed_by_third",
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return address("rectification:item", self.number)

    @property
    def owner(self) -> str:
        """What the envelopes are bound to."""
        return self.owner_of(self.uid)

    @staticmethod
    def owner_of(uid: uuid.UUID) -> str:
        """What the envelopes of the item with this uid are bound to."""
        return f"item:{uid}"

    def opened(self) -> dict:
        """The content, opened. Cached on the instance."""
        if "_opened" not in self.__dict__:
            self._opened = envelopes.open_or_empty(self.content, self.owner)
        return self._opened

    @property
    def problem(self) -> str:
        """Opened problem, as fed back."""
        return self.opened().get("problem", "")

    def searchable(self) -> list[str]:
        """The texts that search finds: problem, goal and measures."""
        content = self.opened()
        return [content.get("problem", ""), content.get("goal", ""), *(m.opened().get("text", "") for m in self.measures.all())]

    @classmethod
    def searchable_texts(cls, ids) -> dict[int, str]:
        """{id: all searchable text}."""
        rows = cls._base_manager.filter(pk__in=ids).select_related("content").prefetch_related("measures__content")
        return {row.pk: "\n".join(row.searchable()) for row in rows}

    def light(self, on: dt.date | None = None, days: int | None = None) -> str:
        """green, yellow or red (江津 three colours): red past the last day, yellow within `days` of it; "" once closed.

        days  what the round's frozen rules say unless told
        """
        if self.state == self.State.CLOSED:
            return ""
        on = on or today()
        if days is None:
            days = soon_days(self.assignment.group.round.rules)
        if self.state not in ITEM_LATE_ABLE or self.due_on > on + dt.timedelta(days=days):
            return "green"
        return "red" if self.due_on < on else "yellow"


class Measure(models.Model):
    """整改措施. content: envelope {text, leader, department}; kinds: codes of `Kind`."""

    class Kind(models.TextChoices):
        RULES = "rules", _("建章立制")
        LOSSES = "losses", _("挽回损失")
        ACCOUNTABILITY = "accountability", _("追责问责")
        WIDER = "wider", _("举一反三")
        CAMPAIGN = "campaign", _("专项整治")
        MAJOR = "major", _("重大措施")

    class Completion(models.TextChoices):
        NONE = "none", _("未完成")
        BASIC = "basic", _("基本完成")
        DONE = "done", _("已完成")

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="measures")
    content = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)
    kinds = models.JSONField(_("措施类型"), default=list)
    due_on = models.DateField(_("预计完成时间"))
    completion = models.CharField(_("完成情况"), max_length=6, choices=Completion.choices, default=Completion.NONE)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("整改措施")
        verbose_name_plural = _("整改措施")
        ordering = ("order", "pk")

    def __str__(self):
        return f"{self.item_id}:{self.pk}"

    @property
    def kind_labels(self) -> list[str]:
        """The kinds in the reader's language."""
        known = dict(self.Kind.choices)
        return [str(known.get(kind, kind)) for kind in self.kinds]

    def opened(self) -> dict:
        """{text, leader, department}; opened once an instance."""
        if "_opened" not in self.__dict__:
            self._opened = envelopes.open_or_empty(self.content, self.item.owner)
        return self._opened


class Progress(models.Model):
    """One report of progress. content: envelope {text}."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="progress")
    at = models.DateTimeField(_("时间"), auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("填报人"))
    content = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)

    class Meta:
        verbose_name = _("整改进展")
        verbose_name_plural = _("整改进展")
        ordering = ("-id",)

    def __str__(self):
        return f"{self.item_id}:{self.pk}"

    @property
    def text(self) -> str:
        """Opened text."""
        return envelopes.open_or_empty(self.content, self.item.owner).get("text", "")


class ItemEvidence(models.Model):
    """佐证文件 of an item; may belong to one report of progress."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="evidence")
    progress = models.ForeignKey(Progress, null=True, on_delete=models.PROTECT, related_name="evidence")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("整改佐证")
        verbose_name_plural = _("整改佐证")
        ordering = ("pk",)

    def __str__(self):
        return f"{self.item_id}:{self.pk}"
