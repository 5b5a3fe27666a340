"""The group leader: a paper on the phone between two talks, the signing desk in the evening, and nothing of other groups."""

import base64

import pytest
from playwright.sync_api import expect

from rectification.models import Finding
from rectification.workflow import finding as papers
from tests.petitions.registering import call, petition_in
from tests.rectification.papers import drafted_paper

pytestmark = pytest.mark.browser
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
FITS = "document.documentElement.scrollWidth <= innerWidth"


def test_a_paper_with_a_photo_between_two_talks(world, new_page, sign_in, axe):
    source = petition_in(world, "accepted", subject="接待费超标准")
    page = new_page(width=390, height=844, has_touch=True)
    sign_in(page, "leader1").goto("/findings/new/")
    page.get_by_role("link", name="甲局").tap()
    page.get_by_label("问题标题").fill("公务接待超标准")
    page.get_by_label("问题表现").fill("2025年3月接待三次，均超标准。")
    page.get_by_label("定性依据").fill("《党政机关国内公务接待管理规定》第十条")
    page.get_by_label("责任主体").fill("办公室主任")
    page.get_by_label("拍照或选择图片").set_input_files({"name": "发票.png", "mimeType": "image/png", "buffer": PNG})
    page.get_by_label(source.number).check()
    assert page.evaluate(FITS) and axe(page) == []
    page.get_by_role("button", name="保存草稿").tap()

    expect(page.locator("#messages [data-saved]")).to_be_visible()
    paper = Finding.objects.get()
    expect(page.get_by_role("heading", level=1)).to_have_text(paper.number)
    expect(page.locator("main")).to_contain_text("2025年3月接待三次")
    expect(page.get_by_role("link", name="发票.png")).to_be_visible()
    expect(page.get_by_role("link", name=source.number)).to_be_visible()
    assert page.evaluate(FITS) and axe(page) == []
    page.get_by_role("link", name="提交组务会").tap()
    page.get_by_role("button", name="提交组务会").tap()
    expect(page.locator(".page-about .state")).to_have_text(str(Finding.State.MEETING.label))


def test_the_evening_desk_signs_one_sends_one_back_and_shows_no_other_group(world, page, sign_in, axe):
    first = papers.submit(drafted_paper(world, world.assignment_a), by=world.member1)
    first = papers.send_back(first, by=world.leader1, reason="金额没有写清")
    first = papers.edit(first, by=world.member1, fact="2025年3月接待费用超标准4200元")
    first = papers.submit(first, by=world.member1)
    second = papers.submit(drafted_paper(world, world.assignment_b, title="会议费手续不全"), by=world.member1)
    foreign = papers.submit(drafted_paper(world, world.assignment_c, by=world.member2), by=world.member2)

    sign_in(page, "leader1").goto("/")
    desk = page.locator("#panel-findings-to-sign")
    expect(desk.locator(".panel-count")).to_have_text("2")
    expect(page.locator("main")).not_to_contain_text("丙局")
    desk.get_by_role("link", name="查看全部").click()
    expect(page.locator(".page-about")).to_contain_text("共 2 件待审签")
    expect(page.locator("main")).to_contain_text(first.number)
    expect(page.locator("main ins")).to_contain_text("4200元")
    assert axe(page) == []
    page.get_by_role("button", name="审签，看下一件").click()

    expect(page.locator("main")).to_contain_text(second.number)
    page.get_by_label("说明").fill("附上会议通知。")
    page.get_by_role("button", name="退回").click()
    expect(page.locator("main")).to_contain_text("没有等您审签的底稿")
    states = dict(Finding.objects.values_list("number", "state"))
    assert states == {first.number: "signed", second.number: "draft", foreign.number: "meeting"}

    assert page.goto(foreign.get_absolute_url()).status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("未找到")
    assert axe(page) == []
    page.goto("/findings/")
    expect(page.locator("#list")).to_contain_text(first.number)
    expect(page.locator("#list")).not_to_contain_text(foreign.number)


def test_two_at_once_and_the_second_is_told_where_it_stands(world, page, new_page, sign_in, axe):
    petition = call(world)
    address = f"{petition.get_absolute_url()}accept/"
    other = sign_in(new_page(), "deputy1")
    for one in (sign_in(page, "leader1"), other):
        one.goto(address)
        one.get_by_label("六项纪律").select_option("work")
    page.get_by_role("button", name="受理").click()
    expect(page.locator("#messages [data-saved]")).to_be_visible()
    with other.expect_response(lambda answer: answer.request.method == "POST") as answered:
        other.get_by_role("button", name="受理").click()
    assert answered.value.status == 409
    expect(other.get_by_role("heading", level=1)).to_have_text("此件已流转")
    expect(other.locator(".error-now")).to_contain_text("组长一")
    assert axe(other) == []
    other.get_by_role("link", name=f"查看 {petition.number}").click()
    expect(other.get_by_role("heading", level=1)).to_have_text(petition.number)
    expect(other.locator(".page-about .state")).to_have_text("已受理")
