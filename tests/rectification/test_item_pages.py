"""The pages of rectification items, for those who inspect and for the unit's liaison."""

import io

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inspection.trail.models import Entry
from petitions.models import Petition
from rectification.models import Item, Measure
from rectification.workflow import finding as papers
from rectification.workflow import item as verbs
from tests.petitions.making import make_petition
from tests.rectification.papers import drafted_paper
from tests.rectification.steps import applied, closed, decomposed, evidence, from_paper, in_days, opened

State = Item.State
CANARY = "金丝雀不该出现"
REPORTER = "举报人黄莺"


def ask(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(item, verb=""):
    return item.get_absolute_url() + (f"{verb}/" if verb else "")


def post(user, item, verb, **data):
    return ask(user).post(url(item, verb), {"version": item.version} | data)


def measures(*rows):
    """POST data of the formset of measures."""
    data = {"measures-TOTAL_FORMS": str(len(rows)), "measures-INITIAL_FORMS": "0"}
    for place, row in enumerate(rows):
        data |= {f"measures-{place}-{name}": value for name, value in row.items()}
    return data


def measure(**changes):
    row = {
        "text": "修订接待制度",
        "leader": "副局长",
        "department": "办公室",
        "due_on": in_days(20).isoformat(),
        "kinds": ["rules", "wider"],
    }
    return row | changes


WORDS = {"goal": "建立制度", "leader": "局长", "department": "办公室"}


# The way of an item through its pages ---------------------------------------------------------------------------------------


def test_an_item_goes_its_whole_way_through_the_pages(world):
    item = opened(world, world.assignment_a)
    assert post(world.liaison_a, item, "decompose", **WORDS, **measures(measure())).status_code == 302
    item.refresh_from_db()
    done = item.measures.get()
    assert done.kinds == ["rules", "wider"]
    answer = post(
        world.liaison_a, item, "report_progress", text="制度已印发", attachments=[evidence()], **{f"measure_{done.pk}": "done"}
    )
    assert answer.status_code == 302
    item.refresh_from_db()
    done.refresh_from_db()
    assert done.completion == Measure.Completion.DONE
    for user, verb, data in (
        (world.liaison_a, "mark_basic", {}),
        (world.liaison_a, "apply", {}),
        (world.member1, "verify", {"reason": "制度健全"}),
        (world.chief, "close", {}),
        (world.chief, "reopen", {"reason": "问题反弹", "date": in_days(30).isoformat()}),
        (world.chief, "extend", {"reason": "工期较长", "date": in_days(45).isoformat()}),
        (world.chief, "continue_long_term", {"reason": "常态化坚持"}),
        (world.liaison_a, "apply", {}),
        (world.office, "send_back", {"reason": "佐证不足"}),
    ):
        assert post(user, item, verb, **data).status_code == 302, verb
        item.refresh_from_db()
    assert (item.state, item.reopened, item.due_on, item.original_due_on) == (State.RECTIFYING, 1, in_days(45), in_days(60))
    page = ask(world.office).get(url(item)).content.decode()
    for words in (
        "三公经费管理不严",
        "修订接待制度",
        "制度已印发",
        "会议纪要.txt",
        "首次销号",
        "原定时限",
        "佐证不足",
        "建章立制",
    ):
        assert words in page, words


def test_a_step_taken_twice_is_refused_once_and_recorded_once(world):
    item = decomposed(world, opened(world, world.assignment_a))
    seen = item.version
    assert ask(world.liaison_a).post(url(item, "mark_basic"), {"version": seen}).status_code == 302
    assert ask(world.liaison_a).post(url(item, "mark_basic"), {"version": seen}).status_code == 409
    assert Entry.objects.about(item).filter(verb="mark_basic").count() == 1


def test_a_stale_page_of_progress_is_refused(world):
    item = decomposed(world, opened(world, world.assignment_a))
    seen = item.version
    assert ask(world.liaison_a).post(url(item, "report_progress"), {"version": seen, "text": "一"}).status_code == 302
    assert ask(world.liaison_a).post(url(item, "report_progress"), {"version": seen, "text": "二"}).status_code == 409
    assert item.progress.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"text": ""}, "必填"),
        ({"text": "坏\x00字"}, "空字符"),
        ({"text": "长" * 10_001}, "5000"),
        ({"due_on": "下个月初"}, "有效的日期"),
        ({"due_on": in_days(61).isoformat()}, "不能晚于事项的完成时限"),
    ],
)
def test_a_bad_measure_is_named_beside_its_field_and_nothing_is_saved(world, changes, words):
    item = opened(world, world.assignment_a)
    answer = post(world.liaison_a, item, "decompose", **WORDS, **measures(measure(**changes)))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    item.refresh_from_db()
    assert (item.state, Measure.objects.count()) == (State.PENDING, 0)


