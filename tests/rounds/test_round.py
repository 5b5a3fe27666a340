"""Planning and starting a round, its focus scheme, look-backs."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from inspection.calendar.models import RuleProfile
from inspection.trail.models import Entry
from inspection.workflow import StepRefused
from rectification.models import Finding
from rounds.models import FocusNode, Round
from rounds.workflow import (
    add_focus,
    add_group,
    add_term,
    edit_focus,
    edit_round,
    edit_term,
    outline_focus,
    plan_round,
    remove_focus,
    rename_group,
    set_rule,
    start_round,
)
from tests.test_workflow_tables import finding


def fields(world, **changes):
    today = timezone.localdate()
    return {
        "term": world.round.term,
        "sequence": 2,
        "name": "十届县委第2轮巡察",
        "code": "T02",
        "kind": "regular",
        "profile": world.round.profile,
        "starts_on": today + dt.timedelta(days=100),
        "ends_on": today + dt.timedelta(days=160),
    } | changes


def test_planning(world):
    round = plan_round(by=world.office, **fields(world))
    assert (round.state, round.days, round.rules) == ("planned", 61, {})
    assert round.rules_in_force["petition.cutoff"]["amount"] == 7
    [entry] = Entry.objects.about(round)
    assert (entry.verb, entry.number) == ("plan", "T02")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "t02"}, "code"),
        ({"code": "T01"}, "code"),
        ({"code": "轮"}, "code"),
        ({"sequence": 1}, "__all__"),
        ({"name": ""}, "name"),
        ({"name": "长" * 81}, "name"),
        ({"kind": "none"}, "kind"),
        ({"ends_on": dt.date(2020, 1, 1)}, "__all__"),
    ],
)
def test_what_cannot_be_planned(world, changes, field):
    with pytest.raises(ValidationError) as refused:
        plan_round(by=world.office, **fields(world, **changes))
    assert list(refused.value.message_dict) == [field]
    assert Round.objects.count() == 1


@pytest.mark.parametrize("who", ["leader1", "secadmin", "auditor", "custodian", "outsider", "liaison_a", "member1"])
def test_only_those_who_configure_plan(world, who):
    user = getattr(world, who)
    with pytest.raises(PermissionDenied):
        plan_round(by=user, **fields(world))
    with pytest.raises(PermissionDenied):
        add_group(world.round, by=user, number=9, name="第九巡察组")
    with pytest.raises(PermissionDenied):
        add_focus(world.round, by=user, title="重点")
    with pytest.raises(PermissionDenied):
        edit_round(world.round, by=user, name="新名")


def test_a_look_back_points_to_an_earlier_round(world):
    look_back = plan_round(by=world.office, **fields(world, kind="lookback", look_back_of=world.round, sequence=1))
    assert list(world.round.look_backs.all()) == [look_back]
    with pytest.raises(ValidationError) as refused:
        plan_round(by=world.office, **fields(world, code="T03", kind="lookback", look_back_of=look_back))
    assert "look_back_of" in refused.value.message_dict
    with pytest.raises(ValidationError, match="只有“回头看”"):
        plan_round(by=world.office, **fields(world, code="T04", look_back_of=world.round))


def test_starting_freezes_the_rules(world):
    add_group(world.round, by=world.admin, number=3, name="第三巡察组")
    Round.objects.filter(pk=world.round.pk).update(started_at=None, rules={})
    round = start_round(world.round, by=world.admin, seen=1)
    assert round.state == "started"
    profile = RuleProfile.objects.get(code="county")
    set_rule(profile, "transfer.receipt", by=world.admin, amount=9, unit="workday", source="本县规定")
    round.refresh_from_db()
    assert round.rules["transfer.receipt"]["amount"] == 5
    assert "检举控告" in round.rules["transfer.receipt"]["source"]
    with pytest.raises(StepRefused):
        start_round(round, by=world.admin)
    assert Entry.objects.filter(verb="start").count() == 1


def test_a_round_without_units_or_rules_does_not_start(world):
    empty = plan_round(by=world.office, **fields(world))
    with pytest.raises(ValidationError, match="被巡视单位"):
        start_round(empty, by=world.office)
    empty.profile.rules.all().delete()
    with pytest.raises(ValidationError, match="期限规则"):
        start_round(empty, by=world.office)
    assert not Entry.objects.filter(verb="start").exists()


def test_editing_and_stale_pages(world):
    changed = edit_round(world.round, by=world.office, seen=1, scope_text="新的受理范围")
    assert changed.version == 2
    with pytest.raises(StepRefused):
        edit_round(world.round, by=world.office2, seen=1, scope_text="另一个")
    edit_round(changed, by=world.office, seen=2, scope_text="新的受理范围")  # nothing changed
    assert Entry.objects.filter(verb="edit").count() == 1


def test_code_and_profile_stay_once_they_are_in_use(world):
    with pytest.raises(ValidationError) as refused:
        edit_round(world.round, by=world.office, code="X99", profile=RuleProfile.objects.get(code="city"))
    assert set(refused.value.message_dict) == {"code", "profile"}
    planned = plan_round(by=world.office, **fields(world))
    assert edit_round(planned, by=world.office, code="X99", profile=RuleProfile.objects.get(code="city")).code == "X99"


def test_groups(world):
    group = add_group(world.round, by=world.office, number=3, name="第三巡察组")
    assert group.printed_number == "T01-3"
    with pytest.raises(ValidationError, match="组号"):
        add_group(world.round, by=world.office, number=3, name="又一个")
    rename_group(group, by=world.office, name="第三巡察组（机动）")
    rename_group(group, by=world.office, name="第三巡察组（机动）")
    assert Entry.objects.about(group).count() == 2
    assert Entry.objects.about(group).first().number == "T01-3"


SCHEME = """
三大问题
  党的领导弱化
  党的建设缺失
