"""How operations are described: beside what they do, how they refuse, and the headers that all of a kind read."""

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from inspection.pages.errors import PROBLEM

from .idempotency import HEADER, KEY_CHARS

REFUSALS = {
    "400": "A parameter, the body or a field makes no sense; `parameter` or `errors` says which.",
    "401": "No token and no session, or one that is over.",
    "403": "Not allowed, or not with this token.",
    "404": "No such object, or out of the caller's sight: the two look the same on purpose.",
    "406": "The answer is JSON, and JSON was not accepted.",
    "409": "The object has moved on, or the same Idempotency-Key is being worked on.",
    "412": "If-Match names another state of the object.",
    "413": "The body is too large.",
    "415": "The body is of a type that is not read here.",
    "422": "The Idempotency-Key was used for something else.",
    "429": "Too many requests this minute; Retry-After says how many seconds to wait.",
}
READING = ("401", "403", "406", "429")
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457. Neither what was typed nor any case text is repeated in it, but for the name of a wrong choice.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "parameter": {"type": "string", "description": "The parameter or header that makes no sense."},
        "errors": {"type": "object", "description": "Field to messages; nested as the body is.", "additionalProperties": True},
        "state": {"type": "string", "description": "With 409: the state the object is in."},
        "version": {"type": "integer", "description": "With 409: the object's version."},
    },
}
TAGGED = {"ETag": {"description": "Of what this caller is shown.", "schema": {"type": "string"}}}


class ApiSchema(AutoSchema):
    """Operations with their refusals, conditional headers and Idempotency-Key."""

    def get_override_parameters(self):
        """The headers that every operation of its kind reads."""
        if self._conditional:
            return [_header("If-None-Match", "An ETag: 304 without a body when the object is still the same.")]
        if self.method != "POST":
            return []
        named = [_header(HEADER, "The same key again is the same act: it is not taken twice within 24 hours.", limit=KEY_CHARS)]
        if self._detailed:
            named.append(_header("If-Match", "An ETag: 412 when the object has changed since."))
        return named

    def map_parsers(self):
        """JSON; forms with files where the body has files."""
        kinds = super().map_parsers()
        body = self.get_request_serializer()
        fields = getattr(body, "_declared_fields", None) or {}
        uploads = any(type(getattr(field, "child", field)).__name__ == "FileField" for field in fields.values())
        return [kind for kind in kinds if kind == ("multipart/form-data" if uploads else "application/json")]

    def _get_response_bodies(self, direction="response"):
        bodies = super()._get_response_bodies(direction)
        if self._conditional:
            bodies["304"] = {"description": "The object is still the one of If-None-Match."}
        if self._detailed and not getattr(self.view, "filterset_class", None):
            for code in bodies.keys() & {"200", "201"}:
                bodies[code].setdefault("headers", TAGGED)
        codes = [*READING, *(["404"] if "{" in self.path else ["400"] if self._lists else [])]
        if "{" in self.path and self.method == "GET":
            codes.append("400")
        if self.method == "POST":
            codes += ["400", "409", "413", "415", "422", *(["412"] if self._detailed else [])]
        for code in sorted(set(codes)):
            bodies.setdefault(code, _refusal(code))
        return bodies

    @property
    def _detailed(self) -> bool:
        return bool(getattr(self.view, "detail", False))

    @property
    def _lists(self) -> bool:
        return self.method == "GET" and not self._detailed

    @property
    def _conditional(self) -> bool:
        return self.method == "GET" and getattr(self.view, "action", "") == "retrieve"


def _header(name: str, text: str, limit: int = 400) -> OpenApiParameter:
    schema = {"type": "string", "minLength": 1, "maxLength": limit, "pattern": "^[\\x21-\\x7e]+$"}
    return OpenApiParameter(name, schema, OpenApiParameter.HEADER, description=text)


def _refusal(code: str) -> dict:
    return {"description": REFUSALS[code], "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def with_problem(result, generator, request, public):
    """Hook of drf-spectacular: the description of refusals, which no serializer makes."""
    result["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
    return result
