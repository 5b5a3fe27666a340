"""Every machine, every state, every verb: a listed edge passes and leaves one trail entry, an unlisted one leaves none.

Who may take a step is left to each floor's own tests; here the predicate is set aside so that the table itself is proved.
"""

import dataclasses

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from inspection.trail.models import Entry
from inspection.vault import envelopes
from inspection.workflow import StepRefused, available, take
from petitions.models import Disposal, IdentityRequest, OriginalRelease, Petition, TransferSlip
from petitions.workflow.custody import DISPOSAL, IDENTITY, ORIGINAL
from petitions.workflow.machines import PETITION, SLIP
from rectification.models import Clue, Feedback, Finding, Item
from rectification.workflow.machines import CLUE, FEEDBACK, FINDING, ITEM
from rounds.models import Override
from rounds.workflow import ASSIGNMENT, OVERRIDE

CUSTODY = (IDENTITY, ORIGINAL, DISPOSAL)
MACHINES = {machine.name: machine for machine in (ASSIGNMENT, OVERRIDE, PETITION, SLIP, *CUSTODY, FINDING, CLUE, FEEDBACK, ITEM)}
# Whose business a machine is without a post or a place in the office.
CONCERNED = {"identity": {"custodian"}}


def stamped(world, model, **fields):
    """A saved object as a verb would leave it."""
    return model.objects.create(state_at=timezone.now(), state_by=world.office, **fields)


def sealed(owner):
    return envelopes.seal("test", owner, {"text": "正文"})


def petition(world, **fields):
    return stamped(
        world,
        Petition,
        number=f"T01-2026-{Petition.objects.count() + 1:04d}",
        assignment=world.assignment_a,
        channel_kind="call",
        received_at=timezone.now(),
        registered_by=world.office,
        **fields,
    )


def finding(world, **fields):
    today = timezone.localdate()
    return stamped(
        world,
        Finding,
        number="[2026]1巡-1组-01号",
        assignment=world.assignment_a,
        content=sealed("finding:x"),
        responsibility="main",
        found_by=world.member1,
        found_on=today,
        drafted_by=world.member1,
        **fields,
    )


def slip(world):
    today = timezone.localdate()
    return stamped(
        world,
        TransferSlip,
        number="S1",
        petition=petition(world),
        receiver=world.agency,
        receiver_name=world.agency.name,
        extract=sealed("slip:x"),
        sent_on=today,
        receipt_due=today,
        reply_due=today,
    )


DECIDED = {"decided_by": "custodian", "decided_at": "now"}
OPENED = DECIDED | {"opens_until": "now"}
SIGNATURE = {"signed_by": "leader1", "signed_at": "now", "meeting_on": "today"}

# machine -> (make the object, columns that a state demands of the database: {state: {column: value}})
OBJECTS = {
    "assignment": (lambda w: w.assignment_a, {}),
    "override": (
        lambda w: stamped(
            w,
            Override,
            group=w.group1,
            person=w.member2.person,
            post="member",
            starts_on=timezone.localdate(),
            reason_sealed=sealed("override:x"),
            requested_by=w.office,
        ),
        {},
    ),
    "petition": (petition, {"concluded": {"closed_at": "now"}, "repeat": {"first": "other"}}),
    "slip": (slip, {}),
    "identity": (
        lambda w: stamped(
            w, IdentityRequest, number="R1", petition=petition(w), asked_by=w.leader1, reason=sealed("identity:R1")
        ),
        {"refused": DECIDED} | dict.fromkeys(("approved", "closed", "expired"), OPENED),
    ),
    "original": (
        lambda w: stamped(w, OriginalRelease, slip=slip(w), asked_by=w.leader1, reason=sealed("original:x")),
        dict.fromkeys(("approved", "refused"), DECIDED),
    ),
    "disposal": (
        lambda w: stamped(
            w, Disposal, number="D1", petition=petition(w), ground="retention", papers=sealed("disposal:D1"), proposed_by=w.office
        ),
        {
            "approved": {"approved_by": "chief", "approved_at": "now"},
            "destroyed": {"approved_by": "chief", "approved_at": "now", "destroyed_by": "custodian", "destroyed_at": "now"},
        },
    ),
    "finding": (finding, dict.fromkeys(("signed", "used", "corrected", "clue"), SIGNATURE)),
    "clue": (
        lambda w: stamped(
            w,
            Clue,
            number="C1",
            assignment=w.assignment_a,
            content=sealed("clue:x"),
            level="county",
            discipline="integrity",
            receiver=w.discipline_body,
            proposed_by=w.leader1,
        ),
        {},
    ),
    "feedback": (
        lambda w: stamped(
            w, Feedback, number="F1", assignment=w.assignment_a, to="body", content=sealed("feedback:x"), drafted_by=w.office
        ),
        {},
    ),
    "item": (
        lambda w: stamped(
            w,
            Item,
            number="I1",
            assignment=w.assignment_a,
            source="feedback",
            content=sealed("item:x"),
            due_on=timezone.localdate(),
            original_due_on=timezone.localdate(),
        ),
        {"closed": {"closed_at": "now", "closed_by": "chief"}},
    ),
}


