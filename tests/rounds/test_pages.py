"""The pages: what they show to whom, what they refuse, what happens to bad input and stale pages."""

import datetime as dt

import pytest
from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from inspection.calendar.models import CalendarYear, RuleProfile
from inspection.trail.models import Entry
from rounds import home
from rounds.models import Appointment, Assignment, Channel, Group, Override, Person, Recusal, Relative, Round, Unit
from rounds.navigation import items
from rounds.workflow import request_override
from tests.cast import CAST, appoint, make_assignment, make_round


def day(offset=0):
    return timezone.localdate() + dt.timedelta(days=offset)


@pytest.fixture
def office(world, client):
    client.force_login(world.office)
    return client


def at(name, *args):
    return reverse(f"rounds:{name}", args=args)


def text(answer) -> str:
    return answer.content.decode()


def changes() -> int:
    return Entry.objects.exclude(verb="read").count()


# --- what one sees ---------------------------------------------------------------------------------------------------------


def test_the_list_has_every_round_on_one_line(world, office):
    page = text(office.get(at("list")))
    assert world.round.name in page and "第 21／61 天" in page and "进驻了解 3" in page


def test_a_member_sees_the_own_groups_part_of_the_round(world, client):
    client.force_login(world.member2)
    page = text(client.get(at("round", world.round.pk)))
    assert "第二巡察组" in page and "丙局" in page
    assert "第一巡察组" not in page and "甲局" not in page and "组长一" not in page
    assert "1" in text(client.get(at("list")))


def test_outsiders_and_the_expired_see_no_round(world, client):
    for user in (world.outsider, world.expired_leader):
        client.force_login(user)
        assert world.round.name not in text(client.get(at("list")))
        assert client.get(at("assignment", "T01-1-01")).status_code == 404
        assert "甲局" not in text(client.get(at("units")))
        assert "组员一" not in text(client.get(at("people")))


def test_the_round_page_shows_frozen_rules_with_their_sources(world, office):
    page = text(office.get(at("round", world.round.pk)))
    assert "《信访工作条例》第三十四条" in page and "已冻结" in page


def test_a_look_back_links_to_the_earlier_round_and_back(world, office):
    back = make_round(world.admin, code="T09", sequence=2)
    Round.objects.filter(pk=back.pk).update(kind="lookback", look_back_of=world.round)
    Round.objects.filter(pk=world.round.pk).update(starts_on=day(-400), ends_on=day(-340))
    Assignment.objects.filter(pk=world.assignment_a.pk).update(onsite_from=day(-400), onsite_to=day(-340))
    assert world.round.get_absolute_url() in text(office.get(at("round", back.pk)))
    assert back.get_absolute_url() in text(office.get(at("round", world.round.pk)))
    group = back.groups.create(number=1, name="回头看组")
    make_assignment(group, world.unit_a, "T09-1-01", by=world.admin)
    page = text(office.get(at("assignment", "T09-1-01")))
    assert world.assignment_a.get_absolute_url() in page and "本次回头看所对应" in page


def test_the_notice_has_all_that_the_public_needs(world, office):
    Round.objects.filter(pk=world.round.pk).update(
        supervision_phone="0313-1234567", out_of_scope_text="个人诉求、征地拆迁、涉法涉诉"
    )
    Assignment.objects.filter(pk=world.assignment_a.pk).update(cutoff_on=dt.date(2026, 9, 23))
    world.assignment_a.channels.filter(kind="call").update(address="0313-2568718", opens=dt.time(8), closes=dt.time(20))
    world.assignment_a.channels.filter(kind="letter").update(address="018信箱", postcode="075000")
    world.assignment_a.channels.filter(kind="visit").update(active=False, address="不再接待处")
    page = text(office.get(at("notice", world.round.pk) + "?assignment=T01-1-01"))
    for words in (
        "第一巡察组巡察甲局公告",
        "0313-2568718",
        "每天 08:00—20:00",
        "018信箱",
        "邮编 075000",
        "2026年9月23日，来信以邮戳日期为准",
        "违反六项纪律",
        "征地拆迁",
        "不负责答复",
        "0313-1234567",
    ):
        assert words in page, words
    assert "不再接待处" not in page and "乙局" not in page
    assert "乙局" in text(office.get(at("notice", world.round.pk)))
    for wrong in ("T01-2-99", "\x00"):
        assert office.get(at("notice", world.round.pk), {"assignment": wrong}).status_code == 404


