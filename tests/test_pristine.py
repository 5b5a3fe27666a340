"""The test database is put back as the migrations left it, whatever a test commits."""

import pytest
from django.apps import apps
from django.db import connection

from inspection.accounts.models import User
from inspection.trail.models import Entry
from inspection.trail.recording import record
from tests import pristine


def rows() -> dict[str, int]:
    """Table → how many rows it holds, of all tables that models have."""
    return {model._meta.db_table: model._base_manager.count() for model in apps.get_models()}


def kept() -> dict[str, int]:
    """The same as the migrations left it: how many rows each copy holds, where there is one."""
    found = {}
    with connection.cursor() as cursor:
        copied = connection.introspection.table_names(cursor)
        for table in rows():
            if pristine.COPY + table in copied:
                cursor.execute(f'SELECT count(*) FROM "{pristine.COPY}{table}"')
                found[table] = cursor.fetchone()[0]
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_that_commits(world, turn):
    assert not Entry.objects.filter(verb="pristine").exists()
    record("pristine", User.objects.first(), by=User.objects.first())
    assert Entry.objects.filter(verb="pristine").count() == 1
    assert User.objects.filter(username="office").exists()


@pytest.mark.django_db(transaction=True)
def test_each_begins_with_what_the_migrations_left():
    expected = kept()
    assert expected["django_content_type"] > 10
    assert rows() == dict.fromkeys(rows(), 0) | expected


@pytest.mark.django_db(transaction=True)
def test_the_triggers_are_back(world):
    entry = record("pristine", User.objects.first(), by=User.objects.first())
    with pytest.raises(Exception, match=r"append|trail"):
        Entry.objects.filter(pk=entry.pk).update(verb="changed")
