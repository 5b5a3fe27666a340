"""The pages of feedback, its printed forms, and opening items from it."""

import io

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from docx import Document
from pypdf import PdfReader

from inspection.trail.models import Entry
from rectification.models import Feedback, Item
from rectification.workflow import feedback as verbs
from tests.rectification.papers import used_paper
from tests.rectification.steps import TEXT, delivered, drafted, feeding_back

State = Feedback.State


def ask(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def new(assignment):
    return reverse("rectification:feedback_new") + f"?assignment={assignment.number}"


def step(user, feedback, verb, **data):
    return ask(user).post(f"{feedback.get_absolute_url()}{verb}/", {"version": feedback.version} | data)


def test_a_draft_starts_with_the_used_papers_and_the_rounds_deadlines(world):
    paper = used_paper(world, world.assignment_a)
    feeding_back(world.assignment_a)
    form = ask(world.leader1).get(new(world.assignment_a)).context["form"]
    assert form.initial["findings"] == [paper.pk]
    assert form.initial["problems"] == "1. 公务接待超标准"
    assert "15 个工作日" in form.initial["demands"] and "3 个月" in form.initial["demands"]


def test_feedback_goes_its_whole_way_through_the_pages(world):
    paper = used_paper(world, world.assignment_a)
    feeding_back(world.assignment_a)
    client = ask(world.office)
    assert client.get(reverse("rectification:feedback_new")).url == new(world.assignment_a)
    assert client.post(new(world.assignment_a), TEXT | {"to": "body", "findings": [paper.pk]}).status_code == 302
    feedback = Feedback.objects.get()
    assert list(feedback.findings.all()) == [paper]
    for user, verb, data in (
        (world.leader1, "edit", TEXT | {"problems": "改写的问题", "findings": [paper.pk]}),
        (world.chief, "approve", {}),
        (world.chief, "send_back", {"reason": "请核对数字"}),
        (world.chief, "approve", {}),
        (world.office, "deliver", {"date": timezone.localdate().isoformat()}),
    ):
        assert step(user, feedback, verb, **data).status_code == 302, verb
        feedback.refresh_from_db()
    assert feedback.state == State.DELIVERED
    page = ask(world.member1).get(feedback.get_absolute_url()).content.decode()
    for words in ("改写的问题", "请核对数字", paper.number, "办公室甲"):
        assert words in page, words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"overall": " "}, "必填"),
        ({"problems": "\x00"}, "空字符"),
        ({"problems": "长" * 20_001}, "20000"),
        ({"to": "nobody"}, "选"),
    ],
)
def test_a_bad_draft_keeps_what_was_typed_and_saves_nothing(world, changes, words):
    feeding_back(world.assignment_a)
    answer = ask(world.office).post(new(world.assignment_a), TEXT | {"to": "body", "suggestions": "留住这句😀"} | changes)
    assert answer.status_code == 200
    assert words in answer.content.decode() and "留住这句😀" in answer.content.decode()
    assert not Feedback.objects.exists()


def test_a_paper_of_another_unit_cannot_be_chosen(world):
    other = used_paper(world, world.assignment_b)
    feeding_back(world.assignment_a)
    assert ask(world.office).post(new(world.assignment_a), TEXT | {"to": "body", "findings": [other.pk]}).status_code == 200
    assert not Feedback.objects.exists()


def test_each_addressee_once_then_there_is_nothing_to_draft(world):
    drafted(world, world.assignment_a)
    form = ask(world.office).get(new(world.assignment_a)).context["form"]
    assert [value for value, _label in form.fields["to"].choices] == ["head"]
    drafted(world, world.assignment_a, Feedback.To.HEAD)
    assert ask(world.office).get(new(world.assignment_a)).url == reverse("rectification:feedbacks")


def test_nothing_is_drafted_before_the_stage_of_feedback(world):
    assert ask(world.office).get(new(world.assignment_a)).status_code == 302
    assert ask(world.office).post(new(world.assignment_a), TEXT | {"to": "body"}).status_code == 302
    assert not Feedback.objects.exists()


def test_who_drafted_does_not_approve(world):
    feedback = drafted(world, world.assignment_a, by=world.chief)
    assert step(world.chief, feedback, "approve").status_code == 403
    assert step(world.office, feedback, "approve").status_code == 403


def test_a_stale_approval_is_refused_and_recorded_once(world):
    feedback = drafted(world, world.assignment_a)
    verbs.edit(feedback, by=world.office, **TEXT)
    stale = ask(world.chief).post(f"{feedback.get_absolute_url()}approve/", {"version": 1})
    assert stale.status_code == 409
    feedback.refresh_from_db()
    assert step(world.chief, feedback, "approve").status_code == 302
    assert step(world.chief, feedback, "approve").status_code == 409
    assert Entry.objects.about(feedback).filter(verb="approve").count() == 1


def test_the_list_shows_what_is_in_sight_and_narrows(world):
    mine = drafted(world, world.assignment_a)
    other = drafted(world, world.assignment_c)

    def numbers(user, **query):
        return [row.number for row in ask(user).get(reverse("rectification:feedbacks"), query).context["page"]]

    assert numbers(world.office) == [other.number, mine.number]
    assert numbers(world.leader1) == [mine.number]
    assert numbers(world.office, unit=world.unit_c.pk) == [other.number]
    assert numbers(world.office, q=mine.number[-4:]) == [mine.number]
    assert numbers(world.office, state="approved") == []
    for name in ("liaison_a", "admin", "auditor", "outsider", "expired_leader"):
        assert ask(getattr(world, name)).get(reverse("rectification:feedbacks")).status_code == 403