def test_the_assignment_page_has_what_moves_it_on_for_whom(world, client):
    client.force_login(world.leader1)
    page = text(client.get(at("assignment", "T01-1-01")))
    assert "结束进驻" in page and "leave/" in page and "申报回避" in page
    client.force_login(world.member1)
    page = text(client.get(at("assignment", "T01-1-01")))
    assert "leave/" not in page and "申报回避" in page
    client.force_login(world.admin)
    page = text(client.get(at("assignment", "T01-1-01")))
    assert "leave/" not in page and "recuse/" not in page


def test_the_panels_of_the_upper_floors_never_refuse_who_may_see_the_page(world, client):
    """An error in a part takes the place of the whole page, so a part that does not concern the reader must be empty instead."""
    for name in CAST:
        client.force_login(getattr(world, name))
        if client.get(at("assignment", "T01-1-01")).status_code != 200:
            continue
        for panel in settings.ASSIGNMENT_PANELS:
            try:
                url = reverse(panel, args=["T01-1-01"])
            except NoReverseMatch:
                continue
            assert client.get(url, headers={"HX-Request": "true"}).status_code in (200, 204), (name, panel)


def test_what_recusal_is_matched_on_is_for_the_person_and_the_office(world, client):
    person = world.member1.person
    Person.objects.filter(pk=person.pk).update(native_place="蔚县")
    Relative.objects.create(person=person, name="亲属甲", relation="配偶")
    for user, sees in ((world.member1, True), (world.office, True), (world.leader1, False), (world.recused1, False)):
        client.force_login(user)
        page = text(client.get(at("person", person.pk)))
        assert ("蔚县" in page, "亲属甲" in page) == (sees, sees), user


def test_the_unit_page_shows_inspections_under_earlier_names(world, office):
    office.post(at("rename-unit", world.unit_a.pk), {"name": "甲委员会", "code": "U-甲委", "on": day().isoformat()})
    new = Unit.objects.get(code="U-甲委")
    page = text(office.get(at("unit", new.pk)))
    assert "T01-1-01" in page and "甲局" in page
    assert "甲委员会" in text(office.get(at("unit", world.unit_a.pk)))


def test_coverage_page(world, office, client):
    page = office.get(at("coverage"))
    assert page.context["covered"].total.due == 3
    assert "甲局" in text(page)
    left = office.get(at("coverage"), {"side": "left"})
    assert left.context["page"].rows == []
    for odd in ({"term": "x"}, {"side": "x"}, {"category": "²"}, {"category": "9" * 40}):
        assert office.get(at("coverage"), odd).status_code == 200
    assert office.get(at("coverage"), {"side": "running"}, headers={"HX-Request": "true"}).content.count(b"<html") == 0


def test_navigation(world):
    offered = {name: {item.key for item in items(getattr(world, name))} for name in CAST}
    assert offered["admin"] == {"rounds", "units", "people", "rules", "roles", "accounts"}
    assert offered["office"] == {"rounds", "units", "people", "rules", "roles"}
    assert offered["secadmin"] == {"rounds", "units", "roles", "accounts"}
    assert offered["member1"] == {"rounds", "units", "people"}
    assert offered["liaison_a"] == {"units"}
    assert offered["outsider"] == set()


def test_home(world):
    panels = {panel.key: panel for panel in home.panels(world.office)}
    assert panels["rounds"].rows[0].meta == "第 21／61 天，在驻 3／3"
    assert "ending" not in panels
    appoint(world.group1, world.outsider, by=world.admin, until=3)
    panels = {panel.key: panel for panel in home.panels(world.office)}
    assert (panels["ending"].count, panels["ending"].rows[0].meta) == (1, "剩 3 天")
    assert "在驻 1／1" in {panel.key: panel for panel in home.panels(world.leader2)}["rounds"].rows[0].meta
    assert home.panels(world.expired_leader) == [] and home.panels(world.liaison_a) == []
    person = Person.objects.create(name="候选人", code="P-900", employer=world.unit_a)
    request_override(world.group1, person, "member", by=world.office, starts_on=day(), reason="已离职")
    assert "overrides" in {panel.key for panel in home.panels(world.chief)}
    assert "overrides" not in {panel.key for panel in home.panels(world.office)}


