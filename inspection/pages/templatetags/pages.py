"""Template tags of the page kit. docs/pages.md shows each in use."""

import datetime as dt
import itertools
from functools import lru_cache
from html import escape

from django import template
from django.conf import settings
from django.template.defaultfilters import linebreaksbr
from django.template.loader import render_to_string
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from inspection import workflow
from inspection.pages import filtering, lists, sentences
from inspection.pages import live as watching
from inspection.pages.folding import constant
from inspection.pages.sizes import human_bytes
from inspection.trail.models import Entry

register = template.Library()

ICONS = frozenset((settings.BASE_DIR / "templates" / "icons.txt").read_text().split())
LIGHTS = {"green": "circle-check", "yellow": "clock", "red": "alert-triangle"}
BUTTONS_SHOWN = 4  # more steps than this are a heap: the rare ones go into a menu
TIMELINE_SHOWN = 12
_chart_ids = itertools.count(1)


@register.simple_tag(takes_context=True)
def again(context, name: str):
    """The content of a block once more: the page's title stands in the window and on the page."""
    return context.render_context[BLOCK_CONTEXT_KEY].get_block(name).render(context)


@register.simple_tag
@constant
def icon(name: str, label: str = "", size: str = ""):
    """An icon of templates/icons.txt; with `label` it speaks, without it is decoration. size: "", "sm", "lg"."""
    return _icon(name, str(label), size)


@lru_cache(maxsize=1000)
def _icon(name: str, label: str, size: str):
    if name not in ICONS:
        raise template.TemplateSyntaxError(f"{name} is not in templates/icons.txt (add it and run script/assets)")
    href = f"{static('vendor/icons.svg')}#{name}"
    css = f"icon icon-{size}" if size else "icon"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', css, href)


@register.simple_tag
def state_badge(obj):
    """The state of an object as a badge. Its colour comes from `STATE_TONES = {state: tone}` on the model, grey without one.

    Tones: "wait" (blue outline), "busy" (blue), "good" (green), "late" (amber), "bad" (red), "off" (grey).
    """
    tone = getattr(type(obj), "STATE_TONES", {}).get(obj.state, "off")
    return format_html('<span class="state state-{}">{}</span>', tone, obj.get_state_display())


@register.simple_tag
def badge(text, tone: str = "off"):
    """A badge with any text; tones as in state_badge."""
    return format_html('<span class="state state-{}">{}</span>', tone, text)


@register.simple_tag
def light(colour: str, text: str):
    """A lamp: shape, colour and words say the same. colour: "green", "yellow", "red", anything else is grey."""
    return _lamp(colour if colour in LIGHTS else "off", str(text) if not isinstance(text, str) else text)


@lru_cache(maxsize=1000, typed=True)
def _lamp(known: str, text: str):
    return format_html('<span class="lamp lamp-{}">{}<span>{}</span></span>', known, icon(LIGHTS.get(known, "circle")), text)


@register.inclusion_tag("parts/status_path.html", takes_context=True)
def status_path(context, machine, obj, names: bool = True, entries=None):
    """Where the object stands on the machine's ordinary way, where it has been, and what moves it on (and who may).

    What has been is read from the trail, so that a way round is shown as it was. A predicate says who may in words through
    an attribute: `may_sign.who = _("组长")`. names=False leaves out who brought it here.

    entries  all acts on the object, where the page has them already
    """
    user = context["request"].user
    labels = dict(machine.states.choices)
    if entries is None:
        been = set(Entry.objects.about(obj).exclude(to_state="").values_list("to_state", flat=True)) - {obj.state}
    else:
        been = {entry.to_state for entry in entries} - {"", obj.state}
    stations = [{"label": labels[state], "kind": _kind(state, obj.state, been)} for state in machine.path]
    if obj.state not in machine.path:
        last = max((place for place, state in enumerate(machine.path) if state in been), default=-1)
        stations.insert(last + 1, {"label": labels[obj.state], "kind": "now", "aside": True})
    mine = {step.verb for step in workflow.available(machine, obj, user)}
    moves = [
        {
            "label": step.label,
            "who": getattr(step.allowed, "who", ""),
            "to": labels.get(step.target, ""),
            "mine": step.verb in mine,
        }
        for step in machine.steps
        if step.outward and obj.state in step.sources and step.target
    ]
    return {"stations": stations, "moves": moves, "since": obj.state_at, "by": obj.state_by if names else None}


def _kind(state: str, now: str, been: set) -> str:
    return "now" if state == now else "past" if state in been else "next"