　　全面从严治党不力
三个重点
\t重点人
\t重点事
"""


def test_an_outline_becomes_a_tree(world):
    assert outline_focus(world.round, by=world.office, text=SCHEME) == 7
    top = world.round.focus.filter(parent=None)
    assert [node.title for node in top] == ["三大问题", "三个重点"]
    assert [node.title for node in top[1].children.all()] == ["重点人", "重点事"]
    assert top[0].children.count() >= 2


@pytest.mark.parametrize("text", ["", "  \n ", "标" * 121, "a\n b\n  c\n   d\n    e", "\n".join("行" * 201)])
def test_outlines_that_are_refused(world, text):
    with pytest.raises(ValidationError):
        outline_focus(world.round, by=world.office, text=text)
    assert not FocusNode.objects.exists()
    assert not Entry.objects.filter(verb="add_focus").exists()


def test_focus_nodes(world):
    top = add_focus(world.round, by=world.office, title="六个围绕")
    child = add_focus(world.round, by=world.office, title="政治建设", parent=top)
    edit_focus(child, by=world.office, title="围绕政治建设", order=5)
    other = plan_round(by=world.office, **fields(world))
    with pytest.raises(ValidationError, match="同一轮次"):
        add_focus(other, by=world.office, title="别处", parent=top)
    paper = finding(world, focus=child)
    with pytest.raises(ValidationError, match="不能删除"):
        remove_focus(top, by=world.office)
    Finding.objects.filter(pk=paper.pk).update(focus=None)
    remove_focus(top, by=world.office)
    assert not FocusNode.objects.exists()
    assert Entry.objects.filter(verb="remove_focus").count() == 1


def test_terms(world):
    term = add_term(by=world.admin, name="十一届县委", starts_on=dt.date(2026, 9, 1), ends_on=dt.date(2031, 9, 1))
    edit_term(term, by=world.admin, name="十一届", starts_on=term.starts_on, ends_on=term.ends_on)
    with pytest.raises(ValidationError, match="止期"):
        add_term(by=world.admin, name="反", starts_on=dt.date(2026, 9, 1), ends_on=dt.date(2025, 9, 1))
    with pytest.raises(ValidationError):
        add_term(by=world.admin, name="十一届", starts_on=dt.date(2026, 9, 1), ends_on=dt.date(2031, 9, 1))
    assert Entry.objects.about(term).count() == 2