# --- what one does ---------------------------------------------------------------------------------------------------------


def round_data(world, **more):
    return {
        "term": world.round.term_id,
        "sequence": 5,
        "name": "第五轮",
        "code": "T05",
        "kind": "regular",
        "profile": world.round.profile_id,
        "starts_on": "2027-03-01",
        "ends_on": "2027-04-30",
    } | more


def test_from_plan_to_start_by_hand(world, office):
    assert office.post(at("new"), round_data(world)).status_code == 302
    round = Round.objects.get(code="T05")
    office.post(at("new-group", round.pk), {"number": "1", "name": "第一组"})
    group = Group.objects.get(round=round)
    unit = Unit.objects.create(code="N-1", name="新局", category=world.unit_a.category)
    data = {"unit": unit.pk, "onsite_from": "2027-03-01", "onsite_to": "2027-04-30"}
    assert office.post(at("assign", group.pk), data).status_code == 302
    person = Person.objects.create(name="候选人", code="P-900")
    answer = office.post(at("appoint", group.pk), {"person": person.pk, "post": "leader", "starts_on": "2027-03-01"})
    assert answer.status_code == 302 and Appointment.objects.filter(group=group, person=person).exists()
    channel = {"kind": "call", "address": "0313-2568718", "opens": "08:00", "closes": "20:00"}
    assert office.post(at("new-channel", "T05-1-01"), channel).status_code == 302
    assert "将冻结的规则" in text(office.get(at("start-round", round.pk)))
    assert office.post(at("start-round", round.pk), {"version": round.version}).status_code == 302
    assert Assignment.objects.get(number="T05-1-01").cutoff_on == dt.date(2027, 4, 23)
    office.post(at("assignment-step", "T05-1-01", "prepare"), {"version": 1})
    assert Assignment.objects.get(number="T05-1-01").state == "preparing"
    assert "T05-1-01" in text(office.get(at("unit", unit.pk)))


def test_a_form_error_stands_beside_its_field_and_keeps_what_was_typed(world, office):
    before = changes()
    for wrong, field in (
        ({"starts_on": "明年三月"}, "starts_on"),
        ({"name": "轮\x00次"}, "name"),
        ({"name": "长" * 10_001}, "name"),
        ({"code": "😀"}, "code"),
        ({"scope_text": "长" * 10_001}, "scope_text"),
        ({"sequence": "-1"}, "sequence"),
        ({"sequence": "9" * 30}, "sequence"),
        ({"term": "9999999"}, "term"),
        ({"kind": "regular", "look_back_of": world.round.pk}, "__all__"),
        ({"ends_on": "2027-01-01"}, "__all__"),
    ):
        answer = office.post(at("new"), round_data(world, **wrong))
        assert answer.status_code == 200 and field in answer.context["form"].errors, wrong
        assert "T05" in text(answer) or "code" in wrong
    assert Round.objects.count() == 1 and changes() == before


def test_a_stale_page_is_refused_and_leaves_one_entry(world, office):
    url = at("edit-round", world.round.pk)
    data = round_data(world, code="T01", sequence=1, version=1)
    data |= {"starts_on": world.round.starts_on.isoformat(), "ends_on": world.round.ends_on.isoformat()}
    assert office.post(url, data).status_code == 302
    assert office.post(url, data | {"name": "又改"}).status_code == 409
    assert office.post(url, data | {"version": "x"}).status_code == 409
    assert Entry.objects.about(world.round).filter(verb="edit").count() == 1
    url = at("assignment-step", "T01-1-01", "leave")
    assert office.post(url, {"version": 1, "date": day().isoformat()}).status_code == 302
    assert office.post(url, {"version": 1, "date": day().isoformat()}).status_code == 409
    assert Entry.objects.about(world.assignment_a).filter(verb="leave").count() == 1
    revoke = at("revoke", world.member1.person.appointments.get().pk)
    assert office.post(revoke, {"reason": "调离"}).status_code == 302
    assert office.post(revoke, {"reason": "调离"}).status_code == 409
    assert Entry.objects.filter(verb="revoke").count() == 1
    assert office.post(at("start-round", world.round.pk), {"version": 2}).status_code == 409


