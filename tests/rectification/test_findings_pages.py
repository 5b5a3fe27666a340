"""The pages, exports and API of papers, as browsers and programs meet them."""

import datetime as dt
import io
from urllib.parse import quote

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from inspection.trail.models import Entry
from rectification import search
from rectification.models import Finding
from rectification.workflow import finding as verbs
from rounds.models import FocusNode
from tests.rectification.letters import petition
from tests.rectification.papers import TEXT, drafted_paper, signed_paper
from tests.rectification.test_findings import photo

LIST = "/findings/"
NEW = "/findings/new/"
DESK = "/findings/to-sign/"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def paper(world):
    return drafted_paper(world, world.assignment_a)


@pytest.fixture
def member(client, world):
    client.force_login(world.member1)
    return client


@pytest.fixture
def leader(client, world):
    client.force_login(world.leader1)
    return client


def new_url(assignment=None, source=None) -> str:
    return f"{NEW}?petition={source.number}" if source else f"{NEW}?assignment={quote(assignment.number)}"


def filled(world, **changes) -> dict:
    return (
        TEXT
        | {
            "responsibility": "main",
            "discipline": "integrity",
            "found_by": world.member1.pk,
            "found_on": timezone.localdate().isoformat(),
        }
        | changes
    )


def verb_url(finding, verb: str) -> str:
    return f"{finding.get_absolute_url()}{verb}/"


def text_of(answer) -> str:
    return answer.content.decode()


# --- writing -------------------------------------------------------------------------------------------------------------


def test_a_paper_is_written_in_the_browser_with_photographs_and_sources(world, member):
    source, other = petition(world), petition(world)
    answer = member.get(new_url(source=source))
    assert answer.context["form"].initial["sources"] == [source]
    data = filled(world, sources=[source.pk], more_sources=f"{other.number}、", files=[photo(), photo("二.png")], key="on")
    answer = member.post(new_url(source=source), data, follow=True)
    finding = Finding.objects.get()
    assert answer.redirect_chain == [(finding.get_absolute_url(), 302)]
    assert set(finding.sources.all()) == {source, other}
    assert (finding.key, finding.evidence.count(), finding.title) == (True, 2, TEXT["title"])
    assert TEXT["fact"] in text_of(answer)
    assert TEXT["title"] not in answer.context["messages"]._loaded_data[0].message


def test_the_unit_is_right_already_when_there_is_only_one(world, client):
    client.force_login(world.leader2)
    assert client.get(NEW)["Location"] == new_url(world.assignment_c)
    client.force_login(world.member1)
    answer = client.get(NEW)
    assert [unit.number for unit in answer.context["units"]] == ["T01-1-01", "T01-1-02"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "题" * 101),
        ("fact", "  "),
        ("fact", "事" * 10_001),
        ("basis", "根据\x00规定"),
        ("responsible", ""),
        ("responsibility", "nobody"),
        ("found_on", "二〇二六年十一月"),
        ("found_on", (timezone.localdate() + dt.timedelta(days=1)).isoformat()),
        ("found_by", "0"),
        ("focus", "999999"),
        ("more_sources", "T01-2026-0000"),
        ("sources", ["999999"]),
        ("files", SimpleUploadedFile("x.exe", b"MZ" + bytes(200))),
        ("files", SimpleUploadedFile("空.png", b"")),
    ],
)
def test_bad_input_stands_beside_its_field_and_saves_nothing(world, member, field, value):
    if field == "sources":
        petition(world)
    answer = member.post(new_url(world.assignment_a), filled(world, **{field: value}))
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert Finding.objects.count() == 0
    if field != "fact":
        assert TEXT["fact"] in text_of(answer)


def test_emoji_and_angle_brackets_are_text_like_any_other(world, member):
    fact = "<script>alert(1)</script> 😀 &amp; “引号”"
    member.post(new_url(world.assignment_a), filled(world, fact=fact))
    finding = Finding.objects.get()
    assert finding.opened()["fact"] == fact
    page = text_of(member.get(finding.get_absolute_url()))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 😀" in page


