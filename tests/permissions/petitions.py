"""Who gets what on the petitions floor: registering, the list, one petition about unit_a, and its verbs."""

from django.core.files.base import ContentFile

from petitions.workflow import exclusion as exclusions
from tests.petitions.registering import call, petition_in
from tests.petitions.test_boxes import opened

from . import Row, some

OFFICE = ("office", "chief")
LEADS = ("leader1", "deputy1", "coordinator1")
GROUP1 = (*LEADS, "member1")
GROUP1_ALL = (*GROUP1, "recused1")  # recused from unit_a alone: the group's other unit stays
GROUP2 = ("leader2", "member2")
READERS = (*OFFICE, *GROUP1)
EVERY_GROUP = (*OFFICE, *GROUP1_ALL, *GROUP2)

TRIAGE = some(200, *OFFICE, *LEADS) | some(403, "member1")
HANDLE = some(403, *OFFICE) | some(200, *GROUP1)
DECIDE = some(200, "chief", "leader1", "deputy1") | some(403, "office", "coordinator1", "member1")

MANAGE = some(200, *OFFICE, "leader1", "deputy1") | some(403, "member1")
LIFT = some(200, "chief") | some(403, "office", "leader1", "deputy1", "member1")


def in_state(state, **facts):
    """Makes a petition about unit_a in a state, as world.petition."""

    def make(world):
        world.petition = petition_in(world, state, **facts)

    return make


def with_file(world):
    """A petition with an attachment, as world.petition and world.kept."""
    world.petition = call(world, files=[ContentFile(b"%PDF-1.4\n%%EOF\n", "a.pdf")])
    world.kept = world.petition.attachments.get()


def box(world):
    """An opening of unit_a's box, as world.opening."""
    world.opening = opened(world)


def mentioned(world):
    """A petition whose text mentions coordinator1: kept out on a doubt."""
    world.petition = petition_in(world, "registered", text="综合岗一收受礼金。")
    world.exclusion = world.petition.exclusions.get()


def lifting(world):
    """The chief asks to lift a certain exclusion of coordinator1."""
    world.petition = petition_in(world, "registered", persons=[{"name": "综合岗一"}])
    world.lifting = exclusions.lift(world.petition.exclusions.get(), by=world.chief, reason="同名不同人")


def exclusion(world):
    return [world.petition.number, world.exclusion.pk]


def number(world):
    return [world.petition.number]


def page(route, expected, otherwise=403, **more):
    """A page that is about no petition."""
    return Row(route=f"petitions:{route}", expected=expected, otherwise=otherwise, **more)


def step(verb, state, expected, **facts):
    """The form of a verb; outside the unit's scope the petition does not exist."""
    return Row(route=f"petitions:{verb}", args=number, things=in_state(state, **facts), expected=expected, otherwise=404)


def api(action, expected, *, method="post", state=None, otherwise=403, **more):
    """An address of the API: 403 for who has no business with petitions, 404 outside the unit's scope, 400 for an empty body."""
    given = {"args": number, "things": in_state(state)} if state else {}
    return Row(route=f"petitions-{action}", method=method, expected=expected, otherwise=otherwise, **(given | more))


def api_step(verb, may, code=400, state="registered"):
    """A verb of the API with an empty body: 403 inside the scope for who may not take it, whatever the body says."""
    inside = some(403, *READERS) | some(code, *may) | some(404, "recused1", *GROUP2)
    return api(verb.replace("_", "-"), inside, state=state, note="" if code == 400 else "asks for nothing, so it moved on")


def slip(world):
    """A slip of a petition about unit_a, as world.slip."""
    petition = petition_in(world, "transferred")
    world.slip = petition.slips.get()


def slip_step(verb, may, code):
    """A verb of a slip by the API, with an empty body, from the state it is born in."""
    inside = some(403, *READERS) | some(code, *may) | some(404, "recused1", "accused1", *GROUP2)
    args = {"args": lambda w: [w.slip.number], "things": slip}
    return Row(f"slips-{verb}", inside, 403, method="post", note="asks for nothing" if code != 400 else "", **args)


