"""Who wrote, from the first question to the last second: asked for, approved by another person, looked at, over."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from petitions.models import IdentityRequest

from .registering import call

pytestmark = pytest.mark.browser


def test_asked_approved_looked_at_and_over(world, new_page, sign_in, axe, transactional_db):
    petition = call(world, reporter={"name": "钱来也", "phone": "13800138000"})
    leader, custodian = new_page(), new_page(width=390, height=844)
    sign_in(leader, "leader1").goto(petition.get_absolute_url())
    leader.get_by_role("link", name="申请查看身份").click()
    leader.get_by_label("申请理由").fill("来信署名，须电话核实。")
    leader.get_by_role("button", name="提交申请").click()
    leader.locator(".state", has_text="待审批").wait_for()
    asked = IdentityRequest.objects.get()

    sign_in(custodian, "custodian").goto("/")
    custodian.get_by_role("link", name=asked.number).click()
    custodian.get_by_text("须电话核实").wait_for()
    assert axe(custodian) == []
    custodian.get_by_role("link", name="批准查看").click()
    custodian.get_by_role("spinbutton").fill("2")
    custodian.get_by_role("button", name="批准查看").click()
    custodian.locator(".state", has_text="已批准").wait_for()

    leader.clock.install()
    leader.reload()
    leader.get_by_role("link", name="查看身份", exact=True).click()
    leader.get_by_text("钱来也").wait_for()
    assert axe(leader) == []
    IdentityRequest.objects.filter(pk=asked.pk).update(opens_until=timezone.now() - dt.timedelta(seconds=1))
    leader.clock.fast_forward("02:00:05")
    leader.get_by_text("已到期：").wait_for()  # by itself, without a click
    assert leader.get_by_text("钱来也").count() == 0
    asked.refresh_from_db()
    assert asked.views == 1
    leader.goto(reverse("petitions:identity", args=[petition.number]))
    assert leader.get_by_text("13800138000").count() == 0
