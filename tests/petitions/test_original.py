"""The original goes with a slip only by an approved choice, and without who wrote unless the reporter agreed."""

import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from docx import Document

from inspection.trail.models import Entry
from petitions.models import OriginalRelease
from petitions.workflow import original as verbs
from petitions.workflow.transfer import transfer

from .registering import call

WHO = {"name": "钱来也", "phone": "138-0013-8000", "address": "集镇东街8号", "account": "QQ 12345678"}
TEXT = "我叫钱 来也，住集镇东街８号，电话13800138000，ＱＱ12345678。市场被占道，请处理。"


@pytest.fixture
def slip(world):
    petition = call(world, text=TEXT, reporter=WHO, files=[ContentFile(b"%PDF-1.4\n%%EOF\n", "照片.pdf")])
    return transfer(
        petition, by=world.office, receiver=world.agency, extract="反映市场占道，请依职责处理。", sent_on=timezone.localdate()
    )


def letter(client, slip) -> str:
    answer = client.get(reverse("petitions:slip-letter", args=[slip.number]))
    return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(answer.content)).paragraphs)


def test_without_approval_only_the_extract_goes(world, client, slip):
    client.force_login(world.office)
    assert "被占道" not in letter(client, slip)
    verbs.ask(slip, by=world.office, reason="摘要说不清。")
    assert "来信原件" not in letter(client, slip)
    assert "被占道" not in letter(client, slip)


def test_what_is_approved_goes_along_blacked_out(world, client, slip):
    release = verbs.ask(slip, by=world.office, reason="摘要说不清。", attachments=slip.petition.attachments.all())
    verbs.approve(release, by=world.leader1)
    client.force_login(world.office)
    text = letter(client, slip)
    assert "来信原件（经批准）" in text and "已遮盖" in text and "照片.pdf" in text and "市场被占道，请处理" in text
    for told in ("来也", "东街", "13800138000", "12345678"):
        assert told not in text
    assert "已涂黑" in client.get(release.get_absolute_url()).content.decode()
    assert list(Entry.objects.about(release).values_list("verb", flat=True)) == ["ask", "approve"]


def test_with_the_reporters_consent_it_goes_as_it_is(world, client, slip):
    release = verbs.ask(slip, by=world.office, reason="反映人要求转交。", consent_on=timezone.localdate())
    verbs.approve(release, by=world.chief)
    client.force_login(world.office)
    text = letter(client, slip)
    assert TEXT in text and "已书面同意" in text


def test_an_attachment_alone_carries_no_text(world, client, slip):
    release = verbs.ask(slip, by=world.office, reason="照片为证。", with_text=False, attachments=slip.petition.attachments.all())
    verbs.approve(release, by=world.leader1)
    client.force_login(world.office)
    text = letter(client, slip)
    assert "照片.pdf" in text and "市场被占道" not in text


def test_who_may_ask_and_who_decides(world, slip):
    for name in ("member1", "leader2", "custodian", "auditor"):
        with pytest.raises(PermissionDenied):
            verbs.ask(slip, by=getattr(world, name), reason="x")
    own = verbs.ask(slip, by=world.leader1, reason="摘要说不清。")
    for name in ("leader1", "deputy1", "office", "coordinator1", "custodian", "leader2"):
        with pytest.raises(PermissionDenied):
            verbs.approve(own, by=getattr(world, name))
    with pytest.raises(IntegrityError), transaction.atomic():
        OriginalRelease.objects.filter(pk=own.pk).update(state="approved", decided_by=world.leader1)
    assert verbs.refuse(own, by=world.chief, reason="摘要已够").state == "refused"
    again = verbs.ask(slip, by=world.leader1, reason="还是说不清。")
    assert verbs.withdraw(again, by=world.leader1).state == "withdrawn"


def test_what_is_asked_makes_sense(world, slip):
    other = call(world, files=[ContentFile(b"%PDF-1.4\n%%EOF\n", "b.pdf")]).attachments.get()
    tomorrow = timezone.localdate() + timezone.timedelta(days=1)
    for wrong, field in (
        ({"reason": " "}, "reason"),
        ({"with_text": False}, "with_text"),
        ({"attachments": [other]}, "attachments"),
        ({"consent_on": tomorrow}, "consent_on"),
    ):
        with pytest.raises(ValidationError) as error:
            verbs.ask(slip, by=world.office, **({"reason": "说不清"} | wrong))
        assert set(error.value.message_dict) == {field}
    verbs.ask(slip, by=world.office, reason="说不清")
    with pytest.raises(ValidationError):
        verbs.ask(slip, by=world.deputy1, reason="说不清")


def test_through_the_pages(world, client, slip):
    client.force_login(world.coordinator1)
    url = reverse("petitions:original-ask", args=[slip.number])
    assert url in client.get(slip.get_absolute_url()).content.decode()
    kept = slip.petition.attachments.get()
    assert client.post(url, {"reason": "说不清", "attachments": [kept.pk + 999]}).status_code == 200
    assert client.post(url, {"reason": "说不清", "with_text": "on", "attachments": [kept.pk]}).status_code == 302
    release = OriginalRelease.objects.get()
    client.force_login(world.leader1)
    assert "摘要" not in client.get(f"{release.get_absolute_url()}").content.decode().split("随函附送")[1].split("</section>")[0]
    assert Entry.objects.about(slip.petition).filter(verb="read", actor=world.leader1).exists(), "it shows what was written"
    assert client.post(f"{release.get_absolute_url()}approve/", {"version": 1}).status_code == 302
    assert client.post(f"{release.get_absolute_url()}approve/", {"version": 1}).status_code == 409
    assert url not in client.get(slip.get_absolute_url()).content.decode()
