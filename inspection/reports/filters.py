"""Filters of the list of runs."""

import django_filters
from django.utils.translation import gettext_lazy as _

from inspection.pages.filtering import Filters

from .kinds import all_kinds
from .models import Run


def _kinds() -> list[tuple[str, str]]:
    return [(kind.code, kind.label) for kind in all_kinds().values()]


class RunFilter(Filters):
    """By kind, state and the days a report is about."""

    kind = django_filters.ChoiceFilter(label=_("报表种类"), choices=_kinds, empty_label=_("全部"))
    state = django_filters.ChoiceFilter(label=_("状态"), choices=Run.State.choices, empty_label=_("全部"))
    since = django_filters.DateFilter(label=_("期间不早于"), field_name="period_end", lookup_expr="gte")
    until = django_filters.DateFilter(label=_("期间不晚于"), field_name="period_start", lookup_expr="lte")

    class Meta:
        model = Run
        fields = ("kind", "state", "since", "until")
