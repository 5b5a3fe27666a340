"""The petition (信访件): plain columns for what may be counted, two envelopes for what must stay secret."""

import datetime as dt
import uuid
from collections.abc import Sequence
from operator import attrgetter

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection import marks
from inspection.addresses import address
from inspection.vault import envelopes, index
from inspection.vault.models import Envelope, StoredFile
from inspection.workflow.models import Stateful
from petitions.queries import HANDLED, OPEN, PLACES, PetitionQuerySet, lamp
from rounds.models import Assignment, Channel
from rounds.queries import today

from .lookup import Category

FILTERED = ("channel_kind", "discipline", "in_scope", "signature")  # what a list is asked for beside its state
_sealed = attrgetter(*(f"content_{name}" for name in envelopes.COLUMNS))  # of such a row as `for_rows` has


class Discipline(models.TextChoices):
    """六项纪律, and the two ways of being none of them."""

    POLITICAL = "political", _("政治纪律")
    ORGANISATIONAL = "organisational", _("组织纪律")
    INTEGRITY = "integrity", _("廉洁纪律")
    MASSES = "masses", _("群众纪律")
    WORK = "work", _("工作纪律")
    LIFE = "life", _("生活纪律")
    LEGAL = "legal", _("涉法")
    NONE = "none", _("不涉及")


class Level(models.TextChoices):
    """Rank of the highest person reported; statistics are kept by it."""

    PROVINCE = "province", _("省部级")
    BUREAU = "bureau", _("厅局级")
    COUNTY = "county", _("县处级")
    TOWNSHIP = "township", _("乡科级")
    OTHER = "other", _("其他人员")
    UNKNOWN = "unknown", _("不详")


