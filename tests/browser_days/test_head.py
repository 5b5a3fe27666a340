"""The head of office: requests for a second person, an extension, the odd number in the report, and the report itself."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from rectification.workflow import clue as clues
from tests.petitions.registering import petition_in
from tests.rectification.steps import drafted

pytestmark = pytest.mark.browser


def take(page, label):
    """The step of this name from the object's page, confirmed."""
    page.locator(".step-buttons").get_by_role("link", name=label, exact=True).click()
    page.locator(".form-buttons").get_by_role("button", name=label, exact=True).click()
    expect(page.locator("#messages [data-saved]")).to_be_visible()


def day_of(petition, offset=0) -> str:
    """The day a petition came in, or some days from it, as an address writes it."""
    return (petition.received_on + dt.timedelta(days=offset)).isoformat()


def test_what_waits_for_a_second_person_is_decided(world, page, sign_in, axe):
    clue = clues.propose(
        world.assignment_a,
        by=world.leader1,
        receiver=world.discipline_body,
        level="county",
        discipline="integrity",
        name="钱某某",
        post="副局长",
        matter="在2025年接待中超标准列支",
    )
    feedback = drafted(world, world.assignment_b)
    petition = petition_in(world, "accepted")

    sign_in(page, "chief").goto("/")
    assert axe(page) == []
    page.locator("#panel-clues-to-approve").get_by_role("link", name=clue.number).click()
    expect(page.locator("main")).to_contain_text("在2025年接待中超标准列支")
    assert axe(page) == []
    take(page, "批准移交")
    page.goto("/")
    expect(page.locator("#panel-clues-to-approve .panel-count")).to_have_text("0")
    page.locator("#panel-feedback-to-approve").get_by_role("link", name=feedback.number).click()
    assert axe(page) == []
    take(page, "批准")

    page.goto(petition.get_absolute_url())
    assert axe(page) == []
    page.locator(".step-buttons").get_by_role("link", name="延期", exact=True).click()
    extend = page.locator(".form-buttons").get_by_role("button", name="延期", exact=True)
    extend.click()
    expect(page.locator(".field-wrong")).to_be_visible()
    page.get_by_label("理由").fill("须向外地调取材料。")
    extend.click()
    expect(page.locator("main")).to_contain_text("（已延期）")
    before = petition.conclude_by
    for one in (clue, feedback, petition):
        one.refresh_from_db()
    assert (clue.approved_by, feedback.approved_by) == (world.chief, world.chief)
    assert petition.extended and petition.conclude_by > before


def test_the_odd_number_opens_its_petitions_and_the_report_is_kept(world, page, sign_in, axe, worker):
    petition_in(world, "accepted", days_ago=3)
    waiting = petition_in(world, "registered", days_ago=2)
    sign_in(page, "chief").goto(f"/rectification/reports/monthly_office/?first={day_of(waiting, -10)}&last={day_of(waiting)}")
    assert axe(page) == []
    page.locator(".tally > div", has_text="待研判").get_by_role("link", name="1").click()
    expect(page.locator(".count")).to_have_text("共 1 条")
    expect(page.locator("#list")).to_contain_text(waiting.number)
    page.go_back()
    page.get_by_role("link", name="生成 PDF 和 Excel").click()
    expect(page.locator("#id_what option:checked")).to_contain_text("巡视办工作月报")
    assert axe(page) == []
    page.get_by_role("button", name="生成", exact=True).click()
    expect(page.locator("#run")).to_contain_text("正在后台生成")
    worker()
    with page.expect_download() as coming:
        page.get_by_role("link", name="下载 PDF").click(timeout=30_000)
    assert coming.value.path().read_bytes().startswith(b"%PDF")
    assert axe(page) == []
