"""One petition: its page and the files that came with it."""

import logging
from itertools import chain
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.db.models import BigIntegerField, CharField, DateTimeField, Model
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from inspection.statements import Counted, Given, Prepared
from inspection.trail.models import Entry
from inspection.trail.recording import record
from inspection.vault import files
from petitions import access
from petitions.models import (
    Attachment,
    Category,
    Disposal,
    Exclusion,
    IdentityRequest,
    Level,
    Petition,
    PetitionVersion,
    ReporterKey,
    TransferSlip,
)
from petitions.workflow import petition as verbs
from petitions.workflow.machines import PETITION
from rounds.models import Assignment, Channel
from rounds.queries import standing

from . import custody

logger = logging.getLogger(__name__)
LEVELS = dict(Level.choices)
DETAILS = {
    "place": gettext_lazy("接待地点"),
    "receiver": gettext_lazy("接待人及职务"),
    "opinion": gettext_lazy("处理意见"),
    "arrangement": gettext_lazy("后续安排"),
    "remarks": gettext_lazy("备注"),
    "forwarded_by": gettext_lazy("转来机关"),
    "forwarded_number": gettext_lazy("来文编号"),
    "reply": gettext_lazy("此前的答复"),
    "replied_on": gettext_lazy("答复日期"),
}


PK = Given("petition", BigIntegerField())
KEYS = {"number": CharField(), "pk": BigIntegerField()}
# In three parts: the database would take longer to weigh the orders of eleven joins than to read the rows.
FOUND = Prepared(
    lambda own, key: (
        Petition.objects.visible_to(own.reader())
        .filter(**{key: Given(key, KEYS[key])})
        .select_related("content", "registered_by", "state_by")
    )
)
BELONGS = {
    "assignment": Prepared(lambda: _by_pk(Assignment).select_related("unit", "group__round")),
    "category": Prepared(lambda: _by_pk(Category)),
    "channel": Prepared(lambda: _by_pk(Channel)),
}


def _by_pk(model: type[Model]):
    return model._base_manager.filter(pk=Given("pk", BigIntegerField()))


def found(user, **key) -> Petition | None:
    """The petition of a `number` or `pk`, where `user` may see it, with what its page shows."""
    for petition in FOUND(standing(user), *key, **key):
        access.known_visible(user, [petition])
        for name, statement in BELONGS.items():
            if pk := getattr(petition, f"{name}_id"):
                setattr(petition, name, statement(pk=pk)[0])
        return petition
    return None


def in_sight(user, number: str) -> Petition:
    """The petition of this number in the user's sight, with what its page shows. Raises Http404."""
    petition = found(user, number=number)
    if petition is None:
        raise Http404("petition")
    return petition


def _parts(own) -> dict:
    """What of a petition's page there is anything to show of: {name: queryset}, most of them just to know whether."""
    visible = Petition.objects.visible_to(own.reader())
    kept_out = Exclusion.objects.filter(petition=PK)
    there = {
        "attachments": Attachment.objects.filter(petition=PK),
        "versions": PetitionVersion.objects.filter(petition=PK),
        "slips": TransferSlip.objects.filter(petition=PK),
        "repeats": visible.filter(first=PK),
        "requests": IdentityRequest.objects.filter(petition=PK),
        "disposals": Disposal.objects.filter(petition=PK),
        "doubtful": kept_out.filter(certain=False),
        "readings": verbs.readings(Petition(pk=PK), own.user, Given("since", DateTimeField())),
    }
    keys = ReporterKey.objects.filter(petition=PK)
    there |= {kind: keys.filter(kind=kind) for kind in ReporterKey.Kind.values}
    return {name: queryset[:1] for name, queryset in there.items()} | {"kept out": kept_out}


PARTS = Counted(_parts, 1000)
ENTRIES = Prepared(lambda: Entry.objects.about(Petition(pk=PK)).acts().select_related("note"))
ATTACHMENTS = Prepared(lambda: Attachment.objects.filter(petition=PK).select_related("file").order_by("pk"))


