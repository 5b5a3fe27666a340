"""Drawing form widgets. Those that every page is full of are drawn here: a template for each option costs more than the page.

What they look like is what templates/django/forms/widgets/input.html says; a test compares the two.
"""

from django.forms.renderers import TemplatesSetting
from django.utils.html import escape
from django.utils.safestring import mark_safe

FOLDER = "django/forms/widgets"
INPUTS = ("text", "search", "number", "email", "url", "tel", "hidden", "password", "date")


class Renderer(TemplatesSetting):
    """Templates for everything but inputs of one line and selects."""

    def render(self, template_name, context, request=None):
        """The HTML of a widget."""
        draw = DRAWN.get(template_name)
        return mark_safe(draw(context["widget"])) if draw else super().render(template_name, context, request)


def _attributes(attrs: dict) -> str:
    shown = ((name, value) for name, value in attrs.items() if value is not False and name != "class")
    return "".join(f" {name}" if value is True else f' {name}="{escape(str(value))}"' for name, value in shown)


def _css(base: str, attrs: dict) -> str:
    return escape(" ".join(filter(None, (base, str(attrs.get("class") or "")))))


def _input(widget: dict) -> str:
    attrs = widget["attrs"]
    value = "" if widget["value"] is None else f' value="{escape(str(widget["value"]))}"'
    css = _css("" if widget["type"] == "hidden" else "form-control", attrs)
    return f'<input type="{widget["type"]}" name="{escape(widget["name"])}" class="{css}"{value}{_attributes(attrs)}>'


def _date(widget: dict) -> str:
    return _input(widget | {"type": "date"})


def _select(widget: dict) -> str:
    attrs = widget["attrs"]
    parts = [f'<select name="{escape(widget["name"])}" class="{_css("form-select", attrs)}"{_attributes(attrs)}>']
    for group, options, _place in widget["optgroups"]:
        if group:
            parts.append(f'<optgroup label="{escape(group)}">')
        parts += [
            f'<option value="{escape(str(option["value"]))}"{_attributes(option["attrs"])}>{escape(option["label"])}</option>'
            for option in options
        ]
        if group:
            parts.append("</optgroup>")
    parts.append("</select>")
    return "\n".join(parts)


DRAWN = {f"{FOLDER}/{kind}.html": _input for kind in INPUTS} | {f"{FOLDER}/date.html": _date, f"{FOLDER}/select.html": _select}
