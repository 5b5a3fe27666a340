"""manage.py key_custody: the master keys on three sheets of paper, and back from any two of them."""

import secrets
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.vault import custody, keys


class Command(BaseCommand):
    help = _("把主密钥制成三张保管单（任意两张可恢复），或由两张保管单恢复、核对主密钥。")
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        acts = parser.add_subparsers(dest="act", required=True, metavar="export|import|check")
        export = acts.add_parser("export", help=_("写出三张保管单；打印后即删除文件"))
        export.add_argument("--out", required=True, metavar="FOLDER")
        for name, words in (("import", _("由两张保管单恢复主密钥")), ("check", _("核对两张保管单与现用主密钥是否一致"))):
            act = acts.add_parser(name, help=words)
            act.add_argument("sheets", nargs=2, metavar="SHEET")
            if name == "import":
                act.add_argument("--print", action="store_true", dest="as_value", help=_("不写文件，输出为 MASTER_KEYS 的值"))

    def handle(self, *, act, **options):
        if act == "export":
            self._export(Path(options["out"]))
        elif act == "check":
            self._check(self._joined(options["sheets"]))
        else:
            self._import(self._joined(options["sheets"]), as_value=options["as_value"])

    def _export(self, folder: Path):
        keys.ring()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths = [folder / f"sheet-{number}.txt" for number in range(1, custody.SHEETS + 1)]
        for path in paths:
            if path.exists():
                raise CommandError(_("文件已存在，没有覆盖：%(path)s") % {"path": path})
        for path, text in zip(paths, custody.split(keys.as_text(), made_at=timezone.localtime()), strict=True):
            keys.write_private(path, text, encoding="utf-8")
            self.stdout.write(str(path))
        self.stdout.write(_("指纹 %(fingerprint)s。请分别打印、分人分处封存，然后删除这三个文件。") % self._fingerprint())

    def _check(self, text: str):
        if custody.fingerprint(text) != custody.fingerprint(keys.as_text()):
            raise CommandError(_("这套保管单与现用主密钥不一致（更换过主密钥？请重新制作）。"))
        self.stdout.write(self.style.SUCCESS(_("一致。指纹 %(fingerprint)s") % self._fingerprint()))

    def _import(self, text: str, *, as_value: bool):
        if as_value:
            self.stdout.write(",".join(text.split()))
            return
        if keys.from_environment():
            raise CommandError(_("主密钥来自环境变量 MASTER_KEYS：请用 --print 取得它的值。"))
        with keys.locked():
            path = keys.master_file()
            if path.exists():
                if custody.fingerprint(path.read_text("ascii")) != custody.fingerprint(text):
                    raise CommandError(_("已有另一套主密钥，没有覆盖：%(path)s。确要替换，请先把它移走。") % {"path": path})
                self.stdout.write(_("已存在，未改动：%(path)s") % {"path": path})
            else:
                keys.write_private(path, text)
                self.stdout.write(_("已恢复：%(path)s") % {"path": path})
            signing = keys.folder() / "secret_key"
            if not signing.exists():  # only signs sessions: a new one signs everybody out and loses nothing
                keys.write_private(signing, secrets.token_urlsafe(48) + "\n")
        self.stdout.write(_("指纹 %(fingerprint)s") % self._fingerprint())

    def _joined(self, names: list[str]) -> str:
        try:
            return custody.joined(*(Path(name).read_text("utf-8") for name in names))
        except (OSError, UnicodeDecodeError, custody.SheetRefused) as error:
            raise CommandError(str(error)) from error

    def _fingerprint(self) -> dict:
        return {"fingerprint": custody.fingerprint(keys.as_text())}
