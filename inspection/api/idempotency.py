"""Doing something once, however often it is asked: the header Idempotency-Key.

A caller whose connection broke asks again with the same key and gets the answer of the first time: the act is not taken twice.
Kept for a day are digests and the id of what the answer showed, never a body: the answer is made again from the object, under
the rights that the caller has by then. A refusal keeps nothing, because nothing was done: the key may be used again.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions, status

from inspection.pages.lists import BadParameter
from inspection.vault import hashes
from inspection.workflow import StepRefused

from .models import KeyedAct

HEADER = "Idempotency-Key"
KEPT = dt.timedelta(hours=24)
ABANDONED = dt.timedelta(minutes=5)  # longer than any request may run (script/gunicorn.conf.py)
KEY_CHARS = 200
REFUSALS = (exceptions.APIException, ValidationError, PermissionDenied, StepRefused, Http404)


class UnderWay(exceptions.APIException):
    """The same key is being worked on at this moment."""

    status_code = status.HTTP_409_CONFLICT
    wait = 1


class KeyReused(exceptions.APIException):
    """The key stands for something else."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


def once(request, perform: Callable[[], int]) -> tuple[int, bool]:
    """Call `perform`, which returns the id of an object, unless that was done under the request's key: (id, was it done before).

    Whatever `perform` changes and the note that it was done are one transaction. Without the header `perform` is called at once.
    Raises BadParameter (400), UnderWay (409), KeyReused (422), and what `perform` raises.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return perform(), False
    if not (0 < len(key) <= KEY_CHARS and key.isascii() and key.isprintable()):
        raise BadParameter(HEADER)
    act = _claimed(request.user, hashes.keyed("api.key", key), fingerprint(request))
    if act.object_id is not None:
        return act.object_id, True
    mine = KeyedAct.objects.filter(pk=act.pk, claim=act.claim)
    try:
        with transaction.atomic():
            done, refusal = _performed(perform)
            if refusal is None and not mine.update(object_id=done):
                raise UnderWay()  # so slow that another took over: undo, and let the other have done it
    except BaseException:
        mine.delete()
        raise
    if refusal is not None:
        mine.delete()
        raise refusal
    return done, False


def _performed(perform) -> tuple[int | None, Exception | None]:
    """(id, None) or (None, refusal). A refusal leaves the transaction standing: what is on record of it stays there."""
    try:
        return perform(), None
    except REFUSALS as refusal:
        return None, refusal


def _claimed(user, key: str, asked: str) -> KeyedAct:
    """The act of this key: done already, or claimed for the caller just now."""
    now, claim = timezone.now(), uuid.uuid4()
    known = KeyedAct.objects.filter(user=user)
    known.filter(claimed_at__lt=now - KEPT).delete()
    new = KeyedAct(user=user, key=key, fingerprint=asked, claim=claim, claimed_at=now)
    KeyedAct.objects.bulk_create([new], ignore_conflicts=True)
    act = known.filter(key=key).first()
    if act is None:  # refused and forgotten between the two statements
        raise UnderWay()
    if act.fingerprint != asked:
        raise KeyReused(_("这个 Idempotency-Key 已用于另一请求，请换一个。"))
    if act.object_id is None and act.claim != claim:
        left = known.filter(pk=act.pk, claim=act.claim, object_id=None, claimed_at__lt=now - ABANDONED)
        if not left.update(claim=claim, claimed_at=now):
            raise UnderWay(_("同一请求正在处理，请稍候再试。"))
        act.claim = claim
    return act


def fingerprint(request) -> str:
    """Keyed digest of the address and the body as it was understood: a form sent again with another boundary is the same."""
    data = request.data
    if hasattr(data, "lists"):
        body = sorted((name, [_digest(value) for value in values]) for name, values in data.lists())
    else:
        body = data
    text = json.dumps([request.method, request.path, body], sort_keys=True, ensure_ascii=True)
    return hashes.keyed("api.fingerprint", text)


def _digest(value) -> str:
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"file {value.name} {digest.hexdigest()}"
