"""Who is kept out of a petition, and how somebody kept out by mistake is let in again."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .petition import Petition


class Exclusion(models.Model):
    """A user who does not see, count or hear of a petition while this row stands.

    certain  False where only a doubt stands behind it: the name occurs in the free text, or a correction took it out of the
             persons reported. It excludes all the same, until the head of the office lifts or confirms it.
    """

    class Ground(models.TextChoices):
        NAMED = "named", _("被反映人")
        RELATIVE = "relative", _("被反映人亲属")
        LIAISON = "liaison", _("被反映人所在单位的联络员")
        OWN = "own", _("本人申报回避")

    petition = models.ForeignKey(Petition, on_delete=models.CASCADE, related_name="exclusions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    ground = models.CharField(_("原因"), max_length=10, choices=Ground.choices)
    certain = models.BooleanField(_("已确定"), default=True)
    since = models.DateTimeField(pgettext_lazy("exclusion", "起始时间"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("知情排除")
        verbose_name_plural = _("知情排除")
        constraints = [
            models.UniqueConstraint(fields=["petition", "user"], name="one_exclusion_per_user"),
            models.CheckConstraint(condition=models.Q(certain=True) | ~models.Q(ground="own"), name="exclusion_own_is_certain"),
        ]

    def __str__(self):
        return f"{self.petition_id}:{self.user_id}"


class Lifting(models.Model):
    """解除屏蔽: asked for by the head of the office with a reason (sealed in the trail), never by the excluded person. A doubtful
    exclusion is lifted at once; a certain one needs a second person to agree.

    ground, certain  of the exclusion: the same doubt does not exclude again after a correction, a new ground does
    lifted_at        from when on it counts; None while the second person has not agreed
    """

    petition = models.ForeignKey(Petition, on_delete=models.CASCADE, related_name="liftings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("人员"))
    ground = models.CharField(_("原因"), max_length=10, choices=Exclusion.Ground.choices)
    certain = models.BooleanField(_("已确定"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=pgettext_lazy("lifting", "提出人")
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("同意人")
    )
    lifted_at = models.DateTimeField(_("解除时间"), null=True)

    class Meta:
        verbose_name = _("解除屏蔽")
        verbose_name_plural = _("解除屏蔽")
        constraints = [
            models.UniqueConstraint(
                fields=["petition", "user"], condition=models.Q(lifted_at=None), name="one_open_lifting_per_exclusion"
            ),
            models.CheckConstraint(condition=~models.Q(asked_by=models.F("user")), name="lifting_never_for_oneself"),
            models.CheckConstraint(
                condition=models.Q(agreed_by=None)
                | (~models.Q(agreed_by=models.F("asked_by")) & ~models.Q(agreed_by=models.F("user"))),
                name="lifting_agreed_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(lifted_at=None) | models.Q(certain=False) | models.Q(agreed_by__isnull=False),
                name="lifting_of_certain_takes_two",
            ),
        ]

    def __str__(self):
        return f"{self.petition_id}:{self.user_id}"
