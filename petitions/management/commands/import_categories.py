"""manage.py import_categories FILE.xlsx [--dry-run]"""

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from petitions.management import sheets
from petitions.models import ImportBatch


class Command(BaseCommand):
    """Import the three-level category list; a second run adds nothing."""

    help = _("导入三级内容分类；再次运行不会重复导入。")

    def add_arguments(self, parser):
        """See `sheets.add_arguments`."""
        sheets.add_arguments(parser)

    def handle(self, *, file, dry_run, by, **_options):
        """Import."""
        try:
            sheets.run(self, file, ImportBatch.Kind.CATEGORIES, by=sheets.person(by), dry_run=dry_run)
        except PermissionDenied:
            raise CommandError(_("此人无权导入内容分类。")) from None
