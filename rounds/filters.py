"""What rounds, groups, units, people and assignments may be asked for: one FilterSet each, for page and API."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inspection.pages.filtering import Filters
from inspection.pages.searching import SearchFilter
from rounds.models import Assignment, Category, Group, Person, Round, Term, Unit
from rounds.queries import in_force, today

YES_NO = (("yes", _("是")), ("no", _("否")))


def _rounds(request):
    return Round.objects.visible_to(request.user)


def _groups(request):
    return Group.objects.visible_to(request.user).select_related("round").order_by("-round__starts_on", "number")


class RoundFilter(Filters):
    """Filters of the list of rounds."""

    q = SearchFilter(label=_("名称或字头"), method="named", max_length=80)
    term = django_filters.ModelChoiceFilter(label=_("届次"), queryset=lambda request: Term.objects.all())
    kind = django_filters.ChoiceFilter(label=_("类型"), choices=Round.Kind.choices)
    when = django_filters.ChoiceFilter(
        label=_("时间"), method="timed", choices=(("now", _("正在进行")), ("coming", _("尚未开始")), ("past", _("已经结束")))
    )

    class Meta:
        model = Round
        fields = ()

    def named(self, queryset, name, value):
        """Rounds whose name or code holds the text."""
        return queryset.filter(Q(name__icontains=value) | Q(code__icontains=value))

    def timed(self, queryset, name, value):
        """Rounds by where today lies in them."""
        day = today()
        if value == "now":
            return queryset.filter(starts_on__lte=day, ends_on__gte=day)
        return queryset.filter(starts_on__gt=day) if value == "coming" else queryset.filter(ends_on__lt=day)


class GroupFilter(Filters):
    """Filters of groups."""

    round = django_filters.ModelChoiceFilter(label=_("轮次"), queryset=_rounds)

    class Meta:
        model = Group
        fields = ()


class AssignmentFilter(Filters):
    """Filters of assignments."""

    q = SearchFilter(label=_("任务编号或单位"), method="named", max_length=120)
    round = django_filters.ModelChoiceFilter(label=_("轮次"), field_name="group__round", queryset=_rounds)
    group = django_filters.ModelChoiceFilter(label=_("巡视巡察组"), queryset=_groups)
    state = django_filters.ChoiceFilter(label=_("阶段"), choices=Assignment.State.choices)
    on_site = django_filters.ChoiceFilter(label=_("今日在驻"), method="there", choices=YES_NO)

    class Meta:
        model = Assignment
        fields = ()

    def named(self, queryset, name, value):
        """Assignments whose number, or whose unit's name, holds the text."""
        return queryset.filter(Q(number__icontains=value) | Q(unit__name__icontains=value))

    def there(self, queryset, name, value):
        """Assignments whose on-site days include today, or do not."""
        there = queryset.on_site().values("pk")
        return queryset.filter(pk__in=there) if value == "yes" else queryset.exclude(pk__in=there)


class UnitFilter(Filters):
    """Filters of the catalogue of units."""

    q = SearchFilter(label=_("名称或代码"), method="named", max_length=120)
    category = django_filters.ModelChoiceFilter(label=_("板块"), queryset=lambda request: Category.objects.all())
    region = django_filters.CharFilter(label=_("地区"), lookup_expr="icontains", max_length=60)
    standing = django_filters.ChoiceFilter(
        label=_("存续"), method="stands", choices=(("open", _("现存")), ("closed", _("已撤销或更名")))
    )
    inspected = django_filters.ChoiceFilter(label=_("巡过"), method="was_inspected", choices=YES_NO)

    class Meta:
        model = Unit
        fields = ()

    def named(self, queryset, name, value):
        """Units whose name or code holds the text."""
        return queryset.filter(Q(name__icontains=value) | Q(code__icontains=value))

    def stands(self, queryset, name, value):
        """Units that exist, or no longer do."""
        return queryset.active() if value == "open" else queryset.exclude(abolished_on=None)

    def was_inspected(self, queryset, name, value):
        """Units with or without any inspection under this name."""
        inspected = Assignment.objects.values("unit")
        return queryset.filter(pk__in=inspected) if value == "yes" else queryset.exclude(pk__in=inspected)


class PersonFilter(Filters):
    """Filters of the talent pool."""

    q = SearchFilter(label=_("姓名或编号"), method="named", max_length=60)
    speciality = django_filters.CharFilter(label=_("专长"), lookup_expr="icontains", max_length=120)
    employer = django_filters.CharFilter(
        label=_("工作单位"), field_name="employer__name", lookup_expr="icontains", max_length=120
    )
    serving = django_filters.ChoiceFilter(label=_("现编入组"), method="serves", choices=YES_NO)
    active = django_filters.ChoiceFilter(label=_("在库"), method="in_pool", choices=YES_NO)

    class Meta:
        model = Person
        fields = ()

    def named(self, queryset, name, value):
        """People whose name or code holds the text."""
        return queryset.filter(Q(name__icontains=value) | Q(code__icontains=value))

    def serves(self, queryset, name, value):
        """People with or without an appointment in force today."""
        serving = Person.objects.filter(in_force("appointments__")).values("pk")
        return queryset.filter(pk__in=serving) if value == "yes" else queryset.exclude(pk__in=serving)

    def in_pool(self, queryset, name, value):
        """People kept in the pool, or out of it."""
        return queryset.filter(active=value == "yes")
