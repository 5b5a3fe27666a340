"""The register as a workbook: the columns of the register in order, cut to one's scope, never who wrote, always on record."""

import io

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from inspection.trail.models import Entry
from petitions import exporting, reports
from petitions.models import Exclusion, Petition, RegisterExport
from petitions.workflow import petition as petition_verbs
from petitions.workflow import transfer as slip_verbs
from rounds.models import Person, Recusal
from tests.cast import appoint
from tests.petitions.making import make_petition

COLUMNS = [
    *("序号", "登记编号", "轮次", "巡察组", "被巡察单位", "渠道", "收到时间", "邮戳日期", "登记人", "反映人", "署名情况"),
    *("联系方式", "人数", "被反映人", "单位职务", "级别", "主要内容", "六项纪律", "是否受理范围", "是否重复（首次编号）"),
    *("拟办意见", "领导批示", "处理方式", "承办单位", "转出时间", "签收人/时间", "办理期限", "办理结果", "反馈时间", "备注"),
]
REPORTER = {"name": "钱来也", "phone": "13800138000"}


def read(content: bytes) -> list[dict]:
    """The rows of a workbook by their headers."""
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    lines = list(page.iter_rows(values_only=True))
    assert list(lines[1]) == COLUMNS
    return [dict(zip(COLUMNS, line, strict=True)) for line in lines[2:] if line[0]]


def take_out(client, query="", **form) -> bytes:
    answer = client.post(reverse("petitions:export") + query, {"mark": "internal", "sure": "on"} | form)
    assert answer.status_code == 200, answer.status_code
    return b"".join(answer.streaming_content)


def written(user, petitions=None) -> list[dict]:
    out = io.BytesIO()
    export = RegisterExport(number="DC-2026-0001", made_by=user, mark="internal")
    exporting.write(export, Petition.objects.visible_to(user) if petitions is None else petitions, out)
    return read(out.getvalue())


def test_every_column_in_the_order_of_the_register(world):
    persons = [{"name": "孙某", "unit": "甲局", "post": "副局长", "level": "county"}]
    petition = make_petition(world.assignment_a, world.office, reporter=REPORTER, persons=persons)
    petition_verbs.accept(petition, by=world.leader1, discipline="integrity", note="拟了解核实")
    (row,) = written(world.office)
    assert row["序号"] == 1
    assert row["登记编号"] == petition.number
    assert (row["轮次"], row["巡察组"], row["被巡察单位"]) == ("十届县委第1轮巡察", "第一巡察组", "甲局")
    assert (row["渠道"], row["登记人"], row["六项纪律"]) == ("来信", "办公室甲", "廉洁纪律")
    assert (row["被反映人"], row["单位职务"]) == ("孙某", "甲局 副局长")
    assert row["主要内容"].endswith("集市门口常年占道。")
    assert (row["是否受理范围"], row["拟办意见"], row["处理方式"]) == ("是", "拟了解核实", "已受理")


def test_who_wrote_is_never_in_it(world, client):
    make_petition(world.assignment_a, world.office, reporter=REPORTER)
    make_petition(world.assignment_a, world.office)
    client.force_login(world.office)
    content = take_out(client)
    rows = read(content)
    assert {(row["反映人"], row["联系方式"]) for row in rows} == {("已密封", "已密封"), ("—", "—")}
    book = openpyxl.load_workbook(io.BytesIO(content))
    everything = str([[cell.value for cell in row] for row in book.active.iter_rows()])
    assert "钱来也" not in everything
    assert REPORTER["phone"][:7] not in everything  # three digits may well be a fraction of a second


def test_what_was_passed_on_shows_its_slip(world):
    petition = make_petition(world.assignment_a, world.office)
    today = timezone.localdate()
    slip = slip_verbs.transfer(petition, by=world.office, receiver=world.agency, extract="请处理", sent_on=today)
    slip_verbs.receive(slip, by=world.office, date=today, received_by="周某")
    slip_verbs.reply(slip, by=world.office, date=today, text="已清理")
    (row,) = written(world.office)
    assert (row["承办单位"], row["签收人/时间"]) == ("县信访局", f"周某 {today.isoformat()}")
    assert row["办理结果"] == "已清理"
    assert row["转出时间"].date() == row["反馈时间"].date() == today


