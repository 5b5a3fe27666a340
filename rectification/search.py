"""Everything of this floor that search finds, for building the index anew."""

from collections.abc import Iterator

from rectification.models import Clue, Finding, Item

Document = tuple[int, list[str]]


def findings() -> Iterator[Document]:
    """(id, texts) of every paper."""
    for finding in Finding.objects.select_related("content").order_by("pk").iterator(chunk_size=200):
        yield finding.pk, Finding.searchable(finding.opened())


def clues() -> Iterator[Document]:
    """(id, texts) of every clue."""
    for clue in Clue.objects.select_related("content").order_by("pk").iterator(chunk_size=200):
        yield clue.pk, Clue.searchable(clue.opened())


def items() -> Iterator[Document]:
    """(id, texts) of every rectification item."""
    for item in (
        Item.objects.select_related("content").prefetch_related("measures__content").order_by("pk").iterator(chunk_size=200)
    ):
        yield item.pk, item.searchable()