def test_a_conflict_is_shown_and_goes_to_the_head_of_office(world, office, client):
    person = Person.objects.create(name="候选人", code="P-900", employer=world.unit_a)
    url, data = at("appoint", world.group1.pk), {"person": person.pk, "post": "member", "starts_on": day().isoformat()}
    assert "候选人 · 甲局（现在该单位工作）" in text(office.get(url))
    answer = office.post(url, data)
    assert set(answer.context["form"].errors) == {"person", "reason"}
    assert "现工作单位就是甲局" in text(answer)
    assert office.post(url, data | {"reason": "长" * 201}).context["form"].errors["reason"]
    assert not Override.objects.exists()
    assert office.post(url, data | {"reason": "已离职多年"}).status_code == 302
    override = Override.objects.get()
    assert not Appointment.objects.filter(person=person).exists()
    assert office.post(url, data | {"reason": "再来一次"}).status_code == 200
    assert office.post(at("grant-override", override.pk), {"version": 1}).status_code == 403
    client.force_login(world.chief)
    assert "现工作单位就是甲局" in text(client.get(at("override", override.pk)))
    assert client.post(at("grant-override", override.pk), {"version": 1}).status_code == 302
    assert client.post(at("grant-override", override.pk), {"version": 1}).status_code == 409
    page = text(client.get(at("group", world.group1.pk)))
    assert "办公室主任批准不回避：已离职多年" in page
    client.force_login(world.leader1)
    assert "已离职多年" not in text(client.get(at("group", world.group1.pk)))


def test_the_own_recusal_button_works_at_once(world, client):
    client.force_login(world.member1)
    answer = client.post(at("recuse-assignment", "T01-1-01"), {"unit": world.unit_a.pk, "ground": "relative"})
    assert answer.status_code == 302
    assert Recusal.objects.filter(person=world.member1.person, unit=world.unit_a, declared_by=world.member1).exists()
    assert client.get(at("recuse-assignment", "T01-1-01")).status_code == 403
    page = text(client.get(at("person", world.member1.person.pk)))
    assert "甲局" in page and "解除" not in page


def test_one_cannot_recuse_from_what_one_may_not_know(world, client):
    client.force_login(world.member1)
    url = at("recuse", world.member1.person.pk)
    assert client.post(url, {"unit": world.unit_c.pk, "ground": "other"}).status_code == 200
    assert not Recusal.objects.filter(person=world.member1.person).exists()


def test_channels_by_hand(world, client):
    client.force_login(world.leader1)
    url = at("new-channel", "T01-1-01")
    for wrong, field in (
        ({"kind": "call", "address": "打电话"}, "address"),
        ({"kind": "email", "address": "x"}, "address"),
        ({"kind": "call", "address": "0313-2568718", "opens": "八点"}, "opens"),
        ({"kind": "call", "address": "0313-2568718", "opens": "20:00", "closes": "08:00"}, "__all__"),
        ({"kind": "box", "address": "门口\x00"}, "address"),
    ):
        assert field in client.post(url, wrong).context["form"].errors, wrong
    assert client.post(url, {"kind": "email", "address": "xcz@example.org"}).status_code == 302
    channel = Channel.objects.get(address="xcz@example.org")
    assert client.post(at("edit-channel", channel.pk), {"address": "xcb@example.org"}).status_code == 302
    assert client.post(at("close-channel", channel.pk)).status_code == 302
    channel.refresh_from_db()
    assert (channel.address, channel.active) == ("xcb@example.org", False)


def test_units_by_hand(world, office):
    category = world.unit_a.category_id
    assert office.post(at("new-unit"), {"code": "U-甲", "name": "重码", "category": category}).context["form"].errors["code"]
    assert office.post(at("new-unit"), {"code": "U-9", "name": "新局", "category": category}).status_code == 302
    unit = Unit.objects.get(code="U-9")
    assert office.post(at("edit-unit", unit.pk), {"category": category, "region": "某县"}).status_code == 302
    assert office.post(at("close-unit", unit.pk), {"on": day().isoformat(), "successor": world.unit_a.pk}).status_code == 302
    unit.refresh_from_db()
    assert (unit.region, unit.successor) == ("某县", world.unit_a)
    assert office.post(at("edit-unit", world.unit_a.pk), {"category": category, "parent": world.unit_a.pk}).status_code == 200


