"""The test database is put back as the migrations left it, whatever a test commits."""

import pytest
from django.apps import apps

from inspection.accounts.models import User
from inspection.trail.models import Entry
from inspection.trail.recording import record

counted = {}


def rows() -> dict[str, int]:
    """Model → number of rows, of all models that have any."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models() if model._base_manager.exists()}


@pytest.mark.django_db
def test_before():
    counted.update(rows())
    assert counted["contenttypes.ContentType"] > 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_that_commits(world, turn):
    assert not Entry.objects.filter(verb="pristine").exists()
    record("pristine", User.objects.first(), by=User.objects.first())
    assert Entry.objects.filter(verb="pristine").count() == 1
    assert User.objects.filter(username="office").exists()


@pytest.mark.django_db(transaction=True)
def test_after():
    if not counted:
        pytest.skip("needs test_before in the same process")
    assert rows() == counted


@pytest.mark.django_db(transaction=True)
def test_the_triggers_are_back(world):
    entry = record("pristine", User.objects.first(), by=User.objects.first())
    with pytest.raises(Exception, match=r"append|trail"):
        Entry.objects.filter(pk=entry.pk).update(verb="changed")
