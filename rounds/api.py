"""The API of the floor: the same filters, the same scope and the same verbs as the pages."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action

from inspection.accounts.api import may_change
from inspection.api.serializers import (
    DatedSerializer,
    DayField,
    ReasonedSerializer,
    ShownSerializer,
    VerbSerializer,
    allowed_field,
)
from inspection.api.viewsets import ALONE, CaseViewSet, ObjectViewSet, with_steps
from rounds import access, workflow
from rounds.filters import AssignmentFilter, GroupFilter, PersonFilter, RoundFilter, UnitFilter
from rounds.models import Appointment, Assignment, Channel, Group, Person, Recusal, Round, Unit
from rounds.views import people as people_pages
from rounds.views import rounds as round_pages
from rounds.views import units as unit_pages
from rounds.workflow.machines import START_ROUND

UNIT_STATES = ("open", "closed")
PERSON_STATES = ("in_pool", "out")
GROUP_VERBS = ("appoint",)
PERSON_VERBS = ("recuse",)


class RoundSerializer(ShownSerializer):
    """A round."""

    number = serializers.CharField(source="code")
    state = serializers.ChoiceField(choices=Round.State.choices)
    term = serializers.CharField(source="term.name")
    look_back_of = serializers.CharField(source="look_back_of.code", default=None, allow_null=True)
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
        request = self.context["request"]
        may = round.state in START_ROUND.sources and START_ROUND.allowed(request.user, round) and may_change(request)
        return ["start"] if may else []


class RoundDetailSerializer(RoundSerializer):
    """A round with what the public is told and the rules it goes by."""

    rules = serializers.JSONField(help_text="Deadline rules, frozen when the round started: {key: {amount, unit, roll, source}}.")

    class Meta(RoundSerializer.Meta):
        fields = (*RoundSerializer.Meta.fields, "scope_text", "out_of_scope_text", "notice", "supervision_phone", "rules")
        read_only_fields = fields


class AppointmentSerializer(ShownSerializer):
    """Somebody's authorisation."""

    person = serializers.CharField(source="person.name")
    person_id = serializers.IntegerField()

    class Meta:
        model = Appointment
        fields = ("id", "person", "person_id", "post", "starts_on", "ends_on")
        read_only_fields = fields


class GroupSerializer(ShownSerializer):
    """A group and who serves in it today."""

    number = serializers.CharField(source="printed_number")
    place = serializers.IntegerField(source="number", help_text="The group's number within its round.")
    round = serializers.CharField(source="round.code")
    people = AppointmentSerializer(source="serving", many=True)
    state = serializers.ChoiceField(source="round.state", choices=Round.State.choices, help_text="The state of its round.")
    allowed = serializers.SerializerMethodField()

    class Meta:
        model = Group
        fields = ("id", "number", "state", "allowed", "place", "name", "round", "people")
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=GROUP_VERBS)))
    def get_allowed(self, group):
        """Verbs the caller may take now."""
        request = self.context["request"]
        return ["appoint"] if access.may_configure(request.user) and may_change(request) else []


class UnitSerializer(ShownSerializer):
    """A unit of the catalogue."""

    number = serializers.CharField(source="code")
    category = serializers.CharField(source="category.name")
    parent = serializers.CharField(source="parent.code", default=None, allow_null=True)
    successor = serializers.CharField(source="successor.code", default=None, allow_null=True)
    state = serializers.SerializerMethodField()
    allowed = serializers.ListField(
        child=serializers.CharField(), default=(), help_text="Units are kept on their pages: no verbs."
    )

    class Meta:
        model = Unit
        fields = (
            "id",
            "number",
            "state",
            "allowed",
            "name",
            "category",
            "region",
            "parent",
            "head",
            "must_cover",
            "abolished_on",
            "successor",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=UNIT_STATES))
    def get_state(self, unit):
        """Whether it exists, or was abolished or renamed."""
        return "open" if unit.abolished_on is None else "closed"


