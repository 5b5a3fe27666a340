"""Filters cost what is asked for, and remember nothing about anybody (inspection.pages.filtering)."""

import django_filters
from django.http import QueryDict

from inspection.accounts.models import User
from inspection.pages import filtering
from inspection.pages.filtering import Filters
from inspection.pages.searching import SearchFilter


class People(Filters):
    q = SearchFilter(label="姓名", field_name="name", lookup_expr="contains")
    active = django_filters.ChoiceFilter(label="启用", field_name="is_active", choices=(("True", "是"), ("False", "否")))
    joined = django_filters.DateFromToRangeFilter(label="加入", field_name="date_joined")
    who = django_filters.ModelChoiceFilter(
        label="谁", field_name="pk", queryset=lambda request: User.objects.filter(pk__in=request)
    )

    class Meta:
        model = User
        fields = ()


class Offering(People):
    offers = ("who",)

    def offered(self):
        return {"who": tuple((pk, f"第{pk}人") for pk in self.request)}


def asked(query: str, request=(), kind=People) -> Filters:
    return kind(QueryDict(query), queryset=User.objects.order_by("pk"), request=request)


def test_only_what_the_address_sets_is_made_and_checked(world):
    filters = asked("q=&active=True&joined_after=2020-01-01&other=1")
    assert filters.asked == ["active", "joined"] == list(filters.asked_form.fields)
    assert set(filters.qs) == set(User.objects.filter(is_active=True))
    assert list(asked("").asked_form.fields) == []
    assert set(asked("").qs) == set(User.objects.all())


def test_what_makes_no_sense_lists_nothing_and_is_said_beside_its_field(world):
    for query, name in (("active=perhaps", "active"), ("joined_before=soon", "joined"), (f"who={world.office.pk}", "who")):
        filters = asked(query + "&q=a", request=())
        assert not filters.is_valid() and set(filters.errors) == {name} and not filters.qs.exists()
        place = list(filters.parameters).index(name)
        assert filters.errors[name][0] in filters.drawn()[place]


def test_what_somebody_typed_is_not_kept(world):
    before = set(filtering._drawn.values())
    drawn = asked("q=张三丰&joined_after=1999-12-31&active=张三丰", request=()).drawn()
    assert "张三丰" in drawn[0] and "1999-12-31" in drawn[2]
    kept = "".join(set(filtering._drawn.values()) - before)
    assert "张三丰" not in kept and "1999-12-31" not in kept


def test_each_reader_is_offered_the_own_choices(world):
    for kind, first, second in (
        (People, world.office.name, world.chief.name),
        (Offering, f"第{world.office.pk}人", f"第{world.chief.pk}人"),
    ):
        mine = "".join(asked("", [world.office.pk], kind).drawn())
        yours = "".join(asked("", [world.chief.pk], kind).drawn())
        again = "".join(asked("", [world.office.pk], kind).drawn())
        assert mine == again and first in mine and second not in mine
        assert second in yours and first not in yours


def test_fields_drawn_before_cost_no_form(world, monkeypatch):
    first = asked("", [world.office.pk], Offering).drawn()
    monkeypatch.setattr(Offering, "_form_of", None)
    assert asked("", [world.office.pk], Offering).drawn() == first
