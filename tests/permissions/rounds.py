"""Who gets what on the pages and in the API of the rounds floor."""

from django.utils import timezone

from rounds.models import FocusNode, Liaison, Person, Relative
from rounds.workflow import declare_recusal, request_override
from tests.permissions import Row, some

STRUCTURE = ("admin", "secadmin", "auditor", "office", "chief", "custodian")
CONFIGURES = ("admin", "office", "chief")
WATCHES = ("secadmin", "auditor", "custodian")
GROUP_1 = ("leader1", "deputy1", "coordinator1", "member1", "recused1")
GROUP_2 = ("leader2", "member2")
LEADERS_1 = ("leader1", "deputy1")

SEES_ROUND = (*STRUCTURE, *GROUP_1, *GROUP_2)
SEES_GROUP_1 = (*STRUCTURE, *GROUP_1)
SEES_ASSIGNMENT_A = (*STRUCTURE, *GROUP_1, "liaison_a")
SEES_UNIT_A = SEES_ASSIGNMENT_A


def inside(seen, *through, code=200) -> dict[str, int]:
    """`through` get `code`; the others of `seen` may know of it but not do it (403)."""
    return some(403, *seen) | some(code, *through)


def only(*through, code=200) -> dict[str, int]:
    """`through` get `code`, for a page that has no object: everybody else is refused (403)."""
    return some(code, *through)


def today():
    return timezone.localdate()


def fresh_node(world):
    """A new node each time somebody asks, because whoever may removes it."""
    return [FocusNode.objects.create(round=world.round, title="重点").pk]


def override(world):
    person = Person.objects.create(name="候选人", code="P-900", employer=world.unit_a)
    world.override = request_override(world.group1, person, "member", by=world.office, starts_on=today(), reason="已离职")


def fresh_relative(world):
    """A new declaration each time somebody asks, because whoever may removes it."""
    return [Relative.objects.create(person=world.member1.person, name="某某", relation="配偶").pk]


def fresh_liaison(world):
    """The same link made anew each time somebody asks."""
    return [Liaison.objects.get_or_create(user=world.liaison_a, unit=world.unit_b)[0].pk]


def waiting_round(world):
    """The round as if it had not started, each time somebody asks."""
    type(world.round).objects.filter(pk=world.round.pk).update(started_at=None)
    return [world.round.pk]


def in_state(state):
    """assignment_a in `state` each time somebody asks."""

    def put(world):
        type(world.assignment_a).objects.filter(pk=world.assignment_a.pk).update(state=state, onsite_to=today())
        return [world.assignment_a.number]

    return put


def recusal(world):
    world.recusal = declare_recusal(world.member1.person, world.unit_c, by=world.office, ground="other")


def round_(world):
    return [world.round.pk]


def group_1(world):
    return [world.group1.pk]


def number_a(world):
    return [world.assignment_a.number]


def unit_a(world):
    return [world.unit_a.pk]


def member_1(world):
    return [world.member1.person.pk]


def appointment(world):
    return [world.member2.person.appointments.get().pk]


def channel(world):
    return [world.assignment_a.channels.first().pk]


def term(world):
    return [world.round.term_id]


def category(world):
    return [world.unit_a.category_id]


def account(world):
    return [world.outsider.pk]


SEES_GROUP_2 = (*STRUCTURE, *GROUP_2)
# Those who configure see everybody; a person of a group sees the colleagues of the group; everybody with a record sees it.
SEES_MEMBER_1 = (*CONFIGURES, *GROUP_1)
COLLEAGUE = {"accused1": 403}  # of member1 in the group: what member1 may do for oneself


def step(verb, state, *through):
    """The page of a step on assignment_a in `state`."""
    return Row(
        "rounds:assignment-step",
        inside(SEES_ASSIGNMENT_A, *through),
        404,
        lambda world: [*in_state(state)(world), verb],
        note=verb,
    )


def api_step(verb, state, data, *through):
    """A step of assignment_a by the API, with what it needs."""
    route = f"assignments-{verb.replace('_', '-')}"
    return Row(route, inside(SEES_ASSIGNMENT_A, *through), 404, in_state(state), "post", data)


def dated(world):
    return {"date": today().isoformat()}


def reasoned(world):
    return {"reason": "误操作"}


def nothing(world):
    return {}


