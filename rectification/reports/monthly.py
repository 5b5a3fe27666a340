"""巡视办工作月报: every round in one paper, each number the list it counts."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspection.documents.content import Column, Figures, Report, Section, Table
from inspection.reports.kinds import Frequency, Period, report_kind
from petitions.models import Discipline, Petition, TransferSlip
from petitions.queries import PLACES
from rectification.models import Clue, Item
from rounds.models import Channel, Term
from rounds.queries import today
from rounds.reports import coverage

from . import scopes
from .figures import Name, Number, address, before, by_choice, by_light, counted, received_in, span

LISTED = 100  # overdue receipts and replies named one by one


@report_kind(
    "monthly_office",
    gettext_lazy("巡视办工作月报"),
    description=gettext_lazy("全部轮次的信访受理、六项纪律对比、转办、线索、整改完成率和全覆盖进度"),
    scopes=scopes.offices_of,
    any_scope=scopes.sees_office,
    frequency=Frequency.MONTHLY,
    page="rectification:report",
)
def monthly_office(scope: str, period: Period, user) -> Report:
    """The month of the whole office, as `user` may see it."""
    petitions = Petition.objects.visible_to(user)
    month = received_in(petitions, period)
    return Report(
        title=_("巡视巡察工作月报（%(period)s）") % {"period": period},
        issuer=_("巡视巡察工作领导小组办公室"),
        masthead=_("巡视巡察工作月报"),
        sections=(
            Section(_("总体情况"), tuple(_overview(user, petitions, month, period))),
            Section(_("信访受理"), (_by_round(month, period), _by_channel(month, period))),
            Section(_("六项纪律"), (_disciplines(petitions, month, period),)),
            Section(_("转办"), tuple(_transfers(user, period))),
            Section(_("问题线索"), tuple(_clues(user, period))),
            Section(_("整改"), (_by_source(user), _by_unit(user))),
            Section(_("全覆盖"), tuple(_coverage())),
        ),
        dated=timezone.localdate(),
    )


def _overview(user, petitions, month, period: Period):
    """The month in one sentence and six numbers."""
    earlier = received_in(petitions, before(period)).count()
    received, waiting = month.count(), month.to_triage().count()
    yield _(
        "%(period)s收到信访件 %(received)d 件，上期 %(earlier)d 件；其中已有去向 %(placed)d 件，待研判 %(waiting)d 件。"
        "各数字按生成时的状态统计。"
    ) % {"period": period, "received": received, "earlier": earlier, "placed": received - waiting, "waiting": waiting}
    items = Item.objects.visible_to(user).counts()
    clues = Clue.objects.visible_to(user)
    yield Figures(
        (
            (_("本期收件"), Number(received, address("petitions:list", **span(period)))),
            (_("已有去向"), Number(received - waiting, address("petitions:list", **span(period), place="placed"))),
            (_("待研判"), Number(waiting, address("petitions:list", **span(period), place="waiting"))),
            (_("信访超期"), Number(petitions.overdue().count(), address("petitions:list", due="overdue"))),
            (_("线索超期"), Number(clues.overdue().count(), address("rectification:clues", due="overdue"))),
            (_("整改红灯"), Number(items["red"], address("rectification:items", light="red"))),
        )
    )


def _placed(row: dict, asked: dict) -> tuple:
    """Received, then where they are: received = waiting + placed."""
    placed = row["received"] - row["waiting"]
    return (
        Number(row["received"], address("petitions:list", **asked)),
        Number(row["waiting"], address("petitions:list", **asked, place="waiting")),
        Number(placed, address("petitions:list", **asked, place="placed")),
        *(Number(row[place], address("petitions:list", **asked, place=place)) for place in PLACES if place != "waiting"),
    )


def _place_columns() -> tuple[Column, ...]:
    names = {
        "in_group": _("组内办理"),
        "transferred": _("已转办"),
        "handed_up": _("已呈报上级"),
        "repeat": _("重复件"),
        "filed": _("存查"),
        "concluded": _("已办结"),
    }
    heads = (_("收到"), _("待研判"), _("已有去向"), *(names[place] for place in PLACES if place != "waiting"))
    return tuple(Column(head, 7, "number") for head in heads)


def _by_round(month, period: Period) -> Table:
    rows = month.counts_by_place("assignment__group__round", "assignment__group__round__name")
    lines = [
        (row["assignment__group__round__name"], *_placed(row, span(period) | {"round": row["assignment__group__round"]}))
        for row in rows
    ]
    return Table(_("按轮次"), (Column(_("轮次"), 20), *_place_columns()), _with_total(lines), numbered=False)


def _by_channel(month, period: Period) -> Table:
    rows = {row["channel_kind"]: row for row in month.counts_by_place("channel_kind")}
    lines = [
        (str(label), *_placed(rows[kind], span(period) | {"channel": kind}))
        for kind, label in Channel.Kind.choices
        if kind in rows
    ]
    return Table(_("按渠道"), (Column(_("渠道"), 20), *_place_columns()), _with_total(lines), numbered=False)


def _with_total(lines: list[tuple]) -> list[tuple]:
    """The lines, and their sum below when there are several."""
    if len(lines) < 2:
        return lines
    return [*lines, (_("合计"), *(Number(sum(line[place] for line in lines)) for place in range(1, len(lines[0]))))]


def _disciplines(petitions, month, period: Period) -> Table:
    """This period beside the one before it."""
    now, then = counted(month, "discipline"), counted(received_in(petitions, before(period)), "discipline")
    lines = [
        (
            str(label),
            Number(now.get(code, 0), address("petitions:list", **span(period), discipline=code)),
            Number(then.get(code, 0), address("petitions:list", **span(before(period)), discipline=code)),
            now.get(code, 0) - then.get(code, 0),
        )
        for code, label in Discipline.choices
    ]
    if now.get("", 0) or then.get("", 0):
        lines.append((_("未填"), now.get("", 0), then.get("", 0), now.get("", 0) - then.get("", 0)))
    columns = (
        Column(_("六项纪律"), 16),
        Column(_("本期"), 9, "number"),
        Column(_("上期"), 9, "number"),
        Column(_("增减"), 9, "number"),
    )
    note = _("上期为 %(period)s。") % {"period": before(period)}
    return Table(_("按六项纪律，与上期对比"), columns, _with_total(lines), numbered=False, note=note)


def _transfers(user, period: Period):
    """Slips of the period by state, and every receipt that is late now."""
    slips = TransferSlip.objects.visible_to(user)
    sent = counted(slips.filter(sent_on__range=(period.first, period.last)), "state")
    everything = address("petitions:list", place="transferred")
    yield by_choice(_("本期转出，按状态"), _("状态"), sent, TransferSlip.State.choices, lambda value: "", zeros=False)
    late = slips.filter(state=TransferSlip.State.SENT, receipt_due__lt=today(), petition__state=Petition.State.TRANSFERRED)
    count = late.count()
    rows = [
        (
            Name(slip.number, slip.petition.get_absolute_url()),
            slip.receiver_name,
            slip.petition.assignment.unit.name,
            slip.sent_on,
            slip.receipt_due,
            (today() - slip.receipt_due).days,
        )
        for slip in late.select_related("petition__assignment__unit").order_by("receipt_due", "id")[:LISTED]
    ]
    columns = (
        Column(_("转办编号"), 20),
        Column(_("承办单位"), 14),
        Column(_("被巡察单位"), 14),
        Column(_("转出日期"), 13, "date"),
        Column(_("签收期限"), 13, "date"),
        Column(_("超期天数"), 8, "number"),
    )
    replies = slips.open().filter(reply_due__lt=today()).count()
    yield Figures(((_("超期未签收"), Number(count, everything)), (_("超期未反馈结果"), Number(replies, everything))))
    yield Table(_("超期未签收的转办单"), columns, rows, note=_unlisted(count, len(rows)))


def _clues(user, period: Period):
    """What was handed over and answered in the period, and what is late now."""
    clues = Clue.objects.visible_to(user)
    days = (period.first, period.last)
    handed, replied = clues.filter(handed_over_on__range=days).count(), clues.filter(replied_on__range=days).count()
    late = clues.overdue()
    count = late.count()
    yield Figures(
        (
            (_("本期移交"), Number(handed)),
            (_("本期反馈"), Number(replied)),
            (_("超期未反馈"), Number(count, address("rectification:clues", due="overdue"))),
        )
    )
    states = counted(clues, "state")
    yield by_choice(
        _("全部线索，按状态"),
        _("状态"),
        states,
        Clue.State.choices,
        lambda value: address("rectification:clues", state=value),
        zeros=False,
    )
    rows = [
        (
            Name(clue.number, clue.get_absolute_url()),
            clue.receiver.name,
            clue.assignment.unit.name,
            clue.handed_over_on,
            clue.reply_due,
            (today() - clue.reply_due).days,
        )
        for clue in late.select_related("receiver", "assignment__unit").order_by("reply_due", "id")[:LISTED]
    ]
    columns = (
        Column(_("线索编号"), 20),
        Column(_("移交单位"), 14),
        Column(_("被巡察单位"), 14),
        Column(_("移交时间"), 13, "date"),
        Column(_("反馈期限"), 13, "date"),
        Column(_("超期天数"), 8, "number"),
    )
    yield Table(_("超期未反馈的线索"), columns, rows, note=_unlisted(count, len(rows)))


def _unlisted(count: int, listed: int) -> str:
    left = count - listed
    return _("另有 %(left)d 件未列出，共 %(count)d 件。") % {"left": left, "count": count} if left else ""


def _by_source(user) -> Table:
    sources = dict(Item.Source.choices)
    return by_light(
        _("按来源"),
        Item.objects.visible_to(user),
        "source",
        headers=(Column(_("来源"), 18),),
        names=lambda row: (str(sources[row["source"]]),),
        asked=lambda row: {"source": row["source"]},
    )


def _by_unit(user) -> Table:
    return by_light(
        _("按单位"),
        Item.objects.visible_to(user),
        "assignment__number",
        "assignment__unit__name",
        "assignment__group__round__name",
        headers=(Column(_("被巡察单位"), 18), Column(_("轮次"), 20)),
        names=lambda row: (row["assignment__unit__name"], row["assignment__group__round__name"]),
        asked=lambda row: {"assignment": row["assignment__number"]},
    )


def _coverage():
    """Full coverage of every term that runs, or of the newest one."""
    day = today()
    terms = list(Term.objects.filter(starts_on__lte=day, ends_on__gte=day).order_by("-starts_on", "name"))
    for term in terms or Term.objects.order_by("-starts_on")[:1]:
        found = coverage(term)
        lines = [
            (row.name or _("合计"), row.due, row.done, row.running, row.left, row.done / row.due if row.due else None)
            for row in (*found.rows, found.total)
        ]
        columns = (
            Column(_("板块"), 18),
            Column(_("应巡"), 8, "number"),
            Column(_("已巡"), 8, "number"),
            Column(_("正在巡"), 8, "number"),
            Column(_("未巡"), 8, "number"),
            Column(_("覆盖率"), 9, "percent"),
        )
        yield Table(_("%(term)s：全覆盖进度") % {"term": term.name}, columns, lines, numbered=False)
