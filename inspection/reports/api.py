"""The API of reports: the same filters, scope and rights as the pages."""

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import exceptions, renderers, serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from inspection.accounts.api import may_change
from inspection.api.serializers import DayField, ShownSerializer
from inspection.api.viewsets import ALONE, MakingMixin, ObjectViewSet

from . import access, downloads, workflow
from .filters import RunFilter
from .forms import OrderForm
from .kinds import FORMATS
from .models import Run

ALLOWED = (*FORMATS, "repeat")


class AlreadyUnderWay(exceptions.APIException):
    """Produced again by somebody else meanwhile."""

    status_code = status.HTTP_409_CONFLICT


class Unopenable(exceptions.APIException):
    """The file is damaged or gone; an administrator has to look."""

    status_code = status.HTTP_500_INTERNAL_SERVER_ERROR


class AnyType(renderers.BaseRenderer):
    """Lets a download be asked for with any Accept header. Renders nothing: files and problems bring their own type."""

    media_type = "*/*"
    format = "file"


class ReportFileSerializer(serializers.Serializer):
    """A file of a report."""

    format = serializers.ChoiceField(choices=FORMATS)
    size = serializers.IntegerField(help_text="Bytes.")
    media_type = serializers.CharField()
    sha256 = serializers.CharField()
    url = serializers.CharField(allow_null=True, help_text="Where to download it; null for who may not. Put on record.")


class ReportSerializer(ShownSerializer):
    """A report and where it stands. What it says is in its files alone."""

    number = serializers.CharField()
    title = serializers.SerializerMethodField()
    scope_label = serializers.CharField(help_text="The scope in words.")
    formats = serializers.ListField(child=serializers.ChoiceField(choices=FORMATS), help_text="What was asked for.")
    definition = serializers.CharField(source="definition.number", allow_null=True, default=None)
    maker = serializers.CharField(
        source="maker.name", allow_null=True, default=None, help_text="Who ordered it; null for the schedule."
    )
    as_user = serializers.CharField(source="as_user.name", help_text="Under whose rights it is computed.")
    files = serializers.SerializerMethodField()
    allowed = serializers.SerializerMethodField()

    class Meta:
        model = Run
        fields = (
            "id",
            "number",
            "kind",
            "title",
            "scope",
            "scope_label",
            "period_start",
            "period_end",
            "language",
            "formats",
            "state",
            "error_code",
            "error_id",
            "definition",
            "maker",
            "as_user",
            "created_at",
            "finished_at",
            "seal",
            "files",
            "allowed",
        )
        read_only_fields = fields
        extra_kwargs = {"seal": {"help_text": "Digest of the trail's newest seal, as printed on the report."}}

    def get_title(self, run) -> str:
        """The definition's title; for one ordered by hand, the kind in the caller's language."""
        return run.definition.title if run.definition else run.kind_label

    @extend_schema_field(ReportFileSerializer(many=True))
    def get_files(self, run):
        """What was produced; without an address for who may see the row only."""
        return [
            {
                "format": name,
                "size": file.size,
                "media_type": file.media_type,
                "sha256": file.sha256,
                "url": reverse(f"reports-{name}", args=[run.pk]) if run.openable else None,
            }
            for name, file in run.files
        ]

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=ALLOWED)))
    def get_allowed(self, run):
        """Each is what follows the report's own address."""
        request = self.context["request"]
        acts = access.allowed(request.user, run, openable=run.openable)
        return acts if may_change(request) else [act for act in acts if act in FORMATS]


class ReportOfferSerializer(serializers.Serializer):
    """A kind and a scope that the caller may order now."""

    kind = serializers.CharField()
    title = serializers.CharField()
    scope = serializers.CharField()
    scope_label = serializers.CharField()
    formats = serializers.ListField(child=serializers.ChoiceField(choices=FORMATS))