def test_a_petition_out_of_sight_is_neither_offered_nor_taken_nor_told_from_one_that_does_not_exist(world, member):
    hidden = petition(world, names=[world.member1])
    elsewhere = petition(world, world.assignment_b)
    shown = petition(world)
    answer = member.get(new_url(world.assignment_a))
    assert list(answer.context["form"].fields["sources"].queryset) == [shown]
    errors = [
        member.post(new_url(world.assignment_a), filled(world, more_sources=number)).context["form"].errors["more_sources"][0]
        for number in (hidden.number, elsewhere.number, "T01-2026-0000")
    ]
    assert (
        len({error.replace(hidden.number, "").replace(elsewhere.number, "").replace("T01-2026-0000", "") for error in errors})
        == 1
    )
    answer = member.post(new_url(world.assignment_a), filled(world, sources=[hidden.pk]))
    assert list(answer.context["form"].errors) == ["sources"]
    assert member.get(new_url(source=hidden)).status_code == 404
    assert member.get(f"{NEW}?assignment=T01-2-01").status_code == 404


def test_a_draft_is_changed_in_the_browser_and_what_changed_is_shown(world, member, paper):
    source = petition(world)
    paper.source_links.create(petition=source)
    form = member.get(verb_url(paper, "edit")).context["form"]
    assert (form["fact"].value(), form["found_by"].value()) == (TEXT["fact"], world.member1.pk)
    data = filled(world, fact="2025年4月接待费用超标准", version=paper.version, sources=[source.pk])
    assert member.post(verb_url(paper, "edit"), data)["Location"] == paper.get_absolute_url()
    page = text_of(member.get(paper.get_absolute_url()))
    assert "</span>4<span" in page and "</span>3<span" in page
    assert page.count("<ins>") == 1 and page.count("<del>") == 1
    assert list(paper.sources.all()) == [source]
    assert paper.get_absolute_url() in quote(paper.get_absolute_url(), safe="/%")


def test_a_stale_page_is_a_409_with_the_way_on_and_leaves_one_entry(world, member, paper):
    data = {"version": paper.version}
    assert member.post(verb_url(paper, "submit"), data).status_code == 302
    answer = member.post(verb_url(paper, "submit"), data)
    assert answer.status_code == 409
    assert paper.get_absolute_url() in text_of(answer)
    assert Entry.objects.about(paper).filter(verb="submit").count() == 1


def test_a_member_may_not_sign_and_another_group_finds_nothing(world, client, paper):
    verbs.submit(paper, by=world.member1)
    paper.refresh_from_db()
    data = {"version": paper.version, "date": timezone.localdate().isoformat()}
    for person, code in (
        (world.member1, 403),
        (world.deputy1, 403),
        (world.chief, 403),
        (world.leader2, 404),
        (world.leader1, 302),
    ):
        client.force_login(person)
        assert client.post(verb_url(paper, "sign"), data).status_code == code, person.username
    paper.refresh_from_db()
    assert (paper.state, paper.signed_by) == ("signed", world.leader1)


# --- reading -------------------------------------------------------------------------------------------------------------


def test_reading_and_downloading_are_on_record_and_the_file_comes_back_whole(world, leader):
    finding = drafted_paper(world, world.assignment_a, files=[photo()])
    assert leader.get(finding.get_absolute_url()).status_code == 200
    url = reverse("rectification:finding_evidence", args=[finding.number, 1])
    answer = leader.get(url)
    assert b"".join(answer.streaming_content) == photo().file.getvalue()
    assert answer["Content-Disposition"].startswith("attachment")
    assert quote("01-01_现场.png") in answer["Content-Disposition"]
    leader.head(finding.get_absolute_url())
    told = list(Entry.objects.about(finding).filter(actor=world.leader1).values_list("verb", "facts"))
    assert told == [("read", {}), ("download", {"evidence": 1})]
    assert leader.get(reverse("rectification:finding_evidence", args=[finding.number, 2])).status_code == 404


