"""Two people on one case: what the one does shows on the other's page without loading it again.

A page shows `{% live object %}`; static/js/live.js then asks here every few seconds and names what it has (ETag). Nothing new
is a 304 that costs two small queries; something new is said in the trail's words, and the script fetches the page's content.
"""

from django.apps import apps
from django.http import Http404, HttpResponseNotModified, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from inspection.trail.models import Entry
from inspection.workflow.models import Stateful

from . import sentences


def newest(label: str, pk: int) -> Entry | None:
    """The last act on an object that was more than looking at it."""
    return Entry.objects.filter(object_type=label, object_id=pk).acts().order_by("-id").first()


def tag(entry: Entry | None) -> str:
    """The ETag of a page that shows the object as it was after `entry`."""
    return f'"{entry.pk if entry else 0}"'


@require_safe
def live(request, label: str, pk: int):
    """`/live/<label>/<pk>/`: 304 while nobody did anything to the object; else {"text": what was done last} and the new ETag.

    404 for whoever may not see the object, or not any more.
    """
    model = _model(label)
    obj = get_object_or_404(model.objects.visible_to(request.user).only("pk"), pk=pk)
    entry = newest(label, pk)
    etag = tag(entry)
    if request.headers.get("If-None-Match") == etag:
        answer = HttpResponseNotModified()
    else:
        told = sentences.as_read_by([entry], obj, request.user) if entry else []
        answer = JsonResponse({"text": "".join(sentences.sentence(one) for one in told)})
    answer.headers["ETag"] = etag
    return answer


def _model(label: str):
    """The stateful model of a label such as "petitions.petition". Raises Http404."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        raise Http404 from None
    if not issubclass(model, Stateful) or not hasattr(model.objects, "visible_to"):
        raise Http404
    return model
