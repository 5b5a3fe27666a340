"""Internal marks (普通、内部、工作秘密) and what each of them governs. State secrets have no mark here: they are refused.

Rules are in RULES and are read nowhere else; what a mark allows is asked by the floors' `access`.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class Mark(models.TextChoices):
    """From the lowest to the highest."""

    ORDINARY = "ordinary", _("普通")
    INTERNAL = "internal", _("内部")
    WORK_SECRET = "secret", _("工作秘密")


@dataclass(frozen=True)
class Rule:
    """What one mark governs. Every export, whatever its mark, asks again who is there, is numbered and recorded, and bears mark,
    number, name and time on every page; no mail ever carries what a case says.

    watermark   the reader's name, the time and the number lie over the page on the screen
    open_sheet  anybody who reads the rows may take them out as a workbook; else only the office and group leaders
    """

    watermark: bool
    open_sheet: bool


RULES = {
    Mark.ORDINARY: Rule(watermark=False, open_sheet=True),
    Mark.INTERNAL: Rule(watermark=True, open_sheet=True),
    Mark.WORK_SECRET: Rule(watermark=True, open_sheet=False),
}
DEFAULT = Mark.INTERNAL
ORDER = tuple(Mark)

# 绝密★启封前, 机密★10年, 秘密 ★ 三年; a bare "机密 20年" only where it stands by itself and not inside a sentence.
STATE_SECRET = re.compile(
    r"(绝密|机密|秘密|絕密|機密)\s*[★☆]|[★☆]\s*(绝密|机密|秘密|絕密|機密)"
    r"|(?:^|(?<=[^\w]))(绝密|机密|秘密|絕密|機密)[\s:：·]*(\d{1,2}|[一二三四五六七八九十]{1,3})\s*(年|个月)(?!\w)",
    re.MULTILINE,
)
SAYS_SECRET = re.compile("密")  # each of them does, and no other character is folded into this: most texts are done with here
REFUSED = _("含有国家秘密标志（绝密、机密、秘密）。本系统为非涉密系统，严禁处理国家秘密，请按保密规定处理原件。")


def highest(marks: Iterable[str], least: str = Mark.ORDINARY) -> Mark:
    """The highest of `marks`, not lower than `least`."""
    return max((Mark(mark) for mark in (*marks, least)), key=ORDER.index)


def lowers(before: str, after: str) -> bool:
    """Whether a change takes protection away; such a change needs somebody who decides."""
    return ORDER.index(Mark(after)) < ORDER.index(Mark(before))


def is_state_secret(text: str) -> bool:
    """Whether a text bears the mark of a state secret (保守国家秘密法 art. 17: 密级 and 保密期限)."""
    text = text or ""
    return SAYS_SECRET.search(text) is not None and STATE_SECRET.search(unicodedata.normalize("NFKC", text)) is not None


def refuse_state_secrets(**texts: str) -> None:
    """Raise ValidationError keyed by the names of those texts that bear the mark of a state secret."""
    wrong = {name: [REFUSED] for name, text in texts.items() if is_state_secret(text)}
    if wrong:
        raise ValidationError(wrong)
