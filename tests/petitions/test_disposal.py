"""Destroying the keys is the deletion: by three people, not too early; a stub stays, and `verify` finds what was left behind."""

import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from inspection.trail.models import Entry
from inspection.vault import envelopes, files
from inspection.vault.models import Envelope, StoredFile
from inspection.workflow import StepRefused, available
from inspection.workflow import checks as steps
from petitions import checks, reports
from petitions.models import Disposal, MailItem, Petition, RegisterExport
from petitions.workflow import disclosure, original, transfer
from petitions.workflow import disposal as verbs
from petitions.workflow import petition as petitions
from petitions.workflow.machines import PETITION
from rounds.models import Assignment
from tests.cast import make_user
from tests.permissions.petitions_bulk import an_account

from .registering import call, petition_in
from .test_identity import cost

PAPERS = {"ground": "retention", "basis": "档案保管期限表第12条", "reason": "保管期满，经鉴定无保存价值。"}
SAID = "集镇主街占道经营长期无人管理"


def archive(world):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state="archived")


def destroyed(world, petition, **papers):
    """Disposed of by office, chief and custodian."""
    disposal = verbs.propose(petition, by=world.office, **(PAPERS | papers))
    verbs.approve(disposal, by=world.chief)
    return verbs.destroy(disposal, by=world.custodian)


def full(world):
    """A concluded petition with everything that may hang on one: mail, file, correction, slip, original, request, export."""
    an_account(world)
    petition = call(
        world, reporter={"name": "钱来也", "phone": "13800138000"}, files=[ContentFile(b"%PDF-1.4\n%%EOF\n", "a.pdf")]
    )
    item = MailItem(account=world.account, uidvalidity=1, uid=1, message_key="k", size=3, received_at=timezone.now())
    item.raw = files.store(io.BytesIO(b"raw"), "mail.eml", owner=item.owner, media_type="message/rfc822")
    item.state, item.petition = "registered", petition
    item.save()
    petitions.correct(petition, by=world.member1, text="更正后的内容。", reason="笔误")
    asked = disclosure.ask(petition, by=world.leader1, reason="联系钱来也核实")
    disclosure.refuse(asked, by=world.custodian, reason="不必")
    slip = transfer.transfer(
        petition, by=world.leader1, receiver=world.agency, extract="请处理占道经营。", sent_on=timezone.localdate()
    )
    release = original.ask(slip, by=world.coordinator1, reason="摘要说不清", attachments=petition.attachments.all())
    original.approve(release, by=world.leader1)
    transfer.receive(slip, by=world.office, date=timezone.localdate())
    transfer.reply(slip, by=world.office, date=timezone.localdate(), text="已办理。")
    transfer.conclude(slip, by=world.leader1, reason="同意")
    export = RegisterExport(number="DC-2026-0001", made_by=world.office, total=1, language="zh-hans", state="done")
    export.filters = envelopes.seal("export.filters", export.owner, {"query": ""})
    export.file = files.store(io.BytesIO(b"x"), "a.xlsx", owner=export.owner, media_type="x")
    export.save()
    return Petition.objects.get(pk=petition.pk)


def test_every_key_goes_and_the_stub_stays(world, client):
    petition = full(world)
    other = call(world, text="另一件的内容。")
    archive(world)
    before = Envelope.objects.filter(destroyed_at=None).count()
    disposal = destroyed(world, petition)
    petition.refresh_from_db()
    assert (petition.content_id, petition.identity_id) == (None, None) and petition.destroyed
    assert (petition.state, petition.channel_kind, petition.number) == ("concluded", "call", disposal.petition.number)
    assert not petition.attachments.exists() and not petition.versions.exists() and not petition.reporter_keys.exists()
    assert before - Envelope.objects.filter(destroyed_at=None).count() > 8
    left = set(StoredFile.objects.filter(destroyed_at=None).values_list("owner", flat=True))
    assert left == set()  # attachment, mail and export alike
    assert not Petition.objects.search("占道").filter(pk=petition.pk).exists()
    assert Petition.objects.get(pk=other.pk).text == "另一件的内容。"
    assert disposal.reason_text == PAPERS["reason"] and disposal.basis == PAPERS["basis"]
    assert list(checks.check()) == []
    assert not [problem for problem in steps.check() if petition.number in problem or disposal.number in problem]
    assert list(Entry.objects.about(petition).order_by("-id").values_list("verb", "to_state")[:1]) == [("destroy", "concluded")]
    assert Petition.objects.visible_to(world.office).counts_by_place("assignment").get()["concluded"] == 1
    client.force_login(world.office)
    page = client.get(petition.get_absolute_url()).content.decode()
    assert "内容已销毁" in page and disposal.number in page and "保管员" in page
    for gone in (SAID, "更正后的内容", "钱来也", "请处理占道经营"):
        assert gone not in page
    assert "内容已销毁" in client.get(reverse("petitions:list")).content.decode()
    slip = petition.slips.get()
    assert "内容已销毁" in client.get(slip.get_absolute_url()).content.decode()
    assert client.get(slip.originals.get().get_absolute_url()).status_code == 200
    rows = list(reports.register(Petition.objects.filter(pk=petition.pk), world.office).rows())
    assert len(rows) == 1 and "内容已销毁" in rows[0]


