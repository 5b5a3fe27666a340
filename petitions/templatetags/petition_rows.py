"""The rows of the petition list, drawn in Python: as a template they took half the time of the page (docs/performance.md)."""

from django import template
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from inspection.pages.templatetags.pages import ago, day, light
from petitions.models import Discipline, Petition
from rounds.models import Channel

register = template.Library()
State = Petition.State
NOTHING = '<span class="text-secondary">—</span>'


def _words(choices) -> dict[str, str]:
    """{code: what it is called}, looked up once for all rows."""
    return {value: escape(str(label)) for value, label in choices}


@register.simple_tag
def petition_rows(rows, units: dict[int, str]) -> str:
    """A `<tr>` for each petition, with the cells of the head in petitions/list_part.html. Needs content.

    units  {assignment: name of its unit}
    """
    drawn = Drawing(units)
    return mark_safe("".join(drawn.row(row) for row in rows))


class Drawing:
    """Words and days that are the same for every row of a page."""

    def __init__(self, units: dict[int, str]):
        self.units = units
        self.days: dict = {}  # as they are drawn: many rows share one
        self.lamps: dict = {}
        names = (
            _("登记编号"),
            _("收到时间"),
            _("渠道"),
            _("被巡视单位"),
            _("标题"),
            _("六项纪律"),
            _("署名情况"),
            _("状态"),
            _("期限"),
        )
        self.cells = [f'<td data-label="{escape(name)}"' for name in names]
        self.states = _words(State.choices)
        self.channels = _words(Channel.Kind.choices)
        self.disciplines = _words(Discipline.choices)
        self.signatures = _words(Petition.Signature.choices)
        self.sealed = f'<span class="text-secondary">{escape(_("已密封呈报，内容不留存"))}</span>'
        self.gone = f'<span class="text-secondary">{escape(_("内容已销毁"))}</span>'

    def row(self, petition: Petition) -> str:
        """One petition."""
        number, received, channel, unit, subject, discipline, signature, state, due = self.cells
        tone = Petition.STATE_TONES.get(petition.state, "off")
        received_on = petition.received_on
        if received_on not in self.days:
            self.days[received_on] = day(received_on)
        due_on = petition.due_on
        if due_on not in self.lamps:
            self.lamps[due_on] = light(petition.light, ago(due_on)) if due_on else NOTHING
        return "".join(
            (
                '<tr><td class="cell-check"><input type="checkbox" class="form-check-input" name="ids" ',
                f'value="{petition.pk}" aria-label="{escape(petition.number)}"></td>',
                f'{number} class="text-nowrap"><a href="{petition.get_absolute_url()}">{escape(petition.number)}</a></td>',
                f"{received}>{self.days[received_on]}</td>",
                f'{channel} class="text-nowrap">{self.channels[petition.channel_kind]}</td>',
                f"{unit}>{escape(self.units[petition.assignment_id])}</td>",
                f'{subject} class="cell-clip">{self._subject(petition)}</td>',
                f"{discipline}>{self.disciplines.get(petition.discipline, '—')}</td>",
                f"{signature}>{self.signatures[petition.signature]}</td>",
                f'{state}><span class="state state-{tone}">{self.states[petition.state]}</span></td>',
                f"{due}>{self.lamps[due_on]}</td></tr>\n",
            )
        )

    def _subject(self, petition: Petition) -> str:
        if petition.state == State.HANDED_UP:
            return self.sealed
        return self.gone if petition.destroyed else escape(petition.subject)