ROWS = [
    page("list", some(200, *EVERY_GROUP)),
    page("ledger", some(200, *EVERY_GROUP)),
    page("ledger-public", some(200, *EVERY_GROUP)),
    page("bulk", some(302, *EVERY_GROUP), method="post", data=lambda w: {"verb": "check"}, otherwise=302, note="ids decide"),
    page("new", some(200, *EVERY_GROUP)),
    page("register", some(200, *EVERY_GROUP), args=lambda w: ["call"]),
    page("register", some(200, *EVERY_GROUP), args=lambda w: ["letter"], method="post", note="empty letter"),
    page("sealed", some(200, *EVERY_GROUP)),
    Row(
        "live",
        some(200, *READERS) | some(404, "accused1"),
        404,
        args=lambda w: ["petitions.petition", w.petition.pk],
        things=in_state("registered"),
    ),
    page("scope", some(200, *READERS), otherwise=404, data=lambda w: {"assignment": w.assignment_a.pk}, note="unit_a chosen"),
    page("alike", some(200, *EVERY_GROUP), otherwise=403, method="post"),
    page("boxes", some(200, *EVERY_GROUP)),
    page("box-new", some(200, *EVERY_GROUP)),
    page("box", some(200, *READERS), otherwise=404, args=lambda w: [w.opening.pk], things=box),
    Row(
        "petitions:assignment_panel",
        some(200, *READERS) | some(403, "admin", "secadmin", "auditor", "custodian", "recused1", "liaison_a"),
        404,
        args=lambda w: [w.assignment_a.number],
        things=in_state("registered"),
    ),
    Row("petitions:petition", some(200, *READERS), 404, args=number, things=in_state("registered")),
    Row("petitions:alike-to", some(200, *READERS), 404, args=number, things=in_state("registered")),
    Row(
        "petitions:attachment",
        some(200, *READERS),
        404,
        args=lambda w: [w.petition.number, w.kept.pk],
        things=with_file,
    ),
    step("accept", "registered", TRIAGE),
    step("hand_up", "registered", TRIAGE),
    step("link_repeat", "registered", TRIAGE),
    step("file", "registered", TRIAGE),
    step("check", "accepted", HANDLE),
    step("conclude", "checking", DECIDE),
    step("retake", "transferred", TRIAGE),
    step("reopen", "filed", DECIDE),
    step("extend", "accepted", some(200, "chief") | some(403, "office", *GROUP1)),
    step("correct", "registered", some(200, *READERS)),
    step("verify_signer", "registered", HANDLE),
    step("supplement", "filed", some(200, *READERS)),
    step("recuse", "registered", some(200, *READERS)),
    Row("petitions:exclusions", MANAGE, 404, args=number, things=mentioned),
    Row("petitions:exclusion-lift", LIFT, 404, args=exclusion, things=mentioned),
    Row(
        "petitions:exclusion-confirm",
        some(302, "chief") | some(403, "office", "leader1", "deputy1", "member1"),
        404,
        args=exclusion,
        method="post",
        things=mentioned,
    ),
    Row(
        "petitions:lifting-agree",
        some(302, "office", "leader1", "deputy1") | some(403, "chief", "member1", "coordinator1"),
        404,
        args=lambda w: [w.petition.number, w.lifting.pk],
        method="post",
        things=lifting,
        note="the chief asked; office, first in the row, lets coordinator1 in again",
    ),
    Row(
        "petitions:petition",
        some(200, *OFFICE, "leader1", "deputy1", "member1"),
        404,
        args=number,
        things=in_state("registered", persons=[{"name": "综合岗一"}]),
        note="coordinator1 is named in it",
    ),
    api("list", some(200, *EVERY_GROUP), method="get"),
    api("list", some(400, *EVERY_GROUP), note="register with an empty body"),
    api("detail", some(200, *READERS) | some(404, "recused1", *GROUP2), method="get", state="registered"),
    *(api_step(verb, (*OFFICE, *LEADS)) for verb in ("accept", "transfer", "hand_up", "link_repeat", "file", "retake")),
    *(api_step(verb, ("chief", "leader1", "deputy1")) for verb in ("conclude", "reopen")),
    *(api_step(verb, READERS) for verb in ("correct", "supplement", "recuse")),
    api_step("extend", ("chief",)),
    api_step("verify_signer", GROUP1),
    api_step("check", GROUP1, code=409),
    Row("slips-list", some(200, *EVERY_GROUP), 403),
    Row(
        "slips-detail",
        some(200, *READERS) | some(404, "recused1", "accused1", *GROUP2),
        403,
        args=lambda w: [w.slip.number],
        things=slip,
    ),
    *(slip_step(verb, (*OFFICE, *LEADS), 400) for verb in ("receive", "reply", "redo", "refuse")),
    slip_step("handle", (*OFFICE, *LEADS), 409),
    slip_step("conclude", ("chief", "leader1", "deputy1"), 409),
    slip_step("chase", (*OFFICE, *LEADS), 200),
]
