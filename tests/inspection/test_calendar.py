"""Working days and deadlines: the published schedules, the counting conventions, and a year nobody has published yet."""

import datetime as dt

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.calendar import days
from inspection.calendar.loading import load_year, packaged_days, packaged_years
from inspection.calendar.models import CalendarDay, CalendarYear, DeadlineRule, RuleKey, RuleProfile, Unit

pytestmark = pytest.mark.django_db
D = dt.date


@pytest.mark.parametrize(
    ("start", "amount", "expected"),
    [
        (D(2025, 1, 20), 15, D(2025, 2, 14)),
        (D(2025, 9, 26), 5, D(2025, 10, 10)),
        (D(2026, 2, 10), 15, D(2026, 3, 9)),
        (D(2026, 2, 13), 5, D(2026, 2, 27)),
        (D(2026, 4, 29), 15, D(2026, 5, 22)),
        (D(2026, 9, 18), 10, D(2026, 10, 9)),
        (D(2026, 9, 24), 15, D(2026, 10, 22)),
    ],
)
def test_working_days_follow_the_published_schedule(start, amount, expected):
    assert days.add_working_days(start, amount) == days.Due(expected, provisional=False)


def test_a_year_without_a_schedule_is_provisional_and_never_an_error():
    due = days.add_working_days(D(2026, 12, 11), 15)
    assert due.provisional
    assert due.on > D(2026, 12, 31)


def test_zero_working_days_is_the_start_itself_even_in_an_unpublished_year():
    assert days.add_working_days(D(2031, 5, 1), 0) == days.Due(D(2031, 5, 1), provisional=False)


@pytest.mark.parametrize("amount", [-1, 2001])
def test_absurd_amounts_are_refused(amount):
    with pytest.raises(ValueError, match="out of range"):
        days.add_working_days(D(2026, 1, 5), amount)


@pytest.mark.parametrize(("day", "worked"), [(D(2026, 2, 14), True), (D(2026, 2, 16), False), (D(2026, 10, 10), True)])
def test_make_up_days_are_worked_and_holidays_are_not(day, worked):
    assert days.is_working_day(day) is worked


def test_2025_and_2026_have_248_working_days():
    for year in (2025, 2026):
        calendar = days.Days(D(year, 1, 1), D(year, 12, 31))
        worked = sum(calendar.is_working(D(year, 1, 1) + dt.timedelta(n)) for n in range(365))
        assert worked == 248


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (D(2026, 8, 31), 6, D(2027, 2, 28)),
        (D(2027, 8, 31), 6, D(2028, 2, 29)),
        (D(2026, 1, 31), 1, D(2026, 2, 28)),
        (D(2026, 5, 15), 3, D(2026, 8, 15)),
        (D(2026, 12, 31), 12, D(2027, 12, 31)),
        (D(2026, 3, 31), -1, D(2026, 2, 28)),
    ],
)
def test_months_end_on_the_same_day_or_the_last(start, months, expected):
    assert days.add_months(start, months) == expected


def test_a_last_day_on_a_rest_day_moves_only_where_the_rule_says_so():
    rule = {"amount": 1, "unit": Unit.DAY, "roll": False}
    assert days.due(rule, D(2026, 9, 30)).on == D(2026, 10, 1)
    assert days.due(rule | {"roll": True}, D(2026, 9, 30)) == days.Due(D(2026, 10, 8), provisional=False)
    assert days.due(rule | {"roll": True}, D(2030, 11, 8)).provisional


@given(start=st.dates(D(2016, 1, 1), D(2026, 6, 1)), amount=st.integers(0, 60))
def test_adding_working_days_agrees_with_counting_them_one_by_one(start, amount):
    """The plain definition, counted with the package that the schedule came from."""
    day, left = start, amount
    while left:
        day += dt.timedelta(1)
        left -= chinese_calendar.is_workday(day)
    assert days.add_working_days(start, amount).on == day


def test_the_two_packages_agree_on_every_year_that_is_loaded():
    for year in packaged_years():
        other = holidays.country_holidays("CN", years=year)
        differing = [
            day
            for day in (D(year, 1, 1) + dt.timedelta(n) for n in range(365))
            if other.is_working_day(day) != chinese_calendar.is_workday(day)
        ]
        assert differing == ([D(2005, 12, 31)] if year == 2005 else [])


def test_loading_a_year_makes_it_official_and_moves_the_deadline():
    before = days.add_working_days(D(2026, 12, 30), 5)
    load_year(2027, {D(2027, 1, 1): (CalendarDay.Kind.REST, "元旦")}, "测试")
    after = days.add_working_days(D(2026, 12, 30), 5)
    assert before.provisional and not after.provisional
    assert after.on > before.on


def test_loading_refuses_a_day_of_another_year_and_keeps_what_was_there():
    with pytest.raises(ValueError, match="2027"):
        load_year(2027, {D(2028, 1, 1): (CalendarDay.Kind.REST, "元旦")}, "测试")
    assert not CalendarYear.objects.filter(year=2027).exists()


def test_a_year_without_packaged_data_says_so():
    with pytest.raises(NotImplementedError):
        packaged_days(max(packaged_years()) + 1)


def test_every_profile_has_every_rule_with_its_source():
    assert RuleProfile.objects.count() == 6
    for profile in RuleProfile.objects.all():
        assert set(profile.snapshot()) == set(RuleKey.values)
    assert not DeadlineRule.objects.filter(source="").exists()


def test_rectification_time_differs_by_profile():
    amounts = {p.code: p.snapshot()[RuleKey.CONCENTRATED]["amount"] for p in RuleProfile.objects.all()}
    assert amounts["province"] == 6
    assert amounts["county"] == 3
