"""The API against its own description: every operation as every role, with what a machine thinks up.

A few cases of each operation in every test run; more by hand, for as long as one likes:

    API_EXAMPLES=200 API_ONLY=petitions,slips script/test postgres -q -s tests/test_api_contract.py -k description

With -s each breach is printed when it is found.
"""

import os
from itertools import cycle

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.forms import DateField
from django.urls import reverse
from django.utils import timezone
from django_filters.fields import DateRangeField
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode

from inspection.accounts.models import ApiToken
from inspection.api.description import OnceMade
from inspection.urls import api_router
from tests.petitions.registering import call, petition_in
from tests.rectification.papers import used_paper
from tests.rectification.steps import opened

load_all_checks()
EXAMPLES = int(os.environ.get("API_EXAMPLES", "1"))
ONLY = frozenset(filter(None, os.environ.get("API_ONLY", "").split(",")))
WHAT = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
ROLES = (
    "admin",
    "secadmin",
    "auditor",
    "office",
    "chief",
    "custodian",
    "outsider",
    "leader1",
    "member1",
    "recused1",
    "liaison_a",
)


@pytest.fixture(scope="module")
def described() -> dict:
    """The OpenAPI document, as it is served."""
    return OnceMade().get_schema()


@pytest.fixture
def numbers(world) -> dict[str, list]:
    """{resource: addresses of objects that exist}"""
    petitions = [call(world), petition_in(world, "accepted"), petition_in(world, "transferred")]
    return {
        "rounds": [world.round.pk],
        "groups": [world.group1.pk],
        "units": [world.unit_a.pk],
        "people": [world.member1.person.pk],
        "assignments": [world.assignment_a.number, world.assignment_c.number],
        "petitions": [petition.number for petition in petitions],
        "slips": [petitions[-1].slips.get().number],
        "findings": [used_paper(world, world.assignment_a).number],
        "items": [opened(world, world.assignment_a).number],
    }


@pytest.fixture
def application():
    """The program as a server sees it, but for the connection, which has to outlive each request with what the test made."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def cases(operation, count: int) -> list:
    """What hypothesis thinks up for an operation, the same every time; with many, half of it against the description."""
    if count > 1:
        return [*_thought_up(operation, GenerationMode.POSITIVE, count // 2), *_wrong(operation, count - count // 2)]
    return _thought_up(operation, GenerationMode.POSITIVE, count)


def _wrong(operation, count: int) -> list:
    try:
        return _thought_up(operation, GenerationMode.NEGATIVE, count)
    except hypothesis.errors.Unsatisfiable:  # nothing about it can be wrong
        return []


def _thought_up(operation, mode, count: int) -> list:
    found = []
    silent = list(hypothesis.HealthCheck)

    @hypothesis.settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=silent,
        phases=[hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def collect(case):
        found.append(case)

    collect()
    return found[:count]


def keys(world) -> dict[str, str]:
    """{role: Authorization}"""
    end = timezone.now() + timezone.timedelta(days=1)
    return {role: f"Token {ApiToken.objects.issue(getattr(world, role), role, end)[1]}" for role in ROLES}


@pytest.mark.postgres  # the stricter of the two with odd input; a thousand requests are a long time
def test_every_operation_as_every_role_keeps_to_the_description(world, described, numbers, application, settings):
    settings.API_PER_MINUTE = {"person": 10**9, "token": 10**9}
    schema = schemathesis.openapi.from_dict(described)
    schema.app = application
    checks = [CHECKS.get_one(name) for name in WHAT]
    real = {resource: cycle(found) for resource, found in numbers.items()}
    tokens, asked, wrong = keys(world), 0, {}
    for result in schema.get_all_operations():
        operation = result.ok()
        resource = operation.path.split("/")[3]
        if ONLY and resource not in ONLY:
            continue
        for turn, case in enumerate(cases(operation, EXAMPLES)):
            if case.path_parameters and resource in real and turn % 4 != 3:
                case.path_parameters = dict.fromkeys(case.path_parameters, str(next(real[resource])))
            for role, token in tokens.items():
                asked += 1
                try:
                    with transaction.atomic():
                        response = case.call(headers={"Authorization": token})
                        case.validate_response(response, checks=checks)
                        if EXAMPLES > 1:
                            transaction.set_rollback(True)
                except FailureGroup as found:
                    text = f"{operation.label}: {found}"
                    if wrong.setdefault(text, role) == role:
                        print(text)
    assert not wrong, "\n\n".join(f"{role}: {text}" for text, role in list(wrong.items())[:20])
    assert ONLY or asked > 60 * len(ROLES)


PAGES = {
    "rounds": "rounds:list",
    "units": "rounds:units",
    "people": "rounds:people",
    "petitions": "petitions:list",
    "slips": "petitions:slips",
    "findings": "rectification:findings",
    "clues": "rectification:clues",
    "feedback": "rectification:feedbacks",
    "items": "rectification:items",
    "reports": "reports:list",
}


def samples(filters) -> list[tuple[str, str]]:
    """(parameter, a value) for every filter: the last choice, today, or a text that some row holds."""
    found = []
    fields = filters.form.fields
    for name, parameter in sorted((name, parameter) for name, parts in filters.parameters.items() for parameter in parts):
        field = fields[name]
        choices = [str(value) for value, _label in getattr(field, "choices", ()) if value not in ("", None)]
        if hasattr(field, "choices") and not choices:
            continue
        days = isinstance(field, (DateField, DateRangeField))
        found.append((parameter, timezone.localdate().isoformat() if days else choices[-1] if choices else "1"))
    return found


def test_filters_and_orders_are_the_pages(world, numbers, client):
    client.force_login(world.office)
    viewsets = {name: viewset for name, viewset, _basename in api_router().registry}
    narrowed = set()

    def both(name: str, query: dict) -> list:
        page = client.get(reverse(PAGES[name]), query).context["page"]
        found = client.get(f"/api/v1/{name}/", query).json()
        key = "id" if found["results"] and "id" in found["results"][0] else "number"
        shown = [getattr(row, "pk" if key == "id" else "number") for row in page.rows]
        assert [row[key] for row in found["results"]] == shown, (name, query)
        assert (found["count"], found["count_is_exact"]) == (page.count, page.count_is_exact)
        return shown

    for name in PAGES:
        rows = both(name, {})
        for key in viewsets[name].orders:
            if name != "reports":  # the page has one order
                assert sorted(both(name, {"sort": key})) == sorted(both(name, {"sort": f"-{key}"})) == sorted(rows)
        for query in samples(client.get(reverse(PAGES[name])).context["filter"]):
            if both(name, dict([query])) != rows:
                narrowed.add(name)
    assert {"rounds", "units", "people", "petitions", "slips", "findings", "items"} <= narrowed


def test_a_token_can_be_limited_to_every_resource_there_is(settings):
    assert [name for name, _viewset, _basename in api_router().registry] == [code for code, _label in settings.API_RESOURCES]
