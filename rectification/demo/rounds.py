"""The five rounds, with the facts of their announcements.

1. 山西 十二届省委第一轮巡视: mobilised on 31 March.
2. 辽宁 回头看: 27 February to 28 April (62 days: 2016), two duty telephones, a P.O. box, 8:00 to 20:00.
3. 张家口 with 宣化区 and 沽源县: 21 July to 30 September (72 days), six kinds of channel, three suggestion boxes.
4. A department's first round: from the end of a month for one month, two groups, two units, the scheme 3+2+4. It runs today.
5. 河南 十届省委第六轮: 13 groups, one to three units each, 30 counties, 6 departments and 3 state enterprises, two months.

What the announcements leave out (the units' names in 1, 4 and 5, some years, the reception place) is filled with
plain placeholders.
"""

import datetime as dt
from dataclasses import dataclass, field
from types import SimpleNamespace

from django.utils import timezone

from inspection.calendar.days import add_months
from inspection.calendar.models import RuleProfile
from rounds.models import Appointment, Assignment, Category, Channel, Round, Term, Unit
from rounds.workflow import assignment as assigning
from rounds.workflow import channel as channels
from rounds.workflow import group as groups
from rounds.workflow import round as planning
from rounds.workflow import unit as units

from .clock import at

Kind = Channel.Kind
Post = Appointment.Post
NUMERALS = (*"一二三四五六七八九十", "十一", "十二", "十三")
EIGHT, TWENTY = dt.time(8), dt.time(20)

SIX_DISCIPLINES = "重点是关于违反政治纪律、组织纪律、廉洁纪律、群众纪律、工作纪律和生活纪律等方面的举报和反映。"
OUT_OF_SCOPE = (
    "与巡视巡察工作无直接关系的个人诉求、征地拆迁、涉法涉诉等信访问题，按照分级负责、属地管理原则，转交被巡视地方和有关部门处理。"
    "巡视巡察组只受理来电来信来访，不负责答复。"
)
AROUND = """围绕党的政治建设，检查维护党中央权威和集中统一领导情况
围绕党的思想建设，检查学习贯彻情况
围绕党的组织建设，检查选人用人和基层党组织建设情况
围绕党的作风建设，检查整治“四风”问题情况
围绕党的纪律建设，检查党规党纪执行情况
围绕反腐败斗争，检查领导干部廉洁自律和整治群众身边腐败问题情况
加强对巡视整改情况的监督检查"""
THREE_TWO_FOUR = """政治方面：紧盯“三大问题”
  党的领导弱化
  党的建设缺失
  全面从严治党不力
作风方面（两项）
业务方面（四项）"""
SHANXI_FOCUS = """政治职能定位
精准发现问题
  腐败问题
  “四风”问题
  侵害群众利益问题
整改落实和成果运用"""
LOOK_BACK = """党的领导弱化
党的建设缺失
全面从严治党不力
再发现：没有发现的问题
再了解：尚未深入了解的问题
上一轮巡视整改情况：件件有着落"""


@dataclass
class Plan:
    """One round to be built. groups: [(number, name, leader or None, members, [unit names])]; channels: unit name -> [fields]."""

    code: str
    term: tuple
    sequence: int
    name: str
    profile: str
    starts_on: dt.date
    ends_on: dt.date
    groups: list
    scope: str
    focus: str
    kind: str = Round.Kind.REGULAR
    channels: dict = field(default_factory=dict)
    entered_on: dict = field(default_factory=dict)
    running: bool = False


def departments_month(today: dt.date) -> tuple[dt.date, dt.date]:
    """From the end of a month for one month: the latest such month that began at least two weeks ago."""
    first = today.replace(day=1)
    start = first - dt.timedelta(days=1)
    if (today - start).days < 14:
        start = start.replace(day=1) - dt.timedelta(days=1)
    return start, add_months(start, 1)