def test_verify_finds_a_key_that_was_left_behind(world):
    petition = petition_in(world, "filed", reporter={"name": "钱来也"})
    kept = bytes(petition.identity.wrapped_key)
    identity = petition.identity_id
    destroyed(world, petition, ground="wrong_entry")
    assert list(checks.check()) == []
    Envelope.objects.filter(pk=identity).update(wrapped_key=kept, destroyed_at=None)
    (problem,) = checks.check()
    assert petition.number in problem and "petition.who" in problem


def test_verify_finds_content_that_went_without_a_disposal(world):
    petition = petition_in(world, "filed")
    Petition.objects.filter(pk=petition.pk).update(content=None)
    assert any(petition.number in problem for problem in checks.check())


def test_a_sealed_hand_up_leaves_no_key_either(world):
    petition = petition_in(world, "handed_up", reporter={"name": "钱来也"})
    assert list(checks.check()) == []
    destroyed(world, petition, ground="handed_up")
    assert list(checks.check()) == []
    petition.refresh_from_db()
    assert petition.state == "handed_up" and not petition.destroyed


def test_what_is_open_held_or_not_archived_stays(world):
    registered, filed = call(world), petition_in(world, "filed")
    for petition, papers in ((registered, {}), (registered, {"ground": "wrong_entry"}), (filed, {})):
        with pytest.raises(ValidationError):
            verbs.propose(petition, by=world.office, **(PAPERS | papers))
    archive(world)
    with pytest.raises(ValidationError):
        verbs.propose(Petition.objects.get(pk=registered.pk), by=world.office, **PAPERS)
    filed = Petition.objects.get(pk=filed.pk)
    verbs.hold(filed, by=world.office, reason="有申诉。")
    with pytest.raises(ValidationError):
        verbs.propose(filed, by=world.office, **PAPERS)
    with pytest.raises(StepRefused):
        verbs.hold(filed, by=world.office, reason="再来一次")
    with pytest.raises(PermissionDenied):
        verbs.unhold(filed, by=world.office, reason="申诉已结")
    verbs.unhold(filed, by=world.chief, reason="申诉已结。")
    assert verbs.propose(filed, by=world.office, **PAPERS).state == "proposed"


def test_a_hold_or_a_reopening_meanwhile_stops_it(world):
    held = petition_in(world, "filed")
    disposal = verbs.propose(held, by=world.office, **(PAPERS | {"ground": "wrong_entry"}))
    verbs.approve(disposal, by=world.chief)
    verbs.hold(held, by=world.office, reason="有申诉。")
    reopened = petition_in(world, "filed")
    second = verbs.propose(reopened, by=world.office, **(PAPERS | {"ground": "wrong_entry"}))
    verbs.approve(second, by=world.chief)
    petitions.reopen(reopened, by=world.leader1, reason="有新情况")
    for stopped in (disposal, second):
        with pytest.raises(ValidationError):
            verbs.destroy(Disposal.objects.get(pk=stopped.pk), by=world.custodian)
    assert Petition.objects.get(pk=held.pk).text


def test_three_different_people_each_with_the_right(world):
    petition = petition_in(world, "filed")
    papers = PAPERS | {"ground": "wrong_entry"}
    for name in ("leader1", "member1", "custodian", "secadmin", "auditor", "leader2"):
        with pytest.raises(PermissionDenied):
            verbs.propose(petition, by=getattr(world, name), **papers)
    both = make_user("both", "兼任者", "chief", "custodian")
    disposal = verbs.propose(petition, by=world.chief, **papers)
    for person in (world.chief, world.office, world.custodian):
        with pytest.raises(PermissionDenied):
            verbs.approve(disposal, by=person)
    verbs.approve(disposal, by=both)
    for person in (both, world.chief, world.office, world.leader1):
        with pytest.raises(PermissionDenied):
            verbs.destroy(disposal, by=person)
    columns = {"state": "destroyed", "destroyed_at": timezone.now(), "approved_at": timezone.now()}
    pairs = ((world.chief, world.custodian), (both, both), (both, world.chief))
    for approver, destroyer in pairs:
        with pytest.raises(IntegrityError), transaction.atomic():
            Disposal.objects.filter(pk=disposal.pk).update(approved_by=approver, destroyed_by=destroyer, **columns)
    assert verbs.destroy(disposal, by=world.secadmin).state == "destroyed"
    assert list(Entry.objects.about(disposal).values_list("verb", flat=True)) == ["propose", "approve", "destroy"]


