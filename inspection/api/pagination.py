"""The API's pages: the same keyset as the lists', so that a reader who walks them misses no row and sees none twice."""

from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from inspection.pages import lists

MAX_SIZE = 1000


class ApiPagination(BasePagination):
    """{"count", "count_is_exact", "next", "previous", "results"}; `?page_size=` up to 1,000, `?cursor=` from next or previous.

    A view says its order in `keyset`, ("-received_at", "-id"); ("-id",) when it says none.
    """

    default_size = 50

    def paginate_queryset(self, queryset, request, view=None):
        """The rows of the page asked for. Raises lists.BadParameter (400)."""
        order = getattr(view, "keyset", ("-id",))
        search = getattr(view, "search", None)
        self.page = lists.page(request._request, queryset, per_page=self._size(request), order=order, search=search)
        self.base = request.build_absolute_uri(request.path)
        return self.page.rows

    def get_paginated_response(self, data):
        """The envelope around the rows."""
        return Response(
            {
                "count": self.page.count,
                "count_is_exact": self.page.count_is_exact,
                "next": self.base + self.page.next_url if self.page.next_url else None,
                "previous": self.base + self.page.previous_url if self.page.previous_url else None,
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema):
        """The envelope in OpenAPI."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "count_is_exact", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "At most 1,000 when count_is_exact is false."},
                "count_is_exact": {"type": "boolean"},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view):
        """The parameters in OpenAPI."""
        keys = [sign + key for key in getattr(view, "orders", ()) for sign in ("", "-")]
        default = getattr(view, "order", None)
        order = {"name": "sort", "in": "query", "required": False, "schema": {"type": "string", "enum": keys, "default": default}}
        return [
            *([order] if keys else []),
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
            {
                "name": "count",
                "in": "query",
                "required": False,
                "schema": {"type": "string", "enum": [lists.EXACT]},
                "description": "Counts every row instead of stopping at 1,000.",
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": self.default_size},
            },
        ]

    def _size(self, request) -> int:
        raw = request.query_params.get("page_size", str(self.default_size))
        if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:6]) <= MAX_SIZE:
            raise lists.BadParameter("page_size")
        return int(raw)
