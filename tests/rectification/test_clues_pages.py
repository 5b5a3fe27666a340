"""The pages, exports and API of clues, as browsers and programs meet them."""

import datetime as dt
import io
from urllib.parse import quote

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from inspection.trail.models import Entry
from petitions.models import Agency, Category
from rectification import search
from rectification.models import Clue
from rectification.workflow import clue as verbs
from rectification.workflow import finding as papers
from rounds.models import FocusNode
from tests.rectification.letters import petition
from tests.rectification.papers import drafted_paper, signed_paper
from tests.rectification.test_clues import SAID, handed_over, propose

LIST = "/clues/"
NEW = "/clues/new/"
TODAY = timezone.localdate()


@pytest.fixture
def leader(client, world):
    client.force_login(world.leader1)
    return client


@pytest.fixture
def office(client, world):
    client.force_login(world.office)
    return client


def verb_url(clue, verb: str) -> str:
    return f"{clue.get_absolute_url()}{verb}/"


def filled(world, **changes) -> dict:
    return SAID | {"level": "county", "discipline": "integrity", "mode": "single", "receiver": world.discipline_body.pk} | changes


def text_of(answer) -> str:
    return answer.content.decode()


def test_a_clue_is_proposed_from_a_petition_that_says_who(world, leader):
    letter = petition(world, level="county", discipline="integrity")
    answer = leader.get(f"{NEW}?petition={letter.number}")
    assert answer.context["form"]["level"].value() == "county"
    answer = leader.post(f"{NEW}?petition={letter.number}", filled(world), follow=True)
    clue = Clue.objects.get()
    assert answer.redirect_chain == [(clue.get_absolute_url(), 302)]
    assert (clue.petition, clue.opened()["name"]) == (letter, "钱某某")
    page = text_of(answer)
    assert SAID["matter"] in page and letter.number in page
    assert "钱某某" not in answer.context["messages"]._loaded_data[0].message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "名\x00字"),
        ("matter", "事" * 10_001),
        ("level", "emperor"),
        ("discipline", ""),
        ("receiver", "0"),
        ("mode", "triple"),
    ],
)
def test_bad_input_stands_beside_its_field_and_saves_nothing(world, leader, field, value):
    answer = leader.post(f"{NEW}?assignment=T01-1-01", filled(world, **{field: value}))
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, [field])
    assert Clue.objects.count() == 0


def test_a_double_hand_over_without_its_second_receiver_is_named(world, leader):
    url = f"{NEW}?assignment=T01-1-01"
    assert list(leader.post(url, filled(world, mode="double")).context["form"].errors) == ["second_receiver"]
    organisation = Agency.objects.create(name="县委组织部", kind=Agency.Kind.ORGANISATION)
    assert leader.post(url, filled(world, mode="double", second_receiver=organisation.pk)).status_code == 302
    assert "县纪委监委、县委组织部" in text_of(leader.get(Clue.objects.get().get_absolute_url()))


def test_a_signed_paper_becomes_a_clue_in_the_browser(world, leader):
    paper = signed_paper(world, world.assignment_a)
    url = f"{paper.get_absolute_url()}to_clue/"
    form = leader.get(url).context["form"]
    assert (form["matter"].value(), form["discipline"].value()) == (paper.opened()["fact"], "integrity")
    assert list(leader.post(url, filled(world, name="", version=paper.version)).context["form"].errors) == ["name"]
    answer = leader.post(url, filled(world, version=paper.version), follow=True)
    clue = Clue.objects.get()
    assert answer.redirect_chain == [(clue.get_absolute_url(), 302)]
    assert clue.number in text_of(leader.get(paper.get_absolute_url()))


def test_the_way_of_a_clue_page_by_page(world, client):
    clue = propose(world)

    def take(person, verb, code=302, **facts):
        clue.refresh_from_db()
        client.force_login(person)
        answer = client.post(verb_url(clue, verb), facts | {"version": clue.version})
        assert answer.status_code == code, (verb, text_of(answer))
        return answer

    day = TODAY.isoformat()
    take(world.leader1, "approve", 403)
    take(world.chief, "approve")
    take(world.office, "hand_over", 200, date=(TODAY + dt.timedelta(days=1)).isoformat())
    take(world.office, "hand_over", date=day)
    take(world.office, "receive", 200, date=day, received_by="")
    take(world.office, "receive", date=day, received_by="周干事")
    take(world.office, "handle", 200, handling="")
    take(world.office, "handle", handling="preliminary")
    take(world.office, "handle", 200, handling="preliminary")
    take(world.office, "conclude", reason="给予诫勉")
    take(world.office, "feed_back", date=day)
    take(world.office, "feed_back", 409, date=day)
    assert Entry.objects.about(clue).filter(verb="feed_back").count() == 1
    page = text_of(client.get(clue.get_absolute_url()))
    assert "给予诫勉" in page and "周干事" in page


