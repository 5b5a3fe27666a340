"""The triggers that make the trail append-only, whoever writes and with whatever tool.

Changing a table's columns on SQLite rebuilds it without its triggers, so a migration that alters trail_entry or trail_seal ends
with `install`; `check`, part of `manage.py verify`, notices when one is gone.
"""

from collections.abc import Iterator

from django.db import connection as default_connection
from django.utils.translation import gettext as _

TABLES = ("trail_entry", "trail_seal")
ACTS = ("update", "delete")


def install(connection) -> None:
    """Create every missing trigger."""
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)


def remove(connection) -> None:
    """Drop every trigger: the way back of the migration."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for name in _names(table, connection.vendor):
                on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def missing(connection) -> list[str]:
    """Names of triggers that are not there, or switched off."""
    if connection.vendor == "postgresql":
        sql = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    else:
        sql = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        present = {row[0] for row in cursor.fetchall()}
    return [name for table in TABLES for name in _names(table, connection.vendor) if name not in present]


def check() -> Iterator[str]:
    """One sentence for every trigger that is gone."""
    for name in missing(default_connection):
        yield _("触发器 %(name)s 不存在或已停用：留痕可能被改动。") % {"name": name}


def _names(table: str, vendor: str) -> list[str]:
    acts = (*ACTS, "truncate") if vendor == "postgresql" else ACTS
    return [f"{table}_no_{act}" for act in acts]


_SQLITE = [
    f"CREATE TRIGGER IF NOT EXISTS {table}_no_{act} BEFORE {act.upper()} ON {table}"
    f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for table in TABLES
    for act in ACTS
]
_POSTGRESQL = [
    "CREATE OR REPLACE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
    " BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$",
    *(
        f"CREATE OR REPLACE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table}"
        f" FOR EACH {'STATEMENT' if act == 'truncate' else 'ROW'} EXECUTE FUNCTION trail_refuse()"
        for table in TABLES
        for act in (*ACTS, "truncate")
    ),
]