class NewReportSerializer(serializers.Serializer):
    """An order. Checked by the form of the page; `offer` lists what may be ordered."""

    kind = serializers.CharField(max_length=40)
    scope = serializers.CharField(max_length=60)
    period_start = DayField()
    period_end = DayField(help_text="Not after today; at most 366 days in all.")
    formats = serializers.ListField(
        child=serializers.ChoiceField(choices=FORMATS), required=False, allow_empty=False, help_text="All, if none is named."
    )

    NAMES = {"what": "scope", "first": "period_start", "last": "period_end", "formats": "formats"}

    def validate(self, data):
        """Adds the form, cleaned."""
        form = OrderForm(
            {
                "what": f"{data['kind']}|{data['scope']}",
                "first": data["period_start"],
                "last": data["period_end"],
                "formats": data.get("formats", FORMATS),
            },
            user=self.context["request"].user,
        )
        if not form.is_valid():
            raise serializers.ValidationError({self.NAMES[name]: errors for name, errors in form.errors.items()})
        return data | {"form": form}


@extend_schema_view(
    list=extend_schema(summary="Reports the caller may see"),
    retrieve=extend_schema(summary="One report and its files"),
    create=extend_schema(summary="Order a report", request=NewReportSerializer, responses={201: ReportSerializer}),
)
class ReportViewSet(MakingMixin, ObjectViewSet):
    """Reports (报表). Who has no part in them is refused (403); others' reports do not exist (404)."""

    queryset = Run.objects.none()
    list_serializer = ReportSerializer
    filterset_class = RunFilter
    lookup_value_regex = "[0-9]+"
    NEW = NewReportSerializer

    def initial(self, request, *args, **kwargs):
        """Raises PermissionDenied, before the body is read."""
        super().initial(request, *args, **kwargs)
        if not access.may_enter(request.user):
            raise PermissionDenied("reports")

    def get_queryset(self):
        """What the caller may see, with what an answer shows of it."""
        user = self.request.user
        return Run.objects.visible_to(user).for_list().marking_openable_by(user)

    def before_making(self):
        """Who has nothing to order."""
        if not access.orderable_kinds(self.request.user):
            raise PermissionDenied("order")

    def make(self, body) -> int:
        """Produced by the workers a little later; the caller is told when it is ready."""
        form, user = body.validated_data["form"], self.request.user
        formats = form.cleaned_data["formats"]
        return workflow.order(
            form.kind, form.scope, form.period, as_user=user, maker=user, language=user.language, formats=formats
        ).pk

    @extend_schema(summary="What the caller may order now", responses={200: ReportOfferSerializer(many=True)})
    @action(detail=False, **ALONE)
    def offers(self, request):
        """Each kind with each scope the caller has a right to."""
        offers = [
            {
                "kind": kind.code,
                "title": kind.label,
                "scope": scope.value,
                "scope_label": scope.label,
                "formats": kind.formats,
            }
            for kind in access.orderable_kinds(request.user)
            for scope in kind.scopes(request.user)
        ]
        return Response(ReportOfferSerializer(offers, many=True).data)

    @extend_schema(summary="Have a failed report produced again", request=None, responses={200: ReportSerializer})
    @action(detail=True, methods=["post"], **ALONE)
    def repeat(self, request, pk=None):
        """409 when it is not failed any more."""

        def repeated() -> int:
            run = self.target()
            if run.state == Run.State.FAILED and not access.may_repeat(request.user, run):
                raise PermissionDenied("repeat")
            if not workflow.repeat(run, by=request.user):
                raise AlreadyUnderWay(_("报表 %(number)s 已在生成或已生成，不需要重新提交。") % {"number": run.number})
            return run.pk

        return self.once(repeated)

    @extend_schema(summary="Download the PDF; put on record", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, renderer_classes=[AnyType], **ALONE)
    def pdf(self, request, pk=None):
        """The file as it was frozen."""
        return self._file("pdf")

    @extend_schema(
        summary="Download the workbook; put on record",
        responses={(200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"): OpenApiTypes.BINARY},
    )
    @action(detail=True, renderer_classes=[AnyType], **ALONE)
    def xlsx(self, request, pk=None):
        """The file as it was frozen."""
        return self._file("xlsx")

    def _file(self, name: str):
        run = self.get_object()
        try:
            return downloads.download(run, name, by=self.request.user)
        except downloads.UNOPENABLE:
            raise Unopenable(_("报表 %(number)s 的文件打不开，请联系管理员。") % {"number": run.number}) from None


def register(router) -> None:
    """The reports' part of /api/v1/."""
    router.register("reports", ReportViewSet, basename="reports")
