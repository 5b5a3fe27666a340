"""Rows of the ground floor's pages."""

from inspection.outbox.models import Notice
from tests.permissions import Row, some

EVERYBODY = {"expected": {}, "otherwise": 200}


def a_token(world):
    """A token of the office's."""
    world.token, _raw = world.office.tokens.issue(world.office, "脚本", "2099-01-01T00:00:00Z")


def a_notice(world):
    """A notice to the office."""
    world.notice = Notice.objects.create(
        user=world.office, code="x", object_type="rounds.assignment", object_id=1, number="T01", url="/"
    )


ROWS = [
    Row("home", **EVERYBODY),
    Row("notices", **EVERYBODY),
    Row("notice", some(302, "office"), 404, args=lambda world: [world.notice.pk], method="post", things=a_notice),
    Row("audit", some(200, "auditor"), 403),
    Row("audit-export", some(200, "auditor"), 403),
    Row("healthz", **EVERYBODY),
    Row("readyz", **EVERYBODY),
    Row("accounts:login", {}, 302, note="signed in already: on to the work list"),
    Row("accounts:confirm", **EVERYBODY),
    Row("accounts:logout", {}, 302, method="post"),
    Row("accounts:language", {}, 302, method="post"),
    Row("accounts:profile", **EVERYBODY),
    Row("accounts:password", **EVERYBODY),
    Row("accounts:tokens", **EVERYBODY),
    Row("accounts:revoke-token", some(302, "office"), 404, args=lambda world: [world.token.pk], method="post", things=a_token),
    Row("api-root", **EVERYBODY),
    Row("api-schema", extra={"HTTP_ACCEPT": "application/json"}, **EVERYBODY),
    Row("api-docs", **EVERYBODY),
]