def columns(world, machine, state):
    """The columns `state` demands, with the stand-ins replaced; columns of other states are cleared."""
    _make, demanded = OBJECTS[machine.name]
    cleared = dict.fromkeys((c for d in demanded.values() for c in d), None)
    values = {"now": timezone.now(), "today": timezone.localdate()}

    def value(word):
        if word == "other":
            return petition(world)
        return values.get(word) or getattr(world, word)

    return cleared | {column: value(word) for column, word in demanded.get(state, {}).items()}


@pytest.mark.parametrize("name", MACHINES)
def test_every_edge_both_ways(world, name):
    """Each state × verb in a savepoint of its own, so that the world is made once a machine; what differs is listed."""
    machine = MACHINES[name]
    wrong = []
    for state in machine.states.values:
        for verb in machine.verbs:
            with transaction.atomic():
                wrong += [f"{state} × {verb}: {problem}" for problem in problems(world, machine, state, verb)]
                transaction.set_rollback(True)
    assert wrong == []


def problems(world, machine, state, verb):
    """What is wrong with one edge: whether it passes, where it leads, and how many trail entries it leaves."""
    make, _demanded = OBJECTS[machine.name]
    obj = make(world)
    type(obj).objects.filter(pk=obj.pk).update(state=state, **columns(world, machine, state))
    obj.refresh_from_db()
    version = obj.version
    step = dataclasses.replace(machine[verb], allowed=lambda user, obj: True)
    listed = state in step.sources
    target = (step.target or state) if listed else state
    given = {
        "reason": "理由",
        "file": ContentFile(b"x"),
        "date": timezone.localdate(),
        "second_person": world.chief,
        "changes": columns(world, machine, target),
    }
    try:
        take(step, obj, by=world.office, **given)
        passed = True
    except StepRefused:
        passed = False
    obj.refresh_from_db()
    if passed != listed:
        yield "passed" if passed else "refused"
    if (obj.state, obj.version) != (target, version + listed):
        yield f"ended in {obj.state}, version {obj.version}"
    entries = Entry.objects.about(obj).filter(verb=verb).count()
    if entries != listed:
        yield f"{entries} trail entries"


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_reached_and_the_path_is_walkable(name):
    machine = MACHINES[name]
    assert set(machine.path) <= set(machine.states.values)
    reached = set(machine.initial) | {step.target for step in machine.steps if step.target}
    open_ended = {step.verb for step in machine.steps if step.target is None}
    unreached = set(machine.states.values) - reached
    # The six ways of handling a clue are chosen by a fact of the one step "handle".
    assert unreached == set() or "handle" in open_ended


@pytest.mark.parametrize("name", MACHINES)
def test_somebody_without_any_role_is_offered_nothing(world, name):
    machine = MACHINES[name]
    make, _demanded = OBJECTS[name]
    obj = make(world)
    for person in (
        world.outsider,
        world.auditor,
        world.admin,
        world.secadmin,
        world.custodian,
        world.expired_leader,
        world.member2,
    ):
        if person.username not in CONCERNED.get(name, ()):
            assert available(machine, obj, person) == [], person.username


def test_the_printed_tables_are_up_to_date(capsys):
    """docs/workflow.md is written by `manage.py workflow_docs`."""
    call_command("workflow_docs", "--check")