def test_the_list_is_narrowed_by_every_filter_and_tells_what_is_late(world, office):
    late = handed_over(world, TODAY - dt.timedelta(days=120))
    other = propose(world, world.assignment_b, name="孙某某", level="township", discipline="work", receiver=world.agency)

    def found(**asked):
        return [clue.pk for clue in office.get(LIST, asked).context["page"]]

    assert found() == [other.pk, late.pk]
    assert found(sort="due") == [late.pk, other.pk]
    for asked, expected in (
        ({"q": "孙某某"}, other),
        ({"q": late.number}, late),
        ({"unit": world.unit_b.pk}, other),
        ({"assignment": "T01-1-01"}, late),
        ({"state": "handed_over"}, late),
        ({"discipline": "work"}, other),
        ({"level": "township"}, other),
        ({"receiver": world.agency.pk}, other),
        ({"due": "overdue"}, late),
    ):
        assert found(**asked) == [expected.pk], asked
    assert found(mode="double") == []
    page = text_of(office.get(LIST))
    assert page.count("lamp-red") == 1 and "已超期" in page


@pytest.mark.parametrize("who", ["leader1", "office"])
@pytest.mark.parametrize("url", [LIST, "/api/v1/clues/"])
def test_the_list_costs_the_same_with_more_rows(world, client, django_assert_max_num_queries, who, url):
    client.force_login(getattr(world, who))
    letter = petition(world)
    paper = signed_paper(world, world.assignment_a)
    papers.to_clue(paper, by=world.leader1, receiver=world.discipline_body, level="county", discipline="integrity", **SAID)
    for _ in range(4):
        propose(world, petition=letter)
    with django_assert_max_num_queries(25) as few:
        client.get(url)
    for _ in range(20):
        propose(world, petition=letter)
    with django_assert_max_num_queries(len(few)):
        answer = client.get(url)
    assert (answer.json()["count"] if url != LIST else answer.context["page"].count) == 25


def test_the_exported_table_has_the_columns_word_for_word_and_the_rows_of_the_list(world, office):
    parent = Category.objects.create(name="干部作风", level=1, path="干部作风")
    category = Category.objects.create(name="奢靡享乐", level=2, path="干部作风/奢靡享乐", parent=parent)
    organisation = Agency.objects.create(name="县委组织部", kind=Agency.Kind.ORGANISATION)
    first = handed_over(
        world,
        dt.date(2025, 1, 15),
        petition=petition(world, category=category),
        mode="double",
        second_receiver=organisation,
    )
    verbs.receive(first, by=world.office, date=dt.date(2025, 1, 16), received_by="周干事")
    verbs.conclude(verbs.handle(first, by=world.office, handling="case"), by=world.office, reason="给予党内警告处分")
    focus = FocusNode.objects.create(round=world.round, title="聚焦群众身边")
    paper = papers.submit(drafted_paper(world, world.assignment_b, focus=focus), by=world.member1)
    papers.sign(paper, by=world.leader1, date=TODAY)
    papers.to_clue(paper, by=world.leader1, receiver=world.agency, level="township", discipline="work", **SAID)
    propose(world, world.assignment_c, world.leader2)
    answer = office.get("/clues/export/", {"group": world.group1.pk})
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    title, header, *rows = book.active.iter_rows(values_only=True)
    assert title[0] == "线索办理一览表"
    assert header == (
        *("序号", "届次", "年度", "轮次", "巡察组", "被巡察单位", "被反映人姓名", "被反映人职务", "被反映人级别", "具体问题"),
        *("六项纪律", "一级分类", "二级分类", "移交时间", "移交方式", "移交单位", "分类处理意见", "处理结果", "具体办理情况"),
        "是否办结",
    )
    year = (TODAY - dt.timedelta(days=20)).year
    place = ("十届县委", year, "十届县委第1轮巡察", "第一巡察组")
    said = (SAID["name"], SAID["post"])
    assert rows == [
        (
            *(1, *place, "甲局", *said, "县处级", SAID["matter"], "廉洁纪律", "干部作风", "奢靡享乐"),
            *(dt.datetime(2025, 1, 15), "双移交", "县纪委监委、县委组织部", "立案审查", "已办结", "给予党内警告处分", "是"),
        ),
        (
            *(2, *place, "乙局", *said, "乡科级", SAID["matter"], "工作纪律", "聚焦群众身边", None),
            *(None, "单移交", "县信访局", None, "拟移交", None, "否"),
        ),
    ]
    assert Entry.objects.get(verb="export_clues").facts["count"] == 2


