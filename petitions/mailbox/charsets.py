"""Bytes of a mail into text. Declared charsets are often wrong in Chinese mail; a character lost is a name lost."""

import codecs
import re

# GB18030 holds every character of its two forerunners, which many programs declare while they write more than those can.
WIDER = dict.fromkeys(
    ("gb2312", "gb_2312-80", "gbk", "x-gbk", "cp936", "ms936", "936", "euc-cn", "gb18030", "chinese", "csgb2312"), "gb18030"
)
WIDER |= {"utf8mb4": "utf-8", "unicode": "utf-8", "x-x-big5": "big5hkscs", "big5": "big5hkscs", "ks_c_5601-1987": "cp949"}
WIDER |= {"iso-2022-jp": "iso2022_jp_2"}
ISO_2022_CN = ("iso-2022-cn", "iso-2022-cn-ext")
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SHIFT = re.compile(rb"\x0e([^\x0f\n]*)\x0f?")
EVERYDAY = {"gb2312": (0xB0, 0xD7), "big5": (0xA4, 0xC6)}  # first bytes of the characters in everyday use
LATIN = ("iso-8859-1", "latin1", "latin-1", "cp1252", "windows-1252")
LIKELY = 0.7
PUNCTUATION = frozenset("，。！？；：、“”‘’（）《》　")
DESIGNATION = re.compile(rb"\x1b\$[)*+].")


def decode(raw: bytes, declared: str | None = None) -> str:
    """`raw` as text: by its byte order mark, as declared if that fits, else as the likeliest of UTF-8, GB18030 and Big5.

    Never raises; bytes that fit nothing become U+FFFD one by one.
    """
    for mark, name in MARKS:
        if raw.startswith(mark):
            return raw.decode(name, "replace")
    name = (declared or "").strip().strip("'\"").lower()
    if name in ISO_2022_CN:
        return _iso_2022_cn(raw)
    if name and name not in ("ascii", "us-ascii", "unknown-8bit", "x-unknown", "default", "8bit", *LATIN):
        fitting = _strict(raw, WIDER.get(name, name))
        if fitting is not None:
            return fitting
    if b"\x1b$)A" in raw or b"\x1b$)G" in raw:
        return _iso_2022_cn(raw)
    for guess in (*(("iso2022_jp_2",) if b"\x1b$" in raw else ()), "ascii", "utf-8"):
        fitting = _strict(raw, guess)
        if fitting is not None:
            return fitting
    damaged = raw.decode("utf-8", "replace")
    if _is_damaged_utf8(damaged):
        return damaged
    simplified, traditional = _strict(raw, "gb18030"), _strict(raw, "big5hkscs")
    if name in LATIN and (simplified is None or _commonness(simplified, "gb2312") < LIKELY):
        return raw.decode("cp1252", "replace")
    if simplified is not None and traditional is not None:
        return simplified if _commonness(simplified, "gb2312") >= _commonness(traditional, "big5") else traditional
    if simplified is not None or traditional is not None:
        return simplified if traditional is None else traditional
    return min((raw.decode(guess, "replace") for guess in (WIDER.get(name, "utf-8"), "gb18030") if _known(guess)), key=_broken)


def _strict(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except (LookupError, ValueError):  # an unknown charset, one that is no charset (base64), or bytes that do not fit
        return None
    except Exception:  # codecs of the library fail in ways of their own on hostile input (utf-7, punycode)
        return None


def _known(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


def _is_damaged_utf8(text: str) -> bool:
    """Whether most of what is not ASCII made sense as UTF-8: other charsets hardly ever do by accident."""
    return sum(1 for char in text if ord(char) > 127) > 2 * _broken(text)


def _commonness(text: str, name: str) -> float:
    """Share of characters in everyday use: GB 2312's first level for simplified text, Big5's for traditional. Each reading is
    judged by its own measure: bytes of the one read as the other give characters too, but rare ones.
    """
    first, last = EVERYDAY[name]
    letters = [char for char in text if ord(char) > 127 and char not in PUNCTUATION]
    if not letters:
        return 1.0
    return sum(1 for char in letters if first <= char.encode(name, "replace")[0] <= last) / len(letters)


def _broken(text: str) -> int:
    return text.count("\ufffd")


def _iso_2022_cn(raw: bytes) -> str:
    """GB 2312 between shift-out and shift-in, seven bits a byte. Python has no such codec."""
    raised = SHIFT.sub(lambda found: bytes(byte | 0x80 for byte in found.group(1)), DESIGNATION.sub(b"", raw))
    return raised.decode("gb18030", "replace")
