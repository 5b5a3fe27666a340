"""What a list of clues may be narrowed by: page, API and export alike."""

import django_filters as filters
from django.utils.translation import gettext_lazy as _

from petitions.models import Agency, Discipline, Level
from rectification.models import Clue

from .finding import CaseFilter


class ClueFilter(CaseFilter):
    """Clues."""

    state = filters.ChoiceFilter(choices=Clue.State.choices, label=_("状态"))
    discipline = filters.ChoiceFilter(choices=Discipline.choices, label=_("六项纪律"))
    level = filters.ChoiceFilter(choices=Level.choices, label=_("被反映人级别"))
    mode = filters.ChoiceFilter(choices=Clue.Mode.choices, label=_("移交方式"))
    receiver = filters.ModelChoiceFilter(queryset=Agency.objects.all(), label=_("移交单位"))
    due = filters.ChoiceFilter(choices=(("overdue", _("超期未反馈")),), method="by_due", label=_("期限"))
    assignment = filters.CharFilter(field_name="assignment__number", label=_("巡视巡察任务"))

    class Meta:
        model = Clue
        fields = ()

    def by_due(self, queryset, name, value):
        """Handed over and past the reply deadline."""
        return queryset.overdue()