def test_the_hand_over_sheet_names_both_sides_but_never_the_petition(world, office):
    letter = petition(world)
    clue = handed_over(world, petition=letter)
    answer = office.get(reverse("rectification:clue_sheet", args=[clue.number]))
    assert answer["Content-Type"] == "application/pdf"
    printed = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())
    for word in (
        *("问题线索移交清单", "问题线索名称", "移交方单位", "移交经办人", "移交时间", "接收方单位", "接收经办人", "接收时间"),
        *("反馈部门", "被反映人姓名", "职务", "线索来源", "受理时间", "拟移交单位", "审批件", "交接件", "份数", "页数", "密封"),
        *("第一巡察组", "办公室甲", "县纪委监委", "钱某某", "信访反映", SAID["matter"]),
    ):
        assert word in printed, word
    assert letter.number not in printed


def test_whom_the_petition_names_finds_no_clue(world, client):
    clue = propose(world, petition=petition(world, names=[world.office]))
    client.force_login(world.office)
    assert client.get(clue.get_absolute_url()).status_code == 404
    assert client.get(f"/api/v1/clues/{clue.number}/").status_code == 404
    assert clue.number not in text_of(client.get(LIST))
    export = client.get("/clues/export/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(export.streaming_content)))
    assert len(list(book.active.iter_rows())) == 2
    client.force_login(world.office2)
    assert client.get(clue.get_absolute_url()).status_code == 200


def test_a_clue_goes_its_way_through_the_api(world, client):
    letter = petition(world)

    def post(person, url, code=200, **body):
        client.force_login(person)
        answer = client.post(url, body, content_type="application/json")
        assert answer.status_code == code, answer.content
        return answer.json()

    body = SAID | {"level": "county", "discipline": "integrity", "receiver": "县纪委监委", "assignment": "T01-1-01"}
    post(world.member1, "/api/v1/clues/", 403, **body)
    post(world.leader1, "/api/v1/clues/", 400, **body | {"receiver": "不存在"})
    post(world.leader1, "/api/v1/clues/", 400, **body | {"petition": "T01-2026-0000"})
    made = post(world.leader1, "/api/v1/clues/", 201, **body | {"petition": letter.number})
    assert (made["state"], made["petition"], made["allowed"], made["matter"]) == ("proposed", letter.number, [], SAID["matter"])
    url = f"/api/v1/clues/{quote(made['number'])}/"
    assert client.get(url).json()["number"] == made["number"]
    post(world.leader1, f"{url}approve/", 403)
    assert post(world.chief, f"{url}approve/", version=1)["allowed"] == ["withdraw", "hand_over"]
    assert post(world.chief, f"{url}approve/", 409, version=1)["state"] == "approved"
    handed = post(world.office, f"{url}hand_over/", date="2025-08-31")
    assert (handed["reply_due"], handed["late"]) == ("2025-11-30", True)
    post(world.office, f"{url}receive/", date=TODAY.isoformat(), received_by="周干事")
    assert post(world.office, f"{url}handle/", handling="shelved")["handling"] == "shelved"
    assert post(world.office, f"{url}conclude/", reason="查否")["result"] == "查否"
    assert post(world.office, f"{url}feed_back/", date=TODAY.isoformat())["allowed"] == []


def test_the_index_can_be_built_anew(world):
    clue = propose(world)
    assert list(search.clues()) == [(clue.pk, [SAID["name"], SAID["post"], SAID["matter"]])]
