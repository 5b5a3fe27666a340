"""The register of petitions (信访登记簿) as rows: every column an office keeps, and never who wrote."""

from collections.abc import Callable, Iterator
from itertools import islice

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.accounts.models import User
from inspection.documents.content import Column, Table
from inspection.trail.models import Entry
from petitions.models import Petition, TransferSlip
from rounds.models import Assignment

BLOCK = 500
SEALED = "—"


def columns() -> tuple[Column, ...]:
    """The columns in the order of the register (来信来访登记簿); 序号 comes first by itself."""
    return (
        Column(_("登记编号"), 18),
        Column(_("轮次"), 20),
        Column(_("巡察组"), 14),
        Column(_("被巡察单位"), 18),
        Column(_("渠道"), 8),
        Column(_("收到时间"), 16, "datetime"),
        Column(_("邮戳日期"), 11, "date"),
        Column(_("登记人"), 9),
        Column(_("反映人"), 8),
        Column(_("署名情况"), 14),
        Column(_("联系方式"), 8),
        Column(_("人数"), 6, "number"),
        Column(_("被反映人"), 12),
        Column(_("单位职务"), 18),
        Column(_("级别"), 10),
        Column(_("主要内容"), 50),
        Column(_("六项纪律"), 10),
        Column(_("是否受理范围"), 8),
        Column(_("是否重复（首次编号）"), 18),
        Column(_("拟办意见"), 20),
        Column(_("领导批示"), 12),
        Column(_("处理方式"), 10),
        Column(_("承办单位"), 16),
        Column(_("转出时间"), 11, "date"),
        Column(_("签收人/时间"), 16),
        Column(_("办理期限"), 11, "date"),
        Column(_("办理结果"), 30),
        Column(_("反馈时间"), 11, "date"),
        Column(_("备注"), 16),
    )


def register(petitions: QuerySet, user, *, progress: Callable[[int], None] | None = None) -> Table:
    """The register of `petitions`, already cut to what `user` may see, oldest first; read in blocks, in constant memory.

    progress  called with the number of rows written, after every block
    """
    return Table(_("信访登记簿"), columns(), lambda: _rows(petitions, user, progress))


def _rows(petitions: QuerySet, user, progress) -> Iterator[tuple]:
    # No table is joined but that of the envelopes, as columns: a register has few assignments and people, and each joined one
    # would be an object to make for every row.
    walk = petitions.order_by("received_at", "pk").select_related(None).for_register().iterator(chunk_size=BLOCK)
    beside, words, written = _Beside(user), _words(), 0
    while block := list(islice(walk, BLOCK)):
        beside.turn_to(block)
        Petition.open_all(block)
        for petition in block:
            yield _row(petition, beside, words)
        written += len(block)
        if progress:
            progress(written)


class _Beside:
    """What stands in a row of the register and not in its petition, asked for a block of rows at a time.

    places    {assignment id: names of round, group and unit}, kept from block to block
    people    {user id: name}, kept likewise
    slips     {petition id: its newest slip}
    opinions  {petition id: the triage opinion sealed beside its newest acceptance}
    firsts    {petition id: number} of the first petitions that the reader may know of
    """

    def __init__(self, user):
        self.user = user
        self.places: dict[int, tuple[str, str, str]] = {}
        self.people: dict[int, str] = {}

    def turn_to(self, block: list[Petition]) -> None:
        """Ask what the rows of `block` need."""
        ids = [petition.pk for petition in block]
        assignments = {petition.assignment_id for petition in block} - self.places.keys()
        names = ("group__round__name", "group__name", "unit__name")
        for pk, *place in Assignment.objects.filter(pk__in=assignments).values_list("pk", *names):
            self.places[pk] = tuple(place)
        people = {petition.registered_by_id for petition in block} - self.people.keys()
        self.people.update(User.objects.filter(pk__in=people).values_list("pk", "name"))
        slips = TransferSlip.objects.filter(petition__in=ids).select_related("reply").order_by("pk")
        self.slips = {slip.petition_id: slip for slip in slips}
        entries = Entry.objects.filter(object_type=Petition._meta.label_lower, object_id__in=ids, verb="accept")
        noted = entries.exclude(note=None).select_related("note").order_by("pk")
        self.opinions = {entry.object_id: entry.note_text for entry in noted}
        firsts = {petition.first_id for petition in block if petition.first_id}
        seen = Petition.objects.visible_to(self.user).filter(pk__in=firsts) if firsts else Petition.objects.none()
        self.firsts = dict(seen.order_by().values_list("pk", "number"))


def _words() -> dict[str, dict[str, str]]:
    """{column: {code: what it is called}} in the language of the export; asked once, because Django asks for each cell anew."""
    columns = ("channel_kind", "signature", "level", "discipline", "state", "outcome")
    words = {name: {code: str(label) for code, label in Petition._meta.get_field(name).flatchoices} for name in columns}
    return words | {
        "who": {True: _("已密封"), False: SEALED},
        "gone": {"destroyed": _("内容已销毁"), "handed_up": _("已密封呈报，内容不留存")},
        "repeat": {"no": _("否"), "unknown": _("是"), "first": _("是（%(number)s）")},
    }


def _row(petition: Petition, beside: _Beside, words: dict) -> tuple:
    slip = beside.slips.get(petition.pk)
    gone = words["gone"]["destroyed"] if petition.destroyed else ""
    gone = words["gone"]["handed_up"] if petition.state == Petition.State.HANDED_UP else gone
    who = words["who"][petition.identity_id is not None]
    return (
        petition.number,
        *beside.places[petition.assignment_id],
        words["channel_kind"][petition.channel_kind],
        petition.received_at,
        petition.postmarked_on,
        beside.people[petition.registered_by_id],
        who,
        words["signature"][petition.signature],
        who,
        petition.people_count,
        _people(petition, "name"),
        _people(petition, "unit", "post"),
        words["level"][petition.level],
        gone or _said(petition),
        words["discipline"].get(petition.discipline, ""),
        petition.in_scope,
        _repeat(petition, beside.firsts, words["repeat"]),
        beside.opinions.get(petition.pk, ""),
        "",
        words["state"][petition.state],
        slip.receiver_name if slip else "",
        slip.sent_on if slip else None,
        _receipt(slip),
        petition.conclude_by or petition.decide_by,
        _result(petition, slip, words["outcome"]),
        slip.replied_on if slip else None,
        petition.details.get("remarks", ""),
    )


def _people(petition: Petition, *keys: str) -> str:
    told = (" ".join(filter(None, (person.get(key, "") for key in keys))) for person in petition.persons)
    return "；".join(filter(None, told))


def _said(petition: Petition) -> str:
    return petition.text if petition.text.startswith(petition.subject.rstrip("…")) else f"{petition.subject}\n{petition.text}"


def _repeat(petition: Petition, firsts: dict[int, str], words: dict[str, str]) -> str:
    if not petition.first_id:
        return words["no"]
    number = firsts.get(petition.first_id)
    return words["first"] % {"number": number} if number else words["unknown"]


def _receipt(slip: TransferSlip | None) -> str:
    if slip is None or slip.received_on is None:
        return ""
    return " ".join(filter(None, (slip.received_by, slip.received_on.isoformat())))


def _result(petition: Petition, slip: TransferSlip | None, words: dict[str, str]) -> str:
    told = [words[petition.outcome]] if petition.outcome else []
    if petition.closed_at:
        told.append(timezone.localdate(petition.closed_at).isoformat())
    if slip and slip.reply_id:
        told.append(slip.reply_text)
    return "；".join(told)
