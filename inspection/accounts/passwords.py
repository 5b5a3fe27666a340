"""What a password must be, after NIST SP 800-63B (revision 4).

Long rather than odd: at least settings.PASSWORD_LENGTH characters of any kind, spaces and Chinese included, up to 128; no rules
of composition, no expiry. Refused is what a guesser tries first: common passwords, and what is put together from few of the
pieces that common passwords are made of (`common.txt` beside this module, Django's list, dates, runs such as 1234 or aaaa, one's
own user name, the name of this service).
"""

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

LONGEST = 128
FEW = 3  # a password of so few common pieces is one of a few million that are tried first
SHORTEST_PIECE = 3
DATE = re.compile(
    r"(?:19|20)\d\d[-./年]?(?:0?[1-9]|1[0-2])[-./月]?(?:0?[1-9]|[12]\d|3[01])日?"  # 2026-11-22, 19880808
    r"|(?:19|20)\d\d年?|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
SEPARATORS = frozenset(" -_.,;:!?@#$%^&*+=/\\|~'\"()[]{}<>`，。！？、·")


def normalise(password: str | None) -> str | None:
    """The one Unicode form (NFKC) that is hashed and compared: full-width digits typed with a Chinese input method are digits."""
    return None if password is None else unicodedata.normalize("NFKC", password)


class Length:
    """Between settings.PASSWORD_LENGTH and 128 characters."""

    def validate(self, password: str, user=None) -> None:
        """Raises ValidationError."""
        length, least = len(normalise(password)), settings.PASSWORD_LENGTH
        if length < least:
            words = ngettext("密码太短：至少 %(n)d 个字符。", "密码太短：至少 %(n)d 个字符。", least)
            raise ValidationError(words % {"n": least}, code="password_too_short")
        if length > LONGEST:
            raise ValidationError(_("密码太长：最多 %(n)d 个字符。") % {"n": LONGEST}, code="password_too_long")

    def get_help_text(self) -> str:
        """For the form."""
        return _("至少 %(least)d 个、最多 %(most)d 个字符，任何文字、空格和符号都可以；可以粘贴。") % {
            "least": settings.PASSWORD_LENGTH,
            "most": LONGEST,
        }


class Uncommon:
    """Not what a guesser tries first."""

    def validate(self, password: str, user=None) -> None:
        """Raises ValidationError."""
        text = normalise(password).casefold()
        if text in common() or fewest_pieces(text, own_words(user)) <= FEW:
            raise ValidationError(
                _("这个密码太常见，或由常见的词、日期、键盘顺序、用户名拼成，容易被猜中。请换几个互不相干的词。"),
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        """For the form."""
        return _("几个互不相干的词连在一起，既好记又难猜；不要用姓名、日期、键盘顺序和常见密码。")


def own_words(user) -> frozenset[str]:
    """What stands for this person."""
    names = [getattr(user, "username", ""), getattr(user, "name", "")]
    parts = itertools.chain.from_iterable([name, *re.split(r"[\W_]+", name)] for name in names)
    return frozenset(part for part in (normalise(part).casefold() for part in parts) if len(part) > 1)


def fewest_pieces(text: str, own: frozenset[str] = frozenset()) -> float:
    """The smallest number of common pieces that make up all of `text`; infinity when it holds something else.

    Pieces: common words, `own` words, dates, runs, and single separators. One separator between two pieces is free.
    """
    best = [0.0, *[float("inf")] * len(text)]
    for start in range(len(text)):
        if best[start] < float("inf"):
            for end, cost in _pieces(text, start, own):
                best[end] = min(best[end], best[start] + cost)
    return best[-1]


def _pieces(text: str, start: int, own: frozenset[str]) -> Iterator[tuple[int, float]]:
    """(end, cost) of every common piece that begins at `start`."""
    words = common()
    if text[start] in SEPARATORS:
        yield start + 1, 0 if start and text[start - 1] not in SEPARATORS else 1
    for end in range(start + 2, min(len(text), start + 32) + 1):
        piece = text[start:end]
        if (len(piece) >= SHORTEST_PIECE and piece in words) or piece in own or DATE.fullmatch(piece):
            yield end, 1
    end = _run(text, start)
    if end - start >= SHORTEST_PIECE:
        yield from ((stop, 1) for stop in range(start + SHORTEST_PIECE, end + 1))
    for width in range(1, (len(text) - start) // 2 + 1):  # abcabc: the same again costs no second piece
        if text[start : start + width] == text[start + width : start + 2 * width]:
            stop = start + 2 * width
            while text[stop : stop + width] == text[start : start + width]:
                stop += width
            yield stop, 1 if width < SHORTEST_PIECE else _once(text[start : start + width], own)


def _once(piece: str, own: frozenset[str]) -> float:
    """What one of several equal parts costs: not more than a piece when the part is short or common itself."""
    return 1 if len(piece) <= 4 or piece in common() or piece in own or DATE.fullmatch(piece) else float("inf")


def _run(text: str, start: int) -> int:
    """Where the run of equal or neighbouring characters (1111, 4321, abcd) that begins at `start` ends."""
    if start + 1 == len(text):
        return start + 1
    step, end = ord(text[start + 1]) - ord(text[start]), start + 2
    if abs(step) > 1:
        return start + 1
    while end < len(text) and ord(text[end]) - ord(text[end - 1]) == step:
        end += 1
    return end


@functools.cache
def common() -> frozenset[str]:
    """Common passwords and the words they are made of, in lower case: Django's twenty thousand, and ours."""
    return frozenset(CommonPasswordValidator().passwords | set(_ours()))


def _ours() -> Iterator[str]:
    """Our own list: a line is a word, or "a b c + 1 2 3": each of the left before each of the right. # begins a remark."""
    for line in (Path(__file__).parent / "common.txt").read_text("utf-8").splitlines():
        left, _plus, right = line.partition("#")[0].partition("+")
        for word in left.split():
            yield word
            yield from (word + ending for ending in right.split())
