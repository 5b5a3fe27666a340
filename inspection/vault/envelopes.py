"""Sealing small payloads (texts, names, reasons) into envelopes, each under a data key of its own.

The ciphertext is bound to kind, owner and id: a row copied over another, or handed to another owner, does not open.
"""

import json
import uuid
from collections.abc import Iterable, Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from . import ciphers, keys
from .errors import Destroyed, Tampered
from .models import Envelope

__all__ = ["Destroyed", "Tampered", "check", "destroy", "made", "open_", "open_many", "open_or_empty", "reseal", "seal"]

COLUMNS = ("id", "kind", "key_version", "wrapped_key", "sealed")  # of an envelope, as `open_many` takes them


def seal(kind: str, owner: str, payload: dict) -> Envelope:
    """Seal `payload` (JSON-able dict) and return the saved envelope.

    kind   code of what it is, e.g. "petition.said", "trail.note"
    owner  "<model label>:<uid or pk>"; must be given again to open it
    Raises TypeError when the payload is not JSON-able.
    """
    envelope = made(kind, owner, payload)
    envelope.save(force_insert=True)
    return envelope


def made(kind: str, owner: str, payload: dict) -> Envelope:
    """The envelope that `seal` would save, not saved yet: for `bulk.save`."""
    envelope = Envelope(id=uuid.uuid4(), kind=kind, owner=owner)
    _fill(envelope, payload)
    return envelope


def open_(envelope: Envelope, owner: str) -> dict:
    """The payload. Raises Destroyed, or Tampered when the envelope is not `owner`'s or its bytes were changed."""
    return _opened(envelope.data_key(), envelope.sealed, envelope.kind, owner, envelope.id)


def open_or_empty(envelope: Envelope | None, owner: str) -> dict:
    """The payload, or {} where there is no envelope or its key was destroyed. Tampering still raises."""
    if envelope is None or envelope.wrapped_key is None:
        return {}
    return open_(envelope, owner)


def open_many(rows: Iterable[tuple[Iterable, str]]) -> Iterator[dict]:
    """`open_or_empty` for many: each row is the values of COLUMNS, all None where there is no envelope, and its owner. Where
    hundreds are opened, making an object of each takes as long again.
    """
    ring = keys.ring()
    for (id, kind, key_version, wrapped_key, sealed), owner in rows:
        if wrapped_key is None:
            yield {}
        else:
            yield _opened(keys.unwrap(key_version, wrapped_key, Envelope.context(id), ring), sealed, kind, owner, id)


def reseal(envelope: Envelope, owner: str, payload: dict) -> Envelope:
    """Replace the payload in place under a fresh data key; returns the same envelope.

    Raises Destroyed when the envelope was destroyed meanwhile, Tampered when it is not `owner`'s.
    """
    if envelope.owner != owner:
        raise Tampered(f"envelope {envelope.id} belongs to another owner")
    _fill(envelope, payload)
    # The condition keeps an edit that began before a destruction from bringing the content back to life.
    changed = Envelope.objects.filter(pk=envelope.pk, destroyed_at=None).update(
        key_version=envelope.key_version, wrapped_key=envelope.wrapped_key, sealed=envelope.sealed, sealed_at=timezone.now()
    )
    if not changed:
        envelope.wrapped_key = None
        raise Destroyed(f"envelope {envelope.id} was destroyed")
    return envelope


def check() -> Iterator[str]:
    """One sentence for every envelope that does not open: edited, exchanged, or its master key is missing."""
    for envelope in Envelope.objects.filter(destroyed_at=None).order_by("pk").iterator(chunk_size=1000):
        try:
            open_(envelope, envelope.owner)
        except (Tampered, keys.UnknownVersion, ValueError):
            yield _("密封件 %(id)s：无法解密，内容或登记被改动。") % {"id": envelope.id}


def destroy(envelope: Envelope) -> None:
    """Throw the data key away for good; the ciphertext stays, so that seals over it still verify. Twice is a no-op."""
    now = timezone.now()
    Envelope.objects.filter(pk=envelope.pk, destroyed_at=None).update(wrapped_key=None, destroyed_at=now)
    envelope.wrapped_key = None
    envelope.destroyed_at = envelope.destroyed_at or now


def _fill(envelope: Envelope, payload: dict) -> None:
    """Set key and ciphertext. Lone surrogates, which people do paste, survive the round trip."""
    plain = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    data_key = keys.new_data_key()
    envelope.key_version, envelope.wrapped_key = keys.wrap(data_key, envelope.key_context)
    envelope.sealed = ciphers.seal(data_key, plain, _bound(envelope, envelope.owner))


def _opened(key: bytes, sealed, kind: str, owner: str, id) -> dict:
    try:
        plain = ciphers.open_(key, bytes(sealed), ciphers.binding(kind, owner, str(id)))
    except Tampered as error:
        raise Tampered(f"envelope {id} does not open for this owner") from error
    return json.loads(plain.decode("utf-8", "surrogatepass"))


def _bound(envelope: Envelope, owner: str) -> bytes:
    return ciphers.binding(envelope.kind, owner, str(envelope.id))
