"""What import_units and import_people share."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from rounds import importing


class ImportCommand(BaseCommand):
    """Reads one XLSX file. Nothing is imported unless every row is good, or --skip-bad says to leave the bad ones out."""

    kind: importing.Kind

    def add_arguments(self, parser):
        """The file and how to take it."""
        parser.add_argument("file", type=Path, help=_("要导入的 Excel 工作簿（.xlsx）"))
        parser.add_argument("--dry-run", action="store_true", help=_("只检查，不导入"))
        parser.add_argument("--skip-bad", action="store_true", help=_("有错的行跳过，其余的照常导入"))

    def handle(self, *, file: Path, dry_run: bool, skip_bad: bool, **options):
        """Import, name every bad cell, and fail when something is wrong and nothing was imported."""
        try:
            with file.open("rb") as stream:
                rows = importing.read(self.kind, stream, settings.IMPORT_MAX_BYTES)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except importing.Refused as error:
            raise CommandError(f"{file.name}: {error}") from None
        outcome = importing.run(self.kind, rows, by=None, keep=not dry_run, skip_bad=skip_bad)
        for wrong in outcome.wrong:
            self.stderr.write(str(wrong))
        counts = f"new {outcome.added}, changed {outcome.changed}, unchanged {outcome.same}, bad {outcome.bad_rows}"
        self.stdout.write(f"{len(rows)} rows: {counts}. {'Imported.' if outcome.kept else 'Nothing imported.'}")
        if outcome.wrong and not outcome.kept and not dry_run:
            raise CommandError("correct the rows named above, or leave them out with --skip-bad")
