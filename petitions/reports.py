"""The register of petitions (信访登记簿) as rows: every column an office keeps, and never who wrote."""

from collections.abc import Callable, Iterator
from itertools import islice

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.documents.content import Column, Table
from inspection.trail.models import Entry
from petitions.models import Petition, TransferSlip

BLOCK = 200
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
    latest = Prefetch("slips", TransferSlip.objects.select_related("reply").order_by("-pk"), to_attr="slips_newest_first")
    ordered = (
        petitions.order_by("received_at", "pk")
        .select_related("content", "first")
        # Not joined: a block of rows shares a few assignments and people, and would make an object of each for every row.
        .prefetch_related("assignment__unit", "assignment__group__round", "registered_by", latest)
    )
    words = _words()
    walk, written = ordered.iterator(chunk_size=BLOCK), 0
    while block := list(islice(walk, BLOCK)):
        opinions = _opinions(block)
        firsts = _visible_firsts(block, user)
        for petition in block:
            yield _row(petition, opinions.get(petition.pk, ""), firsts, words)
        written += len(block)
        if progress:
            progress(written)


def _opinions(block: list[Petition]) -> dict[int, str]:
    """{petition id: the triage opinion sealed beside its newest acceptance}."""
    label = Petition._meta.label_lower
    entries = Entry.objects.filter(object_type=label, object_id__in=[petition.pk for petition in block], verb="accept")
    return {entry.object_id: entry.note_text for entry in entries.exclude(note=None).select_related("note").order_by("pk")}


def _visible_firsts(block: list[Petition], user) -> set[int]:
    """Ids of the first petitions that the reader may know of."""
    asked = {petition.first_id for petition in block if petition.first_id}
    return set(Petition.objects.visible_to(user).filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()


def _words() -> dict[str, dict[str, str]]:
    """{column: {code: what it is called}} in the language of the export; asked once, because Django asks for each cell anew."""
    columns = ("channel_kind", "signature", "level", "discipline", "state")
    return {name: {code: str(label) for code, label in Petition._meta.get_field(name).flatchoices} for name in columns}


def _row(petition: Petition, opinion: str, firsts: set[int], words: dict) -> tuple:
    slip = petition.slips_newest_first[0] if petition.slips_newest_first else None
    gone = _("内容已销毁") if petition.destroyed else ""
    gone = _("已密封呈报，内容不留存") if petition.state == Petition.State.HANDED_UP else gone
    return (
        petition.number,
        petition.assignment.group.round.name,
        petition.assignment.group.name,
        petition.assignment.unit.name,
        words["channel_kind"][petition.channel_kind],
        petition.received_at,
        petition.postmarked_on,
        petition.registered_by.name,
        _("已密封") if petition.identity_id else SEALED,
        words["signature"][petition.signature],
        _("已密封") if petition.identity_id else SEALED,
        petition.people_count,
        _people(petition, "name"),
        _people(petition, "unit", "post"),
        words["level"][petition.level],
        gone or _said(petition),
        words["discipline"].get(petition.discipline, ""),
        petition.in_scope,
        _repeat(petition, firsts),
        opinion,
        "",
        words["state"][petition.state],
        slip.receiver_name if slip else "",
        slip.sent_on if slip else None,
        _receipt(slip),
        petition.conclude_by or petition.decide_by,
        _result(petition, slip),
        slip.replied_on if slip else None,
        petition.details.get("remarks", ""),
    )


def _people(petition: Petition, *keys: str) -> str:
    told = (" ".join(filter(None, (person.get(key, "") for key in keys))) for person in petition.persons)
    return "；".join(filter(None, told))


def _said(petition: Petition) -> str:
    return petition.text if petition.text.startswith(petition.subject.rstrip("…")) else f"{petition.subject}\n{petition.text}"


def _repeat(petition: Petition, firsts: set[int]) -> str:
    if not petition.first_id:
        return _("否")
    return _("是（%(number)s）") % {"number": petition.first.number} if petition.first_id in firsts else _("是")


def _receipt(slip: TransferSlip | None) -> str:
    if slip is None or slip.received_on is None:
        return ""
    return " ".join(filter(None, (slip.received_by, slip.received_on.isoformat())))


def _result(petition: Petition, slip: TransferSlip | None) -> str:
    told = [petition.get_outcome_display()] if petition.outcome else []
    if petition.closed_at:
        told.append(timezone.localdate(petition.closed_at).isoformat())
    if slip and slip.reply_id:
        told.append(slip.reply_text)
    return "；".join(told)
