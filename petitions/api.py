"""The API of petitions: the same filters, scope and verbs as the pages. Who reported is in no answer."""

from django.core.exceptions import ValidationError
from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from inspection.vault import hashes
from inspection.workflow import available
from petitions import access, intake
from petitions.contents import SUBJECT_CHARS, TEXT_CHARS
from petitions.filters import PetitionFilter
from petitions.models import Category, Discipline, Level, Petition
from petitions.workflow import exclusion
from petitions.workflow import petition as verbs
from petitions.workflow.machines import PETITION
from rounds.models import Assignment, Channel

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="The same key again answers with the petition it made."
)


class PersonSerializer(serializers.Serializer):
    """A person reported."""

    name = serializers.CharField(max_length=60, required=False, allow_blank=True)
    unit = serializers.CharField(max_length=120, required=False, allow_blank=True)
    post = serializers.CharField(max_length=120, required=False, allow_blank=True)
    level = serializers.ChoiceField(choices=Level.choices, required=False)


class PetitionSerializer(serializers.ModelSerializer):
    """A petition as a list shows it."""

    assignment = serializers.CharField(source="assignment.number")
    unit = serializers.CharField(source="assignment.unit.name")
    group = serializers.CharField(source="assignment.group.name")
    round = serializers.CharField(source="assignment.group.round.code")
    channel = serializers.ChoiceField(source="channel_kind", choices=Channel.Kind.choices)
    subject = serializers.CharField()
    category = serializers.CharField(source="category.path", default=None)
    first = serializers.SerializerMethodField()
    due_on = serializers.DateField(allow_null=True)
    allowed = serializers.SerializerMethodField()

    class Meta:
        model = Petition
        fields = (
            "number",
            "state",
            "version",
            "assignment",
            "unit",
            "group",
            "round",
            "channel",
            "received_at",
            "postmarked_on",
            "entered_at",
            "people_count",
            "signature",
            "mark",
            "kind",
            "discipline",
            "level",
            "category",
            "in_scope",
            "first",
            "outcome",
            "due_on",
            "provisional",
            "subject",
            "allowed",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_first(self, petition):
        """Number of the first petition, where the reader may see it."""
        first = petition.first
        if first is None:
            return None
        if "visible" not in self.context:
            self.context["visible"] = {}
        known = self.context["visible"]
        if first.pk not in known:
            known[first.pk] = Petition.objects.visible_to(self.context["request"].user).filter(pk=first.pk).exists()
        return first.number if known[first.pk] else None

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=PETITION.verbs)))
    def get_allowed(self, petition):
        """Verbs that the caller may take now."""
        return [step.verb for step in available(PETITION, petition, self.context["request"].user)]


class PetitionDetailSerializer(PetitionSerializer):
    """A petition with what was said; never who said it."""

    text = serializers.CharField()
    persons = PersonSerializer(many=True)
    attachments = serializers.SerializerMethodField()
    identity_left = serializers.SerializerMethodField()

    class Meta(PetitionSerializer.Meta):
        fields = (*PetitionSerializer.Meta.fields, "text", "persons", "attachments", "identity_left")
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_attachments(self, petition):
        """Name, size, type, digest and address of each file."""
        return [
            {
                "name": kept.file.name,
                "size": kept.file.size,
                "media_type": kept.file.media_type,
                "sha256": kept.file.sha256,
                "url": kept.get_absolute_url(),
            }
            for kept in petition.attachments.select_related("file", "petition")
        ]

    @extend_schema_field(serializers.BooleanField())
    def get_identity_left(self, petition):
        """Whether anything about the reporter is sealed beside it."""
        return petition.identity_id is not None


