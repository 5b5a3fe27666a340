"""The API of petitions: the same filters, scope and verbs as the pages. Who reported is in no answer."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import CharField
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from inspection.api.serializers import (
    DatedSerializer,
    DayField,
    MomentField,
    ReasonedSerializer,
    ShownSerializer,
    VerbSerializer,
    allowed_field,
)
from inspection.api.viewsets import CaseViewSet, MakingMixin, with_steps
from inspection.statements import Given, Prepared
from petitions import access, intake
from petitions.contents import SUBJECT_CHARS, TEXT_CHARS
from petitions.filters import PetitionFilter, SlipFilter
from petitions.forms.slip import EXTRACT_CHARS
from petitions.models import Agency, Category, Discipline, Level, Petition, TransferSlip
from petitions.views import listing
from petitions.views import petition as petition_pages
from petitions.views import slip as slip_pages
from petitions.workflow import exclusion
from petitions.workflow import petition as verbs
from petitions.workflow import transfer as transfer_verbs
from petitions.workflow.machines import PETITION, SLIP
from rounds.models import Assignment, Channel
from rounds.queries import standing

PEOPLE_MOST = 99_999
ASSIGNMENTS = Prepared(
    lambda own: (
        Assignment.objects.filter(Assignment.objects.case_scope(own.reader(), "pk"), number=Given("number", CharField()))
        .select_related("unit", "group__round")
        .order_by("pk")
    )
)


class PersonSerializer(serializers.Serializer):
    """A person reported."""

    name = serializers.CharField(max_length=60, required=False, allow_blank=True)
    unit = serializers.CharField(max_length=120, required=False, allow_blank=True)
    post = serializers.CharField(max_length=120, required=False, allow_blank=True)
    level = serializers.ChoiceField(choices=Level.choices, required=False)


class PetitionSerializer(ShownSerializer):
    """A petition as a list shows it."""

    assignment = serializers.CharField(source="assignment.number")
    unit = serializers.CharField(source="assignment.unit.name")
    group = serializers.CharField(source="assignment.group.name")
    round = serializers.CharField(source="assignment.group.round.code")
    channel = serializers.ChoiceField(source="channel_kind", choices=Channel.Kind.choices)
    subject = serializers.CharField()
    category = serializers.CharField(source="category.path", default=None, allow_null=True)
    first = serializers.SerializerMethodField()
    due_on = serializers.DateField(allow_null=True)
    allowed = allowed_field(PETITION)

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
            for kept in petition_pages.attachments(petition)
        ]

    @extend_schema_field(serializers.BooleanField())
    def get_identity_left(self, petition):
        """Whether anything about the reporter is sealed beside it."""
        return petition.identity_id is not None


class NewPetitionSerializer(serializers.Serializer):
    """What a program registers."""

    assignment = serializers.CharField(help_text="Number of the assignment.")
    channel = serializers.ChoiceField(choices=Channel.Kind.choices)
    received_at = MomentField()
    postmarked_on = DayField(required=False, allow_null=True)
    subject = serializers.CharField(max_length=SUBJECT_CHARS, required=False, allow_blank=True, default="")
    text = serializers.CharField(max_length=TEXT_CHARS)
    subjects = PersonSerializer(many=True, required=False, help_text="Persons reported.")
    reporter_name = serializers.CharField(max_length=60, required=False, allow_blank=True)
    reporter_phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    reporter_email = serializers.EmailField(max_length=120, required=False, allow_blank=True)
    people_count = serializers.IntegerField(min_value=1, max_value=PEOPLE_MOST, required=False, default=1)

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


class AcceptSerializer(VerbSerializer):
    """受理."""

    discipline = serializers.ChoiceField(choices=Discipline.choices)
    kind = serializers.ChoiceField(choices=Petition.Kind.choices, default=Petition.Kind.ACCUSATION)
    category = serializers.SlugRelatedField(slug_field="path", queryset=Category.objects.all(), required=False, allow_null=True)
    level = serializers.ChoiceField(choices=Level.choices, required=False)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class HandUpSerializer(VerbSerializer):
    """呈报上级. Destroys the content."""

    receiver_name = serializers.CharField(max_length=120)
    handed_on = DayField()
    received_by = serializers.CharField(max_length=60)


class LinkRepeatSerializer(VerbSerializer):
    """并为重复件."""

    first = serializers.CharField(help_text="Number of the first petition.")

    def facts(self) -> dict:
        """With the petition of that number, or None."""
        given = super().facts()
        visible = Petition.objects.visible_to(self.context["request"].user)
        return given | {"first": visible.filter(number=given["first"]).first()}


class ConcludeSerializer(ReasonedSerializer):
    """办结."""

    outcome = serializers.ChoiceField(choices=Petition.Outcome.choices)


class VerifySerializer(VerbSerializer):
    """核实署名."""

    result = serializers.ChoiceField(choices=tuple(verbs.VERIFIED))
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class SupplementSerializer(VerbSerializer):
    """补充材料, as multipart/form-data."""

    files = serializers.ListField(child=serializers.FileField(), min_length=1)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class CorrectSerializer(ReasonedSerializer):
    """更正: only what is given changes."""

    subject = serializers.CharField(max_length=SUBJECT_CHARS, required=False)
    text = serializers.CharField(max_length=TEXT_CHARS, required=False)
    persons = PersonSerializer(many=True, required=False)
    received_at = MomentField(required=False)
    postmarked_on = DayField(required=False, allow_null=True)
    people_count = serializers.IntegerField(min_value=1, max_value=PEOPLE_MOST, required=False)
    kind = serializers.ChoiceField(choices=Petition.Kind.choices, required=False)
    discipline = serializers.ChoiceField(choices=Discipline.choices, required=False)
    category = serializers.SlugRelatedField(slug_field="path", queryset=Category.objects.all(), required=False, allow_null=True)
    level = serializers.ChoiceField(choices=Level.choices, required=False)
    mark = serializers.ChoiceField(choices=Petition.Mark.choices, required=False)


class TransferSerializer(VerbSerializer):
    """转办: makes a slip; `slips` says which."""

    receiver = serializers.SlugRelatedField(slug_field="name", queryset=Agency.objects.filter(active=True))
    extract = serializers.CharField(max_length=EXTRACT_CHARS, help_text="Written for the receiver, without who wrote.")
    sent_on = DayField()
    confirmed = serializers.BooleanField(
        required=False, default=False, help_text="The receiver is the unit that the petition is about, and gets it all the same."
    )


class SlipSerializer(ShownSerializer):
    """A slip as a list shows it."""

    petition = serializers.CharField(source="petition.number")
    assignment = serializers.CharField(source="petition.assignment.number")
    unit = serializers.CharField(source="petition.assignment.unit.name")
    receiver = serializers.CharField(source="receiver_name", help_text="The body's name as it was then.")
    due_on = serializers.DateField(allow_null=True, help_text="The day that counts now: receipt, then reply.")
    light = serializers.ChoiceField(choices=("", "green", "yellow", "red"))
    allowed = allowed_field(SLIP)

    class Meta:
        model = TransferSlip
        fields = (
            "number",
            "state",
            "version",
            "petition",
            "assignment",
            "unit",
            "receiver",
            "sent_on",
            "receipt_due",
            "reply_due",
            "provisional",
            "received_on",
            "replied_on",
            "chased_on",
            "due_on",
            "light",
            "allowed",
        )
        read_only_fields = fields


class EarlierReplySerializer(serializers.Serializer):
    """A reply that was sent back to be done again."""

    text = serializers.CharField()
    on = serializers.DateField()


class SlipDetailSerializer(SlipSerializer):
    """A slip with what was passed on and what was answered."""

    extract = serializers.CharField(source="extract_text")
    reply = serializers.CharField(source="reply_text")
    earlier_replies = EarlierReplySerializer(many=True)

    class Meta(SlipSerializer.Meta):
        fields = (*SlipSerializer.Meta.fields, "received_by", "extract", "reply", "earlier_replies")
        read_only_fields = fields


class ReceiveSerializer(DatedSerializer):
    """登记签收."""

    received_by = serializers.CharField(max_length=60, required=False, allow_blank=True)


class ReplySerializer(DatedSerializer):
    """登记办理结果."""

    text = serializers.CharField(max_length=20_000)


class RemarkSerializer(VerbSerializer):
    """办结."""

    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class NumberSerializer(serializers.Serializer):
    """What is said of a petition that names the caller: that it is registered."""

    number = serializers.CharField()


ANSWER = PolymorphicProxySerializer(
    component_name="PetitionOrNumber", serializers=[PetitionDetailSerializer, NumberSerializer], resource_type_field_name=None
)


@with_steps
@extend_schema_view(
    list=extend_schema(summary="Petitions in the caller's scope"),
    retrieve=extend_schema(summary="One petition with its text; recorded as a reading"),
    create=extend_schema(summary="Register a petition", request=NewPetitionSerializer, responses={201: ANSWER}),
)
class PetitionViewSet(MakingMixin, CaseViewSet):
    """Petitions. Outside the caller's scope they do not exist (404)."""

    queryset = Petition.objects.none()
    list_serializer = PetitionSerializer
    detail_serializer = PetitionDetailSerializer
    filterset_class = PetitionFilter
    lookup_value_regex = r"[A-Z][A-Z0-9-]+"
    machine = PETITION
    orders, order = listing.ORDERS, "-received"
    NEW = NewPetitionSerializer
    BARE = frozenset({"transfer"})
    answer = ANSWER
    STEPS = {
        "accept": (verbs.accept, AcceptSerializer),
        "transfer": (transfer_verbs.transfer, TransferSerializer),
        "hand_up": (verbs.hand_up, HandUpSerializer),
        "link_repeat": (verbs.link_repeat, LinkRepeatSerializer),
        "file": (verbs.file, ReasonedSerializer),
        "check": (verbs.check, VerbSerializer),
        "conclude": (verbs.conclude, ConcludeSerializer),
        "retake": (verbs.retake, ReasonedSerializer),
        "reopen": (verbs.reopen, ReasonedSerializer),
        "extend": (verbs.extend, ReasonedSerializer),
        "correct": (verbs.correct, CorrectSerializer),
        "verify_signer": (verbs.verify_signer, VerifySerializer),
        "supplement": (verbs.supplement, SupplementSerializer),
        "recuse": (exclusion.recuse, ReasonedSerializer),
    }

    def get_queryset(self):
        """What the caller may see."""
        self.before_making()
        return Petition.objects.visible_to(self.request.user).for_page().select_related("first")

    def paginate_queryset(self, queryset):
        """Rows of a page are visible: no need to ask for each."""
        rows = super().paginate_queryset(queryset)
        access.known_visible(self.request.user, rows)
        return rows

    def found(self, pk):
        """By a prepared statement: every verb and every registration ends with it."""
        return petition_pages.found(self.request.user, pk=pk)

    def note_reading(self, obj):
        """Reading is an entry of the trail here as on the page."""
        verbs.note_reading(obj, by=self.request.user)

    def before_making(self):
        """Who has no business with petitions."""
        if not access.may_list(self.request.user):
            raise PermissionDenied("petitions")

    def make(self, body) -> int:
        """By the one intake path; errors are keyed by the names of the body."""
        number = body.validated_data["assignment"]
        assignment = next(iter(ASSIGNMENTS(standing(self.request.user), number=number)), None)
        if assignment is None:
            raise ValidationError({"assignment": [_("没有找到：%(numbers)s。") % {"numbers": number}]})
        try:
            return intake.register(assignment, by=self.request.user, **body.facts()).pk
        except ValidationError as error:
            raise ValidationError(_by_api_name(error)) from None

    def out_of_sight(self, pk):
        """Only the number, to somebody whom it names."""
        return {"number": Petition.objects.get(pk=pk).number}


