"""What the two import commands share: look, say what was found, import."""

from pathlib import Path

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from inspection.accounts.models import User
from inspection.accounts.roles import Role
from inspection.documents.sheets import SheetRefused
from petitions.importing import batches, cells, checking, running
from petitions.models import ImportBatch

SHOWN = 200


def add_arguments(parser) -> None:
    """FILE, --dry-run and --by."""
    parser.add_argument("file", type=Path, help=_("要导入的 Excel 工作簿（.xlsx）"))
    parser.add_argument("--dry-run", action="store_true", help=_("只检查，不导入"))
    parser.add_argument("--by", metavar="USERNAME", help=_("以谁的名义导入；默认为第一位巡视办人员"))


def person(username: str | None) -> User:
    """The user to import as. Raises CommandError."""
    users = User.objects.filter(is_active=True)
    if username:
        found = users.filter(username=username).first()
    else:
        found = users.filter(grants__role__in=(Role.OFFICE, Role.CHIEF)).order_by("pk").first()
    if found is None:
        raise CommandError(_("没有这个用户，或没有任何巡视办人员；请用 --by 指定。"))
    return found


def run(command, path: Path, kind: str, *, by: User, dry_run: bool, assignment=None) -> None:
    """Look at the sheet and name every bad cell; without `dry_run` import what is good. Raises CommandError."""
    try:
        with path.open("rb") as file:
            found = checking.check(file, kind, assignment=assignment)
            _tell(command, found)
            if dry_run:
                command.stdout.write(_("仅检查，没有导入。"))
                return
            if not found.good:
                command.stdout.write(_("没有新行可导入。"))
                return
            batch = batches.upload(file, path.name, kind, by=by, assignment=assignment)
    except SheetRefused as refused:
        raise CommandError(str(refused)) from None
    except OSError as error:
        raise CommandError(_("打不开文件：%(reason)s") % {"reason": error.strerror}) from None
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.WAITING)
    batch = running.run(batch.pk)
    if batch.state != ImportBatch.State.DONE:
        raise CommandError(_("导入中断，已导入 %(added)s 行；再次运行会接着导入其余各行。") % {"added": batch.added})
    command.stdout.write(command.style.SUCCESS(_("已导入 %(added)s 行。") % {"added": batch.added}))


def _tell(command, found: checking.Check) -> None:
    summary = _("共 %(total)s 行：可导入 %(good)s，此前已导入 %(known)s，有问题 %(bad)s。")
    command.stdout.write(summary % {"total": found.total, "good": found.good, "known": found.known, "bad": found.bad})
    for problem in found.problems[:SHOWN]:
        words = _("第 %(row)s 行 %(column)s 列（%(header)s）：%(reason)s")
        facts = {"row": problem.row, "column": problem.column, "header": problem.header, "reason": cells.PROBLEMS[problem.code]}
        command.stderr.write(words % facts)
    if len(found.problems) > SHOWN:
        command.stderr.write(_("……其余 %(count)s 处从略。") % {"count": len(found.problems) - SHOWN})
