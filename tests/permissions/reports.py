"""Rows of the reports: runs of group 1's weekly brief, ordered by its leader. Who configures sees the row, not the file."""

from inspection.reports import production, workflow
from inspection.reports.kinds import Period, Scope
from inspection.reports.models import Definition, Run
from rectification.reports.weekly import weekly_brief
from tests.permissions import Row, some

CONFIGURES = ("admin", "office")
GROUP_1 = ("leader1", "deputy1", "coordinator1", "member1", "recused1")
ORDERS = ("office", "chief", *GROUP_1, "leader2", "member2")
OTHERS = tuple(name for name in ORDERS if name not in ("office", "leader1"))
ENTERS = some(200, "admin", *ORDERS)


def a_run(world):
    """Waiting for a worker."""
    today = world.assignment_a.onsite_from
    scope = Scope(f"group:{world.group1.pk}", world.group1.name)
    world.run = workflow.order(weekly_brief, scope, Period(today, today), as_user=world.leader1, maker=world.leader1)


def a_produced(world):
    """With both files."""
    a_run(world)
    assert production.produce(world.run.pk)


def a_failed(world):
    """Given up by its worker."""
    a_run(world)
    workflow.fail(workflow.claim(world.run.pk), code=Run.Error.INTERNAL, error_id="abc", again=False)


def a_definition(world):
    """Weekly, under the rights of the head of office."""
    world.definition = Definition.objects.create(kind="weekly_brief", title="周报", owner=world.chief, created_by=world.office)


def run(world):
    return [world.run.pk]


def seen(code: int, *names: str) -> dict[str, int]:
    """`names` (who sees the run, unless said) get `code`; others who order reports do not find it."""
    return some(404, *OTHERS) | some(code, *(names or (*CONFIGURES, "leader1")))


CONFIGURE = some(200, *CONFIGURES)
OPENS = seen(200, "leader1") | some(403, *CONFIGURES)

ROWS = [
    Row("reports:list", ENTERS, 403, things=a_run),
    Row("reports:new", some(200, *ORDERS), 403, note="the administrator configures and reads no case"),
    Row("reports:new", some(200, *ORDERS), 403, method="post"),
    Row("reports:definitions", CONFIGURE, 403, things=a_definition),
    Row("reports:definition-new", CONFIGURE, 403, extra={"QUERY_STRING": "kind=weekly_brief"}),
    Row("reports:definition-new", CONFIGURE, 403, method="post", extra={"QUERY_STRING": "kind=weekly_brief"}),
    Row("reports:definition", CONFIGURE, 403, lambda world: [world.definition.pk], things=a_definition),
    Row("reports:definition", CONFIGURE, 403, lambda world: [world.definition.pk], "post", things=a_definition),
    Row("reports:run", seen(200), 403, run, things=a_produced),
    Row("reports:row", seen(200), 403, run, things=a_run),
    Row("reports:repeat", seen(302), 403, run, "post", things=a_failed),
    Row("reports:pdf", OPENS, 403, run, things=a_produced),
    Row("reports:xlsx", OPENS, 403, run, things=a_produced),
    Row("reports-list", ENTERS, 403, things=a_run),
    Row("reports-list", some(400, *ORDERS), 403, method="post", note="an empty order"),
    Row("reports-offers", ENTERS, 403),
    Row("reports-detail", seen(200), 403, run, things=a_produced),
    Row("reports-repeat", seen(409) | some(200, "admin"), 403, run, "post", things=a_failed, note="once; then it is under way"),
    Row("reports-pdf", OPENS, 403, run, things=a_produced),
    Row("reports-xlsx", OPENS, 403, run, things=a_produced),
]
