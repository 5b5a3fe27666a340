"""Registering in the browser's terms: choose a channel, fill, save once, see the number, and a fresh form."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from inspection.trail.models import Entry
from inspection.vault import envelopes
from petitions.forms.register import FORMS
from petitions.models import BoxOpening, Petition
from rounds.models import Channel

from .registering import call

NOW = "%Y-%m-%dT%H:%M"


def url(kind, **query):
    return reverse("petitions:register", args=[kind]) + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")


def filled(world, **fields):
    """A call as a browser would send it."""
    return {
        "token": "t1",
        "assignment": world.assignment_a.pk,
        "received_at": timezone.localtime().strftime(NOW),
        "subject": "",
        "text": "集镇主街占道经营长期无人管理。群众意见大。",
        "persons-TOTAL_FORMS": 2,
        "persons-INITIAL_FORMS": 0,
    } | fields


def field_errors(response) -> set[str]:
    form = response.context["form"]
    return {name for name, errors in form.errors.items() if errors}


@pytest.fixture
def officer(world, client):
    client.force_login(world.member1)
    return client


def test_choosing_a_channel_leads_to_its_form(officer):
    page = officer.get(reverse("petitions:new"))
    for kind in Channel.Kind.values:
        assert f'href="{url(kind)}"' in page.content.decode()
        assert officer.get(url(kind)).status_code == 200
    assert set(FORMS) == set(Channel.Kind.values)


def test_a_call_is_saved_and_the_next_form_is_empty_with_the_number_to_read_out(world, officer):
    answer = officer.post(url("call"), filled(world), follow=True)
    petition = Petition.objects.get()
    assert answer.redirect_chain == [(url("call"), 302)]
    page = answer.content.decode()
    assert f'<strong class="register-number">{petition.number}</strong>' in page
    assert "data-saved" in page and "占道经营" not in page
    assert petition.subject == "集镇主街占道经营长期无人管理" and petition.channel_kind == "call"
    assert petition.identity is None
    assert "register-number" not in officer.get(url("call")).content.decode(), "the number is shown once"


def test_no_name_field_is_in_the_way_of_a_call_but_one_can_be_opened(officer):
    page = officer.get(url("call")).content.decode()
    fold = page.index('<details class="form-fold">')
    assert page.index('name="text"') < fold < page.index('name="name"')


def test_the_duty_officer_finds_unit_and_group_chosen(world, officer):
    assert officer.get(url("call")).context["form"]["assignment"].value() == world.assignment_a.pk
    officer.post(url("call"), filled(world, assignment=world.assignment_b.pk))
    assert officer.get(url("call")).context["form"]["assignment"].value() == world.assignment_b.pk
    page = officer.get(url("call", assignment=world.assignment_a.number))
    assert page.context["form"]["assignment"].value() == world.assignment_a.pk


def test_scope_and_script_stand_beside_the_form(world, officer):
    page = officer.get(url("call")).content.decode()
    assert world.round.scope_text in page and "请记下编号" in page
    assert "请记下编号" not in officer.get(url("letter")).content.decode()


def test_the_same_form_sent_twice_is_one_petition(world, officer):
    for _turn in range(2):
        answer = officer.post(url("call"), filled(world), follow=True)
        assert "T01-" in answer.content.decode()
    assert Petition.objects.count() == 1 and Entry.objects.filter(verb="register").count() == 1


def test_two_callers_with_the_same_words_are_two_petitions(world, officer):
    for token in ("t1", "t2"):
        officer.post(url("call"), filled(world, token=token))
    assert Petition.objects.count() == 2


def test_every_form_brings_a_token_of_its_own(officer):
    tokens = {officer.get(url("call")).context["form"]["token"].value() for _turn in range(2)}
    assert len(tokens) == 2


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"text": ""}, {"text"}),
        ({"text": "前\x00后"}, {"text"}),
        ({"text": "长" * 10_001}, {"text"}),
        ({"subject": "长" * 201}, {"subject"}),
        ({"received_at": "昨天下午"}, {"received_at"}),
        ({"received_at": "2999-01-01T08:00"}, {"received_at"}),
        ({"assignment": "0"}, {"assignment"}),
        ({"assignment": "甲局"}, {"assignment"}),
        ({"phone": "1" * 41}, {"phone"}),
        ({"token": "x" * 37}, {"token"}),
        ({"subject": "长" * 201, "text": "", "received_at": "?"}, {"subject", "text", "received_at"}),
    ],
)
def test_bad_input_is_named_beside_its_field_kept_and_saves_nothing(world, officer, fields, wrong):
    answer = officer.post(url("call"), filled(world, **fields))
    assert answer.status_code == 200 and field_errors(answer) == wrong
    page = answer.content.decode()
    assert "已填内容均已保留" in page
    if "text" not in fields:
        assert "群众意见大" in page
    assert not Petition.objects.exists() and not Entry.objects.exists()


def test_emoji_and_line_breaks_survive(world, officer):
    officer.post(url("call"), filled(world, text="第一行😀\r\n第二行"))
    assert Petition.objects.get().text == "第一行😀\n第二行"


def test_a_unit_of_another_group_cannot_be_chosen(world, officer):
    assert field_errors(officer.post(url("call"), filled(world, assignment=world.assignment_c.pk))) == {"assignment"}
    assert not Petition.objects.exists()


def test_after_the_closing_day_the_reason_stands_beside_the_date(world, officer):
    world.assignment_a.channels.update(closes_on=timezone.localdate() - dt.timedelta(days=1))
    answer = officer.post(url("call"), filled(world))
    assert field_errors(answer) == {"received_at"} and "截止受理" in answer.content.decode()


def test_a_letter_with_persons_signer_and_scans(world, officer):
    fields = filled(
        world,
        people_count=12,
        mark="internal",
        postmarked_on=(timezone.localdate() - dt.timedelta(days=2)).isoformat(),
        name="钱某",
        phone="13912345678",
        files=[SimpleUploadedFile("一.pdf", b"%PDF-1.4\n%%EOF\n"), SimpleUploadedFile("二.pdf", b"%PDF-1.5\n%%EOF\n")],
    )
    persons = {
        "persons-0-name": "周某甲",
        "persons-0-post": "局长",
        "persons-0-level": "county",
        "persons-1-unit": "乙局",
        "persons-1-level": "unknown",
    }
    officer.post(url("letter"), fields | persons)
    petition = Petition.objects.get()
    assert [person["name"] for person in petition.persons] == ["周某甲", ""] and petition.level == "county"
    assert petition.people_count == 12 and petition.signature == "signed" and petition.attachments.count() == 2
    assert envelopes.open_(petition.identity, petition.owner) == {"name": "钱某", "phone": "13912345678"}


def test_a_forbidden_file_is_named_and_nothing_is_saved(world, officer):
    bad = SimpleUploadedFile("run.exe", b"MZ" + b"\x90" * 64)
    answer = officer.post(url("letter"), filled(world, people_count=1, mark="internal", files=bad))
    assert field_errors(answer) == {"files"} and not Petition.objects.exists()


def test_a_visit_keeps_where_and_by_whom(world, officer):
    fields = filled(world, people_count=3, mark="internal", place="一楼接待室", receiver="组员一", opinion="建议受理")
    officer.post(url("visit"), fields)
    petition = Petition.objects.get()
    assert petition.details == {"place": "一楼接待室", "receiver": "组员一", "opinion": "建议受理"}
    assert "一楼接待室" in officer.get(petition.get_absolute_url()).content.decode()


def test_a_box_letter_takes_unit_box_and_day_from_the_opening(world, officer):
    opened_at = timezone.now() - dt.timedelta(hours=3)
    box = world.assignment_b.channels.get(kind="box")
    opening = BoxOpening.objects.create(
        channel=box, opened_at=opened_at, opened_by=world.member1, witness=world.leader1, letters=2
    )
    fields = {name: value for name, value in filled(world).items() if name not in ("assignment", "received_at")}
    answer = officer.post(url("box"), fields | {"opening": opening.pk, "people_count": 1, "mark": "internal"}, follow=True)
    petition = Petition.objects.get()
    assert (petition.assignment, petition.box_opening, petition.channel) == (world.assignment_b, opening, box)
    assert petition.received_at == opened_at
    assert answer.context["form"]["opening"].value() == opening.pk, "the next letter of the pile keeps its box"


def test_save_and_open_leads_to_the_petition(world, officer):
    answer = officer.post(url("call"), filled(world, then="open"))
    assert answer["Location"] == Petition.objects.get().get_absolute_url()


class TestAlike:
    def ask(self, client, **typed):
        return client.post(reverse("petitions:alike"), typed).content.decode()

    def test_words_persons_and_number_find_what_is_registered(self, world, officer):
        first = call(world, persons=[{"name": "周某甲"}], reporter={"phone": "139 1234 5678"}, text="河道采砂影响堤坝安全多年。")
        for typed in ({"text": "反映河道采砂影响堤坝安全"}, {"persons-0-name": "周某甲"}, {"phone": "+8613912345678"}):
            assert first.number in self.ask(officer, **typed), typed
        assert first.number not in self.ask(officer, text="完全无关的另一件事情")
        assert "没有相近的信访件" in self.ask(officer)

    def test_finding_out_who_wrote_by_typing_contacts_leaves_an_entry(self, world, officer):
        first = call(world, reporter={"phone": "139 1234 5678"}, text="河道采砂影响堤坝安全多年。")
        for phone in ("13800000000", "13912345678", "139-1234-5678"):
            self.ask(officer, phone=phone, text="河道采砂影响堤坝安全")
        (entry,) = Entry.objects.about(first).exclude(verb="register")
        assert (entry.verb, entry.actor, entry.facts) == ("match_contact", world.member1, {})
        assert [told.verb for told in officer.get(first.get_absolute_url()).context["entries"]] == ["register"]

    def test_shows_nothing_out_of_sight(self, world, officer):
        words = "河道采砂影响堤坝安全多年。"
        elsewhere = call(world, world.assignment_c, by=world.leader2, text=words)
        named = call(world, text=words, persons=[{"name": "组员一"}], by=world.leader1)
        page = self.ask(officer, text=words)
        assert elsewhere.number not in page and named.number not in page

    def test_only_who_triages_may_link_and_linking_happens_with_saving(self, world, client):
        first = call(world)
        client.force_login(world.member1)
        asked = {"text": first.text, "assignment": world.assignment_a.pk}
        assert 'name="repeat_of"' not in self.ask(client, **asked)
        client.force_login(world.coordinator1)
        assert 'name="repeat_of"' in self.ask(client, **asked)
        client.post(url("call"), filled(world, repeat_of=first.number))
        again = Petition.objects.exclude(pk=first.pk).get()
        assert (again.state, again.first) == ("repeat", first)

    def test_a_link_that_is_refused_registers_nothing(self, world, client):
        client.force_login(world.coordinator1)
        answer = client.post(url("call"), filled(world, repeat_of="T01-2026-9999"))
        assert answer.status_code == 200 and not Petition.objects.exists() and "没有找到这一编号" in answer.content.decode()

    def test_a_member_cannot_link_by_hand(self, world, officer):
        first = call(world)
        assert officer.post(url("call"), filled(world, repeat_of=first.number)).status_code == 403
        assert Petition.objects.count() == 1


class TestSealed:
    def post(self, world, client, **fields):
        given = {
            "assignment": world.assignment_a.pk,
            "channel_kind": "letter",
            "received_at": timezone.localtime().strftime(NOW),
            "receiver_name": "市委巡察办",
            "handed_on": timezone.localdate().isoformat(),
            "received_by": "王某",
        }
        return client.post(reverse("petitions:sealed"), given | fields, follow=True)

    def test_keeps_nothing_but_the_hand_over(self, world, officer):
        page = self.post(world, officer).content.decode()
        petition = Petition.objects.get()
        assert petition.state == "handed_up" and petition.content is None
        assert "市委巡察办" in page and "不留存" in page

    def test_without_signature_nothing_is_registered(self, world, officer):
        answer = self.post(world, officer, received_by="", handed_on="前天")
        assert field_errors(answer) == {"received_by", "handed_on"} and not Petition.objects.exists()


def test_identity_is_on_no_page_after_saving(world, officer):
    answer = officer.post(url("call"), filled(world, name="钱某某", phone="13912345678", address="某村某组"), follow=True)
    petition = Petition.objects.get()
    pages = [answer, officer.get(petition.get_absolute_url()), officer.get(reverse("petitions:list"))]
    pages += [officer.get(petition.get_absolute_url() + "correct/")]
    for page in pages:
        assert not any(word in page.content.decode() for word in ("钱某某", "13912345678", "某村某组"))
    shown = pages[1].content.decode()
    assert "反映人身份已密封" in shown and "留有电话" in shown and "留有邮箱" not in shown
