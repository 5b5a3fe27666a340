"""Counters: distinct, without gaps, given back on roll-back, whoever writes at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from inspection import numbers
from inspection.numbers.models import Counter


@pytest.mark.django_db
def test_numbers_count_up_by_prefix_and_year():
    with transaction.atomic():
        assert [numbers.take("A", 2026), numbers.take("A", 2026), numbers.take("B", 2026), numbers.take("A", 2027)] == [
            1,
            2,
            1,
            1,
        ]
        assert list(numbers.take_many("A", 2026, 3)) == [3, 4, 5] and numbers.take("A", 2026) == 6


@pytest.mark.django_db
def test_a_number_taken_in_a_change_that_fails_is_given_back():
    with pytest.raises(RuntimeError), transaction.atomic():
        numbers.take("A", 2026)
        raise RuntimeError
    with transaction.atomic():
        assert numbers.take("A", 2026) == 1


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_no_number_is_given():
    with pytest.raises(transaction.TransactionManagementError):
        numbers.take("A", 2026)
    assert not Counter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_get_distinct_numbers_without_gaps():
    def write(writer):
        try:
            taken = []
            for turn in range(10):
                try:
                    with transaction.atomic():
                        number = numbers.take("A", 2026)
                        if (writer + turn) % 4 == 0:
                            raise RuntimeError  # a change that fails after it took its number
                        taken.append(number)
                except RuntimeError:
                    continue
            return taken
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        taken = [number for part in pool.map(write, range(8)) for number in part]
    assert sorted(taken) == list(range(1, len(taken) + 1))
    assert 0 < len(taken) < 80
