"""Filters of a list, at the price of those that are asked for.

A form of seventeen fields with 130 choices costs more than the rows below it. Here only the fields that the address names are
made and checked, and the bar above the list is put together from fields that were drawn before for the same choices.
"""

import copy
from functools import lru_cache, partial

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.translation import get_language

MOST_DRAWN = 2000  # fields kept; some 2 kB each
_drawn: dict[tuple, str] = {}


class Filters(django_filters.FilterSet):
    """A FilterSet for a page, the API and an export. Declared and asked as any other."""

    def __init__(self, data=None, queryset=None, *, request=None, prefix=None):
        # As in the parent, but for the deep copy of all filters.
        self.queryset = self._meta.model._default_manager.all() if queryset is None else queryset
        self.is_bound = data is not None
        self.data = data or QueryDict()
        self.request = request
        self.form_prefix = prefix
        self.filters = _Own(self)

    def left_out(self) -> tuple[str, ...]:
        """Filters that are not for who asks: they are neither drawn nor read."""
        return ()

    @cached_property
    def parameters(self) -> dict[str, tuple[str, ...]]:
        """{filter: names of its parameters}; a range of days has two."""
        return _all_parameters(type(self), self.left_out())

    @cached_property
    def asked(self) -> list[str]:
        """The filters that the address sets."""
        if not self.data:
            return []
        data = self.data
        return [name for name, parts in self.parameters.items() if any(value for part in parts for value in _values(data, part))]

    offers: tuple[str, ...] = ()  # filters with choices among rows that are cheaper to ask for together than one by one

    def offered(self) -> dict[str, tuple]:
        """{filter of `offers`: its choices now, as (key, label)}. Such a filter is given the key that was chosen."""
        return {}

    @cached_property
    def _offered(self) -> dict[str, tuple]:
        return self.offered()

    @cached_property
    def asked_form(self) -> forms.Form:
        """The form, with the fields that are asked for."""
        return self._form_of(self.asked)

    @cached_property
    def form(self) -> forms.Form:
        """The form with all its fields."""
        return self._form_of(self.parameters)

    def is_valid(self) -> bool:
        """Whether everything asked for makes sense."""
        return self.is_bound and self.asked_form.is_valid()

    @property
    def errors(self):
        """What makes no sense, by filter."""
        return self.asked_form.errors

    def filter_queryset(self, queryset: models.QuerySet) -> models.QuerySet:
        """The rows that fit what is asked for; none where it makes no sense."""
        return queryset.none() if self.errors else self.narrowed(queryset, self.asked_form.cleaned_data)

    def narrowed(self, queryset: models.QuerySet, values: dict) -> models.QuerySet:
        """The rows that fit {filter: cleaned value}."""
        for name, value in values.items():
            queryset = self.filters[name].filter(queryset, value)
        return queryset

    def drawn(self) -> list[str]:
        """Each field as HTML, as templates/parts/filter.html draws it."""
        language = get_language()
        return [self._drawn(name, language) for name in self.parameters]

    def _form_of(self, names) -> forms.Form:
        form = self._meta.form(self.data, prefix=self.form_prefix) if self.is_bound else self._meta.form(prefix=self.form_prefix)
        for name in names:
            form.fields[name] = field = self.filters[name].field
            if name in self.offers:
                field._choices = field.widget.choices = [("", field.empty_label), *self._offered[name]]
                field.to_python = partial(_chosen, field, {str(key): key for key, _label in self._offered[name]})
        return form

    def _drawn(self, name: str, language: str) -> str:
        values = tuple(value for part in self.parameters[name] for value in _values(self.data, part)) if self.data else ()
        key = (type(self), self.form_prefix, name, language, values, self._offered[name] if name in self.offers else None)
        html = _drawn.get(key)
        if html is None:
            html = render_to_string("parts/filter.html", {"field": self._form_of([name])[name]})
            if self._may_be_kept(name, values):
                if len(_drawn) >= MOST_DRAWN:
                    _drawn.clear()
                _drawn[key] = html
        return html

    def _may_be_kept(self, name: str, values: tuple) -> bool:
        """Whether a field is the same for everybody who is offered the same choices, and shows nothing that somebody typed."""
        filter_ = self.base_filters[name]
        if any(values) and (name in self.errors or not hasattr(filter_.field_class, "choices")):
            return False
        rows = isinstance(filter_, django_filters.ModelChoiceFilter) and name not in self.offers
        return not rows and not callable(filter_.extra.get("choices"))


class _Own(dict):
    """The filters of one FilterSet, each copied from its class when it is first used."""

    def __init__(self, filters: Filters):
        super().__init__()
        self.filterset = filters

    def __missing__(self, name):
        filter_ = self[name] = copy.deepcopy(self.filterset.base_filters[name])
        filter_.model, filter_.parent = self.filterset.queryset.model, self.filterset
        return filter_


def _chosen(field: forms.Field, keys: dict, value):
    if value in field.empty_values:
        return None
    if str(value) not in keys:
        raise ValidationError(field.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
    return keys[str(value)]


@lru_cache
def _all_parameters(filters: type[Filters], left_out: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {name: _parameters(name, filter_) for name, filter_ in filters.base_filters.items() if name not in left_out}


def _parameters(name: str, filter_) -> tuple[str, ...]:
    widget = filter_.extra.get("widget") or filter_.field_class.widget
    return tuple(f"{name}_{suffix}" for suffix in getattr(widget, "suffixes", None) or ()) or (name,)


def _values(data, name: str) -> list[str]:
    return data.getlist(name) if hasattr(data, "getlist") else [data[name]] if name in data else []
