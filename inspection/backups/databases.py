"""Dumping and loading the database, whichever it is. What can be made anew, or must not come back, is left out: the search index,
sessions, the cache.
"""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext as _

EMPTIED = ("accounts_session", "django_cache", "vault_index")  # vault_index: on PostgreSQL; SQLite's are virtual tables
PLACES = ("/usr/lib/postgresql/{major}/bin", "/usr/pgsql-{major}/bin", "/usr/local/opt/postgresql@{major}/bin")
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
Query = Callable[[str], list[tuple]]


class DatabaseRefused(Exception):
    """The database cannot be dumped or loaded; the message says why and what helps."""


def vendor() -> str:
    """ "sqlite" or "postgresql"."""
    return connection.vendor


@contextmanager
def dumped(target: Path) -> Iterator[Query]:
    """Write a dump to `target` and give a way to ask the very state that was dumped."""
    if vendor() == "postgresql":
        with _dumped_postgres(target) as query:
            yield query
    else:
        with _dumped_sqlite(target) as query:
            yield query


def is_empty() -> bool:
    """Whether no office works in this database: no tables, or nobody and nothing in them."""
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table in ("accounts_user", "trail_entry", "vault_envelope"):
            if table in tables:
                cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")')
                if cursor.fetchone()[0]:
                    return False
    return True


def in_use() -> bool:
    """Whether another program is connected; SQLite cannot tell (the server's lock on DATA_DIR does)."""
    if vendor() != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0] > 0


def put_aside(folder: Path) -> None:
    """Keep the present database in `folder`, whatever state it is in, and leave an empty place."""
    if vendor() == "postgresql":
        _run_postgres("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={folder / 'database'}")
        return
    path = _sqlite_file()
    connection.close()
    for ending in ("", "-wal", "-shm"):
        if path.with_name(path.name + ending).exists():
            os.replace(path.with_name(path.name + ending), folder / (path.name + ending))


def load(source: Path) -> None:
    """Put the dump in place of what is there. Raises DatabaseRefused."""
    if vendor() == "postgresql":
        _clear_postgres()
        options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
        connection.close()
        _run_postgres("pg_restore", *options, f"--dbname={connection.settings_dict['NAME']}", str(source))
        return
    path = _sqlite_file()
    connection.close()
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    os.replace(source, path)


# --- SQLite --------------------------------------------------------------------------------------------------------------


def _sqlite_file() -> Path:
    return Path(connection.settings_dict["NAME"])


@contextmanager
def _dumped_sqlite(target: Path) -> Iterator[Query]:
    """VACUUM INTO reads one state of the database while others go on writing. The copy is then emptied of what is left out."""
    with closing(sqlite3.connect(_sqlite_file(), timeout=30)) as live:
        live.execute("VACUUM INTO ?", [str(target)])
    target.chmod(0o600)
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        virtual = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE vault_index%'"
        for name, sql in copy.execute(virtual).fetchall():
            copy.execute(f'DROP TABLE "{name}"')
            copy.execute(sql)
        present = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in present & set(EMPTIED):
            copy.execute(f'DELETE FROM "{table}"')
        copy.execute("VACUUM")  # what was deleted must not stay behind in free pages
        yield lambda sql: copy.execute(sql).fetchall()


# --- PostgreSQL ----------------------------------------------------------------------------------------------------------


@contextmanager
def _dumped_postgres(target: Path) -> Iterator[Query]:
    """pg_dump sees the snapshot of a transaction that stays open, so that counts and dump are of one moment."""
    left_out = [f"--exclude-table-data={table}" for table in EMPTIED]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={cursor.fetchone()[0]}", *left_out)
        _run_postgres("pg_dump", *options, f"--file={target}")
        target.chmod(0o600)

        def query(sql: str) -> list[tuple]:
            cursor.execute(sql)
            return cursor.fetchall()

        yield query


def server_major() -> int:
    """The PostgreSQL server's major version."""
    connection.ensure_connection()
    return connection.pg_version // 10000


def program(name: str, major: int) -> str:
    """The path of pg_dump or pg_restore of exactly the server's major version.

    An older one refuses, and a newer one writes what the server's own cannot read back. Raises DatabaseRefused.
    """
    seen = []
    for path in [*(f"{place.format(major=major)}/{name}" for place in PLACES), shutil.which(name)]:
        if not path or not os.access(path, os.X_OK):
            continue
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        match = VERSION.search(said)
        if match and int(match[1]) == major:
            return path
        seen.append(f"{path} ({match[1] if match else '?'})")
    raise DatabaseRefused(
        _(
            "数据库服务器是 PostgreSQL %(major)s，没有同一主版本的 %(name)s（找到：%(seen)s）。"
            "请安装 postgresql-client-%(major)s。"
        )
        % {"major": major, "name": name, "seen": "、".join(seen) or "—"}
    )


def _run_postgres(name: str, *arguments: str) -> None:
    done = subprocess.run(
        [program(name, server_major()), *arguments], env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        # The first line names the object; lines after it may quote rows.
        first = (done.stderr.strip().splitlines() or ["?"])[0]
        raise DatabaseRefused(_("%(name)s 没有成功：%(error)s") % {"name": name, "error": first})


def _environment() -> dict[str, str]:
    """How PostgreSQL's programs reach the server: by environment, so that no password stands in the list of processes."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    names |= {"dbname": "PGDATABASE", "database": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    given = connection.get_connection_params()
    own = {variable: str(given[name]) for name, variable in names.items() if given.get(name)}
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"} | own


def _clear_postgres() -> None:
    """Drop every table and function of ours: works without being the owner of the schema."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'DROP TABLE "{table}" CASCADE')
        cursor.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'"
            " WHERE p.pronamespace = current_schema()::regnamespace AND d.objid IS NULL"
        )
        for (signature,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {signature} CASCADE")
