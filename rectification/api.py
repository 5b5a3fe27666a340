"""The API of papers and clues: the same filters, scope and verbs as the pages."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from inspection.api.serializers import (
    DatedSerializer,
    DayField,
    ReasonedSerializer,
    ShownSerializer,
    VerbSerializer,
    allowed_field,
)
from inspection.api.viewsets import CaseViewSet, MakingMixin, with_steps
from inspection.trail.recording import record
from petitions.models import Agency, Discipline, Level, Petition
from rectification import access
from rectification.filters.clue import ClueFilter
from rectification.filters.finding import FindingFilter
from rectification.models import Clue, Finding, FindingEvidence
from rectification.views import clue as clue_pages
from rectification.views import finding as finding_pages
from rectification.workflow import clue as clue_verbs
from rectification.workflow import finding as finding_verbs
from rectification.workflow.machines import CLUE, FINDING
from rounds.models import Assignment, FocusNode


class CaseSerializer(ShownSerializer):
    """Where a paper or clue belongs, and where it stands."""

    assignment = serializers.CharField(source="assignment.number")
    unit = serializers.CharField(source="assignment.unit.name")
    group = serializers.CharField(source="assignment.group.name")
    round = serializers.CharField(source="assignment.group.round.code")

    PLACE = ("number", "state", "version", "assignment", "unit", "group", "round")


class FindingSerializer(CaseSerializer):
    """A paper as a list shows it."""

    title = serializers.CharField()
    focus = serializers.CharField(source="focus.title", default=None, allow_null=True)
    found_by = serializers.CharField(source="found_by.name")
    drafted_by = serializers.CharField(source="drafted_by.name")
    signed_by = serializers.CharField(source="signed_by.name", default=None, allow_null=True)
    sources = serializers.SerializerMethodField()
    allowed = allowed_field(FINDING)

    class Meta:
        model = Finding
        fields = (
            *CaseSerializer.PLACE,
            "title",
            "responsibility",
            "discipline",
            "focus",
            "key",
            "found_by",
            "found_on",
            "drafted_by",
            "drafted_at",
            "meeting_on",
            "signed_by",
            "signed_at",
            "sources",
            "allowed",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_sources(self, finding):
        """Numbers of the petitions it rests on, as far as the caller may see them."""
        return [petition.number for petition in finding.visible_sources]


class EvidenceSerializer(ShownSerializer):
    """A piece of evidence and where to fetch it."""

    name = serializers.CharField(source="file.name")
    size = serializers.IntegerField(source="file.size")
    media_type = serializers.CharField(source="file.media_type")
    sha256 = serializers.CharField(source="file.sha256")
    url = serializers.SerializerMethodField()

    class Meta:
        model = FindingEvidence
        fields = ("number", "label", "name", "size", "media_type", "sha256", "added_at", "url")
        read_only_fields = fields
        extra_kwargs = {"label": {"help_text": "The evidence number as printed: XX-01."}}

    @extend_schema_field(serializers.CharField())
    def get_url(self, evidence):
        """Address of the file; fetching it is put on record."""
        return reverse("rectification:finding_evidence", args=[evidence.finding.number, evidence.number])


class FindingDetailSerializer(FindingSerializer):
    """A paper with its text and evidence."""

    fact = serializers.CharField(source="opened.fact", default="")
    basis = serializers.CharField(source="opened.basis", default="")
    responsible = serializers.CharField(source="opened.responsible", default="")
    suggestion = serializers.CharField(source="opened.suggestion", default="")
    evidence = EvidenceSerializer(many=True)

    class Meta(FindingSerializer.Meta):
        fields = (*FindingSerializer.Meta.fields, "fact", "basis", "responsible", "suggestion", "evidence")
        read_only_fields = fields


class ClueSerializer(CaseSerializer):
    """A clue as a list shows it."""

    name = serializers.CharField(source="opened.name", default="")
    post = serializers.CharField(source="opened.post", default="")
    receiver = serializers.CharField(source="receiver.name")
    second_receiver = serializers.CharField(source="second_receiver.name", default=None, allow_null=True)
    finding = serializers.CharField(source="finding.number", default=None, allow_null=True)
    petition = serializers.CharField(source="petition.number", default=None, allow_null=True)
    late = serializers.BooleanField()
    allowed = allowed_field(CLUE)

    class Meta:
        model = Clue
        fields = (
            *CaseSerializer.PLACE,
            "name",
            "post",
            "level",
            "discipline",
            "mode",
            "receiver",
            "second_receiver",
            "finding",
            "petition",
            "handling",
            "handed_over_on",
            "reply_due",
            "provisional",
            "received_on",
            "replied_on",
            "late",
            "allowed",
        )
        read_only_fields = fields


class ClueDetailSerializer(ClueSerializer):
    """A clue with what it is about and what came of it."""

    matter = serializers.CharField(source="opened.matter", default="")
    result = serializers.CharField(source="result_text")
    proposed_by = serializers.CharField(source="proposed_by.name")
    approved_by = serializers.CharField(source="approved_by.name", default=None, allow_null=True)

    class Meta(ClueSerializer.Meta):
        fields = (*ClueSerializer.Meta.fields, "matter", "result", "received_by", "proposed_by", "approved_by")
        read_only_fields = fields


class NumbersField(serializers.ListField):
    """Numbers of petitions that the caller may see; becomes the petitions."""

    child = serializers.CharField(max_length=40)

    def to_internal_value(self, data):
        """The petitions. One out of sight and one that does not exist look the same."""
        numbers = set(super().to_internal_value(data))
        found = list(Petition.objects.visible_to(self.context["request"].user).filter(number__in=numbers))
        missing = numbers - {petition.number for petition in found}
        if missing:
            raise serializers.ValidationError([_("没有找到：%(numbers)s。") % {"numbers": "、".join(sorted(missing))}])
        return found


class PaperFactsSerializer(serializers.Serializer):
    """What a paper says and is filed under."""

    title = serializers.CharField(max_length=finding_verbs.LIMITS["title"])
    fact = serializers.CharField(max_length=finding_verbs.LIMITS["fact"])
    basis = serializers.CharField(max_length=finding_verbs.LIMITS["basis"])
    responsible = serializers.CharField(max_length=finding_verbs.LIMITS["responsible"])
    suggestion = serializers.CharField(max_length=finding_verbs.LIMITS["suggestion"], required=False, allow_blank=True)
    responsibility = serializers.ChoiceField(choices=Finding.Responsibility.choices)
    discipline = serializers.ChoiceField(choices=Discipline.choices, required=False, allow_blank=True)
    focus = serializers.PrimaryKeyRelatedField(queryset=FocusNode.objects.all(), required=False, allow_null=True)
    key = serializers.BooleanField(required=False)
    found_on = DayField(required=False)
    sources = NumbersField(required=False, help_text="Numbers of the petitions it rests on.")


class NewPaperSerializer(PaperFactsSerializer):
    """A new paper."""

    assignment = serializers.CharField(help_text="Number of the assignment.")


class PaperEditSerializer(VerbSerializer, PaperFactsSerializer):
    """修改: only what is given changes."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, partial=True, **kwargs)


