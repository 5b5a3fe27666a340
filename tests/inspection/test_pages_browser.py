"""The kit in a browser: keyboard, input method, double clicks, drafts, phone, no script."""

import pytest
from playwright.sync_api import expect

from inspection.trail.recording import record
from rounds.models import Assignment
from tests.inspection import kit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.inspection.kit")]


@pytest.fixture(autouse=True)
def nothing_sent(monkeypatch):
    kit.SENT.clear()
    monkeypatch.setattr(Assignment, "get_absolute_url", lambda found: f"/kit/{found.number}/")


def open_form(page, sign_in, world):
    sign_in(page, "office").goto("/kit/intake/")
    return page


def drafts(page):
    return page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('draft'))")


def wait_for_draft(page):
    for _turn in range(50):
        if drafts(page):
            return
        page.wait_for_timeout(50)
    raise AssertionError("no draft was kept")


def test_enter_inside_an_input_method_submits_nothing(world, page, sign_in):
    open_form(page, sign_in, world)
    page.focus("#id_title")
    for extra in ("isComposing: true", "keyCode: 229"):
        refused = page.evaluate(
            "(extra) => !document.activeElement.dispatchEvent(new KeyboardEvent('keydown',"
            " Object.assign({key: 'Enter', bubbles: true, cancelable: true}, extra)))",
            {"isComposing": True} if "isComposing" in extra else {"keyCode": 229},
        )
        assert refused
    assert kit.SENT == []
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-error-summary]")
    assert kit.SENT == [""]


def test_ctrl_enter_submits_from_a_text_area(world, page, sign_in):
    open_form(page, sign_in, world)
    page.fill("#id_title", "标题")
    page.focus("#id_text")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-error-summary]")
    assert kit.SENT == ["标题"]


def test_two_clicks_are_one_submission(world, page, sign_in):
    open_form(page, sign_in, world)
    page.evaluate("() => { const b = document.querySelector('.form-card > button'); b.click(); b.click(); }")
    page.wait_for_selector("[data-error-summary]")
    assert kit.SENT == [""]
    assert page.evaluate("document.activeElement.hasAttribute('data-error-summary')"), "the summary is read out first"


def test_a_dropped_network_loses_nothing_and_a_saved_form_is_forgotten(world, page, sign_in):
    open_form(page, sign_in, world)
    page.fill("#id_title", "半句话")
    page.fill("#id_text", "电话里说的")
    page.check("#id_kind_1")
    wait_for_draft(page)
    page.context.set_offline(True)
    page.evaluate("document.querySelector('.form-card').requestSubmit()")
    page.wait_for_timeout(300)
    page.context.set_offline(False)
    page.goto("/kit/intake/")
    assert page.input_value("#id_title") == "半句话" and page.input_value("#id_text") == "电话里说的"
    assert page.is_checked("#id_kind_1") and page.is_visible(".draft-note")
    page.fill("#id_on", "2026-11-02")
    page.click(".form-card > button")
    page.wait_for_selector("[data-saved]")
    assert drafts(page) == []
    page.goto("/kit/intake/")
    assert page.input_value("#id_title") == ""


def test_what_came_back_with_errors_is_not_overwritten_by_the_draft(world, page, sign_in):
    open_form(page, sign_in, world)
    page.fill("#id_title", "一")
    page.click(".form-card > button")
    page.wait_for_selector("[data-error-summary]")
    assert page.input_value("#id_title") == "一" and not page.is_visible(".draft-note")


def test_drafts_survive_the_end_of_a_session_but_not_a_sign_out_or_another_person(world, page, sign_in):
    open_form(page, sign_in, world)
    page.fill("#id_title", "半句话")
    wait_for_draft(page)
    page.context.clear_cookies()
    page.goto("/kit/intake/")
    assert "/accounts/login/" in page.url
    sign_in(page, "office").goto("/kit/intake/")
    assert page.input_value("#id_title") == "半句话"
    sign_in(page, "chief").goto("/kit/intake/")
    assert page.input_value("#id_title") == ""
    assert drafts(page) == []
    page.fill("#id_title", "另一句")
    wait_for_draft(page)
    page.click(".tool-user")
    page.click("[data-signout] button")
    page.wait_for_url("**/accounts/login/")
    assert drafts(page) == []


