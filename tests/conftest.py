"""What every test can ask for. The environment is made in tests/environment.py, the people in tests/cast.py."""

import shutil
from importlib.util import find_spec

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import translation

from inspection.documents import paper
from tests import pristine

pytest_plugins = ["tests.browser", *(["tests.cast"] if find_spec("tests.cast") else [])]

ON_POSTGRES = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
COMMITTING = {"transactional_db", "live_server"}


def asks_a_database(item) -> bool:
    """Whether the test may reach the database at all; pytest-django refuses it to every other."""
    return bool(item.get_closest_marker("django_db") or {"db", *COMMITTING} & set(getattr(item, "fixturenames", ())))


def elsewhere(item) -> bool:
    """Whether the test is left out here and run on the other database; without any database once is enough."""
    if ON_POSTGRES:
        return bool(item.get_closest_marker("embedded")) or not (item.get_closest_marker("postgres") or asks_a_database(item))
    return bool(item.get_closest_marker("postgres"))


def pytest_collection_modifyitems(config, items):
    """Leave out what belongs to the other database; let a test that commits find what the migrations put in."""
    left_out = [item for item in items if elsewhere(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not elsewhere(item)]
    # Whole starts of the program take longest: one process would still be at them when the other has nothing left.
    items.sort(key=lambda item: item.get_closest_marker("first") is None)
    for item in items:
        marker = item.get_closest_marker("django_db")
        if (marker and marker.kwargs.get("transaction")) or COMMITTING & set(getattr(item, "fixturenames", ())):
            options = {"transaction": True, "serialized_rollback": True} | (marker.kwargs if marker else {})
            item.add_marker(pytest.mark.django_db(**options), append=False)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings):
    """SQLite has no templates: the copy is there before Django looks, and kept. It goes with the DATA_DIR of the run."""
    if ON_POSTGRES or not settings.MIGRATED:
        return False
    shutil.copyfile(settings.MIGRATED, settings.DATABASES["default"]["TEST"]["NAME"])
    return True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The database after the migrations; what a committing test changes is put back (tests/pristine.py)."""
    operations = type(connection.ops)
    flush = operations.execute_sql_flush
    with django_db_blocker.unblock():
        pristine.keep(connection)
    operations.execute_sql_flush = pristine.restore
    yield
    operations.execute_sql_flush = flush


@pytest.fixture(autouse=True)
def _chinese_first():
    """The test client leaves the last reader's language switched on in the thread; the next test would read English."""
    translation.activate(settings.LANGUAGE_CODE)
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture
def unprinted(monkeypatch):
    """Paper is an empty page: for tests that are not about what stands on it. Laying it out takes a process and a second."""
    empty = paper.Pdf(content=b"%PDF-1.7", pages=1, fonts=(), peak=0)
    monkeypatch.setattr(paper, "print_report", lambda *args, **options: empty)


@pytest.fixture(autouse=True)
def _clean_redis():
    """Redis is not rolled back with the transaction: empty this process's own database after each test."""
    yield
    if settings.ENV.redis_url:
        cache.clear()
