"""The auditor: who read this petition, the newest seal beside the printed one, the trail taken along."""

import pytest
from playwright.sync_api import expect

from inspection.trail import sealing
from tests.petitions.registering import call

pytestmark = pytest.mark.browser


def test_who_read_a_petition_and_when(world, page, new_page, sign_in, axe):
    petition, other = call(world), call(world)
    reader = sign_in(new_page(), "office")
    reader.goto(petition.get_absolute_url())
    expect(reader.get_by_role("heading", level=1)).to_have_text(petition.number)
    sealing.seal_pending()
    assert reader.goto("/audit/").status == 403

    sign_in(page, "auditor").goto("/audit/")
    expect(page.locator(".seal code")).to_have_text(sealing.newest().digest)
    expect(page.locator("#list")).to_contain_text(other.number)
    page.get_by_label("编号").fill(petition.number)
    page.get_by_label("操作人").fill("办公室")
    page.locator(".filter-go button").click()
    expect(page.locator(".count")).to_have_text("共 1 条")
    row = page.locator("#list tbody tr")
    expect(row).to_contain_text("办公室甲")
    expect(row).to_contain_text("petitions.petition.read")
    expect(page.locator("#list")).not_to_contain_text(other.number)
    expect(page.locator("body")).not_to_contain_text("占道经营")
    assert axe(page) == []
    with page.expect_download() as coming:
        page.get_by_role("link", name="导出", exact=True).click()
    assert coming.value.suggested_filename.endswith(".xlsx")
    page.get_by_label("操作人").fill("审计员")
    page.get_by_label("编号").fill("")
    page.locator(".filter-go button").click()
    expect(page.locator("#list")).to_contain_text("export_trail")
    assert page.goto(petition.get_absolute_url()).status == 404
