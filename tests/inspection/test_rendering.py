"""Widgets drawn in Python look as their templates say."""

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.html import escape

from inspection.pages.rendering import Renderer

HOSTILE = """"><b>'&"""


def test_inputs_drawn_in_python_are_the_same_as_by_template():
    for widget, attrs, value in (
        (forms.TextInput(), {"maxlength": 20, "required": True, "disabled": False}, HOSTILE),
        (forms.TextInput({"class": "wide"}), {"aria-label": HOSTILE}, None),
        (forms.SearchInput(), {}, ""),
        (forms.NumberInput(), {"min": 0}, 0),
        (forms.EmailInput(), {}, "a@example.cn"),
        (forms.HiddenInput(), {"id": "x"}, 12),
        (forms.DateInput(), {}, "2026-11-22"),
    ):
        drawn, template = (widget.render("name", value, attrs, renderer) for renderer in (Renderer(), TemplatesSetting()))
        assert drawn == template.strip()


def test_a_select_holds_its_groups_and_options_with_the_chosen_one_marked():
    choices = [("", "不限"), (HOSTILE, HOSTILE), ("组", [(1, "一"), (2, "二")])]
    drawn = forms.Select({"class": "wide", "required": True}, choices=choices).render("unit", 2, renderer=Renderer())
    assert drawn.startswith('<select name="unit" class="form-select wide" required>')
    assert f'<option value="{escape(HOSTILE)}">{escape(HOSTILE)}</option>' in drawn and "<b>" not in drawn
    assert '<optgroup label="组">' in drawn and '<option value="2" selected>二</option>' in drawn
    assert drawn.count(" selected") == 1
