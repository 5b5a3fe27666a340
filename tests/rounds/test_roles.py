"""`/roles/`: one table of who may be what."""

from django.urls import reverse

from inspection.accounts.roles import Role
from rounds import rosters
from rounds.models import Appointment


def test_every_role_and_post_stands_in_the_table_once_with_a_sentence(world):
    lines = rosters.table()
    listed = [code for codes in rosters.KINDS.values() for code in codes]
    assert sorted(listed) == sorted(
        {*Role.values, *(set(Appointment.Post.values) - set(rosters.MEMBERS)), Appointment.Post.MEMBER}
    )
    assert all(line.sentence and line.label for line in lines)
    assert {line.label for line in lines if line.reads_cases} == {
        "巡视办负责人",
        "巡视办工作人员",
        "组长",
        "副组长",
        "综合协调岗",
        "组员",
    }


def test_who_holds_it_today(world):
    holders = {line.label: line.holders for line in rosters.table()}
    assert holders["组长"] == ("组长一", "组长二") and holders["巡视办工作人员"] == ("办公室乙", "办公室甲")
    assert "前组长" not in holders["副组长"]


def test_names_for_the_two_administrators_numbers_for_the_office_sentences_for_all(world, client):
    told = {}
    for name in ("admin", "secadmin", "auditor", "office", "leader1", "liaison_a"):
        client.force_login(getattr(world, name))
        page = client.get(reverse("rounds:roles")).content.decode()
        assert "不接触任何信访件" in page
        told[name] = ("综合岗一" in page, "现有人员" in page)
    names, numbers, nothing = (True, True), (False, True), (False, False)
    assert told == {
        "admin": names,
        "secadmin": names,
        "auditor": numbers,
        "office": numbers,
        "leader1": nothing,
        "liaison_a": nothing,
    }
