"""The API of the floor: the same filters, the same scope and the same verbs as the pages."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from inspection.workflow import available
from rounds import access, workflow
from rounds.filters import AssignmentFilter, GroupFilter, PersonFilter, RoundFilter, UnitFilter
from rounds.models import Appointment, Assignment, Channel, Group, Person, Recusal, Round, Unit
from rounds.workflow.machines import START_ROUND


class RoundSerializer(serializers.ModelSerializer):
    """A round."""

    number = serializers.CharField(source="code")
    state = serializers.ChoiceField(choices=Round.State.choices)
    term = serializers.CharField(source="term.name")
    look_back_of = serializers.CharField(source="look_back_of.code", default=None)
    days = serializers.IntegerField(help_text="Length in days, both ends counted.")
    allowed = serializers.SerializerMethodField()

    class Meta:
        model = Round
        fields = (
            "id",
            "number",
            "state",
            "version",
            "allowed",
            "name",
            "term",
            "sequence",
            "kind",
            "look_back_of",
            "starts_on",
            "ends_on",
            "days",
            "started_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_allowed(self, round):
        """Verbs the caller may take now."""
        may = round.state in START_ROUND.sources and START_ROUND.allowed(self.context["request"].user, round)
        return ["start"] if may else []


class RoundDetailSerializer(RoundSerializer):
    """A round with what the public is told and the rules it goes by."""

    rules = serializers.JSONField(help_text="Deadline rules, frozen when the round started: {key: {amount, unit, roll, source}}.")

    class Meta(RoundSerializer.Meta):
        fields = (*RoundSerializer.Meta.fields, "scope_text", "out_of_scope_text", "notice", "supervision_phone", "rules")
        read_only_fields = fields


class AppointmentSerializer(serializers.ModelSerializer):
    """Somebody's authorisation."""

    person = serializers.CharField(source="person.name")
    person_id = serializers.IntegerField()

    class Meta:
        model = Appointment
        fields = ("id", "person", "person_id", "post", "starts_on", "ends_on")
        read_only_fields = fields


class GroupSerializer(serializers.ModelSerializer):
    """A group and who serves in it today."""

    number = serializers.CharField(source="printed_number")
    place = serializers.IntegerField(source="number", help_text="The group's number within its round.")
    round = serializers.CharField(source="round.code")
    people = AppointmentSerializer(source="serving", many=True)

    class Meta:
        model = Group
        fields = ("id", "number", "place", "name", "round", "people")
        read_only_fields = fields


class UnitSerializer(serializers.ModelSerializer):
    """A unit of the catalogue."""

    number = serializers.CharField(source="code")
    category = serializers.CharField(source="category.name")
    parent = serializers.CharField(source="parent.code", default=None)
    successor = serializers.CharField(source="successor.code", default=None)

    class Meta:
        model = Unit
        fields = ("id", "number", "name", "category", "region", "parent", "head", "must_cover", "abolished_on", "successor")
        read_only_fields = fields


class TalentSerializer(serializers.ModelSerializer):
    """Somebody of the talent pool; what recusal is matched on is not handed out."""

    number = serializers.CharField(source="code")
    employer = serializers.CharField(source="employer.name", default=None)

    class Meta:
        model = Person
        fields = ("id", "number", "name", "employer", "post", "speciality", "active")
        read_only_fields = fields


class ChannelSerializer(serializers.ModelSerializer):
    """A way to reach the group."""

    last_day = serializers.DateField(help_text="The last day reports are taken in here.")

    class Meta:
        model = Channel
        fields = ("id", "kind", "address", "postcode", "opens", "closes", "last_day", "note", "active")
        read_only_fields = fields


class AssignmentSerializer(serializers.ModelSerializer):
    """A unit in a round."""

    round = serializers.CharField(source="group.round.code")
    group = serializers.CharField(source="group.name")
    group_id = serializers.IntegerField()
    unit = serializers.CharField(source="unit.name")
    unit_id = serializers.IntegerField()
    allowed = serializers.SerializerMethodField()

    class Meta:
        model = Assignment
        fields = (
            "number",
            "state",
            "state_at",
            "version",
            "allowed",
            "round",
            "group",
            "group_id",
            "unit",
            "unit_id",
            "notice_on",
            "onsite_from",
            "onsite_to",
            "cutoff_on",
            "feedback_on",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=workflow.ASSIGNMENT.verbs)))
    def get_allowed(self, assignment):
        """Verbs the caller may take now."""
        return [step.verb for step in available(workflow.ASSIGNMENT, assignment, self.context["request"].user)]


