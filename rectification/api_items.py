"""The API of feedback and rectification items: the same filters, scope and verbs as the pages; a liaison sees the unit's side."""

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from inspection.api.serializers import (
    LARGEST,
    DatedSerializer,
    DayField,
    ReasonedSerializer,
    ShownSerializer,
    VerbSerializer,
    allowed_field,
)
from inspection.api.viewsets import MakingMixin, with_steps
from rectification import access
from rectification.api import LISTED, CaseSerializer, InsideViewSet
from rectification.filters.feedback import FeedbackFilter
from rectification.filters.item import ItemFilter
from rectification.models import Feedback, Finding, Item, ItemEvidence, Measure, Progress
from rectification.views import feedback as feedback_pages
from rectification.views import item as item_pages
from rectification.workflow import feedback as feedback_verbs
from rectification.workflow import item as item_verbs
from rectification.workflow.machines import FEEDBACK, ITEM

LIMITS = item_verbs.LIMITS


class FeedbackSerializer(CaseSerializer):
    """Feedback as a list shows it."""

    drafted_by = serializers.CharField(source="drafted_by.name")
    approved_by = serializers.CharField(source="approved_by.name", default=None, allow_null=True)
    allowed = allowed_field(FEEDBACK)

    class Meta:
        model = Feedback
        fields = (*CaseSerializer.PLACE, "to", "drafted_by", "approved_by", "delivered_on", "allowed")
        read_only_fields = fields


class FeedbackDetailSerializer(FeedbackSerializer):
    """Feedback with its text and the papers it rests on."""

    overall = serializers.CharField(source="opened.overall", default="")
    problems = serializers.CharField(source="opened.problems", default="")
    suggestions = serializers.CharField(source="opened.suggestions", default="")
    demands = serializers.CharField(source="opened.demands", default="")
    findings = serializers.SlugRelatedField(slug_field="number", many=True, read_only=True)

    class Meta(FeedbackSerializer.Meta):
        fields = (*FeedbackSerializer.Meta.fields, "overall", "problems", "suggestions", "demands", "findings")
        read_only_fields = fields


class PapersField(serializers.ListField):
    """Numbers of papers that the caller may see; becomes the papers."""

    child = serializers.CharField(max_length=40)

    def to_internal_value(self, data):
        """The papers. One out of sight and one that does not exist look the same."""
        numbers = set(super().to_internal_value(data))
        found = list(Finding.objects.visible_to(self.context["request"].user).filter(number__in=numbers))
        missing = numbers - {finding.number for finding in found}
        if missing:
            raise serializers.ValidationError([_("没有找到：%(numbers)s。") % {"numbers": "、".join(sorted(missing))}])
        return found


class FeedbackTextSerializer(serializers.Serializer):
    """What feedback says and rests on."""

    overall = serializers.CharField(max_length=feedback_verbs.LIMITS["overall"])
    problems = serializers.CharField(max_length=feedback_verbs.LIMITS["problems"])
    suggestions = serializers.CharField(max_length=feedback_verbs.LIMITS["suggestions"], required=False, allow_blank=True)
    demands = serializers.CharField(max_length=feedback_verbs.LIMITS["demands"], required=False, allow_blank=True)
    findings = PapersField(required=False, help_text="Numbers of used papers.")


class NewFeedbackSerializer(FeedbackTextSerializer):
    """New feedback."""

    assignment = serializers.CharField(help_text="Number of the assignment.")
    to = serializers.ChoiceField(choices=Feedback.To.choices)


class FeedbackEditSerializer(VerbSerializer, FeedbackTextSerializer):
    """修改: the whole text anew."""


@with_steps
@extend_schema_view(
    list=extend_schema(summary="Feedback in the caller's scope"),
    retrieve=extend_schema(summary="One feedback with its text; recorded as a reading"),
    create=extend_schema(summary="Draft feedback", request=NewFeedbackSerializer, responses={201: FeedbackDetailSerializer}),
)
class FeedbackViewSet(MakingMixin, InsideViewSet):
    """Feedback (反馈意见) to the leading body and to its head."""

    queryset = Feedback.objects.none()
    list_serializer = FeedbackSerializer
    detail_serializer = FeedbackDetailSerializer
    filterset_class = FeedbackFilter
    machine = FEEDBACK
    orders, order = feedback_pages.ORDERS, "-number"
    NEW = NewFeedbackSerializer
    STEPS = {
        "edit": (feedback_verbs.edit, FeedbackEditSerializer),
        "approve": (feedback_verbs.approve, VerbSerializer),
        "send_back": (feedback_verbs.send_back, ReasonedSerializer),
        "deliver": (feedback_verbs.deliver, DatedSerializer),
    }

    def get_queryset(self):
        """What the caller may see, with what an answer shows of it."""
        seen = self.seen_by().for_list().select_related("drafted_by", "approved_by", *LISTED)
        return seen.prefetch_related("findings") if self.action != "list" else seen

    def make(self, body) -> int:
        """Drafted by the caller: the office, or the leader or deputy of the unit's group."""
        given = dict(body.validated_data)
        return feedback_verbs.draft(self.assignment(given.pop("assignment")), by=self.request.user, **given).pk


