"""Accounts and roles. A live account takes two: the system administrator makes it, the security administrator enables it."""

import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from inspection.accounts import attempts, factors, sessions
from inspection.accounts.models import ApiToken, RoleGrant, User
from inspection.accounts.roles import DEMANDING, Role
from inspection.outbox.posting import post
from inspection.trail.recording import record
from rounds import access
from rounds.models import Appointment
from rounds.people import became_known, heads_of_office
from rounds.workflow.keeping import change, permit, put

READING = (Role.OFFICE, Role.CHIEF, Role.CUSTODIAN)
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are mistaken for one another on paper


def new_password() -> str:
    """A first password to read out: four groups of four, about 79 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _place in range(4)) for _group in range(4))


@transaction.atomic
def create_account(*, by, username: str, name: str, language: str = "zh-hans") -> tuple[User, str]:
    """Make an account without roles, disabled until the security administrator enables it. Returns it and its first password."""
    permit(access.may_make_accounts(by), "create account")
    password = new_password()
    user = User(username=username, name=name, language=language, is_active=False, must_change_password=True)
    user.set_password(password)
    put(user, "create_account", by=by, facts={"user": username})
    return user, password


@transaction.atomic
def rename_account(user: User, *, by, name: str) -> User:
    """Correct the name of who holds the account."""
    permit(access.may_make_accounts(by), "rename account", user)
    change(user, "edit_account", {"name": name}, by=by, facts={"user": user.username})
    became_known(user)
    return user


@transaction.atomic
def reset_password(user: User, *, by) -> str:
    """Give a new first password and disable the account until the security administrator has made sure whose hands it is in."""
    permit(access.may_make_accounts(by) and user.pk != by.pk, "reset password", user)
    password = new_password()
    user.set_password(password)
    user.must_change_password, user.is_active = True, False
    user.save(update_fields=["password", "must_change_password", "is_active"])
    _shut_out(user)
    record("reset_password", user, by=by, facts={"user": user.username})
    return password


def _shut_out(user: User) -> None:
    """End every session and token: whoever had a hand on the account may have made one to come back by."""
    sessions.end_all(user)
    ApiToken.objects.end_all(user)


@transaction.atomic
def set_active(user: User, *, by, active: bool) -> User:
    """Enable or disable an account, nobody one's own. A disabled account's tokens do not come back with it."""
    permit(access.may_grant(by, user), "enable account", user)
    change(user, "enable_account" if active else "disable_account", {"is_active": active}, by=by, facts={"user": user.username})
    became_known(user)
    if not active:
        _shut_out(user)
    return user


@transaction.atomic
def reset_second_factor(user: User, *, by, reason: str) -> None:
    """Take away the second factors of somebody who has lost them, and end their sessions and tokens; they set up new ones.

    Whoever lets others in does not also hold the keys: nobody for oneself. The person is told, so that a reset that was talked
    out of the administrator by a stranger comes to light.
    """
    permit(access.may_grant(by, user), "reset second factor", user)
    if not factors.is_set_up(user):
        raise ValidationError(_("该账号没有设置第二重验证。"))
    factors.clear(user)
    _shut_out(user)
    entry = record("reset_second_factor", user, by=by, facts={"user": user.username}, note=reason)
    _tell(user, "rounds.second_factor_reset", user, entry, reverse("accounts:security"))


def _tell(reader: User, code: str, user: User, entry, url: str) -> None:
    """Put a notice about the account `user` into the in-box of `reader`; `entry` is the act it tells of."""
    about = {"object_type": user._meta.label_lower, "object_id": user.pk, "number": user.username}
    post("notice", f"notice:{code}:{entry.pk}:{reader.pk}", {"user": reader.pk, "code": code, "url": url} | about)


@transaction.atomic
def unlock(user: User, *, by) -> None:
    """Let somebody who mistyped too often try again at once. Raises ValidationError when nothing waits."""
    permit(access.may_grant(by, user), "unlock", user)
    if not attempts.forget(user):
        raise ValidationError(_("该账号现在没有暂缓登录。"))
    record("unlock", user, by=by, facts={"user": user.username})


@transaction.atomic
def end_sessions(user: User, *, by) -> None:
    """Sign somebody out wherever they are signed in. Their programs go on."""
    permit(access.may_grant(by, user), "end sessions", user)
    record("sign_out_everywhere", user, by=by, facts={"user": user.username, "count": sessions.end_all(user)})


@transaction.atomic
def grant_role(user: User, role: str, *, by) -> RoleGrant:
    """Give an office-wide role; for one that asks for a second factor the person signs in anew. Of one that reads cases or opens
    identities the heads of the office are told: the security administrator gives it alone.

    Raises ValidationError where the three administrators would not stay apart from one another and from cases, or a liaison
    from the office; PermissionDenied for one's own account.
    """
    permit(access.may_grant(by, user), "grant role", user)
    held = set(User.objects.select_for_update().get(pk=user.pk).grants.values_list("role", flat=True))
    if role in held:
        raise ValidationError({"role": _("该账号已有这个角色。")})
    if held and (role in access.ADMINISTRATORS or held & access.ADMINISTRATORS):
        raise ValidationError({"role": _("系统、安全、审计管理员三员分立，不得兼任其他角色。")})
    if role in access.ADMINISTRATORS and Appointment.objects.of(user).filter(revoked_at=None).exists():
        raise ValidationError({"role": _("该账号对应人员编在巡视巡察组内，不得担任管理员。")})
    if role == Role.LIAISON and (held or Appointment.objects.of(user).filter(revoked_at=None).exists()):
        raise ValidationError({"role": _("被巡视单位联络员不得兼任其他角色或编入巡视巡察组。")})
    if Role.LIAISON in held:
        raise ValidationError({"role": _("被巡视单位联络员不得兼任其他角色或编入巡视巡察组。")})
    grant = RoleGrant(user=user, role=role, granted_by=by)
    grant.full_clean()
    grant.save()
    user.__dict__.pop("roles", None)
    if role in DEMANDING and user.needs_second_factor and not factors.is_set_up(user):
        _shut_out(user)  # neither a session nor a token got by a password alone must gain such a role
    entry = record("grant_role", user, by=by, facts={"user": user.username, "role": role})
    became_known(user)
    if role in READING:
        for head in heads_of_office(but=user):
            _tell(head, "rounds.role_granted", user, entry, reverse("rounds:roles"))
    return grant


@transaction.atomic
def revoke_role(user: User, role: str, *, by) -> None:
    """Take a role back; the right is gone with the next request. Raises ValidationError when it is not held."""
    permit(access.may_grant(by, user), "revoke role", user)
    if not user.grants.filter(role=role).delete()[0]:
        raise ValidationError({"role": _("该账号没有这个角色。")})
    user.__dict__.pop("roles", None)
    record("revoke_role", user, by=by, facts={"user": user.username, "role": role})
