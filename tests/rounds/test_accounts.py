"""Accounts and roles: two administrators make one live account, and the three stay apart from each other and from cases."""

import datetime as dt
import time

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from inspection.accounts import attempts, factors
from inspection.accounts.models import RoleGrant, User
from inspection.accounts.roles import Role
from inspection.outbox.delivery import deliver_ready
from inspection.outbox.models import Notice
from inspection.trail.models import Entry
from rounds.workflow import (
    create_account,
    end_sessions,
    grant_role,
    rename_account,
    reset_password,
    reset_second_factor,
    revoke_role,
    set_active,
    unlock,
)
from tests.cast import make_user


def test_a_live_account_takes_two(world, client):
    user, password = create_account(by=world.admin, username="newcomer", name="新人")
    assert not client.login(username="newcomer", password=password)
    with pytest.raises(PermissionDenied):
        set_active(user, by=world.admin, active=True)
    set_active(user, by=world.secadmin, active=True)
    assert client.login(username="newcomer", password=password)
    assert client.get("/").status_code == 302  # to the page that changes the password
    assert user.roles == frozenset()
    assert list(Entry.objects.about(user).values_list("verb", flat=True)) == ["create_account", "enable_account"]
    assert password not in str(list(Entry.objects.values_list("facts", flat=True)))


@pytest.mark.parametrize("who", ["secadmin", "auditor", "office", "chief", "leader1", "outsider"])
def test_who_makes_no_accounts(world, who):
    with pytest.raises(PermissionDenied):
        create_account(by=getattr(world, who), username="x1", name="甲")
    with pytest.raises(PermissionDenied):
        reset_password(world.member1, by=getattr(world, who))


@pytest.mark.parametrize("username", ["office", "有 空格", "", "a" * 151, "a\x00b", "emoji😀"])
def test_names_that_cannot_be(world, username):
    with pytest.raises(ValidationError) as refused:
        create_account(by=world.admin, username=username, name="甲")
    assert list(refused.value.message_dict) == ["username"]


def test_a_new_password_locks_until_the_other_administrator_opens(world, client):
    client.force_login(world.member1)
    password = reset_password(world.member1, by=world.admin)
    assert client.get("/").status_code == 302  # signed out
    assert not client.login(username="member1", password=password)
    with pytest.raises(PermissionDenied):
        reset_password(world.admin, by=world.admin)


def test_a_token_is_no_way_back_into_an_account_that_was_shut(world, client):
    """Whoever got in with a stolen password or session may have made a token: it must not outlive the reset, nor gain a role."""

    def token(user) -> str:
        return user.tokens.issue(user, "脚本", timezone.now() + dt.timedelta(days=30))[1]

    def status(raw: str) -> int:
        return client.get("/api/v1/rounds/", headers={"Authorization": f"Token {raw}"}).status_code

    factors.add_authenticator(world.member1, secret := factors.new_secret(), factors._totp(secret).generate(time.time()).decode())
    shut = (
        lambda: reset_password(world.member1, by=world.admin),
        lambda: set_active(world.member1, by=world.secadmin, active=False),
        lambda: reset_second_factor(world.member1, by=world.secadmin, reason="手机丢失"),
    )
    for act in shut:
        raw = token(world.member1)
        assert status(raw) == 200
        act()
        User.objects.filter(pk=world.member1.pk).update(is_active=True, must_change_password=False)
        world.member1.refresh_from_db()
        assert status(raw) == 401
    raw = token(world.outsider)
    grant_role(world.outsider, Role.CUSTODIAN, by=world.secadmin)
    assert status(raw) == 401


def test_roles_are_granted_and_taken_back(world):
    grant_role(world.outsider, Role.OFFICE, by=world.secadmin)
    assert User.objects.get(pk=world.outsider.pk).has_role("office")
    with pytest.raises(ValidationError):
        grant_role(world.outsider, Role.OFFICE, by=world.secadmin)
    revoke_role(world.outsider, Role.OFFICE, by=world.secadmin)
    with pytest.raises(ValidationError):
        revoke_role(world.outsider, Role.OFFICE, by=world.secadmin)
    assert not User.objects.get(pk=world.outsider.pk).roles
    assert [entry.facts["role"] for entry in Entry.objects.about(world.outsider)] == ["office", "office"]


def test_the_head_of_the_office_is_told_of_a_role_that_reads_cases(world):
    """The security administrator gives roles alone: an accomplice must not begin to read unnoticed."""
    grant_role(world.outsider, Role.OFFICE, by=world.secadmin)
    grant_role(world.member2, Role.CHIEF, by=world.secadmin)
    grant_role(make_user("second", "管理员二"), Role.SYSADMIN, by=world.secadmin)
    deliver_ready()
    told = Notice.objects.filter(code="rounds.role_granted")
    assert set(told.values_list("user", "number")) == {(world.chief.pk, "outsider"), (world.chief.pk, "member2")}
    assert told.count() == 2