def test_only_what_one_may_read_goes_out(world, client):
    make_petition(world.assignment_a, world.office, subject="甲局的事")
    make_petition(world.assignment_c, world.office, subject="丙局的事")
    named = make_petition(world.assignment_a, world.office, subject="点名的事")
    Exclusion.objects.create(petition=named, user=world.leader1, ground="named")
    client.force_login(world.leader1)
    assert [row["主要内容"].split("\n")[0] for row in read(take_out(client))] == ["甲局的事"]


def test_the_number_of_a_first_petition_out_of_sight_is_not_told(world):
    first = make_petition(world.assignment_a, world.office)
    repeat = make_petition(world.assignment_a, world.office)
    petition_verbs.link_repeat(repeat, by=world.office, first=first)
    assert {row["是否重复（首次编号）"] for row in written(world.office)} == {"否", f"是（{first.number}）"}
    Exclusion.objects.create(petition=first, user=world.leader1, ground="named")
    assert [row["是否重复（首次编号）"] for row in written(world.leader1)] == ["是"]


def test_the_filters_of_the_list_apply(world, client):
    make_petition(world.assignment_a, world.office)
    accepted = make_petition(world.assignment_a, world.office)
    petition_verbs.accept(accepted, by=world.leader1, discipline="work")
    client.force_login(world.office)
    assert [row["登记编号"] for row in read(take_out(client, "?state=accepted"))] == [accepted.number]


def test_a_filter_that_makes_no_sense_exports_nothing(world, client):
    client.force_login(world.office)
    assert client.get(reverse("petitions:export") + "?state=nowhere").status_code == 400


def test_asking_first_says_how_many_and_changes_nothing(world, client):
    make_petition(world.assignment_a, world.office)
    client.force_login(world.office)
    answer = client.get(reverse("petitions:export"))
    assert "将导出 1 件" in answer.content.decode()
    assert not RegisterExport.objects.exists()
    assert not Entry.objects.filter(verb="export").exists()


def test_without_a_word_nothing_goes_out(world, client):
    client.force_login(world.office)
    answer = client.post(reverse("petitions:export"), {"mark": "internal"})
    assert "sure" in answer.context["form"].errors
    assert not RegisterExport.objects.exists()


def test_the_mark_is_not_lower_than_that_of_any_petition(world, client):
    petition = make_petition(world.assignment_a, world.office)
    Petition.objects.filter(pk=petition.pk).update(mark="secret")
    client.force_login(world.office)
    answer = client.post(reverse("petitions:export"), {"mark": "internal", "sure": "on"})
    assert "mark" in answer.context["form"].errors
    assert len(read(take_out(client, mark="secret"))) == 1


def test_an_export_is_numbered_and_recorded_without_what_was_searched(world, client):
    make_petition(world.assignment_a, world.office)
    client.force_login(world.office)
    content = take_out(client, "?state=registered&q=集市")
    export = RegisterExport.objects.get()
    entry = Entry.objects.about(export).get(verb="export")
    assert entry.number == export.number == f"DC-{timezone.localdate().year}-0001"
    assert entry.facts == {"count": export.total, "filters": ["q", "state"], "mark": "internal"}
    assert "集市".encode() not in bytes(export.filters.sealed)
    assert export.number in openpyxl.load_workbook(io.BytesIO(content)).active.oddFooter.left.text


