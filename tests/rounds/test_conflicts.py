"""Conflicts of interest: each kind is found, told in a sentence, and nothing else is."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds import conflicts, places
from rounds.conflicts import Code
from rounds.models import Person, Recusal, Relative
from rounds.workflow import close_unit, rename_unit
from tests.cast import appoint, make_assignment, make_round

PLACES = [
    ("河北省张家口市", "张家口市", True),
    ("河北张家口", "张家口市", True),
    ("张家口市", "河北省张家口市", True),
    ("河北省张家口市蔚县", "蔚县", True),
    ("蔚县", "河北省张家口市蔚县", True),
    ("湖北省荆州市沙市区", "沙市区", True),
    ("内蒙古自治区", "内蒙古自治区", True),
    ("延边朝鲜族自治州", "吉林省延边朝鲜族自治州", True),
    ("张家口市 蔚县", "张家口市蔚县", True),
    ("河北省张家口市", "河北省", False),
    ("河北省张家口市", "河北省张家口市宣化区", False),
    ("郑州市", "杭州市", False),
    ("荆州市", "沙市区", False),
    ("", "张家口市", False),
    ("张家口市", "", False),
    ("", "", False),
    ("县", "县", False),
]


@pytest.mark.parametrize(("one", "other", "expected"), PLACES)
def test_places(one, other, expected):
    assert places.same(one, other) is expected


PLACE_TEXT = st.text(alphabet="河北张家口宣化沽源省市县区旗盟州 ,，1a", max_size=14)


@given(PLACE_TEXT, PLACE_TEXT)
def test_comparing_places_has_no_direction(one, other):
    assert places.same(one, other) == places.same(other, one)


@given(PLACE_TEXT)
def test_a_place_is_itself_unless_too_little_is_said(place):
    assert places.same(place, place) == (len(places.smallest(place)) >= 2)


@given(PLACE_TEXT, st.text(alphabet=" ,，。-", max_size=3))
def test_punctuation_does_not_hide_a_place(place, noise):
    assert places.smallest(place + noise) == places.smallest(place)


@pytest.fixture
def person(world):
    return Person.objects.create(name="候选人", code="P-100")


@pytest.fixture
def next_round(world):
    """A second round, 60 days after the first."""
    later = make_round(world.admin, code="T02", sequence=2)
    later.starts_on, later.ends_on = world.round.starts_on + dt.timedelta(days=60), world.round.ends_on + dt.timedelta(days=60)
    later.save()
    return later


def codes(person, world, *units, round=None):
    return [conflict.code for conflict in conflicts.between(person, units, round or world.round)]


def test_nothing_known_is_no_conflict(world, person):
    assert codes(person, world, world.unit_a, world.unit_b) == []
    assert conflicts.screen([], [world.unit_a], world.round) == {}
    assert conflicts.between(person, [], world.round) == []


def test_employer(world, person):
    person.employer = world.unit_a
    assert codes(person, world, world.unit_a) == [Code.EMPLOYER]
    assert codes(person, world, world.unit_b) == []


def test_former_employer(world, person):
    person.former_employers.add(world.unit_b)
    assert codes(person, world, world.unit_a, world.unit_b) == [Code.FORMER_EMPLOYER]


def test_native_place(world, person):
    world.unit_a.region = "张家口市蔚县"
    person.native_place = "河北省蔚县"
    assert codes(person, world, world.unit_a) == [Code.NATIVE_PLACE]


def test_declared_relatives_are_named_by_relation_once_and_never_by_name(world, person):
    for name in ("王某", "李某"):
        Relative.objects.create(person=person, name=name, relation="配偶", unit=world.unit_a)
    Relative.objects.create(person=person, name="赵某", relation="兄弟", unit=None)
    [conflict] = conflicts.between(person, [world.unit_a], world.round)
    assert conflict.code == Code.RELATIVE
    assert conflict.sentence == "申报有亲属（配偶）在甲局工作，应当回避。"


def test_recusal(world, person):
    Recusal.objects.create(person=person, unit=world.unit_a, ground="interest", declared_by=world.office)
    assert codes(person, world, world.unit_a) == [Code.RECUSAL]


def test_serving_twice_running_in_the_same_units_group(world, next_round):
    assert codes(world.member1.person, world, world.unit_a, round=next_round) == [Code.SERVED_BEFORE]
    assert codes(world.member2.person, world, world.unit_a, round=next_round) == []
    assert codes(world.member1.person, world, world.unit_c, round=next_round) == []


def test_only_the_last_inspection_of_the_unit_counts(world, next_round):
    group = next_round.groups.create(number=1, name="第一巡察组")
    make_assignment(group, world.unit_a, "T02-1-01", by=world.admin)
    appoint(group, world.member2, by=world.admin)
    third = make_round(world.admin, code="T03", sequence=3)
    third.starts_on = next_round.starts_on + dt.timedelta(days=90)
    third.ends_on = third.starts_on + dt.timedelta(days=60)
    third.save()
    assert codes(world.member1.person, world, world.unit_a, round=third) == []
    assert codes(world.member2.person, world, world.unit_a, round=third) == [Code.SERVED_BEFORE]


def test_a_revoked_appointment_was_no_service(world, next_round):
    world.member1.person.appointments.update(revoked_at=next_round.started_at)
    assert codes(world.member1.person, world, world.unit_a, round=next_round) == []


def test_a_renamed_or_merged_unit_is_the_same_organisation(world, person, next_round):
    today = dt.date.today()
    person.employer = world.unit_a
    renamed = rename_unit(world.unit_a, by=world.office, name="甲新局", code="U-甲2", on=today)
    assert codes(person, world, renamed) == [Code.EMPLOYER]
    assert codes(world.member1.person, world, renamed, round=next_round) == [Code.SERVED_BEFORE]
    close_unit(renamed, by=world.office, on=today, successor=world.unit_b)
    assert codes(person, world, world.unit_b) == [Code.EMPLOYER]


def test_every_code_has_its_sentence(world):
    for code in Code:
        assert world.unit_a.name in conflicts.Conflict(code, world.unit_a, "配偶").sentence


def test_queries_do_not_grow_with_people_or_units(world, django_assert_max_num_queries):
    people = [Person.objects.create(name=f"人{n}", code=f"Q-{n}", employer=world.unit_a) for n in range(25)]
    with django_assert_max_num_queries(6):
        found = conflicts.screen(people, [world.unit_a, world.unit_b, world.unit_c], world.round)
    assert all([c.code for c in reasons] == [Code.EMPLOYER] for reasons in found.values())
