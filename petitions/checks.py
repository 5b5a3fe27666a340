"""What `manage.py verify` proves about petitions: numbers without gaps, every petition in exactly one place and counted once."""

from collections.abc import Iterator
from itertools import groupby

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from inspection.numbers.models import Counter
from inspection.vault import index
from petitions import receipts
from petitions.models import Disposal, Petition
from petitions.queries import PLACES
from petitions.workflow import forgetting
from rounds.models import Round

PLACED_TWICE = [state for state in Petition.State.values if sum(state in states for states in PLACES.values()) != 1]


def check() -> Iterator[str]:
    """One sentence for each problem, with numbers only."""
    yield from _numbers()
    yield from _places()
    yield from _forgotten()
    yield from _index()
    yield from receipts.check()


def _numbers() -> Iterator[str]:
    """In every round and year the numbers run from 1 to the counter's last."""
    codes = set(Round.objects.values_list("code", flat=True))
    counted = {f"{row.prefix}-{row.year}": row.value for row in Counter.objects.filter(prefix__in=codes)}
    numbers = sorted(Petition.objects.values_list("number", flat=True).iterator(), key=_series)
    given = {series: [int(number.rpartition("-")[2]) for number in group] for series, group in groupby(numbers, _series)}
    for series in sorted(counted.keys() | given.keys()):
        places, last = given.get(series, []), counted.get(series, 0)
        missing = sorted(set(range(1, last + 1)) - set(places))
        if missing:
            words = _("编号 %(series)s 缺 %(count)s 个，第一个是 %(first)s。")
            yield words % {"series": series, "count": len(missing), "first": missing[0]}
        if max(places, default=0) > last:
            yield _("编号 %(series)s 超过编号器的最后编号 %(last)s。") % {"series": series, "last": last}


def _series(number: str) -> str:
    return number.rpartition("-")[0]


def _places() -> Iterator[str]:
    """Every state is in one place; what a place promises is there."""
    for state in PLACED_TWICE:
        yield _("状态 %(state)s 不是恰好属于一个去向。") % {"state": state}
    broken = (
        (Q(state="handed_up", hand_up=None), _("%(number)s：已呈报上级，但没有交接签名。")),
        (Q(hand_up__isnull=False) & ~Q(state="handed_up"), _("%(number)s：有呈报交接签名，但状态不是已呈报上级。")),
        (Q(state="handed_up") & ~(Q(content=None) & Q(identity=None)), _("%(number)s：已呈报上级，但内容仍在。")),
        (Q(content=None) & ~Q(state="handed_up") & ~_disposed(), _("%(number)s：内容缺失。")),
        (_disposed() & ~(Q(content=None) & Q(identity=None)), _("%(number)s：已销毁，但内容仍在。")),
        (Q(first__isnull=False) & ~Q(state="repeat"), _("%(number)s：不是重复件，却关联了首次件。")),
        (Q(first__state__in=("repeat", "handed_up")), _("%(number)s：首次件本身是重复件或已呈报。")),
    )
    for condition, words in broken:
        for number in Petition.objects.filter(condition).order_by("pk").values_list("number", flat=True):
            yield words % {"number": number}
    without = Petition.objects.filter(state="transferred").annotate(sent=Count("slips")).filter(sent=0)
    for number in without.order_by("pk").values_list("number", flat=True):
        yield _("%(number)s：已转办，但没有转办单。") % {"number": number}


def _disposed() -> Q:
    """Petitions that a disposal says are destroyed."""
    return Q(pk__in=Disposal.objects.filter(state=Disposal.State.DESTROYED).values("petition"))


def _forgotten() -> Iterator[str]:
    """Of what was handed up sealed or disposed of no key is left, wherever in the vault it stood."""
    for petition in Petition.objects.filter(_disposed() | Q(state="handed_up")).order_by("pk").iterator(chunk_size=200):
        kinds = list(forgetting.left(petition))
        if kinds:
            words = _("%(number)s：应已销毁，但还有 %(count)s 个密钥（%(kinds)s）。")
            yield words % {"number": petition.number, "count": len(kinds), "kinds": "、".join(sorted(set(kinds)))}


def _index() -> Iterator[str]:
    """The search index holds exactly the petitions that have content."""
    if not index.is_current("petition"):
        yield _("检索索引是按旧规则建立的，检索较慢。运行 manage.py reindex 可重建。")
    indexed = index.indexed("petition")
    readable = set(Petition.objects.exclude(content=None).values_list("pk", flat=True))
    if indexed != readable:
        words = _("检索索引与信访件不一致：缺 %(missing)s 件，多 %(extra)s 件。运行 manage.py reindex 可重建。")
        yield words % {"missing": len(readable - indexed), "extra": len(indexed - readable)}
