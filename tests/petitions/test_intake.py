"""The one birth of a petition: what it stores, what it refuses, and that it happens whole or not at all."""

import datetime as dt
import io
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inspection.calendar.models import RuleKey
from inspection.numbers.models import Counter
from inspection.outbox.models import Message
from inspection.trail.models import Entry
from inspection.vault import envelopes, index
from inspection.vault.models import Envelope, StoredFile
from petitions import contents, intake
from petitions.models import Attachment, BoxOpening, Exclusion, HandUp, Petition, ReporterKey
from rounds.models import Assignment, Channel, Person, Relative

from .registering import call

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def wrong(world, **facts):
    """The names of the arguments that registration refuses."""
    with pytest.raises(ValidationError) as caught:
        call(world, **facts)
    return set(caught.value.message_dict)


def nothing_saved():
    counted = (Petition, Envelope, ReporterKey, Exclusion, Attachment, StoredFile, Message)
    return not any(model.objects.exists() for model in counted) and not index.indexed("petition")


def test_a_call_is_registered_whole(world):
    petition = call(
        world,
        persons=[{"name": "周某甲", "unit": "甲局", "post": "副局长", "level": "township"}],
        reporter={"name": "钱某", "phone": "139 1234 5678"},
    )
    year = timezone.localdate().year
    assert petition.number == f"T01-{year}-0001"
    assert petition.state == "registered" and petition.registered_by == world.member1
    assert petition.channel == world.assignment_a.channels.get(kind="call")
    assert petition.signature == "signed" and petition.level == "township"
    assert petition.decide_by == timezone.localdate() + dt.timedelta(days=15)
    fresh = Petition.objects.get()
    assert fresh.subject == "集镇占道经营" and fresh.persons[0]["name"] == "周某甲"
    assert envelopes.open_(fresh.identity, fresh.owner) == {"name": "钱某", "phone": "139 1234 5678"}
    assert list(Petition.objects.search("占道").values_list("pk", flat=True)) == [petition.pk]
    entry = Entry.objects.about(petition).get()
    assert (entry.verb, entry.to_state, entry.actor) == ("register", "registered", world.member1)


def test_nothing_confidential_stands_in_a_plain_column(world):
    petition = call(world, subject="机密标题", text="机密正文", persons=[{"name": "周某甲"}], reporter={"phone": "13912345678"})
    with connection.cursor() as cursor:
        for table in ("petitions_petition", "petitions_reporterkey", "trail_entry", "outbox_message"):
            cursor.execute(f"SELECT * FROM {table}")
            rows = repr(cursor.fetchall())
            assert not any(word in rows for word in ("机密", "周某甲", "13912345678")), table
    assert petition.pk


def test_an_anonymous_report_has_no_identity_at_all(world):
    petition = call(world)
    assert petition.identity is None and petition.signature == "anonymous" and not petition.reporter_keys.exists()


def test_a_telephone_number_alone_is_no_signature(world):
    petition = call(world, reporter={"phone": "13912345678"})
    assert petition.signature == "anonymous" and petition.identity is not None


@pytest.mark.parametrize("written", ["139 1234 5678", "+86 139-1234-5678", "１３９１２３４５６７８", "0086 13912345678"])
def test_a_number_is_recognised_however_it_is_written(written):
    plain = contents.reporter_keys({"phone": "13912345678"})
    assert contents.reporter_keys({"phone": contents.who({"phone": written})["phone"]}) == plain


def test_numbers_run_on_without_gaps_across_units_of_the_round(world):
    taken = [call(world), call(world, world.assignment_c, by=world.leader2), call(world)]
    assert [petition.number[-4:] for petition in taken] == ["0001", "0002", "0003"]


def test_the_deadline_comes_from_the_frozen_rules(world):
    world.round.rules[RuleKey.PETITION_DECIDE] = {"amount": 3, "unit": "day", "roll": False, "source": "test"}
    world.round.save()
    received = timezone.now() - dt.timedelta(days=1)
    petition = call(world, Assignment.objects.get(pk=world.assignment_a.pk), received_at=received)
    assert petition.decide_by == timezone.localdate(received) + dt.timedelta(days=3)


