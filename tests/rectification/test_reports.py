"""The weekly brief and the monthly report: what they say is what the database holds, no more and for nobody else."""

import datetime as dt
import io

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from inspection.documents import paper, sheets
from inspection.documents.content import Figures, Marks, Table
from inspection.reports import production, workflow
from inspection.reports.kinds import Period
from inspection.reports.models import Run
from petitions.models import Exclusion, Petition, TransferSlip
from rectification.models import Clue
from rectification.reports import monthly_office, weekly_brief
from rectification.workflow import clue as clues
from rounds.models import Liaison, Recusal
from tests.petitions.making import make_petition
from tests.rectification.papers import drafted_paper
from tests.rectification.steps import closed, opened

CANARY = "金丝雀不该出现"


@pytest.fixture
def week():
    today = timezone.localdate()
    return Period(today - dt.timedelta(days=6), today)


@pytest.fixture
def busy(world):
    """Petitions of this week and of the month before, a paper, a clue, items in every light, a transfer not signed for."""
    world.letters = [
        make_petition(
            world.assignment_a,
            world.office,
            subject=CANARY,
            text=f"{CANARY}的内容",
            reporter={"name": "举报人黄莺"},
            days_ago=ago,
        )
        for ago in (1, 2, 3)
    ]
    world.outside = make_petition(world.assignment_c, world.office, subject=CANARY, days_ago=1)
    world.old = make_petition(world.assignment_b, world.office, days_ago=35)
    overdue, integrity, moved = world.letters
    Petition.objects.filter(pk=overdue.pk).update(decide_by=timezone.localdate() - dt.timedelta(days=4))
    Petition.objects.filter(pk=integrity.pk).update(
        state="accepted", discipline="integrity", in_scope=True, channel_kind="call", conclude_by=timezone.localdate()
    )
    Petition.objects.filter(pk=moved.pk).update(state="transferred", in_scope=False, channel_kind="box")
    world.slip = _slip(world, moved)
    drafted_paper(world, world.assignment_a)
    clue = clues.propose(
        world.assignment_a,
        by=world.leader1,
        receiver=world.discipline_body,
        name="钱某某",
        matter="超标准接待",
        level="county",
        discipline="integrity",
    )
    clues.hand_over(clues.approve(clue, by=world.chief), by=world.office, date=timezone.localdate())
    Clue.objects.filter(pk=clue.pk).update(reply_due=timezone.localdate() - dt.timedelta(days=2))
    closed(world, opened(world, world.assignment_a))
    opened(world, world.assignment_a, due=-1)
    opened(world, world.assignment_b, due=5)
    return world


def _slip(world, petition) -> TransferSlip:
    day = timezone.localdate()
    slip = TransferSlip(
        number="T01-ZB-0001",
        petition=petition,
        receiver=world.agency,
        receiver_name=world.agency.name,
        extract=petition.content,
        sent_on=day - dt.timedelta(days=10),
        receipt_due=day - dt.timedelta(days=3),
        reply_due=day + dt.timedelta(days=50),
        state_at=timezone.now(),
        state_by=world.office,
    )
    slip.save()
    return slip


def table(report, title) -> list[tuple]:
    blocks = [block for section in report.sections for block in section.blocks]
    return next(list(block.lines()) for block in blocks if isinstance(block, Table) and block.title == title)


def figures(report) -> dict:
    blocks = [block for section in report.sections for block in section.blocks if isinstance(block, Figures)]
    return {label: int(value) for block in blocks for label, value in block.items}


def brief(world, user, week):
    return weekly_brief.build(f"group:{world.group1.pk}", week, user)


def month(user):
    today = timezone.localdate()
    return monthly_office.build("office", Period(today - dt.timedelta(days=29), today), user)


# What they say ----------------------------------------------------------------------------------------------------------------


def test_the_brief_counts_the_groups_week(busy, week):
    report = brief(busy, busy.leader1, week)
    numbers = figures(report)
    assert (numbers["本期收件"], numbers["累计收件"], numbers["待研判"], numbers["问题底稿"], numbers["整改红灯"]) == (
        3,
        4,
        2,
        1,
        1,
    )
    assert ("来电", 1) in table(report, "按渠道") and ("合计", 3) in table(report, "按渠道")
    assert table(report, "按受理范围") == [("属受理范围", 1), ("不属受理范围", 1), ("未定", 1), ("合计", 3)]
    assert ("廉洁纪律", 1) in table(report, "按六项纪律") and ("未填", 2) in table(report, "按六项纪律")
    assert ("草稿", 1) in table(report, "问题底稿") and ("已移交待签收", 1) in table(report, "问题线索")
    late = {row[1]: row[5] for row in table(report, "已超期")}
    assert late[busy.letters[0].number] == 4
    lights = table(report, "各单位整改亮灯")
    assert lights[0] == ("甲局", 2, 1, 0.5, 0, 0, 1) and lights[1] == ("乙局", 1, 0, 0, 0, 1, 0)
    assert [row[1] for row in table(report, "今日在组人员")] == ["组长一", "副组长一", "综合岗一", "组员一", "回避者"]
    assert table(report, "各单位进度")[0][2] == "第 21 天／共 61 天"


