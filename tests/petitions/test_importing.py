"""Sheets: looked at before anything is imported, every bad cell named, in once however often, whatever stops the worker."""

import datetime as dt
import io
import os
import signal
import subprocess
import sys
import threading
import zipfile

import openpyxl
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from inspection.documents import sheets
from inspection.documents.sheets import SheetRefused
from inspection.outbox.delivery import deliver_ready
from inspection.outbox.models import Message
from inspection.trail.models import Entry
from inspection.vault import envelopes, files
from petitions import watching
from petitions.forms.importing import UploadForm
from petitions.importing import ahead, batches, cells, checking, columns, running
from petitions.models import Category, ImportBatch, Petition
from tests.petitions.making import make_petition

REGISTER = [
    "序号",
    "登记编号",
    "渠道",
    "收到时间",
    "反映人",
    "联系方式",
    "人数",
    "被反映人",
    "单位职务",
    "级别",
    "主要内容",
    "六项纪律",
    "备注",
]
MESSAGES = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"]


def sheet(*rows, title="Sheet1", more=()) -> io.BytesIO:
    """A workbook of these rows; `more` are (title, rows) of further sheets."""
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for name, others in more:
        page = book.create_sheet(name)
        for row in others:
            page.append(row)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def message(number=2549, **changes) -> list:
    cells_ = {
        "留言编号": number,
        "留言用户": "A00045581",
        "留言主题": "物业管理有问题",
        "留言时间": "2019/4/25 9:32:09",
        "留言详情": "\n\t\t\t\t\t\n\t\t\t\t\t小区物业长期不公布收支。\n\t\t",
        "答复意见": "网友您好，已责成公布。",
        "答复时间": "2019/5/10 14:56:53",
    } | changes
    return [cells_[name] for name in MESSAGES]


def look(rows, world, **more):
    return checking.check(sheet(*rows), "petitions", assignment=world.assignment_a, **more)


def upload(rows, world, kind="petitions", by=None, assignment=None):
    place = None if kind == "categories" else assignment or world.assignment_a
    return batches.upload(sheet(*rows), "登记表.xlsx", kind, by=by or world.office, assignment=place)


def into(rows, world, **more) -> ImportBatch:
    batch = upload(rows, world, **more)
    assert batches.confirm(batch, by=more.get("by") or world.office)
    return running.run(batch.pk)


# --- what is recognised ---------------------------------------------------------------------------------------------------


def test_the_headers_of_public_platforms_are_known():
    found = columns.recognise(tuple(MESSAGES), "petitions")
    assert list(found.places) == ["source", "reporter_account", "subject", "received_at", "text", "reply", "replied_on"]
    assert (found.unused, found.missing) == ((), ())


def test_the_headers_of_the_register_are_known():
    found = columns.recognise(tuple(REGISTER), "petitions")
    assert {"source", "channel_kind", "received_at", "reporter_name", "person_name", "person_post", "text"} <= set(found.places)
    assert found.unused == ("序号", "备注")


@pytest.mark.parametrize("written", ["主要内容*", " 主要 内容 ", "主要内容（必填）", "主要内容:", "主要內容"])
def test_a_header_is_known_however_it_is_dressed(written):
    assert columns.recognise(("收到时间", written), "petitions").places["text"] == 1


@pytest.mark.parametrize(
    "written, expected",
    [
        ("2019/4/25 9:32:09", "2019-04-25 09:32:09"),
        ("2019-04-25 09:32", "2019-04-25 09:32:00"),
        ("2019-04-25T09:32:09", "2019-04-25 09:32:09"),
        ("2019年4月25日", "2019-04-25 00:00:00"),
        ("2019年4月25日 9时32分", "2019-04-25 09:32:00"),
        ("2019年4月25日下午3:20", "2019-04-25 15:20:00"),
        ("2019.4.25", "2019-04-25 00:00:00"),
        ("２０１９／４／２５", "2019-04-25 00:00:00"),
        ("20190425", "2019-04-25 00:00:00"),
        (20190425, "2019-04-25 00:00:00"),
        (43580.397326, "2019-04-25 09:32:09"),
        ("43580", "2019-04-25 00:00:00"),
        (dt.datetime(2019, 4, 25, 9, 32, 9), "2019-04-25 09:32:09"),
        (dt.date(2019, 4, 25), "2019-04-25 00:00:00"),
    ],
)
def test_days_are_read_in_the_offices_time_zone(written, expected):
    found = cells.moment(written)
    assert timezone.localtime(found).strftime("%Y-%m-%d %H:%M:%S") == expected
    assert str(found.tzinfo) == "Asia/Shanghai"