class EvidenceUploadSerializer(VerbSerializer):
    """添加佐证, as multipart/form-data."""

    files = serializers.ListField(child=serializers.FileField(), min_length=1)


class ClueFactsSerializer(serializers.Serializer):
    """Who is reported, what about, and who is to get it."""

    name = serializers.CharField(max_length=clue_verbs.LIMITS["name"])
    post = serializers.CharField(max_length=clue_verbs.LIMITS["post"], required=False, allow_blank=True)
    matter = serializers.CharField(max_length=clue_verbs.LIMITS["matter"])
    level = serializers.ChoiceField(choices=Level.choices)
    discipline = serializers.ChoiceField(choices=Discipline.choices)
    mode = serializers.ChoiceField(choices=Clue.Mode.choices, required=False)
    receiver = serializers.SlugRelatedField(slug_field="name", queryset=Agency.objects.filter(active=True))
    second_receiver = serializers.SlugRelatedField(
        slug_field="name", queryset=Agency.objects.filter(active=True), required=False, allow_null=True
    )


class NewClueSerializer(ClueFactsSerializer):
    """A clue that does not come from a paper."""

    assignment = serializers.CharField(help_text="Number of the assignment.")
    petition = serializers.CharField(required=False, help_text="Number of the petition it comes from.")


class ToClueSerializer(VerbSerializer, ClueFactsSerializer):
    """转为线索."""


class ReceiptSerializer(DatedSerializer):
    """登记签收."""

    received_by = serializers.CharField(max_length=60)


class HandlingSerializer(VerbSerializer):
    """登记处置方式."""

    handling = serializers.ChoiceField(choices=Clue.Handling.choices)


class InsideViewSet(CaseViewSet):
    """What papers, clues, feedback and items share. Who reads no cases is refused (403)."""

    def seen_by(self):
        """What the caller may see. Raises PermissionDenied."""
        if not access.reads_inside(self.request.user):
            raise PermissionDenied("cases")
        return self.queryset.model.objects.visible_to(self.request.user)

    def note_reading(self, obj):
        """Reading is put on record here as on the page."""
        record("read", obj, by=self.request.user)

    def before_making(self):
        """Who reads no cases makes none."""
        self.seen_by()

    def assignment(self, number: str) -> Assignment:
        """The assignment of that number in the caller's scope. Raises ValidationError (400)."""
        found = Assignment.objects.cases_visible_to(self.request.user).for_list().filter(number=number).first()
        if found is None:
            raise ValidationError({"assignment": [_("没有找到：%(numbers)s。") % {"numbers": number}]})
        return found


