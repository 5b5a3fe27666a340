"""The verbs of a petition: what each changes, what it refuses, and that a step taken twice is taken once."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone

from inspection.outbox.models import Message
from inspection.trail.models import Entry
from inspection.vault import envelopes, files, index
from inspection.vault.models import Envelope, StoredFile
from inspection.workflow import StepRefused, available
from petitions import access
from petitions.models import Attachment, Category, HandUp, Petition, PetitionVersion, ReporterKey
from petitions.workflow import petition as verbs
from petitions.workflow.machines import PETITION
from petitions.workflow.transfer import receive, reply
from rounds.models import Assignment

from .registering import ANSWER, accept, call, hand_up, pass_on, petition_in

TODAY = timezone.localdate
PDF = b"%PDF-1.7 evidence"
REASON = "理由写在这里"


def entries(petition, verb):
    return Entry.objects.about(petition).filter(verb=verb)


def refused_fields(run, *args, **facts):
    with pytest.raises(ValidationError) as caught:
        run(*args, **facts)
    return set(getattr(caught.value, "message_dict", {"": 1}))


class TestAccept:
    def test_sets_discipline_scope_and_the_last_day(self, world):
        category = Category.objects.create(name="城乡建设", level=1, path="城乡建设")
        petition = call(world)
        verbs.accept(petition, by=world.leader1, discipline="work", category=category, level="township", note="建议核查")
        fresh = Petition.objects.get()
        assert (fresh.state, fresh.discipline, fresh.in_scope, fresh.category) == ("accepted", "work", True, category)
        assert fresh.conclude_by == TODAY() + dt.timedelta(days=60) == petition.due_on
        assert fresh.kind == "accusation" and fresh.level == "township"
        assert entries(petition, "accept").get().note_text == "建议核查"

    def test_needs_one_of_the_disciplines(self, world):
        petition = call(world)
        assert refused_fields(verbs.accept, petition, by=world.leader1, discipline="") == {"discipline"}
        assert refused_fields(verbs.accept, petition, by=world.leader1, discipline="x") == {"discipline"}
        assert refused_fields(verbs.accept, petition, by=world.leader1, discipline="work", kind="x") == {"kind"}
        assert Petition.objects.get().state == "registered" and not entries(petition, "accept").exists()

    def test_tells_the_leaders_but_not_who_did_it(self, world):
        accept(world, call(world))
        assert {m.payload["user"] for m in Message.objects.filter(payload__code="petition.accepted")} == {world.deputy1.pk}

    def test_twice_is_once(self, world):
        petition = call(world)
        stale = Petition.objects.get()
        accept(world, petition)
        with pytest.raises(StepRefused):
            verbs.accept(stale, by=world.deputy1, discipline="work", seen=stale.version)
        assert entries(petition, "accept").count() == 1


class TestHandUp:
    def test_nothing_of_it_can_be_read_afterwards(self, world):
        petition = call(
            world,
            persons=[{"name": "某领导"}],
            reporter={"name": "钱某", "phone": "13912345678"},
            discipline="integrity",
            people_count=7,
            files=[ContentFile(b"%PDF-1.4\n%%EOF\n", "信.pdf")],
        )
        verbs.correct(petition, by=world.member1, reason="改字", text="改过的正文")
        path = StoredFile.objects.get().path
        assert path.exists()
        hand_up(world, petition)
        fresh = Petition.objects.get()
        assert fresh.state == "handed_up" and fresh.content is None and fresh.identity is None
        assert fresh.opened() == {} and petition.opened() == {}
        about_it = Envelope.objects.filter(owner__in=(fresh.owner, f"petitions.petition:{fresh.pk}"))
        assert about_it.count() >= 4 and not about_it.filter(destroyed_at=None).exists()
        assert not StoredFile.objects.filter(destroyed_at=None).exists()
        assert not (Attachment.objects.exists() or PetitionVersion.objects.exists() or ReporterKey.objects.exists())
        assert not index.indexed("petition") and not Petition.objects.search("占道").exists()
        assert all(entry.note_text == "" for entry in Entry.objects.about(fresh))
        assert (fresh.discipline, fresh.people_count, fresh.signature, fresh.level) == ("", 1, "anonymous", "unknown")
        assert HandUp.objects.get().handed_by == world.leader1

    def test_the_ciphertext_leaves_the_disk_when_it_is_committed(self, world, django_capture_on_commit_callbacks):
        petition = call(world, files=[ContentFile(b"%PDF-1.4\n%%EOF\n", "信.pdf")])
        path = StoredFile.objects.get().path
        with django_capture_on_commit_callbacks(execute=True):
            hand_up(world, petition)
        assert not path.exists()

    def test_extracts_and_mails_forget_too(self, world):
        petition = call(world)
        slip = pass_on(world, petition)
        verbs.retake(petition, by=world.leader1, reason=REASON)
        hand_up(world, petition)
        slip.refresh_from_db()
        assert slip.extract_text == ""

    def test_without_both_signatures_everything_stays(self, world):
        petition = call(world)
        facts = {"by": world.leader1, "handed_on": TODAY(), "receiver_name": "市委", "received_by": " "}
        assert refused_fields(verbs.hand_up, petition, **facts) == {"received_by"}
        assert Petition.objects.get().text and not HandUp.objects.exists()

    def test_an_explosion_at_the_last_moment_keeps_the_content(self, world, monkeypatch):
        petition = call(world)

        def explode(*args, **kwargs):
            raise RuntimeError("bang")

        with monkeypatch.context() as patched, pytest.raises(RuntimeError, match="bang"):
            patched.setattr("petitions.workflow.petition.take", explode)
            hand_up(world, petition)
        fresh = Petition.objects.get()
        assert fresh.state == "registered" and fresh.text and not HandUp.objects.exists()
        assert index.indexed("petition") == {fresh.pk}


class TestRepeats:
    def test_both_stay_counted_and_point_at_each_other(self, world):
        first, again = call(world), call(world)
        verbs.link_repeat(again, by=world.leader1, first=first)
        assert Petition.objects.visible_to(world.leader1).count() == 2
        assert Petition.objects.get(pk=again.pk).state == "repeat"
        assert list(first.repeats.all()) == [again]
        assert entries(again, "link_repeat").get().facts == {"first": first.number}

    def test_not_to_itself_nor_to_a_repeat_nor_to_a_hand_up(self, world):
        petition = call(world)
        for first in (petition, petition_in(world, "repeat"), petition_in(world, "handed_up"), None):
            assert refused_fields(verbs.link_repeat, petition, by=world.leader1, first=first) == {"first"}

    def test_not_to_one_out_of_sight(self, world):
        petition = call(world)
        elsewhere = call(world, world.assignment_c, by=world.leader2)
        named = call(world, persons=[{"name": "组长一"}])
        for first in (elsewhere, named):
            assert refused_fields(verbs.link_repeat, petition, by=world.leader1, first=first) == {"first"}
        assert Petition.objects.get(pk=petition.pk).first is None

    def test_what_repeated_a_repeat_repeats_the_first(self, world):
        oldest, first, again = call(world), call(world), call(world)
        verbs.link_repeat(again, by=world.leader1, first=first)
        verbs.link_repeat(first, by=world.leader1, first=oldest)
        assert set(oldest.repeats.all()) == {first, again}
        assert entries(again, "repeat_moved").get().facts == {"first": oldest.number}
        # and no circle can be made: the oldest would have to repeat one of its own repeats
        assert refused_fields(verbs.link_repeat, oldest, by=world.leader1, first=again) == {"first"}

    def test_reopened_it_stands_alone_again(self, world):
        petition = petition_in(world, "repeat")
        verbs.reopen(petition, by=world.leader1, reason="不是同一件事")
        fresh = Petition.objects.get(pk=petition.pk)
        assert fresh.state == "accepted" and fresh.first is None and fresh.conclude_by
        assert "first" in entries(petition, "reopen").get().facts


class TestConclude:
    def test_closes_with_outcome_and_day(self, world):
        petition = petition_in(world, "checking")
        verbs.conclude(petition, by=world.deputy1, outcome="finding", reason=REASON)
        fresh = Petition.objects.get()
        assert (fresh.state, fresh.outcome) == ("concluded", "finding") and fresh.closed_at and fresh.due_on is None
        assert entries(petition, "conclude").get().note_text == REASON

    def test_needs_outcome_and_reason(self, world):
        petition = petition_in(world, "accepted")
        assert refused_fields(verbs.conclude, petition, by=world.leader1, outcome="", reason=REASON) == {"outcome"}
        assert refused_fields(verbs.conclude, petition, by=world.leader1, outcome="closed", reason="") == {"reason"}
        assert Petition.objects.get().state == "accepted"

    def test_answered_only_with_an_answer(self, world):
        petition = call(world)
        slip = pass_on(world, petition)
        assert refused_fields(verbs.conclude, petition, by=world.leader1, outcome="answered", reason=REASON) == {"outcome"}
        receive(slip, by=world.leader1, date=TODAY())
        reply(slip, by=world.leader1, **ANSWER)
        verbs.conclude(petition, by=world.leader1, outcome="answered", reason=REASON)
        assert Petition.objects.get().outcome == "answered"

    def test_a_member_does_not_decide(self, world):
        with pytest.raises(PermissionDenied):
            verbs.conclude(petition_in(world, "checking"), by=world.member1, outcome="closed", reason=REASON)

    def test_reopening_forgets_the_outcome_but_the_trail_does_not(self, world):
        petition = petition_in(world, "concluded")
        verbs.reopen(petition, by=world.leader1, reason="有新情况")
        fresh = Petition.objects.get()
        assert (fresh.state, fresh.outcome, fresh.closed_at, fresh.extended) == ("accepted", "", None, False)
        assert entries(petition, "reopen").get().facts == {"outcome": "closed"}


class TestRetake:
    def test_withdraws_the_slip_and_gives_new_days_to_decide(self, world):
        petition = call(world, days_ago=14)
        slip = pass_on(world, petition)
        verbs.retake(petition, by=world.leader1, reason=REASON)
        fresh = Petition.objects.get()
        slip.refresh_from_db()
        assert (fresh.state, fresh.in_scope, slip.state) == ("registered", None, "refused")
        assert fresh.decide_by == TODAY() + dt.timedelta(days=15)


class TestExtend:
    def test_once_by_thirty_days_by_the_head_of_office(self, world):
        petition = petition_in(world, "accepted")
        before = petition.conclude_by
        verbs.extend(petition, by=world.chief, reason=REASON)
        fresh = Petition.objects.get()
        assert fresh.conclude_by == before + dt.timedelta(days=30) and fresh.extended and fresh.state == "accepted"
        assert refused_fields(verbs.extend, fresh, by=world.chief, reason=REASON) == {""}
        assert entries(petition, "extend").count() == 1

    @pytest.mark.parametrize("name", ["leader1", "office"])
    def test_by_nobody_else(self, world, name):
        with pytest.raises(PermissionDenied):
            verbs.extend(petition_in(world, "accepted"), by=getattr(world, name), reason=REASON)

    def test_from_a_stale_page_it_is_refused_and_not_called_a_wrong_field(self, world):
        petition = petition_in(world, "accepted")
        verbs.extend(petition, by=world.chief, reason=REASON)
        with pytest.raises(StepRefused):
            verbs.extend(Petition.objects.get(), by=world.chief, reason=REASON, seen=petition.version - 1)


class TestCorrect:
    def test_keeps_what_it_said_before_sealed(self, world):
        petition = call(world)
        verbs.correct(petition, by=world.member1, reason="听错了", subject="新标题", text="新正文讲的是低保")
        fresh = Petition.objects.get()
        assert (fresh.subject, fresh.text) == ("新标题", "新正文讲的是低保") and petition.subject == "新标题"
        version = PetitionVersion.objects.get()
        assert version.opened()["subject"] == "集镇占道经营" and version.replaced_by == world.member1
        assert Petition.objects.search("低保").count() == 1 and not Petition.objects.search("占道").exists()
        entry = entries(petition, "correct").get()
        assert entry.facts == {"changed": ["subject", "text"]} and entry.note_text == "听错了"

    def test_of_the_day_of_receipt_moves_the_deadline(self, world):
        petition = call(world)
        day = timezone.now() - dt.timedelta(days=5)
        verbs.correct(petition, by=world.member1, reason=REASON, received_at=day)
        assert Petition.objects.get().decide_by == TODAY() + dt.timedelta(days=10)
        assert not PetitionVersion.objects.exists()

    def test_naming_somebody_takes_it_out_of_their_sight_and_unnaming_leaves_a_doubt(self, world):
        petition = call(world)
        verbs.correct(petition, by=world.member1, reason=REASON, persons=[{"name": "组长一"}])
        assert not Petition.objects.visible_to(world.leader1).exists()
        verbs.correct(petition, by=world.member1, reason=REASON, persons=[{"name": "另一人"}])
        assert not Petition.objects.visible_to(world.leader1).exists()
        assert petition.exclusions.get().certain is False

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"text": ""}, "text"),
            ({"subject": "长" * 201}, "subject"),
            ({"people_count": 0}, "people_count"),
            ({"level": "king"}, "level"),
            ({"received_at": timezone.now() + dt.timedelta(days=1)}, "received_at"),
            ({"postmarked_on": timezone.localdate() + dt.timedelta(days=1)}, "postmarked_on"),
            ({}, "__all__"),
            ({"text": "集镇主街占道经营长期无人管理。"}, "__all__"),
        ],
    )
    def test_refuses_what_registering_would_refuse_and_an_empty_correction(self, world, given, field):
        petition = call(world)
        with pytest.raises(ValidationError) as caught:
            verbs.correct(petition, by=world.member1, reason=REASON, **given)
        assert set(getattr(caught.value, "error_dict", {"__all__": 1})) == {field}
        assert not PetitionVersion.objects.exists() and not entries(petition, "correct").exists()

    def test_needs_a_reason(self, world):
        petition = call(world)
        assert refused_fields(verbs.correct, petition, by=world.member1, reason="", text="别的") == {"reason"}
        assert Petition.objects.get().text == "集镇主街占道经营长期无人管理。" and not PetitionVersion.objects.exists()

    def test_cannot_touch_who_registered_or_where_it_stands(self, world):
        with pytest.raises(TypeError):
            verbs.correct(call(world), by=world.member1, reason=REASON, state="concluded")


class TestSigner:
    @pytest.mark.parametrize(
        ("result", "signature"), [("real_name", "real_name"), ("denied", "denied"), ("anonymous", "anonymous")]
    )
    def test_asking_makes_a_signature_real_or_none(self, world, result, signature):
        petition = call(world, reporter={"name": "钱某"})
        verbs.verify_signer(petition, by=world.member1, result=result)
        assert Petition.objects.get().signature == signature and Petition.objects.get().state == "registered"
        assert envelopes.open_(petition.identity, petition.owner) == {"name": "钱某"}

    def test_an_unsigned_one_cannot_be_verified(self, world):
        assert refused_fields(verbs.verify_signer, call(world), by=world.member1, result="real_name") == {"result"}

    def test_a_result_that_is_none_is_refused(self, world):
        petition = call(world, reporter={"name": "钱某"})
        assert refused_fields(verbs.verify_signer, petition, by=world.member1, result="maybe") == {"result"}


class TestMaterialHandedInLater:
    def add(self, world, petition, *names, by=None, **more):
        return verbs.supplement(petition, by=by or world.member1, files=[ContentFile(PDF, name) for name in names], **more)

    @pytest.mark.parametrize("state", sorted(PETITION["supplement"].sources))
    def test_it_stands_behind_what_came_with_it_and_changes_no_state(self, world, state):
        petition = petition_in(world, state, files=[ContentFile(PDF, "来信.pdf")])
        version = petition.version
        self.add(world, petition, "账页一.pdf", "账页二.pdf", note="反映人当面补交")
        now = Petition.objects.get(pk=petition.pk)
        assert (now.state, now.version) == (state, version + 1)
        assert [kept.file.name for kept in now.attachments.all()] == ["来信.pdf", "账页一.pdf", "账页二.pdf"]
        assert [b"".join(files.chunks(kept.file)) for kept in now.attachments.all()] == [PDF] * 3
        entry = entries(petition, "supplement").get()
        assert entry.facts == {"attachments": 2} and entry.note_text == "反映人当面补交"

    def test_whoever_leads_the_group_is_told(self, world):
        self.add(world, petition_in(world, "concluded"), "账页.pdf", by=world.deputy1)
        assert {m.payload["user"] for m in Message.objects.filter(payload__code="petition.supplemented")} == {world.leader1.pk}

    def test_one_bad_file_keeps_all_out(self, world):
        petition = petition_in(world, "accepted")
        given = [ContentFile(PDF, "好.pdf"), ContentFile(b"MZ\x90", "坏.exe")]
        assert refused_fields(verbs.supplement, petition, by=world.member1, files=given) == {"files"}
        assert not petition.attachments.exists() and not entries(petition, "supplement").exists()

    def test_nothing_is_no_material(self, world):
        assert refused_fields(verbs.supplement, petition_in(world, "accepted"), by=world.member1, files=[]) == {"file"}

    def test_of_two_people_at_once_the_second_looks_again_and_both_are_kept(self, world):
        petition = petition_in(world, "accepted")
        seen = petition.version
        self.add(world, petition, "一.pdf", seen=seen)
        with pytest.raises(StepRefused):
            self.add(world, petition, "二.pdf", by=world.leader1, seen=seen)
        self.add(world, petition, "二.pdf", by=world.leader1, seen=seen + 1)
        assert [kept.file.name for kept in petition.attachments.all()] == ["一.pdf", "二.pdf"]

    def test_neither_an_archived_file_nor_destroyed_content_takes_any(self, world):
        petition = petition_in(world, "filed")
        assert not access.may_supplement(world.office, Petition(assignment=petition.assignment, state="filed"))
        Assignment.objects.filter(pk=petition.assignment_id).update(state=Assignment.State.ARCHIVED)
        with pytest.raises(PermissionDenied):
            self.add(world, Petition.objects.get(pk=petition.pk), "账页.pdf", by=world.office)


class TestSeveral:
    def test_each_row_is_checked_on_its_own(self, world):
        waiting, accepted, concluded = (petition_in(world, state) for state in ("registered", "accepted", "concluded"))
        elsewhere = call(world, world.assignment_c, by=world.leader2)
        done, refused = verbs.each(verbs.file, [waiting, accepted, concluded, elsewhere], by=world.leader1, reason=REASON)
        assert done == [waiting, accepted] and refused == [concluded, elsewhere]

    def test_a_missing_reason_stops_all(self, world):
        with pytest.raises(ValidationError):
            verbs.each(verbs.file, [petition_in(world, "registered")], by=world.leader1, reason="")
        assert Petition.objects.get().state == "registered"


def test_reading_is_noted_once_in_ten_minutes_for_each_reader(world):
    petition = call(world)
    for reader in (world.leader1, world.leader1, world.office):
        verbs.note_reading(petition, by=reader)
    assert sorted(entries(petition, "read").values_list("actor__username", flat=True)) == ["leader1", "office"]


WHO = {
    "accept": {"office", "chief", "leader1", "deputy1", "coordinator1"},
    "transfer": {"office", "chief", "leader1", "deputy1", "coordinator1"},
    "hand_up": {"office", "chief", "leader1", "deputy1", "coordinator1"},
    "link_repeat": {"office", "chief", "leader1", "deputy1", "coordinator1"},
    "file": {"office", "chief", "leader1", "deputy1", "coordinator1"},
    "check": {"leader1", "deputy1", "coordinator1", "member1"},
    "conclude": {"leader1", "deputy1", "chief"},
    "retake": {"office", "chief", "leader1", "deputy1", "coordinator1"},
    "reopen": {"leader1", "deputy1", "chief"},
    "extend": {"chief"},
    "correct": {"office", "chief", "leader1", "deputy1", "coordinator1", "member1"},
    "verify_signer": {"leader1", "deputy1", "coordinator1", "member1"},
    "supplement": {"office", "chief", "leader1", "deputy1", "coordinator1", "member1"},
    "hold": {"office", "chief"},
    "destroy": set(),
    "unhold": {"chief"},
    "recuse": {"office", "chief", "leader1", "deputy1", "coordinator1", "member1"},
}
CAST = ("admin", "secadmin", "auditor", "office", "chief", "custodian", "outsider", "leader1", "deputy1", "coordinator1")
CAST += ("member1", "recused1", "expired_leader", "leader2", "member2", "liaison_a", "liaison_c")


@pytest.mark.parametrize("verb", PETITION.verbs)
def test_exactly_these_people_may_take_the_step(world, verb):
    state = sorted(PETITION[verb].sources)[0]
    petition = petition_in(world, state, reporter={"name": "钱某"})
    may = {name for name in CAST if PETITION[verb].allowed(getattr(world, name), petition)}
    assert may == WHO[verb]


def test_somebody_named_may_nothing(world):
    petition = petition_in(world, "registered", persons=[{"name": "综合岗一"}])
    assert available(PETITION, petition, world.coordinator1) == []
    assert available(PETITION, petition, world.leader1) != []
