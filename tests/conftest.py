"""What every test can ask for. The environment is made in tests/environment.py, the people in tests/cast.py."""

from importlib.util import find_spec

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction

pytest_plugins = ["tests.browser", *(["tests.cast"] if find_spec("tests.cast") else [])]

ON_POSTGRES = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
COMMITTING = {"transactional_db", "live_server"}


def pytest_collection_modifyitems(items):
    """Skip what belongs to the other database; let a test that commits find what the migrations put in."""
    elsewhere = "embedded" if ON_POSTGRES else "postgres"
    for item in items:
        if item.get_closest_marker(elsewhere):
            item.add_marker(pytest.mark.skip(reason=f"marked {elsewhere}, this run is not"))
        marker = item.get_closest_marker("django_db")
        if (marker and marker.kwargs.get("transaction")) or COMMITTING & set(getattr(item, "fixturenames", ())):
            options = {"transaction": True, "serialized_rollback": True} | (marker.kwargs if marker else {})
            item.add_marker(pytest.mark.django_db(**options), append=False)


@pytest.fixture(scope="session", autouse=True)
def _emptied_past_the_triggers():
    """Let the test framework, and nothing else, empty tables that are append-only by trigger."""
    operations = type(connection.ops)
    empty = operations.execute_sql_flush

    def on_sqlite(self, statements):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _sql in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            empty(self, statements)
            for _name, sql in triggers:
                cursor.execute(sql)

    def on_postgres(self, statements):
        empty(self, ["SET session_replication_role = replica;", *statements, "RESET session_replication_role;"])

    operations.execute_sql_flush = on_postgres if ON_POSTGRES else on_sqlite
    yield
    operations.execute_sql_flush = empty


@pytest.fixture(autouse=True)
def _clean_redis():
    """Redis is not rolled back with the transaction: empty this process's own database after each test."""
    yield
    if settings.ENV.redis_url:
        cache.clear()
