"""manage.py import_petitions FILE.xlsx --assignment NUMBER [--dry-run]"""

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from petitions.management import sheets
from petitions.models import ImportBatch
from rounds.models import Assignment


class Command(BaseCommand):
    """Import a sheet of petitions into one assignment; a second run adds nothing."""

    help = _("把一张登记表导入某个巡视巡察任务；再次运行不会重复导入。")

    def add_arguments(self, parser):
        """See `sheets.add_arguments`."""
        sheets.add_arguments(parser)
        parser.add_argument("--assignment", required=True, metavar="NUMBER", help=_("任务编号，如 HN06-3-02"))

    def handle(self, *, file, assignment, dry_run, by, **_options):
        """Find the assignment and import."""
        found = Assignment.objects.select_related("unit", "group__round").filter(number=assignment).first()
        if found is None:
            raise CommandError(_("没有编号为 %(number)s 的任务。") % {"number": assignment})
        try:
            sheets.run(self, file, ImportBatch.Kind.PETITIONS, by=sheets.person(by), dry_run=dry_run, assignment=found)
        except PermissionDenied:
            raise CommandError(_("此人无权向该任务导入。")) from None
