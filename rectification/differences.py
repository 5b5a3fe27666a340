"""What changed between two versions of a text, for a reader who wants to see only that.

Texts are compared sentence by sentence, and sentences that differ character by character (words and figures of Latin script as
wholes): a paper of 8,000 characters compared character by character at once would take seconds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

SENTENCE = re.compile(r"[^。；！？\n]*[。；！？\n]+|[^。；！？\n]+")
TOKEN = re.compile(r"[A-Za-z]+|\d+(?:[.,]\d+)*|\s+|.", re.DOTALL)
MAX_CELLS = 4_000_000  # of the comparison table; beyond, the passage is shown as replaced
MIN_LIKENESS = 0.35  # two passages less alike are shown as one replaced by the other: scattered single characters help nobody


@dataclass(frozen=True)
class Piece:
    """A stretch of text. kind: "same", "added" or "removed"."""

    kind: str
    text: str


def compare(before: str, after: str) -> list[Piece]:
    """The pieces that make up `after`, with what was taken out of `before` where it stood."""
    return list(_joined(_passages(SENTENCE.findall(before), SENTENCE.findall(after))))


def changed(pieces: list[Piece]) -> bool:
    """Whether any piece differs."""
    return any(piece.kind != "same" for piece in pieces)


def _passages(before: list[str], after: list[str]) -> Iterator[Piece]:
    for kind, first, second in _matched(before, after):
        if kind == "replace":
            yield from _characters("".join(first), "".join(second))
        else:
            yield from _pieces(first, second, same=kind == "equal")


def _characters(before: str, after: str) -> Iterator[Piece]:
    first, second = TOKEN.findall(before), TOKEN.findall(after)
    alike = len(first) * len(second) <= MAX_CELLS
    matches = list(_matched(first, second)) if alike else []
    kept = sum(len(taken) for kind, taken, _given in matches if kind == "equal")
    if 2 * kept < MIN_LIKENESS * (len(first) + len(second)):
        yield from _pieces([before], [after], same=False)
        return
    for kind, taken, given in matches:
        yield from _pieces(taken, given, same=kind == "equal")


def _matched(before: list[str], after: list[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, from_a, to_a, from_b, to_b in matcher.get_opcodes():
        yield kind, before[from_a:to_a], after[from_b:to_b]


def _pieces(before: list[str], after: list[str], *, same: bool) -> Iterator[Piece]:
    if same:
        yield Piece("same", "".join(after))
        return
    yield Piece("removed", "".join(before))
    yield Piece("added", "".join(after))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one piece, without empty ones."""
    waiting = None
    for piece in pieces:
        if not piece.text:
            continue
        if waiting is None or waiting.kind != piece.kind:
            if waiting is not None:
                yield waiting
            waiting = piece
        else:
            waiting = Piece(waiting.kind, waiting.text + piece.text)
    if waiting is not None:
        yield waiting
