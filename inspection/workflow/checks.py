"""What `manage.py verify` proves about states: every move of every object is on the trail, from its birth to where it stands."""

from collections.abc import Iterator

from django.apps import apps
from django.utils.translation import gettext as _

from inspection.trail.models import Entry, printed_number

from .models import Stateful


def check() -> Iterator[str]:
    """One sentence for every object whose steps and entries disagree.

    `version` counts the birth and the steps taken, and each of them leaves one entry with the state it led to. So an entry that
    is gone shows at once, also the newest ones, which no seal covers yet; and so does a state that was written past the verbs.
    """
    for model in apps.get_models():
        if issubclass(model, Stateful):
            yield from _check(model)


def _check(model: type[Stateful]) -> Iterator[str]:
    moves: dict[int, tuple[int, str]] = {}
    found = Entry.objects.filter(object_type=model._meta.label_lower).exclude(to_state="").order_by("id")
    for object_id, to_state in found.values_list("object_id", "to_state").iterator(chunk_size=5000):
        moves[object_id] = (moves.get(object_id, (0, ""))[0] + 1, to_state)
    for obj in model._base_manager.order_by("pk").iterator(chunk_size=1000):
        count, state = moves.pop(obj.pk, (0, ""))
        facts = {"kind": model._meta.verbose_name, "number": printed_number(obj), "version": obj.version, "count": count}
        if count != obj.version:
            yield _("%(kind)s %(number)s：办理 %(version)s 次，留痕 %(count)s 条，不相符。") % facts
        elif state != obj.state:
            yield _("%(kind)s %(number)s：状态与最后一条留痕不符。") % facts
    for pk in moves:
        yield _("%(kind)s（%(pk)s）：有留痕，但记录已不存在。") % {"kind": model._meta.verbose_name, "pk": pk}
