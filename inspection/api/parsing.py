"""JSON as it was meant: what two readers could understand differently, or what only wears a reader out, is refused."""

import codecs
import json

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEPTH = 32


class StrictJSON(JSONParser):
    """JSON in UTF-8, without duplicate keys, NaN, lone surrogates, numbers of thousands of digits or deep nesting."""

    def parse(self, stream, media_type=None, parser_context=None):
        """The body. Raises ParseError (400)."""
        try:
            raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
            data = json.loads(codecs.decode(raw, "utf-8-sig"), object_pairs_hook=_object, parse_constant=_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError(str(error) if isinstance(error, _Refused) else _("请求体不是有效的 JSON。")) from None
        _check(data)
        return data


class _Refused(ValueError):
    """Valid JSON, but not to be taken."""


def _object(pairs: list[tuple]) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused(_("JSON 对象中有重复的键。"))
    return found


def _constant(name: str):
    raise _Refused(_("JSON 中不能有 NaN 或 Infinity。"))


def _check(data) -> None:
    """Walks level by level. Raises ParseError for nesting beyond DEPTH and for text that no encoding can write."""
    level = [data]
    for _depth in range(DEPTH):
        if not level:
            return
        inner = []
        for value in level:
            if isinstance(value, str):
                _writable(value)
            elif isinstance(value, dict):
                for key in value:
                    _writable(key)
                inner.extend(value.values())
            elif isinstance(value, list):
                inner.extend(value)
        level = inner
    if level:
        raise ParseError(_("JSON 嵌套过深。"))


def _writable(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ParseError(_("JSON 中有不成对的代理字符。")) from None
