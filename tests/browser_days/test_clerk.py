"""The clerk's Monday: a box opened by two, letters one after another, the ledger, a correction, slips, a sheet of mails."""

import io

import openpyxl
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from petitions.models import Petition
from tests.petitions.registering import call

pytestmark = pytest.mark.browser
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def saved(page):
    expect(page.locator("#messages [data-saved]")).to_be_visible()


def test_a_box_letter_by_letter_and_a_miscount_corrected_with_a_reason(world, page, sign_in, axe):
    sign_in(page, "office").goto("/petitions/boxes/")
    page.get_by_role("link", name="记录开箱").first.click()
    page.get_by_label("意见箱").select_option(label="box-T01-1-02 · 乙局")
    page.get_by_label("在场人").select_option(label="办公室乙")
    page.get_by_label("信件数").fill("3")
    assert axe(page) == []
    page.get_by_role("button", name="记录开箱").click()
    saved(page)
    page.get_by_role("link", name="登记一封").click()
    for place, text in enumerate(("集市摊位费重复收取。", "路灯坏了半年没有人修。"), start=1):
        expect(page.locator("#id_opening option:checked")).to_contain_text(f"乙局（{place - 1}/3）")
        page.get_by_label("反映内容").fill(text)
        page.keyboard.press("Control+Enter")
        expect(page.locator(".register-number")).to_be_visible()
        expect(page.get_by_label("反映内容")).to_have_value("")
        assert Petition.objects.count() == place
    first, second = Petition.objects.order_by("pk")
    assert (first.assignment, second.assignment) == (world.assignment_b, world.assignment_b)

    page.goto(f"/petitions/boxes/{first.box_opening_id}/")
    expect(page.locator("main")).to_contain_text("尚未登记完")
    page.get_by_label("信件数").fill("2")
    page.get_by_role("button", name="更正").click()
    expect(page.locator(".field-wrong")).to_contain_text("更正理由")
    page.get_by_label("更正理由").fill("一个空信封误计为一件。")
    page.get_by_role("button", name="更正").click()
    saved(page)
    expect(page.locator("main")).to_contain_text("一致")
    expect(page.locator("main")).to_contain_text("一个空信封误计为一件。")
    assert axe(page) == []

    page.goto(f"{second.get_absolute_url()}correct/")
    page.get_by_label("反映内容").fill("路灯坏了三个月没有人修。")
    page.get_by_label("更正理由").fill("信中写的是三个月。")
    page.get_by_role("button", name="更正").click()
    saved(page)
    expect(page.locator(".said").first).to_have_text("路灯坏了三个月没有人修。")
    page.get_by_text("更正前的内容（1）").click()
    expect(page.get_by_text("路灯坏了半年没有人修。", exact=True)).to_be_visible()
    assert axe(page) == []


def test_the_ledger_adds_up_and_the_letters_of_the_week_come_out_in_one_file(world, page, sign_in, axe):
    petitions = [call(world, channel_kind=kind, text=f"反映{kind}") for kind in ("letter", "call", "letter")]
    sign_in(page, "coordinator1").goto(f"{petitions[0].get_absolute_url()}transfer/")
    page.locator("#id_receiver").select_option(label="县信访局")
    page.get_by_label("转办摘要").fill("反映集市管理问题。")
    assert axe(page) == []
    page.get_by_role("button", name="转办").click()
    saved(page)
    slip = petitions[0].slips.get()
    expect(page.get_by_role("heading", level=1)).to_have_text(slip.number)
    assert axe(page) == []

    page.goto("/petitions/ledger/")
    expect(page.locator(".ledger-sum")).to_contain_text("收到 3 = 已有去向 1 + 待研判 2")
    assert axe(page) == []
    page.locator(".ledger-sum a").last.click()
    expect(page.locator(".count")).to_have_text("共 2 条")
    expect(page.locator("#list")).not_to_contain_text(petitions[0].number)
    assert axe(page) == []

    page.goto("/petitions/slips/")
    address = page.get_by_role("link", name="打印本周转办函").get_attribute("href")
    printed = page.request.get(address)
    assert printed.headers["content-type"] == "application/pdf" and printed.body().startswith(b"%PDF")
    assert axe(page) == []
    page.locator(f"input[name=ids][value='{slip.pk}']").check()
    page.get_by_role("button", name="登记签收").click()
    saved(page)
    slip.refresh_from_db()
    assert slip.state == "received"


def sheet(*rows) -> dict:
    """An upload of a sheet as a public platform exports it."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (("留言编号", "留言时间", "留言主题", "留言内容", "六项纪律"), *rows):
        book.active.append(row)
    book.save(out)
    return {"name": "网上留言.xlsx", "mimeType": XLSX, "buffer": out.getvalue()}


def test_a_sheet_is_looked_at_before_it_is_imported(world, page, sign_in, axe, worker):
    day = timezone.localdate().isoformat()
    upload = sheet(
        ("W-1", day, "占道经营", "集市门口常年占道。", "工作纪律"),
        ("W-2", "去年冬天", "路灯", "路灯坏了。", ""),
        ("W-3", day, "垃圾", "垃圾不清运。", "第七项纪律"),
        ("W-4", day, "停车", "车位乱收费。", "群众纪律"),
    )
    sign_in(page, "office").goto("/petitions/import/")
    page.get_by_label("巡视巡察任务").select_option(label=str(world.assignment_a))
    page.get_by_label("Excel 文件").set_input_files(upload)
    assert axe(page) == []
    page.get_by_role("button", name="上传并检查").click()
    bad = page.locator("section", has_text="有问题的单元格").locator("tbody tr")
    expect(bad).to_have_count(2)
    expect(bad.nth(0)).to_contain_text("不是日期")
    expect(bad.nth(1)).to_contain_text("不在六项纪律之内")
    expect(page.locator("main")).to_contain_text("集市门口常年占道。")
    assert not Petition.objects.exists() and axe(page) == []
    page.get_by_role("button", name="确认导入 2 行").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    worker()
    expect(page.locator("dl.facts").first).to_contain_text("新增")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    assert sorted(petition.subject for petition in Petition.objects.all()) == ["停车", "占道经营"]