@pytest.mark.parametrize("written", ["上周三", "2019年春天", "2019-13-01", "2019/2/30", "25/4/2019", "12", 7, True, "2019", "😀"])
def test_what_is_no_day_is_said_to_be_none(written):
    with pytest.raises(cells.Bad) as bad:
        cells.moment(written)
    assert bad.value.code == "date"


@pytest.mark.parametrize("written, code", [("2999/1/1", "future"), ("1949/10/1", "too_early")])
def test_days_that_cannot_be_are_named(written, code):
    with pytest.raises(cells.Bad) as bad:
        cells.moment(written)
    assert bad.value.code == code


# --- looking ----------------------------------------------------------------------------------------------------------------


def test_looking_saves_nothing(world):
    found = look([MESSAGES, message()], world)
    assert (found.total, found.good, found.known, found.bad) == (1, 1, 0, 0)
    assert not Petition.objects.exists()


@pytest.mark.parametrize(
    "changes, column, code",
    [
        ({"留言详情": None}, "E", "missing"),
        ({"留言主题": "  "}, "C", "missing"),
        ({"留言时间": None}, "D", "missing"),
        ({"留言时间": "去年夏天"}, "D", "date"),
        ({"留言时间": "2999/1/1 8:00:00"}, "D", "future"),
        ({"答复时间": "很久以后"}, "G", "date"),
        ({"留言主题": "长" * 201}, "C", "too_long"),
        ({"留言详情": "甲_x0000_乙"}, "E", "nul"),
        ({"留言详情": "=A1&B1"}, "E", "formula"),
        ({"留言主题": "#REF!"}, "C", "error"),
    ],
)
def test_every_bad_cell_is_named_with_row_column_and_reason(world, changes, column, code):
    found = look([MESSAGES, message(), message(2, **changes)], world)
    assert (found.total, found.good, found.bad) == (2, 1, 1)
    (problem,) = found.problems
    assert (problem.row, problem.column, problem.code) == (3, column, code)
    assert problem.header in MESSAGES
    assert str(cells.PROBLEMS[problem.code])


@pytest.mark.parametrize(
    "header, value, code",
    [
        ("渠道", "信鸽", "channel"),
        ("六项纪律", "廉洁纪律、工作纪律", "discipline"),
        ("级别", "九品", "level"),
        ("人数", "很多", "number"),
        ("人数", 0, "people"),
        ("内容分类", "没有/这一项", "category"),
        ("邮戳日期", "2026/1/9", "postmark_late"),
        ("类别", "其他", "kind"),
    ],
)
def test_unknown_choices_are_named(world, header, value, code):
    found = look([["收到时间", "主要内容", header], ["2026-01-05", "占道经营", value]], world)
    assert [problem.code for problem in found.problems] == [code]
    assert found.problems[0].column == "C"


def test_several_problems_of_one_row_are_all_named(world):
    found = look([MESSAGES, message(留言时间="昨天", 留言主题=None)], world)
    assert {problem.column for problem in found.problems} == {"C", "D"}
    assert found.bad == 1


def test_a_row_that_repeats_another_is_named(world):
    found = look([MESSAGES, message(), message()], world)
    assert [(problem.row, problem.code) for problem in found.problems] == [(3, "duplicate")]


def test_two_rows_of_one_number_and_different_moments_are_two(world):
    found = look([MESSAGES, message(1), message(1, 留言时间="2019/4/26 9:00:00")], world)
    assert found.good == 2


def test_after_the_closing_day_a_row_is_named(world):
    world.assignment_a.cutoff_on = timezone.localdate() - dt.timedelta(days=10)
    world.assignment_a.save()
    late = timezone.localdate() - dt.timedelta(days=2)
    found = look([["收到时间", "主要内容", "渠道"], [late, "占道经营", "网络"]], world)
    assert [problem.code for problem in found.problems] == ["too_late"]