class TalentSerializer(ShownSerializer):
    """Somebody of the talent pool; what recusal is matched on is not handed out."""

    number = serializers.CharField(source="code")
    employer = serializers.CharField(source="employer.name", default=None, allow_null=True)
    state = serializers.SerializerMethodField()
    allowed = serializers.SerializerMethodField()

    class Meta:
        model = Person
        fields = ("id", "number", "state", "allowed", "name", "employer", "post", "speciality", "active")
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=PERSON_STATES))
    def get_state(self, person):
        """Whether the person is kept in the pool."""
        return "in_pool" if person.active else "out"

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=PERSON_VERBS)))
    def get_allowed(self, person):
        """Verbs the caller may take now."""
        request = self.context["request"]
        return ["recuse"] if access.may_declare(request.user, person) and may_change(request) else []


class ChannelSerializer(ShownSerializer):
    """A way to reach the group."""

    last_day = serializers.DateField(help_text="The last day reports are taken in here.")

    class Meta:
        model = Channel
        fields = ("id", "kind", "address", "postcode", "opens", "closes", "last_day", "note", "active")
        read_only_fields = fields


class AssignmentSerializer(ShownSerializer):
    """A unit in a round."""

    round = serializers.CharField(source="group.round.code")
    group = serializers.CharField(source="group.name")
    group_id = serializers.IntegerField()
    unit = serializers.CharField(source="unit.name")
    unit_id = serializers.IntegerField()
    allowed = allowed_field(workflow.ASSIGNMENT)

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


class AssignmentDetailSerializer(AssignmentSerializer):
    """A unit in a round with its channels."""

    channels = ChannelSerializer(many=True)

    class Meta(AssignmentSerializer.Meta):
        fields = (*AssignmentSerializer.Meta.fields, "channels")
        read_only_fields = fields


class RecusalRequestSerializer(serializers.Serializer):
    """From which unit, and why."""

    unit = serializers.SlugRelatedField(slug_field="code", queryset=Unit.objects.all())
    ground = serializers.ChoiceField(choices=Recusal.Ground.choices)


class AppointRequestSerializer(serializers.Serializer):
    """Whom to appoint. A conflict of interest is refused (400) unless a reason is given, which asks the head of the office."""

    person = serializers.SlugRelatedField(slug_field="code", queryset=Person.objects.all())
    post = serializers.ChoiceField(choices=Appointment.Post.choices)
    starts_on = DayField()
    ends_on = DayField(required=False, allow_null=True)


@extend_schema_view(list=extend_schema(summary="Rounds"), retrieve=extend_schema(summary="One round with its rules"))
class RoundViewSet(ObjectViewSet):
    """Rounds (轮次)."""

    queryset = Round.objects.none()
    list_serializer = RoundSerializer
    detail_serializer = RoundDetailSerializer
    filterset_class = RoundFilter
    orders, order = round_pages.ORDERS, round_pages.ORDER

    def get_queryset(self):
        """What the caller may know of."""
        return Round.objects.visible_to(self.request.user).for_list()

    @extend_schema(summary="Start a round: freeze its rules", request=VerbSerializer, responses={200: RoundDetailSerializer})
    @action(detail=True, methods=["post"], **ALONE)
    def start(self, request, pk=None):
        """Freeze the rules of the profile."""

        def started() -> int:
            round = self.target()
            workflow.start_round(round, by=request.user, **self.seen(round, self.asked(VerbSerializer).facts()))
            return round.pk

        return self.once(started)


