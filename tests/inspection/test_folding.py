"""Constant parts of templates are drawn once, and only those (inspection.pages.folding)."""

import pytest
from django.template import Context, engines
from django.template.base import Template
from django.utils.translation import override

from inspection.pages.folding import Constant, fold

CHANGING = (
    "{{ name }}",
    "{% trans name %}",
    '{% trans "是" as yes %}{{ yes }}',
    "{% icon name %}",
    "{% url name %}",
    "{% blocktrans %}共 {{ name }} 条{% endblocktrans %}",
    '{{ "a"|add:name }}',
    "{% csrf_token %}",
    "{% day name %}",
)
CONSTANT = (
    '{% trans "是" %}',
    '{% icon "x" %}',
    '{% url "home" %}',
    '{% static "img/mark.svg" %}',
    "{% blocktrans %}是{% endblocktrans %}",
)


def made(text: str) -> Template:
    return Template("{% load i18n pages static %}" + text, engine=engines["django"].engine)


def constants(template: Template) -> int:
    return len(template.nodelist.get_nodes_by_type(Constant))


@pytest.mark.parametrize("text", CHANGING)
def test_what_depends_on_the_page_stays_as_it_is(text):
    template = made(text)
    fold(template.nodelist)
    assert constants(template) == 0


@pytest.mark.parametrize("text", CONSTANT)
@pytest.mark.parametrize(
    "around", ("%s", "{%% if yes %%}%s{%% else %%}%s{%% endif %%}", "{%% for n in some %%}%s{%% empty %%}%s{%% endfor %%}")
)
def test_what_is_constant_is_drawn_once_wherever_it_stands(text, around):
    text = around % ((text,) * around.count("%s"))
    plain, folded = made(text), made(text)
    fold(folded.nodelist)
    context = {"yes": False, "some": (1, 2)}
    for language in ("zh-hans", "en", "zh-hans"):
        with override(language):
            assert folded.render(Context(context)) == plain.render(Context(context)) != ""


def test_each_language_has_its_own(settings):
    template = made('<b>{% trans "退出登录" %}</b>{{ name }}')
    fold(template.nodelist)
    with override("en"):
        english = template.render(Context({"name": 1}))
    with override("zh-hans"):
        assert template.render(Context({"name": 2})) == "<b>退出登录</b>2"
    assert english.startswith("<b>") and "退出" not in english