def plans(people, today: dt.date) -> list[Plan]:
    """The five rounds, oldest first."""
    month = departments_month(today)
    henan_units = (
        [f"示例县（市、区）{n:02d}" for n in range(1, 31)]
        + [f"示例省直单位{n}" for n in "一二三四五六"]
        + [f"示例省管企业{n}" for n in "甲乙丙"]
    )
    phone = {"kind": Kind.CALL, "opens": EIGHT, "closes": TWENTY}
    return [
        Plan(
            code="LN2016",
            term=("十八届中央", dt.date(2012, 11, 15), dt.date(2017, 10, 24)),
            sequence=9,
            name="中央第三巡视组对辽宁省巡视“回头看”",
            profile="centre",
            kind=Round.Kind.LOOK_BACK,
            starts_on=dt.date(2016, 2, 27),
            ends_on=dt.date(2016, 4, 28),
            groups=[(3, "中央第三巡视组", None, [], ["辽宁省"])],
            scope="主要受理反映辽宁省级领导班子及其成员、下一级党组织领导班子主要负责人和重要岗位领导干部问题的来信来电来访，"
            + SIX_DISCIPLINES,
            focus=LOOK_BACK,
            channels={
                "辽宁省": [
                    phone | {"address": "024-88881877"},
                    phone | {"address": "024-88881977"},
                    {"kind": Kind.LETTER, "address": "辽宁省沈阳市第6008号信箱", "postcode": "110034"},
                ]
            },
        ),
        Plan(
            code="HN06",
            term=("十届河南省委", dt.date(2016, 11, 1), dt.date(2021, 10, 31)),
            sequence=6,
            name="十届河南省委第六轮巡视",
            profile="province",
            starts_on=dt.date(2019, 4, 1),
            ends_on=dt.date(2019, 5, 31),
            groups=[
                (n, f"省委第{numeral}巡视组", people.leader2 if n == 1 else None, [], henan_units[n - 1 :: 13])
                for n, numeral in enumerate(NUMERALS, start=1)
            ],
            scope="主要受理反映被巡视党组织领导班子及其成员、下一级党组织主要负责人和重要岗位党员领导干部问题的来信来电来访，"
            + SIX_DISCIPLINES,
            focus=AROUND,
        ),
        Plan(
            code="ZJK09",
            term=("九届河北省委", dt.date(2016, 11, 1), dt.date(2021, 11, 30)),
            sequence=7,
            name="河北省委第九巡视组巡视张家口市",
            profile="province",
            starts_on=dt.date(2019, 7, 21),
            ends_on=dt.date(2019, 9, 30),
            groups=[(9, "省委第九巡视组", people.leader2, [people.member2], ["张家口市", "宣化区", "沽源县"])],
            scope="主要受理反映张家口市领导班子及其成员，市法院、检察院党组主要负责人，下一级党组织领导班子主要负责人和"
            "重要岗位党员领导干部问题的来信来电来访，" + SIX_DISCIPLINES,
            focus=AROUND,
            entered_on={"宣化区": dt.date(2019, 7, 20), "沽源县": dt.date(2019, 7, 20)},
            channels={
                "张家口市": [
                    phone | {"address": "0313-2568718"},
                    {"kind": Kind.LETTER, "address": "张家口018信箱", "postcode": "075000"},
                    {"kind": Kind.SMS, "address": "18830681009", "note": "只接收短信"},
                    {"kind": Kind.EMAIL, "address": "hbswxsz09@hebei.gov.cn"},
                    {"kind": Kind.BOX, "address": "市政府大楼南楼南门"},
                    {"kind": Kind.BOX, "address": "市政府大楼北楼北门"},
                    {"kind": Kind.BOX, "address": "奥霏斯酒店门口"},
                    {"kind": Kind.VISIT, "address": "接访室", "note": "来访先电话联系"},
                ]
            },
        ),
        Plan(
            code="SX1201",
            term=("十二届山西省委", dt.date(2021, 11, 1), dt.date(2026, 12, 31)),
            sequence=1,
            name="十二届省委第一轮巡视",
            profile="province",
            starts_on=dt.date(2022, 3, 31),
            ends_on=dt.date(2022, 5, 31),
            groups=[
                (1, "省委第一巡视组", people.leader2, [people.member2], ["示例厅局甲", "示例厅局乙"]),
                (2, "省委第二巡视组", None, [], ["示例高校甲"]),
            ],
            scope="主要受理反映被巡视党组织领导班子及其成员问题的来信来电来访，" + SIX_DISCIPLINES,
            focus=SHANXI_FOCUS,
        ),
        Plan(
            code="TZ01",
            term=("厅党委三年全覆盖", add_months(month[0], -3), add_months(month[0], 33)),
            sequence=1,
            name="厅党委首轮巡察",
            profile="department",
            starts_on=month[0],
            ends_on=month[1],
            groups=[
                (1, "厅党委第一巡察组", people.leader1, [people.clerk1, people.member1], ["厅直属单位甲"]),
                (2, "厅党委第二巡察组", people.leader2, [people.member2], ["厅直属单位乙"]),
            ],
            scope="受理反映厅直属单位领导班子及其成员、重要岗位人员问题的来信来电来访，" + SIX_DISCIPLINES,
            focus=THREE_TWO_FOUR,
            channels={
                name: [
                    phone | {"address": number},
                    {"kind": Kind.LETTER, "address": f"厅机关{box}信箱", "postcode": "100000"},
                    {"kind": Kind.SMS, "address": mobile, "note": "只接收短信"},
                    {"kind": Kind.EMAIL, "address": f"{mail}@tingzhi.example"},
                    {"kind": Kind.BOX, "address": "办公楼一层大厅"},
                    {"kind": Kind.VISIT, "address": "办公楼二层接访室", "opens": dt.time(9), "closes": dt.time(17)},
                ]
                for name, number, box, mobile, mail in (
                    ("厅直属单位甲", "010-55550101", "一号", "13900000101", "xuncha1"),
                    ("厅直属单位乙", "010-55550102", "二号", "13900000102", "xuncha2"),
                )
            },
            running=True,
        ),
    ]


