"""The newcomer: signs in, finds every page explained, changes the language in one click, and needs no JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from petitions.models import Petition
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser
CHINESE = re.compile("[\u4e00-\u9fff]")


def enter(page, username):
    """Sign in through the form."""
    page.goto("/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator(".login-card button[type=submit]").click()
    page.wait_for_url("**/")


def test_the_language_changes_in_one_click_and_stays(world, page, sign_in, axe):
    enter(page, "office")
    expect(page.get_by_role("heading", level=1)).to_have_text("工作台")
    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    menu = page.get_by_role("navigation").first
    expect(menu).to_be_visible()
    assert not CHINESE.search(menu.inner_text())
    assert axe(page) == []
    page.goto("/petitions/new/call/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    labels = page.locator("#register label, #register legend, #register button").all_inner_texts()
    assert len(labels) > 5 and not CHINESE.search(" ".join(labels))
    page.get_by_role("button", name="切换为中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page).to_have_url(re.compile(r"/petitions/new/call/$"))


def test_each_of_the_cast_finds_a_page_of_their_own(world, page, sign_in, axe):
    for username, said in (
        ("secadmin", "账号与角色"),
        ("custodian", "工作台"),
        ("outsider", "没有分配给您的工作"),
        ("member1", "问题底稿"),
    ):
        sign_in(page, username).goto("/")
        expect(page.locator("body")).to_contain_text(said)
        assert axe(page) == [], username


def test_without_javascript_a_letter_is_registered_found_and_read(world, new_page):
    page = new_page(java_script_enabled=False)
    enter(page, "member1")
    page.locator("#nav a[href='/petitions/']").click()
    page.get_by_role("link", name="登记", exact=True).click()
    page.get_by_role("link", name="来信").click()
    page.locator("#id_text").fill("没有脚本也能登记的一封信。")
    page.get_by_role("button", name="登记", exact=True).click()
    petition = Petition.objects.get()
    assert page.locator(".register-number").inner_text() == petition.number
    page.goto("/petitions/")
    page.locator("[name=q]").fill("脚本")
    page.locator(".filter-go button").click()
    page.locator("#list").get_by_role("link", name=petition.number).click()
    assert page.locator(".said").inner_text() == "没有脚本也能登记的一封信。"
    page.locator("a[href$='/alike/']").click()
    assert "相近" in page.locator("main").inner_text()
