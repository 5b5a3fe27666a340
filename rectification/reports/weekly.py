"""巡察组工作周报: what one group took in, has to do and has found, unit by unit."""

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspection.documents.content import Column, Figures, Report, Section, Table
from inspection.reports.kinds import Frequency, Period, report_kind
from petitions.models import Discipline, Petition
from rectification.models import Clue, Finding, Item
from rounds.models import Assignment, Channel, Group
from rounds.queries import in_force, today

from . import scopes
from .figures import Name, Number, address, by_choice, by_light, counted, received_in, span

LISTED = 60  # numbers named one by one; the list on the page holds the rest


@report_kind(
    "weekly_brief",
    gettext_lazy("巡察组工作周报"),
    description=gettext_lazy("一个巡察组一周的信访受理、待办和超期、底稿、线索、整改亮灯和组内人员"),
    scopes=scopes.groups_of,
    any_scope=scopes.any_group,
    frequency=Frequency.WEEKLY,
    page="rectification:report",
)
def weekly_brief(scope: str, period: Period, user) -> Report:
    """The week of the group in `scope`, as `user` may see it."""
    group = scopes.group_in(scope)
    own = scopes.in_group(group)
    petitions = Petition.objects.visible_to(user).filter(own)
    week = received_in(petitions, period)
    return Report(
        title=_("%(group)s工作周报（%(period)s）") % {"group": group.name, "period": period},
        issuer=group.name,
        masthead=_("巡察工作周报"),
        sections=(
            Section(
                _("总体情况"),
                (_summary(petitions, week, period), _key_figures(group, user, petitions, week, period), _units(group, user)),
            ),
            Section(_("本期信访"), tuple(_week(group, week, period))),
            Section(_("待办事项"), tuple(_to_do(petitions))),
            Section(_("问题底稿和线索"), tuple(_found(group, user))),
            Section(_("整改"), (_rectification(group, user),)),
            Section(_("组内人员"), (_people(group),)),
        ),
        dated=timezone.localdate(),
    )


def _summary(petitions, week, period: Period) -> str:
    return _(
        "本期（%(period)s）收到信访件 %(received)d 件。截至生成时，待研判 %(waiting)d 件，超期 %(overdue)d 件。"
        "各数字按生成时的状态统计。"
    ) % {
        "period": period,
        "received": week.count(),
        "waiting": petitions.to_triage().count(),
        "overdue": petitions.overdue().count(),
    }


def _key_figures(group: Group, user, petitions, week, period: Period) -> Figures:
    own, asked = scopes.in_group(group), {"group": group.pk}
    items = Item.objects.visible_to(user).filter(own)
    return Figures(
        (
            (_("本期收件"), Number(week.count(), address("petitions:list", **asked, **span(period)))),
            (_("累计收件"), Number(petitions.count(), address("petitions:list", **asked))),
            (_("待研判"), Number(petitions.to_triage().count(), address("petitions:list", **asked, place="waiting"))),
            (_("已超期"), Number(petitions.overdue().count(), address("petitions:list", **asked, due="overdue"))),
            (
                _("问题底稿"),
                Number(Finding.objects.visible_to(user).filter(own).count(), address("rectification:findings", **asked)),
            ),
            (_("整改红灯"), Number(items.light("red").count(), address("rectification:items", **asked, light="red"))),
        )
    )


def _units(group: Group, user) -> Table:
    """Each unit with the day it is in."""
    day = today()
    seen = Assignment.objects.cases_visible_to(user).filter(group=group).select_related("unit").order_by("onsite_from", "id")
    rows = [
        (
            Name(one.unit.name, one.get_absolute_url()),
            one.get_state_display(),
            _("第 %(day)d 天／共 %(days)d 天") % {"day": one.day(day), "days": one.onsite_days} if one.day(day) else "—",
            one.onsite_from,
            one.onsite_to,
            one.cutoff_on,
        )
        for one in seen
    ]
    columns = (
        Column(_("被巡察单位"), 18),
        Column(_("阶段"), 10),
        Column(_("进驻天数"), 16),
        Column(_("进驻日期"), 11, "date"),
        Column(_("离驻日期"), 11, "date"),
        Column(_("信访截止日期"), 11, "date"),
    )
    return Table(_("各单位进度"), columns, rows, numbered=False)


