"""The second factor as a person meets it: in a browser, with a phone and with a device that makes passkeys."""

import base64
import re
import time

import pytest
from playwright.sync_api import expect

from inspection.accounts import factors
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


def give_password(page, username):
    page.goto("/accounts/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", PASSWORD)
    page.click(".login-card button[type=submit]")


def sign_out(page):
    page.click(".tool-user")
    page.click("[data-signout] button")
    page.wait_for_url("**/accounts/login/")


def shown_by_the_phone(secret: bytes, later: int = 0) -> str:
    return factors._totp(secret).generate(time.time() + later * factors.STEP).decode()


def test_an_auditor_sets_up_a_phone_and_signs_in_with_it(page, world, axe):
    page.goto("/accounts/login/")
    page.fill("input[name=password]", PASSWORD)
    page.click(".reveal button")
    expect(page.locator("input[name=password]")).to_have_attribute("type", "text")
    give_password(page, "auditor")
    page.wait_for_url("**/enrol/")
    assert page.locator("img.qr").evaluate("image => image.complete && image.naturalWidth") > 100
    assert axe(page) == []
    page.click("details summary")
    secret = base64.b32decode(page.locator(".token-raw").inner_text().replace(" ", ""))
    page.fill("input[name=code]", shown_by_the_phone(secret))
    page.click("text=完成设置并登录")
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10 and axe(page) == []
    page.click("text=已经存好，继续")
    expect(page.locator("h1")).to_contain_text("工作台")
    sign_out(page)
    give_password(page, "auditor")
    page.wait_for_url("**/second/")
    assert axe(page) == []
    page.fill("input[name=code]", "000000")
    page.press("input[name=code]", "Enter")
    expect(page.locator(".error-summary")).to_contain_text("验证码不正确")
    page.fill("input[name=code]", shown_by_the_phone(secret, 1))
    page.press("input[name=code]", "Enter")
    expect(page.locator("h1")).to_contain_text("工作台")


def test_a_passkey_is_made_used_and_confirms(page, world, sign_in, axe, settings):
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    device.send(
        "WebAuthn.addVirtualAuthenticator", {"options": kind | {"isUserVerified": True, "automaticPresenceSimulation": True}}
    )
    sign_in(page, "office")
    page.goto("/accounts/security/")
    page.click("text=建立")
    page.fill("input[name=label]", "办公室电脑")
    page.press("input[name=label]", "Enter")
    page.click("text=已经存好，继续")
    expect(page.locator("main")).to_contain_text("办公室电脑")
    assert axe(page) == []
    sign_out(page)
    give_password(page, "office")
    page.click("text=使用通行密钥")
    expect(page.locator("h1")).to_contain_text("工作台")
    key = world.office.passkeys.get()
    assert key.last_used_at and key.sign_count > 0

    settings.CONFIRMATION_SECONDS = 0
    page.goto("/accounts/tokens/")
    page.wait_for_url(re.compile("/accounts/confirm/"))
    assert axe(page) == []
    settings.CONFIRMATION_SECONDS = 600
    page.click("text=使用通行密钥")
    page.wait_for_url("**/accounts/tokens/")
