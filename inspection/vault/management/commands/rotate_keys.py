"""Bring a new master key into use."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from inspection.vault import keys, rotation


class Command(BaseCommand):
    help = _("启用新的主密钥，并用它重新包裹全部数据密钥；密文不变。可随时中断后重新运行。")

    def add_arguments(self, parser):
        parser.add_argument("--retire", type=int, metavar="VERSION", help=_("不更换，只停用一个不再包裹任何数据密钥的旧版本"))

    def handle(self, *args, **options):
        with keys.locked():
            if options["retire"] is not None:
                return self._retire(options["retire"])
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
        self.stdout.write(_("请重新制作主密钥保管单：manage.py key_custody export"))
        return None

    def _retire(self, version: int):
        """Old backups wrapped by the version open to nobody from here on; its sheets of paper still hold it."""
        ring = keys.ring()
        if version not in ring.masters or version == ring.current:
            raise CommandError(
                _("没有这个旧版本：%(version)s（现用版本 %(current)s）。") % {"version": version, "current": ring.current}
            )
        if any(rotation.wrapped_by(model, version).exists() for model in rotation.MODELS):
            raise CommandError(_("仍有数据密钥由版本 %(version)s 包裹。请先运行 rotate_keys。") % {"version": version})
        if keys.from_environment():
            raise CommandError(_("主密钥来自环境变量 MASTER_KEYS：可以从中删去版本 %(version)s。") % {"version": version})
        keys.retire(version)
        self.stdout.write(_("版本 %(version)s 已停用。由它加密的旧备份从此打不开，除非用旧的保管单。") % {"version": version})

    def _show(self, name: str, done: int, total: int):
        self.stdout.write(f"{name} {done}/{total}")
        self.stdout.flush()