class NewPetitionSerializer(serializers.Serializer):
    """What a program registers."""

    assignment = serializers.CharField(help_text="Number of the assignment.")
    channel = serializers.ChoiceField(choices=Channel.Kind.choices)
    received_at = serializers.DateTimeField()
    postmarked_on = serializers.DateField(required=False, allow_null=True)
    subject = serializers.CharField(max_length=SUBJECT_CHARS, required=False, allow_blank=True, default="")
    text = serializers.CharField(max_length=TEXT_CHARS)
    subjects = PersonSerializer(many=True, required=False, help_text="Persons reported.")
    reporter_name = serializers.CharField(max_length=60, required=False, allow_blank=True)
    reporter_phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    reporter_email = serializers.EmailField(max_length=120, required=False, allow_blank=True)
    people_count = serializers.IntegerField(min_value=1, required=False, default=1)

    def facts(self) -> dict:
        """Keyword arguments for `intake.register`, apart from the assignment."""
        given = self.validated_data
        reporter = {name: given.get(f"reporter_{name}", "") for name in ("name", "phone", "email")}
        return {
            "channel_kind": given["channel"],
            "received_at": given["received_at"],
            "postmarked_on": given.get("postmarked_on"),
            "subject": given["subject"],
            "text": given["text"],
            "persons": given.get("subjects", []),
            "reporter": reporter,
            "people_count": given["people_count"],
        }


class StepSerializer(serializers.Serializer):
    """What every verb takes: the version that the caller looked at, to be refused (409) when it is not the newest."""

    version = serializers.IntegerField(required=False)

    def facts(self) -> dict:
        """Keyword arguments for the verb."""
        given = dict(self.validated_data)
        return given | {"seen": given.pop("version", None)}


class ReasonSerializer(StepSerializer):
    """A verb that asks why."""

    reason = serializers.CharField(max_length=2000)


class AcceptSerializer(StepSerializer):
    """受理."""

    discipline = serializers.ChoiceField(choices=Discipline.choices)
    kind = serializers.ChoiceField(choices=Petition.Kind.choices, default=Petition.Kind.ACCUSATION)
    category = serializers.SlugRelatedField(slug_field="path", queryset=Category.objects.all(), required=False, allow_null=True)
    level = serializers.ChoiceField(choices=Level.choices, required=False)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class HandUpSerializer(StepSerializer):
    """呈报上级. Destroys the content."""

    receiver_name = serializers.CharField(max_length=120)
    handed_on = serializers.DateField()
    received_by = serializers.CharField(max_length=60)


class LinkRepeatSerializer(StepSerializer):
    """并为重复件."""

    first = serializers.CharField(help_text="Number of the first petition.")

    def facts(self) -> dict:
        """With the petition of that number, or None."""
        given = super().facts()
        visible = Petition.objects.visible_to(self.context["request"].user)
        return given | {"first": visible.filter(number=given["first"]).first()}


class ConcludeSerializer(ReasonSerializer):
    """办结."""

    outcome = serializers.ChoiceField(choices=Petition.Outcome.choices)


class VerifySerializer(StepSerializer):
    """核实署名."""

    result = serializers.ChoiceField(choices=tuple(verbs.VERIFIED))
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class CorrectSerializer(ReasonSerializer):
    """更正: only what is given changes."""

    subject = serializers.CharField(max_length=SUBJECT_CHARS, required=False)
    text = serializers.CharField(max_length=TEXT_CHARS, required=False)
    persons = PersonSerializer(many=True, required=False)
    received_at = serializers.DateTimeField(required=False)
    postmarked_on = serializers.DateField(required=False, allow_null=True)
    people_count = serializers.IntegerField(min_value=1, required=False)
    kind = serializers.ChoiceField(choices=Petition.Kind.choices, required=False)
    discipline = serializers.ChoiceField(choices=Discipline.choices, required=False)
    category = serializers.SlugRelatedField(slug_field="path", queryset=Category.objects.all(), required=False, allow_null=True)
    level = serializers.ChoiceField(choices=Level.choices, required=False)
    mark = serializers.ChoiceField(choices=Petition.Mark.choices, required=False)


STEPS = {
    "accept": (verbs.accept, AcceptSerializer),
    "hand_up": (verbs.hand_up, HandUpSerializer),
    "link_repeat": (verbs.link_repeat, LinkRepeatSerializer),
    "file": (verbs.file, ReasonSerializer),
    "check": (verbs.check, StepSerializer),
    "conclude": (verbs.conclude, ConcludeSerializer),
    "retake": (verbs.retake, ReasonSerializer),
    "reopen": (verbs.reopen, ReasonSerializer),
    "extend": (verbs.extend, ReasonSerializer),
    "correct": (verbs.correct, CorrectSerializer),
    "verify_signer": (verbs.verify_signer, VerifySerializer),
    "recuse": (exclusion.recuse, ReasonSerializer),
}


