"""Rows of papers and clues: about unit_a, written by group 1. Outside the scope 404, inside but not one's business 403.

A posted step without its version is a bad request (400) for whoever may take it.
"""

from django.utils import timezone

from rectification.workflow import clue as clues
from rectification.workflow import finding as papers
from tests.permissions import Row, some
from tests.rectification.letters import petition
from tests.rectification.papers import drafted_paper, signed_paper
from tests.rectification.test_findings import photo

GROUP = ("leader1", "deputy1", "coordinator1", "member1")
CHIEFS = ("leader1", "deputy1")
OFFICE = ("office", "chief")
READERS = (*OFFICE, *GROUP)
INSIDE = (*READERS, "recused1", "leader2", "member2")
CLUE = {"level": "county", "discipline": "integrity", "name": "钱某某", "matter": "超标准接待"}


def a_draft(world):
    world.finding = drafted_paper(world, world.assignment_a, files=[photo()])


def a_submitted(world):
    a_draft(world)
    papers.submit(world.finding, by=world.member1)


def a_signed(world):
    world.finding = signed_paper(world, world.assignment_a)


def a_dropped(world):
    a_draft(world)
    papers.drop(world.finding, by=world.leader1, reason="证据不足")


def a_clue(world):
    world.clue = clues.propose(world.assignment_a, by=world.leader1, receiver=world.discipline_body, **CLUE)


def an_approved_clue(world):
    a_clue(world)
    clues.approve(world.clue, by=world.chief)


def a_clue_handed_over(world):
    an_approved_clue(world)
    clues.hand_over(world.clue, by=world.office, date=timezone.localdate())


def a_clue_received(world):
    a_clue_handed_over(world)
    clues.receive(world.clue, by=world.office, date=timezone.localdate(), received_by="周干事")


def a_clue_handled(world):
    a_clue_received(world)
    clues.handle(world.clue, by=world.office, handling="talk")


def a_clue_concluded(world):
    a_clue_handled(world)
    clues.conclude(world.clue, by=world.office, reason="诫勉谈话")


def a_petition(world):
    world.petition = petition(world)


def number(world):
    return [world.finding.number]


def clue_number(world):
    return [world.clue.number]


def may(code: int, *names: str) -> dict[str, int]:
    """`names` get `code`; the other readers 403."""
    return some(403, *READERS) | some(code, *names)


# verb -> (the paper as it must be, who may)
FINDING_STEPS = {
    "edit": (a_draft, GROUP),
    "attach_evidence": (a_draft, GROUP),
    "submit": (a_draft, GROUP),
    "send_back": (a_submitted, CHIEFS),
    "sign": (a_submitted, ("leader1",)),
    "use": (a_signed, CHIEFS),
    "correct_at_once": (a_signed, CHIEFS),
    "to_clue": (a_signed, CHIEFS),
    "drop": (a_draft, CHIEFS),
    "restore": (a_dropped, CHIEFS),
}
CLUE_STEPS = {
    "approve": (a_clue, ("chief",)),
    "withdraw": (a_clue, ("chief",)),
    "hand_over": (an_approved_clue, OFFICE),
    "receive": (a_clue_handed_over, OFFICE),
    "handle": (a_clue_received, OFFICE),
    "conclude": (a_clue_handled, OFFICE),
    "feed_back": (a_clue_concluded, OFFICE),
}


def step_rows(kind: str, steps: dict, args) -> list[Row]:
    """The page of each step: asked for, posted without a version, and posted to the API with one that is no number."""
    rows = []
    for verb, (things, people) in steps.items():
        page, api = f"rectification:{kind}_{verb}", f"{kind}s-{verb.replace('_', '-')}"
        rows += [
            Row(page, may(200, *people), 404, args=args, things=things),
            Row(page, may(400, *people), 404, args=args, things=things, method="post"),
            Row(
                api,
                may(400, *people) | some(404, "recused1", "leader2", "member2"),
                403,
                args=args,
                things=things,
                method="post",
                data=lambda world: {"version": "x"},
            ),
        ]
    return rows


def api_rows(kind: str, things, args) -> list[Row]:
    """The list, one object, and the birth of one from an empty body."""
    return [
        Row(f"{kind}s-list", some(200, *INSIDE), 403, things=things),
        Row(f"{kind}s-list", some(400, *INSIDE, *OUTSIDE), 403, method="post", note="an empty body says nothing of scope"),
        Row(f"{kind}s-detail", some(200, *READERS) | some(404, "recused1", "leader2", "member2"), 403, args=args, things=things),
    ]


OUTSIDE = ("admin", "secadmin", "auditor", "custodian", "outsider", "expired_leader", "liaison_a", "liaison_c")
SEEN = some(200, *READERS)
ROWS = [
    Row("rectification:findings", some(200, *INSIDE), 403),
    Row("rectification:findings_export", some(200, *INSIDE), 403),
    Row("rectification:findings_to_sign", some(200, *INSIDE), 403, things=a_submitted),
    Row(
        "rectification:finding_new",
        some(200, *READERS) | some(302, "recused1", "leader2", "member2"),
        403,
        note="with one unit only, straight to its form",
    ),
    Row("rectification:finding", SEEN, 404, args=number, things=a_draft),
    Row("rectification:finding_paper", SEEN, 404, args=number, things=a_draft),
    Row("rectification:finding_evidence", SEEN, 404, args=lambda world: [world.finding.number, 1], things=a_draft),
    *step_rows("finding", FINDING_STEPS, number),
    *api_rows("finding", a_draft, number),
    Row("rectification:clues", some(200, *INSIDE), 403),
    Row("rectification:clues_export", some(200, *INSIDE), 403, things=a_clue),
    Row(
        "rectification:clue_new",
        some(200, *READERS, "recused1", "member2") | some(302, "leader2"),
        403,
        note="with one unit only, straight to its form",
    ),
    Row("rectification:clue", SEEN, 404, args=clue_number, things=a_clue),
    Row("rectification:clue_sheet", SEEN, 404, args=clue_number, things=an_approved_clue),
    *step_rows("clue", CLUE_STEPS, clue_number),
    *api_rows("clue", a_clue, clue_number),
    Row("rectification:petition_panel", SEEN, 404, args=lambda world: [world.petition.number], things=a_petition),
    Row(
        "rectification:assignment_panel",
        SEEN | some(403, "admin", "secadmin", "auditor", "custodian", "recused1", "liaison_a"),
        404,
        args=lambda world: [world.assignment_a.number],
        note="who may know the unit but not its cases is refused",
    ),
]
