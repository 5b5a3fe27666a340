"""Eight planners give units to groups of one round at the same moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from rounds.models import Assignment, Unit
from rounds.workflow import assign


def at_once(give, items):
    """What `give` answers for each item, all started together; None where it was refused."""

    def one(item):
        try:
            return give(item)
        except ValidationError:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, items))


@pytest.mark.django_db(transaction=True)
def test_numbers_stay_without_gaps_and_a_unit_goes_to_one_group(world):
    first, last = world.round.starts_on, world.round.ends_on
    units = [Unit.objects.create(code=f"N-{n}", name=f"新单位{n}", category=world.unit_a.category) for n in range(8)]

    def give(group, unit):
        return assign(group, unit, by=world.office, onsite_from=first, onsite_to=last).number

    given = at_once(lambda unit: give(world.group1, unit), units)
    assert sorted(given) == [f"T01-1-{place:02d}" for place in range(3, 11)]
    contested = Unit.objects.create(code="N-9", name="都要", category=world.unit_a.category)
    given = at_once(lambda group: give(group, contested), [world.group1, world.group2] * 4)
    assert len([number for number in given if number]) == 1
    assert Assignment.objects.filter(unit=contested).count() == 1