def test_the_month_counts_every_round(busy):
    report = month(busy.chief)
    numbers = figures(report)
    assert (numbers["本期收件"], numbers["待研判"], numbers["已有去向"], numbers["超期未签收"], numbers["线索超期"]) == (
        4,
        2,
        2,
        1,
        1,
    )
    row = table(report, "按轮次")[0]
    assert row[:4] == ("十届县委第1轮巡察", 4, 2, 2) and row[1] == row[2] + row[3] == row[2] + sum(row[4:])
    assert ("廉洁纪律", 1, 0, 1) in table(report, "按六项纪律，与上期对比")
    assert table(report, "按六项纪律，与上期对比")[-1][1:] == (4, 1, 3)
    assert table(report, "超期未签收的转办单")[0][1:3] == ("T01-ZB-0001", "县信访局")
    assert table(report, "超期未反馈的线索")[0][6] == 2
    assert table(report, "按单位")[0] == ("甲局", "十届县委第1轮巡察", 2, 1, 0.5, 0, 0, 1)
    assert table(report, "十届县委：全覆盖进度")[-1][:5] == ("合计", 3, 0, 3, 0)


def test_a_calendar_month_is_compared_with_the_month_before_it(busy):
    report = monthly_office.build("office", Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31)), busy.chief)
    blocks = [block for section in report.sections for block in section.blocks if isinstance(block, Table)]
    assert next(block.note for block in blocks if "对比" in block.title) == "上期为 2026年2月。"


def test_numbers_lead_to_lists_of_as_many(busy, week):
    client = Client()
    client.force_login(busy.chief)
    checked = 0
    for report in (brief(busy, busy.chief, week), month(busy.chief)):
        for section in report.sections:
            for block in section.blocks:
                rows = block.lines() if isinstance(block, Table) else [[value for _label, value in getattr(block, "items", ())]]
                for value in (value for row in rows for value in row if getattr(value, "url", "") and isinstance(value, int)):
                    answer = client.get(value.url)
                    assert answer.status_code == 200, value.url
                    if "place=transferred" not in value.url:
                        assert answer.context["page"].count == value, value.url
                    checked += 1
    assert checked > 60


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_paper_and_sheet_say_the_same_and_no_case_text(busy, week, kind, language):
    with translation.override(language):
        report = brief(busy, busy.chief, week) if kind == "weekly" else month(busy.chief)
        marks = Marks("内部", "BB-1", timezone.now(), "办公室主任")
        pdf = paper.print_report(report, marks).content
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "").replace(" ", "")
        out = io.BytesIO()
        sheets.write(sheets.from_report(report), out, marks)
    book = openpyxl.load_workbook(out)
    cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                columns = block.all_columns
                for row in block.lines():
                    for column, value in zip(columns, row, strict=True):
                        assert column.words(value).replace(" ", "") in text, (block.title, value)
                        assert value in (None, "") or value in cells or str(value) in map(str, cells) or column.kind == "date"
    for hidden in (CANARY, "举报人黄莺", "钱某某", "超标准接待", "三公经费管理不严"):
        assert hidden not in text and hidden not in map(str, cells)
    assert busy.letters[0].number in text or kind == "monthly"


# Whose they are -----------------------------------------------------------------------------------------------------------------


def values(kind, user) -> list[str]:
    return [scope.value for scope in kind.scopes(user)]


def test_a_group_is_a_scope_of_its_people_and_of_the_office(world):
    one, two = f"group:{world.group1.pk}", f"group:{world.group2.pk}"
    assert values(weekly_brief, world.member1) == [one]
    assert values(weekly_brief, world.leader2) == [two]
    assert values(weekly_brief, world.chief) == [one, two]
    for name in ("expired_leader", "liaison_a", "admin", "auditor", "custodian", "outsider"):
        assert values(weekly_brief, getattr(world, name)) == []
        assert values(monthly_office, getattr(world, name)) == []
    assert values(monthly_office, world.office) == ["office"]
    assert values(monthly_office, world.leader1) == []


def test_who_would_read_other_numbers_has_a_scope_of_ones_own(busy, week):
    (apart,) = values(weekly_brief, busy.recused1)
    assert apart.startswith(f"group:{busy.group1.pk}:{busy.recused1.pk}:")
    report = weekly_brief.build(apart, week, busy.recused1)
    assert figures(report)["本期收件"] == 0
    assert [row[0] for row in table(report, "各单位进度")] == ["乙局"]


