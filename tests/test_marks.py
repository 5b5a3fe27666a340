"""Internal marks govern what leaves the house; the marks of state secrets are refused at every door."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from inspection import marks
from inspection.vault import envelopes, files
from petitions import intake
from petitions.models import Exclusion, Petition, RegisterExport
from petitions.workflow import petition as verbs
from rectification.workflow import finding as findings
from tests.petitions.registering import call
from tests.rectification.papers import TEXT, drafted_paper

SECRETS = ("绝密★启封前", "机密★10年", "秘密 ★ 三年", "機密☆長期", "（机密 20年）", "文件标有：秘密十年", "★秘密", "机密★")
ORDINARY = ("他秘密三年前就办了", "保守秘密10年", "机密件已退", "秘密", "国家机密文件管理不严", "机密岗位", "")


def test_what_bears_the_mark_of_a_state_secret():
    assert [text for text in SECRETS if not marks.is_state_secret(text)] == []
    assert [text for text in ORDINARY if marks.is_state_secret(text)] == []


def test_the_marks_have_an_order_and_a_rule_each():
    assert set(marks.RULES) == set(marks.Mark)
    assert marks.highest(["ordinary", "secret", "internal"]) == "secret"
    assert marks.highest([], least=marks.DEFAULT) == "internal"
    assert marks.lowers("secret", "internal") and not marks.lowers("internal", "secret")


def test_every_door_refuses_a_state_secret_and_keeps_nothing(world):
    for field in ("subject", "text"):
        with pytest.raises(ValidationError) as caught:
            call(world, **{field: "附件为机密★10年文件"})
        assert set(caught.value.message_dict) == {field} and "非涉密" in str(caught.value)
    with pytest.raises(ValidationError) as caught:
        call(world, files=[ContentFile(b"%PDF-1.4\n%%EOF\n", "机密★通知.pdf")])
    assert set(caught.value.message_dict) == {"files"}
    with pytest.raises(ValidationError):
        row = {"channel_kind": "letter", "received_at": timezone.now(), "subject": "", "text": "绝密★"}
        intake.prepare(world.assignment_a, **row)
    assert not Petition.objects.exists()
    with pytest.raises(ValidationError) as caught:
        findings.draft(world.assignment_a, by=world.member1, responsibility="main", **(TEXT | {"fact": "据绝密★文件"}))
    assert set(caught.value.message_dict) == {"fact"}
    with pytest.raises(files.Refused):
        files.store(ContentFile(b"%PDF-1.4\n%%EOF\n"), "绝密★.pdf", owner="x:1")


def test_raising_is_free_and_lowering_is_for_who_decides(world):
    petition = call(world)
    verbs.correct(petition, by=world.member1, reason="内容敏感", mark="secret")
    with pytest.raises(ValidationError) as caught:
        verbs.correct(petition, by=world.member1, reason="不敏感", mark="internal")
    assert set(caught.value.message_dict) == {"mark"}
    with pytest.raises(ValidationError):
        verbs.correct(petition, by=world.office, reason="不敏感", mark="ordinary")
    assert verbs.correct(petition, by=world.leader1, reason="不敏感", mark="ordinary").mark == "ordinary"


def test_a_work_secret_goes_out_as_a_workbook_by_office_and_leaders_only(world, client):
    secret = call(world, mark="secret")
    drafted_paper(world, world.assignment_a, sources=[secret])

    def through(user):
        client.force_login(user)
        answers = [client.get(reverse(f"{floor}_export" if floor != "petitions" else "petitions:export")) for floor in FLOORS]
        return [answer.status_code for answer in answers]

    assert through(world.member1) == [302, 302] and through(world.coordinator1) == [302, 302]
    assert through(world.leader1) == [200, 200] and through(world.office) == [200, 200]
    Petition.objects.filter(pk=secret.pk).update(mark="internal")
    assert through(world.member1) == [200, 200]


FLOORS = ("petitions", "rectification:findings")


def test_the_page_bears_the_reader_s_name_the_time_and_the_number(world, client):
    ordinary, internal = call(world, mark="ordinary"), call(world)
    client.force_login(world.leader1)
    assert "page-watermark" not in client.get(ordinary.get_absolute_url()).content.decode()
    page = client.get(internal.get_absolute_url()).content.decode()
    assert '<svg class="page-watermark" aria-hidden="true"' in page and f"{internal.number}</text>" in page
    assert f">组长一 {timezone.localtime():%Y-%m-%d}" in page


def test_an_export_made_before_its_maker_was_kept_out_is_gone(world):
    named = call(world, by=world.office)
    filters = envelopes.seal("export.filters", "export:1", {"query": ""})
    made, later = (
        RegisterExport.objects.create(number=f"DC-2026-000{user.pk}", made_by=user, total=1, filters=filters)
        for user in (world.leader1, world.office)
    )
    assert RegisterExport.objects.visible_to(world.leader1).get() == made
    Exclusion.objects.create(petition=named, user=world.leader1, ground="named")
    assert not RegisterExport.objects.visible_to(world.leader1).exists()
    assert RegisterExport.objects.visible_to(world.office).get() == later
