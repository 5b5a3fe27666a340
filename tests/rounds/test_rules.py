"""Deadline rules and the working calendar."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from inspection.calendar.days import add_working_days
from inspection.calendar.models import CalendarDay, CalendarYear, DeadlineRule, RuleProfile
from inspection.trail.models import Entry
from rounds.workflow import add_profile, edit_profile, keep_year, make_provisional, set_rule
from rounds.workflow.rules import as_schedule, compare, packaged


def test_profiles_and_rules(world):
    county = RuleProfile.objects.get(code="county")
    own = add_profile(by=world.admin, code="our-county", name="本县", like=county)
    assert own.snapshot() == county.snapshot()
    edit_profile(own, by=world.admin, name="本县规则", note="2026年修订")
    set_rule(own, "rectification.report", by=world.admin, amount=2, unit="month", roll=True, source="县委办〔2026〕1号")
    assert own.snapshot()["rectification.report"] == {"amount": 2, "unit": "month", "roll": True, "source": "县委办〔2026〕1号"}
    assert county.snapshot()["rectification.report"]["amount"] == 3
    set_rule(own, "rectification.report", by=world.admin, amount=2, unit="month", roll=True, source="县委办〔2026〕1号")
    assert Entry.objects.filter(verb="set_rule").count() == 1
    DeadlineRule.objects.filter(profile=own, key="light.yellow").delete()
    set_rule(own, "light.yellow", by=world.admin, amount=7, unit="day", source="本县")
    assert own.snapshot()["light.yellow"]["amount"] == 7


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": -1, "unit": "day", "source": "甲"},
        {"amount": 1, "unit": "week", "source": "甲"},
        {"amount": 1, "unit": "day", "source": ""},
        {"amount": 1, "unit": "day", "source": "甲" * 201},
        {"amount": 5, "unit": "workday", "source": "甲", "key": "petition.cutoff"},
        {"amount": 5, "unit": "day", "source": "甲", "key": "no.such"},
    ],
)
def test_rules_that_cannot_be(world, wrong):
    county = RuleProfile.objects.get(code="county")
    before = county.snapshot()
    with pytest.raises(ValidationError):
        set_rule(county, wrong.pop("key", "transfer.receipt"), by=world.admin, **wrong)
    assert RuleProfile.objects.get(code="county").snapshot() == before


@pytest.mark.parametrize("who", ["leader1", "secadmin", "auditor", "custodian", "outsider"])
def test_who_keeps_no_rules(world, who):
    user = getattr(world, who)
    county = RuleProfile.objects.get(code="county")
    with pytest.raises(PermissionDenied):
        set_rule(county, "light.yellow", by=user, amount=1, unit="day", source="甲")
    with pytest.raises(PermissionDenied):
        add_profile(by=user, code="x", name="甲")
    with pytest.raises(PermissionDenied):
        keep_year(2027, {}, by=user, source="甲")
    with pytest.raises(PermissionDenied):
        make_provisional(2026, by=user)


def test_the_official_list_of_a_new_year(world):
    start = dt.date(2026, 12, 25)
    assert add_working_days(start, 10).provisional
    spring = {dt.date(2027, 2, day): "春节" for day in range(5, 13)}
    days = as_schedule(2027, {dt.date(2027, 1, 1): "元旦"} | spring, {dt.date(2027, 1, 30)})
    assert dt.date(2027, 2, 6) not in days  # a Saturday is rest anyway
    changes = compare(2027, days)
    assert [(change.day.month, change.day.day, change.was, change.becomes) for change in changes[:2]] == [
        (1, 1, "", "rest"),
        (1, 30, "", "work"),
    ]
    assert changes[0].was_label == "平常工作日" and changes[1].was_label == "平常周末"
    assert keep_year(2027, days, by=world.admin, source="国办发明电〔2026〕1号") == changes
    due = add_working_days(start, 10)
    assert not due.provisional and due.on == dt.date(2027, 1, 11)
    assert Entry.objects.get(verb="load_year").number == "2027"
    assert compare(2027, days) == []
    make_provisional(2027, by=world.admin)
    assert add_working_days(start, 10).provisional
    with pytest.raises(ValidationError):
        make_provisional(2027, by=world.admin)


@pytest.mark.parametrize(
    ("rest", "work", "field"),
    [
        ({}, set(), "rest"),
        ({dt.date(2026, 1, 1): "元旦"}, set(), "rest"),
        ({dt.date(2027, 1, 1): "元旦"}, {dt.date(2028, 1, 1)}, "work"),
        ({dt.date(2027, 1, 2): "元旦"}, {dt.date(2027, 1, 2)}, "work"),
    ],
)
def test_lists_that_make_no_sense(rest, work, field):
    with pytest.raises(ValidationError) as refused:
        as_schedule(2027, rest, work)
    assert list(refused.value.message_dict) == [field]


def test_a_packaged_year(world):
    before = set(CalendarDay.objects.filter(date__year=2025).values_list("date", "kind"))
    CalendarDay.objects.filter(date__year=2025).delete()
    CalendarYear.objects.filter(year=2025).delete()
    keep_year(2025, packaged(2025), by=world.admin, source="软件包")
    assert set(CalendarDay.objects.filter(date__year=2025).values_list("date", "kind")) == before
    with pytest.raises(ValidationError, match="没有 2039"):
        packaged(2039)
    with pytest.raises(ValidationError):
        keep_year(2027, {}, by=world.admin, source=" ")
