"""The description of the API, made once a process and language: it is the same for everybody, and takes a second to make."""

from functools import cache

from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView


class OnceMade(SchemaGenerator):
    """Everything the API offers, whoever asks; what one may do is said by each answer's `allowed`."""

    def get_schema(self, request=None, public=False):
        """As drf-spectacular makes it for the public."""
        return _made(get_language())


class Schema(SpectacularAPIView):
    """`/api/v1/schema/`: OpenAPI 3.1 as YAML, or as JSON when asked for."""

    generator_class = OnceMade


@cache
def _made(language: str) -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)