def _week(group: Group, week, period: Period):
    """The week's petitions by channel, scope, discipline and state."""

    def asked(**more) -> str:
        return address("petitions:list", group=group.pk, **span(period), **more)

    scope_codes = {True: "yes", False: "no", None: "open"}
    scope_names = ((True, _("属受理范围")), (False, _("不属受理范围")), (None, _("未定")))
    yield by_choice(
        _("按渠道"), _("渠道"), counted(week, "channel_kind"), Channel.Kind.choices, lambda value: asked(channel=value)
    )
    yield by_choice(
        _("按受理范围"), _("受理范围"), counted(week, "in_scope"), scope_names, lambda value: asked(in_scope=scope_codes[value])
    )
    yield by_choice(
        _("按六项纪律"), _("六项纪律"), counted(week, "discipline"), Discipline.choices, lambda value: asked(discipline=value)
    )
    yield by_choice(
        _("按状态"), _("状态"), counted(week, "state"), Petition.State.choices, lambda value: asked(state=value), zeros=False
    )


def _to_do(petitions):
    """What waits and what is late, by number only."""
    yield _numbers(_("待研判"), petitions.to_triage().order_by("decide_by", "id"))
    yield _numbers(_("已超期"), petitions.overdue().order_by(F("decide_by").asc(nulls_last=True), "conclude_by", "id"))


def _numbers(title: str, petitions) -> Table:
    day, count = today(), petitions.count()
    rows = [
        (
            Name(one.number, one.get_absolute_url()),
            one.assignment.unit.name,
            one.get_state_display(),
            one.due_on,
            (day - one.due_on).days if one.due_on and one.due_on < day else "",
        )
        for one in petitions.select_related("assignment__unit")[:LISTED]
    ]
    columns = (
        Column(_("登记编号"), 18),
        Column(_("被巡察单位"), 18),
        Column(_("状态"), 10),
        Column(_("期限"), 11, "date"),
        Column(_("超期天数"), 8, "number"),
    )
    left = count - len(rows)
    note = _("另有 %(left)d 件未列出，共 %(count)d 件。") % {"left": left, "count": count} if left else ""
    return Table(title, columns, rows, note=note)


def _found(group: Group, user):
    """Papers and clues by state."""
    own = scopes.in_group(group)
    findings = counted(Finding.objects.visible_to(user).filter(own), "state")
    clues = counted(Clue.objects.visible_to(user).filter(own), "state")

    def asked(route):
        return lambda value: address(route, group=group.pk, state=value)

    yield by_choice(_("问题底稿"), _("状态"), findings, Finding.State.choices, asked("rectification:findings"), zeros=False)
    yield by_choice(_("问题线索"), _("状态"), clues, Clue.State.choices, asked("rectification:clues"), zeros=False)


def _rectification(group: Group, user) -> Table:
    """Lights unit by unit."""
    items = Item.objects.visible_to(user).filter(scopes.in_group(group))
    return by_light(
        _("各单位整改亮灯"),
        items,
        "assignment__number",
        "assignment__unit__name",
        headers=(Column(_("被巡察单位"), 18),),
        names=lambda row: (row["assignment__unit__name"],),
        asked=lambda row: {"assignment": row["assignment__number"]},
    )


def _people(group: Group) -> Table:
    """Who works in the group today."""
    serving = group.appointments.filter(in_force()).select_related("person").order_by("pk")
    rows = [(one.person.name, one.get_post_display(), one.starts_on, one.ends_on) for one in serving]
    columns = (Column(_("姓名"), 12), Column(_("岗位"), 14), Column(_("授权起"), 11, "date"), Column(_("授权止"), 11, "date"))
    return Table(_("今日在组人员"), columns, rows)
