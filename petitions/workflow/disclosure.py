"""Asking to see who wrote, deciding on it, looking, and the end of it: every one of them an entry of the trail."""

import datetime as dt

from django.conf import settings
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
from petitions.models import IdentityRequest, Petition
from rounds import people

from .custody import IDENTITY

REASON_KIND = "identity.reason"


def ask(petition: Petition, *, by, reason: str) -> IdentityRequest:
    """Ask to see who wrote `petition`; tells the custodians, or the heads of the office where a custodian asks.

    Raises ValidationError (reason, or a request of one's own that is still alive), PermissionDenied.
    """
    if not access.may_ask_identity(by, petition):
        raise PermissionDenied(f"ask for the identity of petition {petition.pk}")
    reason = contents.clean(reason)
    if not reason:
        raise ValidationError({"reason": [_("请填写申请理由。")]})
    for lapsed in petition.identity_requests.filter(asked_by=by).lapsed():
        expire(lapsed)
    try:
        with transaction.atomic():
            request = IdentityRequest(number=_number(petition), petition=petition, asked_by=by)
            request.reason = envelopes.seal(REASON_KIND, request.owner, {"text": reason})
            begin(request, by=by, verb="ask", facts={"petition": petition.number})
            told = exclusions.readers(petition, deciders(by))
            notify([user for user in told if user.pk != by.pk], "identity.asked", request, key=str(request.pk))
    except IntegrityError:
        raise ValidationError(_("您对本件的申请正在审批或已经开放，无须再申请。")) from None
    return request


def approve(request: IdentityRequest, *, by, hours: int | None = None, seen: int | None = None) -> IdentityRequest:
    """Open it to who asked, for `hours` from now (settings.IDENTITY_HOURS unless given).

    Tells who asked, and the head of the office of every approval.
    Raises ValidationError (hours; or who asked has no right to the petition any more), StepRefused, PermissionDenied.
    """
    hours = settings.IDENTITY_HOURS if hours is None else hours
    if not 1 <= hours <= settings.IDENTITY_HOURS_MAX:
        raise ValidationError({"hours": [_("开放时间为1至%(max)s小时。") % {"max": settings.IDENTITY_HOURS_MAX}]})
    with transaction.atomic():
        if IDENTITY["approve"].allowed(by, request) and not access.may_ask_identity(_fresh(request.asked_by), request.petition):
            raise ValidationError(_("申请人已无权办理本件，不能批准。"))
        now = timezone.now()
        until = now + dt.timedelta(hours=hours)
        taken = take(
            IDENTITY["approve"],
            request,
            by=by,
            changes={"decided_by": by, "decided_at": now, "opens_until": until},
            facts={"petition": request.petition.number, "hours": hours},
            seen=seen,
        )
        _tell([taken.asked_by], "identity.approved", taken)
        heads = exclusions.readers(taken.petition, people.heads_of_office(but=by))
        _tell([head for head in heads if head.pk != taken.asked_by_id], "identity.opened", taken)
        return taken


@transaction.atomic
def refuse(request: IdentityRequest, *, by, reason: str, seen: int | None = None) -> IdentityRequest:
    """Say no, with a reason that is sealed; tells who asked."""
    changes = {"decided_by": by, "decided_at": timezone.now()}
    facts = {"petition": request.petition.number}
    taken = take(IDENTITY["refuse"], request, by=by, changes=changes, reason=reason, facts=facts, seen=seen)
    _tell([taken.asked_by], "identity.refused", taken)
    return taken


def withdraw(request: IdentityRequest, *, by, seen: int | None = None) -> IdentityRequest:
    """Take one's own request back."""
    return take(IDENTITY["withdraw"], request, by=by, facts={"petition": request.petition.number}, seen=seen)


@transaction.atomic
def look(request: IdentityRequest, *, by) -> dict:
    """Who wrote, as {key: text} of `contents.REPORTER_KEYS`; the look is counted and recorded before anything is opened.

    Raises StepRefused (it was closed meanwhile), PermissionDenied (over, another person, or no right to the petition any more).
    """
    locked = IdentityRequest._base_manager.select_for_update(of=("self",)).get(pk=request.pk)
    facts = {"petition": request.petition.number}
    taken = take(IDENTITY["look"], request, by=by, changes={"views": locked.views + 1}, facts=facts)
    return envelopes.open_or_empty(taken.petition.identity, taken.petition.owner)


@transaction.atomic
def close(request: IdentityRequest, *, by, seen: int | None = None) -> IdentityRequest:
    """End it before its time. Tells who asked when somebody else does."""
    taken = take(IDENTITY["close"], request, by=by, facts={"petition": request.petition.number}, seen=seen)
    if by.pk != taken.asked_by_id:
        _tell([taken.asked_by], "identity.closed", taken)
    return taken


def expire(request: IdentityRequest) -> bool:
    """Put on record that its time is over; False when that was done already. It closed by itself long before."""
    changes = {"state_by": request.decided_by}  # the clock is nobody; the column wants somebody
    facts = {"petition": request.petition.number, "views": request.views}
    try:
        take(IDENTITY["expire"], request, by=None, changes=changes, facts=facts)
    except (StepRefused, PermissionDenied):
        return False
    return True


def expire_due() -> int:
    """Put every approval whose time is over on record; returns how many. Late or run twice, it records each once."""
    return sum(expire(request) for request in IdentityRequest.objects.lapsed().select_related("petition", "decided_by"))


def open_to(user, petition: Petition) -> IdentityRequest | None:
    """The request under which `user` may look at who wrote `petition` now; None when there is none."""
    for request in petition.identity_requests.filter(asked_by=user).opened():
        request.petition = petition
        if access.may_look(user, request):
            return request
    return None


def deciders(asker):
    """Active users who decide on what `asker` asks."""
    if asker.has_role(Role.CUSTODIAN):
        return people.heads_of_office(but=asker)
    return User.objects.filter(is_active=True, grants__role=Role.CUSTODIAN)


def _fresh(user) -> User:
    """The user without what was remembered about posts and roles."""
    return User.objects.get(pk=user.pk)


def _number(petition: Petition) -> str:
    prefix, year = f"{petition.assignment.round.code}-SF", timezone.localdate().year
    return f"{prefix}-{year}-{numbers.take(prefix, year):04d}"


def _tell(users, code: str, request: IdentityRequest) -> None:
    notify(users, code, request, key=f"{request.pk}:{request.version}")
