"""Trail entries and the hash-linked seals over them."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inspection.vault import envelopes


def printed_number(obj) -> str:
    """The number people know an object by: `printed_number` where `number` is a mere place, else its `number`, else its key."""
    return str(getattr(obj, "printed_number", "") or getattr(obj, "number", "") or obj.pk)


LOOKING = ("read", "match_contact", "download", "export", "print")  # verbs of who looks and takes along, and changes nothing


class EntryQuerySet(models.QuerySet):
    def about(self, obj):
        """Entries on one object, oldest first."""
        return self.filter(object_type=obj._meta.label_lower, object_id=obj.pk).order_by("id")

    def acts(self):
        """What was done, without who looked: that is the auditor's question."""
        return self.exclude(verb__in=LOOKING)

    def update(self, **kwargs):
        raise TypeError("trail entries are never changed")

    def delete(self):
        raise TypeError("trail entries are never deleted")


class EntryManager(models.Manager.from_queryset(EntryQuerySet)):
    def add(self, verb, obj, *, by, from_state="", to_state="", facts=None, note=""):
        """See `inspection.trail.recording.record`."""
        entry = self.made(verb, obj, by=by, from_state=from_state, to_state=to_state, facts=facts)
        if note:
            entry.note = envelopes.seal("trail.note", f"{entry.object_type}:{entry.object_id}", {"text": note})
        entry.save(force_insert=True)
        return entry

    def made(self, verb, obj, *, by, from_state="", to_state="", facts=None):
        """The entry that `add` would save, not saved yet."""
        return Entry(
            actor=by,
            actor_name=by.name if by else "",
            verb=verb,
            object_type=obj._meta.label_lower,
            object_id=obj.pk,
            number=printed_number(obj),
            from_state=from_state,
            to_state=to_state,
            facts=facts or {},
        )


class Entry(models.Model):
    """One act. `actor_name` is the name as it was then; `number` the object's printed number as it was then."""

    at = models.DateTimeField(_("时间"), auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("操作人")
    )
    actor_name = models.CharField(_("操作人姓名"), max_length=100, blank=True)
    verb = models.CharField(_("动作"), max_length=40)
    object_type = models.CharField(_("对象类别"), max_length=60)
    object_id = models.BigIntegerField(_("对象"))
    number = models.CharField(_("编号"), max_length=60)
    from_state = models.CharField(_("原状态"), max_length=30, blank=True)
    to_state = models.CharField(_("新状态"), max_length=30, blank=True)
    facts = models.JSONField(_("事实"), default=dict)
    note = models.ForeignKey("vault.Envelope", null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("说明"))

    objects = EntryManager()

    class Meta:
        verbose_name = _("留痕")
        verbose_name_plural = _("留痕")
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="trail_object"),
            models.Index(fields=["actor", "-id"], name="trail_actor"),
            models.Index(fields=["number"], name="trail_number"),
        ]

    def __str__(self):
        return f"{self.pk} {self.verb} {self.number}"

    def delete(self, *args, **kwargs):
        raise TypeError("trail entries are never deleted")

    @property
    def note_text(self) -> str:
        """The reason that was typed, opened; empty where none was given or its key is destroyed."""
        if self.note_id is None:
            return ""
        return envelopes.open_or_empty(self.note, f"{self.object_type}:{self.object_id}").get("text", "")


class Seal(models.Model):
    """A batch of entries closed off: `digest` covers the previous seal's digest and every entry of the batch in id order.

    first_id, last_id  inclusive bounds of entry ids; the batch is all entries that existed between them when it was sealed
    count              how many entries that were
    digest             SHA-256, hex
    """

    at = models.DateTimeField(_("封存时间"), auto_now_add=True)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField(unique=True)
    count = models.PositiveIntegerField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("封印")
        verbose_name_plural = _("封印")

    def __str__(self):
        return self.digest[:16]


class Verification(models.Model):
    """One run of every check of `manage.py verify`; its result is an entry as well.

    asked_by     an auditor; None for the clock
    done, total  checks over and to do
    problems     the first sentences of what was found, with numbers and ids only; count how many there were in all
    seal         digest of the newest seal at its end
    """

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("操作人")
    )
    asked_at = models.DateTimeField(_("提交时间"), auto_now_add=True)
    started_at = models.DateTimeField(_("开始时间"), null=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True)
    done = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveSmallIntegerField(default=0)
    count = models.PositiveIntegerField(_("问题数"), null=True)
    problems = models.JSONField(default=list)
    seal = models.CharField(_("封印"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("核验")
        verbose_name_plural = _("核验")

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("audit")

    @property
    def number(self) -> str:
        """The number it goes by in the trail."""
        return f"HY-{self.pk:06d}"
