"""Who may do what to petitions and transfer slips. Every predicate asks first whether the petition is in the user's sight."""

from django.utils.translation import gettext_lazy as _

from inspection import marks
from inspection.accounts.roles import Role
from petitions.models import Disposal, Exclusion, IdentityRequest, Lifting, OriginalRelease, Petition, TransferSlip
from rounds import access as rounds_access
from rounds.models import Appointment, Assignment
from rounds.queries import standing

TRIAGE_POSTS = (Appointment.Post.LEADER, Appointment.Post.DEPUTY, Appointment.Post.COORDINATOR)


def excluded(user, petition: Petition) -> bool:
    """Whether the petition names the user or a declared relative. Cached on the petition per user."""
    cache = petition.__dict__.setdefault("_excluded", {})
    if user.pk not in cache:
        cache[user.pk] = petition.pk is not None and petition.exclusions.filter(user=user).exists()
    return cache[user.pk]


def known_visible(user, petitions) -> None:
    """Note on petitions that came out of `visible_to(user)` that they do not exclude `user`: saves a query a row."""
    for petition in petitions:
        petition.__dict__.setdefault("_excluded", {})[user.pk] = False


def may_see(user, petition: Petition) -> bool:
    """The office, and the group while it is authorised; never a person the petition names."""
    assignment = petition.assignment
    in_scope = rounds_access.in_office(user, assignment) or rounds_access.works_on(user, assignment)
    return in_scope and not excluded(user, petition)


def may_list(user) -> bool:
    """Whether petitions are any of the user's business: the office, and whoever is appointed to a group today."""
    return standing(user).sees_all or Assignment.objects.any_appointed(user)


def may_register(user, assignment) -> bool:
    """Office staff and the unit's group register petitions, until the file is archived."""
    if assignment.state == Assignment.State.ARCHIVED:
        return False
    return rounds_access.in_office(user, assignment) or rounds_access.works_on(user, assignment)


def may_triage_in(user, assignment) -> bool:
    """The office, or the group's leader, deputy or coordinator."""
    return rounds_access.in_office(user, assignment) or not rounds_access.posts_on(user, assignment).isdisjoint(TRIAGE_POSTS)


def may_correct(user, petition: Petition) -> bool:
    """Whoever may register here corrects, with a reason."""
    return may_see(user, petition)


def may_supplement(user, petition: Petition) -> bool:
    """Whoever may register here takes in what is handed in later, as long as the content is kept and the file is open."""
    return not petition.destroyed and may_see(user, petition) and may_register(user, petition.assignment)


def may_triage(user, petition: Petition) -> bool:
    """The office, or the group's leader, deputy or coordinator."""
    return may_see(user, petition) and may_triage_in(user, petition.assignment)


def may_handle(user, petition: Petition) -> bool:
    """The people of the unit's group."""
    return may_see(user, petition) and rounds_access.works_on(user, petition.assignment)


def may_decide(user, petition: Petition) -> bool:
    """The group's leader or deputy, or the head of the office."""
    assignment = petition.assignment
    decides = rounds_access.leads(user, assignment) or rounds_access.heads_office(user, assignment)
    return decides and may_see(user, petition) and not petition.destroyed


def may_extend(user, petition: Petition) -> bool:
    """Only the head of the office approves an extension (信访工作条例 art. 34)."""
    return may_see(user, petition) and rounds_access.heads_office(user, petition.assignment)


def may_recuse(user, petition: Petition) -> bool:
    """Whoever may read it says: this one concerns me."""
    return may_see(user, petition)


def may_see_exclusions(user, petition: Petition) -> bool:
    """The office, or the group's leader or deputy, who have to find somebody else to handle it."""
    answers = rounds_access.in_office(user, petition.assignment) or rounds_access.leads(user, petition.assignment)
    return answers and may_see(user, petition)


def may_lift(user, exclusion: Exclusion) -> bool:
    """The head of the office, who is not the one kept out."""
    petition = exclusion.petition
    return user.pk != exclusion.user_id and rounds_access.heads_office(user, petition.assignment) and may_see(user, petition)


def may_agree_to_lift(user, lifting: Lifting) -> bool:
    """A second person of the office or the group's leader or deputy: neither who asked, nor who was kept out."""
    return user.pk not in (lifting.asked_by_id, lifting.user_id) and may_see_exclusions(user, lifting.petition)


def may_follow_slip(user, slip: TransferSlip) -> bool:
    """Whoever triages the petition follows its slips: the office, or the group's leader, deputy or coordinator."""
    return may_triage(user, slip.petition)


def may_conclude_slip(user, slip: TransferSlip) -> bool:
    """Concluding a slip concludes the petition: whoever decides on the petition."""
    return may_decide(user, slip.petition)


def may_take_out(user, petitions) -> bool:
    """Whether the rows may go out as a workbook: work secrets only by the office, or by whoever leads the group of each."""
    closed = [mark for mark, rule in marks.RULES.items() if not rule.open_sheet]
    if user.has_role("office", "chief"):
        return True
    led = Appointment.objects.of(user).in_force().filter(post__in=rounds_access.CHIEFS)
    return not petitions.filter(mark__in=closed).exclude(assignment__group__in=led.values("group")).exists()


def may_lower_mark(user, petition: Petition) -> bool:
    """Whoever decides on it: the group's leader or deputy, or the head of the office. Raising is free."""
    return may_decide(user, petition)


def may_import_somewhere(user) -> bool:
    """Whether there is any assignment that the user may import into."""
    if user.has_role("office", "chief"):
        return True
    return Appointment.objects.of(user).in_force().filter(post__in=TRIAGE_POSTS).exists()


