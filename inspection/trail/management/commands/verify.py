"""Prove that the trail, the files and the numbers are whole."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from inspection.trail import verifying


class Command(BaseCommand):
    help = _("核验留痕封印、密封文件和编号；有任何问题时以状态 1 结束。")

    def handle(self, *args, **options):
        found = verifying.problems(self._show)
        for problem in found:
            self.stdout.write(f"  {problem}")
        if found:
            raise CommandError(_("核验发现 %(count)s 个问题。") % {"count": len(found)}, returncode=1)
        self.stdout.write(self.style.SUCCESS(_("核验通过。")))

    def _show(self, name: str, count: int):
        result = _("%(count)s 个问题") % {"count": count} if count else _("没有问题")
        self.stdout.write(f"{name}: {result}")
        self.stdout.flush()
