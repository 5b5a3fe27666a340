"""Make the installation's keys, once."""

import secrets

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from inspection.vault import keys


class Command(BaseCommand):
    help = _("在 DATA_DIR/keys 下生成密钥（权限 0600）；已有的密钥不会改动。")
    requires_system_checks = []
    requires_migrations_checks = False

    def handle(self, *args, **options):
        with keys.locked():
            self._make(keys.folder() / "secret_key", secrets.token_urlsafe(48) + "\n")
            if keys.from_environment():
                self.stdout.write(_("主密钥来自环境变量 MASTER_KEYS，不写入文件。"))
            else:
                self._make(keys.master_file(), keys.fresh_entry(1) + keys.fresh_entry(keys.SEARCH))
        keys.ring()  # says at once what is wrong with keys that were there before

    def _make(self, path, text: str):
        """Write one key file unless it is there. Never overwrite: what the old key sealed would be lost."""
        if path.exists():
            self.stdout.write(_("已存在，未改动：%(path)s") % {"path": path})
            return
        keys.write_private(path, text)
        self.stdout.write(_("已生成：%(path)s") % {"path": path})
