"""Filters of a list: the page's own FilterSet, and nothing beside it."""

from django_filters.rest_framework import DjangoFilterBackend

from inspection.pages import lists

PAGING = frozenset({"count", "cursor", "page_size", "sort"})


class PageFilters(DjangoFilterBackend):
    """Narrows by the view's FilterSet. Raises BadParameter (400) naming the first parameter that makes no sense or is unknown."""

    def filter_queryset(self, request, queryset, view):
        """The rows that fit."""
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        view.refuse_unknown(request, PAGING.union(*filterset.parameters.values()))
        if not filterset.is_valid():
            raise lists.BadParameter(next(iter(filterset.errors)), dict(filterset.errors))
        if not view.detail and hasattr(filterset, "lazily"):
            filterset.lazily = True  # the page opens what it shows and counts, and not every row that may be meant
        found = filterset.qs
        search = getattr(filterset, "search", None)
        view.search = search if isinstance(search, lists.Search) else None  # other filters have a method of that name
        return found