def test_the_sample_leaves_out_who_wrote(world):
    found = look([["收到时间", "反映人", "联系方式", "主要内容"], ["2026-01-05", "钱来也", "13800138000", "占道"]], world)
    assert found.sample == [["2026-01-05", "（密封）", "（密封）", "占道"]]


def test_problems_never_repeat_what_a_cell_says(world):
    batch = upload([MESSAGES, message(留言时间="机密的日子")], world)
    assert "机密" not in str(batch.problems)
    assert "机密" not in str(batch.columns)


# --- wrong files ------------------------------------------------------------------------------------------------------------


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/worksheets/sheet1.xml", b"\0" * 4 * 1024**2)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "留言编号,留言详情\n1,甲\n".encode("gb18030"),
        b"",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"PK\x03\x04" + bytes(100),
        b"%PDF-1.4 ...",
        sheet(["一级分类", "二级分类"], ["甲", "乙"]).getvalue(),
        sheet(["留言编号", "留言主题"], [1, "缺列"]).getvalue(),
        sheet(["只有一格"]).getvalue(),
    ],
    ids=["gb18030 csv", "empty", "xls", "broken zip", "pdf", "another sheet", "missing column", "no header"],
)
def test_a_wrong_file_is_refused_with_a_sentence(world, client, content):
    client.force_login(world.office)
    file = io.BytesIO(content)
    file.name = "表.xlsx"
    answer = client.post(
        reverse("petitions:imports"),
        {"kind": "petitions", "assignment": world.assignment_a.pk, "channel_kind": "online", "file": file},
    )
    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]
    assert not ImportBatch.objects.exists()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(world, monkeypatch):
    monkeypatch.setattr(sheets, "UNPACKED_BYTES", 1024**2)
    with pytest.raises(SheetRefused):
        checking.check(io.BytesIO(bomb()), "petitions", assignment=world.assignment_a)


def test_fifty_megabytes_are_refused_beside_the_field(world):
    file = SimpleUploadedFile("大.xlsx", b"PK\x03\x04")
    file.size = 50 * 1024 * 1024
    facts = {"kind": "petitions", "assignment": world.assignment_a.pk, "channel_kind": "online"}
    form = UploadForm(facts, {"file": file}, user=world.office)
    assert not form.is_valid()
    assert "20" in str(form.errors["file"])


def test_the_right_sheet_is_found_behind_another(world):
    file = sheet(["说明", "见第二张表"], title="说明", more=[("数据", [MESSAGES, message()])])
    found = checking.check(file, "petitions", assignment=world.assignment_a)
    assert (found.columns["sheet"], found.good) == ("数据", 1)


def test_a_title_above_the_header_does_no_harm(world):
    found = look([["某市网民留言（2019年）"], [], MESSAGES, message()], world)
    assert found.good == 1


# --- importing --------------------------------------------------------------------------------------------------------------


def test_nothing_is_imported_before_it_is_confirmed(world):
    batch = upload([MESSAGES, message()], world)
    assert running.run(batch.pk) is None
    assert not Petition.objects.exists()
    assert not Message.objects.filter(kind="import").exists()


def test_a_row_becomes_a_petition(world):
    batch = into([MESSAGES, message()], world)
    assert (batch.state, batch.added, batch.done) == ("done", 1, 1)
    petition = Petition.objects.get()
    assert (petition.subject, petition.text) == ("物业管理有问题", "小区物业长期不公布收支。")
    assert (petition.channel_kind, petition.signature, petition.registered_by) == ("online", "anonymous", world.office)
    assert timezone.localtime(petition.received_at).strftime("%Y-%m-%d %H:%M:%S") == "2019-04-25 09:32:09"
    assert petition.details == {"reply": "网友您好，已责成公布。", "replied_on": "2019-05-10 14:56"}
    assert envelopes.open_(petition.identity, petition.owner) == {"account": "A00045581"}
    assert "公布".encode() not in bytes(petition.content.sealed)
    assert list(Petition.objects.search("物业")) == [petition]


