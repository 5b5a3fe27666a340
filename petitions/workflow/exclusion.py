"""Keeping oneself out of a petition, and letting somebody in again who was kept out by mistake."""

from itertools import chain

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.outbox.posting import notify
from inspection.trail.recording import record
from inspection.workflow import take
from petitions import access, exclusions
from petitions.models import Exclusion, Lifting, Petition
from rounds import people
from rounds.access import CHIEFS

from .machines import PETITION


@transaction.atomic
def recuse(petition: Petition, *, by, reason: str, seen: int | None = None) -> Petition:
    """This one concerns me: `by` does not see it from now on and cannot take that back. Office and group leaders are told.

    Raises ValidationError (reason), StepRefused, PermissionDenied.
    """
    taken = take(PETITION["recuse"], petition, by=by, reason=reason, seen=seen)
    Exclusion.objects.create(petition=taken, user=by, ground=Exclusion.Ground.OWN)
    _forget(taken, petition)
    by.__dict__.pop("_named_in", None)  # what access remembered for this request
    told = [exclusions.readers(taken, found) for found in (people.office_staff(), people.holders(taken.assignment, *CHIEFS))]
    everybody = {user.pk: user for user in chain(*told)}
    notify(everybody.values(), "petition.recused", taken, key=f"{taken.pk}:{taken.version}")
    return taken


@transaction.atomic
def lift(exclusion: Exclusion, *, by, reason: str) -> Lifting:
    """Let somebody in again who has only the name in common: a doubt at once, a certain exclusion when a second person agrees.

    Raises ValidationError (reason, or asked already), PermissionDenied; Exclusion.DoesNotExist when it is gone meanwhile.
    """
    exclusion = _locked(exclusion)
    _permit(access.may_lift(by, exclusion), "lift", exclusion.petition)
    if not reason.strip():
        raise ValidationError({"reason": _("请写明理由。")})
    petition, at_once = exclusion.petition, not exclusion.certain
    if Lifting.objects.filter(petition=petition, user=exclusion.user, lifted_at=None).exists():
        raise ValidationError(_("已提出解除，正等另一人同意。"))
    lifting = Lifting.objects.create(
        petition=petition,
        user=exclusion.user,
        ground=exclusion.ground,
        certain=exclusion.certain,
        asked_by=by,
        lifted_at=timezone.now() if at_once else None,
    )
    record("lift" if at_once else "ask_lifting", petition, by=by, facts=_facts(exclusion), note=reason.strip())
    if at_once:
        exclusion.delete()
    else:
        told = exclusions.readers(petition, people.office_staff(but=by)) + exclusions.readers(
            petition, people.holders(petition.assignment, *CHIEFS, but=by)
        )
        others = {user.pk: user for user in told if access.may_agree_to_lift(user, lifting)}
        notify(others.values(), "petition.lifting", petition, key=str(lifting.pk))
    _forget(petition)
    return lifting


@transaction.atomic
def agree(lifting: Lifting, *, by) -> Lifting:
    """The second person agrees: the exclusion is gone. Raises PermissionDenied; ValidationError when it is decided already."""
    lifting = Lifting.objects.select_for_update(of=("self",)).select_related("petition", "user").get(pk=lifting.pk)
    _permit(access.may_agree_to_lift(by, lifting), "agree to lift", lifting.petition)
    if lifting.lifted_at:
        raise ValidationError(_("这一屏蔽已经解除。"))
    lifting.agreed_by, lifting.lifted_at = by, timezone.now()
    lifting.save(update_fields=["agreed_by", "lifted_at"])
    lifting.petition.exclusions.filter(user=lifting.user, ground=lifting.ground).delete()
    facts = {"user": lifting.user.username, "ground": lifting.ground}
    record("agree_lifting", lifting.petition, by=by, facts=facts)
    _forget(lifting.petition)
    return lifting


@transaction.atomic
def confirm(exclusion: Exclusion, *, by) -> Exclusion:
    """The doubt is none: it is this person whom the text means. Raises PermissionDenied."""
    exclusion = _locked(exclusion)
    _permit(access.may_lift(by, exclusion), "confirm exclusion", exclusion.petition)
    if not exclusion.certain:
        exclusion.certain = True
        exclusion.save(update_fields=["certain"])
        record("confirm_exclusion", exclusion.petition, by=by, facts=_facts(exclusion))
    return exclusion


def _locked(exclusion: Exclusion) -> Exclusion:
    rows = Exclusion.objects.select_for_update(of=("self",)).select_related("petition", "user")
    return rows.get(pk=exclusion.pk)


def _permit(allowed: bool, what: str, petition: Petition) -> None:
    if not allowed:
        raise PermissionDenied(f"{what} on petition {petition.pk}")


def _facts(exclusion: Exclusion) -> dict:
    return {"user": exclusion.user.username, "ground": exclusion.ground}


def _forget(*petitions: Petition) -> None:
    """Drop what access remembered about who is kept out."""
    for petition in petitions:
        petition.__dict__.pop("_excluded", None)
