"""Prove that the trail, the files and the numbers are whole."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _


class Command(BaseCommand):
    help = _("核验留痕封印、密封文件和编号；有任何问题时以状态 1 结束。")

    def handle(self, *args, **options):
        found = 0
        for path in settings.VERIFY_CHECKS:
            count = 0
            for problem in import_string(path)():
                count += 1
                self.stdout.write(f"  {problem}")
            found += count
            result = _("%(count)s 个问题") % {"count": count} if count else _("没有问题")
            self.stdout.write(f"{path}: {result}")
        if found:
            raise CommandError(_("核验发现 %(count)s 个问题。") % {"count": found}, returncode=1)
        self.stdout.write(self.style.SUCCESS(_("核验通过。")))