def test_one_at_a_time_refused_withdrawn_and_papers_in_order(world):
    petition = petition_in(world, "filed")
    papers = PAPERS | {"ground": "wrong_entry"}
    for wrong in ({"ground": "whim"}, {"basis": " "}, {"basis": "字" * 201}, {"reason": "\0"}, {"ground": "handed_up"}):
        with pytest.raises(ValidationError) as error:
            verbs.propose(petition, by=world.office, **(papers | wrong))
        assert set(error.value.message_dict) == set(wrong)
    disposal = verbs.propose(petition, by=world.office, **papers)
    with pytest.raises(ValidationError):
        verbs.propose(petition, by=world.office, **papers)
    assert verbs.refuse(disposal, by=world.chief, reason="仍需保管").state == "refused"
    again = verbs.propose(petition, by=world.office, **papers)
    assert verbs.withdraw(again, by=world.office).state == "withdrawn"
    assert Petition.objects.get(pk=petition.pk).text


def test_a_stub_is_neither_reopened_nor_repeated_nor_disposed_of_again(world):
    petition = petition_in(world, "filed", reporter={"name": "钱来也"})
    destroyed(world, petition, ground="wrong_entry")
    stub = Petition.objects.get(pk=petition.pk)
    assert {step.verb for step in available(PETITION, stub, world.chief)} <= {"recuse"}
    with pytest.raises(PermissionDenied):
        petitions.reopen(stub, by=world.leader1, reason="再看")
    with pytest.raises(ValidationError):
        petitions.link_repeat(call(world), by=world.leader1, first=stub)
    with pytest.raises(PermissionDenied):
        verbs.propose(stub, by=world.office, **PAPERS)
    with pytest.raises(PermissionDenied):
        disclosure.ask(stub, by=world.leader1, reason="再看")


def test_the_whole_way_through_the_pages(world, client):
    petition = petition_in(world, "filed")
    client.force_login(world.office)
    assert reverse("petitions:dispose", args=[petition.number]) in client.get(petition.get_absolute_url()).content.decode()
    url = reverse("petitions:dispose", args=[petition.number])
    assert client.post(url, {"ground": "wrong_entry", "basis": "", "reason": "误登"}).status_code == 200
    assert "尚未归档" in client.post(url, {"ground": "retention", "basis": "第一条", "reason": "期满"}).content.decode()
    assert client.post(url, {"ground": "wrong_entry", "basis": "第一条", "reason": "误登"}).status_code == 302
    disposal = Disposal.objects.get()
    client.force_login(world.chief)
    assert {panel.key: panel.count for panel in client.get("/").context["panels"]}["disposals-waiting"] == 1
    assert client.post(f"{disposal.get_absolute_url()}approve/", {"version": 1}).status_code == 302
    client.force_login(world.secadmin)
    assert {panel.key: panel.count for panel in client.get("/").context["panels"]}["disposals-waiting"] == 1
    assert client.post(f"{disposal.get_absolute_url()}destroy/", {"version": 2}).status_code == 200  # not ticked
    assert client.post(f"{disposal.get_absolute_url()}destroy/", {"version": 2, "sure": "on"}).status_code == 302
    assert client.post(f"{disposal.get_absolute_url()}destroy/", {"version": 2, "sure": "on"}).status_code == 409
    page = client.get(reverse("petitions:disposals"), {"number": petition.number}).content.decode()
    assert disposal.number in page and "已销毁" in page and SAID not in page
    assert Petition.objects.get(pk=petition.pk).destroyed


def test_the_list_costs_the_same_however_long(world, client):
    costs = []
    for more in (1, 6):
        for _n in range(more):
            verbs.propose(petition_in(world, "filed"), by=world.office, **(PAPERS | {"ground": "wrong_entry"}))
        costs.append(cost(client, world.custodian, reverse("petitions:disposals")))
    assert costs[1] <= costs[0]
