"""Two people on one page: the other's step shows, an overtaken form comes back as it was typed, nothing is overwritten unseen."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from inspection.trail.models import Entry
from inspection.trail.recording import record
from petitions.workflow import petition as verbs
from rectification.workflow import item as items
from rounds.models import Category
from tests.petitions.making import make_petition
from tests.petitions.registering import call
from tests.rectification.steps import applied, decomposed, opened


@pytest.fixture
def petition(world):
    return make_petition(world.assignment_a, world.office)


def ask(client, user, obj, tag=""):
    client.force_login(user)
    return client.get(reverse("live", args=[obj._meta.label_lower, obj.pk]), headers={"If-None-Match": tag} if tag else {})


def test_nothing_new_is_a_304_and_a_step_is_told_in_words(world, client, petition):
    first = ask(client, world.leader1, petition)
    assert first.status_code == 200
    assert ask(client, world.leader1, petition, first["ETag"]).status_code == 304
    for looking in ("read", "download", "print", "export"):
        record(looking, petition, by=world.office)
    assert ask(client, world.leader1, petition, first["ETag"]).status_code == 304, "looking at it is no news"
    verbs.file(petition, by=world.office, reason="内容不清，无法联系")
    told = ask(client, world.leader1, petition, first["ETag"])
    assert told.status_code == 200 and told["ETag"] != first["ETag"]
    assert "办公室甲" in told.json()["text"]


def test_who_may_not_see_it_learns_nothing(world, client, petition):
    for name in ("outsider", "leader2", "recused1", "expired_leader", "auditor", "liaison_a"):
        assert ask(client, getattr(world, name), petition, '"0"').status_code == 404
    client.force_login(world.office)
    for label in ("accounts.user", "nothing.here", "petitions", "trail.entry"):
        assert client.get(f"/live/{label}/1/").status_code == 404


def test_the_unit_is_told_what_was_decided_and_not_by_whom(world, client):
    item = applied(world, decomposed(world, opened(world, world.assignment_a)))
    items.verify(item, by=world.leader1, reason="佐证齐全")
    masked = ask(client, world.liaison_a, item).json()["text"]
    assert "组长一" not in masked and masked.startswith("巡视巡察机构") and item.number in masked
    client.force_login(world.liaison_a)
    late = client.get(f"{item.get_absolute_url()}apply/")
    assert late.status_code == 409 and "组长一" not in late.content.decode() and "巡视巡察机构" in late.content.decode()
    assert ask(client, world.office, item).json()["text"].startswith("组长一")
    back = items.send_back(item, by=world.deputy1, reason="佐证不全")
    client.force_login(world.liaison_a)
    overtaken = client.post(f"{back.get_absolute_url()}report_progress/", {"version": back.version - 1, "text": "整改情况"})
    assert overtaken.status_code == 409 and "副组长一" not in overtaken.content.decode()
    assert "巡视巡察机构" in overtaken.content.decode()


def test_nothing_new_costs_few_questions(world, client, petition, django_assert_max_num_queries):
    tag = ask(client, world.leader1, petition)["ETag"]
    with django_assert_max_num_queries(8):
        assert (
            client.get(reverse("live", args=["petitions.petition", petition.pk]), headers={"If-None-Match": tag}).status_code
            == 304
        )


def test_an_overtaken_correction_comes_back_with_what_differs(world, client, petition):
    address = f"{petition.get_absolute_url()}correct/"
    client.force_login(world.office)
    form = client.get(address).context["form"]
    fields = (*form, *form.persons.management_form)
    typed = {field.html_name: "" if field.value() is None else field.value() for field in fields} | {
        "persons-TOTAL_FORMS": 0,
        "received_at": f"{timezone.localtime(petition.received_at):%Y-%m-%dT%H:%M}",  # as the box sends it, without seconds
        "version": petition.version,
    }
    verbs.correct(petition, by=world.leader1, reason="写错了", subject="占道经营", text="集市门口常年占道经营。")
    changes = Entry.objects.about(petition).exclude(verb="read")
    before = changes.count()
    answer = client.post(address, typed | {"text": "集市南门常年占道。", "reason": "核对来信"})
    assert answer.status_code == 409
    assert changes.count() == before
    page = answer.content.decode()
    assert "集市南门常年占道。" in page and "集市门口常年占道经营。" in page and "组长一" in page
    assert [label for label, _now, _typed in answer.context["differences"]] == ["标题", "反映内容"]
    assert answer.context["version"] == petition.version
    again = client.post(
        address, typed | {"text": "集市南门常年占道。", "reason": "核对来信", "version": answer.context["version"]}
    )
    assert again.status_code == 302
    petition.refresh_from_db()
    assert petition.text == "集市南门常年占道。"


def test_what_was_typed_stands_on_the_page_that_says_it_came_too_late(world, client, petition):
    client.force_login(world.office)
    address = f"{petition.get_absolute_url()}file/"
    version = petition.version
    verbs.file(petition, by=world.leader1, reason="内容不清，无法联系")
    answer = client.post(address, {"version": version, "reason": "与三月的一件重复，拟一并存查。"})
    assert answer.status_code == 409
    assert "与三月的一件重复，拟一并存查。" in answer.content.decode()


def test_a_row_without_states_is_not_overwritten_unseen(world, client):
    category = Category.objects.create(name="乡镇")
    address = reverse("rounds:edit-category", args=[category.pk])
    client.force_login(world.office)
    shown = client.get(address).context["form"]
    sent = {field.html_name: field.value() if field.value() is not None else "" for field in shown}
    Category.objects.filter(pk=category.pk).update(name="乡镇街道")
    refused = client.post(address, sent | {"name": "乡（镇）"})
    assert refused.status_code == 200
    assert "乡镇街道" in str(refused.context["form"].errors["name"])
    assert Category.objects.get(pk=category.pk).name == "乡镇街道"
    sent["as_seen"] = refused.context["form"]["as_seen"].value()
    assert client.post(address, sent | {"name": "乡（镇）"}).status_code == 302
    assert Category.objects.get(pk=category.pk).name == "乡（镇）"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_other_ones_step_shows_by_itself(world, page, new_page, sign_in):
    petition = call(world)
    watching = sign_in(new_page(), "deputy1")
    watching.goto(petition.get_absolute_url())
    state = watching.locator(".page-about .state")
    expect(state).not_to_have_text("已受理")
    typing = sign_in(new_page(), "office")
    typing.goto(f"{petition.get_absolute_url()}file/")
    typing.get_by_label("理由").fill("重复来电，情况已掌握。")
    sign_in(page, "leader1").goto(f"{petition.get_absolute_url()}accept/")
    page.get_by_label("六项纪律").select_option("work")
    page.get_by_role("button", name="受理").click()
    expect(state).to_have_text("已受理")
    expect(watching.locator("[data-live-text]")).to_contain_text("组长一")
    expect(typing.locator("[data-live-text]")).to_contain_text("组长一")
    assert typing.get_by_label("理由").input_value() == "重复来电，情况已掌握。", "what is being typed is never replaced"
