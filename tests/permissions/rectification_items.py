"""Rows of feedback, items and reports: about unit_a, inspected by group 1. Out of scope 404, in scope but not allowed 403.

A posted step without its version is a bad request (400) for whoever may take it.
"""

from rectification.workflow import feedback as feedbacks
from rectification.workflow import item as items
from tests.permissions import Row, some
from tests.permissions.rectification_findings import CHIEFS, GROUP, INSIDE, OFFICE, OUTSIDE, READERS, may
from tests.rectification.papers import used_paper
from tests.rectification.steps import applied, closed, decomposed, delivered, drafted, opened


def a_draft(world):
    world.feedback = drafted(world, world.assignment_a)


def an_approved(world):
    a_draft(world)
    feedbacks.approve(world.feedback, by=world.chief)


def a_delivered(world):
    world.feedback = delivered(world, world.assignment_a, [used_paper(world, world.assignment_a)])


def an_item(world):
    world.item = opened(world, world.assignment_a)


def a_rectifying(world):
    an_item(world)
    world.item = decomposed(world, world.item)


def an_applied(world):
    a_rectifying(world)
    world.item = applied(world, world.item)


def a_verified(world):
    an_applied(world)
    world.item = items.verify(world.item, by=world.member1, reason="同意")


def a_closed(world):
    an_item(world)
    world.item = closed(world, world.item)


def number(world):
    return [world.feedback.number]


def item_number(world):
    return [world.item.number]


def unit_number(world):
    return [world.assignment_a.number]


UNIT = "liaison_a"
LIAISONS = ("liaison_a", "liaison_c")
SEEN = some(200, *READERS)
SEEN_BY_UNIT = SEEN | {UNIT: 200}
LISTS = some(200, *INSIDE)
NOT_HERE = ("recused1", "leader2", "member2")

# verb -> (the object as it must be, who may)
FEEDBACK_STEPS = {
    "edit": (a_draft, (*OFFICE, *CHIEFS)),
    "approve": (a_draft, ("chief",)),
    "send_back": (an_approved, ("chief",)),
    "deliver": (an_approved, (*OFFICE, *CHIEFS)),
}
ITEM_STEPS = {
    "decompose": (an_item, (*OFFICE, UNIT)),
    "report_progress": (a_rectifying, (*OFFICE, UNIT)),
    "mark_basic": (a_rectifying, (*OFFICE, UNIT)),
    "apply": (a_rectifying, (*OFFICE, UNIT)),
    "verify": (an_applied, READERS),
    "close": (a_verified, OFFICE),
    "send_back": (an_applied, READERS),
    "continue_long_term": (a_rectifying, ("chief",)),
    "extend": (an_item, ("chief",)),
    "reopen": (a_closed, ("chief",)),
}


def api_name(kind: str, verb: str) -> str:
    return f"{kind}-{verb.replace('_', '-')}"


def wrong_version(world):
    return {"version": "x"}


def feedback_step_rows() -> list[Row]:
    """The page of each step asked for and posted without a version, and the API with a version that is no number."""
    rows = []
    for verb, (things, people) in FEEDBACK_STEPS.items():
        page = {"args": number, "things": things}
        rows += [
            Row(f"rectification:feedback_{verb}", may(200, *people), 404, **page),
            Row(f"rectification:feedback_{verb}", may(400, *people), 404, method="post", **page),
            Row(
                api_name("feedback", verb),
                may(400, *people) | some(404, *NOT_HERE),
                403,
                method="post",
                data=wrong_version,
                **page,
            ),
        ]
    return rows


def item_step_rows() -> list[Row]:
    """The same for items; the unit's liaison sees the item, so what is not the unit's to do is refused with 403."""
    rows = []
    for verb, (things, people) in ITEM_STEPS.items():
        page = {"args": item_number, "things": things}
        refused = {UNIT: 403} | may(403)
        elsewhere = some(404, *NOT_HERE, "liaison_c")
        rows += [
            Row(f"rectification:item_{verb}", refused | some(200, *people), 404, **page),
            Row(f"rectification:item_{verb}", refused | some(400, *people), 404, method="post", **page),
            Row(
                api_name("items", verb), refused | some(400, *people) | elsewhere, 403, method="post", data=wrong_version, **page
            ),
        ]
    return rows


ROWS = [
    Row("rectification:feedbacks", LISTS, 403),
    Row(
        "rectification:feedback_new",
        some(302, *OFFICE, *CHIEFS) | some(200, "coordinator1", "member1", *NOT_HERE),
        403,
        things=lambda world: drafted(world, world.assignment_a),
        note="with one unit to write for, straight to its form",
    ),
    Row("rectification:feedback", SEEN, 404, args=number, things=a_draft),
    Row("rectification:feedback_pdf", SEEN, 404, args=number, things=a_draft),
    Row("rectification:feedback_docx", SEEN, 404, args=number, things=a_draft),
    Row("rectification:feedback_items", may(200, *OFFICE), 404, args=number, things=a_delivered),
    *feedback_step_rows(),
    Row("feedback-list", LISTS, 403, things=a_draft),
    Row("feedback-list", some(400, *INSIDE, *OUTSIDE), 403, method="post", note="an empty body says nothing of scope"),
    Row("feedback-detail", SEEN | some(404, *NOT_HERE), 403, args=number, things=a_draft),
    Row("rectification:items", LISTS | some(200, *LIAISONS), 403, things=an_item),
    Row("rectification:items_export", LISTS | some(200, *LIAISONS), 403, things=an_item),
    Row("rectification:item_new", some(200, *OFFICE), 403),
    Row("rectification:unit_items", SEEN_BY_UNIT, 404, args=unit_number, things=an_item),
    Row(
        "rectification:items_panel",
        SEEN_BY_UNIT | some(403, "admin", "secadmin", "auditor", "custodian", "recused1"),
        404,
        args=unit_number,
        things=an_item,
        note="who may know the unit but not its items is refused",
    ),
    Row("rectification:item", SEEN_BY_UNIT, 404, args=item_number, things=an_item),
    Row(
        "rectification:item_evidence",
        SEEN_BY_UNIT,
        404,
        args=lambda world: [world.item.number, world.item.evidence.get().pk],
        things=an_applied,
    ),
    *item_step_rows(),
    Row("items-list", LISTS | some(200, *LIAISONS), 403, things=an_item),
    Row("items-list", some(400, *INSIDE, *OUTSIDE), 403, method="post", note="an empty body says nothing of scope"),
    Row("items-detail", SEEN_BY_UNIT | some(404, *NOT_HERE, "liaison_c"), 403, args=item_number, things=an_item),
    Row("rectification:report", some(200, *OFFICE, *GROUP, *NOT_HERE), 403, args=lambda world: ["weekly_brief"]),
    Row("rectification:report", some(200, *OFFICE), 403, args=lambda world: ["monthly_office"], note="the office's month"),
]