def test_whom_a_source_names_learns_of_it_nowhere(world, client):
    hidden, shown = petition(world, names=[world.deputy1]), petition(world)
    finding = drafted_paper(world, world.assignment_a, sources=[hidden, shown])
    verbs.submit(finding, by=world.member1)
    own = [finding.get_absolute_url(), f"/api/v1/findings/{quote(finding.number)}/"]
    pages = [
        "/api/v1/findings/",
        LIST,
        reverse("rectification:assignment_panel", args=["T01-1-01"]),
    ]
    client.force_login(world.deputy1)
    for url in pages:
        answer = client.get(url)
        assert answer.status_code == 200
        assert hidden.number not in text_of(answer) and finding.number not in text_of(answer), url
    assert [client.get(url).status_code for url in own] == [404, 404]
    assert client.get(reverse("rectification:petition_panel", args=[hidden.number])).status_code == 404
    client.force_login(world.leader1)
    assert hidden.number in text_of(client.get(own[0])) and shown.number in text_of(client.get(own[0]))
    assert hidden.number in text_of(client.get(DESK))


def test_the_list_is_narrowed_by_every_filter(world, leader):
    focus = FocusNode.objects.create(round=world.round, title="聚焦重点人")
    one = drafted_paper(world, world.assignment_a, title="工会经费", focus=focus, key=True, responsibility="first")
    two = drafted_paper(world, world.assignment_b, title="会议费", discipline="work")
    verbs.submit(two, by=world.member1)

    def found(**asked):
        return [finding.pk for finding in leader.get(LIST, asked).context["page"]]

    assert found() == [two.pk, one.pk]
    assert found(sort="number") == [one.pk, two.pk]
    for asked, expected in (
        ({"q": "工会"}, one),
        ({"q": "工会经费"}, one),
        ({"q": two.number}, two),
        ({"round": world.round.pk, "unit": world.unit_b.pk}, two),
        ({"assignment": "T01-1-01"}, one),
        ({"state": "meeting"}, two),
        ({"discipline": "work"}, two),
        ({"focus": focus.pk}, one),
        ({"responsibility": "first"}, one),
        ({"key": "yes"}, one),
        ({"key": "no"}, two),
    ):
        assert found(**asked) == [expected.pk], asked
    assert found(group=world.group1.pk) == [two.pk, one.pk]
    assert found(q="不存在的词") == []
    answer = leader.get(LIST, {"q": "查\x00询", "state": "nonsense"})
    assert (answer.status_code, set(answer.context["filter"].errors)) == (400, {"q", "state"})
    assert leader.get(LIST, {"sort": "nonsense"}).status_code == 400
    assert leader.get(LIST, {"cursor": "nonsense"}).status_code == 400
    fragment = text_of(leader.get(LIST, {"key": "yes"}, **HTMX))
    assert "<html" not in fragment and one.number in fragment


@pytest.mark.parametrize("who", ["leader1", "office"])
@pytest.mark.parametrize("url", [LIST, "/api/v1/findings/"])
def test_the_list_costs_the_same_with_more_rows(world, client, django_assert_max_num_queries, who, url):
    client.force_login(getattr(world, who))
    source = petition(world)
    for _ in range(5):
        drafted_paper(world, world.assignment_a, sources=[source])
    with django_assert_max_num_queries(25) as few:
        client.get(url)
    for _ in range(20):
        drafted_paper(world, world.assignment_a, sources=[source])
    with django_assert_max_num_queries(len(few)):
        answer = client.get(url)
    assert (answer.json()["count"] if url != LIST else answer.context["page"].count) == 25


def test_the_panels_of_lower_floors(world, client, paper):
    source = petition(world)
    paper.source_links.create(petition=source)
    of_petition = reverse("rectification:petition_panel", args=[source.number])
    of_unit = reverse("rectification:assignment_panel", args=["T01-1-01"])
    client.force_login(world.member1)
    for url in (of_petition, of_unit):
        fragment = text_of(client.get(url, **HTMX))
        assert paper.number in fragment and "<html" not in fragment
        assert "<html" in text_of(client.get(url))
    assert f"{NEW}?petition={source.number}" in text_of(client.get(of_petition))
    assert "/clues/new/" not in text_of(client.get(of_petition))
    client.force_login(world.leader1)
    assert f"/clues/new/?petition={source.number}" in text_of(client.get(of_petition))
    client.force_login(world.office)
    assert NEW not in text_of(client.get(of_petition))
    client.force_login(world.admin)
    answer = client.get(of_unit, **HTMX)
    assert (answer.status_code, answer.content) == (200, b"")


