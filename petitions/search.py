"""Finding petitions again: the texts behind the search index, and what resembles a text that is just being taken down."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from inspection.vault import index
from petitions import contents
from petitions.models import Petition, ReporterKey

BATCH = 200
PAIRS = 240  # how many pairs of characters of a text are compared, from its beginning
MIN_SHARED = 4  # pairs in common below which likeness is chance
MIN_SHARE = 0.15
CANDIDATES = 50
SHOWN = 5


@dataclass(frozen=True)
class Alike:
    """A petition that resembles another, with the reasons in words. same_contact: whether a contact of its reporter is one."""

    petition: Petition
    reasons: tuple[str, ...]
    same_contact: bool


def documents() -> Iterator[tuple[int, list[str]]]:
    """(id, texts) of every petition that the search index holds, for manage.py reindex."""
    rows = Petition.objects.exclude(content=None).select_related("content").order_by("pk")
    for row in rows.iterator(chunk_size=BATCH):
        opened = row.opened()
        if opened:
            yield row.pk, row.indexed(opened)


def similar(
    user, *, subject: str = "", text: str = "", persons: Iterable[str] = (), keys: Iterable[str] = (), but: Petition | None = None
) -> list[Alike]:
    """The petitions visible to `user` that most resemble the given text, at most five, best first.

    persons  names of those reported
    keys     keyed hashes of the reporter's contacts (contents.reporter_keys)
    but      leave this one out
    Reasons, by weight: the same contact, the same person reported, rare pairs of characters in common.
    """
    visible = Petition.objects.visible_to(user).exclude(content=None)
    if but is not None:
        visible = visible.exclude(pk=but.pk)
    weights, reasons = Counter(), {}

    def found(pk: int, weight: float, reason: str) -> None:
        weights[pk] += weight
        reasons.setdefault(pk, []).append(reason)

    known_again = set(visible.filter(reporter_keys__digest__in=list(keys)).values_list("pk", flat=True))
    for pk in known_again:
        found(pk, 2, _("同一联系方式"))
    for name in list(dict.fromkeys(name.strip() for name in persons))[:SHOWN]:
        if len(name) > 1:
            for pk in visible.search(name).order_by("-pk").values_list("pk", flat=True)[:CANDIDATES]:
                found(pk, 1, _("提到同一人"))
    for pk, weight in _alike_in_words(visible, f"{subject} {text}", but):
        found(pk, weight, _("文字相近"))
    best = [pk for pk, _weight in weights.most_common(SHOWN)]
    rows = {row.pk: row for row in visible.for_list().filter(pk__in=best)}
    return [Alike(rows[pk], tuple(dict.fromkeys(reasons[pk])), pk in known_again) for pk in best if pk in rows]


def similar_to(user, petition: Petition) -> list[Alike]:
    """What resembles a petition that is registered already."""
    opened = petition.opened()
    keys = ReporterKey.objects.filter(petition=petition).values_list("digest", flat=True)
    names = [person["name"] for person in opened.get("persons", [])]
    return similar(user, subject=petition.subject, text=petition.text, persons=names, keys=keys, but=petition)


def draft_keys(phone: str = "", email: str = "", id_number: str = "") -> list[str]:
    """Keyed hashes of contacts that are just being typed."""
    typed = {"phone": phone, "email": email, "id_number": id_number}
    return list(contents.reporter_keys({name: contents.clean(value) for name, value in typed.items()}).values())


def _alike_in_words(visible, text: str, but: Petition | None) -> list[tuple[int, float]]:
    """(id, share of the text's pairs of characters found there), best first. Only pairs that few petitions hold are counted."""
    shared: Counter[int] = Counter()
    for ids in index.postings("petition", text, pairs=PAIRS):
        shared.update(ids)
    asked = len({pair for word in index.normalise(text).split() for pair in pairwise(word)})
    enough = max(MIN_SHARED, MIN_SHARE * min(asked, PAIRS))
    likely = [pk for pk, count in shared.most_common(CANDIDATES) if count >= enough and (but is None or pk != but.pk)]
    known = set(visible.filter(pk__in=likely).values_list("pk", flat=True))
    return [(pk, shared[pk] / asked) for pk in likely if pk in known]
