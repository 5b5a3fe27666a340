"""Putting the database back after a test that commits: every table emptied, then what the migrations had put in.

Django would do it by deserialising some hundred objects for each test, half a second each time, and would be refused by the
triggers that keep the trail append-only. Here the database itself keeps a copy of the few tables that are not empty at the start.
"""

from django.db import transaction

COPY = "pristine_"


def keep(connection) -> None:
    """Copy every table that holds rows. Call once, right after the migrations."""
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")')
            if cursor.fetchone()[0]:
                cursor.execute(f'CREATE TABLE "{COPY}{table}" AS SELECT * FROM "{table}"')
    # Django then restores nothing itself and leaves the content types and permissions alone: they are among the copies.
    connection._test_serialized_contents = "[]"


def restore(operations, _statements) -> None:
    """Stands in for `DatabaseOperations.execute_sql_flush`, past the triggers that refuse everybody else."""
    connection = operations.connection
    put_back = _on_postgres if connection.vendor == "postgresql" else _on_sqlite
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    copies = [name for name in connection.introspection.table_names() if name.startswith(COPY)]
    statements = [f'DELETE FROM "{table}"' for table in tables]
    statements += [f'INSERT INTO "{copy.removeprefix(COPY)}" SELECT * FROM "{copy}"' for copy in copies]
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        put_back(cursor, statements)


def _on_postgres(cursor, statements: list[str]) -> None:
    cursor.execute(";".join(["SET LOCAL session_replication_role = replica", *statements]))


def _on_sqlite(cursor, statements: list[str]) -> None:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql IS NOT NULL")
    triggers = cursor.fetchall()
    for name, _sql in triggers:
        cursor.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        cursor.execute(statement)
    for _name, sql in triggers:
        cursor.execute(sql)
