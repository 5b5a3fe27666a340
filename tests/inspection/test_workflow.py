"""Taking a step: the guards in order, one trail entry per success, nothing at all on refusal."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils import timezone

from inspection.trail.models import Entry
from inspection.workflow import Machine, Step, StepRefused, available, begin, mermaid, take
from rounds.models import Assignment
from tests.cast import make_assignment

S = Assignment.State


def office_only(user, obj):
    """Office staff."""
    return user.has_role("office")


MACHINE = Machine(
    name="test",
    title="test",
    states=S,
    initial=(S.PLANNED,),
    path=(S.PLANNED, S.PREPARING),
    steps=(
        Step("prepare", "准备", frozenset({S.PLANNED}), S.PREPARING, office_only),
        Step("explain", "说明", frozenset({S.PLANNED, S.PREPARING}), None, office_only, needs=("reason",)),
        Step("pair", "会签", frozenset({S.PREPARING}), S.ON_SITE, office_only, needs=("second_person",)),
        Step("inner", "内部", frozenset({S.PLANNED}), S.PREPARING, office_only, outward=False),
    ),
)


@pytest.fixture
def planned(world):
    return make_assignment(world.group2, world.unit_a, "T01-2-09", by=world.admin, state=S.PLANNED)


def entries(obj):
    return list(Entry.objects.about(obj))


def test_a_step_moves_stamps_and_records(world, planned):
    before = timezone.now()
    taken = take(MACHINE["prepare"], planned, by=world.office, facts={"why": "code"})
    planned.refresh_from_db()
    assert taken.state == planned.state == S.PREPARING
    assert (planned.version, planned.state_by) == (2, world.office)
    assert planned.state_at >= before
    (entry,) = entries(planned)
    assert (entry.verb, entry.from_state, entry.to_state, entry.actor, entry.facts) == (
        "prepare",
        "planned",
        "preparing",
        world.office,
        {"why": "code"},
    )


def test_the_same_step_twice_is_refused_and_recorded_once(world, planned):
    stale = Assignment.objects.get(pk=planned.pk)
    take(MACHINE["prepare"], planned, by=world.office)
    with pytest.raises(StepRefused) as refused:
        take(MACHINE["prepare"], stale, by=world.office)
    assert refused.value.obj.state == S.PREPARING
    assert len(entries(planned)) == 1


def test_a_stale_page_is_refused_even_where_the_state_stays(world, planned):
    seen = planned.version
    take(MACHINE["explain"], planned, by=world.office, reason="一", seen=seen)
    with pytest.raises(StepRefused):
        take(MACHINE["explain"], planned, by=world.office, reason="二", seen=seen)
    assert len(entries(planned)) == 1


def test_who_may_not_is_refused_and_leaves_nothing(world, planned):
    with pytest.raises(PermissionDenied):
        take(MACHINE["prepare"], planned, by=world.member1)
    planned.refresh_from_db()
    assert planned.state == S.PLANNED
    assert entries(planned) == []


def test_a_missing_need_is_named(world, planned):
    with pytest.raises(ValidationError) as missing:
        take(MACHINE["explain"], planned, by=world.office)
    assert list(missing.value.message_dict) == ["reason"]
    assert entries(planned) == []


def test_the_second_person_is_somebody_else(world, planned):
    take(MACHINE["prepare"], planned, by=world.office)
    with pytest.raises(ValidationError, match=r"另一人|somebody else"):
        take(MACHINE["pair"], planned, by=world.office, second_person=world.office)
    take(MACHINE["pair"], planned, by=world.office, second_person=world.chief)
    assert planned.state == S.ON_SITE


def test_a_reason_is_sealed_beside_the_entry(world, planned):
    take(MACHINE["explain"], planned, by=world.office, reason="涉及张三")
    (entry,) = entries(planned)
    assert entry.note_text == "涉及张三"
    assert "张三" not in str(entry.facts)
    assert "张三".encode() not in bytes(entry.note.sealed)


def test_when_recording_fails_the_change_is_undone(world, planned, monkeypatch):
    def explode(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("inspection.workflow.taking.record", explode)
    with pytest.raises(RuntimeError):
        take(MACHINE["prepare"], planned, by=world.office)
    assert Assignment.objects.get(pk=planned.pk).state == S.PLANNED


def test_available_reads_the_same_table(world, planned):
    assert [s.verb for s in available(MACHINE, planned, world.office)] == ["prepare", "explain"]
    assert available(MACHINE, planned, world.member1) == []


def test_begin_records_the_birth(world):
    newborn = Assignment(
        number="T01-2-08",
        group=world.group2,
        unit=world.unit_a,
        onsite_from=timezone.localdate(),
        onsite_to=timezone.localdate(),
    )
    begin(newborn, by=world.office, verb="plan")
    (entry,) = entries(newborn)
    assert (entry.verb, entry.from_state, entry.to_state) == ("plan", "", "planned")
    with pytest.raises(ValueError, match="do not exist yet"):
        begin(newborn, by=world.office, verb="plan")


def test_the_diagram_shows_every_edge():
    picture = mermaid(MACHINE)
    assert "[*] --> planned" in picture
    assert "planned --> preparing: prepare" in picture
    assert "preparing --> preparing: explain" in picture


@pytest.mark.parametrize(
    "steps",
    [
        (Step("a", "", frozenset({"nowhere"}), None, office_only),),
        (Step("a", "", frozenset({"planned"}), "nowhere", office_only),),
        (Step("a", "", frozenset({"planned"}), None, office_only), Step("a", "", frozenset({"planned"}), None, office_only)),
    ],
)
def test_a_table_with_an_unknown_state_or_a_double_verb_is_refused(steps):
    with pytest.raises(ValueError, match="machine"):
        Machine(name="bad", title="", states=S, initial=(), path=(), steps=steps)


def test_a_step_with_an_unknown_need_is_refused():
    with pytest.raises(ValueError, match="unknown needs"):
        Step("a", "", frozenset({"planned"}), None, office_only, needs=("blessing",))


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_wins(world):
    planned = make_assignment(world.group2, world.unit_a, "T01-2-09", by=world.admin, state=S.PLANNED)

    def press(user):
        try:
            take(MACHINE["prepare"], Assignment.objects.get(pk=planned.pk), by=user)
            return "moved"
        except StepRefused:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcome = sorted(pool.map(press, [world.office, world.office2]))
    assert outcome == ["moved", "refused"]
    assert len(entries(planned)) == 1