class Petition(Stateful):
    """One letter, call, message or visit, registered once.

    content   envelope {subject, text, persons: [{name, unit, post, level}], details: {…}}; details are the channel's own, such as
              a visit's place and receiver, or an imported row's reply
    identity  envelope {name, phone, email, address, id_number, wish, …}; None when nothing was left
    uid       binds both envelopes to this row
    decide_by, conclude_by  the last day of the state's own deadline; `due_on` picks the one that counts now
    source_key  keyed hash of the row an import took it from, so that a second import adds nothing
    """

    class State(models.TextChoices):
        REGISTERED = "registered", _("待研判")
        ACCEPTED = "accepted", _("已受理")
        CHECKING = "checking", _("组内核查")
        TRANSFERRED = "transferred", _("已转办")
        HANDED_UP = "handed_up", _("已呈报上级")
        REPEAT = "repeat", _("重复件")
        FILED = "filed", _("存查")
        CONCLUDED = "concluded", _("已办结")

    class Signature(models.TextChoices):
        ANONYMOUS = "anonymous", _("匿名")
        SIGNED = "signed", _("署名（未核实）")
        REAL_NAME = "real_name", _("实名（已核实）")
        DENIED = "denied", _("署名人否认（按匿名处理）")

    class Kind(models.TextChoices):
        ACCUSATION = "accusation", _("检举控告")
        OUTSIDE = "outside", _("业务范围外")
        ADVICE = "advice", _("批评建议")
        EMPTY = "empty", _("无实质内容")

    class Outcome(models.TextChoices):
        FINDING = "finding", _("形成底稿")
        CLUE = "clue", _("形成线索")
        CLOSED = "closed", _("了结")
        ANSWERED = "answered", _("承办单位已答复")
        REPEAT_NOTED = "repeat_noted", _("并入首次件")

    Mark = marks.Mark

    CONTENT = tuple(f"content__{name}" for name in envelopes.COLUMNS)  # of values_list, for envelopes.open_many

    STATE_TONES = {
        State.REGISTERED: "wait",
        State.ACCEPTED: "busy",
        State.CHECKING: "busy",
        State.TRANSFERRED: "late",
        State.CONCLUDED: "good",
    }

    number = models.CharField(_("登记编号"), max_length=40, unique=True, editable=False)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="petitions", verbose_name=_("巡视巡察任务"))
    channel_kind = models.CharField(_("渠道"), max_length=10, choices=Channel.Kind.choices)
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="petitions", verbose_name=_("具体渠道")
    )
    received_at = models.DateTimeField(_("收到时间"))
    postmarked_on = models.DateField(_("邮戳日期"), null=True, blank=True)
    entered_at = models.DateTimeField(_("登记时间"), auto_now_add=True)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    people_count = models.PositiveIntegerField(_("人数"), default=1)
    signature = models.CharField(_("署名情况"), max_length=10, choices=Signature.choices, default=Signature.ANONYMOUS)
    mark = models.CharField(_("内部标识"), max_length=10, choices=Mark.choices, default=Mark.INTERNAL)
    content = models.ForeignKey(Envelope, null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    identity = models.ForeignKey(Envelope, null=True, on_delete=models.PROTECT, related_name="+", editable=False)

    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.REGISTERED, editable=False)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind.choices, blank=True)
    discipline = models.CharField(_("六项纪律"), max_length=16, choices=Discipline.choices, blank=True)
    level = models.CharField(_("被反映人级别"), max_length=10, choices=Level.choices, default=Level.UNKNOWN)
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="petitions", verbose_name=_("内容分类")
    )
    in_scope = models.BooleanField(_("属受理范围"), null=True)
    first = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="repeats", verbose_name=_("首次件")
    )
    decide_by = models.DateField(_("研判期限"), null=True)
    conclude_by = models.DateField(_("办理期限"), null=True)
    provisional = models.BooleanField(_("期限暂定"), default=False)
    extended = models.BooleanField(_("已延期"), default=False)
    outcome = models.CharField(_("办理结果"), max_length=14, choices=Outcome.choices, blank=True)
    closed_at = models.DateTimeField(_("办结时间"), null=True)
    box_opening = models.ForeignKey(
        "petitions.BoxOpening",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="petitions",
        verbose_name=_("开箱记录"),
    )
    source_key = models.CharField(max_length=64, blank=True, editable=False)
    on_hold = models.BooleanField(_("暂缓销毁"), default=False, editable=False)

    objects = PetitionQuerySet.as_manager()

    class Meta:
        verbose_name = _("信访件")
        verbose_name_plural = _("信访件")
        ordering = ("-received_at", "-id")
        indexes = [
            # With the channel behind the order of the list: what came when and by which is counted without reading a row.
            # The order of the list first, then what it is filtered by: rows that do not fit are passed by inside the index.
            models.Index(fields=["-received_at", "-id", "state", *FILTERED], name="petition_newest"),
            models.Index(fields=["assignment", "-received_at", "-id", "state", *FILTERED], name="petition_in_assignment"),
            models.Index(fields=["state", "-received_at", "-id", *FILTERED], name="petition_state"),
            models.Index(
                fields=["-received_at", "-id", "state", "decide_by", "conclude_by"],
                condition=models.Q(state__in=OPEN),
                name="petition_open_newest",
            ),
            models.Index(
                fields=["assignment", "-received_at", "-id", "state", "decide_by", "conclude_by"],
                condition=models.Q(state__in=OPEN),
                name="petition_own_open_newest",
            ),
            models.Index(fields=["assignment", "state", "-received_at", "-id"], name="petition_assignment_state"),
            models.Index(fields=["decide_by", "id"], condition=models.Q(state="registered"), name="petition_to_decide"),
            models.Index(fields=["conclude_by", "id"], condition=models.Q(state__in=HANDLED), name="petition_to_conclude"),
            # By these SQLite finds the days of one state: with partial ones alone its work list took seven times as long.
            models.Index(fields=["state", "decide_by", "id"], name="petition_state_decide"),
            models.Index(fields=["state", "conclude_by", "id"], name="petition_state_conclude"),
            # Days of those who see a few assignments only: walking everybody's would pass by a hundred others for each.
            models.Index(
                fields=["assignment", "decide_by", "id"], condition=models.Q(state="registered"), name="petition_own_to_decide"
            ),
            models.Index(
                fields=["assignment", "conclude_by", "id"],
                condition=models.Q(state__in=HANDLED),
                name="petition_own_to_conclude",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "source_key"], condition=~models.Q(source_key=""), name="petition_imported_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "registered",
                        "accepted",
                        "checking",
                        "transferred",
                        "handed_up",
                        "repeat",
                        "filed",
                        "concluded",
                    ]
                ),
                name="petition_known_state",
            ),
            models.CheckConstraint(
                condition=models.Q(state="concluded", closed_at__isnull=False)
                | (~models.Q(state="concluded") & models.Q(closed_at=None)),
                name="petition_concluded_has_day",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="repeat") | models.Q(first__isnull=False), name="petition_repeat_has_first"
            ),
            models.CheckConstraint(condition=~models.Q(first=models.F("id")), name="petition_not_own_first"),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return address("petitions:petition", self.number)

    @property
    def owner(self) -> str:
        """What the envelopes are bound to."""
        return self.owner_of(self.uid)

    @staticmethod
    def owner_of(uid: uuid.UUID) -> str:
        """What the envelopes of the petition with this uid are bound to."""
        return f"petition:{uid}"

    def opened(self) -> dict:
        """The content, opened; {} for a sealed hand-up or a destroyed one. Cached on the instance."""
        if "_opened" not in self.__dict__:
            self._opened = envelopes.open_or_empty(self.content, self.owner)
        return self._opened

    @classmethod
    def open_all(cls, rows: Sequence["Petition"]) -> None:
        """`opened` of all `rows`, which come from `for_rows` or `for_register`, for less than one by one."""
        sealed = ((_sealed(row), row.owner) for row in rows)
        for row, content in zip(rows, envelopes.open_many(sealed), strict=True):
            row._opened = content

    @property
    def subject(self) -> str:
        """Opened subject."""
        return self.opened().get("subject", "")

    @property
    def text(self) -> str:
        """Opened text."""
        return self.opened().get("text", "")

    @property
    def persons(self) -> list[dict]:
        """Persons reported: [{name, unit, post, level}]."""
        return self.opened().get("persons", [])

    @property
    def details(self) -> dict:
        """What the channel's own form asked besides: a visit's place, receiver and arrangements."""
        return self.opened().get("details", {})

    @property
    def destroyed(self) -> bool:
        """Its content was destroyed by a disposal: what is left is a stub. A sealed hand-up never had any here."""
        return self.content_id is None and self.state != self.State.HANDED_UP

    @property
    def watermarked(self) -> bool:
        """Whether its mark asks for the reader's name over the page."""
        return marks.RULES[self.mark].watermark

    @property
    def place(self) -> str:
        """Where it is now, as the ledger counts it: one of queries.PLACES."""
        return next(place for place, states in PLACES.items() if self.state in states)

    @property
    def received_on(self) -> dt.date:
        """The day of receipt in the office's time zone."""
        return timezone.localdate(self.received_at)

    @property
    def light(self) -> str:
        """The `lamp` of the last day that counts now."""
        return lamp(self.due_on, today())

    @property
    def due_on(self) -> dt.date | None:
        """The last day that counts in the present state; None at rest."""
        if self.state == self.State.REGISTERED:
            return self.decide_by
        return self.conclude_by if self.state in OPEN else None

    @classmethod
    def searchable(cls, content: dict) -> list[str]:
        """The texts of an opened content that search finds: subject, text, and each person's name, unit and post."""
        people = (" ".join(filter(None, (p.get("name"), p.get("unit"), p.get("post")))) for p in content.get("persons", []))
        return [content.get("subject", ""), content.get("text", ""), *people]

    def indexed(self, content: dict) -> list[str]:
        """What the search index is given for an opened content: its texts, and whose file it is in, which no verb changes."""
        return [*self.searchable(content), index.tag("assignment", self.assignment_id)]

    @classmethod
    def searchable_texts(cls, ids) -> dict[int, str]:
        """{id: all searchable text} of the petitions with these ids; the recheck of long search terms reads it."""
        rows = list(cls._base_manager.filter(pk__in=ids).order_by().values_list("pk", "uid", *cls.CONTENT))
        opened = envelopes.open_many((sealed, cls.owner_of(uid)) for _pk, uid, *sealed in rows)
        return {row[0]: "\n".join(cls.searchable(content)) for row, content in zip(rows, opened, strict=True)}


