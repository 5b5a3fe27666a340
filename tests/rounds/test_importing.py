"""Units and people from XLSX: by page and by command, all good or nothing, every bad cell named."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from inspection.trail.models import Entry
from rounds.models import Category, Person, Unit

UNITS = ["单位代码", "单位名称", "板块", "地区", "上级单位代码", "主要负责人职务", "纳入全覆盖"]
GOOD = [
    ["N-1", "新一局", "县直部门", "某县", None, "局长", "是"],
    ["N-2", "新二局", "新板块", None, "N-1", None, "否"],
]


def book(header, rows, title=None) -> bytes:
    made = openpyxl.Workbook()
    for row in [*([[title]] if title else []), header, *rows]:
        made.active.append(row)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def upload(content, name="units.xlsx"):
    return SimpleUploadedFile(name, content)


def preview(client, kind, content, name="units.xlsx"):
    return client.post(reverse(f"rounds:import-{kind}"), {"file": upload(content, name)})


@pytest.fixture
def office(world, client):
    client.force_login(world.office)
    return client


def test_preview_then_confirm(world, office):
    answer = preview(office, "units", book(UNITS, GOOD, "单位名录"))
    assert answer.status_code == 200
    assert (answer.context["outcome"].added, answer.context["outcome"].categories) == (2, ["新板块"])
    assert not Unit.objects.filter(code="N-1").exists() and not Category.objects.filter(name="新板块").exists()
    assert not Entry.objects.exclude(verb="read").exists()
    answer = office.post(reverse("rounds:import-units"), {"rows": answer.context["packed"]})
    assert answer.status_code == 302
    child = Unit.objects.get(code="N-2")
    assert (child.parent.code, child.category.name, child.must_cover) == ("N-1", "新板块", False)
    assert Entry.objects.filter(verb="add", object_type="rounds.unit").count() == 2


def test_a_second_import_adds_nothing(world, office, tmp_path):
    path = tmp_path / "units.xlsx"
    path.write_bytes(book(UNITS, GOOD))
    call_command("import_units", path)
    before = Entry.objects.count()
    outcome = preview(office, "units", path.read_bytes()).context["outcome"]
    assert (outcome.added, outcome.changed, outcome.same) == (0, 0, 2)
    call_command("import_units", path)
    assert Entry.objects.count() == before


def test_every_bad_cell_is_named_and_nothing_is_imported(world, office):
    rows = [
        *GOOD,
        ["", "无代码", "县直部门", None, None, None, None],
        ["N-1", "重复", "县直部门", None, None, None, None],
        ["N-3", "是非", "县直部门", None, None, None, "也许"],
        ["N-4", "无上级", "县直部门", None, "X-9", None, None],
        ["N-5", "长" * 121, "县直部门", None, None, None, None],
        ["U-甲", "改了名", "县直部门", None, None, None, None],
        ["N" * 31, "码太长", "县直部门", None, None, None, None],
    ]
    answer = preview(office, "units", book(UNITS, rows))
    outcome = answer.context["outcome"]
    assert [(wrong.row, wrong.column) for wrong in outcome.wrong] == [
        (4, "单位代码"),
        (5, "单位代码"),
        (6, "纳入全覆盖"),
        (7, "上级单位代码"),
        (8, "单位名称"),
        (9, "单位名称"),
        (10, "单位代码"),
    ]
    assert "与第 2 行重复" in str(outcome.wrong[1])
    packed = {"rows": answer.context["packed"]}
    assert office.post(reverse("rounds:import-units"), packed).status_code == 200  # still wrong: shown again
    assert not Unit.objects.filter(code="N-1").exists()
    assert office.post(reverse("rounds:import-units"), packed | {"skip": "1"}).status_code == 302
    assert Unit.objects.filter(code__in=["N-1", "N-2"]).count() == 2
    assert Unit.objects.get(code="U-甲").name == "甲局"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b""),
        ("a.xlsx", "单位代码,单位名称\n1,2\n".encode("gb18030")),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600),
        ("a.xlsx", b"PK\x03\x04" + b"x" * 600),
        ("a.xlsx", book(["单位代码", "名字"], [["1", "2"]])),
        ("a.xlsx", book(UNITS, [])),
        ("a.xlsx", book([*UNITS, "单位代码"], [["N-1", "甲", "乙"]])),
        ("a.xlsx", book([None], [[None]])),
    ],
)
def test_wrong_files_are_refused_beside_the_field(office, name, content):
    answer = preview(office, "units", content, name)
    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]
    assert not Entry.objects.exclude(verb="read").exists()


def test_the_rows_of_a_preview_cannot_be_forged_or_used_by_others(world, office, client):
    packed = preview(office, "units", book(UNITS, GOOD)).context["packed"]
    for rows in ("x", packed[:-3] + "abc", packed.replace(":", "")):
        assert office.post(reverse("rounds:import-units"), {"rows": rows}).status_code == 200
    assert office.post(reverse("rounds:import-people"), {"rows": packed}).status_code == 200
    client.force_login(world.chief)
    assert client.post(reverse("rounds:import-units"), {"rows": packed}).status_code == 200
    client.force_login(world.leader1)
    assert client.post(reverse("rounds:import-units"), {"rows": packed}).status_code == 403
    assert not Unit.objects.filter(code="N-1").exists()


PEOPLE = ["人员编号", "姓名", "现工作单位", "曾工作单位", "职务", "籍贯", "专长", "登录账号", "在库"]


def test_people(world, tmp_path, capsys):
    path = tmp_path / "people.xlsx"
    rows = [
        [1001, "张某", "U-甲", "乙局、U-丙", "科长", "河北省蔚县", "审计", "outsider", "是"],
        ["P-2", "李某", None, None, None, None, None, None, "否"],
    ]
    path.write_bytes(book(PEOPLE, rows))
    call_command("import_people", path, "--dry-run")
    assert not Person.objects.filter(code="1001").exists()
    call_command("import_people", path)
    person = Person.objects.get(code="1001")
    assert (person.employer, person.user, person.native_place) == (world.unit_a, world.outsider, "河北省蔚县")
    assert set(person.former_employers.all()) == {world.unit_b, world.unit_c}
    assert Person.objects.get(code="P-2").active is False
    rows[0][3] = "U-丙"
    path.write_bytes(book(PEOPLE, rows))
    call_command("import_people", path)
    assert "changed 1, unchanged 1" in capsys.readouterr().out
    assert list(person.former_employers.all()) == [world.unit_c]
    assert Entry.objects.filter(object_type="rounds.person", actor=None).count() == 3


def test_nobody_changes_oneself_by_a_sheet(world, office):
    own = Person.objects.create(user=world.office, name="办公室甲", code="P-9")
    answer = preview(office, "people", book(["人员编号", "姓名"], [["P-9", "办公室甲"], ["P-10", "新人"]]))
    assert answer.context["outcome"].added == 1
    refused = preview(office, "people", book(["人员编号", "姓名"], [["P-9", "别名"]]))
    assert "不能修改自己的资料" in refused.content.decode()
    own.refresh_from_db()
    assert own.name == "办公室甲"


def test_the_command_fails_loudly_and_imports_nothing(world, tmp_path, capsys):
    path = tmp_path / "people.xlsx"
    path.write_bytes(
        book(PEOPLE, [["P-1", "张某"], ["P-2", "李某", "没有这个单位"], ["P-3", "王某", None, None, None, None, None, "admin"]])
    )
    with pytest.raises(CommandError):
        call_command("import_people", path)
    said = capsys.readouterr()
    assert "第 3 行，现工作单位" in said.err and "第 4 行，登录账号" in said.err
    assert "Nothing imported" in said.out
    assert not Person.objects.filter(code="P-1").exists()
    call_command("import_people", path, "--skip-bad")
    assert Person.objects.filter(code__startswith="P-").filter(code__in=["P-1", "P-2", "P-3"]).count() == 1
    with pytest.raises(CommandError):
        call_command("import_people", tmp_path / "no-such.xlsx")
    (tmp_path / "x.xlsx").write_bytes(b"not a sheet")
    with pytest.raises(CommandError):
        call_command("import_people", tmp_path / "x.xlsx")
