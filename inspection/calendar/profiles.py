"""The deadline rules that come with the program: six named profiles, editable by an administrator, each rule with its source.

Rules differ by level and local regulation, so none of them is code; what stands here is only where an office starts from.
"""

from django.db import transaction

from .loading import load_year, packaged_days, packaged_years
from .models import CalendarYear, DeadlineRule, RuleKey, RuleProfile, Unit

FIRST_YEAR = 2015  # the earliest round that anybody still follows up

K = RuleKey

COMMON = {
    K.PETITION_DECIDE: (15, Unit.DAY, "《信访工作条例》：收到之日起15日内决定是否受理"),
    K.PETITION_CONCLUDE: (60, Unit.DAY, "《信访工作条例》第三十四条：受理之日起60日内办结"),
    K.PETITION_EXTEND: (30, Unit.DAY, "《信访工作条例》第三十四条：经负责人批准延长一次，不超过30日"),
    K.TRANSFER_RECEIPT: (5, Unit.WORKDAY, "《纪检监察机关处理检举控告工作规则》第十六条"),
    K.TRANSFER_REPLY: (60, Unit.DAY, "参照《信访工作条例》第三十四条"),
    K.HANDUP: (5, Unit.WORKDAY, "《纪检监察机关处理检举控告工作规则》第十五条：5个工作日内"),
    K.REALNAME_ACCEPT: (15, Unit.WORKDAY, "《纪检监察机关处理检举控告工作规则》：收到之日起15个工作日内告知受理"),
    K.REALNAME_RESULT: (15, Unit.WORKDAY, "《纪检监察机关处理检举控告工作规则》：办结之日起15个工作日内反馈"),
    K.CUTOFF: (7, Unit.DAY, "各地公告通行做法：进驻结束前7日"),
    K.CLUE_REPLY: (3, Unit.MONTH, "《巡视工作条例》第二十九条：3个月内"),
    K.PLAN: (15, Unit.WORKDAY, "巡察工作手册：反馈后15个工作日"),
    K.MEETING: (1, Unit.MONTH, "巡察工作手册：反馈后1个月"),
    K.SOON: (10, Unit.DAY, "三色预警：到期前10日亮黄灯"),
}

PROFILES = {
    "centre": ("中央", {K.CONCENTRATED: (6, Unit.MONTH), K.REPORT: (2, Unit.MONTH)}),
    "province": ("省（自治区、直辖市）", {K.CONCENTRATED: (6, Unit.MONTH), K.REPORT: (2, Unit.MONTH)}),
    "city": ("市（地、州、盟）", {K.CONCENTRATED: (6, Unit.MONTH), K.REPORT: (2, Unit.MONTH)}),
    "county": ("县（市、区、旗）", {K.CONCENTRATED: (3, Unit.MONTH), K.REPORT: (3, Unit.MONTH)}),
    "department": ("部门", {K.CONCENTRATED: (3, Unit.MONTH), K.REPORT: (3, Unit.MONTH)}),
    "enterprise": ("企业", {K.CONCENTRATED: (3, Unit.MONTH), K.REPORT: (3, Unit.MONTH)}),
}
RECTIFICATION_SOURCE = {
    K.CONCENTRATED: "《关于加强巡视整改和成果运用的意见》及各地规定：集中整改期，可按本地规定修改",
    K.REPORT: "《巡视工作条例》第二十七条（2015/2017）为2个月；县、部门、企业多为3个月",
}


@transaction.atomic
def seed(**_unused) -> None:
    """Put in the profiles and published years that are missing; what an administrator changed is left alone.

    Runs after `migrate` (and after a test database is flushed), so that every database can count days.
    """
    for code, (name, own) in PROFILES.items():
        profile, new = RuleProfile.objects.get_or_create(code=code, defaults={"name": name})
        if new:
            rules = COMMON | {key: (*rule, RECTIFICATION_SOURCE[key]) for key, rule in own.items()}
            DeadlineRule.objects.bulk_create(
                DeadlineRule(profile=profile, key=key, amount=amount, unit=unit, roll=False, source=source)
                for key, (amount, unit, source) in rules.items()
            )
    known = set(CalendarYear.objects.values_list("year", flat=True))
    for year in packaged_years():
        if year >= FIRST_YEAR and year not in known:
            load_year(year, packaged_days(year), "国务院办公厅节假日安排（chinesecalendar 数据）")
