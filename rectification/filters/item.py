"""What a list of rectification items may be narrowed by: page, API, ledger and counts alike."""

import django_filters as filters
from django.utils.translation import gettext_lazy as _

from inspection.pages.forms import DateRange
from rectification import access
from rectification.models import Item

from .finding import CaseFilter

LIGHTS = (("red", _("红灯（已超期）")), ("yellow", _("黄灯（临近期限）")), ("green", _("绿灯（正常）")))
INSIDE = ("round", "group")  # of no use to a unit, which has but its own items


class ItemFilter(CaseFilter):
    """Rectification items. A unit's liaison is offered neither rounds nor groups."""

    state = filters.ChoiceFilter(choices=Item.State.choices, label=_("状态"))
    light = filters.ChoiceFilter(choices=LIGHTS, method="lit", label=_("亮灯"))
    source = filters.ChoiceFilter(choices=Item.Source.choices, label=_("来源"))
    key = filters.ChoiceFilter(choices=(("yes", _("重点")), ("no", _("非重点"))), method="by_key", label=_("重点关注"))
    due = filters.DateFromToRangeFilter(field_name="due_on", widget=DateRange, label=_("完成时限"))
    assignment = filters.CharFilter(field_name="assignment__number", label=_("任务编号"), max_length=40)

    class Meta:
        model = Item
        fields = ()

    def left_out(self):
        """Rounds and groups, for a liaison."""
        return () if access.reads_inside(self.request.user) else INSIDE

    def lit(self, queryset, name, value):
        """Red, yellow or green today."""
        return queryset.light(value)

    def by_key(self, queryset, name, value):
        """Marked as important, or not."""
        return queryset.filter(key=value == "yes")
