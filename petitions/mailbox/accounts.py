"""Setting a mailbox up. The password is sealed and never shown again."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from inspection.trail.recording import record
from inspection.vault import envelopes
from petitions.models import MailAccount
from rounds import access as rounds_access

PLACE = ("host", "port", "username", "folder")


@transaction.atomic
def save(account: MailAccount, *, by, password: str = "") -> MailAccount:
    """Save a new or changed account; an empty password keeps the one there is, as long as it still goes to the same server.

    Raises PermissionDenied; ValidationError (new_password) when server or user name change and the password is not given again:
    otherwise whoever configures could have it sent to a server of their own.
    """
    if not rounds_access.may_configure(by):
        raise PermissionDenied("mail account")
    before = MailAccount.objects.select_for_update().filter(pk=account.pk).first()
    moved = before is not None and any(getattr(before, name) != getattr(account, name) for name in PLACE)
    if moved and not password and (before.host, before.port, before.username) != (account.host, account.port, account.username):
        raise ValidationError({"new_password": [_("更改服务器、端口或用户名时，须重新填写密码。")]})
    if password and before is None:
        account.password = envelopes.seal("mail.password", account.owner, {"password": password})
    elif password:
        envelopes.reseal(account.password, account.owner, {"password": password})
    if moved:
        # UIDs of another mailbox mean other mails, even where its UIDVALIDITY happens to be the same.
        account.items.update(uidvalidity=-F("pk"))
    account.last_error = ""
    account.save()
    facts = {"channel": account.channel_id, "password_changed": bool(password), "moved": moved}
    record("create" if before is None else "edit", account, by=by, facts=facts)
    return account