def test_a_register_row_becomes_a_petition(world):
    row = [1, "老-1", "来信", "2026/10/8", "钱来也", "13800138000", 3, "孙某", "副局长", "县处级", "收受礼金", "廉洁纪律", "x"]
    into([REGISTER, row], world)
    petition = Petition.objects.get()
    assert (petition.channel_kind, petition.discipline, petition.level, petition.people_count) == (
        "letter",
        "integrity",
        "county",
        3,
    )
    assert petition.persons == [{"name": "孙某", "unit": "", "post": "副局长", "level": "unknown"}]
    assert petition.signature == "signed"


def test_a_second_import_adds_nothing(world):
    rows = [MESSAGES, message(1), message(2)]
    into(rows, world)
    again = upload(rows, world)
    assert (again.good, again.known) == (0, 2)
    assert batches.confirm(again, by=world.office) is False
    assert Petition.objects.count() == 2


def test_only_the_new_rows_of_a_grown_sheet_go_in(world):
    into([MESSAGES, message(1)], world)
    batch = into([MESSAGES, message(1), message(2)], world)
    assert (batch.added, Petition.objects.count()) == (1, 2)


def test_the_same_sheet_into_another_assignment_is_not_known_there(world):
    into([MESSAGES, message(1)], world)
    assert upload([MESSAGES, message(1)], world, assignment=world.assignment_c).good == 1


def test_rows_of_our_own_register_are_known(world):
    number = make_petition(world.assignment_a, world.office).number
    found = look([["登记编号", "收到时间", "主要内容"], [number, "2026-01-05", "占道"]], world)
    assert (found.good, found.known) == (0, 1)


def test_good_rows_go_in_beside_bad_ones(world):
    batch = into([MESSAGES, message(1), message(2, 留言时间="昨天"), message(3)], world)
    assert (batch.total, batch.good, batch.added) == (3, 2, 2)


def test_a_row_that_became_bad_meanwhile_is_told_once_and_the_others_go_in(world):
    late, early = timezone.localdate() - dt.timedelta(days=2), "2026-01-05"
    rows = [["收到时间", "主要内容"], [early, "占道经营"], [late, "占道经营"], ["昨天", "占道经营"]]
    batch = upload(rows, world)
    world.assignment_a.channels.filter(kind="online").update(active=False)
    world.assignment_a.cutoff_on = timezone.localdate() - dt.timedelta(days=10)
    world.assignment_a.save()
    batches.confirm(batch, by=world.office)
    batch = running.run(batch.pk)
    assert (batch.good, batch.added, batch.done) == (2, 1, 3)
    assert [(problem["row"], problem["code"]) for problem in batch.problems] == [(4, "date"), (3, "too_late")]


def test_one_entry_for_the_batch_and_one_for_each_petition(world):
    batch = into([MESSAGES, message(1), message(2)], world)
    (entry,) = Entry.objects.about(batch)
    assert (entry.verb, entry.actor, entry.facts["added"]) == ("import", world.office, 2)
    for petition in Petition.objects.all():
        assert [entry.verb for entry in Entry.objects.about(petition)] == ["register"]


def test_the_sheet_is_destroyed_once_it_is_imported(world):
    batch = into([MESSAGES, message()], world)
    with pytest.raises(files.Destroyed):
        list(files.chunks(batch.file))
    assert batches.sample(batch) == {}


def test_giving_up_destroys_the_sheet(world):
    batch = upload([MESSAGES, message()], world)
    assert batches.discard(batch, by=world.office)
    assert batch.state == "discarded"
    with pytest.raises(files.Destroyed):
        list(files.chunks(batch.file))
    assert batches.confirm(batch, by=world.office) is False


def test_a_double_click_confirms_once(world):
    batch = upload([MESSAGES, message()], world)
    stale = ImportBatch.objects.get(pk=batch.pk)
    assert [batches.confirm(batch, by=world.office), batches.confirm(stale, by=world.office)] == [True, False]
    assert Message.objects.filter(kind="import").count() == 1


class Killed(BaseException):
    """The worker ends here."""


