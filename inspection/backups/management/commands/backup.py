"""manage.py backup --out FILE: one encrypted archive of everything but the keys."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from inspection.backups import databases, making

STEP = 200  # files between two lines of progress


class Command(BaseCommand):
    help = _("备份：数据库（不含检索索引和登录会话）、密封文件和封印副本，合为一个加密文件；不含密钥。服务可照常运行。")

    def add_arguments(self, parser):
        parser.add_argument("--out", required=True, metavar="FILE", help=_("要写的文件；已存在时拒绝"))

    def handle(self, *, out, **_options):
        path = Path(out).resolve()
        if not path.parent.is_dir():
            raise CommandError(_("没有这个文件夹：%(folder)s") % {"folder": path.parent})
        try:
            backup, manifest = making.make(path, self._show)
        except FileExistsError as error:
            raise CommandError(_("文件已存在，没有覆盖：%(path)s") % {"path": path}) from error
        except (databases.DatabaseRefused, OSError) as error:
            raise CommandError(str(error)) from error
        facts = {"path": path, "number": backup.number, "bytes": backup.size, "files": len(manifest["members"]) - 1}
        self.stdout.write(self.style.SUCCESS(_("已备份 %(number)s：%(path)s（%(bytes)s 字节）。") % facts))
        self.stdout.write(_("最新封印：%(seal)s") % {"seal": backup.seal or "—"})
        if manifest["missing"]:
            # The archive is kept: all the rest is in it. But whoever relies on it must hear of it.
            count = len(manifest["missing"])
            raise CommandError(
                _("备份已写成，但有 %(count)s 个密封文件在磁盘上找不到。请运行 manage.py verify。") % {"count": count}
            )

    def _show(self, stage: str, done: int, total: int):
        if done == total or done % STEP == 0:
            self.stdout.write(f"{stage} {done}/{total}")
            self.stdout.flush()
