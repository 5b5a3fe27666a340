"""The duty officer: one caller after another, hands on the keyboard, and a network that drops."""

import re

import pytest
from playwright.sync_api import expect

from petitions.models import Petition
from tests.petitions.registering import call

pytestmark = pytest.mark.browser
CALL = "/petitions/new/call/"


def ignores_enter(page, **marks) -> bool:
    """Whether an Enter that only ends a word of the input method is swallowed."""
    return page.evaluate(
        "(marks) => !document.activeElement.dispatchEvent(new KeyboardEvent('keydown',"
        " Object.assign({key: 'Enter', bubbles: true, cancelable: true}, marks)))",
        marks,
    )


def test_an_anonymous_caller_who_repeats_a_known_matter(world, page, sign_in, axe):
    known = call(world, text="集镇主街占道经营长期无人管理，城管所不出面。")
    sign_in(page, "coordinator1").goto(CALL)
    expect(page.locator("#id_assignment option:checked")).to_have_text("甲局（第一巡察组）")
    expect(page.locator("#scope")).to_contain_text("您好，这里是第一巡察组")
    expect(page.locator("#scope")).to_contain_text(world.round.scope_text)
    expect(page.locator("#id_name")).to_be_hidden()

    expect(page.locator("#id_text")).to_be_focused()
    page.keyboard.insert_text("集镇主街占道经营长期无人管理，城管所不出面，又来反映。")
    expect(page.locator("#alike")).to_contain_text(known.number)
    expect(page.locator("#alike")).to_contain_text("文字相近")
    assert axe(page) == []
    page.keyboard.press("Alt+1")
    expect(page.locator(f"input[name=repeat_of][value='{known.number}']")).to_be_checked()
    assert ignores_enter(page, isComposing=True) and ignores_enter(page, keyCode=229)
    assert Petition.objects.count() == 1
    page.keyboard.press("Control+Enter")

    number = page.locator(".register-number")
    expect(number).to_be_visible()
    taken = Petition.objects.exclude(pk=known.pk).get()
    expect(number).to_have_text(taken.number)
    expect(number).to_be_in_viewport()
    assert (taken.state, taken.first, taken.signature) == ("repeat", known, "anonymous")
    expect(page.locator("#id_text")).to_be_focused()
    expect(page.locator("#id_text")).to_have_value("")
    page.keyboard.insert_text("另一位来电人反映另一件事。")
    page.keyboard.press("Control+Enter")
    expect(number).not_to_have_text(taken.number)
    assert Petition.objects.count() == 3


def test_the_network_drops_and_nothing_typed_is_lost(world, page, sign_in):
    sign_in(page, "member1").goto(CALL)
    expect(page.locator("#id_text")).to_be_focused()
    page.keyboard.insert_text("正说到一半，网断了。")
    page.fill("#id_subject", "半路断网")
    page.fill("#id_persons-0-name", "周某某")
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("^chrome-error:"))  # wait_for_url would raise what the network says
    page.context.set_offline(False)
    assert not Petition.objects.exists()

    page.goto(CALL)
    expect(page.locator(".draft-note")).to_contain_text("已恢复上次未保存的内容")
    expect(page.locator("#id_text")).to_have_value("正说到一半，网断了。")
    expect(page.locator("#id_persons-0-name")).to_have_value("周某某")
    page.focus("#id_subject")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".register-number")).to_be_visible()
    expect(page.locator("#id_text")).to_have_value("")
    taken = Petition.objects.get()
    assert (taken.subject, taken.text) == ("半路断网", "正说到一半，网断了。")
    assert taken.persons[0]["name"] == "周某某"
