"""manage.py trail_export: the trail as JSON lines with its seals, for whoever wants to check it elsewhere."""

import datetime as dt
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from inspection.trail import exporting


class Command(BaseCommand):
    help = _("把留痕连同封印导出为 JSON 行；用 script/check_trail 可在别处核对。")

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="since", type=dt.date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--to", dest="until", type=dt.date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--out", metavar="FILE", help=_("要写的文件；不填则写到标准输出"))

    def handle(self, *, since, until, out, **_options):
        if out is None:
            sys.stdout.buffer.writelines(exporting.lines(since, until))
            return
        try:
            with Path(out).open("xb") as file:
                Path(out).chmod(0o600)
                count = 0
                for line in exporting.lines(since, until):
                    count += 1
                    file.write(line)
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("%(count)s 行 → %(path)s") % {"count": count, "path": out})
