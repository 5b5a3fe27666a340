"""Who may do what to petitions and transfer slips. Every predicate asks first whether the petition is in the user's sight at all."""

from petitions.models import Petition, TransferSlip
from rounds import access as rounds_access
from rounds.models import Appointment

TRIAGE_POSTS = (Appointment.Post.LEADER, Appointment.Post.DEPUTY, Appointment.Post.COORDINATOR)


def excluded(user, petition: Petition) -> bool:
    """Whether the petition names the user or a declared relative. Cached on the petition per user."""
    cache = petition.__dict__.setdefault("_excluded", {})
    if user.pk not in cache:
        cache[user.pk] = petition.pk is not None and petition.exclusions.filter(user=user).exists()
    return cache[user.pk]


def may_see(user, petition: Petition) -> bool:
    """The office, and the group while it is authorised; never a person the petition names."""
    assignment = petition.assignment
    in_scope = rounds_access.in_office(user, assignment) or rounds_access.works_on(user, assignment)
    return in_scope and not excluded(user, petition)


def may_register(user, assignment) -> bool:
    """Office staff and the unit's group register petitions."""
    return rounds_access.in_office(user, assignment) or rounds_access.works_on(user, assignment)


def may_correct(user, petition: Petition) -> bool:
    """Whoever may register here corrects, with a reason."""
    return may_see(user, petition)


def may_triage(user, petition: Petition) -> bool:
    """The office, or the group's leader, deputy or coordinator."""
    if not may_see(user, petition):
        return False
    posts = rounds_access.posts_on(user, petition.assignment)
    return rounds_access.in_office(user, petition.assignment) or not posts.isdisjoint(TRIAGE_POSTS)


def may_handle(user, petition: Petition) -> bool:
    """The people of the unit's group."""
    return may_see(user, petition) and rounds_access.works_on(user, petition.assignment)


def may_decide(user, petition: Petition) -> bool:
    """The group's leader or deputy, or the head of the office."""
    assignment = petition.assignment
    return may_see(user, petition) and (
        rounds_access.leads(user, assignment) or rounds_access.heads_office(user, assignment)
    )


def may_extend(user, petition: Petition) -> bool:
    """Only the head of the office approves an extension (信访工作条例 art. 34)."""
    return may_see(user, petition) and rounds_access.heads_office(user, petition.assignment)


def may_follow_slip(user, slip: TransferSlip) -> bool:
    """Whoever triages the petition follows its slips: the office, or the group's leader, deputy or coordinator."""
    return may_triage(user, slip.petition)


def may_import(user, assignment) -> bool:
    """Sheets are imported by the office and the group's coordinator or leaders."""
    posts = rounds_access.posts_on(user, assignment)
    return rounds_access.in_office(user, assignment) or not posts.isdisjoint(TRIAGE_POSTS)