@pytest.mark.parametrize("count", [2, 6])
def test_the_page_asks_the_same_few_questions_however_many_papers(world, django_assert_max_num_queries, count):
    papers = [used_paper(world, world.assignment_a) for _number in range(count)]
    feedback = drafted(world, world.assignment_a, papers=papers)
    client = ask(world.office)
    with django_assert_max_num_queries(26):
        assert client.get(feedback.get_absolute_url()).status_code == 200


# Printed ----------------------------------------------------------------------------------------------------------------------


def words_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "").replace(" ", "")


def test_the_paper_says_what_the_feedback_says(world):
    feedback = delivered(world, world.assignment_a)
    answer = ask(world.leader1).get(reverse("rectification:feedback_pdf", args=[feedback.number]))
    text = words_of(answer.content)
    for words in (
        "关于巡视巡察甲局的反馈意见",
        "甲局领导班子",
        *TEXT.values(),
        feedback.number,
        "一、总体评价",
        "第一巡察组",
        "内部",
    ):
        assert words in text, words
    copy = Entry.objects.about(feedback).get(verb="print").facts["copy"]
    assert copy in text


def test_a_draft_is_printed_without_its_number(world):
    feedback = drafted(world, world.assignment_a)
    text = words_of(ask(world.office).get(reverse("rectification:feedback_pdf", args=[feedback.number])).content)
    assert "（草稿）" in text and feedback.number not in text


def test_the_letter_to_the_head_can_be_edited_in_an_office_program(world):
    feedback = drafted(world, world.assignment_a, Feedback.To.HEAD)
    answer = ask(world.office).get(reverse("rectification:feedback_docx", args=[feedback.number]))
    text = "\n".join(paragraph.text for paragraph in Document(io.BytesIO(answer.content)).paragraphs)
    for words in ("甲局主要负责人：", "二、主要问题", "存在的主要问题"):
        assert words in text
    assert Entry.objects.about(feedback).get(verb="print").facts["format"] == "docx"


# Items ------------------------------------------------------------------------------------------------------------------------


def rows(papers, **changes):
    data = {"items-TOTAL_FORMS": str(len(papers)), "items-INITIAL_FORMS": str(len(papers))}
    for place, paper in enumerate(papers):
        row = {"finding": paper.pk, "take": "on", "problem": f"改写的问题{place}"} | changes
        data |= {f"items-{place}-{name}": value for name, value in row.items() if value is not None}
    return data


def test_items_are_opened_one_for_each_paper_as_worded_by_the_office(world):
    papers = [used_paper(world, world.assignment_a) for _number in range(3)]
    feedback = delivered(world, world.assignment_a, papers)
    address = reverse("rectification:feedback_items", args=[feedback.number])
    client = ask(world.office)
    page = client.get(address)
    assert [form.initial["problem"] for _number, form in page.context["rows"]] == ["公务接待超标准"] * 3
    assert page.context["due"]["rule"]["amount"] == 3
    data = rows(papers)
    del data["items-1-take"]
    assert client.post(address, data).status_code == 302
    assert sorted(item.problem for item in Item.objects.all()) == ["改写的问题0", "改写的问题2"]
    assert [form.initial["finding"] for _number, form in client.get(address).context["rows"]] == [papers[1].pk]
    assert client.post(address, rows(papers)).status_code == 302
    assert Item.objects.count() == 3
    assert ask(world.leader1).get(address).status_code == 403


def test_a_row_without_its_problem_opens_nothing(world):
    papers = [used_paper(world, world.assignment_a) for _number in range(2)]
    feedback = delivered(world, world.assignment_a, papers)
    address = reverse("rectification:feedback_items", args=[feedback.number])
    data = rows(papers) | {"items-1-problem": " "}
    answer = ask(world.office).post(address, data)
    assert answer.status_code == 200 and "必须填写" in answer.content.decode() and "改写的问题0" in answer.content.decode()
    assert not Item.objects.exists()


def test_no_items_come_of_a_paper_the_feedback_does_not_rest_on(world):
    inside, outside = used_paper(world, world.assignment_a), used_paper(world, world.assignment_a)
    feedback = delivered(world, world.assignment_a, [inside])
    assert (
        ask(world.office).post(reverse("rectification:feedback_items", args=[feedback.number]), rows([outside])).status_code
        == 200
    )
    assert not Item.objects.exists()


def test_nothing_is_opened_before_it_was_given(world):
    feedback = drafted(world, world.assignment_a)
    assert ask(world.office).get(reverse("rectification:feedback_items", args=[feedback.number])).status_code == 409


def test_until_both_are_given_the_deadline_is_unknown_and_nothing_is_opened(world):
    paper = used_paper(world, world.assignment_a)
    feedback = verbs.approve(drafted(world, world.assignment_a, papers=[paper]), by=world.chief)
    verbs.deliver(feedback, by=world.office, date=timezone.localdate())
    address = reverse("rectification:feedback_items", args=[feedback.number])
    assert ask(world.office).get(address).context["due"] is None
    assert "尚未反馈" in ask(world.office).post(address, rows([paper])).content.decode()
    assert not Item.objects.exists()
