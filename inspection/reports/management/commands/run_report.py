"""manage.py run_report KIND --out FILE: one report now, without browser or worker."""

import datetime as dt
import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.accounts.models import User
from inspection.accounts.roles import Role
from inspection.reports import production, schedule, workflow
from inspection.reports.kinds import FORMATS, Kind, Scope, all_kinds
from inspection.reports.models import Run
from inspection.trail.recording import record
from inspection.vault import files


class Command(BaseCommand):
    """See `help`. The run is kept and recorded like any other; the file is readable by its owner only."""

    help = _("按某人的权限生成一份报表并写成文件；扩展名 .pdf 或 .xlsx 决定格式。")

    def add_arguments(self, parser):
        parser.add_argument("kind", help=_("报表种类代码"))
        parser.add_argument("--out", required=True, help=_("要写的文件"))
        parser.add_argument(
            "--period", type=dt.date.fromisoformat, help=_("所需那一周或那一月中的任意一天；默认为上一个完整周期")
        )
        parser.add_argument("--as", dest="username", help=_("按谁的权限生成；默认为第一位在用的巡视办负责人"))
        wanted = parser.add_mutually_exclusive_group()
        wanted.add_argument("--group", type=int, help=_("巡视组的 id"))
        wanted.add_argument("--round", type=int, help=_("轮次的 id"))
        wanted.add_argument("--scope", help=_("存储用的范围代码，如 office"))
        parser.add_argument("--language", default="zh-hans", choices=["zh-hans", "en"])

    def handle(self, *args, **options):
        kind = all_kinds().get(options["kind"])
        if kind is None:
            raise CommandError(f"No such kind. There are: {', '.join(all_kinds()) or 'none'}.")
        out = Path(options["out"])
        ending = out.suffix.removeprefix(".").lower()
        if ending not in FORMATS or ending not in kind.formats:
            raise CommandError(f"The file must end in {' or '.join(f'.{name}' for name in kind.formats)}.")
        if not out.parent.is_dir():
            raise CommandError(f"{out.parent} is no folder.")
        user = self._user(options["username"])
        scope = self._scope(kind, user, options)
        today = timezone.localdate()
        day = options["period"]
        period = schedule.around(kind.frequency, day) if day else schedule.last_complete(kind.frequency, today)
        run = workflow.order(
            kind, scope, period, as_user=user, maker=user, language=options["language"], formats=[ending], queue=False
        )
        if not production.produce(run.pk):
            run.refresh_from_db()
            raise CommandError(f"{run.number} failed: {run.error_code} {run.error_id}")
        run.refresh_from_db()
        self._write(run, ending, out, user)
        self.stdout.write(f"{run.number} {period.first} – {period.last} → {out}, SHA-256 {getattr(run, ending).sha256}")

    def _user(self, username: str | None) -> User:
        if username:
            user = User.objects.filter(username=username, is_active=True).first()
        else:
            user = User.objects.filter(is_active=True, grants__role=Role.CHIEF).order_by("pk").first()
        if user is None:
            raise CommandError(
                f"No active user {username}." if username else "No active head of office: say whose rights with --as."
            )
        return user

    def _scope(self, kind: Kind, user: User, options: dict) -> Scope:
        wanted = options["scope"]
        for name in ("group", "round"):
            if options[name] is not None:
                wanted = f"{name}:{options[name]}"
        scopes = list(kind.scopes(user))
        found = [scope for scope in scopes if wanted in (None, scope.value)]
        if len(found) == 1:
            return found[0]
        choices = "".join(f"\n  {scope.value}  {scope.label}" for scope in scopes) or " none"
        raise CommandError(f"Say which with --group, --round or --scope. {user.username} may order:{choices}")

    def _write(self, run: Run, name: str, out: Path, user: User) -> None:
        stored = getattr(run, name)
        record("export", run, by=user, facts={"format": name, "sha256": stored.sha256, "command": True})
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for chunk in files.chunks(stored):
                file.write(chunk)