def test_discarding_a_draft_empties_the_form(world, page, sign_in):
    open_form(page, sign_in, world)
    page.fill("#id_title", "半句话")
    wait_for_draft(page)
    page.reload()
    page.click(".draft-note button")
    assert page.input_value("#id_title") == "" and drafts(page) == []


def test_a_row_is_added_with_names_of_its_own(world, page, sign_in):
    open_form(page, sign_in, world)
    page.click("[data-formset-add]")
    page.click("[data-formset-add]")
    assert page.input_value("[name=p-TOTAL_FORMS]") == "3"
    assert page.evaluate("document.activeElement.name") == "p-2-name"


def test_a_file_that_is_too_large_is_named_before_it_travels(world, page, sign_in):
    open_form(page, sign_in, world)
    page.set_input_files("#id_paper", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"x" * 2000})
    assert page.is_visible("[data-too-large]")
    page.click(".form-card > button")
    page.wait_for_timeout(200)
    assert kit.SENT == []


def test_filters_swap_the_list_and_the_address_follows(world, page, sign_in):
    record("read", world.assignment_a, by=world.office)
    sign_in(page, "office").goto("/kit/entries/")
    page.fill("[name=number]", "nothing-like-this")
    page.click(".filter-go button")
    page.wait_for_url("**/kit/entries/?number=nothing-like-this")
    count = page.locator(".count")  # the address changes before the list does
    expect(count).to_have_text("共 0 条")
    page.click("[data-chip]")
    page.wait_for_url("**/kit/entries/")
    expect(count).to_have_text("共 1 条")
    page.go_back()
    page.wait_for_url("**/kit/entries/?number=nothing-like-this")
    expect(count).to_have_text("共 0 条")
    expect(page.locator("h1")).to_have_text("T")  # the whole page, not the list alone
    stored = page.evaluate("JSON.stringify([sessionStorage, localStorage])")
    assert "<" not in stored, "no page lies in the browser's storage"


def test_everything_by_keyboard(world, page, sign_in):
    sign_in(page, "office").goto("/kit/entries/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.focus(".tool-user")
    page.keyboard.press("Enter")
    assert page.is_visible(".menu-panel")
    page.keyboard.press("Escape")
    assert not page.is_visible(".menu-panel") and "tool-user" in page.evaluate("document.activeElement.className")


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no script"])
def test_the_menu_on_a_phone_needs_no_script(world, new_page, sign_in, scripts):
    page = new_page(width=390, height=844, java_script_enabled=scripts)
    sign_in(page, "auditor").goto("/accounts/profile/")
    assert not page.is_visible("#nav a[href='/audit/']")
    page.click(".topbar-menu")
    page.click("#nav a[href='/audit/']")
    page.wait_for_url("**/audit/")
    assert not page.is_visible("#nav a[href='/audit/']")


def test_without_script_one_signs_in_switches_the_language_files_a_form_and_signs_out(world, new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/kit/intake/")
    page.fill("[name=username]", "office")
    page.fill("[name=password]", "zhuoluo-test-pass")
    page.click(".login-card button")
    page.wait_for_url("**/kit/intake/")
    page.click(".language button")
    assert page.inner_text(".page-foot").startswith("Zhuoluo")
    page.fill("#id_title", "没有脚本")
    page.fill("#id_on", "2026-11-02")
    page.check("#id_kind_0")
    page.click(".form-card > button")
    page.wait_for_selector("[data-saved]")
    assert kit.SENT == ["没有脚本"]
    page.click(".tool-user")
    page.click("[data-signout] button")
    page.wait_for_url("**/accounts/login/")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "url", ["/", "/kit/entries/", "/kit/intake/", "/kit/T01-1-01/", "/accounts/tokens/", "/accounts/profile/", "/nothing/"]
)
def test_pages_fit_and_are_accessible(world, new_page, sign_in, axe, url, width):
    page = new_page(width=width, height=844)
    sign_in(page, "chief").goto(url)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out sideways"
    assert axe(page) == []


def test_the_sign_in_is_accessible(page, axe):
    page.goto("/accounts/login/")
    assert axe(page) == []


def test_the_api_documentation_works_under_the_content_security_policy(world, page, sign_in):
    sign_in(page, "office").goto("/api/v1/docs/")
    page.wait_for_selector(".swagger-ui .info")