@register.inclusion_tag("parts/step_buttons.html")
def step_buttons(machine, obj, user):
    """The steps `user` may take on `obj` now, as links to their pages: the object's address + verb + "/".

    The likely ones come first. Where they are more than BUTTONS_SHOWN the rare ones are in a menu.
    """
    base = obj.get_absolute_url()
    steps = [{"step": step, "url": f"{base}{step.verb}/"} for step in workflow.available(machine, obj, user)]
    steps.sort(key=lambda item: item["step"].tone != "primary")
    if len(steps) <= BUTTONS_SHOWN:
        return {"steps": steps, "rare": []}
    return {"steps": [item for item in steps if not item["step"].rare], "rare": [item for item in steps if item["step"].rare]}


@register.inclusion_tag("parts/live.html", takes_context=True)
def live(context, obj, entries=None):
    """What others do to the object shows on this page by itself (inspection.pages.live).

    entries  all acts on the object, where the page has them already
    """
    label = obj._meta.label_lower
    tag = watching.tag(watching.newest(label, obj.pk) if entries is None else next(reversed(entries), None))
    return {"url": reverse("live", args=[label, obj.pk]), "tag": tag, "page": context["request"].get_full_path()}


@register.inclusion_tag("parts/timeline.html")
def timeline(entries, notes: bool = True):
    """Trail entries as sentences, newest last, all but the latest folded. notes=False hides the reasons that people typed."""
    lines = [_line(entry.at, sentences.sentence(entry), entry.note_text if notes else "") for entry in entries]
    shown, earlier = lines[-TIMELINE_SHOWN:], lines[:-TIMELINE_SHOWN]
    return {"earlier": _listed(earlier), "count": len(earlier), "lines": _listed(shown)}


def _line(at, text: str, note: str) -> str:
    """One line of a timeline, put together here: a case with a long history has fifty of them."""
    quoted = f"<blockquote>{linebreaksbr(note)}</blockquote>" if note else ""
    return f'<li><span class="timeline-at">{day(at)}</span><div class="timeline-what">{escape(text)}{quoted}</div></li>'


def _listed(lines: list[str]):
    return mark_safe(f'<ol class="timeline-list">{"".join(lines)}</ol>') if lines else ""


@register.filter
def trail_sentence(entry) -> str:
    """The sentence of one trail entry."""
    return sentences.sentence(entry)


@register.simple_tag
def day(value, rel: bool = False):
    """A date, or date and time, as <time>. rel=True adds how far off it is."""
    if not value:
        return mark_safe('<span class="text-secondary">—</span>')
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
        shown, machine = date_format(value, "SHORT_DATETIME_FORMAT"), value.isoformat(timespec="minutes")
    else:
        if not rel:
            return _date(value, get_language())
        shown, machine = date_format(value, "SHORT_DATE_FORMAT"), value.isoformat()
    if rel:
        return format_html(
            '<time datetime="{}">{}</time> <span class="text-secondary text-nowrap">{}</span>', machine, shown, ago(value)
        )
    return format_html('<time class="text-nowrap" datetime="{}">{}</time>', machine, shown)


@lru_cache(maxsize=4000)
def _date(value: dt.date, _language: str):
    shown = date_format(value, "SHORT_DATE_FORMAT")
    return format_html('<time class="text-nowrap" datetime="{}">{}</time>', value.isoformat(), shown)


@register.filter
def listed(values) -> str:
    """Several words in a row, set apart as the reader's language does it: "来信、来电", "letter, call"."""
    return _("、").join(str(value) for value in values)


@register.filter
def ago(value) -> str:
    """How far off a day is: "今天", "3 天前", "5 天后"."""
    if not value:
        return ""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    days = (value - timezone.localdate()).days
    if days == 0:
        return _("今天")
    if days < 0:
        return ngettext("%(days)s 天前", "%(days)s 天前", -days) % {"days": -days}
    return ngettext("%(days)s 天后", "%(days)s 天后", days) % {"days": days}


@register.simple_tag
def fact(label, value, wide: bool = False):
    """One pair of a definition list (`<dl class="facts">`). Nothing to say is a dash."""
    shown = value if value not in (None, "", [], ()) else mark_safe('<span class="text-secondary">—</span>')
    return format_html('<div class="{}"><dt>{}</dt><dd>{}</dd></div>', "fact fact-wide" if wide else "fact", label, shown)


@register.simple_tag(name="bytes")
def bytes_tag(size):
    """A file size for people."""
    return human_bytes(size)


