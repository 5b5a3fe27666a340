"""Who is named does not know: from the moment a name is entered or becomes known, by whatever way, until others let them in."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from inspection.outbox.delivery import deliver_ready
from inspection.outbox.models import Message, Notice
from inspection.outbox.posting import notify
from inspection.trail.models import Entry
from petitions import exclusions, intake
from petitions.models import Exclusion, Lifting, Petition
from petitions.workflow import exclusion as verbs
from petitions.workflow import petition as petitions
from rounds.models import Liaison, Person, Relative
from rounds.workflow import account, person, unit

from .registering import call


def kept_out(petition) -> dict:
    """{username: (ground, certain)}."""
    return {row.user.username: (row.ground, row.certain) for row in petition.exclusions.select_related("user")}


def sees(user, petition) -> bool:
    return Petition.objects.visible_to(user).filter(pk=petition.pk).exists()


def told(code):
    return set(Notice.objects.filter(code=code).values_list("user__username", flat=True))


class TestNamesInTheText:
    @pytest.mark.parametrize("text", ["组长一收受礼金", "据说组 长一\n也在场", "是組長一，不是別人", "找过组·长一。"])
    def test_a_whole_name_in_the_text_keeps_out_on_a_doubt(self, world, text):
        petition = call(world, text=text, by=world.office)
        assert kept_out(petition) == {"leader1": ("named", False)}
        assert not sees(world.leader1, petition) and sees(world.deputy1, petition)

    def test_so_does_one_in_the_subject_and_a_relative_s(self, world):
        Relative.objects.create(person=world.member1.person, name="欧阳某", relation="配偶")
        petition = call(world, subject="反映组长一", text="又说欧阳某经商", by=world.office)
        assert kept_out(petition) == {"leader1": ("named", False), "member1": ("relative", False)}

    def test_part_of_a_name_or_another_sentence_keeps_nobody_out(self, world):
        Relative.objects.create(person=world.member1.person, name="李", relation="同学")
        assert not call(world, text="巡察组长，一定要查；组长、一把手；李某", by=world.office).exclusions.exists()

    def test_the_office_is_told_of_the_doubt_by_number_and_the_person_is_not(self, world):
        petition = call(world, text="组长一收受礼金", by=world.office)
        deliver_ready()
        assert told("petition.doubtful") == {"office", "office2", "chief"}
        assert {notice.number for notice in Notice.objects.all()} == {petition.number}
        assert not Notice.objects.filter(user=world.leader1).exists()

    def test_named_outweighs_mentioned(self, world):
        petition = call(world, text="组长一收受礼金", persons=[{"name": "组长一"}], by=world.office)
        assert kept_out(petition) == {"leader1": ("named", True)}

    def test_every_way_in_is_the_same(self, world, client):
        """Form and mail enter by `register`; the sheet by `bulk_register`; programs by the API; later by a correction."""
        row = {"channel_kind": "letter", "received_at": call(world, by=world.office).received_at, "subject": "", "text": "组长一"}
        draft = intake.prepare(world.assignment_a, **row)
        by_sheet = intake.bulk_register(world.assignment_a, [draft], by=world.office)[0]
        client.force_login(world.office)
        body = {"assignment": world.assignment_a.number, "channel": "call", "received_at": row["received_at"], "text": "组长一"}
        answer = client.post("/api/v1/petitions/", body | {"subject": "一"}, content_type="application/json")
        by_program = Petition.objects.get(number=answer.json()["number"])
        corrected = call(world, by=world.office)
        petitions.correct(corrected, by=world.office, reason="补记", text="组长一在场")
        for petition in (by_sheet, by_program, corrected):
            assert kept_out(petition) == {"leader1": ("named", False)}

    @given(st.lists(st.text("甲乙丙", min_size=1, max_size=4), max_size=6), st.text("甲乙丙丁", max_size=12))
    def test_occurring_is_a_plain_substring_scan(self, names, text):
        assert exclusions.Names(names).occurring(text) == {name for name in names if name in text}


class TestNamesThatBecomeKnownLater:
    def test_a_relative_declared_later(self, world):
        named, mentioned = call(world, persons=[{"name": "欧阳 某"}]), call(world, text="听说欧·阳某经商")
        untouched = call(world, text="欧某、阳某")
        person.add_relative(world.leader1.person, by=world.leader1, name="欧阳某", relation="配偶")
        assert kept_out(named) == {"leader1": ("relative", True)}
        assert kept_out(mentioned) == {"leader1": ("relative", False)}
        assert not untouched.exclusions.exists()

    def test_a_name_corrected_an_account_linked_and_a_role_given_later(self, world):
        petition = call(world, persons=[{"name": "司马迁"}], by=world.office)
        person.edit_person(world.member1.person, by=world.office, name="司马迁")
        account.rename_account(world.office2, by=world.admin, name="司马迁")
        person.add_person(by=world.office, name="司马迁", code="P-x", user=world.outsider)
        assert set(kept_out(petition)) == {"member1", "office2", "outsider"}
        account.rename_account(world.expired_leader, by=world.admin, name="旁人")
        assert set(kept_out(petition)) == {"member1", "office2", "outsider"}

    def test_a_role_makes_a_reader_of_who_was_none(self, world):
        petition = call(world, persons=[{"name": "局外人"}])
        assert not petition.exclusions.exists()
        account.grant_role(world.outsider, "office", by=world.secadmin)
        assert not sees(world.outsider, petition) and sees(world.office, petition)

    def test_what_was_told_before_is_gone_from_the_in_box(self, world, client):
        petition = call(world, persons=[{"name": "欧阳某"}], by=world.coordinator1)
        deliver_ready()
        client.force_login(world.leader1)
        assert petition.number in client.get(reverse("notices")).content.decode()
        notice = Notice.objects.get(user=world.leader1)
        person.add_relative(world.leader1.person, by=world.leader1, name="欧阳某", relation="配偶")
        assert petition.number not in client.get(reverse("notices")).content.decode()
        assert client.get("/").context["unread_notices"] == 0
        assert client.post(reverse("notice", args=[notice.pk])).status_code == 404
        client.force_login(world.deputy1)
        assert petition.number in client.get(reverse("notices")).content.decode()


class TestLiaisons:
    def test_who_speaks_for_the_unit_never_reads_its_cases_whatever_else_they_are(self, world):
        petition, other = call(world), call(world, world.assignment_c, by=world.office)
        for reader in (world.office2, world.chief):
            Liaison.objects.create(user=reader, unit=world.unit_a)
            assert set(Petition.objects.visible_to(reader)) == {other}
        Liaison.objects.create(user=world.member1, unit=world.unit_a)
        assert not sees(world.member1, petition)
        assert not sees(world.liaison_a, petition)

    def test_the_liaison_of_the_unit_somebody_is_named_with(self, world):
        petition = call(world, persons=[{"name": "路人", "unit": "丙局财务科"}], by=world.office)
        assert not petition.exclusions.exists()  # a liaison who reads nothing anyway
        Liaison.objects.create(user=world.office2, unit=world.unit_c)
        again = call(world, persons=[{"name": "路人", "unit": "丙局财务科"}], by=world.office)
        assert kept_out(again) == {"office2": ("liaison", True)}

    def test_one_linked_later(self, world):
        petition = call(world, persons=[{"name": "路人", "unit": "丙局"}], by=world.office)
        Person.objects.create(user=world.liaison_a, name="联络员甲", code="P-l")
        unit.link_liaison(world.unit_c, world.liaison_a, by=world.office)
        assert kept_out(petition) == {"liaison_a": ("liaison", True)}


class TestRecusal:
    def test_one_click_and_a_reason_and_it_is_gone(self, world, client):
        petition = call(world)
        deliver_ready()
        client.force_login(world.leader1)
        assert reverse("petitions:recuse", args=[petition.number]) in client.get(petition.get_absolute_url()).content.decode()
        answer = client.post(reverse("petitions:recuse", args=[petition.number]), {"version": 1, "reason": "当事人是同学"})
        assert answer.status_code == 302 and answer["Location"] == reverse("petitions:list")
        assert client.get(petition.get_absolute_url()).status_code == 404
        assert kept_out(petition) == {"leader1": ("own", True)}
        entry = Entry.objects.about(petition).get(verb="recuse")
        assert entry.note_text == "当事人是同学" and entry.facts == {}
        told = {message.payload["user"] for message in Message.objects.filter(payload__code="petition.recused")}
        assert told == {world.office.pk, world.office2.pk, world.chief.pk, world.deputy1.pk}

    def test_a_reason_is_demanded_and_nothing_changes_without(self, world, client):
        petition = call(world)
        client.force_login(world.leader1)
        assert client.post(reverse("petitions:recuse", args=[petition.number]), {"version": 1}).status_code == 200
        assert sees(world.leader1, petition)

    def test_it_stays_through_corrections_and_cannot_be_taken_back(self, world):
        petition = call(world)
        verbs.recuse(petition, by=world.chief, reason="亲属")
        petitions.correct(petition, by=world.member1, reason="补记", text="另有其事")
        assert kept_out(petition) == {"chief": ("own", True)}
        with pytest.raises(PermissionDenied):
            verbs.lift(petition.exclusions.get(), by=world.chief, reason="算了")

    def test_the_head_asks_and_a_second_person_agrees(self, world):
        petition = call(world)
        verbs.recuse(petition, by=world.leader1, reason="误点")
        row = petition.exclusions.get()
        for nobody in (world.office, world.deputy1, world.leader1, world.custodian):
            with pytest.raises(PermissionDenied):
                verbs.lift(row, by=nobody, reason="误点")
        with pytest.raises(ValidationError):
            verbs.lift(row, by=world.chief, reason=" ")
        lifting = verbs.lift(row, by=world.chief, reason="本人误点")
        assert not sees(world.leader1, petition)
        with pytest.raises(ValidationError):
            verbs.lift(row, by=world.chief, reason="再提")
        for nobody in (world.chief, world.leader1, world.member1):
            with pytest.raises(PermissionDenied):
                verbs.agree(lifting, by=nobody)
        verbs.agree(lifting, by=world.deputy1)
        assert sees(world.leader1, petition)
        with pytest.raises(ValidationError):
            verbs.agree(lifting, by=world.office)
        assert [entry.verb for entry in Entry.objects.about(petition)] == ["register", "recuse", "ask_lifting", "agree_lifting"]

    def test_the_database_knows_that_it_takes_two_others(self, world):
        petition = call(world)
        facts = {"petition": petition, "user": world.leader1, "ground": "own", "certain": True}
        now = petition.received_at
        for wrong in (
            {"asked_by": world.leader1},
            {"asked_by": world.chief, "lifted_at": now},
            {"asked_by": world.chief, "agreed_by": world.chief, "lifted_at": now},
            {"asked_by": world.chief, "agreed_by": world.leader1, "lifted_at": now},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Lifting.objects.create(**facts, **wrong)
        assert Lifting.objects.create(**facts, asked_by=world.chief, agreed_by=world.office, lifted_at=now)


class TestLifting:
    def test_a_doubt_is_lifted_at_once_and_does_not_come_back(self, world, client):
        petition = call(world, text="尊敬的组长一同志：", by=world.office)
        client.force_login(world.chief)
        page = client.get(reverse("petitions:exclusions", args=[petition.number])).content.decode()
        assert "组长一" in page and "待确认" in page
        url = reverse("petitions:exclusion-lift", args=[petition.number, petition.exclusions.get().pk])
        assert client.post(url, {"reason": "只是收信人"}).status_code == 302
        assert sees(world.leader1, petition)
        petitions.correct(petition, by=world.member1, reason="补记", text="尊敬的组长一同志：集市占道。")
        assert sees(world.leader1, petition)
        petitions.correct(petition, by=world.member1, reason="补记", persons=[{"name": "组长一"}])
        assert kept_out(petition) == {"leader1": ("named", True)}

    def test_a_doubt_confirmed_takes_two_to_lift(self, world, client):
        petition = call(world, text="组长一收受礼金", by=world.office)
        client.force_login(world.chief)
        row = petition.exclusions.get()
        assert client.post(reverse("petitions:exclusion-confirm", args=[petition.number, row.pk])).status_code == 302
        lifting = verbs.lift(row, by=world.chief, reason="同名")
        assert lifting.lifted_at is None and not sees(world.leader1, petition)
        client.force_login(world.office)
        assert client.post(reverse("petitions:lifting-agree", args=[petition.number, lifting.pk])).status_code == 302
        assert sees(world.leader1, petition)

    def test_an_old_recusal_lifted_does_not_shield_from_being_named(self, world):
        petition = call(world, by=world.office)
        verbs.recuse(petition, by=world.leader1, reason="误点")
        verbs.agree(verbs.lift(petition.exclusions.get(), by=world.chief, reason="误点"), by=world.office)
        petitions.correct(petition, by=world.member1, reason="补记", persons=[{"name": "组长一"}])
        assert not sees(world.leader1, petition)

    def test_the_work_list_of_the_head_shows_what_is_doubtful(self, world, client):
        petition = call(world, text="组长一收受礼金", by=world.office)
        client.force_login(world.chief)
        assert reverse("petitions:exclusions", args=[petition.number]) in client.get("/").content.decode()
        client.force_login(world.office)
        assert reverse("petitions:exclusions", args=[petition.number]) not in client.get("/").content.decode()


def test_the_recused_and_the_excluded_get_no_notice_even_if_a_verb_forgets_to_ask(world):
    """The one place where notices are delivered asks what the reader sees."""
    petition = call(world, by=world.office)
    Exclusion.objects.create(petition=petition, user=world.office2, ground="own")
    notify([world.recused1, world.office2, world.deputy1], "petition.extended", petition, key="x")
    deliver_ready()
    assert told("petition.extended") == {"deputy1"}
