"""What tests of the petitions floor are made of."""

from django.db import transaction
from django.utils import timezone

from inspection.vault import envelopes
from inspection.workflow import begin
from petitions.models import Petition


def make_petition(
    assignment, by, *, subject="占道经营无人管", text="集市门口常年占道。", persons=(), reporter=None, days_ago=3, number=None
):
    petition = Petition(
        number=number or f"T01-{Petition.objects.count() + 1:04d}",
        assignment=assignment,
        channel_kind="letter",
        received_at=timezone.now() - timezone.timedelta(days=days_ago),
        registered_by=by,
        decide_by=timezone.localdate(),
    )
    petition.content = envelopes.seal(
        "petition.said", petition.owner, {"subject": subject, "text": text, "persons": list(persons)}
    )
    if reporter:
        petition.identity = envelopes.seal("petition.who", petition.owner, reporter)
    with transaction.atomic():
        return begin(petition, by=by, verb="register")