def test_who_is_named_reads_nothing_of_it_even_in_another_ones_report(busy, week, unprinted):
    Exclusion.objects.create(petition=busy.letters[0], user=busy.leader1, ground=Exclusion.Ground.NAMED)
    run = _run(weekly_brief, f"group:{busy.group1.pk}", week, busy.chief)
    assert not Run.objects.openable_by(busy.leader1).filter(pk=run.pk).exists()
    own = values(weekly_brief, busy.leader1)[0]
    report = weekly_brief.build(own, week, busy.leader1)
    assert figures(report)["本期收件"] == 2
    assert busy.letters[0].number not in {row[1] for row in table(report, "待研判")}
    labels = {scope.label for scope in weekly_brief.scopes(busy.leader1)} | {
        scope.label for scope in weekly_brief.scopes(busy.member1)
    }
    assert len(labels) == 1


def test_what_is_kept_from_somebody_later_closes_even_the_reports_of_ones_own(busy, week, unprinted):
    """A frozen report holds what was counted then: the second petition that names its reader stands in it."""
    first, second = busy.letters[:2]
    kinds = ((weekly_brief, busy.leader1), (monthly_office, busy.office2))
    for kind, user in kinds:
        Exclusion.objects.create(petition=first, user=user, ground=Exclusion.Ground.NAMED)
        run = _run(kind, values(kind, user)[0], week, user)
        assert Run.objects.openable_by(user).filter(pk=run.pk).exists()
        Exclusion.objects.create(petition=second, user=user, ground=Exclusion.Ground.NAMED)
        assert not Run.objects.openable_by(user).filter(pk=run.pk).exists()
        assert len(values(kind, user)) == 1


def test_who_is_named_in_a_clue_alone_has_a_scope_of_ones_own(busy, week, unprinted):
    common = values(weekly_brief, busy.deputy1)
    run = _run(weekly_brief, common[0], week, busy.deputy1)
    clue = Clue.objects.filter(assignment__group=busy.group1).first()
    for keep in (
        lambda: clue.kept_from.add(busy.deputy1),
        lambda: (clue.kept_from.clear(), Liaison.objects.create(user=busy.deputy1, unit=busy.unit_a)),
    ):
        keep()
        assert values(weekly_brief, busy.deputy1) != common
        assert not Run.objects.openable_by(busy.deputy1).filter(pk=run.pk).exists()


def test_a_recusal_in_the_office_parts_the_month(busy):
    person = busy.recused1.person
    person.user = busy.office2
    person.save()
    assert Recusal.objects.filter(person__user=busy.office2).exists()
    own = values(monthly_office, busy.office2)
    assert len(own) == 1 and own[0].startswith(f"office:{busy.office2.pk}:")
    assert [row[0] for row in table(month(busy.office2), "按单位")] == ["乙局"]


def _run(kind, scope, period, user) -> Run:
    run = workflow.order(kind, kind.scope(user, scope), period, as_user=user, maker=user, queue=False)
    assert production.produce(run.pk)
    run.refresh_from_db()
    return run


def test_a_run_is_produced_under_the_orderers_rights(busy, week):
    run = _run(weekly_brief, f"group:{busy.group1.pk}", week, busy.leader1)
    assert run.pdf and run.xlsx and run.state == Run.State.DONE


def test_the_command_writes_the_file(busy, tmp_path):
    out = tmp_path / "brief.pdf"
    call_command("run_report", "weekly_brief", "--out", str(out), "--group", str(busy.group1.pk))
    assert "第一巡察组工作周报" in "".join(page.extract_text() for page in PdfReader(out).pages).replace("\n", "")


# As a page ----------------------------------------------------------------------------------------------------------------------


def page(user, code, **asked):
    client = Client()
    client.force_login(user)
    return client.get(reverse("rectification:report", args=[code]), asked)


def test_the_page_shows_the_report_with_its_links(busy, week):
    answer = page(busy.leader1, "weekly_brief", first=week.first.isoformat(), last=week.last.isoformat())
    text = answer.content.decode()
    assert busy.letters[0].number in text and CANARY not in text
    assert f"group={busy.group1.pk}" in text and "received_from=" in text


def test_a_scope_or_period_that_is_not_ones_own_is_refused(world):
    other = f"group:{world.group2.pk}"
    assert page(world.leader1, "weekly_brief", scope=other).status_code == 404
    assert page(world.leader1, "monthly_office").status_code == 403
    assert page(world.chief, "no_such_report").status_code == 404
    assert page(world.chief, "weekly_brief", first="下周").status_code == 400
    assert page(world.chief, "weekly_brief", first="2026-02-31").status_code == 400
    assert page(world.chief, "weekly_brief", first="2026-03-02", last="2026-03-01").status_code == 400


@pytest.mark.parametrize("count", [2, 20])
def test_the_brief_asks_the_same_questions_however_many_petitions(world, week, django_assert_max_num_queries, count):
    for _number in range(count):
        make_petition(world.assignment_a, world.office, days_ago=1)
    with django_assert_max_num_queries(40):
        report = brief(world, world.leader1, week)
        for section in report.sections:
            for block in section.blocks:
                if isinstance(block, Table):
                    list(block.lines())