# --- the evening desk ----------------------------------------------------------------------------------------------------


def test_five_papers_at_the_evening_desk(world, leader):
    papers = [drafted_paper(world, world.assignment_a, title=f"第{n}件") for n in range(1, 6)]
    for paper in papers:
        verbs.submit(paper, by=world.member1)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    Finding.objects.update(found_on=yesterday)
    answer = leader.get(DESK)
    assert (answer.context["object"], answer.context["waiting"]) == (papers[0], 5)
    step = f"{verb_url(papers[0], 'sign')}?desk={quote(papers[1].number)}"
    answer = leader.post(step, {"version": 2, "date": yesterday.isoformat()}, follow=True)
    assert (answer.context["object"], answer.context["waiting"]) == (papers[1], 4)
    assert answer.context["signing"]["date"].value() == yesterday.isoformat()
    skipped = leader.get(DESK, {"at": answer.context["following"]})
    assert (skipped.context["object"], skipped.context["following"]) == (papers[2], papers[3].number)
    step = f"{verb_url(papers[2], 'send_back')}?desk={quote(papers[3].number)}"
    answer = leader.post(step, {"version": 2, "reason": "金额对不上"}, follow=True)
    assert answer.context["object"] == papers[3]
    assert [f.state for f in Finding.objects.order_by("id")] == ["signed", "meeting", "draft", "meeting", "meeting"]
    assert leader.get(DESK, {"at": papers[0].number}).context["object"] == papers[1]
    assert leader.get(DESK, {"at": "nonsense"}).context["object"] == papers[1]


def test_a_bad_day_at_the_desk_is_named_and_leads_back_to_the_desk(world, leader, paper):
    verbs.submit(paper, by=world.member1)
    step = f"{verb_url(paper, 'sign')}?desk="
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    answer = leader.post(step, {"version": 2, "date": tomorrow.isoformat()})
    assert list(answer.context["form"].errors) == ["date"]
    answer = leader.post(step, {"version": 2, "date": timezone.localdate().isoformat()}, follow=True)
    assert answer.redirect_chain[0][0].startswith(DESK)
    assert answer.context["waiting"] == 0


# --- on paper ------------------------------------------------------------------------------------------------------------


def rows_of(answer) -> list[tuple]:
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    return list(book.active.iter_rows(values_only=True))


def test_the_exported_ledger_has_the_columns_and_rows_of_the_list(world, leader):
    root = FocusNode.objects.create(round=world.round, title="聚焦八项规定")
    node = FocusNode.objects.create(round=world.round, title="公务接待", parent=root)
    drafted_paper(world, world.assignment_a, focus=node, key=True)
    verbs.submit(drafted_paper(world, world.assignment_b, title="=SUM(A1:A9)", discipline=""), by=world.member1)
    drafted_paper(world, world.assignment_c, by=world.member2)
    answer = leader.get("/findings/export/")
    assert answer["Content-Type"] == XLSX
    title, header, *rows = rows_of(answer)
    assert title[0] == "巡察发现问题台账"
    assert header == (
        *("序号", "届次", "年度", "轮次", "巡察组", "被巡察单位", "编号", "状态", "是否重点", "问题"),
        *("一级分类", "二级分类", "其他标签"),
    )
    year = timezone.localdate().year
    place = ("十届县委", (timezone.localdate() - dt.timedelta(days=20)).year, "十届县委第1轮巡察", "第一巡察组")
    first, second = f"[{year}]1巡-1组-01号", f"[{year}]1巡-1组-02号"
    assert rows == [
        (1, *place, "甲局", first, "草稿", "是", TEXT["title"], "聚焦八项规定", "公务接待", "廉洁纪律、主体责任"),
        (2, *place, "乙局", second, "提交组务会", "否", "=SUM(A1:A9)", None, None, "主体责任"),
    ]
    assert [row[6] for row in rows_of(leader.get("/findings/export/", {"state": "draft"}))[2:]] == [first]
    entry = Entry.objects.filter(verb="export_findings").first()
    assert (entry.actor, entry.facts["count"]) == (world.leader1, 2)


