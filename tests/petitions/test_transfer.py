"""转办: slip and petition move together, deadlines come from the round's rules, the extract never carries who wrote."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from inspection.calendar import days
from inspection.trail.models import Entry
from inspection.workflow import StepRefused, take
from petitions.models import Agency, Petition, TransferSlip
from petitions.workflow import transfer as verbs
from petitions.workflow.machines import PETITION
from tests.petitions.making import make_petition

REPORTER = {"name": "钱来也", "phone": "138-0013 8000", "email": "qian@example.org", "address": "建设路12号3栋"}


@pytest.fixture
def petition(world):
    return make_petition(world.assignment_a, world.office, reporter=REPORTER, persons=[{"name": "孙某", "unit": "丁局"}])


def send(petition, world, **changes):
    facts = {
        "by": world.office,
        "receiver": world.agency,
        "extract": "集市门口占道经营，请处理。",
        "sent_on": timezone.localdate(),
    }
    return verbs.transfer(petition, **(facts | changes))


@pytest.fixture
def slip(petition, world):
    return send(petition, world)


def said(obj):
    return list(Entry.objects.about(obj).values_list("verb", flat=True))


def test_a_transfer_makes_a_numbered_slip_with_deadlines_of_the_round(petition, world):
    slip = send(petition, world)
    today = timezone.localdate()
    rules = world.round.rules
    assert slip.number == f"T01-ZB-{today.year}-0001"
    assert slip.receipt_due == days.due(rules["transfer.receipt"], today).on
    assert slip.reply_due == days.due(rules["transfer.reply"], today).on
    assert (slip.state, slip.receiver_name, slip.extract_text) == ("sent", "县信访局", "集市门口占道经营，请处理。")
    petition.refresh_from_db()
    assert (petition.state, petition.in_scope) == ("transferred", False)
    assert petition.conclude_by == days.due(rules["petition.conclude"], today).on
    assert said(petition) == ["register", "transfer"]
    assert said(slip) == ["send"]


def test_rules_changed_after_the_round_started_do_not_reach_it(petition, world):
    world.round.profile.rules.filter(key="transfer.reply").update(amount=1)
    slip = send(petition, world)
    assert slip.reply_due == timezone.localdate() + dt.timedelta(days=60)


def test_numbers_are_gap_free_and_a_refused_transfer_takes_none(world):
    first, second, third = (make_petition(world.assignment_a, world.office, reporter=REPORTER) for _ in range(3))
    send(first, world)
    with pytest.raises(ValidationError):
        send(second, world, extract="")
    assert send(third, world).number.endswith("-0002")


def test_an_accepted_petition_keeps_its_scope_and_its_deadline(petition, world):
    day = timezone.localdate() + dt.timedelta(days=9)
    take(PETITION["accept"], petition, by=world.office, changes={"in_scope": True, "conclude_by": day})
    send(petition, world)
    petition.refresh_from_db()
    assert (petition.in_scope, petition.conclude_by) == (True, day)


@pytest.mark.parametrize(
    "leak",
    [
        "反映人钱来也住在附近",
        "联系电话13800138000",
        "电话 138 0013 8000",
        "写信至 QIAN@example.org",
        "钱 来 也",
        "住建设路１２号３栋的群众",
    ],
)
def test_the_extract_must_not_carry_who_wrote(petition, world, leak):
    with pytest.raises(ValidationError) as refused:
        send(petition, world, extract=f"群众反映占道经营。{leak}。")
    assert list(refused.value.message_dict) == ["extract"]
    petition.refresh_from_db()
    assert petition.state == "registered"
    assert not TransferSlip.objects.exists()


def test_trying_out_names_leaves_a_trace(petition, world):
    with pytest.raises(ValidationError):
        send(petition, world, extract="钱来也反映占道")
    entry = Entry.objects.about(petition).get(verb="extract_refused")
    assert (entry.actor, entry.facts, entry.note) == (world.office, {}, None)


def test_sums_and_house_numbers_are_not_taken_for_a_telephone(world):
    petition = make_petition(world.assignment_a, world.office, reporter={"name": "", "phone": "8000"})
    assert send(petition, world, extract="涉及金额 8000 元。").state == "sent"


def test_the_inspected_unit_as_receiver_needs_a_word(petition, world):
    own = Agency.objects.create(name="甲局办公室", kind=Agency.Kind.LOCAL, unit=world.unit_a)
    with pytest.raises(ValidationError) as refused:
        send(petition, world, receiver=own)
    assert list(refused.value.message_dict) == ["confirmed"]
    assert send(petition, world, receiver=own, confirmed=True).receiver == own


def test_the_unit_of_a_person_reported_needs_a_word_too(petition, world):
    with pytest.raises(ValidationError) as refused:
        send(petition, world, receiver=Agency.objects.create(name="丁局", kind=Agency.Kind.DEPARTMENT))
    assert "confirmed" in refused.value.message_dict


@pytest.mark.parametrize("offset, field", [(1, "sent_on"), (-30, "sent_on")])
def test_a_day_that_cannot_be_is_refused(petition, world, offset, field):
    with pytest.raises(ValidationError) as refused:
        send(petition, world, sent_on=timezone.localdate() + dt.timedelta(days=offset))
    assert field in refused.value.message_dict


def test_a_closed_agency_takes_nothing(petition, world):
    world.agency.active = False
    with pytest.raises(ValidationError):
        send(petition, world)


@pytest.mark.parametrize(
    "who", ["member1", "recused1", "leader2", "admin", "auditor", "custodian", "expired_leader", "liaison_a"]
)
def test_who_may_not_triage_may_not_pass_on(petition, world, who):
    with pytest.raises(PermissionDenied):
        send(petition, world, by=getattr(world, who))
    assert not TransferSlip.objects.exists()


def test_a_second_transfer_from_a_stale_page_is_refused(petition, world):
    stale = Petition.objects.get(pk=petition.pk)
    send(petition, world)
    with pytest.raises(StepRefused):
        send(stale, world)
    assert TransferSlip.objects.count() == 1
    assert said(petition).count("transfer") == 1


def test_the_whole_way_concludes_the_petition_as_answered(slip, world):
    today = timezone.localdate()
    verbs.receive(slip, by=world.office, date=today, received_by="县信访局周某")
    verbs.handle(slip, by=world.coordinator1)
    verbs.reply(slip, by=world.office, date=today, text="已清理完毕。")
    verbs.conclude(slip, by=world.leader1)
    slip.refresh_from_db()
    petition = Petition.objects.get(pk=slip.petition_id)
    assert (slip.state, slip.received_by, slip.reply_text, slip.replied_on) == (
        "concluded",
        "县信访局周某",
        "已清理完毕。",
        today,
    )
    assert (petition.state, petition.outcome) == ("concluded", "answered")
    assert petition.closed_at is not None
    assert said(slip) == ["send", "receive", "handle", "reply", "conclude"]
    assert said(petition) == ["register", "transfer", "conclude"]


def test_the_reply_is_sealed(slip, world):
    verbs.receive(slip, by=world.office, date=timezone.localdate())
    verbs.reply(slip, by=world.office, date=timezone.localdate(), text="商户李某已搬离")
    assert "李某".encode() not in bytes(slip.reply.sealed)
    assert "李某" not in str([entry.facts for entry in Entry.objects.all()])


def test_who_follows_a_slip_does_not_decide_on_the_petition(slip, world):
    verbs.receive(slip, by=world.office, date=timezone.localdate())
    verbs.reply(slip, by=world.office, date=timezone.localdate(), text="已办。")
    for who in (world.office, world.coordinator1):
        with pytest.raises(PermissionDenied):
            verbs.conclude(slip, by=who)
    slip.refresh_from_db()
    assert slip.state == "replied"


def test_an_answer_sent_back_stays_beside_the_next(slip, world):
    today = timezone.localdate()
    verbs.receive(slip, by=world.office, date=today)
    verbs.reply(slip, by=world.office, date=today, text="第一次答复")
    verbs.redo(slip, by=world.office, reason="答非所问")
    verbs.reply(slip, by=world.office, date=today, text="第二次答复")
    assert slip.reply_text == "第二次答复"
    assert [earlier["text"] for earlier in slip.earlier_replies] == ["第一次答复"]


def test_a_refused_slip_brings_the_petition_back_and_it_can_be_passed_on_anew(slip, world):
    verbs.refuse(slip, by=world.office, reason="不属其职责")
    petition = Petition.objects.get(pk=slip.petition_id)
    assert (slip.state, petition.state, petition.in_scope) == ("refused", "registered", None)
    assert said(petition) == ["register", "transfer", "retake"]
    assert send(petition, world, receiver=world.discipline_body).number.endswith("-0002")


def test_refusing_without_a_reason_moves_neither(slip, world):
    with pytest.raises(ValidationError):
        verbs.refuse(slip, by=world.office, reason="")
    assert Petition.objects.get(pk=slip.petition_id).state == "transferred"
    assert TransferSlip.objects.get(pk=slip.pk).state == "sent"


def test_a_slip_is_not_concluded_under_a_petition_that_moved_on(slip, world):
    verbs.receive(slip, by=world.office, date=timezone.localdate())
    verbs.reply(slip, by=world.office, date=timezone.localdate(), text="已办。")
    petition = Petition.objects.get(pk=slip.petition_id)
    take(
        PETITION["conclude"],
        petition,
        by=world.leader1,
        reason="了结",
        changes={"outcome": "closed", "closed_at": timezone.now()},
    )
    with pytest.raises(StepRefused):
        verbs.conclude(slip, by=world.leader1)
    assert TransferSlip.objects.get(pk=slip.pk).state == "replied"
    assert "conclude" not in said(slip)


def test_withdrawing_closes_what_is_still_open(slip, world):
    assert verbs.withdraw(slip.petition, by=world.office, reason="本组自办") == 1
    assert TransferSlip.objects.get(pk=slip.pk).state == "refused"


def late(slip, days_late=3):
    TransferSlip.objects.filter(pk=slip.pk).update(receipt_due=timezone.localdate() - dt.timedelta(days=days_late))
    slip.refresh_from_db()
    return slip


def test_all_that_is_overdue_is_chased_in_one_go_once_a_day(world):
    slips = [send(make_petition(world.assignment_a, world.office), world) for _ in range(3)]
    late(slips[0]), late(slips[1])
    mine = TransferSlip.objects.visible_to(world.office)
    assert verbs.chase_overdue(mine, by=world.office) == 2
    assert verbs.chase_overdue(mine, by=world.office) == 0
    slips[0].refresh_from_db()
    assert slips[0].chased_on == timezone.localdate()
    entry = Entry.objects.about(slips[0]).get(verb="chase")
    assert entry.facts == {"days_late": 3}
    assert slips[0].state == "sent"


def test_chasing_reaches_only_what_one_may_follow(world):
    late(send(make_petition(world.assignment_c, world.office), world))
    late(send(make_petition(world.assignment_a, world.office), world))
    assert verbs.chase_overdue(TransferSlip.objects.visible_to(world.member1), by=world.member1) == 0
    assert verbs.chase_overdue(TransferSlip.objects.visible_to(world.leader1), by=world.leader1) == 1


def test_a_slip_of_a_petition_at_rest_is_no_longer_overdue(slip, world):
    late(slip)
    assert TransferSlip.objects.overdue().count() == 1
    take(
        PETITION["conclude"],
        slip.petition,
        by=world.chief,
        reason="了结",
        changes={"outcome": "closed", "closed_at": timezone.now()},
    )
    assert TransferSlip.objects.overdue().count() == 0


def test_receipts_are_ticked_off_together(world):
    slips = [send(make_petition(world.assignment_a, world.office), world) for _ in range(3)]
    verbs.receive(slips[0], by=world.office, date=timezone.localdate())
    assert verbs.receive_many(TransferSlip.objects.all(), by=world.office, date=timezone.localdate()) == 2
    assert set(TransferSlip.objects.values_list("state", flat=True)) == {"received"}


def test_a_receipt_before_the_sending_is_refused(slip, world):
    with pytest.raises(ValidationError) as refused:
        verbs.receive(slip, by=world.office, date=slip.sent_on - dt.timedelta(days=1))
    assert list(refused.value.message_dict) == ["date"]


def test_when_the_slip_cannot_be_saved_the_petition_stays(petition, world, monkeypatch):
    def explode(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("petitions.workflow.transfer.begin", explode)
    with pytest.raises(RuntimeError):
        send(petition, world)
    assert Petition.objects.get(pk=petition.pk).state == "registered"
    assert said(petition) == ["register"]