@extend_schema_view(
    list=extend_schema(summary="Petitions in the caller's scope"),
    retrieve=extend_schema(summary="One petition with its text; recorded as a reading"),
)
class PetitionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Petitions. Outside the caller's scope they do not exist (404)."""

    queryset = Petition.objects.none()
    serializer_class = PetitionSerializer
    filterset_class = PetitionFilter
    lookup_field = "number"
    lookup_value_regex = r"[A-Z][A-Z0-9-]+"
    keyset = ("-received_at", "-id")

    def get_queryset(self):
        """What the caller may see."""
        if not access.may_list(self.request.user):
            raise PermissionDenied()
        return Petition.objects.visible_to(self.request.user).for_page().select_related("first")

    def get_serializer_class(self):
        """The text only where one petition is asked for."""
        return PetitionSerializer if self.action == "list" else PetitionDetailSerializer

    def paginate_queryset(self, queryset):
        """Rows of a page are visible: no need to ask for each."""
        rows = super().paginate_queryset(queryset)
        access.known_visible(self.request.user, rows)
        return rows

    def retrieve(self, request, *args, **kwargs):
        """Reading is an entry of the trail here as on the page."""
        petition = self.get_object()
        verbs.note_reading(petition, by=request.user)
        return Response(self.get_serializer(petition).data)

    @extend_schema(
        summary="Register a petition",
        request=NewPetitionSerializer,
        responses={201: PetitionDetailSerializer},
        parameters=[IDEMPOTENCY],
    )
    def create(self, request):
        """By the one intake path; errors are keyed by the names of its arguments."""
        if not access.may_list(request.user):
            raise PermissionDenied()
        asked = NewPetitionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        number = asked.validated_data["assignment"]
        assignment = Assignment.objects.cases_visible_to(request.user).filter(number=number).first()
        if assignment is None:
            raise serializers.ValidationError({"assignment": ["unknown"]})
        key = request.headers.get("Idempotency-Key", "")
        source = hashes.keyed("petition.api", f"{request.user.pk}:{key}") if key else ""
        try:
            petition = intake.register(assignment, by=request.user, source_key=source, **asked.facts())
        except intake.AlreadyRegistered as known:
            return Response(self._shown(known.petition), status=status.HTTP_200_OK)
        except ValidationError as error:
            raise ValidationError(_by_api_name(error)) from None
        return Response(self._shown(petition), status=status.HTTP_201_CREATED)

    def _shown(self, petition: Petition) -> dict:
        """The petition as its page would show it; only its number to somebody whom it names."""
        fresh = self.get_queryset().filter(pk=petition.pk).first()
        if fresh is None:
            return {"number": petition.number}
        return PetitionDetailSerializer(fresh, context=self.get_serializer_context()).data

    def _take(self, request, verb: str) -> Response:
        perform, serializer_class = STEPS[verb]
        petition = self.get_object()
        asked = serializer_class(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        with transaction.atomic():
            perform(petition, by=request.user, **asked.facts())
        return Response(self._shown(petition))


def _by_api_name(error: ValidationError) -> dict:
    """Errors of `intake.register` under the names that the API uses."""
    names = {"channel_kind": "channel", "persons": "subjects", "reporter": "reporter_name"}
    return {names.get(name, name): messages for name, messages in error.message_dict.items()}


def _step(verb: str):
    """The action of one verb."""

    def take(self, request, number=None):
        return self._take(request, verb)

    take.__name__ = verb
    take.__doc__ = str(PETITION[verb].verb)
    documented = extend_schema(
        summary=f"Take the step {verb}", request=STEPS[verb][1], responses={200: PetitionDetailSerializer}
    )(take)
    return action(detail=True, methods=["post"], url_path=verb, filterset_class=None, pagination_class=None)(documented)


for _verb in STEPS:
    setattr(PetitionViewSet, _verb, _step(_verb))


def register(router) -> None:
    """The floor's part of /api/v1/."""
    router.register("petitions", PetitionViewSet, basename="petitions")
