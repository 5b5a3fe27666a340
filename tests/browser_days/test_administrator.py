"""The administrator plans the next round from nothing to its start, and never sees a petition."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rounds.models import Round
from tests.petitions.registering import call

pytestmark = pytest.mark.browser


def fill(page, **fields):
    """Fill the form's fields by name: text, dates and choices alike."""
    for name, value in fields.items():
        field = page.locator(f"#id_{name}")
        if field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(**({"value": value[0]} if isinstance(value, tuple) else {"label": value}))
        else:
            field.fill(str(value))


def send(page, axe=None):
    """Send the form and see that it was saved."""
    assert axe is None or axe(page) == []
    page.locator(".form-buttons .btn-primary").click()
    expect(page.locator("#messages [data-saved]")).to_be_visible()


def test_a_round_is_planned_and_started(world, page, sign_in, axe):
    known = call(world)
    today = timezone.localdate()
    first, last = today + dt.timedelta(days=60), today + dt.timedelta(days=120)
    sign_in(page, "admin").goto("/")
    expect(page.get_by_role("navigation", name="主导航").get_by_role("link", name="轮次")).to_be_visible()
    expect(page.get_by_role("navigation", name="主导航").get_by_role("link", name="信访")).to_have_count(0)
    expect(page.locator("body")).not_to_contain_text(known.number)
    assert axe(page) == []

    page.goto("/rounds/terms/new/")
    fill(page, name="十一届县委", starts_on=dt.date(first.year, 1, 1), ends_on=dt.date(first.year + 5, 1, 1))
    send(page)
    page.goto("/rounds/new/")
    expect(page.locator("#id_term option", has_text="十一届县委")).to_have_count(1)
    fill(
        page,
        term="十一届县委",
        sequence=1,
        name="十一届县委第1轮巡察",
        code="N01",
        profile=world.round.profile.name,
        starts_on=first,
        ends_on=last,
        scope_text="反映领导班子及其成员的问题。",
    )
    send(page, axe)
    expect(page.get_by_role("heading", level=1)).to_have_text("十一届县委第1轮巡察")
    assert axe(page) == []
    page.get_by_role("link", name="设组").click()
    fill(page, name="第一巡察组")
    send(page)
    group = page.url
    page.get_by_role("link", name="安排单位").click()
    fill(page, unit="甲局")
    send(page, axe)
    page.get_by_role("link", name="登记渠道").click()
    fill(page, kind="来电", address="0313-7000000")
    send(page, axe)
    assignment = page.url

    page.goto(f"{group}appoint/")
    clear = page.locator("#id_person optgroup[label='无回避情形'] option", has_text="组长二")
    expect(page.locator("#id_person optgroup[label='有回避情形'] option", has_text="回避者")).to_contain_text("已申报回避该单位")
    expect(clear).to_have_count(1)
    page.locator("#id_person").select_option(value=str(world.recused1.person.pk))
    page.get_by_role("button", name="授权").click()
    expect(page.locator(".field-wrong").first).to_contain_text("已申报回避甲局")
    assert axe(page) == []
    page.locator("#id_person").select_option(value=str(world.leader2.person.pk))
    fill(page, post="组长")
    send(page)
    expect(page.locator("main")).to_contain_text("组长二")
    expect(page.locator("main")).not_to_contain_text("回避者")
    assert axe(page) == []

    round = Round.objects.get(code="N01")
    page.goto(round.get_absolute_url())
    page.get_by_role("link", name="启动").click()
    expect(page.locator("main")).to_contain_text("《信访工作条例》")
    send(page)
    expect(page.locator("main")).to_contain_text("已冻结")
    round.refresh_from_db()
    assert (round.state, round.groups.count()) == ("started", 1) and round.rules
    page.goto(assignment)
    expect(page.locator("main")).to_contain_text("0313-7000000")
    assert axe(page) == []
    assert page.goto("/petitions/").status == 403
    assert page.goto(known.get_absolute_url()).status == 404
