"""Which runs and definitions a person sees, and which runs a worker should look after."""

import datetime as dt
import functools
import operator

from django.db import models
from django.db.models import Q

from inspection.accounts.roles import Role

from .kinds import all_kinds

CONFIGURERS = (Role.SYSADMIN, Role.OFFICE)


class RunQuerySet(models.QuerySet):
    """Runs of reports."""

    def visible_to(self, user):
        """Runs whose row `user` may see: one's own; those who configure see every row, which holds no case text."""
        return self.all() if user.has_role(*CONFIGURERS) else self.openable_by(user)

    def openable_by(self, user):
        """Runs whose files `user` may open: whoever ordered it or receives it, as long as the right to its scope lasts."""
        received = self.model.objects.filter(definition__recipients=user).values("pk")
        own = Q(maker=user) | Q(maker=None, as_user=user) | Q(pk__in=received)
        return self.filter(own & self._in_scope_of(user))

    def marking_openable_by(self, user):
        """With `openable`: whether `user` may open the files."""
        return self.annotate(openable=models.Exists(self.model.objects.openable_by(user).filter(pk=models.OuterRef("pk"))))

    def _in_scope_of(self, user) -> Q:
        """Runs of a scope that the kind grants `user` now."""
        granted = [Q(kind=kind.code, scope__in=[scope.value for scope in kind.scopes(user)]) for kind in all_kinds().values()]
        return functools.reduce(operator.or_, granted, Q(pk__in=[]))

    def neglected(self, now: dt.datetime):
        """Runs nobody works on: waiting for too long, or begun by a worker that has not been heard of since."""
        stale = now - self.model.GIVEN_UP_AFTER
        waiting = Q(state=self.model.State.WAITING, queued_at__lte=stale)
        return self.filter(waiting | Q(state=self.model.State.RUNNING, started_at__lte=stale))

    def for_list(self):
        """With what a row of the list shows."""
        return self.select_related("definition", "maker", "as_user", "pdf", "xlsx")


class DefinitionQuerySet(models.QuerySet):
    """Definitions of reports."""

    def scheduled(self):
        """Those the clock looks at."""
        return self.filter(active=True).exclude(frequency="none")