def test_what_was_typed_stays_when_a_measure_is_wrong(world):
    item = opened(world, world.assignment_a)
    page = post(
        world.liaison_a, item, "decompose", **WORDS, **measures(measure(text="说好的😀措施"), measure(due_on="x"))
    ).content.decode()
    assert "说好的😀措施" in page and "建立制度" in page


def test_no_measure_at_all_is_refused(world):
    item = opened(world, world.assignment_a)
    blank = dict.fromkeys(("text", "leader", "department", "due_on"), "")
    assert post(world.liaison_a, item, "decompose", **WORDS, **measures(blank)).status_code == 200
    assert not Measure.objects.exists()


def test_closing_is_not_applied_for_without_evidence_nor_with_a_refused_file(world):
    item = decomposed(world, opened(world, world.assignment_a))
    assert "必填" in post(world.liaison_a, item, "apply").content.decode()
    answer = post(world.liaison_a, item, "apply", attachments=[evidence("病毒.exe", "MZ")])
    assert "不接收这类文件" in answer.content.decode()
    item.refresh_from_db()
    assert (item.state, item.evidence.count()) == (State.RECTIFYING, 0)


@pytest.mark.parametrize("day", [0, 60])
def test_an_extension_must_be_later(world, day):
    item = decomposed(world, opened(world, world.assignment_a))
    answer = post(world.chief, item, "extend", reason="工期", date=in_days(day).isoformat())
    assert "新的时限须晚于现在的时限" in answer.content.decode()


def test_evidence_is_handed_out_as_it_came_and_each_time_on_record(world):
    item = applied(world, decomposed(world, opened(world, world.assignment_a)))
    file = item.evidence.get()
    answer = ask(world.member1).get(reverse("rectification:item_evidence", args=[item.number, file.pk]))
    assert b"".join(answer.streaming_content) == "整改会议纪要".encode()
    assert "attachment" in answer["Content-Disposition"]
    entry = Entry.objects.about(item).get(verb="download")
    assert entry.facts["sha256"] == file.file.sha256
    other = decomposed(world, opened(world, world.assignment_b), by=world.office)
    assert ask(world.office).get(reverse("rectification:item_evidence", args=[other.number, file.pk])).status_code == 404


def test_an_item_by_hand(world):
    client = ask(world.office)
    page = client.get(reverse("rectification:item_new") + f"?assignment={world.assignment_a.number}")
    assert page.context["form"].initial["assignment"] == world.assignment_a
    data = {"assignment": world.assignment_a.pk, "source": "lookback", "problem": "回头看发现", "due_on": ""}
    assert "尚未反馈" in client.post(reverse("rectification:item_new"), data).content.decode()
    assert client.post(reverse("rectification:item_new"), data | {"due_on": in_days(9).isoformat()}).status_code == 302
    assert Item.objects.get().source == Item.Source.LOOK_BACK
    assert ask(world.leader1).get(reverse("rectification:item_new")).status_code == 403


# Lists ------------------------------------------------------------------------------------------------------------------------


def numbers(user, **query):
    answer = ask(user).get(reverse("rectification:items"), query)
    assert answer.status_code == 200
    return [row.number for row in answer.context["page"]]


