"""Deadline rules and the working calendar. A rule that changes here touches rounds that start later; running ones keep theirs."""

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from inspection.calendar.loading import load_year, packaged_days, packaged_years
from inspection.calendar.models import CalendarDay, CalendarYear, DeadlineRule, RuleKey, RuleProfile, Unit
from inspection.trail.recording import record
from rounds import access
from rounds.workflow.keeping import change, permit, put

RESERVED = ("new", "calendar")  # other pages under /rules/


@transaction.atomic
def add_profile(*, by, code: str, name: str, note: str = "", like: RuleProfile | None = None) -> RuleProfile:
    """A new set of deadline rules, with the rules of another one to begin with."""
    permit(access.may_keep_rules(by), "add profile")
    if code in RESERVED:
        raise ValidationError({"code": _("这个代码用在地址里，请换一个。")})
    profile = put(RuleProfile(code=code, name=name, note=note), "add", by=by, facts={"like": like.code if like else ""})
    if like is not None:
        DeadlineRule.objects.bulk_create(
            DeadlineRule(profile=profile, key=rule.key, amount=rule.amount, unit=rule.unit, roll=rule.roll, source=rule.source)
            for rule in like.rules.all()
        )
    return profile


@transaction.atomic
def edit_profile(profile: RuleProfile, *, by, name: str, note: str = "") -> RuleProfile:
    """Reword a profile."""
    permit(access.may_keep_rules(by), "edit", profile)
    change(profile, "edit", {"name": name, "note": note}, by=by)
    return profile


@transaction.atomic
def set_rule(profile: RuleProfile, key: str, *, by, amount: int, unit: str, roll: bool = False, source: str) -> DeadlineRule:
    """Set one deadline of a profile, with the text it rests on."""
    permit(access.may_keep_rules(by), "set rule", profile)
    if key == RuleKey.CUTOFF and unit == Unit.WORKDAY:
        raise ValidationError({"unit": _("这一期限倒着算，只能用日或月。")})
    facts = {"amount": amount, "unit": unit, "roll": roll}
    rule = profile.rules.filter(key=key).first()
    if rule is None:
        return put(
            DeadlineRule(profile=profile, key=key, amount=amount, unit=unit, roll=roll, source=source),
            "set_rule",
            by=by,
            facts=facts,
        )
    facts |= {"was_amount": rule.amount, "was_unit": rule.unit}
    change(rule, "set_rule", {"amount": amount, "unit": unit, "roll": roll, "source": source}, by=by, facts=facts)
    return rule


@dataclass(frozen=True)
class DayChange:
    """What a new schedule does to one day. was, becomes: "rest", "work", or "" for what the plain week says."""

    day: dt.date
    was: str
    becomes: str
    name: str = ""

    @property
    def was_label(self) -> str:
        """休, 班, or the plain week's word."""
        return _label(self.was, self.day)

    @property
    def becomes_label(self) -> str:
        """休, 班, or the plain week's word."""
        return _label(self.becomes, self.day)


def _label(kind: str, day: dt.date) -> str:
    if kind:
        return str(CalendarDay.Kind(kind).label)
    return _("平常工作日") if day.weekday() < 5 else _("平常周末")


def compare(year: int, days: dict[dt.date, tuple[str, str]]) -> list[DayChange]:
    """How the schedule kept for `year` would change, day by day."""
    known = dict(CalendarDay.objects.filter(date__year=year).values_list("date", "kind"))
    changes = []
    for day in sorted(known.keys() | days.keys()):
        was, (becomes, name) = known.get(day, ""), days.get(day, ("", ""))
        if was != becomes:
            changes.append(DayChange(day, was, becomes, name))
    return changes


def packaged(year: int) -> dict[dt.date, tuple[str, str]]:
    """The schedule that the installed packages carry for `year`. Raises ValidationError when they have none."""
    if year not in packaged_years():
        words = {"year": year, "first": min(packaged_years()), "last": max(packaged_years())}
        raise ValidationError(
            _("软件包里没有 %(year)s 年的安排（现有 %(first)s—%(last)s 年），请录入国务院办公厅公布的名单。") % words
        )
    return packaged_days(year)


def as_schedule(year: int, rest: dict[dt.date, str], work: set[dt.date]) -> dict[dt.date, tuple[str, str]]:
    """The official list as exceptions to the plain week. Raises ValidationError for a day on both sides or of another year."""
    both = sorted(rest.keys() & work)
    if both:
        raise ValidationError({"work": _("%(day)s 既列为放假又列为上班。") % {"day": both[0].isoformat()}})
    for field, days in (("rest", rest), ("work", work)):
        outside = sorted(day for day in days if day.year != year)
        if outside:
            raise ValidationError({field: _("%(day)s 不在 %(year)s 年。") % {"day": outside[0].isoformat(), "year": year}})
    if not rest:
        raise ValidationError({"rest": _("没有放假日期。")})
    schedule = {day: (CalendarDay.Kind.REST, name) for day, name in rest.items() if day.weekday() < 5}
    return schedule | {day: (CalendarDay.Kind.WORK, "") for day in work if day.weekday() >= 5}


@transaction.atomic
def keep_year(year: int, days: dict[dt.date, tuple[str, str]], *, by, source: str) -> list[DayChange]:
    """Replace the schedule of `year` and mark the year as published; returns what changed."""
    permit(access.may_keep_rules(by), "keep calendar year")
    if not source.strip():
        raise ValidationError({"source": _("请写明依据。")})
    changes = compare(year, days)
    load_year(year, days, source.strip())
    kept = CalendarYear.objects.get(year=year)
    record("load_year", kept, by=by, facts={"year": year, "days": len(days), "changed": len(changes)})
    return changes


@transaction.atomic
def make_provisional(year: int, *, by) -> None:
    """Take the mark "published" off a year: its days stay, dates that count them are shown as provisional again."""
    permit(access.may_keep_rules(by), "make calendar year provisional")
    kept = CalendarYear.objects.filter(year=year).first()
    if kept is None:
        raise ValidationError(_("%(year)s 年本来就是暂定。") % {"year": year})
    record("make_provisional", kept, by=by, facts={"year": year})
    kept.delete()