@extend_schema_view(list=extend_schema(summary="Groups"), retrieve=extend_schema(summary="One group and its people"))
class GroupViewSet(ObjectViewSet):
    """Groups (巡视巡察组)."""

    queryset = Group.objects.none()
    list_serializer = GroupSerializer
    filterset_class = GroupFilter

    def get_queryset(self):
        """What the caller may know of."""
        return Group.objects.visible_to(self.request.user).select_related("round").with_people()

    @extend_schema(
        summary="Appoint somebody who has no conflict of interest",
        request=AppointRequestSerializer,
        responses={201: GroupSerializer},
    )
    @action(detail=True, methods=["post"], **ALONE)
    def appoint(self, request, pk=None):
        """Authorise a person for the group. A conflict of interest is refused; overruling one is done on the page."""

        def appointed() -> int:
            group = self.target()
            if not access.may_configure(request.user):
                raise PermissionDenied("appoint")
            given = dict(self.asked(AppointRequestSerializer).validated_data)
            workflow.appoint(group, given.pop("person"), given.pop("post"), by=request.user, **given)
            return group.pk

        return self.once(appointed, status.HTTP_201_CREATED)


@extend_schema_view(list=extend_schema(summary="Units"), retrieve=extend_schema(summary="One unit"))
class UnitViewSet(ObjectViewSet):
    """Units (单位)."""

    queryset = Unit.objects.none()
    list_serializer = UnitSerializer
    filterset_class = UnitFilter
    orders, order = unit_pages.ORDERS, unit_pages.ORDER

    def get_queryset(self):
        """What the caller may know of."""
        return Unit.objects.visible_to(self.request.user).select_related("category", "parent", "successor")


@extend_schema_view(list=extend_schema(summary="People"), retrieve=extend_schema(summary="One person"))
class PersonViewSet(ObjectViewSet):
    """The talent pool (人才库)."""

    queryset = Person.objects.none()
    list_serializer = TalentSerializer
    filterset_class = PersonFilter
    orders, order = people_pages.ORDERS, people_pages.ORDER

    def get_queryset(self):
        """What the caller may know of."""
        return Person.objects.visible_to(self.request.user).select_related("employer")

    @extend_schema(summary="Declare a recusal", request=RecusalRequestSerializer, responses={201: TalentSerializer})
    @action(detail=True, methods=["post"], **ALONE)
    def recuse(self, request, pk=None):
        """One's own, or by the office for somebody; at once, and not to be withdrawn by oneself."""

        def recused() -> int:
            person = self.target()
            if not access.may_declare(request.user, person):
                raise PermissionDenied("recuse")
            given = self.asked(RecusalRequestSerializer).validated_data
            unit = get_object_or_404(Unit.objects.visible_to(request.user), pk=given["unit"].pk)
            workflow.declare_recusal(person, unit, by=request.user, ground=given["ground"])
            return person.pk

        return self.once(recused, status.HTTP_201_CREATED)


@with_steps
@extend_schema_view(list=extend_schema(summary="Assignments"), retrieve=extend_schema(summary="One assignment, its channels"))
class AssignmentViewSet(CaseViewSet):
    """Units in rounds (巡视巡察任务), by number."""

    queryset = Assignment.objects.none()
    list_serializer = AssignmentSerializer
    detail_serializer = AssignmentDetailSerializer
    filterset_class = AssignmentFilter
    machine = workflow.ASSIGNMENT
    orders = {"onsite": ("onsite_from", "id"), "number": ("number",)}
    order = "-onsite"
    STEPS = {
        "prepare": (workflow.prepare, VerbSerializer),
        "enter": (workflow.enter, DatedSerializer),
        "leave": (workflow.leave, DatedSerializer),
        "report": (workflow.report, DatedSerializer),
        "follow_up": (workflow.follow_up, VerbSerializer),
        "archive": (workflow.archive, VerbSerializer),
        "reopen": (workflow.reopen, ReasonedSerializer),
    }

    def get_queryset(self):
        """What the caller may know of: never a right to its cases."""
        assignments = Assignment.objects.visible_to(self.request.user).for_list()
        return assignments if self.action == "list" else assignments.prefetch_related("channels__assignment")


def register(router) -> None:
    """Put the floor's viewsets on the router."""
    router.register("rounds", RoundViewSet, basename="rounds")
    router.register("groups", GroupViewSet, basename="groups")
    router.register("units", UnitViewSet, basename="units")
    router.register("people", PersonViewSet, basename="people")
    router.register("assignments", AssignmentViewSet, basename="assignments")
