"""Petitions as they lie in the register, for tests of what is made of them."""

from django.utils import timezone

from inspection.vault import envelopes
from petitions.models import Exclusion, Petition


def petition(world, assignment=None, *, names=(), state=Petition.State.CHECKING, **columns) -> Petition:
    """A petition about `assignment` (unit_a unless told) that keeps the users `names` out."""
    assignment = assignment or world.assignment_a
    made = Petition(
        number=f"{assignment.group.round.code}-{timezone.localdate().year}-{Petition.objects.count() + 9001:04d}",
        assignment=assignment,
        channel_kind="letter",
        received_at=timezone.now(),
        registered_by=world.office,
        state=state,
        state_at=timezone.now(),
        state_by=world.office,
        **columns,
    )
    said = {"subject": "反映接待费用问题", "text": "反映某局公务接待超标准。", "persons": []}
    made.content = envelopes.seal("petition", made.owner, said)
    made.save()
    for user in names:
        Exclusion.objects.create(petition=made, user=user, ground=Exclusion.Ground.NAMED)
    return made
