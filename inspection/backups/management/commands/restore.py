"""manage.py restore FILE: an office from an archive, ready to work."""

from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspection.backups import archive, databases, restoring

STEP = 64 * 1024 * 1024  # bytes between two lines of progress
UNREADABLE = {
    "foreign": gettext_lazy("这不是备份文件。"),
    "key": gettext_lazy("这套密钥打不开这个备份：请先恢复备份时的主密钥（manage.py key_custody import）。"),
    "damaged": gettext_lazy("备份文件不完整或被改动，没有恢复任何内容。"),
    "contents": gettext_lazy("备份内容与清单不符，没有恢复任何内容。"),
}


class Command(BaseCommand):
    help = _("从备份恢复：只在空的数据目录和数据库上进行；随后升级结构、重建检索索引并核验。先停止服务，先恢复密钥。")
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--force", action="store_true", help=_("替换现有数据；现有数据先另存到数据目录里"))

    def handle(self, *, file, force, **_options):
        self._shown = 0
        try:
            manifest, aside = restoring.restore(Path(file), force=force, progress=self._show)
        except FileNotFoundError as error:
            raise CommandError(_("没有这个文件：%(path)s") % {"path": error.filename}) from error
        except archive.Unreadable as error:
            raise CommandError(str(UNREADABLE[error.code])) from error
        except (restoring.RestoreRefused, databases.DatabaseRefused, OSError) as error:
            raise CommandError(str(error)) from error
        if aside:
            self.stdout.write(_("原有数据另存在：%(folder)s") % {"folder": aside})
        self._say_what(manifest)
        call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout, stderr=self.stderr)
        call_command("createcachetable", verbosity=0)
        call_command("reindex", stdout=self.stdout, stderr=self.stderr)
        backup = restoring.settle(manifest)
        call_command("verify", stdout=self.stdout, stderr=self.stderr)
        facts = {"number": backup.number, "at": manifest["made_at"]}
        self.stdout.write(self.style.SUCCESS(_("已恢复备份 %(number)s（%(at)s 制作）。") % facts))

    def _say_what(self, manifest: dict):
        names = {model._meta.db_table: model._meta.verbose_name_plural for model in apps.get_models()}
        for table, rows in manifest["tables"].items():
            if rows and table in names:
                self.stdout.write(_("%(name)s：%(count)s") % {"name": names[table], "count": rows})
        seal = manifest["seal"]["digest"] if manifest["seal"] else "—"
        self.stdout.write(_("备份时的最新封印：%(seal)s") % {"seal": seal})

    def _show(self, done: int):
        if done - self._shown >= STEP:
            self._shown = done
            self.stdout.write(f"{done // 1024**2} MB")
            self.stdout.flush()
