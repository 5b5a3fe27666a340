"""The rows of the petition list, drawn in Python: as a template they took half the time of the page (docs/performance.md)."""

from functools import lru_cache
from html import escape

from django import template
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from inspection.pages.templatetags.pages import ago, day, light
from petitions.models import Discipline, Petition
from rounds.models import Channel

register = template.Library()
State = Petition.State
NOTHING = '<span class="text-secondary">—</span>'


@register.simple_tag
def petition_rows(rows, units: dict[int, str]) -> str:
    """A `<tr>` for each petition, with the cells of the head in petitions/list_part.html. Needs content.

    units  {assignment: name of its unit}
    """
    rows = list(rows)
    Petition.open_all(rows)
    drawing = Drawing(_words(get_language()), units)
    return mark_safe("".join([drawing.row(row) for row in rows]))


class Words:
    """What is the same in every row of one language: the beginnings of cells, and whole cells by the code they show."""

    def __init__(self):
        self.number = _cell(_("登记编号"), "text-nowrap")
        self.received = _cell(_("收到时间"))
        self.unit = _cell(_("被巡视单位"))
        self.subject = _cell(_("标题"), "cell-clip")
        self.due = _cell(_("期限"))
        self.channels = _cells(_cell(_("渠道"), "text-nowrap"), Channel.Kind)
        self.disciplines = _cells(_cell(_("六项纪律")), Discipline) | {"": f"{_cell(_('六项纪律'))}—</td>"}
        self.signatures = _cells(_cell(_("署名情况")), Petition.Signature)
        state, tones = _cell(_("状态")), Petition.STATE_TONES
        self.states = {
            code: f'{state}<span class="state state-{tones.get(code, "off")}">{escape(str(label))}</span></td>'
            for code, label in State.choices
        }
        self.sealed = f'<span class="text-secondary">{escape(_("已密封呈报，内容不留存"))}</span>'
        self.gone = f'<span class="text-secondary">{escape(_("内容已销毁"))}</span>'


@lru_cache
def _words(_language: str) -> Words:
    return Words()


def _cell(name: str, css: str = "") -> str:
    """The beginning of a cell."""
    return f'<td data-label="{escape(name)}" class="{css}">' if css else f'<td data-label="{escape(name)}">'


def _cells(cell: str, choices) -> dict[str, str]:
    return {code: f"{cell}{escape(str(label))}</td>" for code, label in choices.choices}


class Drawing:
    """The rows of one page. Days that many of them share are drawn once."""

    def __init__(self, words: Words, units: dict[int, str]):
        self.words, self.units = words, units
        self.zone = timezone.get_current_timezone()  # asked for each row, it costs more than the day
        self.days: dict = {}
        self.lamps: dict = {}

    def row(self, petition: Petition) -> str:
        """One petition."""
        words, number = self.words, escape(petition.number)
        received_on = timezone.localdate(petition.received_at, self.zone)
        if received_on not in self.days:
            self.days[received_on] = day(received_on)
        due_on = petition.due_on
        if due_on not in self.lamps:
            self.lamps[due_on] = light(petition.light, ago(due_on)) if due_on else NOTHING
        return (
            f'<tr><td class="cell-check"><input type="checkbox" class="form-check-input" name="ids" value="{petition.pk}" '
            f'aria-label="{number}"></td>{words.number}<a href="{petition.get_absolute_url()}">{number}</a></td>'
            f"{words.received}{self.days[received_on]}</td>{words.channels[petition.channel_kind]}"
            f"{words.unit}{escape(self.units[petition.assignment_id])}</td>{words.subject}{self._subject(petition)}</td>"
            f"{words.disciplines[petition.discipline]}{words.signatures[petition.signature]}{words.states[petition.state]}"
            f"{words.due}{self.lamps[due_on]}</td></tr>\n"
        )

    def _subject(self, petition: Petition) -> str:
        if petition.state == State.HANDED_UP:
            return self.words.sealed
        return self.words.gone if petition.destroyed else escape(petition.subject)