def test_a_killed_worker_is_taken_up_where_it_stopped(world, monkeypatch):
    monkeypatch.setattr(ahead, "CHUNK", 2)
    batch = upload([MESSAGES, *[message(number) for number in range(1, 8)]], world)
    batches.confirm(batch, by=world.office)
    real, calls = running._import, []

    def deadly(*args):
        calls.append(1)
        added = real(*args)
        if len(calls) == 3:
            raise Killed
        return added

    monkeypatch.setattr(running, "_import", deadly)
    with pytest.raises(Killed):
        running.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.done, Petition.objects.count()) == ("running", 4, 4)
    monkeypatch.setattr(running, "_import", real)
    batch = running.run(batch.pk)
    assert (batch.state, batch.added, Petition.objects.count()) == ("done", 7, 7)
    assert running.run(batch.pk) is None


def test_two_workers_on_one_batch_import_each_row_once(world, monkeypatch):
    monkeypatch.setattr(ahead, "CHUNK", 2)
    batch = upload([MESSAGES, *[message(number) for number in range(1, 8)]], world)
    batches.confirm(batch, by=world.office)
    real_chunk, inside = running._chunk, []

    def chunk(*args):
        if not inside:
            inside.append(1)
            running.run(batch.pk)
        return real_chunk(*args)

    monkeypatch.setattr(running, "_chunk", chunk)
    running.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.added, Petition.objects.count()) == ("done", 7, 7)


@pytest.fixture
def aside(transactional_db, monkeypatch):
    """Every sheet is long enough for a process that reads ahead, and that process works on the database of the test."""
    server, _slash, _name = (os.environ.get("DATABASE_URL") or "sqlite:///").rpartition("/")
    monkeypatch.setenv("DATABASE_URL", f"{server}/{connection.settings_dict['NAME']}")
    monkeypatch.setattr(ahead, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})


def test_a_long_sheet_is_read_ahead_by_a_process(aside, world, monkeypatch, caplog):
    into([MESSAGES, message(1)], world)
    monkeypatch.setattr(ahead, "CHUNK", 2)  # of this process, which is not to read a single row
    monkeypatch.setattr(ahead, "chunks", None)
    batch = into([MESSAGES, *[message(number) for number in range(6)], message(7, 留言时间="上周三")], world)
    assert (batch.state, batch.done, batch.added, Petition.objects.count()) == ("done", 7, 5, 6)
    assert [problem["code"] for problem in batch.problems] == ["date"]
    assert not [line for line in caplog.messages if "ahead" in line]
    monkeypatch.setattr(ahead, "PROCESS", ahead.PROCESS.replace("ahead.say", "ahead.CHUNK = 2; ahead.say"))
    batch = into([MESSAGES, *[message(number) for number in range(10, 17)]], world)
    assert (batch.done, batch.added) == (7, 7) and not [line for line in caplog.messages if "ahead" in line]
    petition = Petition.objects.visible_to(world.office).search("公布收支").order_by("-pk")[0]
    assert petition.opened()["details"]["replied_on"] == "2019-05-10 14:56"


ENDS_EARLY = """
import itertools, sys
sys.path.insert(0, sys.argv[1])
import django; django.setup()
from petitions.importing import ahead
whole, ahead.CHUNK = ahead.chunks, 2
ahead.chunks = lambda *given: itertools.islice(whole(*given), 2)
ahead.say(*sys.argv[2:])
"""
SAYS_NOTHING = "import time; time.sleep(600)"
FAILURES = ["raise SystemExit(1)", "print('nonsense', flush=True)", ENDS_EARLY, SAYS_NOTHING]


@pytest.mark.parametrize("process", FAILURES)
def test_when_the_process_that_reads_ahead_fails_its_rows_are_read_here(aside, world, monkeypatch, caplog, process):
    monkeypatch.setattr(ahead, "PROCESS", process)
    monkeypatch.setattr(ahead, "SILENCE", 1 if process is SAYS_NOTHING else 30)
    batch = into([MESSAGES, *[message(number) for number in range(7)]], world)
    assert (batch.state, batch.done, batch.added, Petition.objects.count()) == ("done", 7, 7, 7)
    before = 4 if process is ENDS_EARLY else 0
    assert f"import {batch.pk}: the process that reads ahead gave no more than {before} rows" in caplog.messages


