"""Setting a mailbox up. The password is sealed and never shown again."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from inspection.trail.recording import record
from inspection.vault import envelopes
from petitions.models import MailAccount
from rounds import access as rounds_access


@transaction.atomic
def save(account: MailAccount, *, by, password: str = "") -> MailAccount:
    """Save a new or changed account; an empty password keeps the one there is. Raises PermissionDenied."""
    if not rounds_access.may_configure(by):
        raise PermissionDenied("mail account")
    verb = "create" if account.pk is None else "edit"
    if password and account.pk is None:
        account.password = envelopes.seal("mail.password", account.owner, {"password": password})
    elif password:
        envelopes.reseal(account.password, account.owner, {"password": password})
    account.last_error = ""
    account.save()
    record(verb, account, by=by, facts={"channel": account.channel_id, "password_changed": bool(password)})
    return account
