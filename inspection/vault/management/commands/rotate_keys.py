"""Bring a new master key into use."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from inspection.vault import keys, rotation


class Command(BaseCommand):
    help = _("启用新的主密钥，并用它重新包裹全部数据密钥；密文不变。可随时中断后重新运行。")

    def handle(self, *args, **options):
        with keys.locked():
            if keys.from_environment():
                self.stdout.write(_("主密钥来自环境变量 MASTER_KEYS：使用其中最新的版本。"))
            elif any(rotation.pending(model).exists() for model in rotation.MODELS):
                self.stdout.write(_("上次更换没有完成，继续进行。"))
            else:
                keys.add_version()
            version = keys.ring().current
            self.stdout.write(_("当前主密钥版本：%(version)s") % {"version": version})
            failed = rotation.rewrap(self._show)
        for name in failed:
            self.stderr.write(_("无法打开：%(name)s") % {"name": name})
        if failed:
            raise CommandError(_("%(count)s 个数据密钥无法打开，仍由旧版本包裹。") % {"count": len(failed)})
        self.stdout.write(self.style.SUCCESS(_("更换完成。旧版本请保留到不再需要旧备份为止。")))

    def _show(self, name: str, done: int, total: int):
        self.stdout.write(f"{name} {done}/{total}")
        self.stdout.flush()