ROWS = [
    Row("rounds:roles", {}, 200),
    Row("rounds:list", {}, 200),
    Row("rounds:new", only(*CONFIGURES), 403),
    Row("rounds:coverage", only(*STRUCTURE), 403),
    Row("rounds:terms", only(*CONFIGURES), 403),
    Row("rounds:new-term", only(*CONFIGURES), 403),
    Row("rounds:edit-term", only(*CONFIGURES), 403, term),
    Row("rounds:round", some(200, *SEES_ROUND), 404, round_),
    Row("rounds:edit-round", inside(SEES_ROUND, *CONFIGURES), 404, round_),
    Row("rounds:start-round", inside(SEES_ROUND, *CONFIGURES), 404, waiting_round),
    Row("rounds:notice", some(200, *SEES_ROUND), 404, round_),
    Row("rounds:focus", inside(SEES_ROUND, *CONFIGURES), 404, round_),
    Row("rounds:edit-focus", inside(SEES_ROUND, *CONFIGURES), 404, fresh_node),
    Row("rounds:remove-focus", inside(SEES_ROUND, *CONFIGURES, code=302), 404, fresh_node, "post"),
    Row("rounds:new-group", inside(SEES_ROUND, *CONFIGURES), 404, round_),
    Row("rounds:group", some(200, *SEES_GROUP_1), 404, group_1),
    Row("rounds:rename-group", inside(SEES_GROUP_1, *CONFIGURES), 404, group_1),
    Row("rounds:appoint", inside(SEES_GROUP_1, *CONFIGURES), 404, group_1),
    Row("rounds:assign", inside(SEES_GROUP_1, *CONFIGURES), 404, group_1),
    Row("rounds:revoke", inside(SEES_GROUP_2, *CONFIGURES), 404, appointment),
    Row("rounds:prolong", inside(SEES_GROUP_2, *CONFIGURES), 404, appointment),
    Row("rounds:overrides", only(*CONFIGURES), 403),
    Row("rounds:override", only(*CONFIGURES), 403, lambda w: [w.override.pk], things=override),
    Row("rounds:grant-override", only("chief"), 403, lambda w: [w.override.pk], things=override),
    Row("rounds:refuse-override", only("chief"), 403, lambda w: [w.override.pk], things=override),
    Row("rounds:assignment", some(200, *SEES_ASSIGNMENT_A), 404, number_a),
    Row("rounds:edit-assignment", inside(SEES_ASSIGNMENT_A, *CONFIGURES), 404, number_a),
    Row("rounds:recuse-assignment", inside(SEES_ASSIGNMENT_A, "leader1", "deputy1", "coordinator1", "member1"), 404, number_a),
    Row("rounds:new-channel", inside(SEES_ASSIGNMENT_A, *CONFIGURES, *LEADERS_1), 404, number_a),
    Row("rounds:edit-channel", inside(SEES_ASSIGNMENT_A, *CONFIGURES, *LEADERS_1), 404, channel),
    Row("rounds:close-channel", inside(SEES_ASSIGNMENT_A, *CONFIGURES, *LEADERS_1, code=302), 404, channel, "post"),
    step("prepare", "planned", "office", "chief"),
    step("enter", "preparing", "office", "chief", *LEADERS_1),
    step("leave", "onsite", "office", "chief", *LEADERS_1),
    step("report", "reporting", "office", "chief"),
    step("follow_up", "rectifying", "office", "chief"),
    step("archive", "following", "office", "chief"),
    step("reopen", "onsite", "chief"),
    Row("rounds:units", {}, 200),
    Row("rounds:new-unit", only(*CONFIGURES), 403),
    Row("rounds:import-units", only(*CONFIGURES), 403),
    Row("rounds:categories", only(*CONFIGURES), 403),
    Row("rounds:new-category", only(*CONFIGURES), 403),
    Row("rounds:edit-category", only(*CONFIGURES), 403, category),
    Row("rounds:unit", some(200, *SEES_UNIT_A), 404, unit_a),
    Row("rounds:edit-unit", inside(SEES_UNIT_A, *CONFIGURES), 404, unit_a),
    Row("rounds:rename-unit", inside(SEES_UNIT_A, *CONFIGURES), 404, unit_a),
    Row("rounds:close-unit", inside(SEES_UNIT_A, *CONFIGURES), 404, unit_a),
    Row("rounds:link-liaison", inside(SEES_UNIT_A, *CONFIGURES), 404, unit_a),
    Row("rounds:unlink-liaison", only(*CONFIGURES, code=302), 403, fresh_liaison, "post"),
    Row("rounds:people", {}, 200),
    Row("rounds:new-person", only(*CONFIGURES), 403),
    Row("rounds:import-people", only(*CONFIGURES), 403),
    Row("rounds:person", some(200, *SEES_MEMBER_1), 404, member_1),
    Row("rounds:edit-person", inside(SEES_MEMBER_1, *CONFIGURES), 404, member_1),
    Row("rounds:new-relative", inside(SEES_MEMBER_1, *CONFIGURES, "member1") | COLLEAGUE, 404, member_1),
    Row("rounds:recuse", inside(SEES_MEMBER_1, *CONFIGURES, "member1") | COLLEAGUE, 404, member_1),
    Row("rounds:remove-relative", inside(SEES_MEMBER_1, *CONFIGURES, code=302), 404, fresh_relative, "post"),
    Row("rounds:lift-recusal", inside(SEES_MEMBER_1, "chief"), 404, lambda w: [w.recusal.pk], things=recusal),
    Row("rounds:accounts", only("admin", "secadmin"), 403),
    Row("rounds:new-account", only("admin"), 403),
    Row("rounds:account", only("admin", "secadmin"), 403, account),
    Row("rounds:rename-account", only("admin"), 403, account),
    Row("rounds:reset-password", only("admin"), 403, account),
    Row("rounds:set-active", only("secadmin", code=302), 403, lambda w: [w.office2.pk], "post"),
    Row("rounds:reset-second-factor", only("secadmin"), 403, account),
    Row("rounds:unlock", only("secadmin", code=302), 403, account, "post"),
    Row("rounds:end-sessions", only("secadmin", code=302), 403, account, "post"),
    Row("rounds:grant-role", only("secadmin", code=302), 403, account, "post", lambda w: {"role": "office"}),
    Row("rounds:revoke-role", only("secadmin", code=302), 403, lambda w: [w.office2.pk, "office"], "post"),
    Row("rounds:profiles", only(*CONFIGURES), 403),
    Row("rounds:new-profile", only(*CONFIGURES), 403),
    Row("rounds:profile", only(*CONFIGURES), 403, lambda w: ["county"]),
    Row("rounds:edit-profile", only(*CONFIGURES), 403, lambda w: ["county"]),
    Row("rounds:rule", only(*CONFIGURES), 403, lambda w: ["county", "light.yellow"]),
    Row("rounds:calendar", only(*CONFIGURES), 403),
    Row("rounds:year", only(*CONFIGURES), 403, lambda w: [2026]),
    Row("rounds:load-year", only(*CONFIGURES), 403, lambda w: [2026]),
    Row("rounds:enter-year", only(*CONFIGURES), 403, lambda w: [2027]),
    Row("rounds:make-provisional", only(*CONFIGURES, code=302), 403, lambda w: [2026], "post"),
    Row("rounds-list", {}, 200),
    Row("rounds-detail", some(200, *SEES_ROUND), 404, round_),
    Row("rounds-start", inside(SEES_ROUND, *CONFIGURES), 404, waiting_round, "post"),
    Row("groups-list", {}, 200),
    Row("groups-detail", some(200, *SEES_GROUP_1), 404, group_1),
    Row("groups-appoint", inside(SEES_GROUP_1, *CONFIGURES, code=400), 404, group_1, "post"),
    Row("units-list", {}, 200),
    Row("units-detail", some(200, *SEES_UNIT_A), 404, unit_a),
    Row("people-list", {}, 200),
    Row("people-detail", some(200, *SEES_MEMBER_1), 404, member_1),
    Row("people-recuse", inside(SEES_MEMBER_1, *CONFIGURES, "member1", code=400) | COLLEAGUE, 404, member_1, "post"),
    Row("assignments-list", {}, 200),
    Row("assignments-detail", some(200, *SEES_ASSIGNMENT_A), 404, number_a),
    api_step("prepare", "planned", nothing, "office", "chief"),
    api_step("enter", "preparing", dated, "office", "chief", *LEADERS_1),
    api_step("leave", "onsite", dated, "office", "chief", *LEADERS_1),
    api_step("report", "reporting", dated, "office", "chief"),
    api_step("follow_up", "rectifying", nothing, "office", "chief"),
    api_step("archive", "following", nothing, "office", "chief"),
    api_step("reopen", "onsite", reasoned, "chief"),
]
