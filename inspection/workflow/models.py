"""The columns every stateful model shares."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Stateful(models.Model):
    """state is written by `inspection.workflow.take` alone; version counts the steps taken and lets a stale page be refused.

    A concrete model declares `state` itself with its own choices.
    """

    state_at = models.DateTimeField(_("状态时间"), editable=False)
    state_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name=_("经办人")
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    @property
    def state_label(self) -> str:
        """The state in the reader's language."""
        return self.get_state_display()
