"""What petitions may be asked for: one FilterSet for the page, the API and the export."""

import re
from types import SimpleNamespace

import django_filters
from django import forms
from django.db.models import BigIntegerField, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from inspection.pages import lists
from inspection.pages.filtering import Filters
from inspection.pages.searching import SearchFilter
from inspection.statements import Given, Prepared
from petitions.models import Agency, Category, Discipline, Disposal, IdentityRequest, Petition, TransferSlip
from petitions.queries import SOON_DAYS, PetitionQuerySet
from rounds.models import Assignment, Channel, Group, Round, Unit
from rounds.queries import standing

MOST_DIGITS = 19  # of a number the database can hold
NUMBER = re.compile(r"[A-Za-z][A-Za-z0-9]{1,19}-\d{4}(-\d*)?")
PLACES = (
    ("waiting", _("待研判")),
    ("placed", _("已有去向")),
    ("in_group", _("组内办理")),
    ("transferred", _("已转办")),
    ("handed_up", _("已呈报上级")),
    ("repeat", _("重复件")),
    ("filed", _("存查")),
    ("concluded", _("已办结")),
)


def _cases(own):
    """(assignment, round, its name, group, its name, unit, its name) of a reader's cases, the newest round first."""
    columns = ("pk", "group__round", "group__round__name", "group", "group__name", "unit", "unit__name")
    order = ("-group__round__starts_on", "-group__round", "group__number")
    return Assignment.objects.filter(Assignment.objects.case_scope(own.reader(), "pk")).order_by(*order).values_list(*columns)


_CASES = Prepared(_cases)


