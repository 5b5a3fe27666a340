"""The leader's day in a real browser: a paper written on a phone, and the evening desk."""

import pytest
from django.utils import timezone

from inspection.outbox.models import Message
from rectification.models import Finding
from rectification.workflow import finding as verbs
from tests.rectification.letters import petition
from tests.rectification.papers import drafted_paper
from tests.rectification.test_clues import propose
from tests.rectification.test_findings import photo

pytestmark = pytest.mark.browser


def fits(page) -> bool:
    """Whether nothing is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_paper_is_written_on_a_phone(world, new_page, sign_in, axe):
    source = petition(world)
    page = sign_in(new_page(width=390, height=844), "leader1")
    page.goto("/findings/new/")
    page.get_by_role("link", name="甲局").click()
    assert fits(page)
    assert axe(page) == []
    page.get_by_label("问题标题").fill("会议费超标准")
    page.get_by_label("问题表现").fill("2025年6月会议费超标准3,200元")
    page.reload()
    assert page.get_by_label("问题表现").input_value() == "2025年6月会议费超标准3,200元"
    page.get_by_label("定性依据").fill("《会议费管理办法》第八条")
    page.get_by_label("责任主体").fill("办公室主任")
    page.get_by_label("拍照或选择图片").set_input_files({"name": "现场.png", "mimeType": "image/png", "buffer": photo().read()})
    page.get_by_label(source.number).check()
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_role("heading", name="会议费超标准").wait_for()
    finding = Finding.objects.get()
    assert (list(finding.sources.all()), finding.evidence.count()) == ([source], 1)
    assert fits(page)
    assert axe(page) == []


def test_the_evening_desk_by_keyboard(world, page, sign_in, axe):
    papers = [drafted_paper(world, world.assignment_a, title=title) for title in ("第一件", "第二件")]
    verbs.edit(papers[0], by=world.deputy1, fact="2025年4月接待费用超标准")
    for paper in papers:
        verbs.submit(paper, by=world.member1)
    sign_in(page, "leader1")
    page.goto("/findings/to-sign/")
    assert axe(page) == []
    assert page.locator("ins").inner_text().strip().endswith("（新增完）")
    page.get_by_role("button", name="审签，看下一件").focus()
    page.keyboard.press("Enter")
    page.get_by_text("第 1 件，共 1 件待审签").wait_for()
    page.get_by_label("说明").fill("定性依据不准")
    page.get_by_role("button", name="退回修改").focus()
    page.keyboard.press("Enter")
    page.get_by_text("没有等您审签的底稿").wait_for()
    assert list(Finding.objects.order_by("id").values_list("state", flat=True)) == ["signed", "draft"]
    assert Finding.objects.get(pk=papers[0].pk).meeting_on == timezone.localdate()
    assert Message.objects.filter(payload__code="finding_sent_back").exists()


def test_lists_are_narrowed_in_place_and_the_address_follows(world, page, sign_in, axe):
    drafted_paper(world, world.assignment_a, title="工会经费")
    drafted_paper(world, world.assignment_b, title="会议费")
    propose(world)
    sign_in(page, "office")
    page.goto("/findings/")
    assert axe(page) == []
    page.get_by_label("检索").fill("工会")
    page.keyboard.press("Enter")
    page.get_by_text("共 1 条").wait_for()
    assert "q=" in page.url and page.get_by_role("cell", name="会议费").count() == 0
    page.goto("/clues/")
    assert axe(page) == []
    page.get_by_role("link", name="T01-XS").click()
    page.get_by_role("heading", name="移交与反馈").wait_for()
    assert axe(page) == []
