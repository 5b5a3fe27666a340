"""Count anew what is kept counted beside the register."""

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from petitions import receipts


class Command(BaseCommand):
    help = _("按信访件重新计算每日收件数；更改时区之后也须运行。")

    def handle(self, *args, **options):
        self.stdout.write(_("每日收件数：%(count)s 行。") % {"count": receipts.recount()})
