"""The clue (问题线索): handed over to the body that investigates, and followed until it answers (条例 art. 28–29)."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inspection.addresses import address
from inspection.vault import envelopes
from inspection.vault.models import Envelope
from inspection.workflow.models import Stateful
from petitions.models import Agency, Discipline, Level, Petition
from rectification.queries import CLUE_OPEN, ClueQuerySet
from rounds.models import Assignment
from rounds.queries import today

from .finding import Finding


class Clue(Stateful):
    """问题线索.

    content   envelope {name, post, matter}: the person reported and what about
    result    envelope {text}: how it was handled, as the receiver reported
    kept_from  whom it names, or whose declared relative: it does not exist for them
    handling  the receiver's way of handling, kept when the clue moves on to concluded
    second_receiver  for a double hand-over (双移交): to the discipline body and to the organisation or supervising department
    """

    STATE_TONES = {
        "proposed": "wait",
        "approved": "wait",
        "handed_over": "busy",
        "received": "busy",
        "talk": "busy",
        "preliminary": "busy",
        "shelved": "busy",
        "dismissed": "busy",
        "case": "busy",
        "measure": "busy",
        "concluded": "good",
        "fed_back": "good",
        "withdrawn": "off",
    }

    class State(models.TextChoices):
        PROPOSED = "proposed", _("拟移交")
        APPROVED = "approved", _("已批准移交")
        HANDED_OVER = "handed_over", _("已移交待签收")
        RECEIVED = "received", _("已签收")
        TALK = "talk", _("谈话函询")
        PRELIMINARY = "preliminary", _("初步核实")
        SHELVED = "shelved", _("暂存待查")
        DISMISSED = "dismissed", _("予以了结")
        CASE = "case", _("立案审查")
        MEASURE = "measure", _("组织处理")
        CONCLUDED = "concluded", _("已办结")
        FED_BACK = "fed_back", _("结果已反馈")
        WITHDRAWN = "withdrawn", _("不予移交")

    class Handling(models.TextChoices):
        TALK = "talk", _("谈话函询")
        PRELIMINARY = "preliminary", _("初步核实")
        SHELVED = "shelved", _("暂存待查")
        DISMISSED = "dismissed", _("予以了结")
        CASE = "case", _("立案审查")
        MEASURE = "measure", _("组织处理")

    class Mode(models.TextChoices):
        SINGLE = "single", _("单移交")
        DOUBLE = "double", _("双移交")

    number = models.CharField(_("线索编号"), max_length=40, unique=True, editable=False)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="clues", verbose_name=_("巡视巡察任务"))
    finding = models.ForeignKey(
        Finding, null=True, blank=True, on_delete=models.PROTECT, related_name="clues", verbose_name=_("来源底稿")
    )
    petition = models.ForeignKey(
        Petition, null=True, blank=True, on_delete=models.PROTECT, related_name="clues", verbose_name=_("来源信访件")
    )
    kept_from = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", verbose_name=_("知情排除"), editable=False)
    content = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="+", editable=False)
    result = models.ForeignKey(Envelope, null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.PROPOSED, editable=False)
    level = models.CharField(_("被反映人级别"), max_length=10, choices=Level.choices)
    discipline = models.CharField(_("六项纪律"), max_length=16, choices=Discipline.choices)
    handling = models.CharField(_("处置方式"), max_length=12, choices=Handling.choices, blank=True, editable=False)
    mode = models.CharField(_("移交方式"), max_length=8, choices=Mode.choices, default=Mode.SINGLE)
    receiver = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="clues", verbose_name=_("移交单位"))
    second_receiver = models.ForeignKey(
        Agency, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("第二移交单位")
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("批准人")
    )
    handed_over_on = models.DateField(_("移交时间"), null=True)
    received_on = models.DateField(_("签收日期"), null=True)
    received_by = models.CharField(_("签收人"), max_length=60, blank=True)
    reply_due = models.DateField(_("反馈期限"), null=True)
    provisional = models.BooleanField(_("期限暂定"), default=False)
    replied_on = models.DateField(_("反馈日期"), null=True)

    objects = ClueQuerySet.as_manager()

    class Meta:
        verbose_name = _("问题线索")
        verbose_name_plural = _("问题线索")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "proposed",
                        "approved",
                        "handed_over",
                        "received",
                        "talk",
                        "preliminary",
                        "shelved",
                        "dismissed",
                        "case",
                        "measure",
                        "concluded",
                        "fed_back",
                        "withdrawn",
                    ]
                ),
                name="clue_known_state",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("proposed_by")),
                name="clue_approved_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(mode="single", second_receiver=None)
                | (models.Q(mode="double", second_receiver__isnull=False) & ~models.Q(second_receiver=models.F("receiver"))),
                name="clue_double_has_second_receiver",
            ),
            models.UniqueConstraint(fields=["finding"], condition=~models.Q(state="withdrawn"), name="one_live_clue_per_finding"),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return address("rectification:clue", self.number)

    @property
    def owner(self) -> str:
        """What the envelopes are bound to."""
        return f"clue:{self.uid}"

    def opened(self) -> dict:
        """The content, opened. Cached on the instance."""
        if "_opened" not in self.__dict__:
            self._opened = envelopes.open_or_empty(self.content, self.owner)
        return self._opened

    @classmethod
    def searchable(cls, content: dict) -> list[str]:
        """The texts of an opened content that search finds."""
        return [content.get(name, "") for name in ("name", "post", "matter")]

    @classmethod
    def searchable_texts(cls, ids) -> dict[int, str]:
        """{id: all searchable text}."""
        rows = cls._base_manager.filter(pk__in=ids).select_related("content")
        return {row.pk: "\n".join(cls.searchable(row.opened())) for row in rows}

    @property
    def result_text(self) -> str:
        """Opened result; empty before it came."""
        return envelopes.open_or_empty(self.result, self.owner).get("text", "")

    @property
    def due_on(self):
        """The reply deadline while the receiver owes one."""
        return self.reply_due if self.state in CLUE_OPEN else None

    @property
    def late(self) -> bool:
        """Whether the receiver owes a reply past its day; the same rule as `ClueQuerySet.overdue`."""
        return self.due_on is not None and self.due_on < today()