def _by_api_name(error: ValidationError) -> dict:
    """Errors of `intake.register` under the names that the API uses."""
    names = {"channel_kind": "channel", "persons": "subjects", "reporter": "reporter_name"}
    return {names.get(name, name): messages for name, messages in error.message_dict.items()}


@with_steps
@extend_schema_view(
    list=extend_schema(summary="Transfer slips of petitions in the caller's scope"),
    retrieve=extend_schema(summary="One transfer slip with its extract and reply; recorded as a reading"),
)
class SlipViewSet(CaseViewSet):
    """Transfer slips (转办单). Made by the verb `transfer` of a petition."""

    queryset = TransferSlip.objects.none()
    list_serializer = SlipSerializer
    detail_serializer = SlipDetailSerializer
    filterset_class = SlipFilter
    machine = SLIP
    orders, order = slip_pages.ORDERS, "due"
    STEPS = {
        "receive": (transfer_verbs.receive, ReceiveSerializer),
        "handle": (transfer_verbs.handle, VerbSerializer),
        "reply": (transfer_verbs.reply, ReplySerializer),
        "redo": (transfer_verbs.redo, ReasonedSerializer),
        "conclude": (transfer_verbs.conclude, RemarkSerializer),
        "refuse": (transfer_verbs.refuse, ReasonedSerializer),
        "chase": (transfer_verbs.chase, VerbSerializer),
    }

    def get_queryset(self):
        """What the caller may see."""
        if not access.may_list(self.request.user):
            raise PermissionDenied("slips")
        slips = TransferSlip.objects.visible_to(self.request.user).for_list()
        return slips.select_related("petition__assignment__group__round", "extract", "reply")

    def paginate_queryset(self, queryset):
        """Petitions of slips in sight are visible: no need to ask for each."""
        rows = super().paginate_queryset(queryset)
        access.known_visible(self.request.user, [slip.petition for slip in rows])
        return rows

    def note_reading(self, obj):
        """Reading is an entry of the trail here as on the page."""
        verbs.note_reading(obj, by=self.request.user)


def register(router) -> None:
    """The floor's part of /api/v1/."""
    router.register("petitions", PetitionViewSet, basename="petitions")
    router.register("slips", SlipViewSet, basename="slips")