def _asked_category(request) -> int:
    asked = request.GET.get("category", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < MOST_DIGITS else 0


def _categories():
    """The two upper levels; the third only where it was asked for, because hundreds of options help nobody."""
    return Category.objects.filter(Q(level__lte=2) | Q(pk=Given("asked", BigIntegerField()))).values_list("pk", "path")


_CATEGORIES = Prepared(_categories)


class Choice(django_filters.ChoiceFilter):
    """A choice that may be left open."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, empty_label=_("不限"), **kwargs)


class Select(django_filters.ModelChoiceFilter):
    """The same over rows; which of them, `offered` says."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, empty_label=_("不限"), **kwargs)


class PetitionFilter(Filters):
    """Filters of the petition list. Every choice offers only what the reader's own cases have."""

    q = SearchFilter(label=_("检索"), method="searched", max_length=200, widget=forms.SearchInput)
    round = Select(label=_("轮次"), field_name="assignment__group__round", method="in_round", queryset=Round.objects.all())
    group = Select(label=_("巡视巡察组"), field_name="assignment__group", queryset=Group.objects.all())
    unit = Select(label=_("被巡视单位"), field_name="assignment__unit", queryset=Unit.objects.all())
    channel = Choice(label=_("渠道"), field_name="channel_kind", choices=Channel.Kind.choices)
    place = Choice(label=_("去向"), method="placed", choices=PLACES)
    state = Choice(label=_("状态"), choices=Petition.State.choices)
    due = Choice(label=_("期限"), method="timed", choices=(("overdue", _("已超期")), ("soon", _("七日内到期"))))
    discipline = Choice(label=_("六项纪律"), choices=Discipline.choices)
    category = Select(label=_("内容分类"), method="classified", queryset=Category.objects.all())
    in_scope = Choice(
        label=_("受理范围"), method="scoped", choices=(("yes", _("属受理范围")), ("no", _("不属受理范围")), ("open", _("未定")))
    )
    signature = Choice(label=_("署名情况"), choices=Petition.Signature.choices)
    received_from = django_filters.DateFilter(label=_("收到起"), method="from_day")
    received_to = django_filters.DateFilter(label=_("收到止"), method="to_day")
    assignment = django_filters.CharFilter(
        label=_("任务编号"), field_name="assignment__number", max_length=40, widget=forms.HiddenInput
    )
    opening = django_filters.NumberFilter(label=_("开箱记录"), field_name="box_opening", widget=forms.HiddenInput)
    first = django_filters.CharFilter(label=_("首次件"), method="repeating", max_length=40, widget=forms.HiddenInput)

    class Meta:
        model = Petition
        fields = ()

    # A list sets `lazily` and hands `search` to lists.page, which opens only the rows that it shows and counts.
    lazily = False
    search: lists.Search | None = None

    @cached_property
    def asked(self):
        """Search last: words of three and more characters open every candidate that the other filters left."""
        return sorted(super().asked, key=lambda name: name == "q")

    @cached_property
    def _cases(self) -> list[tuple]:
        return _CASES(standing(self.request.user))

    offers = ("round", "group", "unit", "category")

    def offered(self):
        """Rounds, groups and units are offered out of one statement."""
        return {
            "round": tuple(dict.fromkeys((row[1], row[2]) for row in self._cases)),
            "group": tuple(dict.fromkeys((row[3], row[4]) for row in self._cases)),
            "unit": tuple(sorted({(row[5], row[6]) for row in self._cases}, key=lambda choice: choice[1])),
            "category": tuple(_CATEGORIES(asked=_asked_category(self.request))),
        }

    @cached_property
    def units(self) -> dict[int, str]:
        """{assignment: name of its unit} of every row in sight, which joined to the rows would be fetched once for each."""
        return {row[0]: row[6] for row in self._cases}

    @property
    def shape(self) -> lists.Shape | None:
        """What decides the list, for `lists.page`; None where texts are searched or nothing is listed."""
        if self.errors or "q" in self.asked:
            return None
        key = (standing(self.request.user), tuple(self.asked_form.cleaned_data.items()))
        return lists.Shape(Petition, _listed, PetitionQuerySet.for_rows, key, ids="due" in self.asked)

    def in_round(self, queryset, name, value):
        """Of this round. Not joined to it: SQLite would begin with the round and sort all that it holds."""
        return queryset.filter(assignment__in=Assignment.objects.filter(group__round=value).order_by().values("pk"))

    def from_day(self, queryset, name, value):
        """Received on this day or later."""
        return queryset.received(first=value)

    def to_day(self, queryset, name, value):
        """Received on this day or earlier."""
        return queryset.received(last=value)

    def searched(self, queryset, name, value):
        """By number when it looks like one, else in subject, text and persons."""
        if NUMBER.fullmatch(value.strip()):
            return queryset.filter(number__istartswith=value.strip())
        if not self.lazily:
            return queryset.search(value)
        queryset, self.search = queryset.narrowed(value, self.request.user)
        return queryset

    def repeating(self, queryset, name, value):
        """Repeats of a petition in the reader's sight: any other number must not be found out by guessing."""
        return queryset.filter(first__in=Petition.objects.visible_to(self.request.user).filter(number=value))

    def placed(self, queryset, name, value):
        """Where it is now."""
        return queryset.in_place(value)

    def timed(self, queryset, name, value):
        """Overdue, or due soon."""
        return queryset.overdue() if value == "overdue" else queryset.due_within(SOON_DAYS)

    def classified(self, queryset, name, value):
        """In this category or any below it."""
        return queryset.filter(Q(category=value) | Q(category__parent=value) | Q(category__parent__parent=value))

    def scoped(self, queryset, name, value):
        """Within scope, outside it, or not decided."""
        return queryset.filter(in_scope={"yes": True, "no": False, "open": None}[value])


def rows_for(user):
    """The rows of the list page, before any filter."""
    return Petition.objects.visible_to(user).for_rows()


def _listed(own, values: tuple):
    reader = own.reader()
    found = PetitionFilter(queryset=Petition.objects.visible_to(reader), request=SimpleNamespace(user=reader))
    return found.narrowed(found.queryset, dict(values))


class SlipFilter(Filters):
    """Filters of the transfer slips."""

    q = SearchFilter(label=_("编号"), method="numbered", max_length=40)
    state = django_filters.ChoiceFilter(label=_("状态"), choices=TransferSlip.State.choices)
    due = django_filters.ChoiceFilter(
        label=_("期限"), method="timed", choices=(("overdue", _("已超期")), ("open", _("尚未反馈")))
    )
    receiver = django_filters.ModelChoiceFilter(label=_("承办单位"), queryset=Agency.objects.all())

    class Meta:
        model = TransferSlip
        fields = ()

    def numbered(self, queryset, name, value):
        """Slips whose number holds the text."""
        return queryset.filter(number__icontains=value.strip())

    def timed(self, queryset, name, value):
        """Overdue, or not answered yet."""
        return queryset.overdue() if value == "overdue" else queryset.open()


class _Requests(Filters):
    """What the lists of requests about petitions have in common."""

    number = django_filters.CharFilter(
        label=_("信访件编号"), field_name="petition__number", lookup_expr="icontains", max_length=40
    )
    since = django_filters.DateFilter(label=_("申请起"), field_name="asked_at", lookup_expr="date__gte")
    until = django_filters.DateFilter(label=_("申请止"), field_name="asked_at", lookup_expr="date__lte")


class IdentityFilter(_Requests):
    """Filters of the identity requests. "Approved" means open now: what is over by the clock counts as expired."""

    state = Choice(label=_("状态"), method="standing", choices=IdentityRequest.State.choices)

    class Meta:
        model = IdentityRequest
        fields = ()

    def standing(self, queryset, name, value):
        """In a state, by the clock."""
        if value == IdentityRequest.State.APPROVED:
            return queryset.opened()
        if value == IdentityRequest.State.EXPIRED:
            return queryset.filter(Q(state=value) | Q(pk__in=queryset.lapsed().values("pk")))
        return queryset.filter(state=value)


class DisposalFilter(_Requests):
    """Filters of the disposals."""

    since = django_filters.DateFilter(label=_("提出起"), field_name="proposed_at", lookup_expr="date__gte")
    until = django_filters.DateFilter(label=_("提出止"), field_name="proposed_at", lookup_expr="date__lte")
    state = Choice(label=_("状态"), choices=Disposal.State.choices)
    ground = Choice(label=_("销毁事由"), choices=Disposal.Ground.choices)

    class Meta:
        model = Disposal
        fields = ()