def test_a_deadline_that_counts_an_unpublished_year_is_provisional(world):
    world.round.rules[RuleKey.PETITION_DECIDE] = {"amount": 400, "unit": "workday", "roll": False, "source": "test"}
    world.round.save()
    petition = call(world, Assignment.objects.get(pk=world.assignment_a.pk))
    assert petition.provisional


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \x00\n"}, "text"),
        ({"text": "长" * (contents.TEXT_CHARS + 1)}, "text"),
        ({"subject": "长" * 201}, "subject"),
        ({"received_at": None}, "received_at"),
        ({"received_at": "昨天"}, "received_at"),
        ({"received_at": timezone.now() + dt.timedelta(hours=1)}, "received_at"),
        ({"received_at": timezone.make_aware(dt.datetime(1949, 10, 1))}, "received_at"),
        ({"channel_kind": "pigeon"}, "channel_kind"),
        ({"people_count": 0}, "people_count"),
        ({"people_count": 100_001}, "people_count"),
        ({"discipline": "other"}, "discipline"),
        ({"kind": "other"}, "kind"),
        ({"level": "king"}, "level"),
        ({"mark": "top"}, "mark"),
        ({"persons": [{"name": "长" * 121}]}, "persons"),
        ({"persons": [{"name": f"某{n}"} for n in range(31)]}, "persons"),
        ({"reporter": {"name": "长" * 61}}, "reporter"),
        ({"postmarked_on": timezone.localdate() + dt.timedelta(days=1)}, "postmarked_on"),
        ({"files": [ContentFile(b"", "empty.pdf")]}, "files"),
        ({"files": [ContentFile(b"MZ\x90\x00" * 30, "virus.exe")]}, "files"),
    ],
)
def test_what_does_not_make_sense_is_refused_and_leaves_nothing(world, facts, field):
    assert wrong(world, **facts) == {field}
    assert nothing_saved() and not Counter.objects.filter(prefix="T01").exists()


def test_everything_that_is_wrong_is_said_at_once(world):
    assert wrong(world, text="", people_count=0, received_at=None) == {"text", "people_count", "received_at"}


def test_control_characters_are_dropped_and_emoji_kept(world):
    petition = call(world, subject="标\x00题", text="第一行\r\n第二行\x07😀\x9f")
    assert petition.subject == "标题" and petition.text == "第一行\n第二行😀"


def test_a_text_without_a_subject_gets_its_first_sentence(world):
    assert call(world, subject="", text="低保名单不公开。群众有意见。").subject == "低保名单不公开"


def test_a_channel_of_another_unit_or_kind_is_refused(world):
    assert wrong(world, channel=world.assignment_b.channels.get(kind="call")) == {"channel"}
    assert wrong(world, channel=world.assignment_a.channels.get(kind="sms")) == {"channel"}


def test_an_archived_file_takes_nothing_in(world):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state="archived")
    archived = Assignment.objects.get(pk=world.assignment_a.pk)
    with pytest.raises(PermissionDenied):
        call(world, archived, by=world.office)
    with pytest.raises(ValidationError):
        intake.prepare(archived, channel_kind="call", received_at=timezone.now(), subject="", text="正文")


@pytest.mark.parametrize(
    "name", ["leader2", "recused1", "expired_leader", "outsider", "liaison_a", "admin", "custodian", "auditor", "secadmin"]
)
def test_who_has_no_business_here_registers_nothing(world, name):
    with pytest.raises(PermissionDenied):
        call(world, by=getattr(world, name))
    assert nothing_saved()


class TestClosingDay:
    @pytest.fixture(autouse=True)
    def _closed_yesterday(self, world):
        self.closing = timezone.localdate() - dt.timedelta(days=1)
        Channel.objects.filter(assignment=world.assignment_a).update(closes_on=self.closing)

    def test_a_call_after_it_is_refused_by_name_of_the_day(self, world):
        with pytest.raises(ValidationError, match=self.closing.isoformat()):
            call(world)
        assert nothing_saved()

    def test_a_call_on_it_is_taken_in(self, world):
        assert call(world, received_at=timezone.now() - dt.timedelta(days=1)).pk

    def test_a_letter_stamped_on_it_is_taken_in(self, world):
        assert call(world, channel_kind="letter", postmarked_on=self.closing).pk

    def test_a_letter_stamped_after_it_is_refused(self, world):
        assert wrong(world, channel_kind="letter", postmarked_on=timezone.localdate()) == {"received_at"}

    def test_a_letter_without_a_stamp_is_refused(self, world):
        assert wrong(world, channel_kind="letter") == {"received_at"}

    def test_what_a_superior_passes_on_has_no_closing_day(self, world):
        assert call(world, channel_kind="forwarded").pk