def test_the_list_narrows_by_what_was_asked(world):
    red, yellow, green = (opened(world, world.assignment_a, problem=f"问题{due}", due=due) for due in (-3, 5, 90))
    other = opened(world, world.assignment_c, problem="丙局问题", due=200, key=True, source=Item.Source.LOOK_BACK)
    assert numbers(world.office) == [red.number, yellow.number, green.number, other.number]
    assert numbers(world.office, light="red") == [red.number]
    assert numbers(world.office, light="yellow") == [yellow.number]
    assert numbers(world.office, light="green") == [green.number, other.number]
    assert numbers(world.office, unit=world.unit_c.pk) == [other.number]
    assert numbers(world.office, group=world.group1.pk, sort="-due") == [green.number, yellow.number, red.number]
    assert numbers(world.office, key="yes") == [other.number]
    assert numbers(world.office, source="lookback") == [other.number]
    assert numbers(world.office, q="丙局") == [other.number]
    assert numbers(world.office, q=other.number.lower()) == [other.number]
    assert numbers(
        world.office, assignment=world.assignment_a.number, state="pending", due_after=in_days(1), due_before=in_days(20)
    ) == [yellow.number]
    assert numbers(world.office, assignment=world.assignment_c.number) == [other.number]
    assert numbers(world.member2) == [other.number]
    assert numbers(world.liaison_a) == [red.number, yellow.number, green.number]


def test_a_senseless_parameter_is_told(world):
    assert ask(world.office).get(reverse("rectification:items") + "?sort=secret").status_code == 400
    assert ask(world.office).get(reverse("rectification:items") + "?cursor=x").status_code == 400
    assert ask(world.office).get(reverse("rectification:items") + "?due_after=明天").status_code == 400


def test_the_counts_are_those_of_the_list(world):
    closed(world, opened(world, world.assignment_a))
    opened(world, world.assignment_a, due=-1)
    opened(world, world.assignment_b, due=3)
    found = ask(world.office).get(reverse("rectification:items")).context["tally"]
    assert (found["total"], found["closed"], found["red"], found["yellow"], found["green"]) == (3, 1, 1, 1, 0)
    assert found["share"] == pytest.approx(1 / 3)
    narrowed = ask(world.office).get(reverse("rectification:items") + f"?unit={world.unit_b.pk}").context["tally"]
    assert (narrowed["total"], narrowed["yellow"]) == (1, 1)


def test_yellow_begins_when_the_items_own_round_says(world):
    item = opened(world, world.assignment_a, due=15)
    opened(world, world.assignment_c, due=15)
    assert numbers(world.office, light="yellow") == []
    world.round.rules["light.yellow"]["amount"] = 20
    world.round.save(update_fields=["rules"])
    assert item.number in numbers(world.office, light="yellow")
    assert Item.objects.select_related("assignment__group__round").get(pk=item.pk).light() == "yellow"


@pytest.mark.parametrize("count", [5, 25])
def test_the_list_asks_the_same_few_questions_however_long_it_is(world, django_assert_max_num_queries, count):
    for number in range(count):
        opened(world, world.assignment_a, problem=f"问题{number}")
    client = ask(world.office)
    client.get(reverse("home"))
    with django_assert_max_num_queries(16):
        assert len(client.get(reverse("rectification:items")).context["page"]) == count


@pytest.mark.parametrize("count", [2, 12])
def test_the_page_asks_the_same_few_questions_however_much_was_reported(world, django_assert_max_num_queries, count):
    item = decomposed(world, opened(world, world.assignment_a))
    for _number in range(count):
        item = verbs.report_progress(item, by=world.liaison_a, text="进展", attachments=[evidence()])
    client = ask(world.liaison_a)
    with django_assert_max_num_queries(32):
        assert client.get(url(item)).status_code == 200


# The ledger -------------------------------------------------------------------------------------------------------------------


def sheets(user, query=""):
    answer = ask(user).get(reverse("rectification:items_export") + query)
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))