def test_the_paper_for_signature_prints_every_part(world, leader):
    finding = signed_paper(world, world.assignment_a)
    answer = leader.get(reverse("rectification:finding_paper", args=[finding.number]))
    assert answer["Content-Type"] == "application/pdf"
    printed = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    squeezed = "".join(printed.split())
    for word in (
        *("问题底稿审批单", "编号", "问题标题", "问题表现", "定性依据", "佐证材料清单", "责任主体初步分析", "发现人", "发现时间"),
        *("底稿撰写人", "撰写时间", "组务会审核意见", "组长签字", "日期"),
        *(TEXT["title"], TEXT["fact"], TEXT["basis"], TEXT["responsible"], "组长一", "组员一"),
    ):
        assert word in squeezed, word
    copy = Entry.objects.about(finding).get(verb="print").facts["copy"]
    assert copy in squeezed


# --- the API -------------------------------------------------------------------------------------------------------------


def api(finding=None, verb: str = "") -> str:
    base = "/api/v1/findings/"
    return base if finding is None else f"{base}{quote(finding.number)}/" + (f"{verb}/" if verb else "")


def test_a_paper_goes_its_way_through_the_api(world, client):
    source = petition(world)
    client.force_login(world.member1)
    body = TEXT | {"assignment": "T01-1-01", "responsibility": "main", "sources": [source.number]}
    made = client.post(api(), body, content_type="application/json")
    assert made.status_code == 201, made.content
    finding = Finding.objects.get()
    shown = made.json()
    assert shown["number"] == finding.number
    assert (shown["state"], shown["sources"], shown["fact"]) == ("draft", [source.number], TEXT["fact"])
    assert shown["allowed"] == ["edit", "attach_evidence", "submit"]
    assert "identity" not in shown
    answer = client.post(api(finding, "edit"), {"fact": "改写", "version": 1}, content_type="application/json")
    assert (answer.status_code, answer.json()["fact"], answer.json()["basis"]) == (200, "改写", TEXT["basis"])
    assert client.post(api(finding, "attach_evidence"), {"files": [photo()]}).json()["evidence"][0]["label"] == "01-01"
    assert client.post(api(finding, "submit"), {"version": 1}, content_type="application/json").status_code == 409
    assert client.post(api(finding, "submit")).json()["state"] == "meeting"
    again = client.post(api(finding, "submit"))
    assert (again.status_code, again.json()["state"], again["Content-Type"]) == (409, "meeting", "application/problem+json")
    assert client.post(api(finding, "sign"), {"date": timezone.localdate().isoformat()}).status_code == 403
    client.force_login(world.leader1)
    assert client.post(api(finding, "sign"), {"date": "明天"}).status_code == 400
    signed = client.post(api(finding, "sign"), {"date": timezone.localdate().isoformat()}).json()
    assert (signed["state"], signed["signed_by"]) == ("signed", "组长一")
    client.force_login(world.leader2)
    assert client.get(api(finding)).status_code == 404
    assert client.get(api()).json()["results"] == []


def test_bad_bodies_are_named_by_field(world, client):
    client.force_login(world.member1)
    hidden = petition(world, names=[world.member1])
    body = TEXT | {"assignment": "T01-1-01", "responsibility": "main", "sources": [hidden.number], "fact": "事" * 10_001}
    answer = client.post(api(), body, content_type="application/json")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"sources", "fact"})
    body = TEXT | {"assignment": "T01-2-01", "responsibility": "main"}
    answer = client.post(api(), body, content_type="application/json")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"assignment"})
    assert Finding.objects.count() == 0


def test_the_list_of_the_api_takes_the_filters_of_the_page(world, client):
    drafted_paper(world, world.assignment_a, title="工会经费")
    drafted_paper(world, world.assignment_b)
    client.force_login(world.office)
    found = client.get(api(), {"q": "工会", "unit": world.unit_a.pk}).json()
    assert (found["count"], found["results"][0]["title"]) == (1, "工会经费")


def test_the_index_can_be_built_anew(paper):
    assert list(search.findings()) == [(paper.pk, [TEXT[part] for part in ("title", "fact", "basis", "responsible")])]