def test_a_process_that_reads_ahead_ends_with_the_import(aside, world, monkeypatch):
    started, start = [], ahead._started
    monkeypatch.setattr(ahead, "_started", lambda *given: started.append(start(*given)) or started[0])
    monkeypatch.setattr(ahead, "AHEAD", 1)
    monkeypatch.setattr(ahead, "PROCESS", ENDS_EARLY.replace("islice(whole(*given), 2)", "repeat([(1, None, [])])"))
    batch, before = upload([MESSAGES, message()], world), threading.active_count()
    with ahead.ready(batch, 0) as chunks:
        assert next(chunks) == [(1, None, [])]
        assert threading.active_count() == before + 1 and started[0].poll() is None
    assert threading.active_count() == before
    assert started[0].returncode == -signal.SIGKILL


def test_where_there_is_no_room_for_a_process_rows_are_read_here(aside, world, monkeypatch):
    def no_room(*_args, **_more):
        raise BlockingIOError("fork")

    monkeypatch.setattr(ahead.subprocess, "Popen", no_room)
    assert into([MESSAGES, message()], world).added == 1


def test_a_process_led_to_another_database_says_nothing_of_its_sheet(aside, world, monkeypatch, caplog):
    monkeypatch.setattr(ahead, "PROCESS", ahead.PROCESS.replace("*sys.argv[2:]", "sys.argv[2], '0' * 64, sys.argv[4]"))
    batch = into([MESSAGES, message()], world)
    assert batch.added == 1 and "gave no more than 0 rows" in caplog.text


def test_long_rows_make_short_chunks(world, monkeypatch):
    monkeypatch.setattr(ahead, "CHARS", 100)
    batch = upload([MESSAGES, *[message(number, 留言详情="字" * 70) for number in range(3)]], world)
    assert [len(found) for found in ahead.chunks(batch, 0)] == [1, 1, 1, 0]


def test_numbers_that_the_import_gives_itself_are_none_of_its_rows(world, monkeypatch):
    """A paper register that uses the round's prefix, with rows that have no number before one that has."""
    monkeypatch.setattr(ahead, "CHUNK", 1)
    first = f"{world.assignment_a.round.code}-{timezone.localdate().year}-0001"
    rows = [[1, own, "来信", "2026/10/8", *[""] * 6, said, "", ""] for own, said in (("", "收受礼金"), (first, "另一件事"))]
    batch = into([REGISTER, *rows], world)
    assert (batch.good, batch.added, batch.problems) == (2, 2, [])


def test_the_index_is_left_settled(world, monkeypatch, caplog):
    settled = []
    monkeypatch.setattr(running.index, "settle", lambda: settled.append(1))
    into([MESSAGES, message()], world)
    assert settled == [1]

    def refused():
        raise DatabaseError("must be owner of index, said the database")

    monkeypatch.setattr(running.index, "settle", refused)
    assert into([MESSAGES, message(2)], world).state == "done"
    assert "not settled: DatabaseError" in caplog.text and "owner" not in caplog.text