@with_steps
@extend_schema_view(
    list=extend_schema(summary="Papers in the caller's scope"),
    retrieve=extend_schema(summary="One paper with its text; recorded as a reading"),
    create=extend_schema(summary="Draft a paper", request=NewPaperSerializer, responses={201: FindingDetailSerializer}),
)
class FindingViewSet(MakingMixin, InsideViewSet):
    """Working papers (问题底稿)."""

    queryset = Finding.objects.none()
    list_serializer = FindingSerializer
    detail_serializer = FindingDetailSerializer
    filterset_class = FindingFilter
    machine = FINDING
    orders, order = finding_pages.ORDERS, "-number"
    NEW = NewPaperSerializer
    STEPS = {
        "edit": (finding_verbs.edit, PaperEditSerializer),
        "attach_evidence": (finding_verbs.attach_evidence, EvidenceUploadSerializer),
        "submit": (finding_verbs.submit, VerbSerializer),
        "send_back": (finding_verbs.send_back, ReasonedSerializer),
        "sign": (finding_verbs.sign, DatedSerializer),
        "use": (finding_verbs.use, VerbSerializer),
        "correct_at_once": (finding_verbs.correct_at_once, DatedSerializer),
        "to_clue": (finding_verbs.to_clue, ToClueSerializer),
        "drop": (finding_verbs.drop, ReasonedSerializer),
        "restore": (finding_verbs.restore, ReasonedSerializer),
    }

    def get_queryset(self):
        """What the caller may see, with what an answer shows of it."""
        sources = Petition.objects.visible_to(self.request.user).only("number").order_by("number")
        evidence = FindingEvidence.objects.select_related("file", "finding")
        return (
            self.seen_by()
            .for_list()
            .select_related("focus", "found_by", "drafted_by", "signed_by", *LISTED)
            .prefetch_related(Prefetch("sources", sources, to_attr="visible_sources"), Prefetch("evidence", evidence))
        )

    def make(self, body) -> int:
        """Drafted by the caller, who must work in the unit's group."""
        given = dict(body.validated_data)
        return finding_verbs.draft(self.assignment(given.pop("assignment")), by=self.request.user, **given).pk


@with_steps
@extend_schema_view(
    list=extend_schema(summary="Clues in the caller's scope"),
    retrieve=extend_schema(summary="One clue with what it is about; recorded as a reading"),
    create=extend_schema(summary="Propose a clue", request=NewClueSerializer, responses={201: ClueDetailSerializer}),
)
class ClueViewSet(MakingMixin, InsideViewSet):
    """Clues (问题线索)."""

    queryset = Clue.objects.none()
    list_serializer = ClueSerializer
    detail_serializer = ClueDetailSerializer
    filterset_class = ClueFilter
    machine = CLUE
    orders, order = clue_pages.ORDERS, "-number"
    NEW = NewClueSerializer
    STEPS = {
        "approve": (clue_verbs.approve, VerbSerializer),
        "withdraw": (clue_verbs.withdraw, ReasonedSerializer),
        "hand_over": (clue_verbs.hand_over, DatedSerializer),
        "receive": (clue_verbs.receive, ReceiptSerializer),
        "handle": (clue_verbs.handle, HandlingSerializer),
        "conclude": (clue_verbs.conclude, ReasonedSerializer),
        "feed_back": (clue_verbs.feed_back, DatedSerializer),
    }

    def get_queryset(self):
        """What the caller may see, with what an answer shows of it."""
        shown = ("receiver", "second_receiver", "finding", "petition", "proposed_by", "approved_by", "result")
        return self.seen_by().for_list().select_related(*shown, *LISTED)

    def make(self, body) -> int:
        """Proposed by the caller, who must lead the unit's group."""
        given = dict(body.validated_data)
        assignment, number = self.assignment(given.pop("assignment")), given.pop("petition", "")
        if number:
            given["petition"] = Petition.objects.visible_to(self.request.user).filter(number=number).first()
            if given["petition"] is None:
                raise ValidationError({"petition": [_("没有找到：%(numbers)s。") % {"numbers": number}]})
        return clue_verbs.propose(assignment, by=self.request.user, **given).pk


LISTED = ("assignment__unit", "assignment__group__round", "content")


def register(router) -> None:
    """The floor's part of /api/v1/."""
    router.register("findings", FindingViewSet, basename="findings")
    router.register("clues", ClueViewSet, basename="clues")
