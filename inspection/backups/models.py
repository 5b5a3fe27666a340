"""Which backups were made and which one this database came from."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Backup(models.Model):
    """One archive. Its row is written after it, so an archive never holds its own row; restoring writes it then.

    size   bytes of the archive; None where it was restored and not made here
    seal   digest of the newest seal inside
    """

    archive = models.UUIDField(_("备份标识"), unique=True, default=uuid.uuid4, editable=False)
    made_at = models.DateTimeField(_("备份时间"))
    size = models.PositiveBigIntegerField(_("大小"), null=True)
    seal = models.CharField(_("封印"), max_length=64, blank=True)
    restored_at = models.DateTimeField(_("恢复时间"), null=True)

    class Meta:
        verbose_name = _("备份")
        verbose_name_plural = _("备份")

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        """How it is named in the trail: the beginning of its mark, as both commands print it."""
        return self.archive.hex[:12]
