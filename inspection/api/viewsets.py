"""What every address of the API does alike: scope, order, pages, ETags, verbs, and acts that are done once."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from inspection.pages import lists
from inspection.vault import hashes
from inspection.workflow import Machine

from . import idempotency

ALONE = {"filterset_class": None, "pagination_class": None}  # options of an action that is no list


class Changed(exceptions.APIException):
    """If-Match names another state of the object than the present one (412)."""

    status_code = status.HTTP_412_PRECONDITION_FAILED


class ObjectViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """List and detail within the caller's scope; the detail may say more.

    list_serializer, detail_serializer  what a row and what one object shows
    orders, order                       as the page's list: {key: columns} for `?sort=`, and the key without it
    """

    list_serializer: type[serializers.Serializer]
    detail_serializer: type[serializers.Serializer] | None = None
    orders: dict[str, tuple[str, ...]] = {"id": ("id",)}
    order = "-id"

    def initial(self, request, *args, **kwargs):
        """Who asks, whether they may, and whether the address makes sense."""
        super().initial(request, *args, **kwargs)
        if self.action != "list":
            self.refuse_unknown(request, frozenset())

    def refuse_unknown(self, request, known: frozenset[str]) -> None:
        """Raises BadParameter (400) for a parameter of the address that nobody reads: misspelt, it would change nothing."""
        for name in request.query_params:
            if name not in known and name != "format":
                raise lists.BadParameter(name)

    @property
    def keyset(self) -> tuple[str, ...]:
        """The columns of the order asked for. Raises BadParameter (400)."""
        return lists.order_from(self.request._request, self.orders, self.order)

    def get_serializer_class(self):
        """The text only where one object is asked for."""
        return self.list_serializer if self.action == "list" else self.detail_serializer or self.list_serializer

    def represented(self, obj) -> dict:
        """The object as its own address shows it."""
        return (self.detail_serializer or self.list_serializer)(obj, context=self.get_serializer_context()).data

    def retrieve(self, request, *args, **kwargs):
        """The object; 304 without a body when the caller has it already."""
        obj = self.get_object()
        data = self.represented(obj)
        tag = etag(data)
        if _matches(request.headers.get("If-None-Match"), tag, weak=True):
            response = Response(status=status.HTTP_304_NOT_MODIFIED)
        else:
            self.note_reading(obj)
            response = Response(data)
        return _tagged(response, tag)

    def note_reading(self, obj) -> None:
        """Put the reading on record, where the page does."""

    def asked(self, serializer_class) -> serializers.Serializer:
        """The request's body, checked. Raises (400)."""
        body = serializer_class(data=self.request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        return body

    def target(self):
        """The object of the address, in the state that the caller expects it in. Raises Http404, Changed (412)."""
        obj = self.get_object()
        expected = self.request.headers.get("If-Match")
        if expected is not None and not _matches(expected, etag(self.represented(obj)), weak=False):
            raise Changed(_("对象已有变化，请重新读取后再办理。"))
        return obj

    def seen(self, obj, facts: dict) -> dict:
        """`facts` of a verb, with the version that If-Match vouches for where the body names none."""
        if facts.get("seen") is None and "If-Match" in self.request.headers:
            facts["seen"] = obj.version
        return facts

    def once(self, perform, code: int = status.HTTP_200_OK) -> Response:
        """Answer with the object whose id `perform` returns, done once under its Idempotency-Key."""
        pk, replayed = idempotency.once(self.request, perform)
        response = self.shown(pk, code)
        if replayed:
            response.headers["Idempotency-Replayed"] = "true"
        return response

    def shown(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        """The object as it stands now."""
        obj = self.found(pk)
        if obj is None:
            return Response(self.out_of_sight(pk), code)
        data = self.represented(obj)
        return _tagged(Response(data, code), etag(data))

    def found(self, pk: int):
        """The object of this id, where the caller may see it; else None."""
        return self.get_queryset().filter(pk=pk).first()

    def out_of_sight(self, pk: int) -> dict:
        """What is said of an object that the caller's own act took out of the caller's sight. Raises PermissionDenied."""
        raise PermissionDenied(f"{self.basename} {pk}")


class MakingMixin:
    """A viewset whose objects can be made by the API.

    NEW  serializer of what that takes;  `make(body) -> id` makes one
    """

    NEW: type[serializers.Serializer]

    def create(self, request):
        """Make one; under an Idempotency-Key no more than one."""
        self.before_making()
        return self.once(lambda: self.make(self.asked(self.NEW)), status.HTTP_201_CREATED)

    def before_making(self) -> None:
        """Raises PermissionDenied before the body is read."""

    def make(self, body: serializers.Serializer) -> int:
        """Make the object that the checked body describes; its id."""
        raise NotImplementedError


class CaseViewSet(ObjectViewSet):
    """Objects that a machine moves, by number.

    STEPS  {verb: (function, serializer of what it takes)}
    """

    lookup_field = "number"
    lookup_value_regex = "[^/]+"
    machine: Machine
    STEPS: dict = {}
    BARE: frozenset[str] = frozenset()  # verbs that record a refusal, and so keep their own transactions

    def take(self, verb: str) -> Response:
        """Take one step on the object of the address."""
        perform, serializer_class = self.STEPS[verb]

        def taken() -> int:
            obj = self.target()
            if not self.machine[verb].allowed(self.request.user, obj):  # before the body is read: they are told nothing else
                raise PermissionDenied(f"{verb} on {obj._meta.label_lower} {obj.pk}")
            facts = self.seen(obj, self.asked(serializer_class).facts())
            if verb in self.BARE:
                perform(obj, by=self.request.user, **facts)
            else:
                with transaction.atomic():
                    perform(obj, by=self.request.user, **facts)
            return obj.pk

        return self.once(taken)


def with_steps(viewset):
    """Class decorator: one POST action for each entry of STEPS."""
    for verb in viewset.STEPS:
        setattr(viewset, verb, _step_action(viewset, verb))
    return viewset


def _step_action(viewset, verb: str):
    def take(self, request, number=None):
        return self.take(verb)

    take.__name__ = verb
    take.__doc__ = str(viewset.machine[verb].allowed.__doc__)
    answer = getattr(viewset, "answer", viewset.detail_serializer)
    documented = extend_schema(summary=f"Take the step {verb}", request=viewset.STEPS[verb][1], responses={200: answer})(take)
    return action(detail=True, methods=["post"], url_path=verb, **ALONE)(documented)


def etag(data) -> str:
    """A strong ETag of what this caller is shown: keyed, so that it tells nothing about the text to who keeps a log of it."""
    return f'"{hashes.keyed("api.etag", JSONRenderer().render(data).decode())[:32]}"'


def _matches(header: str | None, tag: str, *, weak: bool) -> bool:
    if header is None:
        return False
    named = [one.removeprefix("W/") if weak else one for one in parse_etags(header)]
    return tag in named or "*" in named


def _tagged(response: Response, tag: str) -> Response:
    response.headers["ETag"] = tag
    patch_vary_headers(response, ("Accept-Language", "Authorization", "Cookie"))
    return response
