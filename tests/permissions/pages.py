"""Rows of the ground floor's pages."""

import datetime as dt

from django.utils import timezone

from inspection.accounts.models import Session
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


def a_passkey(world):
    """A passkey of the office's."""
    world.passkey = world.office.passkeys.create(label="电脑", host="testserver", credential_id="AAAA", public_key=b"x")


def a_session(world):
    """A session of the office's, in another browser."""
    expires = timezone.now() + dt.timedelta(hours=1)
    world.session = Session.objects.create(session_key="a" * 40, user=world.office, expire_date=expires)


ROWS = [
    Row("home", **EVERYBODY),
    Row("notices", **EVERYBODY),
    Row("notice", some(302, "office"), 404, args=lambda world: [world.notice.pk], method="post", things=a_notice),
    Row("audit", some(200, "auditor"), 403),
    Row("audit-export", some(200, "auditor"), 403),
    Row("audit-export-lines", some(200, "auditor"), 403),
    Row("audit-verify", some(302, "auditor"), 403, method="post"),
    Row("audit-verification", some(302, "auditor"), 403, note="a part of /audit/"),
    Row("healthz", **EVERYBODY),
    Row("readyz", **EVERYBODY),
    Row("accounts:login", {}, 302, note="signed in already: on to the work list"),
    Row("accounts:confirm", **EVERYBODY),
    Row("accounts:logout", {}, 302, method="post"),
    Row("accounts:language", {}, 302, method="post"),
    Row("accounts:second", {}, 302, note="signed in already: on to the work list"),
    Row("accounts:enrol", {}, 302, note="signed in already: on to the work list"),
    Row("accounts:profile", **EVERYBODY),
    Row("accounts:security", **EVERYBODY),
    Row("accounts:add-app", **EVERYBODY),
    Row("accounts:remove-app", {}, 302, method="post"),
    Row("accounts:add-passkey", **EVERYBODY),
    Row("accounts:remove-passkey", some(302, "office"), 404, lambda world: [world.passkey.pk], "post", things=a_passkey),
    Row("accounts:new-codes", {}, 302, method="post"),
    Row("accounts:end-session", some(302, "office"), 404, lambda world: [world.session.pk], "post", things=a_session),
    Row("accounts:end-sessions", {}, 302, method="post"),
    Row("accounts:password", **EVERYBODY),
    Row("accounts:tokens", **EVERYBODY),
    Row("accounts:revoke-token", some(302, "office"), 404, args=lambda world: [world.token.pk], method="post", things=a_token),
    Row("api-root", **EVERYBODY),
    Row("api-schema", extra={"HTTP_ACCEPT": "application/json"}, **EVERYBODY),
    Row("api-docs", **EVERYBODY),
]
