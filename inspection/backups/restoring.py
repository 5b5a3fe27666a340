"""Bringing an office back from an archive. Nothing in place is touched before the whole archive has proved to be whole."""

import fcntl
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.trail import sealing
from inspection.trail.recording import record
from inspection.vault import keys
from inspection.vault.models import StoredFile

from . import archive, databases, making
from .models import Backup

Progress = Callable[[int], None]
SERVER_LOCK = "server.lock"  # held by script/server as long as it runs


class RestoreRefused(Exception):
    """Nothing was changed; the message says why and what helps."""


def restore(source: Path, *, force: bool, progress: Progress) -> tuple[dict, Path | None]:
    """Put the archive's database, files and seals in place; returns its manifest and, with `force`, where the old ones are.

    Migrating, indexing and verifying are the command's next steps; `settle` comes after migrating.
    Raises archive.Unreadable, RestoreRefused, databases.DatabaseRefused.
    """
    with _server_stopped(), tempfile.TemporaryDirectory(prefix=".restore-", dir=_data_dir()) as folder:
        work = Path(folder)
        occupied = not databases.is_empty() or any(Path(settings.FILES_DIR).glob("??/*"))
        if occupied and not force:
            raise RestoreRefused(
                _("这里已有数据。恢复只在空的数据目录和数据库上进行；确要替换，请加 --force（原有数据会另存一份）。")
            )
        if databases.in_use():
            raise RestoreRefused(_("还有程序连着数据库。请先停止网页服务和后台任务。"))
        manifest = archive.unpack(source, work, progress)
        _suits(manifest)
        aside = _put_aside() if occupied else None
        databases.load(work / "database")
        _count(manifest)
        _place(work, manifest)
    return manifest, aside


def _data_dir() -> Path:
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings.DATA_DIR


@contextmanager
def _server_stopped() -> Iterator[None]:
    """Keep script/server from starting meanwhile. Raises RestoreRefused when it runs."""
    handle = os.open(_data_dir() / SERVER_LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise RestoreRefused(_("这个数据目录上的服务正在运行，请先停止。")) from error
    finally:
        os.close(handle)


def _suits(manifest: dict) -> None:
    """Raise RestoreRefused when this program, this database or these keys cannot take the archive in."""
    if manifest["format"] != making.FORMAT:
        raise RestoreRefused(_("备份由更新的程序制作，请先升级程序。"))
    if manifest["vendor"] != databases.vendor():
        raise RestoreRefused(
            _("备份来自 %(theirs)s 数据库，这里是 %(ours)s。请用同一种数据库恢复。")
            % {"theirs": manifest["vendor"], "ours": databases.vendor()}
        )
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    newer = {(app, name) for app, names in manifest["migrations"].items() for name in names} - known
    if newer:
        app, name = min(newer)
        raise RestoreRefused(
            _("备份的数据库结构比本程序新（本程序没有 %(app)s.%(name)s）。请先升级程序。") % {"app": app, "name": name}
        )
    missing = set(manifest["key_versions"]) - keys.ring().masters.keys()
    if missing:
        versions = "、".join(map(str, sorted(missing)))
        raise RestoreRefused(_("缺少主密钥版本 %(versions)s：其密封的内容打不开。请先补齐密钥。") % {"versions": versions})
    if manifest["search_key"] != making.search_key(uuid.UUID(manifest["archive"])):
        raise RestoreRefused(_("检索密钥与备份时不同：请恢复备份时的密钥。"))


def _put_aside() -> Path:
    """Move what is there into a folder of its own."""
    folder = settings.DATA_DIR / f"before-restore-{timezone.localtime():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:4]}"
    folder.mkdir(mode=0o700)
    databases.put_aside(folder)
    for path in (Path(settings.FILES_DIR), sealing.log_file()):
        if path.exists():
            os.replace(path, folder / path.name)
    return folder


def _count(manifest: dict) -> None:
    """Compare every table with the manifest. Raises databases.DatabaseRefused: rows were lost on the way."""
    with connection.cursor() as cursor:
        for table, rows in manifest["tables"].items():
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            found = cursor.fetchone()[0]
            if found != rows:
                facts = {"table": table, "found": found, "rows": rows}
                raise databases.DatabaseRefused(_("恢复后 %(table)s 有 %(found)s 行，备份时是 %(rows)s 行。") % facts)


def _place(work: Path, manifest: dict) -> None:
    """Files and seals from the unpacked archive; the database is there already."""
    target = Path(settings.FILES_DIR)
    if target.exists():
        for folder in sorted(target.glob("*")):
            folder.rmdir()  # empty, or it would have counted as data
        target.rmdir()
    os.replace(work / "files", target)
    if not (work / "seals.log").exists():
        return
    # The log was copied after the dump: seals made between the two are in it and not in the database.
    newest = manifest["seal"]["last_id"] if manifest["seal"] else 0
    lines = [line for line in (work / "seals.log").read_text("ascii").splitlines() if int(line.split(" ")[2]) <= newest]
    keys.write_private(sealing.log_file(), "".join(line + "\n" for line in lines))


@transaction.atomic
def settle(manifest: dict) -> Backup:
    """After migrating: repeat destructions, and record whence this database came."""
    now = timezone.now()
    StoredFile.objects.filter(pk__in=manifest["destroyed"], destroyed_at=None).update(wrapped_key=None, destroyed_at=now)
    seal = manifest["seal"]["digest"] if manifest["seal"] else ""
    made_at = datetime.fromisoformat(manifest["made_at"])
    backup, _new = Backup.objects.update_or_create(
        archive=uuid.UUID(manifest["archive"]), defaults={"made_at": made_at, "seal": seal, "restored_at": now}
    )
    record("restore", backup, by=None, facts={"made_at": manifest["made_at"], "seal": seal, "database": connection.vendor})
    return backup