def test_people_by_hand(world, office):
    data = {"name": "新人", "code": "P-901", "active": "on", "former_employers": [world.unit_a.pk, world.unit_b.pk]}
    assert office.post(at("new-person"), data).status_code == 302
    person = Person.objects.get(code="P-901")
    assert person.former_employers.count() == 2
    edited = data | {"former_employers": [world.unit_b.pk], "native_place": "蔚县", "user": world.outsider.pk}
    assert office.post(at("edit-person", person.pk), edited).status_code == 302
    person.refresh_from_db()
    assert (person.native_place, person.user, person.former_employers.get()) == ("蔚县", world.outsider, world.unit_b)
    for user in (world.admin, world.liaison_a, world.member1):
        assert office.post(at("edit-person", person.pk), edited | {"user": user.pk}).context["form"].errors["user"]


def test_accounts_by_hand(world, client):
    client.force_login(world.admin)
    answer = client.post(at("new-account"), {"username": "newcomer", "name": "新人", "language": "zh-hans"})
    password = answer.context["password"]
    assert password in text(answer)
    assert client.post(at("new-account"), {"username": "newcomer", "name": "甲", "language": "zh-hans"}).context["form"].errors
    user = type(world.admin).objects.get(username="newcomer")
    assert password not in text(client.get(at("account", user.pk)))
    client.force_login(world.secadmin)
    client.post(at("set-active", user.pk), {"active": "1"})
    client.post(at("grant-role", user.pk), {"role": "office"})
    client.post(at("grant-role", user.pk), {"role": "king"})
    client.post(at("grant-role", user.pk), {"role": "auditor"})
    user = type(world.admin).objects.get(username="newcomer")
    assert user.is_active and user.roles == {"office"}
    page = text(client.get(at("account", user.pk)))
    assert "三员分立" in page
    client.post(at("revoke-role", user.pk, "office"))
    assert not type(world.admin).objects.get(username="newcomer").roles


def test_rules_by_hand(world, client):
    client.force_login(world.admin)
    url = at("rule", "county", "transfer.receipt")
    assert client.post(url, {"amount": "七", "unit": "workday", "source": "甲"}).context["form"].errors["amount"]
    assert client.post(url, {"amount": "7", "unit": "workday", "source": "县委办〔2026〕1号"}).status_code == 302
    assert RuleProfile.objects.get(code="county").snapshot()["transfer.receipt"]["amount"] == 7
    assert client.get(at("rule", "county", "no.such")).status_code == 404
    county = RuleProfile.objects.get(code="county")
    assert client.post(at("new-profile"), {"code": "calendar", "name": "甲"}).context["form"].errors["code"]
    assert client.post(at("new-profile"), {"code": "ours", "name": "本县", "like": county.pk}).status_code == 302
    assert "县委办〔2026〕1号" in text(client.get(at("profile", "ours")))


LIST = "元旦 1月1日至1月3日\n春节：2月5日—2月12日\n国庆节 2027年10月1日至10月7日"


def test_the_official_list_is_previewed_before_it_is_kept(world, client):
    client.force_login(world.admin)
    url = at("enter-year", 2027)
    data = {"rest": LIST, "work": "1月30日、2月20日", "source": "国办发明电〔2026〕8号"}
    answer = client.post(url, data)
    rows = {change.day: (change.was, change.becomes, change.name) for change in answer.context["changes"]}
    assert rows[dt.date(2027, 2, 8)] == ("", "rest", "春节") and rows[dt.date(2027, 1, 30)] == ("", "work", "")
    assert not CalendarYear.objects.filter(year=2027).exists()
    assert client.post(url, data | {"confirm": "1"}).status_code == 302
    assert CalendarYear.objects.get(year=2027).source == "国办发明电〔2026〕8号"
    assert client.post(url, data).context["changes"] == []
    assert client.post(at("make-provisional", 2027)).status_code == 302
    assert not CalendarYear.objects.filter(year=2027).exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"rest": "春节放假几天"}, "rest"),
        ({"rest": "春节 2月30日"}, "rest"),
        ({"rest": "春节 2月12日至2月5日"}, "rest"),
        ({"rest": "春节 2026年2月5日"}, "rest"),
        ({"rest": ""}, "rest"),
        ({"work": "2月8日"}, "work"),
        ({"work": "某日"}, "work"),
        ({"source": ""}, "source"),
        ({"rest": "春节\x00"}, "rest"),
    ],
)
def test_lists_that_are_refused(world, client, wrong, field):
    client.force_login(world.admin)
    data = {"rest": LIST, "work": "1月30日", "source": "文号"} | wrong
    answer = client.post(at("enter-year", 2027), data | {"confirm": "1"})
    assert answer.status_code == 200 and list(answer.context["form"].errors) == [field]
    assert not CalendarYear.objects.filter(year=2027).exists()