def test_the_ledger_holds_problems_with_their_measures_and_the_three_lists(world):
    item = decomposed(world, from_paper(world, world.assignment_a))
    verbs.report_progress(item, by=world.liaison_a, text="制度已印发", attachments=[evidence()])
    opened(world, world.assignment_b, problem="尚未分解的问题")
    book = sheets(world.office)
    assert book.sheetnames == ["整改台账", "问题清单", "任务清单", "责任清单", "整改完成情况"]
    ledger = book["整改台账"]
    heads = [cell.value for cell in ledger[2]]
    for name in ("具体表现", "是否重点关注", "整改落实目标", "是否常态化坚持", "是否集中整改期完成", "措施类型", "佐证文件"):
        assert name in heads
    row = dict(zip(heads, [cell.value for cell in ledger[3]], strict=True))
    assert (row["具体表现"], row["措施内容"], row["措施类型"]) == ("接待费管理不严", "修订接待制度", "建章立制、举一反三")
    assert (row["具体问题整改完成情况"], row["问题完成情况概述"], row["佐证文件"]) == ("未完成", "制度已印发", "会议纪要.txt")
    assert [cell.value for cell in book["责任清单"][3]][1:5] == [item.number, "接待费管理不严", "局长甲", "办公室"]
    assert ledger.max_row == 4 and book["问题清单"].max_row == 4 and book["任务清单"].max_row == 3
    counts = [[cell.value for cell in line] for line in book["整改完成情况"].iter_rows(min_row=3, max_row=4)]
    assert [line[1:7] for line in counts] == [
        ["T01-1-01", "甲局", "反馈问题", 1, 0, 0],
        ["T01-1-02", "乙局", "反馈问题", 1, 0, 0],
    ]
    entry = Entry.objects.get(verb="export_items")
    assert entry.facts["count"] == 2 and entry.facts["copy"].startswith("WT-DC-")


def test_the_ledger_obeys_the_lists_filter_and_the_readers_sight(world):
    mine = opened(world, world.assignment_a, problem="甲局问题")
    opened(world, world.assignment_c, problem="丙局问题")
    assert [row[1].value for row in sheets(world.office, f"?unit={world.unit_c.pk}")["问题清单"].iter_rows(min_row=3)] != [
        mine.number
    ]
    assert [row[1].value for row in sheets(world.liaison_a)["问题清单"].iter_rows(min_row=3)] == [mine.number]