@pytest.mark.parametrize("who", ["admin", "auditor", "office", "chief", "leader1"])
def test_only_the_security_administrator_grants(world, who):
    with pytest.raises(PermissionDenied):
        grant_role(world.outsider, Role.OFFICE, by=getattr(world, who))
    with pytest.raises(PermissionDenied):
        revoke_role(world.office2, Role.OFFICE, by=getattr(world, who))


def test_nobody_grants_to_oneself(world):
    with pytest.raises(PermissionDenied):
        grant_role(world.secadmin, Role.AUDITOR, by=world.secadmin)
    with pytest.raises(PermissionDenied):
        set_active(world.secadmin, by=world.secadmin, active=False)


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("who", ["admin", "auditor", "office", "chief", "custodian", "liaison_a", "member1"])
def test_the_administrators_stay_apart(world, who, role):
    user = getattr(world, who)
    held = set(user.roles)
    administrators = {"sysadmin", "secadmin", "auditor"}
    serves = who == "member1"
    forbidden = (
        role in held
        or (held and role in administrators)
        or held & administrators
        or (serves and role in administrators | {"liaison"})
        or (held and role == "liaison")
        or "liaison" in held
    )
    if forbidden:
        with pytest.raises(ValidationError):
            grant_role(user, role, by=world.secadmin)
        assert set(RoleGrant.objects.filter(user=user).values_list("role", flat=True)) == held
    else:
        grant_role(user, role, by=world.secadmin)


def test_an_unknown_role(world):
    with pytest.raises(ValidationError):
        grant_role(world.outsider, "king", by=world.secadmin)


def test_renaming(world):
    rename_account(world.member1, by=world.admin, name="组员改名")
    rename_account(world.member1, by=world.admin, name="组员改名")
    assert Entry.objects.filter(verb="edit_account").count() == 1


def test_a_role_that_asks_for_a_second_factor_ends_sessions_that_had_none(world, client):
    client.force_login(world.outsider)
    grant_role(world.outsider, Role.OFFICE, by=world.secadmin)
    assert client.get("/").status_code == 200
    grant_role(world.outsider, Role.CUSTODIAN, by=world.secadmin)
    assert client.get("/").status_code == 302
    world.chief.passkeys.create(label="钥匙", host="h", credential_id="A", public_key=b"k")
    client.force_login(world.chief)
    grant_role(world.chief, Role.CUSTODIAN, by=world.secadmin)
    assert client.get("/").status_code == 200, "who has one already stays"


def test_a_lost_second_factor_is_reset_by_the_other_administrator_and_the_person_is_told(world, client):
    world.auditor.passkeys.create(label="钥匙", host="h", credential_id="A", public_key=b"k")
    factors.new_recovery_codes(world.auditor)
    client.force_login(world.auditor)
    for who in ("admin", "chief", "auditor"):
        with pytest.raises(PermissionDenied):
            reset_second_factor(world.auditor, by=getattr(world, who), reason="手机丢失")
    reset_second_factor(world.auditor, by=world.secadmin, reason="手机丢失")
    assert not factors.is_set_up(world.auditor) and not world.auditor.recovery_codes.exists()
    assert client.get("/").status_code == 302, "signed out"
    entry = Entry.objects.about(world.auditor).get(verb="reset_second_factor")
    assert entry.note_text == "手机丢失" and "手机" not in str(entry.facts)
    deliver_ready()
    assert "第二重验证已由安全管理员重置" in world.auditor.notices.get().sentence
    with pytest.raises(ValidationError):
        reset_second_factor(world.auditor, by=world.secadmin, reason="再来一次")


def test_who_waits_is_listed_and_let_in_by_the_security_administrator(world, client):
    world.office.attempts.create(key="k", count=9, failed_at=timezone.now(), until=timezone.now() + dt.timedelta(minutes=9))
    client.force_login(world.secadmin)
    listed = client.get("/users/?active=waits").content.decode()
    assert "办公室甲" in listed and "办公室乙" not in listed
    page = f"/users/{world.office.pk}/"
    assert "之前不受理" in client.get(page).content.decode()
    with pytest.raises(PermissionDenied):
        unlock(world.office, by=world.admin)
    client.post(f"{page}unlock/")
    assert attempts.waits_until(world.office) is None
    assert "没有暂缓登录" in client.post(f"{page}unlock/", follow=True).content.decode()
    assert [entry.verb for entry in Entry.objects.about(world.office)] == ["unlock"]


def test_signing_somebody_out_everywhere(world, client):
    client.force_login(world.office)
    with pytest.raises(PermissionDenied):
        end_sessions(world.office, by=world.admin)
    end_sessions(world.office, by=world.secadmin)
    assert client.get("/").status_code == 302
    assert Entry.objects.about(world.office).get().facts["count"] == 1
