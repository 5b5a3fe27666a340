"""The unit's liaison, once a week: decompose, report with proof, apply; then two other people verify and close."""

import pytest
from playwright.sync_api import expect

from rectification.models import Item
from rectification.workflow import finding as papers
from rectification.workflow import item as items
from tests.petitions.registering import call
from tests.rectification.papers import drafted_paper
from tests.rectification.steps import delivered, in_days

pytestmark = pytest.mark.browser


def item_from_a_petition(world):
    """An item that came of a paper that rests on a petition: (petition, paper, item)."""
    source = call(world, subject="有人反映接待费", text="我是办公室的人，亲眼看到。", reporter={"name": "李知情"})
    paper = papers.submit(drafted_paper(world, world.assignment_a, sources=[source]), by=world.member1)
    paper = papers.use(papers.sign(paper, by=world.leader1, date=in_days(0)), by=world.leader1)
    feedback = delivered(world, world.assignment_a, [paper])
    entries = [{"finding": paper, "problem": "公务接待管理不严", "key": True}]
    return source, paper, items.open_from_feedback(feedback, by=world.office, entries=entries)[0]


def step(page, label):
    """Take the step of this name from the item's page."""
    page.locator(".step-buttons").get_by_role("link", name=label, exact=True).click()


def done(page, label):
    """Send the step's form and see that it was taken."""
    page.locator(".form-buttons").get_by_role("button", name=label, exact=True).click()
    expect(page.locator("#messages [data-saved]")).to_be_visible()


def test_from_decomposing_to_closing_by_three_people(world, page, new_page, sign_in, axe):
    source, paper, item = item_from_a_petition(world)
    hidden = (source.number, "李知情", "亲眼看到", "有人反映", paper.number, "组员一", "组长一")

    sign_in(page, "liaison_a").goto("/")
    expect(page.locator("#panel-nodes")).to_contain_text("甲局")
    page.get_by_role("link", name="整改", exact=True).click()
    expect(page.locator(".nodes > .node")).to_have_count(11)
    assert axe(page) == []
    page.locator("#list").get_by_role("link", name=item.number).click()
    assert axe(page) == []
    step(page, "分解任务")
    page.get_by_label("整改目标").fill("建立接待审批制度")
    page.locator("#id_leader").fill("局长甲")
    page.locator("#id_department").fill("办公室")
    page.locator("#id_measures-0-text").fill("修订接待管理办法")
    page.locator("#id_measures-0-leader").fill("副局长乙")
    page.locator("#id_measures-0-department").fill("财务科")
    page.locator("#id_measures-0-due_on").fill(in_days(20).isoformat())
    assert axe(page) == []
    done(page, "分解任务")
    step(page, "填报进展")
    page.get_by_label("整改进展").fill("办法已印发。")
    page.get_by_role("group", name="措施 1").get_by_label("已完成").check()
    page.get_by_label("佐证文件").set_input_files(
        {"name": "接待管理办法.txt", "mimeType": "text/plain", "buffer": "第一条　为规范接待".encode()}
    )
    done(page, "填报进展")
    expect(page.get_by_role("link", name="接待管理办法.txt")).to_be_visible()
    step(page, "申请销号")
    done(page, "申请销号")
    expect(page.locator(".page-about .state").first).to_have_text(str(Item.State.APPLIED.label))
    expect(page.locator(".step-buttons")).to_have_count(0)
    seen = page.content()
    assert [word for word in hidden if word in seen] == []

    inspector = sign_in(new_page(), "member1")
    inspector.goto(item.get_absolute_url())
    step(inspector, "验收通过")
    inspector.get_by_label("验收意见").fill("制度已建立，同意。")
    done(inspector, "验收通过")
    expect(inspector.get_by_role("link", name="销号", exact=True)).to_have_count(0)

    head = sign_in(new_page(), "chief")
    head.goto("/")
    head.locator("#panel-items-to-close").get_by_role("link", name=item.number).click()
    step(head, "销号")
    done(head, "销号")
    item.refresh_from_db()
    assert (item.state, item.applied_by, item.verified_by, item.closed_by) == (
        "closed",
        world.liaison_a,
        world.member1,
        world.chief,
    )
    page.reload()
    expect(page.locator(".page-about .state").first).to_have_text(str(Item.State.CLOSED.label))
    seen = page.content()
    assert [word for word in (*hidden, "制度已建立", "办公室主任") if word in seen] == []
    assert page.goto(source.get_absolute_url()).status == 404
    assert page.goto(paper.get_absolute_url()).status == 404