@register.simple_tag(takes_context=True)
def link(context, **changes):
    """The present address with parameters changed: `{% link sort="-number" %}`; None or "" removes one."""
    return lists.link(context["request"], **{name: value or None for name, value in changes.items()})


@register.simple_tag(takes_context=True)
def sort_link(context, key: str, label: str, default: str = ""):
    """A column heading that sorts by `key` (see lists.order_from) and says which way it is sorted now."""
    request = context["request"]
    asked = request.GET.get("sort") or default
    url = escape(lists.link(request, sort=f"-{key}" if asked == key else key))
    told = _sorted("ascending") if asked == key else _sorted("descending") if asked == f"-{key}" else ""
    return mark_safe(
        f'<a class="sort" href="{url}" hx-get="{url}" hx-target="#list" hx-push-url="true">{conditional_escape(label)}{told}</a>'
    )


def _sorted(direction: str) -> str:
    said = _("（升序）") if direction == "ascending" else _("（降序）")
    return f'{icon(f"sort-{direction}", size="sm")}<span class="visually-hidden">{escape(said)}</span>'


@register.simple_tag
def nav_links(links):
    """The entries of the navigation (context.NavLink) as list items, put together here: every page has ten of them."""
    return mark_safe("".join([_nav_link(one.href, str(one.label), one.icon, one.current) for one in links]))


@lru_cache(maxsize=1000)
def _nav_link(href: str, label: str, icon_name: str, current: bool) -> str:
    lit = ' aria-current="page"' if current else ""
    return f'\n    <li><a href="{escape(href)}"{lit}>{icon(icon_name)}<span>{escape(label)}</span></a></li>'


@register.simple_tag
def panel_rows(rows):
    """The rows of a panel of the work list (home.Row) as list items, put together here: a page has fifty of them."""
    parts = []
    for row in rows:
        meta = str(row.meta)
        told = light(row.light, meta) if row.light else meta and f'<span class="panel-meta">{escape(meta)}</span>'
        parts.append(f'<li><a href="{escape(row.url)}"><span class="panel-text">{escape(str(row.text))}</span>{told}</a></li>')
    return mark_safe("".join(parts))


@register.inclusion_tag("parts/chart.html")
def chart(data: dict, title: str, height: str = "m"):
    """A chart beside a real table of the same numbers.

    data    {"kind": "bar" | "stacked" | "line" | "pie", "categories": […], "series": [{"name": …, "values": […], "tone": ""}]};
            "horizontal": True lays bars down; tones: "green", "yellow", "red"
    height  "s", "m" or "l"
    """
    rows = [
        {"name": name, "cells": _cells(series["values"][place] for series in data["series"])}
        for place, name in enumerate(data["categories"])
    ]
    plain = {**data, "categories": [str(name) for name in data["categories"]]}
    plain["series"] = [{**series, "name": str(series["name"])} for series in data["series"]]
    return {"data": plain, "title": title, "height": height, "rows": rows, "id": f"chart-{next(_chart_ids)}"}


def _cells(values):
    """The figures of one row of a chart's table."""
    shown = ("—" if value is None else escape(str(localize(value))) for value in values)
    return mark_safe("".join(f'<td class="num">{one}</td>' for one in shown))


@register.inclusion_tag("parts/filters.html", takes_context=True)
def filter_bar(context, form, target: str = "#list"):
    """Filters (inspection.pages.filtering) or a form, above a list. Works without JavaScript; with it the list is swapped and the
    address follows.
    """
    form.is_valid()
    fields = (
        form.drawn()
        if isinstance(form, filtering.Filters)
        else [render_to_string("parts/filter.html", {"field": f}) for f in form]
    )
    request = context["request"]
    return {"fields": mark_safe("".join(fields)), "target": target, "request": request, "sort": request.GET.get("sort", "")}


@register.inclusion_tag("parts/chips.html", takes_context=True)
def filter_chips(context, form):
    """The active filters, each with a link that takes it off."""
    form.is_valid()
    return {"chips": lists.chips(context["request"], form)}


@register.inclusion_tag("parts/pager.html")
def pager(page, target: str = "#list"):
    """Count, previous and next of a lists.Page."""
    return {"page": page, "target": target}


@register.inclusion_tag("parts/empty.html")
def empty(title, hint: str = "", icon_name: str = "inbox", url: str = "", action: str = ""):
    """The state of a list with nothing in it: what that means and what to do next."""
    return {"title": title, "hint": hint, "icon_name": icon_name, "url": url, "action": action}