class TestExclusion:
    def test_a_person_named_never_sees_counts_or_searches_it(self, world):
        petition = call(world, persons=[{"name": " 组长 一"}], by=world.office)
        other = call(world, by=world.office)
        assert set(Petition.objects.visible_to(world.leader1)) == {other}
        assert Petition.objects.visible_to(world.leader1).search("占道").count() == 1
        assert set(Petition.objects.visible_to(world.member1)) == {petition, other}
        assert petition.exclusions.get().ground == "named"

    def test_a_declared_relative_excludes_too(self, world):
        Relative.objects.create(person=world.member1.person, name="李某某", relation="配偶")
        petition = call(world, persons=[{"name": "李某某"}], by=world.office)
        assert petition.exclusions.get().ground == "relative"
        assert petition not in Petition.objects.visible_to(world.member1)

    def test_somebody_of_the_talent_pool_is_kept_out_before_being_appointed(self, world):
        Person.objects.create(user=world.outsider, name="局外人", code="P-out")
        assert call(world, persons=[{"name": "局外人"}]).exclusions.get().user == world.outsider

    def test_the_office_is_told_and_the_excluded_is_not(self, world):
        petition = call(world, persons=[{"name": "办公室甲"}, {"name": "组长一"}])
        told = {message.payload["user"] for message in Message.objects.filter(payload__code="petition.excluded")}
        assert told == {world.office2.pk, world.chief.pk}
        everybody = {message.payload["user"] for message in Message.objects.all()}
        assert not everybody & {world.office.pk, world.leader1.pk}
        assert petition.exclusions.count() == 2

    def test_a_common_person_excludes_nobody(self, world):
        assert not call(world, persons=[{"name": "路人甲"}, {"unit": "甲局"}]).exclusions.exists()


def test_those_who_triage_are_told_once_and_the_registrar_is_not(world):
    petition = call(world, by=world.coordinator1)
    told = {message.payload["user"] for message in Message.objects.filter(payload__code="petition.registered")}
    assert told == {world.leader1.pk, world.deputy1.pk}
    assert {message.payload["number"] for message in Message.objects.all()} == {petition.number}


def test_files_are_kept_sealed_and_bound_to_the_petition(world):
    petition = call(world, files=[ContentFile(PDF, "举报信.pdf"), (io.BytesIO(PDF + b" "), "附页.pdf")])
    first, second = petition.attachments.order_by("pk")
    assert first.file.name == "举报信.pdf" and second.file.name == "附页.pdf"
    assert first.file.owner == petition.owner and first.added_by == world.member1
    assert first.file.sha256 != second.file.sha256


def test_a_box_letter_belongs_to_its_opening(world):
    box = world.assignment_a.channels.get(kind="box")
    facts = {"opened_at": timezone.now(), "opened_by": world.member1, "witness": world.leader1, "letters": 2}
    opening = BoxOpening.objects.create(channel=box, **facts)
    assert call(world, channel_kind="box", box_opening=opening).channel == box
    other = BoxOpening.objects.create(channel=world.assignment_b.channels.get(kind="box"), **facts)
    assert "channel" in wrong(world, channel_kind="box", box_opening=other)


def test_the_same_source_is_registered_once(world):
    petition = call(world, source_key="k1")
    with pytest.raises(intake.AlreadyRegistered) as caught:
        call(world, source_key="k1")
    assert caught.value.petition == petition
    assert Counter.objects.get(prefix="T01").value == 1 and Entry.objects.filter(verb="register").count() == 1


@pytest.mark.parametrize(
    "bang",
    [
        "petitions.intake.index.put_many",
        "petitions.intake.begin_many",
        "petitions.intake.contents.reporter_keys",
        "petitions.workflow.petition.files.store",
        "petitions.intake.exclusions.apply_to_new",
        "petitions.intake.notify",
    ],
)
def test_a_registration_that_explodes_leaves_nothing_and_gives_its_number_back(world, monkeypatch, bang):
    call(world)

    def explode(*args, **kwargs):
        raise RuntimeError("bang")

    before = {model: model.objects.count() for model in (Petition, Envelope, Entry, Message, ReporterKey, Attachment)}
    facts = {
        "persons": [{"name": "组长一"}],
        "reporter": {"phone": "13912345678"},
        "files": [ContentFile(PDF, "a.pdf")],
        "by": world.office,
    }
    with monkeypatch.context() as patched:
        patched.setattr(bang, explode)
        with pytest.raises(RuntimeError, match="bang"):
            call(world, **facts)
    assert {model: model.objects.count() for model in before} == before
    assert call(world, **facts).number.endswith("0002")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_eight_writers_get_distinct_numbers_without_gaps(world):
    failed = []

    def write(name):
        try:
            for _turn in range(5):
                call(world, by=getattr(world, name))
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    names = ["office", "chief", "leader1", "deputy1", "coordinator1", "member1", "office2", "office"]
    writers = [threading.Thread(target=write, args=[name]) for name in names]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    numbers = sorted(Petition.objects.values_list("number", flat=True))
    year = timezone.localdate().year
    assert numbers == [f"T01-{year}-{n:04d}" for n in range(1, 41)]