@require_safe
def petition(request: HttpRequest, number: str) -> HttpResponse:
    """`/petitions/<number>/`: everything about it except who wrote; being read is an entry of the trail."""
    obj = in_sight(request.user, number)
    there = PARTS(standing(request.user), petition=obj.pk, since=verbs.still_reading_since())
    verbs.note_reading(obj, by=request.user, again=bool(there["readings"]))
    visible = Petition.objects.visible_to(request.user)
    context = {
        "object": obj,
        "machine": PETITION,
        "first": visible.filter(pk=obj.first_id).first() if obj.first_id else None,
        "repeats": visible.filter(first=obj).order_by("received_at", "pk") if there["repeats"] else (),
        "attachments": attachments(obj) if there["attachments"] else (),
        "may_supplement": PETITION["supplement"].open_to(request.user, obj),
        "slips": obj.slips.select_related("receiver").order_by("pk") if there["slips"] else (),
        "versions": obj.versions.select_related("content", "replaced_by") if there["versions"] else (),
        "kept_out": there["kept out"] if access.may_see_exclusions(request.user, obj) else 0,
        "doubtful": there["doubtful"],
        "hand_up": getattr(obj, "hand_up", None) if obj.state == obj.State.HANDED_UP else None,
        "contacts": {kind for kind in ReporterKey.Kind.values if there[kind]},
        "entries": told(ENTRIES(petition=obj.pk), visible),
        "panels": panels(obj),
        "custody": custody.card(request.user, obj, there),
        "persons": [person | {"level_label": LEVELS.get(person.get("level"), "")} for person in obj.persons],
        "details": [(label, obj.details[key]) for key, label in DETAILS.items() if key in obj.details],
    }
    return render(request, "petitions/petition.html", context)


def attachments(obj: Petition) -> list[Attachment]:
    """The files that came with a petition, in order."""
    found = ATTACHMENTS(petition=obj.pk)
    for one in found:
        one.petition = obj  # its address has the number in it
    return found


def told(entries, visible) -> list[Entry]:
    """The entries as the reader may read them, not to be saved: the number of a first petition out of sight is left out."""
    entries = list(entries)
    firsts = {entry.facts["first"] for entry in entries if entry.facts.get("first")}
    known = set(visible.filter(number__in=firsts).values_list("number", flat=True)) if firsts else set()
    for entry in entries:
        if entry.facts.get("first") and entry.facts["first"] not in known:
            entry.facts = entry.facts | {"first": _("（不在您的查阅范围）")}
    return entries


def panels(obj: Petition) -> list[str]:
    """Addresses of what upper floors know about the petition; named in the settings, left out where not built."""
    found = []
    for name in settings.PETITION_PANELS:
        try:
            found.append(reverse(name, args=[obj.number]))
        except NoReverseMatch:
            continue
    return found


@require_safe
def attachment(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """One attachment, always as a download and never as a page; an entry of the trail."""
    obj = in_sight(request.user, number)
    kept = get_object_or_404(Attachment.objects.select_related("file"), petition=obj, pk=pk)
    blocks = files.chunks(kept.file)
    try:
        first = next(blocks)
        name = kept.file.name
    except files.Destroyed:
        raise Http404("destroyed") from None
    except files.Tampered:
        logger.error("attachment %s: file %s is missing or does not open", kept.pk, kept.file_id)
        messages.error(request, _("附件无法打开：文件缺失或已被改动，请告知系统管理员核验。"))
        return redirect(obj)
    record("download", obj, by=request.user, facts={"attachment": kept.pk, "sha256": kept.file.sha256[:12]})
    response = StreamingHttpResponse(chain([first], blocks), content_type=kept.file.media_type)
    response.headers["Content-Length"] = kept.file.size
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