class AssignmentDetailSerializer(AssignmentSerializer):
    """A unit in a round with its channels."""

    channels = ChannelSerializer(many=True)

    class Meta(AssignmentSerializer.Meta):
        fields = (*AssignmentSerializer.Meta.fields, "channels")
        read_only_fields = fields


class VersionSerializer(serializers.Serializer):
    """What every verb takes: the version that the caller looked at, to be refused (409) when it is not the newest."""

    version = serializers.IntegerField(required=False)

    def facts(self) -> dict:
        """Keyword arguments for the verb."""
        given = dict(self.validated_data)
        return given | {"seen": given.pop("version", None)}


class DatedSerializer(VersionSerializer):
    """A verb that asks when."""

    date = serializers.DateField()


class ReasonedSerializer(VersionSerializer):
    """A verb that asks why."""

    reason = serializers.CharField(max_length=2000)


class RecusalRequestSerializer(serializers.Serializer):
    """From which unit, and why."""

    unit = serializers.SlugRelatedField(slug_field="code", queryset=Unit.objects.all())
    ground = serializers.ChoiceField(choices=Recusal.Ground.choices)


class AppointRequestSerializer(serializers.Serializer):
    """Whom to appoint. A conflict of interest is refused (400) unless a reason is given, which asks the head of the office."""

    person = serializers.SlugRelatedField(slug_field="code", queryset=Person.objects.all())
    post = serializers.ChoiceField(choices=Appointment.Post.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, allow_null=True)


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """List and detail within the caller's scope; the detail may say more."""

    detail_serializer_class: type[serializers.Serializer] | None = None

    def get_serializer_class(self):
        """The fuller one for a single object."""
        return self.serializer_class if self.action == "list" else self.detail_serializer_class or self.serializer_class

    def asked(self, serializer_class) -> serializers.Serializer:
        """The request's body, checked. Raises (400)."""
        body = serializer_class(data=self.request.data)
        body.is_valid(raise_exception=True)
        return body

    def shown(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        """The object as it stands now."""
        serializer = self.detail_serializer_class or self.serializer_class
        obj = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(serializer(obj, context=self.get_serializer_context()).data, code)


@extend_schema_view(list=extend_schema(summary="Rounds"), retrieve=extend_schema(summary="One round with its rules"))
class RoundViewSet(ReadViewSet):
    """Rounds (轮次)."""

    queryset = Round.objects.none()
    serializer_class = RoundSerializer
    detail_serializer_class = RoundDetailSerializer
    filterset_class = RoundFilter
    keyset = ("-starts_on", "-id")

    def get_queryset(self):
        """What the caller may know of."""
        return Round.objects.visible_to(self.request.user).for_list()

    @extend_schema(summary="Start a round: freeze its rules", request=VersionSerializer, responses={200: RoundDetailSerializer})
    @action(detail=True, methods=["post"], filterset_class=None, pagination_class=None)
    def start(self, request, pk=None):
        """Freeze the rules of the profile."""
        round = self.get_object()
        workflow.start_round(round, by=request.user, **self.asked(VersionSerializer).facts())
        return self.shown(round.pk)


@extend_schema_view(list=extend_schema(summary="Groups"), retrieve=extend_schema(summary="One group and its people"))
class GroupViewSet(ReadViewSet):
    """Groups (巡视巡察组)."""

    queryset = Group.objects.none()
    serializer_class = GroupSerializer
    filterset_class = GroupFilter
    keyset = ("-id",)

    def get_queryset(self):
        """What the caller may know of."""
        return Group.objects.visible_to(self.request.user).select_related("round").with_people()

    @extend_schema(
        summary="Appoint somebody who has no conflict of interest",
        request=AppointRequestSerializer,
        responses={201: GroupSerializer},
    )
    @action(detail=True, methods=["post"], filterset_class=None, pagination_class=None)
    def appoint(self, request, pk=None):
        """Authorise a person for the group. A conflict of interest is refused; overruling one is done on the page."""
        group = self.get_object()
        if not access.may_configure(request.user):
            raise PermissionDenied("appoint")
        given = dict(self.asked(AppointRequestSerializer).validated_data)
        workflow.appoint(group, given.pop("person"), given.pop("post"), by=request.user, **given)
        return self.shown(group.pk, status.HTTP_201_CREATED)


@extend_schema_view(list=extend_schema(summary="Units"), retrieve=extend_schema(summary="One unit"))
class UnitViewSet(ReadViewSet):
    """Units (单位)."""

    queryset = Unit.objects.none()
    serializer_class = UnitSerializer
    filterset_class = UnitFilter
    keyset = ("name", "id")

    def get_queryset(self):
        """What the caller may know of."""
        return Unit.objects.visible_to(self.request.user).select_related("category", "parent", "successor")


@extend_schema_view(list=extend_schema(summary="People"), retrieve=extend_schema(summary="One person"))
class PersonViewSet(ReadViewSet):
    """The talent pool (人才库)."""

    queryset = Person.objects.none()
    serializer_class = TalentSerializer
    filterset_class = PersonFilter
    keyset = ("name", "id")

    def get_queryset(self):
        """What the caller may know of."""
        return Person.objects.visible_to(self.request.user).select_related("employer")

    @extend_schema(summary="Declare a recusal", request=RecusalRequestSerializer, responses={201: RecusalRequestSerializer})
    @action(detail=True, methods=["post"], filterset_class=None, pagination_class=None)
    def recuse(self, request, pk=None):
        """One's own, or by the office for somebody; at once, and not to be withdrawn by oneself."""
        person = self.get_object()
        if not access.may_declare(request.user, person):
            raise PermissionDenied("recuse")
        given = self.asked(RecusalRequestSerializer).validated_data
        unit = get_object_or_404(Unit.objects.visible_to(request.user), pk=given["unit"].pk)
        recusal = workflow.declare_recusal(person, unit, by=request.user, ground=given["ground"])
        return Response(RecusalRequestSerializer(recusal).data, status.HTTP_201_CREATED)


STEPS = {
    "prepare": (workflow.prepare, VersionSerializer),
    "enter": (workflow.enter, DatedSerializer),
    "leave": (workflow.leave, DatedSerializer),
    "report": (workflow.report, DatedSerializer),
    "follow_up": (workflow.follow_up, VersionSerializer),
    "archive": (workflow.archive, VersionSerializer),
    "reopen": (workflow.reopen, ReasonedSerializer),
}


@extend_schema_view(list=extend_schema(summary="Assignments"), retrieve=extend_schema(summary="One assignment, its channels"))
class AssignmentViewSet(ReadViewSet):
    """Units in rounds (巡视巡察任务), by number."""

    queryset = Assignment.objects.none()
    serializer_class = AssignmentSerializer
    detail_serializer_class = AssignmentDetailSerializer
    filterset_class = AssignmentFilter
    lookup_field = "number"
    lookup_value_regex = "[^/]+"
    keyset = ("-onsite_from", "-id")

    def get_queryset(self):
        """What the caller may know of: never a right to its cases."""
        assignments = Assignment.objects.visible_to(self.request.user).for_list()
        return assignments if self.action == "list" else assignments.prefetch_related("channels__assignment")

    def take(self, verb: str) -> Response:
        """Take one step on the assignment of the address."""
        perform, serializer_class = STEPS[verb]
        assignment = self.get_object()
        perform(assignment, by=self.request.user, **self.asked(serializer_class).facts())
        return self.shown(assignment.pk)


def _step_action(verb: str, serializer_class):
    def take(self, request, number=None):
        return self.take(verb)

    take.__name__ = verb
    take.__doc__ = str(workflow.ASSIGNMENT[verb].allowed.__doc__)
    answer = {200: AssignmentDetailSerializer}
    documented = extend_schema(summary=f"Take the step {verb}", request=serializer_class, responses=answer)(take)
    return action(detail=True, methods=["post"], url_path=verb, filterset_class=None, pagination_class=None)(documented)


for _verb, (_perform, _serializer_class) in STEPS.items():
    setattr(AssignmentViewSet, _verb, _step_action(_verb, _serializer_class))


def register(router) -> None:
    """Put the floor's viewsets on the router."""
    router.register("rounds", RoundViewSet, basename="rounds")
    router.register("groups", GroupViewSet, basename="groups")
    router.register("units", UnitViewSet, basename="units")
    router.register("people", PersonViewSet, basename="people")
    router.register("assignments", AssignmentViewSet, basename="assignments")
