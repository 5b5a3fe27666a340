"""What a list of papers may be narrowed by: page, API and export alike."""

import django_filters as filters
from django.utils.translation import gettext_lazy as _

from inspection.pages.filtering import Filters
from inspection.pages.searching import SearchFilter
from petitions.models import Discipline
from rectification.models import Finding
from rounds.models import FocusNode, Group, Round, Unit


def rounds_of(request):
    """The rounds a person may choose from."""
    return Round.objects.visible_to(request.user).order_by("-starts_on", "-id")


def groups_of(request):
    """The groups a person may choose from, named with their round."""
    return Group.objects.visible_to(request.user).select_related("round").order_by("-round__starts_on", "number")


def units_of(request):
    """The units a person may choose from."""
    return Unit.objects.visible_to(request.user)


def focus_of(request):
    """The focus nodes of the rounds a person may choose from."""
    return FocusNode.objects.filter(round__in=rounds_of(request).values("pk")).select_related("round")


class GroupFilter(filters.ModelChoiceFilter):
    """A choice of groups that says of which round each is."""

    def __init__(self, **kwargs):
        super().__init__(queryset=groups_of, label=_("巡视巡察组"), **kwargs)

    @property
    def field(self):
        """The form field, with the round in each label."""
        field = super().field
        field.label_from_instance = lambda group: f"{group.round.code} {group.name}"
        return field


class CaseFilter(Filters):
    """What papers and clues share."""

    q = SearchFilter(label=_("检索"), method="search", max_length=200)
    round = filters.ModelChoiceFilter(queryset=rounds_of, field_name="assignment__group__round", label=_("轮次"))
    group = GroupFilter(field_name="assignment__group")
    unit = filters.ModelChoiceFilter(queryset=units_of, field_name="assignment__unit", label=_("被巡视单位"))

    def search(self, queryset, name, value):
        """The object of that number, if there is one; else what the sealed text holds."""
        numbered = queryset.filter(number__iexact=value.strip())
        return numbered if numbered.exists() else queryset.search(value)


class FindingFilter(CaseFilter):
    """Papers."""

    state = filters.ChoiceFilter(choices=Finding.State.choices, label=_("状态"))
    discipline = filters.ChoiceFilter(choices=Discipline.choices, label=_("六项纪律"))
    focus = filters.ModelChoiceFilter(queryset=focus_of, label=_("监督重点"))
    responsibility = filters.ChoiceFilter(choices=Finding.Responsibility.choices, label=_("责任性质"))
    key = filters.ChoiceFilter(choices=(("yes", _("重点")), ("no", _("非重点"))), method="by_key", label=_("是否重点"))
    assignment = filters.CharFilter(field_name="assignment__number", label=_("巡视巡察任务"))

    class Meta:
        model = Finding
        fields = ()

    def by_key(self, queryset, name, value):
        """Marked as important, or not."""
        return queryset.filter(key=value == "yes")