def test_packaged_years(world, client):
    client.force_login(world.admin)
    CalendarYear.objects.filter(year=2026).delete()
    assert "与现有安排相同" in text(client.get(at("load-year", 2026)))
    assert client.post(at("load-year", 2026)).status_code == 302
    assert CalendarYear.objects.filter(year=2026).exists()
    assert client.post(at("load-year", 2090)).status_code == 302
    assert not CalendarYear.objects.filter(year=2090).exists()
    assert client.get(at("year", 1899)).status_code == 404
    assert "2027" in text(client.get(at("calendar")))


def test_focus_by_hand(world, office):
    assert office.post(at("focus", world.round.pk), {"text": "三大问题\n  党的领导弱化"}).status_code == 302
    assert office.post(at("focus", world.round.pk), {"text": ""}).context["form"].errors["text"]
    child = world.round.focus.get(title="党的领导弱化")
    assert child.parent.title == "三大问题"
    assert office.post(at("edit-focus", child.pk), {"title": "党的领导", "order": "2"}).status_code == 302
    assert office.post(at("remove-focus", child.parent_id)).status_code == 302
    assert not world.round.focus.exists()


def test_filters_with_odd_values_are_refused_beside_the_field(world, office):
    for name, query in (
        ("list", {"q": "\x00"}),
        ("list", {"term": "x"}),
        ("units", {"category": "9" * 40}),
        ("people", {"serving": "maybe"}),
    ):
        answer = office.get(at(name), query)
        assert answer.status_code == 400 and answer.context["filter"].errors, (name, query)
    assert office.get(at("units"), {"q": "长" * 10_001}).context["page"].rows == [], "any search is text"
    for name in ("list", "units", "people"):
        assert office.get(at(name), {"cursor": "x"}).status_code == 400
        assert office.get(at(name), {"sort": "x"}).status_code == 400
    assert "甲局" in text(office.get(at("units"), {"q": "甲"})) and "乙局" not in text(office.get(at("units"), {"q": "甲"}))
    assert "组员一" in text(office.get(at("people"), {"serving": "yes"}))
    assert world.round.name not in text(office.get(at("list"), {"when": "past"}))


# --- budgets ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [5, 25])
@pytest.mark.parametrize(("name", "budget"), [("list", 12), ("units", 12), ("people", 12), ("coverage", 18), ("overrides", 9)])
def test_lists_cost_the_same_however_long(world, office, django_assert_max_num_queries, name, budget, rows):
    for n in range(rows):
        unit = Unit.objects.create(code=f"Q-{n}", name=f"单位{n}", category=world.unit_a.category)
        Person.objects.create(code=f"Q-{n}", name=f"人{n}", employer=unit)
        made = make_round(world.admin, code=f"Q{n:02d}", sequence=100 + n)
        group = made.groups.create(number=1, name="组")
        make_assignment(group, unit, f"Q{n:02d}-1-01", by=world.admin)
    office.get(at(name))  # what is cached for the process
    with django_assert_max_num_queries(budget):
        office.get(at(name))


@pytest.mark.parametrize("rows", [5, 25])
@pytest.mark.parametrize(("name", "budget"), [("round", 24), ("group", 22), ("notice", 14), ("unit", 20)])
def test_detail_pages_cost_the_same_however_much_hangs_on_them(world, office, django_assert_max_num_queries, name, budget, rows):
    for n in range(rows):
        unit = Unit.objects.create(code=f"Q-{n}", name=f"单位{n}", category=world.unit_a.category, parent=world.unit_a)
        person = Person.objects.create(code=f"Q-{n}", name=f"人{n}", employer=unit)
        make_assignment(world.group1, unit, f"T01-1-{n + 10}", by=world.admin)
        Appointment.objects.create(group=world.group1, person=person, starts_on=day(-1), appointed_by=world.admin)
    pk = {"group": world.group1.pk, "unit": world.unit_a.pk}.get(name, world.round.pk)
    office.get(at(name, pk))
    with django_assert_max_num_queries(budget):
        office.get(at(name, pk))