class TestSealed:
    def seal(self, world, **facts):
        given = {
            "received_at": timezone.now(),
            "channel_kind": "letter",
            "receiver_name": "市委巡察办",
            "handed_on": timezone.localdate(),
            "received_by": "王某",
        } | facts
        return intake.register_sealed(world.assignment_a, by=world.member1, **given)

    def test_keeps_number_days_and_two_signatures_and_nothing_else(self, world):
        petition = self.seal(world)
        assert petition.state == "handed_up" and petition.content is None and petition.identity is None
        assert petition.number.endswith("0001")
        signed = HandUp.objects.get()
        assert (signed.handed_by, signed.received_by, signed.receiver_name) == (world.member1, "王某", "市委巡察办")
        assert signed.deliver_by > timezone.localdate()
        assert not Envelope.objects.exists() and not index.indexed("petition") and not Message.objects.exists()

    @pytest.mark.parametrize(
        ("facts", "field"),
        [
            ({"receiver_name": " "}, "receiver_name"),
            ({"received_by": ""}, "received_by"),
            ({"handed_on": timezone.localdate() + dt.timedelta(days=1)}, "handed_on"),
            ({"handed_on": timezone.localdate() - dt.timedelta(days=9)}, "handed_on"),
            ({"channel_kind": "pigeon"}, "channel_kind"),
        ],
    )
    def test_refuses_what_is_not_signed_for(self, world, facts, field):
        with pytest.raises(ValidationError) as caught:
            self.seal(world, **facts)
        assert set(caught.value.message_dict) == {field}
        assert not Petition.objects.exists() and not Counter.objects.filter(prefix="T01").exists()


class TestBulk:
    def drafts(self, world, count=3, assignment=None):
        return [
            intake.prepare(
                assignment or world.assignment_a,
                channel_kind="online",
                received_at=timezone.now() - dt.timedelta(days=count - n),
                subject=f"第{n}件",
                text=f"正文{n}号事项，组长一在场",
                source_key=f"row{n}",
            )
            for n in range(count)
        ]

    def test_saves_exactly_what_registering_one_by_one_would(self, world):
        one = call(world, channel_kind="online", persons=[{"name": "组长一"}], reporter={"phone": "13912345678"}, by=world.office)
        row = {
            "channel_kind": "online",
            "received_at": one.received_at,
            "subject": one.subject,
            "text": one.text,
            "persons": [{"name": "组长一"}],
            "reporter": {"phone": "13912345678"},
        }
        drafts = [intake.prepare(world.assignment_a, **row) for _turn in range(2)]
        many = intake.bulk_register(world.assignment_a, drafts, by=world.office)
        own = ("id", "uid", "number", "content_id", "identity_id", "state_at", "entered_at")
        columns = [field.attname for field in Petition._meta.fields if field.attname not in own]
        for petition in many:
            fresh = Petition.objects.get(pk=petition.pk)
            assert {name: getattr(fresh, name) for name in columns} == {
                name: getattr(Petition.objects.get(pk=one.pk), name) for name in columns
            }
            assert fresh.opened() == one.opened()
            assert fresh.exclusions.get().user == world.leader1
            assert fresh.reporter_keys.get().digest == one.reporter_keys.get().digest
            assert [entry.verb for entry in Entry.objects.about(fresh)] == ["register", "exclude"]
        assert Petition.objects.search("占道").count() == 3

    def test_a_second_import_adds_nothing(self, world):
        assert len(intake.bulk_register(world.assignment_a, self.drafts(world), by=world.office)) == 3
        assert intake.bulk_register(world.assignment_a, self.drafts(world, 5), by=world.office) != []
        assert intake.bulk_register(world.assignment_a, self.drafts(world, 5), by=world.office) == []
        assert Petition.objects.count() == 5
        assert Counter.objects.get(prefix="T01").value == 5

    def test_a_row_twice_in_one_sheet_counts_once(self, world):
        drafts = self.drafts(world, 2) + self.drafts(world, 2)
        assert len(intake.bulk_register(world.assignment_a, drafts, by=world.office)) == 2

    def test_no_more_statements_for_sixty_than_for_thirty(self, world, django_assert_max_num_queries):
        """Those for who is kept out and who is told of it included: each of them names somebody."""
        few, many = self.drafts(world, 30, world.assignment_c), self.drafts(world, 60)
        with CaptureQueriesContext(connection) as asked:
            intake.bulk_register(world.assignment_c, few, by=world.office)
        with django_assert_max_num_queries(len(asked)):
            intake.bulk_register(world.assignment_a, many, by=world.office)
        assert Exclusion.objects.count() == 90

    def test_who_may_not_register_may_not_import(self, world):
        with pytest.raises(PermissionDenied):
            intake.bulk_register(world.assignment_a, self.drafts(world), by=world.leader2)
