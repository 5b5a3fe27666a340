from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CalendarConfig(AppConfig):
    name = "inspection.calendar"
    label = "calendar"
    verbose_name = _("工作日历")

    def ready(self):
        from .profiles import seed  # models are not loaded before ready()

        post_migrate.connect(seed, sender=self, dispatch_uid="calendar.seed")
