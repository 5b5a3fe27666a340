"""Target units and the categories (板块) that full coverage is counted by."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rounds.queries import CategoryQuerySet, UnitQuerySet


class Category(models.Model):
    """A block of units: counties, departments, state enterprises, universities."""

    name = models.CharField(_("板块"), max_length=60, unique=True)
    order = models.PositiveSmallIntegerField(_("排序"), default=0)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("板块")
        verbose_name_plural = _("板块")
        ordering = ("order", "pk")

    def __str__(self):
        return self.name


class Unit(models.Model):
    """An organisation that may be inspected. A renamed or merged unit stays, closed, and names its successor."""

    code = models.CharField(_("单位代码"), max_length=30, unique=True)
    name = models.CharField(_("单位名称"), max_length=120)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="units", verbose_name=_("板块"))
    region = models.CharField(_("地区"), max_length=60, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children", verbose_name=_("上级单位")
    )
    head = models.CharField(_("主要负责人职务"), max_length=60, blank=True, help_text=_("只填职务，如“党委书记”。"))
    must_cover = models.BooleanField(_("纳入全覆盖"), default=True)
    abolished_on = models.DateField(_("撤销或更名日期"), null=True, blank=True)
    successor = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="predecessors", verbose_name=_("承接单位")
    )

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("单位")
        verbose_name_plural = _("单位")
        ordering = ("category__order", "name")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")),
                name="unit_not_own_parent",
                violation_error_message=_("单位不能是自己的上级。"),
            ),
            models.CheckConstraint(
                condition=~models.Q(successor=models.F("id")),
                name="unit_not_own_successor",
                violation_error_message=_("单位不能承接自己。"),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("rounds:unit", args=[self.pk])

    @property
    def number(self) -> str:
        """What the trail prints."""
        return self.code
