"""Lists that petitions are sorted by: the three-level category list and the bodies that things are passed on to."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.Model):
    """A node of the content classification (一级/二级/三级分类)."""

    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children", verbose_name=_("上级分类")
    )
    name = models.CharField(_("分类"), max_length=80)
    level = models.PositiveSmallIntegerField(_("层级"))
    path = models.CharField(_("全称"), max_length=250, unique=True)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("内容分类")
        verbose_name_plural = _("内容分类")
        ordering = ("path",)
        constraints = [
            models.CheckConstraint(condition=models.Q(level__range=(1, 3)), name="category_level"),
            models.CheckConstraint(
                condition=models.Q(level=1, parent=None) | models.Q(level__gt=1, parent__isnull=False), name="category_parent"
            ),
        ]

    def __str__(self):
        return self.path


class Agency(models.Model):
    """承办单位: a body that petitions or clues are passed on to, such as the discipline body or the petition bureau."""

    class Kind(models.TextChoices):
        DISCIPLINE = "discipline", _("纪检监察机关")
        ORGANISATION = "organisation", _("组织部门")
        PETITION = "petition", _("信访部门")
        POLITICAL_LEGAL = "legal", _("政法机关")
        LOCAL = "local", _("被巡视地方")
        DEPARTMENT = "department", _("有关部门")
        SUPERIOR = "superior", _("上级机关")

    name = models.CharField(_("名称"), max_length=120, unique=True)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind.choices)
    unit = models.ForeignKey(
        "rounds.Unit",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("对应单位"),
        help_text=_("转给被反映的单位前系统会提醒。"),
    )
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("承办单位")
        verbose_name_plural = _("承办单位")
        ordering = ("kind", "name")

    def __str__(self):
        return self.name
