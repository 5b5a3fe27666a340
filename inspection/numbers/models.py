"""The counter rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Counter(models.Model):
    """The last number given out for one prefix and year."""

    prefix = models.CharField(_("字头"), max_length=60)
    year = models.PositiveIntegerField(_("年度"))
    value = models.PositiveIntegerField(_("最后编号"))

    class Meta:
        verbose_name = _("编号器")
        verbose_name_plural = _("编号器")
        constraints = [models.UniqueConstraint(fields=["prefix", "year"], name="one_counter_per_prefix_year")]

    def __str__(self):
        return f"{self.prefix}-{self.year}: {self.value}"
