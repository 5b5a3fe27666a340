"""销毁: proposed by the office, approved by its head, carried out by a third person; and what holds it off."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection import numbers
from inspection.accounts.models import User
from inspection.accounts.roles import Role
from inspection.outbox.posting import notify
from inspection.vault import envelopes
from inspection.workflow import StepRefused, begin, take
from petitions import access, contents, exclusions
from petitions.models import Disposal, Petition
from petitions.queries import OPEN
from rounds import people
from rounds.models import Assignment

from .custody import DISPOSAL
from .forgetting import EMPTIED, forget
from .machines import PETITION

PAPERS = "disposal.papers"
BASIS_CHARS = 200
# Grounds that do not wait for the archive: what should never have been kept here.
AT_ONCE = (Disposal.Ground.WRONG_ENTRY, Disposal.Ground.HANDED_UP)


def propose(petition: Petition, *, by, ground: str, basis: str, reason: str) -> Disposal:
    """Propose to destroy what a petition says and who said it; tells the heads of the office.

    basis   the rule it rests on, e.g. an article
    reason  why; about the file, never about what it says
    Raises ValidationError (ground, basis, reason, or what stands against it), PermissionDenied.
    """
    if not access.may_propose_disposal(by, petition):
        raise PermissionDenied(f"propose disposal of petition {petition.pk}")
    basis, reason = " ".join(contents.clean(basis).split()), contents.clean(reason)
    wrong = {}
    if ground not in Disposal.Ground.values:
        wrong["ground"] = [_("请选择销毁事由。")]
    elif (ground == Disposal.Ground.HANDED_UP) != (petition.state == Petition.State.HANDED_UP):
        wrong["ground"] = [_("密封呈报的件须选“已密封呈报”，其他的件不能选。")]
    if not 0 < len(basis) <= BASIS_CHARS:
        wrong["basis"] = [_("请填写销毁依据，不超过%(limit)s字。") % {"limit": BASIS_CHARS}]
    if not reason:
        wrong["reason"] = [_("请填写销毁理由。")]
    if wrong:
        raise ValidationError(wrong)
    _nothing_against(petition, ground)
    try:
        with transaction.atomic():
            disposal = Disposal(number=_number(petition), petition=petition, ground=ground, proposed_by=by)
            disposal.papers = envelopes.seal(PAPERS, disposal.owner, {"basis": basis, "reason": reason})
            begin(disposal, by=by, verb="propose", facts={"petition": petition.number, "ground": str(ground)})
            _tell(disposal, "disposal.proposed", people.heads_of_office(but=by))
    except IntegrityError:
        raise ValidationError(_("本件的销毁正在审批，或已经销毁。")) from None
    return disposal


@transaction.atomic
def approve(disposal: Disposal, *, by, seen: int | None = None) -> Disposal:
    """The head agrees; tells those who may carry it out. Raises ValidationError (what stands against it), StepRefused, …"""
    if DISPOSAL["approve"].allowed(by, disposal) and disposal.state == Disposal.State.PROPOSED:
        _nothing_against(disposal.petition, disposal.ground)
    changes = {"approved_by": by, "approved_at": timezone.now()}
    taken = take(DISPOSAL["approve"], disposal, by=by, changes=changes, facts=_facts(disposal), seen=seen)
    third = User.objects.filter(is_active=True, grants__role__in=(Role.CUSTODIAN, Role.SECADMIN)).distinct()
    _tell(taken, "disposal.approved", third.exclude(pk__in=(by.pk, taken.proposed_by_id)))
    return taken


@transaction.atomic
def destroy(disposal: Disposal, *, by, seen: int | None = None) -> Disposal:
    """Carry it out: every key goes (see `forgetting.forget`), the petition becomes a stub. Cannot be undone.

    Raises ValidationError (reopened, held or otherwise stopped meanwhile), StepRefused, PermissionDenied.
    """
    petition = Petition._base_manager.select_for_update(of=("self",)).get(pk=disposal.petition_id)
    if DISPOSAL["destroy"].allowed(by, disposal) and disposal.state == Disposal.State.APPROVED:
        _nothing_against(petition, disposal.ground)
    changes = {"destroyed_by": by, "destroyed_at": timezone.now()}
    taken = take(DISPOSAL["destroy"], disposal, by=by, changes=changes, facts=_facts(disposal), seen=seen)
    forget(petition)
    facts = {"disposal": taken.number, "ground": taken.ground}
    take(PETITION["destroy"], petition, by=by, changes=EMPTIED, facts=facts)
    office = exclusions.readers(petition, User.objects.filter(pk__in=(taken.proposed_by_id, taken.approved_by_id)))
    notify(office, "disposal.destroyed", taken, key=str(taken.pk))
    return taken


@transaction.atomic
def refuse(disposal: Disposal, *, by, reason: str, seen: int | None = None) -> Disposal:
    """Say no, with a reason; tells who proposed it."""
    taken = take(DISPOSAL["refuse"], disposal, by=by, reason=reason, facts=_facts(disposal), seen=seen)
    notify([taken.proposed_by], "disposal.refused", taken, key=str(taken.pk))
    return taken


def withdraw(disposal: Disposal, *, by, seen: int | None = None) -> Disposal:
    """Take one's own proposal back."""
    return take(DISPOSAL["withdraw"], disposal, by=by, facts=_facts(disposal), seen=seen)


def hold(petition: Petition, *, by, reason: str, seen: int | None = None) -> Petition:
    """Keep it from being destroyed until that is lifted. Raises StepRefused where it is held already."""
    if petition.on_hold:
        raise StepRefused(petition, PETITION["hold"])
    return take(PETITION["hold"], petition, by=by, changes={"on_hold": True}, reason=reason, seen=seen)


def unhold(petition: Petition, *, by, reason: str, seen: int | None = None) -> Petition:
    """Let it be destroyed again. Raises StepRefused where nothing holds it."""
    if not petition.on_hold:
        raise StepRefused(petition, PETITION["unhold"])
    return take(PETITION["unhold"], petition, by=by, changes={"on_hold": False}, reason=reason, seen=seen)


def against(petition: Petition, ground: str) -> str:
    """What stands against destroying it now, in words; "" when nothing does."""
    if petition.destroyed:
        return _("内容已经销毁。")
    if petition.state in OPEN:
        return _("本件尚未办结，不能销毁。")
    if petition.on_hold:
        return _("本件暂缓销毁，解除之前不能销毁。")
    if petition.assignment.state != Assignment.State.ARCHIVED and ground not in AT_ONCE:
        return _("本单位的档案尚未归档，不能销毁；误登的除外。")
    return ""


def _nothing_against(petition: Petition, ground: str) -> None:
    reason = against(petition, ground)
    if reason:
        raise ValidationError(reason)


def _facts(disposal: Disposal) -> dict:
    return {"petition": disposal.petition.number, "ground": disposal.ground}


def _number(petition: Petition) -> str:
    prefix, year = f"{petition.assignment.round.code}-XH", timezone.localdate().year
    return f"{prefix}-{year}-{numbers.take(prefix, year):04d}"


def _tell(disposal: Disposal, code: str, users) -> None:
    notify(exclusions.readers(disposal.petition, users), code, disposal, key=f"{disposal.pk}:{disposal.version}")
