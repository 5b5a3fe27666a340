"""Destroying keys: how a petition is forgotten, whether it was handed up sealed or disposed of. The one place that knows where
everything about a petition is kept.
"""

from collections.abc import Iterator

from inspection.trail.models import Entry
from inspection.vault import envelopes, files, index
from inspection.vault.models import Envelope, StoredFile
from petitions.models import Petition, RegisterExport

# What a petition is emptied to besides: plain columns that describe what it said or who said it.
EMPTIED = {
    "content": None,
    "identity": None,
    "signature": Petition.Signature.ANONYMOUS,
    "kind": "",
    "discipline": "",
    "level": "unknown",
    "category": None,
    "in_scope": None,
    "people_count": 1,
    "postmarked_on": None,
    "decide_by": None,
    "conclude_by": None,
}


def forget(petition: Petition) -> None:
    """Destroy every key under which something about the petition could still be read: both envelopes, earlier versions, reasons
    typed, extracts, answers, attachments, the mail it came in, and the kept exports that hold it. The search forgets it.

    Joins the caller's transaction, which must also set EMPTIED.
    """
    sealed = [petition.content, petition.identity]
    sealed += [version.content for version in petition.versions.select_related("content")]
    for slip in petition.slips.select_related("extract", "reply"):
        sealed += [slip.extract, slip.reply]
    for obj in about(petition):
        sealed += [entry.note for entry in Entry.objects.about(obj).exclude(note=None).select_related("note")]
        if isinstance(getattr(obj, "reason", None), Envelope):
            sealed.append(obj.reason)
    for envelope in filter(None, sealed):
        envelopes.destroy(envelope)
    for stored in _files(petition):
        files.destroy(stored)
    petition.attachments.all().delete()
    petition.versions.all().delete()
    petition.reporter_keys.all().delete()
    index.drop("petition", petition.pk)


def about(petition: Petition) -> list:
    """The petition and everything that hangs on it and has a trail of its own."""
    found = [petition, *petition.identity_requests.select_related("reason")]
    for slip in petition.slips.all():
        found += [slip, *slip.originals.select_related("reason", "slip")]
    mail = getattr(petition, "mail_item", None)
    return found if mail is None else [*found, mail]


def left(petition: Petition) -> Iterator[str]:
    """The kinds of sealed things about a forgotten petition whose keys are still there; nothing when it is truly forgotten.

    Asked of the vault by owner, not by the rows that pointed there, which are gone.
    """
    owners = {obj.owner for obj in about(petition)}
    owners |= {f"{obj._meta.label_lower}:{obj.pk}" for obj in about(petition)}  # the notes beside their trail entries
    yield from Envelope.objects.filter(owner__in=owners, destroyed_at=None).order_by("kind").values_list("kind", flat=True)
    for _stored in StoredFile.objects.filter(owner__in=owners, destroyed_at=None):
        yield "file"


def _files(petition: Petition) -> list[StoredFile]:
    """Its attachments, the mail it came in, and every kept export made since it was registered: those may hold its text."""
    stored = [attachment.file for attachment in petition.attachments.select_related("file")]
    mail = getattr(petition, "mail_item", None)
    if mail is not None and mail.raw is not None:
        stored.append(mail.raw)
    exports = RegisterExport.objects.filter(made_at__gte=petition.entered_at, file__destroyed_at=None).exclude(file=None)
    return stored + [export.file for export in exports.select_related("file")]