class Attachment(models.Model):
    """A file that came with a petition, or a scan of the original."""

    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="attachments")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+", verbose_name=_("文件"))
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("附件")
        verbose_name_plural = _("附件")
        ordering = ("pk",)

    def __str__(self):
        return f"{self.petition_id}:{self.pk}"

    def get_absolute_url(self):
        return reverse("petitions:attachment", args=[self.petition.number, self.pk])


class PetitionVersion(models.Model):
    """What a petition said before a correction; sealed as it was, bound to the same owner."""

    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="versions")
    content = models.OneToOneField(Envelope, on_delete=models.PROTECT, related_name="+")
    replaced_at = models.DateTimeField(_("更正时间"), auto_now_add=True)
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("更正人")
    )

    class Meta:
        verbose_name = _("更正前版本")
        verbose_name_plural = _("更正前版本")
        ordering = ("pk",)

    def __str__(self):
        return f"{self.petition_id}:{self.pk}"

    def opened(self) -> dict:
        """The content as it was; {} once destroyed."""
        return envelopes.open_or_empty(self.content, self.petition.owner)


class ReporterKey(models.Model):
    """Keyed hash of a telephone number, mail address or identity number that a reporter left: finds repeats without opening any
    identity.
    """

    class Kind(models.TextChoices):
        PHONE = "phone", _("电话")
        EMAIL = "email", _("电子邮件")
        ID_NUMBER = "id", _("证件号码")

    petition = models.ForeignKey(Petition, on_delete=models.CASCADE, related_name="reporter_keys")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("联系方式摘要")
        verbose_name_plural = _("联系方式摘要")
        indexes = [models.Index(fields=["digest"], name="reporter_key_digest")]
        constraints = [models.UniqueConstraint(fields=["petition", "kind"], name="one_reporter_key_per_kind")]

    def __str__(self):
        return f"{self.petition_id}:{self.kind}"