def test_what_a_cell_says_reaches_no_warning(tmp_path):
    """openpyxl warns of a number too large for a date, and quotes it: a telephone number in a cell formatted as a date. In an
    interpreter of its own, because pytest collects warnings.
    """
    book = openpyxl.load_workbook(sheet(MESSAGES, message()))
    cell = book.active.cell(2, 4, 13912345678)
    cell.number_format = "yyyy-mm-dd"
    book.save(tmp_path / "book.xlsx")
    read = "import sys; from inspection.documents import sheets; print(*sheets.read_rows(open(sys.argv[1], 'rb')).rows)"
    run = [sys.executable, "-W", "default", "-c", read, str(tmp_path / "book.xlsx")]
    said = subprocess.run(run, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    assert "物业管理有问题" in said.stdout and "13912345678" not in said.stderr


def test_a_right_lost_meanwhile_stops_the_import(world):
    batch = upload([MESSAGES, message()], world, by=world.coordinator1)
    batches.confirm(batch, by=world.coordinator1)
    world.coordinator1.person.appointments.update(revoked_at=timezone.now())
    batch = running.run(batch.pk)
    assert (batch.state, Petition.objects.count()) == ("failed", 0)
    assert Entry.objects.about(batch).get().verb == "import_failed"


@pytest.mark.parametrize("who", ["member1", "leader2", "recused1", "admin", "auditor", "liaison_a"])
def test_who_may_not_import_may_not_upload(world, who):
    with pytest.raises(PermissionDenied):
        upload([MESSAGES, message()], world, by=getattr(world, who))


def test_a_column_of_categories_is_matched(world):
    into([["一级分类", "二级分类"], ["城乡建设", "安全生产"]], world, kind="categories")
    into([["收到时间", "主要内容", "一级分类", "二级分类"], ["2026-01-05", "占道", "城乡建设", "安全生产"]], world)
    assert Petition.objects.get().category.path == "城乡建设/安全生产"


# --- categories --------------------------------------------------------------------------------------------------------------


def test_categories_are_made_with_their_parents_and_once(world):
    rows = [["一级分类", "二级分类", "三级分类"], ["城乡建设", "安全生产", "事故处理"], ["城乡建设", "安全生产", "安全隐患"]]
    batch = into(rows, world, kind="categories", by=world.admin)
    assert batch.added == 2
    assert list(Category.objects.values_list("path", "level")) == [
        ("城乡建设", 1),
        ("城乡建设/安全生产", 2),
        ("城乡建设/安全生产/事故处理", 3),
        ("城乡建设/安全生产/安全隐患", 3),
    ]
    assert upload(rows, world, kind="categories").known == 2


def test_a_gap_in_the_levels_is_named(world):
    found = checking.check(sheet(["一级分类", "二级分类", "三级分类"], ["城乡建设", None, "事故"]), "categories")
    assert [(problem.column, problem.code) for problem in found.problems] == [("B", "gap")]


def test_a_group_leader_does_not_import_categories(world):
    with pytest.raises(PermissionDenied):
        upload([["一级分类", "二级分类"], ["甲", "乙"]], world, kind="categories", by=world.leader1)


# --- the worker -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch, django_capture_on_commit_callbacks):
    """What is sent to the workers when the outbox delivers."""
    tasks = []
    monkeypatch.setattr(watching.current_app, "send_task", lambda name, args: tasks.append((name, args)))

    def deliver():
        tasks.clear()
        with django_capture_on_commit_callbacks(execute=True):
            deliver_ready()
        return list(tasks)

    return deliver


def test_confirming_puts_it_before_a_worker(world, sent):
    batch = upload([MESSAGES, message()], world)
    batches.confirm(batch, by=world.office)
    assert sent() == [("petitions.import_batch", [batch.pk])]


def passed(kind="import"):
    Message.objects.filter(kind=kind, state="waiting").update(due_at=timezone.now())


def test_a_worker_that_stands_still_is_replaced_and_one_that_moves_is_left_alone(world, sent):
    batch = upload([MESSAGES, message()], world)
    batches.confirm(batch, by=world.office)
    sent()
    ImportBatch.objects.update(state="running", done=1)
    passed()
    assert sent() == []
    passed()
    assert sent() == [("petitions.import_batch", [batch.pk])]


def test_after_many_looks_without_progress_it_is_given_up(world, sent):
    batch = upload([MESSAGES, message()], world)
    batches.confirm(batch, by=world.office)
    for _look in range(watching.GIVE_UP_AFTER + 1):
        passed()
        sent()
    batch.refresh_from_db()
    assert batch.state == "failed"
    passed()
    assert sent() == []


def test_a_finished_batch_is_looked_at_no_more(world, sent):
    batch = upload([MESSAGES, message()], world)
    batches.confirm(batch, by=world.office)
    sent()
    running.run(batch.pk)
    passed()
    assert sent() == []
    assert not Message.objects.filter(kind="import", state="waiting").exists()


# --- pages -------------------------------------------------------------------------------------------------------------------


def test_the_way_through_the_pages(world, client, sent):
    client.force_login(world.office)
    file = sheet(MESSAGES, message(1), message(2, 留言时间="昨天"))
    file.name = "留言.xlsx"
    form = {"kind": "petitions", "assignment": world.assignment_a.pk, "channel_kind": "online", "file": file}
    answer = client.post(reverse("petitions:imports"), form)
    batch = ImportBatch.objects.get()
    assert answer["Location"] == batch.get_absolute_url()
    page = client.get(batch.get_absolute_url()).content.decode()
    for words in ("留言主题", "不是日期", "确认导入 1 行", "（密封）"):
        assert words in page
    assert "A00045581" not in page
    client.post(reverse("petitions:import-confirm", args=[batch.pk]))
    waiting = client.get(reverse("petitions:import-progress", args=[batch.pk]), headers={"HX-Request": "true"})
    assert "hx-trigger" in waiting.content.decode()
    running.run(batch.pk)
    done = client.get(reverse("petitions:import-progress", args=[batch.pk]), headers={"HX-Request": "true"})
    assert done["HX-Refresh"] == "true"
    assert Petition.objects.count() == 1


def test_petitions_need_an_assignment(world, client):
    client.force_login(world.office)
    file = sheet(MESSAGES, message())
    file.name = "a.xlsx"
    answer = client.post(reverse("petitions:imports"), {"kind": "petitions", "channel_kind": "online", "file": file})
    assert "assignment" in answer.context["form"].errors


def test_a_coordinator_is_offered_own_assignments_only(world, client):
    client.force_login(world.coordinator1)
    form = client.get(reverse("petitions:imports")).context["form"]
    assert {assignment.number for assignment in form.fields["assignment"].queryset} == {"T01-1-01", "T01-1-02"}
    assert [value for value, _label in form.fields["kind"].choices] == ["petitions"]


def test_what_an_unregistered_sheet_says_is_shown_to_who_brought_it_alone(world, client):
    """Nobody it names is kept out before its rows are registered: the leader it accuses must not read it in the preview."""
    batch = upload([MESSAGES, message(留言主题="组长一收受礼金")], world)
    assert batch.uploaded_by == world.office
    for user, shown in ((world.office, True), (world.leader1, False), (world.office2, False)):
        client.force_login(user)
        answer = client.get(batch.get_absolute_url())
        assert answer.status_code == 200
        assert ("收受礼金" in answer.content.decode()) is shown, user


def test_imports_of_others_are_out_of_sight(world, client):
    batch = upload([MESSAGES, message()], world, assignment=world.assignment_c)
    client.force_login(world.leader1)
    assert client.get(batch.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("rows", [5, 25])
def test_the_list_of_imports_asks_as_much_for_many_as_for_few(world, client, rows, django_assert_max_num_queries):
    for _row in range(rows):
        upload([MESSAGES, message()], world)
    client.force_login(world.office)
    with django_assert_max_num_queries(32):
        client.get(reverse("petitions:imports"))


# --- commands ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "留言.xlsx"
    path.write_bytes(sheet(MESSAGES, message(1), message(2, 留言时间="昨天")).getvalue())
    return path


def test_the_command_imports_and_names_what_is_bad(world, file, capsys):
    call_command("import_petitions", file, assignment="T01-1-01")
    said = capsys.readouterr()
    assert "已导入 1 行" in said.out
    assert "第 3 行 D 列（留言时间）" in said.err
    call_command("import_petitions", file, assignment="T01-1-01")
    assert "没有新行" in capsys.readouterr().out
    assert Petition.objects.count() == 1


def test_a_dry_run_imports_nothing(world, file, capsys):
    call_command("import_petitions", file, assignment="T01-1-01", dry_run=True)
    assert "仅检查" in capsys.readouterr().out
    assert not Petition.objects.exists()
    assert not ImportBatch.objects.exists()


def test_the_command_says_what_is_wrong(world, file, tmp_path):
    with pytest.raises(CommandError, match="NOWHERE"):
        call_command("import_petitions", file, assignment="NOWHERE")
    with pytest.raises(CommandError):
        call_command("import_petitions", tmp_path / "none.xlsx", assignment="T01-1-01")
    with pytest.raises(CommandError):
        call_command("import_categories", file)
    with pytest.raises(CommandError):
        call_command("import_petitions", file, assignment="T01-1-01", by="liaison_a")


def test_the_command_imports_categories(world, tmp_path, capsys):
    path = tmp_path / "c.xlsx"
    path.write_bytes(sheet(["一级分类", "二级分类"], ["甲", "乙"]).getvalue())
    call_command("import_categories", path)
    assert Category.objects.count() == 2