class ItemSerializer(CaseSerializer):
    """An item as a list shows it. The group is null for a unit's liaison."""

    group = serializers.SerializerMethodField()
    problem = serializers.CharField()
    light = serializers.SerializerMethodField()
    allowed = allowed_field(ITEM)

    class Meta:
        model = Item
        fields = (
            *CaseSerializer.PLACE,
            "source",
            "key",
            "problem",
            "light",
            "due_on",
            "original_due_on",
            "provisional",
            "reopened",
            "closed_at",
            "first_closed_at",
            "allowed",
        )
        read_only_fields = fields

    def inside(self, item) -> bool:
        """Whether the caller is one of those who inspect."""
        return access.inspects(self.context["request"].user, item.assignment)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_group(self, item):
        """The group's name, for those who inspect."""
        return item.assignment.group.name if self.inside(item) else None

    @extend_schema_field(serializers.ChoiceField(choices=("", "green", "yellow", "red")))
    def get_light(self, item):
        """Green, yellow or red today; empty once closed."""
        return item.light()


class MeasureSerializer(ShownSerializer):
    """A measure with what it says."""

    text = serializers.CharField(source="opened.text", default="")
    leader = serializers.CharField(source="opened.leader", default="")
    department = serializers.CharField(source="opened.department", default="")
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=Measure.Kind.choices))

    class Meta:
        model = Measure
        fields = ("id", "text", "leader", "department", "kinds", "due_on", "completion")
        read_only_fields = fields


class ItemEvidenceSerializer(ShownSerializer):
    """An evidence file and where to fetch it."""

    name = serializers.CharField(source="file.name")
    size = serializers.IntegerField(source="file.size")
    media_type = serializers.CharField(source="file.media_type")
    sha256 = serializers.CharField(source="file.sha256")
    url = serializers.SerializerMethodField()

    class Meta:
        model = ItemEvidence
        fields = ("id", "progress", "name", "size", "media_type", "sha256", "added_at", "url")
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_url(self, evidence):
        """Address of the file; fetching it is put on record."""
        return reverse("rectification:item_evidence", args=[evidence.item.number, evidence.pk])


class ProgressSerializer(ShownSerializer):
    """A report of progress; who filled it in is not named here."""

    text = serializers.CharField()

    class Meta:
        model = Progress
        fields = ("id", "at", "text")
        read_only_fields = fields


class ItemDetailSerializer(ItemSerializer):
    """An item with its measures, progress and evidence. Where it comes from and who judged it is null for a unit's liaison."""

    goal = serializers.CharField(source="opened.goal", default="")
    leader = serializers.CharField(source="opened.leader", default="")
    department = serializers.CharField(source="opened.department", default="")
    measures = MeasureSerializer(many=True)
    progress = ProgressSerializer(many=True)
    evidence = ItemEvidenceSerializer(many=True)
    finding = serializers.SerializerMethodField()
    feedback = serializers.SerializerMethodField()
    applied_by = serializers.SerializerMethodField()
    verified_by = serializers.SerializerMethodField()
    closed_by = serializers.SerializerMethodField()

    class Meta(ItemSerializer.Meta):
        fields = (
            *ItemSerializer.Meta.fields,
            "goal",
            "leader",
            "department",
            "measures",
            "progress",
            "evidence",
            "finding",
            "feedback",
            "applied_by",
            "verified_by",
            "closed_by",
        )
        read_only_fields = fields

    def _shown(self, item, name: str, word: str):
        other = getattr(item, name)
        return getattr(other, word) if other is not None and self.inside(item) else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_finding(self, item):
        """Number of the paper it comes from."""
        return self._shown(item, "finding", "number")

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_feedback(self, item):
        """Number of the feedback it comes from."""
        return self._shown(item, "feedback", "number")

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_applied_by(self, item):
        """Who applied to close it."""
        return self._shown(item, "applied_by", "name")

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_verified_by(self, item):
        """Who verified it."""
        return self._shown(item, "verified_by", "name")

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_closed_by(self, item):
        """Who closed it."""
        return self._shown(item, "closed_by", "name")


