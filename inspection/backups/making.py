"""Making a backup: dump, then every sealed file the dump knows, then the seals, in one archive."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from inspection.trail import sealing
from inspection.trail.recording import record
from inspection.vault import hashes
from inspection.vault.models import StoredFile

from . import archive, databases
from .models import Backup

FORMAT = 1
Progress = Callable[[str, int, int], None]


def make(out: Path, progress: Progress) -> tuple[Backup, dict]:
    """Write the archive to `out` (mode 0600) and record it; returns its row and manifest.

    progress  called with ("database" | "files", done, total)
    Manifest: format, archive, made_at, vendor, migrations {app: names}, tables {table: rows}, seal, key_versions, search_key (a
    fingerprint), members {name: [bytes, SHA-256]}, missing (files that should be there and are not), destroyed (files whose key
    was destroyed between the dump and the copying).
    Raises FileExistsError, databases.DatabaseRefused, OSError; nothing is left at `out` then.
    """
    identity, partial = uuid.uuid4(), out.with_name(out.name + ".part")
    if out.exists():
        raise FileExistsError(out)
    handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as file, tempfile.TemporaryDirectory(prefix=".backup-", dir=settings.DATA_DIR) as work:
            manifest = _write(archive.Writer(file, identity), identity, Path(work), progress)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, out)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return _recorded(identity, out, manifest), manifest


def _write(writer: archive.Writer, identity: uuid.UUID, work: Path, progress: Progress) -> dict:
    progress("database", 0, 1)
    dump, members = work / "database", {}
    with databases.dumped(dump) as query:
        facts, wanted = _facts(query), _files(query)
    members["database"] = _add(writer, "database", dump)
    dump.unlink()
    progress("database", 1, 1)
    missing, destroyed = [], []
    for number, key in enumerate(wanted, start=1):
        stored = StoredFile(id=key)
        try:
            members[f"files/{stored.path.parent.name}/{key}"] = _add(
                writer, f"files/{stored.path.parent.name}/{key}", stored.path
            )
        except FileNotFoundError:
            gone = StoredFile.objects.filter(pk=key, destroyed_at__isnull=False).exists()
            (destroyed if gone else missing).append(str(key))
        progress("files", number, len(wanted))
    if sealing.log_file().exists():
        # A copy: the worker appends while it is read. Lines after the dump's newest seal are cut off on the way back.
        members["seals.log"] = _add(writer, "seals.log", Path(shutil.copy(sealing.log_file(), work / "seals.log")))
    manifest = {
        "format": FORMAT,
        "archive": str(identity),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "vendor": databases.vendor(),
        "search_key": search_key(identity),
        **facts,
        "members": {name: [member.size, member.sha256] for name, member in members.items()},
        "missing": missing,
        "destroyed": destroyed,
    }
    writer.close(manifest)
    return manifest


def search_key(identity: uuid.UUID) -> str:
    """A fingerprint of the search key: with another one, exact matches would find nothing and nobody would notice."""
    return hashes.keyed("backup", str(identity))


def _add(writer: archive.Writer, name: str, path: Path) -> archive.Member:
    with path.open("rb") as file:
        return writer.add(name, file, os.fstat(file.fileno()).st_size)


def _facts(query: databases.Query) -> dict:
    """What the dump holds, asked of the dump's own state."""
    migrations: dict[str, list[str]] = {}
    for app, name in query("SELECT app, name FROM django_migrations ORDER BY app, name"):
        migrations.setdefault(app, []).append(name)
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    left_out = set(databases.EMPTIED)
    versions = " UNION ".join(
        f"SELECT key_version FROM {table} WHERE destroyed_at IS NULL" for table in ("vault_envelope", "vault_storedfile")
    )
    seals = query("SELECT id, last_id, digest FROM trail_seal ORDER BY last_id DESC LIMIT 1")
    return {
        "migrations": migrations,
        "tables": {table: query(f'SELECT count(*) FROM "{table}"')[0][0] for table in sorted(tables) if table not in left_out},
        "key_versions": sorted(row[0] for row in query(versions)),
        "seal": dict(zip(("id", "last_id", "digest"), seals[0], strict=True)) if seals else None,
    }


def _files(query: databases.Query) -> list[uuid.UUID]:
    rows = query("SELECT id FROM vault_storedfile WHERE destroyed_at IS NULL ORDER BY id")
    return [uuid.UUID(str(row[0])) for row in rows]


@transaction.atomic
def _recorded(identity: uuid.UUID, out: Path, manifest: dict) -> Backup:
    seal = manifest["seal"]["digest"] if manifest["seal"] else ""
    backup = Backup.objects.create(archive=identity, made_at=timezone.now(), size=out.stat().st_size, seal=seal)
    facts = {"files": len(manifest["members"]) - 1, "entries": manifest["tables"].get("trail_entry", 0), "seal": seal}
    record("make", backup, by=None, facts=facts)
    return backup