def test_a_problem_that_looks_like_a_formula_is_text(world):
    opened(world, world.assignment_a, problem="=1+1")
    cell = sheets(world.office)["问题清单"]["D3"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


# The unit's side ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sourced(world):
    """An item that came of a paper that came of a petition, judged by people of the group and the office."""
    petition = make_petition(
        world.assignment_a, world.office, subject=CANARY, text=f"{CANARY}的内容", reporter={"name": REPORTER}
    )
    Petition.objects.filter(pk=petition.pk).update(state="accepted")
    paper = drafted_paper(world, world.assignment_a, sources=[petition])
    paper = papers.sign(papers.submit(paper, by=world.member1), by=world.leader1, date=timezone.localdate())
    papers.correct_at_once(paper, by=world.leader1, date=in_days(30))
    item = Item.objects.get()
    item = verbs.report_progress(item, by=world.liaison_a, text="已整改", attachments=[evidence()])
    item = verbs.send_back(verbs.apply(item, by=world.liaison_a), by=world.member1, reason="请补充凭证")
    item = verbs.verify(verbs.apply(item, by=world.liaison_a), by=world.deputy1, reason="内部意见：可以")
    return verbs.close(item, by=world.chief), paper, petition


def everything(user, item):
    """All that a person can read of an item: pages, ledger."""
    client = ask(user)
    pages = [
        url(item),
        reverse("rectification:items"),
        reverse("rectification:unit_items", args=[item.assignment.number]),
        reverse("home"),
    ]
    pages += [reverse("rectification:items_panel", args=[item.assignment.number])]
    text = "\n".join(client.get(page).content.decode() for page in pages)
    for sheet in sheets(user):
        text += "\n".join(str(cell.value) for line in sheet.iter_rows() for cell in line)
    return text


def test_a_petition_never_shows_through_an_item(world, sourced):
    item, _paper, petition = sourced
    for user in (world.liaison_a, world.office, world.leader1, world.chief):
        text = everything(user, item)
        assert "公务接待超标准" in text
        assert CANARY not in text and REPORTER not in text
    assert petition.number not in everything(world.liaison_a, item)


def test_the_liaison_reads_nothing_that_hints_at_who_found_or_judged(world, sourced):
    item, paper, _petition = sourced
    text = everything(world.liaison_a, item)
    for hidden in (paper.number, "组员一", "副组长一", "组长一", "办公室主任", "办公室甲", "内部意见", "第一巡察组 "):
        assert hidden not in text, hidden
    assert "请补充凭证" in text and "联络员甲" in text and "巡视巡察机构" in text
    inside = everything(world.office, item)
    assert paper.number in inside and "副组长一" in inside and "内部意见" in inside


def test_the_liaison_is_offered_neither_rounds_nor_groups(world, sourced):
    answer = ask(world.liaison_a).get(reverse("rectification:items"))
    assert not {"round", "group"} & set(answer.context["filter"].form.fields.keys())
    assert len(answer.context["page"]) == 1
    assert len(ask(world.liaison_a).get(reverse("rectification:items") + f"?group={world.group2.pk}").context["page"]) == 1


def test_the_liaison_of_another_unit_finds_nothing(world, sourced):
    item, *_rest = sourced
    client = ask(world.liaison_c)
    assert client.get(url(item)).status_code == 404
    assert client.get(reverse("rectification:unit_items", args=[item.assignment.number])).status_code == 404
    assert item.number not in client.get(reverse("rectification:items")).content.decode()
    assert client.get(reverse("rectification:item_evidence", args=[item.number, item.evidence.first().pk])).status_code == 404


def test_progress_the_office_filled_in_does_not_name_the_clerk(world):
    item = decomposed(world, opened(world, world.assignment_a), by=world.office)
    item = verbs.report_progress(item, by=world.office, text="单位送来的纸质材料")
    text = ask(world.liaison_a).get(url(item)).content.decode()
    assert "单位送来的纸质材料" in text and "办公室甲" not in text
    assert "办公室甲" in ask(world.chief).get(url(item)).content.decode()


# Nodes and panel ------------------------------------------------------------------------------------------------------------


def nodes(user, assignment):
    strip = ask(user).get(reverse("rectification:unit_items", args=[assignment.number])).context["strip"]
    return {node.label: node.state for node in strip.nodes}, strip.done


def test_the_eleven_nodes_follow_from_what_is_known(world):
    found, done = nodes(world.liaison_a, world.assignment_a)
    assert len(found) == 11 and done == 0
    item = from_paper(world, world.assignment_a)
    found, done = nodes(world.liaison_a, world.assignment_a)
    assert (found["反馈会"], found["反馈意见"], found["整改方案"], found["集中整改"], done) == ("done", "done", "now", "now", 2)
    assert found["专题民主生活会"] == "unknown"
    item = verbs.report_progress(decomposed(world, item), by=world.liaison_a, text="进展", attachments=[evidence()])
    found, done = nodes(world.liaison_a, world.assignment_a)
    assert (found["整改方案"], found["整改进展报告"], done) == ("done", "done", 4)
    verbs.close(verbs.verify(verbs.apply(item, by=world.liaison_a), by=world.member1, reason="好"), by=world.chief)
    found, done = nodes(world.office, world.assignment_a)
    assert (found["集中整改"], found["整改评估"], done) == ("done", "next", 5)
    type(world.assignment_a).objects.filter(pk=world.assignment_a.pk).update(state="archived")
    assert nodes(world.office, world.assignment_a)[1] == 7


def test_a_node_past_its_last_day_is_late(world):
    from_paper(world, world.assignment_a)
    type(world.assignment_a).objects.filter(pk=world.assignment_a.pk).update(feedback_on=in_days(-200))
    found, _done = nodes(world.office, world.assignment_a)
    assert (found["整改方案"], found["集中整改"], found["整改进展报告"]) == ("late", "late", "late")


def test_the_panel_is_empty_for_who_knows_the_unit_but_not_its_items(world):
    opened(world, world.assignment_a)
    address = reverse("rectification:items_panel", args=[world.assignment_a.number])
    assert ask(world.admin).get(address, headers={"HX-Request": "true"}).content == b""
    assert ask(world.admin).get(address).status_code == 403
    assert "三公经费管理不严" in ask(world.leader1).get(address, headers={"HX-Request": "true"}).content.decode()
