"""The work list: panels that the floors fill for the person who looks."""

from dataclasses import dataclass, field

from .plugs import named

MAX_ROWS = 8


@dataclass(frozen=True)
class Row:
    """One line of a panel.

    text   number and, where the reader may see it, the subject
    url    where it leads
    meta   short grey text at the end ("剩 3 天")
    light  "green", "yellow", "red" or "" (see `{% light %}`); meta says the same in words
    """

    text: str
    url: str
    meta: str = ""
    light: str = ""


@dataclass(frozen=True)
class Panel:
    """One panel of the work list.

    key    unique, becomes the element's id
    title  "待分办"
    count  how many there are in all, or a text such as "1,000+"; 0 draws the empty sentence
    tone   "danger" (overdue), "warning" (due soon) or "" for ordinary work
    url    the list that shows them all; "" for none
    rows   the first few, at most MAX_ROWS
    empty  sentence shown when there are none
    chart  None, or the data of `{% chart %}` (then rows may be empty)
    order  position: lower is further up; overdue 10, due soon 20, to triage 30, to sign 40, to verify 50, overviews 80
    """

    key: str
    title: str
    count: int | str
    url: str = ""
    tone: str = ""
    rows: tuple[Row, ...] = field(default_factory=tuple)
    empty: str = ""
    chart: dict | None = None
    order: int = 50


def panels(user) -> list[Panel]:
    """Every floor's panels for `user`, in order."""
    supplied = [panel for supply in named("HOME_PANELS") for panel in supply(user)]
    return sorted(supplied, key=lambda panel: panel.order)
