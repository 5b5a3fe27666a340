"""Addresses of objects are those of the URL table."""

import pytest
from django.urls import NoReverseMatch, reverse, set_script_prefix

from inspection.addresses import address


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("petitions:petition", "T01-2026-0001"),
        ("petitions:petition", "T02-2026-0002"),
        ("rectification:finding", "[2026]1巡-1组-01号"),
        ("rounds:round", "7"),
    ],
)
def test_the_same_as_the_url_table(name, key):
    assert address(name, key) == reverse(name, args=[key])


def test_under_another_prefix():
    assert address("petitions:petition", "T01-2026-0001") == "/petitions/T01-2026-0001/"
    set_script_prefix("/office/")
    try:
        assert address("petitions:petition", "T01-2026-0001") == "/office/petitions/T01-2026-0001/"
    finally:
        set_script_prefix("/")


def test_a_name_that_is_not_there_shouts():
    with pytest.raises(NoReverseMatch):
        address("petitions:nowhere", "1")