def may_read_raw_mail(user, assignment) -> bool:
    """Only the office: a raw mail shows who sent it."""
    return rounds_access.in_office(user, assignment)


def may_import_categories(user) -> bool:
    """The category list is configuration: whoever configures rounds."""
    return rounds_access.may_configure(user)


def may_import(user, assignment) -> bool:
    """Sheets are imported by the office and the group's coordinator or leaders."""
    return may_triage_in(user, assignment)


may_correct.who = may_supplement.who = _("登记人员")
may_triage.who = _("巡视办或组长、副组长、综合协调岗")
may_handle.who = _("本组人员")
may_decide.who = _("组长、副组长或巡视办负责人")
may_recuse.who = _("经办人员本人")
may_extend.who = _("巡视办负责人")
may_follow_slip.who = _("巡视办或组长、副组长、综合协调岗")
may_conclude_slip.who = _("组长、副组长或巡视办负责人")


def may_ask_identity(user, petition: Petition) -> bool:
    """Whoever answers for handling it: the office, or the group's leader or deputy; where anything about the reporter is kept."""
    assignment = petition.assignment
    answers = rounds_access.in_office(user, assignment) or rounds_access.leads(user, assignment)
    return petition.identity_id is not None and answers and may_see(user, petition)


def may_decide_identity(user, request: IdentityRequest) -> bool:
    """The identity custodian, or the head of the office where a custodian asks; never who asked, nor whom the petition names."""
    petition = request.petition
    if user.pk == request.asked_by_id or excluded(user, petition) or rounds_access.recused(user, petition.assignment):
        return False
    return user.has_role(Role.CHIEF if request.asked_by.has_role(Role.CUSTODIAN) else Role.CUSTODIAN)


def may_withdraw_identity(user, request: IdentityRequest) -> bool:
    """Who asked."""
    return user.pk == request.asked_by_id


def may_close_identity(user, request: IdentityRequest) -> bool:
    """Who asked, when done; or who decides on such requests."""
    return may_withdraw_identity(user, request) or may_decide_identity(user, request)


def may_look(user, request: IdentityRequest) -> bool:
    """Only who asked, while it is open, and only as long as the petition itself may be handled."""
    return request.is_open and user.pk == request.asked_by_id and may_ask_identity(user, request.petition)


def is_over(user, request: IdentityRequest) -> bool:
    """Nobody: the clock. Its time is over."""
    return not request.is_open


def may_decide_original(user, release: OriginalRelease) -> bool:
    """The head of the office, or the group's leader; never who asked."""
    petition = release.petition
    heads = rounds_access.heads_office(user, petition.assignment) or rounds_access.is_leader(user, petition.assignment)
    return user.pk != release.asked_by_id and heads and may_see(user, petition)


def may_withdraw_original(user, release: OriginalRelease) -> bool:
    """Who asked, while the slip may be followed."""
    return user.pk == release.asked_by_id and may_follow_slip(user, release.slip)


def may_hold(user, petition: Petition) -> bool:
    """The office keeps a petition from being destroyed."""
    return rounds_access.in_office(user, petition.assignment) and may_see(user, petition) and not petition.destroyed


def may_lift_hold(user, petition: Petition) -> bool:
    """Only the head of the office lets it be destroyed again."""
    return rounds_access.heads_office(user, petition.assignment) and may_see(user, petition)


def may_propose_disposal(user, petition: Petition) -> bool:
    """The office."""
    return rounds_access.in_office(user, petition.assignment) and may_see(user, petition) and not petition.destroyed


def keeps_identities(user) -> bool:
    """Custodians, and the head of the office, who hears of every approval."""
    return user.has_role(Role.CUSTODIAN, Role.CHIEF)


def may_list_identity(user) -> bool:
    """Whether requests to see who wrote are any of the user's business: custodians, and whoever may read petitions."""
    return user.has_role(Role.CUSTODIAN) or may_list(user)


def may_list_disposals(user) -> bool:
    """The office, custodians and the security administrator."""
    return user.has_role(Role.OFFICE, Role.CHIEF, Role.CUSTODIAN, Role.SECADMIN)


def may_approve_disposal(user, disposal: Disposal) -> bool:
    """The head of the office, who did not propose it."""
    petition = disposal.petition
    return (
        user.pk != disposal.proposed_by_id and rounds_access.heads_office(user, petition.assignment) and may_see(user, petition)
    )


def may_destroy(user, disposal: Disposal) -> bool:
    """A custodian or the security administrator, who neither proposed nor approved it, and whom the petition does not name."""
    petition = disposal.petition
    if user.pk in (disposal.proposed_by_id, disposal.approved_by_id) or excluded(user, petition):
        return False
    return user.has_role(Role.CUSTODIAN, Role.SECADMIN) and not rounds_access.recused(user, petition.assignment)


def has_destroyed(user, petition: Petition) -> bool:
    """Who has just carried out its disposal."""
    return petition.disposals.filter(state=Disposal.State.DESTROYED, destroyed_by=user).exists()


def may_refuse_disposal(user, disposal: Disposal) -> bool:
    """Either of the two who would have to agree."""
    agrees = may_destroy if disposal.state == Disposal.State.APPROVED else may_approve_disposal
    return agrees(user, disposal)


def may_withdraw_disposal(user, disposal: Disposal) -> bool:
    """Who proposed it."""
    return user.pk == disposal.proposed_by_id


may_decide_identity.who = _("身份信息保管员")
may_decide_original.who = _("巡视办负责人或组长")
may_approve_disposal.who = _("巡视办负责人")
may_destroy.who = _("保管员或安全管理员")
