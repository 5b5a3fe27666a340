"""The duty officer's minute: type while the caller talks, link the repeat, Ctrl+Enter, read the number out, next call."""

import re

import pytest
from django.urls import reverse

from inspection.trail.models import Entry
from petitions.models import Petition

from .registering import call

pytestmark = pytest.mark.browser
CALL = reverse("petitions:register", args=["call"])
WORDS = "河道采砂影响堤坝安全，运砂车辆夜间经过学校门口。"


@pytest.fixture
def desk(world, page, sign_in, transactional_db):
    """The call form, open, with one similar call registered already."""
    first = call(world, text=WORDS)
    sign_in(page, "coordinator1").goto(CALL)
    page.first = first
    return page


def test_a_call_without_the_mouse(desk):
    desk.locator("[name=text]").focus()
    desk.keyboard.type(WORDS)
    desk.locator("#alike a", has_text=desk.first.number).wait_for()
    desk.keyboard.press("Alt+1")
    assert desk.locator("[name=repeat_of]:checked").input_value() == desk.first.number
    desk.locator("[name=text]").focus()
    desk.keyboard.press("Control+Enter")
    number = desk.locator(".register-number").text_content()
    again = Petition.objects.get(number=number)
    assert again.first == desk.first and again.text == WORDS
    assert desk.locator("[name=text]").input_value() == ""
    assert desk.locator("[name=assignment]").input_value() == str(again.assignment_id)


def test_what_was_typed_survives_a_closed_page_until_it_is_saved(desk):
    desk.locator("[name=text]").fill(WORDS)
    desk.wait_for_timeout(600)  # the draft is written 300 ms after the last key
    desk.goto(CALL)
    assert desk.locator("[name=text]").input_value() == WORDS
    desk.locator("[name=text]").press("Control+Enter")
    desk.locator(".register-number").wait_for()
    desk.goto(CALL)
    assert desk.locator("[name=text]").input_value() == ""


def test_the_name_is_folded_away_and_another_person_can_be_added(desk, axe):
    assert not desk.locator("[name=name]").is_visible()
    desk.locator("summary", has_text="反映人信息").click()
    assert desk.locator("[name=name]").is_visible()
    desk.locator("[data-formset-add]").click()
    desk.locator("[name='persons-2-name']").fill("周某甲")
    desk.locator("[name=text]").fill(WORDS)
    desk.locator("[name=text]").press("Control+Enter")
    desk.locator(".register-number").wait_for()
    assert Petition.objects.exclude(pk=desk.first.pk).get().persons[0]["name"] == "周某甲"
    assert axe(desk) == []


def test_a_double_click_registers_once(desk):
    desk.locator("[name=text]").fill(WORDS)
    desk.get_by_role("button", name=re.compile("^登记$")).dblclick()
    desk.locator(".register-number").wait_for()
    assert Petition.objects.count() == 2 and Entry.objects.filter(verb="register").count() == 2


def test_the_case_page_fetches_what_resembles_it_and_is_accessible(desk, world, axe):
    other = call(world, text=WORDS)
    desk.goto(other.get_absolute_url())
    desk.locator("a", has_text=desk.first.number).wait_for()
    assert axe(desk) == []
    for address in (reverse("petitions:list"), reverse("petitions:ledger"), reverse("petitions:new")):
        desk.goto(address)
        assert axe(desk) == []
