"""Who may do what to findings, clues, feedback and rectification items."""

from django.utils.translation import gettext_lazy as _

from petitions.models import Exclusion
from rectification.models import Clue, Feedback, Finding, Item
from rounds import access as rounds_access
from rounds.models import Assignment


def _named_in(user) -> frozenset[int]:
    """Ids of the petitions that are kept from the user. Cached on the user: hardly anybody is named anywhere, so a list of papers
    or clues costs one query instead of one for each row.
    """
    if not hasattr(user, "_named_in"):
        user._named_in = frozenset(Exclusion.objects.filter(user=user).values_list("petition", flat=True))
    return user._named_in


def excluded_from_finding(user, finding: Finding) -> bool:
    """Whether a petition that the paper rests on is kept from the user."""
    named_in = _named_in(user)
    return bool(named_in) and finding.source_links.filter(petition__in=named_in).exists()


def excluded_from_clue(user, clue: Clue) -> bool:
    """Whether the clue names the user or a declared relative, or a source petition of it, or of its paper, does."""
    if not hasattr(user, "_kept_from_clues"):
        user._kept_from_clues = frozenset(Clue.kept_from.through.objects.filter(user=user).values_list("clue", flat=True))
    if clue.pk in user._kept_from_clues or clue.petition_id in _named_in(user):
        return True
    return clue.finding_id is not None and excluded_from_finding(user, clue.finding)


def may_draft(user, assignment) -> bool:
    """The people of the unit's group write papers, from entry until the report is decided."""
    return rounds_access.works_on(user, assignment) and assignment.state in (
        Assignment.State.ON_SITE,
        Assignment.State.REPORTING,
    )


def may_edit(user, finding: Finding) -> bool:
    """The people of the unit's group."""
    return rounds_access.works_on(user, finding.assignment) and not excluded_from_finding(user, finding)


may_edit.who = _("组内人员")


def may_sign(user, finding: Finding) -> bool:
    """Only the leader of the unit's group signs (组长负责制)."""
    return rounds_access.is_leader(user, finding.assignment) and not excluded_from_finding(user, finding)


may_sign.who = _("组长")


def may_judge(user, finding: Finding) -> bool:
    """The leader or deputy of the unit's group."""
    return rounds_access.leads(user, finding.assignment) and not excluded_from_finding(user, finding)


may_judge.who = _("组长或副组长")


def may_propose_clue(user, obj) -> bool:
    """The leader or deputy of the unit's group."""
    return rounds_access.leads(user, obj.assignment)


may_propose_clue.who = _("组长或副组长")


def may_propose_on(user, assignment) -> bool:
    """The leader or deputy of the unit's group, from entry until the file is archived."""
    return rounds_access.leads(user, assignment) and assignment.state not in (
        Assignment.State.PLANNED,
        Assignment.State.PREPARING,
    )


def may_take_back(user, finding: Finding) -> bool:
    """The head of the office, by withdrawing the clue that the paper became."""
    return rounds_access.heads_office(user, finding.assignment)


def may_approve_clue(user, clue: Clue) -> bool:
    """The head of the office, who is not the one who proposed it."""
    heads = rounds_access.heads_office(user, clue.assignment)
    return heads and clue.proposed_by_id != user.pk and not excluded_from_clue(user, clue)


may_approve_clue.who = _("巡视办负责人（非提出人）")


def may_hand_over(user, clue: Clue) -> bool:
    """The inspection office hands clues over and follows them."""
    return rounds_access.in_office(user, clue.assignment) and not excluded_from_clue(user, clue)


may_hand_over.who = _("巡视办")


def may_write_feedback(user, assignment) -> bool:
    """The inspection office or the group's leaders."""
    return rounds_access.in_office(user, assignment) or rounds_access.leads(user, assignment)


def may_edit_feedback(user, feedback: Feedback) -> bool:
    """The inspection office or the group's leaders."""
    return may_write_feedback(user, feedback.assignment)


may_edit_feedback.who = _("巡视办或组长、副组长")


def may_approve_feedback(user, feedback: Feedback) -> bool:
    """The head of the office, who did not draft it."""
    return rounds_access.heads_office(user, feedback.assignment) and feedback.drafted_by_id != user.pk


may_approve_feedback.who = _("巡视办负责人（非起草人）")


def may_deliver(user, feedback: Feedback) -> bool:
    """The inspection office or the group's leaders."""
    return may_write_feedback(user, feedback.assignment)


may_deliver.who = _("巡视办或组长、副组长")


def liaises_for(user, assignment) -> bool:
    """Is the liaison of the unit of `assignment`. One query a request, however many rows and steps ask."""
    if not hasattr(user, "_liaises_for"):
        user._liaises_for = frozenset(user.liaison_of.values_list("unit", flat=True))
    return assignment.unit_id in user._liaises_for


def inspects(user, assignment) -> bool:
    """The office, and the group while it is authorised: those who may know where an item comes from and who judged it."""
    return rounds_access.in_office(user, assignment) or rounds_access.works_on(user, assignment)


def reads_inside(user) -> bool:
    """Whether lists show `user` what the unit does not see; a liaison sees the unit's side alone. One query a request."""
    if not hasattr(user, "_reads_inside"):
        user._reads_inside = user.has_role("office", "chief") or Assignment.objects.any_appointed(user)
    return user._reads_inside


def may_list_items(user) -> bool:
    """Whether rectification is any of the user's business: those who inspect, and liaisons of units."""
    return reads_inside(user) or user.liaison_of.exists()


def may_fill(user, item: Item) -> bool:
    """The unit's liaison, or the office on paper the unit sent in."""
    return liaises_for(user, item.assignment) or rounds_access.in_office(user, item.assignment)


may_fill.who = _("单位联络员（或巡视办代填）")


def may_verify(user, item: Item) -> bool:
    """The office or the group; never who applied to close it."""
    return inspects(user, item.assignment) and item.applied_by_id != user.pk


may_verify.who = _("巡视办或巡视组（非申请人）")


def may_close(user, item: Item) -> bool:
    """The office; never who applied nor who verified."""
    return rounds_access.in_office(user, item.assignment) and user.pk not in (item.applied_by_id, item.verified_by_id)


may_close.who = _("巡视办（非申请人、验收人）")


def may_oversee(user, item: Item) -> bool:
    """The head of the office approves extensions, long-term items and reopening."""
    return rounds_access.heads_office(user, item.assignment)


may_oversee.who = _("巡视办负责人")


def may_add_item(user, assignment) -> bool:
    """The inspection office."""
    return rounds_access.in_office(user, assignment)
