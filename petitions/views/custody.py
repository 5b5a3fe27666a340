"""What the petition's page says about its custody: requests to see who wrote, holds and disposals."""

from petitions import access
from petitions.models import Petition
from petitions.queries import OPEN
from petitions.workflow.disposal import against


def card(user, petition: Petition, there: dict) -> dict:
    """For `petitions/petition_custody.html`. That a request exists and how it stands is no secret; who wrote is.

    there  whether there are any "requests" and any "disposals"
    """
    asked = list(petition.identity_requests.select_related("asked_by", "decided_by")) if there["requests"] else []
    own = [request for request in asked if request.asked_by_id == user.pk]
    for request in own:
        request.petition = petition
    live = [request for request in own if request.state == request.State.REQUESTED or request.is_open]
    disposals = []
    if there["disposals"]:
        disposals = list(petition.disposals.select_related("proposed_by", "approved_by", "destroyed_by"))
    may_propose = access.may_propose_disposal(user, petition)
    return {
        "requests": asked,
        "known": {request.pk for request in asked if request in own or access.keeps_identities(user)},
        "may_ask": not live and access.may_ask_identity(user, petition),
        "open": next((request for request in live if access.may_look(user, request)), None),
        "disposals": disposals,
        "stub": next((disposal for disposal in disposals if disposal.state == disposal.State.DESTROYED), None),
        "may_propose": may_propose and not any(row.state in row.LIVE for row in disposals) and not _never_yet(petition),
        "may_hold": may_propose and not petition.on_hold and petition.state not in OPEN,
        "may_lift": petition.on_hold and access.may_lift_hold(user, petition),
    }


def _never_yet(petition: Petition) -> bool:
    """Whether something stands against destroying it whatever the ground: then no button is offered."""
    return bool(against(petition, "wrong_entry"))
