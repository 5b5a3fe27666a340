"""The search box of a list."""

import django_filters
from django import forms


class SearchField(forms.CharField):
    """Text to search for. Whatever is typed is text; what is longer than `max_length` is read as far as that."""

    def to_python(self, value):
        """The text, cut."""
        return super().to_python(value)[: self.max_length]


class SearchFilter(django_filters.CharFilter):
    """A filter by free text: `SearchFilter(label=…, method="searched", max_length=200)`."""

    field_class = SearchField
