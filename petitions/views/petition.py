"""One petition: its page and the files that came with it."""

import logging
from itertools import chain
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from inspection.trail.models import Entry
from inspection.trail.recording import record
from inspection.vault import files
from petitions import access
from petitions.models import Attachment, Level, Petition
from petitions.workflow import petition as verbs
from petitions.workflow.machines import PETITION

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


def in_sight(user, number: str) -> Petition:
    """The petition of this number in the user's sight, with what its page shows. Raises Http404."""
    petition = get_object_or_404(Petition.objects.visible_to(user).for_page(), number=number)
    access.known_visible(user, [petition])
    return petition


@require_safe
def petition(request: HttpRequest, number: str) -> HttpResponse:
    """`/petitions/<number>/`: everything about it except who wrote; being read is an entry of the trail."""
    obj = in_sight(request.user, number)
    verbs.note_reading(obj, by=request.user)
    visible = Petition.objects.visible_to(request.user)
    context = {
        "object": obj,
        "machine": PETITION,
        "first": visible.filter(pk=obj.first_id).first(),
        "repeats": visible.filter(first=obj).order_by("received_at", "pk"),
        "attachments": obj.attachments.select_related("file"),
        "slips": obj.slips.select_related("receiver").order_by("pk"),
        "versions": obj.versions.select_related("content", "replaced_by"),
        "kept_out": list(obj.exclusions.values_list("certain", flat=True))
        if access.may_see_exclusions(request.user, obj)
        else [],
        "hand_up": getattr(obj, "hand_up", None),
        "contacts": set(obj.reporter_keys.values_list("kind", flat=True)),
        "entries": told(Entry.objects.about(obj).acts().select_related("note"), visible),
        "panels": panels(obj),
        "custody": custody.card(request.user, obj),
        "persons": [person | {"level_label": LEVELS.get(person.get("level"), "")} for person in obj.persons],
        "details": [(label, obj.details[key]) for key, label in DETAILS.items() if key in obj.details],
    }
    return render(request, "petitions/petition.html", context)


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