class NewItemSerializer(serializers.Serializer):
    """An item by hand."""

    assignment = serializers.CharField(help_text="Number of the assignment.")
    source = serializers.ChoiceField(choices=Item.Source.choices, required=False)
    problem = serializers.CharField(max_length=LIMITS["problem"])
    due_on = DayField(required=False, help_text="By default counted from the feedback by the round's frozen rule.")
    key = serializers.BooleanField(required=False)


class NewMeasureSerializer(serializers.Serializer):
    """One measure."""

    text = serializers.CharField(max_length=LIMITS["text"])
    leader = serializers.CharField(max_length=LIMITS["leader"])
    department = serializers.CharField(max_length=LIMITS["department"])
    due_on = DayField()
    kinds = serializers.MultipleChoiceField(choices=Measure.Kind.choices, required=False)


class DecomposeSerializer(VerbSerializer):
    """分解任务."""

    goal = serializers.CharField(max_length=LIMITS["goal"])
    leader = serializers.CharField(max_length=LIMITS["leader"])
    department = serializers.CharField(max_length=LIMITS["department"])
    measures = NewMeasureSerializer(many=True, allow_empty=False)


class CompletionSerializer(serializers.Serializer):
    """How far one measure has come."""

    measure = serializers.IntegerField(min_value=1, max_value=LARGEST, help_text="The measure's id.")
    completion = serializers.ChoiceField(choices=Measure.Completion.choices)


class ProgressReportSerializer(VerbSerializer):
    """填报进展; with files as multipart/form-data."""

    text = serializers.CharField(max_length=LIMITS["text"])
    attachments = serializers.ListField(child=serializers.FileField(), required=False)
    completions = CompletionSerializer(many=True, required=False)

    def facts(self) -> dict:
        """Keyword arguments for the verb."""
        given = super().facts()
        given["completions"] = {one["measure"]: one["completion"] for one in given.get("completions", ())}
        return given


class ApplySerializer(VerbSerializer):
    """申请销号; with files as multipart/form-data."""

    attachments = serializers.ListField(child=serializers.FileField(), required=False)


class NewDueSerializer(DatedSerializer, ReasonedSerializer):
    """A new last day, and why."""


@with_steps
@extend_schema_view(
    list=extend_schema(summary="Rectification items in the caller's scope"),
    retrieve=extend_schema(summary="One item with measures, progress and evidence; recorded as a reading"),
    create=extend_schema(summary="Open an item", request=NewItemSerializer, responses={201: ItemDetailSerializer}),
)
class ItemViewSet(MakingMixin, InsideViewSet):
    """Rectification items (整改事项)."""

    queryset = Item.objects.none()
    list_serializer = ItemSerializer
    detail_serializer = ItemDetailSerializer
    filterset_class = ItemFilter
    machine = ITEM
    orders, order = item_pages.ORDERS, "due"
    NEW = NewItemSerializer
    STEPS = {
        "decompose": (item_verbs.decompose, DecomposeSerializer),
        "report_progress": (item_verbs.report_progress, ProgressReportSerializer),
        "mark_basic": (item_verbs.mark_basic, VerbSerializer),
        "apply": (item_verbs.apply, ApplySerializer),
        "verify": (item_verbs.verify, ReasonedSerializer),
        "close": (item_verbs.close, VerbSerializer),
        "send_back": (item_verbs.send_back, ReasonedSerializer),
        "continue_long_term": (item_verbs.continue_long_term, ReasonedSerializer),
        "extend": (item_verbs.extend, NewDueSerializer),
        "reopen": (item_verbs.reopen, NewDueSerializer),
    }

    def seen_by(self):
        """What the caller may see. Raises PermissionDenied for whom rectification is no business of."""
        if not access.may_list_items(self.request.user):
            raise PermissionDenied("items")
        return Item.objects.visible_to(self.request.user)

    def get_queryset(self):
        """What the caller may see, with what an answer shows of it."""
        if self.action == "list":
            return self.seen_by().for_list()
        evidence = ItemEvidence.objects.select_related("file", "item")
        return (
            self.seen_by()
            .for_page()
            .prefetch_related("measures__content", "progress__content", Prefetch("evidence", queryset=evidence))
        )

    def make(self, body) -> int:
        """Opened by the office."""
        given = dict(body.validated_data)
        return item_verbs.open_item(self.assignment(given.pop("assignment")), by=self.request.user, **given).pk


def register(router) -> None:
    """This part of /api/v1/."""
    router.register("feedback", FeedbackViewSet, basename="feedback")
    router.register("items", ItemViewSet, basename="items")
