"""The list, its filters and bulk actions, and the page of one petition."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from inspection.trail.models import Entry
from petitions.models import Category, Petition
from petitions.workflow import petition as verbs

from .registering import accept, call, pass_on, petition_in

LIST = reverse("petitions:list")
STATES = ("registered", "accepted", "checking", "transferred", "handed_up", "repeat", "filed", "concluded")


def shown(client, **query) -> set[str]:
    """Numbers on the list under these filters."""
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return {row.number for row in answer.context["page"].rows}


@pytest.fixture
def leader(world, client):
    client.force_login(world.leader1)
    return client


class TestFilters:
    @pytest.fixture(autouse=True)
    def _petitions(self, world):
        self.category = Category.objects.create(name="城乡建设", level=1, path="城乡建设")
        second = Category.objects.create(name="城市管理", level=2, parent=self.category, path="城乡建设/城市管理")
        third = Category.objects.create(name="占道", level=3, parent=second, path="城乡建设/城市管理/占道")
        self.call = call(world, subject="低保名单")
        self.letter = call(
            world, channel_kind="letter", discipline="work", category=third, days_ago=20, reporter={"name": "钱某"}
        )
        self.other = call(world, world.assignment_b)
        accept(world, self.other)
        self.elsewhere = call(world, world.assignment_c, by=world.leader2)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, {"call", "letter", "other"}),
            ({"channel": "letter"}, {"letter"}),
            ({"state": "accepted"}, {"other"}),
            ({"place": "waiting"}, {"call", "letter"}),
            ({"place": "placed"}, {"other"}),
            ({"place": "in_group"}, {"other"}),
            ({"discipline": "work"}, {"letter", "other"}),
            ({"signature": "signed"}, {"letter"}),
            ({"in_scope": "yes"}, {"other"}),
            ({"in_scope": "open"}, {"call", "letter"}),
            ({"in_scope": "no"}, set()),
            ({"due": "overdue"}, {"letter"}),
            ({"due": "soon"}, set()),
            ({"q": "低保"}, {"call"}),
            ({"q": "低"}, {"call"}),
            ({"q": "低保名单"}, {"call"}),
            ({"q": "占道 经营"}, {"call", "letter", "other"}),
            ({"q": "没有这样的话"}, set()),
        ],
    )
    def test_each_filter_narrows(self, leader, query, expected):
        assert shown(leader, **query) == {getattr(self, name).number for name in expected}

    def test_by_round_group_unit_days_number_and_category_of_any_level(self, world, leader):
        everything = {self.call.number, self.letter.number, self.other.number}
        assert shown(leader, round=world.round.pk) == everything == shown(leader, group=world.group1.pk)
        assert shown(leader, unit=world.unit_b.pk) == {self.other.number}
        assert shown(leader, assignment=world.assignment_b.number) == {self.other.number}
        before = (timezone.localdate() - dt.timedelta(days=10)).isoformat()
        assert shown(leader, received_to=before) == {self.letter.number}
        assert shown(leader, received_from=before) == {self.call.number, self.other.number}
        assert shown(leader, q=self.call.number.lower()) == {self.call.number}
        for category in Category.objects.all():
            assert shown(leader, category=category.pk) == {self.letter.number}

    @pytest.mark.parametrize(
        "query",
        [
            {"state": "x"},
            {"channel": "x"},
            {"received_from": "昨天"},
            {"round": "999"},
            {"category": "甲"},
            {"q": "前\x00后"},
        ],
    )
    def test_a_filter_that_makes_no_sense_says_so_and_shows_nothing(self, leader, query):
        answer = leader.get(LIST, query)
        assert answer.status_code == 400 and answer.context["page"].rows == []
        assert answer.context["filter"].errors

    @pytest.mark.parametrize("query", [{"cursor": "x"}, {"sort": "text"}])
    def test_a_broken_link_is_a_bad_request(self, leader, query):
        assert leader.get(LIST, query).status_code == 400

    def test_choices_offer_only_what_is_in_sight(self, world, leader):
        form = leader.get(LIST).context["filter"].form
        offered = {name: {key for key, _label in form.fields[name].choices if key} for name in ("round", "group", "unit")}
        assert offered == {"round": {world.round.pk}, "group": {world.group1.pk}, "unit": {world.unit_a.pk, world.unit_b.pk}}
        assert leader.get(LIST, {"group": world.group2.pk}).status_code == 400
        assert leader.get(LIST, {"unit": world.unit_c.pk}).status_code == 400

    def test_a_link_keeps_the_search(self, leader):
        page = leader.get(LIST, {"q": "占道", "channel": "call"})
        assert 'value="占道"' in page.content.decode() and page.context["query"] == "q=%E5%8D%A0%E9%81%93&channel=call"


def test_somebody_named_never_sees_or_counts_it(world, client):
    named, other = call(world, persons=[{"name": "组员一"}], by=world.leader1), call(world)
    client.force_login(world.member1)
    assert shown(client) == {other.number} == shown(client, q="占道")
    assert client.get(LIST).context["page"].count == 1
    for address in ("", "accept/", "correct/", "alike/"):
        assert client.get(named.get_absolute_url() + address).status_code == 404


def test_pages_of_a_list_show_every_row_once_there_and_back(world, leader):
    for place in range(54):  # more than two pages, some of them without a day to decide by
        petition_in(world, "registered" if place % 3 else "accepted")
    wanted = Petition.objects.visible_to(world.leader1)
    for query, found in (
        ("?", wanted.order_by("-received_at", "-id")),
        ("?sort=due", wanted.order_by(F("decide_by").asc(nulls_last=True), "id")),
        ("?due=soon&sort=-number", wanted.due_within(7).order_by("-number", "-id")),
    ):
        forth, back = [], []
        page = leader.get(LIST + query).context["page"]
        while page:
            forth.append([row.pk for row in page.rows])
            last, page = page, page.next_url and leader.get(LIST + page.next_url).context["page"]
        while last.previous_url:
            last = leader.get(LIST + last.previous_url).context["page"]
            back.append([row.pk for row in last.rows])
        assert [pk for rows in forth for pk in rows] == list(found.values_list("pk", flat=True)), query
        assert back == forth[-2::-1], query


def test_a_list_asks_the_database_no_more_for_more_rows(world, leader, django_assert_max_num_queries):
    for _turn in range(5):
        call(world)
    leader.get(LIST)
    with django_assert_max_num_queries(25) as few:
        leader.get(LIST)
    for _turn in range(20):
        call(world, channel_kind="letter", reporter={"name": "钱某"}, persons=[{"name": "某甲"}])
    with django_assert_max_num_queries(25) as many:
        assert len(leader.get(LIST).context["page"].rows) == 25
    assert len(many) <= len(few)


class TestBulk:
    def post(self, client, petitions, **fields):
        return client.post(reverse("petitions:bulk"), {"ids": [p.pk for p in petitions], "back": LIST} | fields, follow=True)

    def test_each_row_is_checked_again(self, world, leader):
        waiting, accepted, concluded = (petition_in(world, state) for state in ("registered", "accepted", "concluded"))
        elsewhere = call(world, world.assignment_c, by=world.leader2)
        page = self.post(leader, [waiting, accepted, concluded, elsewhere], verb="file", reason="无可查线索")
        states = {p.pk: p.state for p in Petition.objects.all()}
        assert states[waiting.pk] == states[accepted.pk] == "filed"
        assert states[concluded.pk] == "concluded" and states[elsewhere.pk] == "registered"
        assert "已办理 2 件" in page.content.decode() and "1 件状态已变" in page.content.decode()

    def test_checking_several(self, world, leader):
        petitions = [petition_in(world, "accepted") for _turn in range(2)]
        self.post(leader, petitions, verb="check")
        assert set(Petition.objects.values_list("state", flat=True)) == {"checking"}

    def test_filing_without_a_reason_files_nothing(self, world, leader):
        petition = call(world)
        assert "须填写理由" in self.post(leader, [petition], verb="file", reason=" ").content.decode()
        assert Petition.objects.get().state == "registered"

    def test_an_unknown_verb_or_id_is_a_bad_request(self, world, leader):
        assert self.post(leader, [], verb="hand_up").status_code == 400
        assert leader.post(reverse("petitions:bulk"), {"verb": "check", "ids": "abc"}).status_code == 400

    def test_leads_back_to_this_host_only(self, world, leader):
        answer = leader.post(reverse("petitions:bulk"), {"verb": "check", "back": "https://evil.example/"})
        assert answer["Location"] == LIST

    def test_refuses_get(self, leader):
        assert leader.get(reverse("petitions:bulk")).status_code == 405


class TestPage:
    @pytest.mark.parametrize("state", STATES)
    def test_shows_every_state(self, world, leader, state):
        petition = petition_in(world, state)
        page = leader.get(petition.get_absolute_url())
        assert page.status_code == 200
        assert petition.get_state_display() in page.content.decode()

    def test_reading_is_an_entry_and_not_on_the_timeline(self, world, leader):
        petition = call(world)
        for _turn in range(3):
            page = leader.get(petition.get_absolute_url()).content.decode()
        assert Entry.objects.about(petition).filter(verb="read", actor=world.leader1).count() == 1
        assert "组员一登记了" in page and "查看了" not in page

    def test_offers_exactly_the_steps_that_may_be_taken(self, world, client):
        petition = call(world)
        client.force_login(world.member1)
        page = client.get(petition.get_absolute_url()).content.decode()
        assert f'href="{petition.get_absolute_url()}correct/"' in page
        assert f'href="{petition.get_absolute_url()}accept/"' not in page

    def test_repeats_are_shown_both_ways_and_never_out_of_sight(self, world, leader):
        first, again = call(world), call(world)
        verbs.link_repeat(again, by=world.leader1, first=first)
        assert first.number in leader.get(again.get_absolute_url()).content.decode()
        assert again.number in leader.get(first.get_absolute_url()).content.decode()
        verbs.correct(first, by=world.office, reason="补充", persons=[{"name": "组长一"}])
        page = leader.get(again.get_absolute_url()).content.decode()
        assert first.number not in page.split("办理记录")[0] and "不在您的查阅范围" in page

    def test_slips_are_listed(self, world, leader):
        petition = call(world)
        slip = pass_on(world, petition)
        page = leader.get(petition.get_absolute_url()).content.decode()
        assert slip.number in page and world.agency.name in page

    def test_what_it_said_before_a_correction_can_be_read(self, world, leader):
        petition = call(world, text="原来的说法")
        verbs.correct(petition, by=world.member1, reason="听错了", text="更正后的说法")
        page = leader.get(petition.get_absolute_url()).content.decode()
        assert "原来的说法" in page and "更正后的说法" in page and "听错了" in page

    def test_text_is_escaped(self, world, leader):
        petition = call(world, subject="<script>1</script>", text="<b>粗</b>", persons=[{"name": "<i>某</i>"}])
        page = leader.get(petition.get_absolute_url()).content.decode()
        assert "<script>1" not in page and "<b>粗" not in page and "<i>某" not in page and "&lt;b&gt;粗" in page

    def test_case_text_is_in_no_title_and_no_address(self, world, leader):
        page = leader.get(call(world).get_absolute_url()).content.decode()
        assert "占道" not in page[: page.index("</head>")]

    def test_the_page_has_a_budget(self, world, leader, django_assert_max_num_queries):
        petition = petition_in(world, "transferred", files=[ContentFile(b"%PDF-1.4\n%%EOF\n", "a.pdf")])
        leader.get(petition.get_absolute_url())
        with django_assert_max_num_queries(45):
            leader.get(petition.get_absolute_url())


class TestAttachment:
    @pytest.fixture
    def kept(self, world):
        return call(world, files=[ContentFile(b"%PDF-1.4\n%%EOF\n", "举报 信.pdf")]).attachments.get()

    def test_downloads_with_safe_headers_and_an_entry(self, world, leader, kept):
        answer = leader.get(kept.get_absolute_url())
        assert b"".join(answer.streaming_content) == b"%PDF-1.4\n%%EOF\n"
        assert answer["Content-Disposition"] == "attachment; filename*=UTF-8''%E4%B8%BE%E6%8A%A5%20%E4%BF%A1.pdf"
        assert answer["Content-Type"] == "application/pdf" and answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"] and answer["Cache-Control"] == "no-store"
        entry = Entry.objects.about(kept.petition).get(verb="download")
        assert entry.facts == {"attachment": kept.pk, "sha256": kept.file.sha256[:12]}

    def test_not_through_another_petition(self, world, leader, kept):
        other = call(world)
        assert leader.get(reverse("petitions:attachment", args=[other.number, kept.pk])).status_code == 404

    def test_outside_the_scope_it_does_not_exist(self, world, client, kept):
        client.force_login(world.leader2)
        assert client.get(kept.get_absolute_url()).status_code == 404
        assert not Entry.objects.filter(verb="download").exists()

    def test_a_missing_or_changed_file_is_said_and_not_served(self, world, leader, kept):
        kept.file.path.write_bytes(kept.file.path.read_bytes()[:-3] + b"abc")
        answer = leader.get(kept.get_absolute_url(), follow=True)
        assert "附件无法打开" in answer.content.decode() and not Entry.objects.filter(verb="download").exists()
        kept.file.path.unlink()
        assert "附件无法打开" in leader.get(kept.get_absolute_url(), follow=True).content.decode()


class TestMaterial:
    def test_it_is_added_on_a_page_and_stands_with_the_attachments(self, world, client):
        petition = petition_in(world, "concluded")
        client.force_login(world.member1)
        address = f"{petition.get_absolute_url()}supplement/"
        assert f'href="{address}"' in client.get(petition.get_absolute_url()).content.decode()
        shown = client.post(address, {"version": petition.version, "note": "当面补交"})
        assert shown.status_code == 200 and shown.context["form"].errors.keys() == {"files"}
        files = [ContentFile(b"%PDF-1.7 one", "账页一.pdf"), ContentFile(b"%PDF-1.7 two", "账页二.pdf")]
        done = client.post(address, {"version": petition.version, "note": "当面补交", "files": files}, follow=True)
        page = done.content.decode()
        assert page.count("账页") == 2 and "补充材料 2 份" in page and "当面补交" in page

    def test_where_none_may_be_added_no_button_is_shown(self, world, client):
        petition = petition_in(world, "handed_up")
        client.force_login(world.member1)
        assert "supplement/" not in client.get(petition.get_absolute_url()).content.decode()


class TestSteps:
    FIELDS = {
        "accept": {"discipline": "work", "kind": "accusation", "level": "unknown"},
        "hand_up": {
            "receiver_name": "市委",
            "handed_on": timezone.localdate().isoformat(),
            "received_by": "王某",
            "sure": "on",
        },
        "file": {"reason": "理由"},
        "check": {},
        "conclude": {"outcome": "closed", "reason": "理由"},
        "retake": {"reason": "理由"},
        "reopen": {"reason": "理由"},
        "extend": {"reason": "理由"},
        "verify_signer": {"result": "real_name"},
    }
    SOURCES = {"check": "accepted", "conclude": "checking", "retake": "transferred", "reopen": "filed", "extend": "accepted"}

    def act(self, world, client, verb):
        petition = petition_in(world, self.SOURCES.get(verb, "registered"), reporter={"name": "钱某"})
        client.force_login(world.chief if verb == "extend" else world.leader1)
        address = f"{petition.get_absolute_url()}{verb}/"
        assert client.get(address).status_code == 200
        return petition, address, self.FIELDS[verb] | {"version": petition.version}

    @pytest.mark.parametrize("verb", sorted(FIELDS))
    def test_the_page_takes_the_step_once(self, world, client, verb):
        petition, address, fields = self.act(world, client, verb)
        assert client.post(address, fields)["Location"] == petition.get_absolute_url()
        again = client.post(address, fields)
        assert again.status_code == 409 and petition.number in again.content.decode()
        assert Entry.objects.about(petition).filter(verb=verb).count() == 1

    @pytest.mark.parametrize("verb", sorted(set(FIELDS) - {"check"}))
    def test_without_what_it_asks_nothing_happens(self, world, client, verb):
        petition, address, _fields = self.act(world, client, verb)
        answer = client.post(address, {"version": petition.version})
        assert answer.status_code == 200 and answer.context["form"].errors
        assert Petition.objects.get(pk=petition.pk).state == petition.state
        assert not Entry.objects.about(petition).filter(verb=verb).exists()

    def test_linking_by_number(self, world, leader):
        first, again = call(world), call(world)
        address = again.get_absolute_url() + "link_repeat/"
        page = leader.get(address, {"first": first.number})
        assert f'value="{first.number}"' in page.content.decode()
        wrong = leader.post(address, {"first": "T01-2026-9999", "version": again.version})
        assert set(wrong.context["form"].errors) == {"first"}
        leader.post(address, {"first": first.number.lower(), "version": again.version})
        assert Petition.objects.get(pk=again.pk).first == first

    def test_correcting_types_over_what_stands_there(self, world, leader):
        petition = call(world, persons=[{"name": "周某甲", "post": "局长", "level": "county"}])
        address = petition.get_absolute_url() + "correct/"
        form = leader.get(address).context["form"]
        fields = {name: form[name].value() for name in form.fields if name != "reason"}
        fields = {name: "" if value is None else value for name, value in fields.items()}
        fields |= {"received_at": form["received_at"].value().strftime("%Y-%m-%dT%H:%M"), "version": petition.version}
        persons = form.persons
        fields |= {"persons-TOTAL_FORMS": persons.total_form_count(), "persons-INITIAL_FORMS": persons.initial_form_count()}
        for row in persons:
            fields |= {row.add_prefix(name): row[name].value() or "" for name in row.fields}
        unchanged = leader.post(address, fields | {"reason": "没改什么"})
        assert unchanged.status_code == 200 and "没有改动" in unchanged.content.decode()
        leader.post(address, fields | {"reason": "听错了", "text": "更正后的内容", "persons-0-name": "周某乙"})
        fresh = Petition.objects.get()
        assert fresh.text == "更正后的内容" and fresh.persons[0]["name"] == "周某乙" and fresh.persons[0]["post"] == "局长"
        assert Entry.objects.about(petition).get(verb="correct").facts == {"changed": ["text", "persons"]}

    def test_correcting_oneself_in_leads_to_the_list(self, world, leader):
        petition = call(world)
        fields = {"subject": "标题", "text": "正文", "people_count": 1, "level": "unknown", "mark": "internal", "reason": "补充"}
        fields |= {"received_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"), "version": petition.version}
        fields |= {"persons-TOTAL_FORMS": 1, "persons-INITIAL_FORMS": 0, "persons-0-name": "组长一", "persons-0-level": "unknown"}
        assert leader.post(petition.get_absolute_url() + "correct/", fields)["Location"] == LIST


def test_the_panel_of_a_unit_adds_up_and_each_figure_opens_its_list(client, world):
    for state in ("registered", "registered", "filed"):
        petition_in(world, state)
    client.force_login(world.leader1)
    page = client.get(reverse("petitions:assignment_panel", args=[world.assignment_a.number]), headers={"HX-Request": "true"})
    assert page.context["received"] == 3
    assert {place: n for place, _label, n in page.context["places"]} == {"waiting": 2, "filed": 1}
    for place, _label, n in page.context["places"]:
        listed = client.get(reverse("petitions:list"), {"assignment": world.assignment_a.number, "place": place})
        assert len(listed.context["page"].rows) == n


def test_the_panel_is_empty_for_who_may_not_know_the_cases(client, world):
    petition_in(world, "registered")
    client.force_login(world.liaison_a)
    page = client.get(reverse("petitions:assignment_panel", args=[world.assignment_a.number]), headers={"HX-Request": "true"})
    assert (page.status_code, page.content) == (200, b"")
