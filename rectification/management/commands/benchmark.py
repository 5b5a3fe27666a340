"""Measure the program on a database of its own; docs/performance.md says how to read the table."""

import argparse
import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from rectification.benchmark import jobs, making, running


class Command(BaseCommand):
    help = (
        "Fill a database of its own (never the one in use) with invented petitions and measure every page and bulk job against "
        "a bare view on the same server. Prints a table."
    )
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("--petitions", type=int, default=20_000, metavar="N", help="how many (20,000)")
        parser.add_argument(
            "--database-url",
            default=settings.ENV.database_url,
            metavar="URL",
            help="a PostgreSQL server on which a new database may be made, or sqlite: for a file (DATABASE_URL, else SQLite)",
        )
        parser.add_argument("--json", default="", metavar="FILE", help="write the results as JSON lines as well")
        parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these: " + " ".join(running.MEASURES))
        parser.add_argument("--seed", type=int, default=1, help="another seed writes other petitions")
        parser.add_argument("--strict", action="store_true", help="exit with 1 when a limit is broken")
        parser.add_argument("--keep", action="store_true", help="leave the database and the folder behind")
        parser.add_argument("--use", type=Path, metavar="FOLDER", help="measure again what --keep has left, without filling")
        parser.add_argument(
            "--against", type=Path, metavar="FOLDER", help="with --use: what --keep has left of 10,000, to compare the lists with"
        )
        parser.add_argument("--inside", default="", help=argparse.SUPPRESS)  # the run itself, on the database made for it

    def handle(self, *, petitions, database_url, keep, use, against, inside, **options):
        if inside:
            asked = json.loads(inside)
            if "small_lists" in asked:
                raise SystemExit(running.small_lists())
            raise SystemExit(jobs.run(**asked) if "job" in asked else running.run(**asked))
        if petitions < 1000:
            raise CommandError("Fewer than 1,000 petitions say nothing.")
        chosen = {name: options[name] for name in ("json", "only", "seed", "strict")} | {"petitions": petitions}
        status = (
            making.again(use.resolve(), against and against.resolve(), chosen) if use else making.run(database_url, chosen, keep)
        )
        if status:
            raise SystemExit(status)
