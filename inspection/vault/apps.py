from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from . import keys


class VaultConfig(AppConfig):
    name = "inspection.vault"
    label = "vault"
    verbose_name = _("密封")

    def ready(self):
        """Refuse to start on a key file that other accounts may read."""
        keys.guard()