def test_a_hand_up_shows_no_content(world):
    petition = make_petition(world.assignment_a, world.office, subject="反映上级")
    today = timezone.localdate()
    petition_verbs.hand_up(petition, by=world.leader1, receiver_name="省纪委", handed_on=today, received_by="王某")
    (row,) = written(world.office)
    assert "反映上级" not in str(row)
    assert row["主要内容"] == "已密封呈报，内容不留存"


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+86", "@SUM(1)", "-1+1"])
def test_nothing_that_was_written_becomes_a_formula(world, text):
    make_petition(world.assignment_a, world.office, subject=text, text=text)
    out = io.BytesIO()
    exporting.write(RegisterExport(number="x", made_by=world.office), Petition.objects.all(), out)
    page = openpyxl.load_workbook(io.BytesIO(out.getvalue())).active
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)


def test_reading_in_blocks_asks_no_more_for_each_row(world, django_assert_num_queries, monkeypatch):
    """The rows, then units and people once, and slips and opinions for each block."""
    monkeypatch.setattr(reports, "BLOCK", 4)
    for _number in range(8):
        make_petition(world.assignment_a, world.office)
    with django_assert_num_queries(1 + 2 + 2 * 2):
        assert len(list(reports.register(Petition.objects.all(), world.office).lines())) == 8


def test_a_large_export_is_made_by_a_worker_for_its_maker_alone(world, client, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    for _number in range(3):
        make_petition(world.assignment_a, world.office)
    client.force_login(world.office)
    answer = client.post(reverse("petitions:export"), {"mark": "internal", "sure": "on"})
    export = RegisterExport.objects.get()
    assert (answer["Location"], export.state) == (export.get_absolute_url(), "waiting")
    assert "hx-trigger" in client.get(export.get_absolute_url()).content.decode()
    exporting.make(export.pk)
    exporting.make(export.pk)
    export.refresh_from_db()
    assert (export.state, export.done) == ("done", 3)
    fetched = client.get(reverse("petitions:export-file", args=[export.number]))
    assert len(read(b"".join(fetched.streaming_content))) == 3
    assert Entry.objects.about(export).filter(verb="download").count() == 1
    client.force_login(world.chief)
    assert client.get(reverse("petitions:export-file", args=[export.number])).status_code == 404


def test_a_kept_file_is_out_of_reach_once_a_right_to_something_in_it_ends(world, client, monkeypatch):
    """A right to other cases does not open what was taken out under a right that is gone."""
    monkeypatch.setattr(exporting, "AT_ONCE", 0)
    make_petition(world.assignment_a, world.office)
    make_petition(world.assignment_b, world.office)

    def kept(user) -> RegisterExport:
        export = exporting.begin(by=user, query="", mark="internal", total=2)
        exporting.make(export.pk)
        return RegisterExport.objects.get(pk=export.pk)

    def fetched(user, export) -> int:
        client.force_login(user)
        return client.get(reverse("petitions:export-file", args=[export.number])).status_code

    of_leader, of_office = kept(world.leader1), kept(world.office)
    assert (fetched(world.leader1, of_leader), fetched(world.office, of_office)) == (200, 200)
    own = Person.objects.create(user=world.office, name=world.office.name, code="P-office")
    Recusal.objects.create(person=own, unit=world.unit_a, ground=Recusal.Ground.RELATIVE, declared_by=world.office)
    assert fetched(world.office, of_office) == 404
    world.leader1.person.appointments.update(revoked_at=timezone.now())
    appoint(world.group2, world.leader1, by=world.admin)
    assert fetched(world.leader1, of_leader) == 404


def test_a_worker_makes_it_under_the_rights_of_that_moment(world, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 0)
    make_petition(world.assignment_a, world.office)
    export = exporting.begin(by=world.leader1, query="", mark="internal", total=1)
    world.leader1.person.appointments.update(revoked_at=timezone.now())
    exporting.make(export.pk)
    export.refresh_from_db()
    assert (export.state, export.file) == ("failed", None)


def test_who_has_no_business_with_petitions_exports_none(world):
    for name in ("admin", "auditor", "custodian", "liaison_a", "outsider"):
        with pytest.raises(PermissionDenied):
            exporting.chosen(getattr(world, name), "")