CATEGORIES = (("省管企业", "国有企业"), ("高校", "高等学校"), ("厅直属", "直属单位"), ("县", "县（市、区）"))


def category_of(name: str) -> str:
    """The block a unit belongs to, by its name."""
    for part, category in CATEGORIES:
        if part in name:
            return category
    return {"省": "省（区、市）", "市": "市（地、州、盟）", "区": "县（市、区）"}.get(name[-1], "省直单位")


def build(plan: Plan, people, today: dt.date) -> Round:
    """Build one round by the verbs, each on the day it would have been taken, up to the plan's stage."""
    admin, office = people.admin, people.office
    before = plan.starts_on - dt.timedelta(days=20)
    with at(before):
        term = Term.objects.filter(name=plan.term[0]).first() or planning.add_term(
            by=admin, name=plan.term[0], starts_on=plan.term[1], ends_on=plan.term[2]
        )
        round = planning.plan_round(
            by=admin,
            term=term,
            sequence=plan.sequence,
            name=plan.name,
            code=plan.code,
            kind=plan.kind,
            profile=RuleProfile.objects.get(code=plan.profile),
            starts_on=plan.starts_on,
            ends_on=plan.ends_on,
            scope_text=plan.scope,
            out_of_scope_text=OUT_OF_SCOPE,
        )
        planning.outline_focus(round, by=admin, text=plan.focus)
        for number, name, leader, members, unit_names in plan.groups:
            group = planning.add_group(round, by=admin, number=number, name=name)
            _appoint(group, leader, members, people, number, before)
            for unit_name in unit_names:
                assigning.assign(
                    group,
                    _unit(unit_name, admin),
                    by=admin,
                    onsite_from=plan.entered_on.get(unit_name, plan.starts_on),
                    onsite_to=plan.ends_on,
                    notice_on=before + dt.timedelta(days=6),
                )
        planning.start_round(round, by=admin)
        for assignment in Assignment.objects.filter(group__round=round).select_related("unit", "group__round"):
            for fields in plan.channels.get(assignment.unit.name, [{"kind": Kind.LETTER, "address": "由组内公布的专门信箱"}]):
                channels.add_channel(assignment, by=admin, **fields)
            assigning.prepare(assignment, by=office)
    _advance(round, plan, people)
    return round


def _unit(name: str, admin) -> Unit:
    known = Unit.objects.filter(name=name).first()
    if known:
        return known
    category = category_of(name)
    block = Category.objects.filter(name=category).first() or units.add_category(
        by=admin, name=category, order=Category.objects.count() + 1
    )
    fields = {"parent": Unit.objects.get(name="张家口市")} if name in ("宣化区", "沽源县") else {}
    return units.add_unit(
        by=admin, code=f"DW{Unit.objects.count() + 1:04d}", name=name, category=block, head="党组织主要负责人", **fields
    )


def _appoint(group, leader, members, people, number: int, since: dt.date) -> None:
    """The leader of the cast or of the pool, and members."""
    head = leader.person if leader else people.pool[number % len(people.pool)]
    groups.appoint(group, head, Post.LEADER, by=people.admin, starts_on=since)
    for user in members:
        post = Post.COORDINATOR if user.username.startswith("clerk") else Post.INTERVIEWER
        groups.appoint(group, user.person, post, by=people.admin, starts_on=since)


def _advance(round: Round, plan: Plan, people) -> None:
    """Enter every unit on its day and, where the round is past, leave it. `cases` goes on from there."""
    for assignment in Assignment.objects.filter(group__round=round).select_related("unit", "group__round"):
        with at(assignment.onsite_from):
            assigning.enter(assignment, by=people.office, date=assignment.onsite_from)
        if plan.running:
            continue
        with at(assignment.onsite_to, hour=17):
            assigning.leave(assignment, by=people.office, date=assignment.onsite_to)


def world(people) -> SimpleNamespace:
    """Build all five rounds; returns them by code."""
    today = timezone.localdate()
    return SimpleNamespace(**{plan.code: build(plan, people, today) for plan in plans(people, today)})
