"""What the floors' serializers have in common."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inspection.accounts.api import may_change
from inspection.workflow import available

LARGEST = 2**31 - 1
EARLIEST, LATEST = 1900, 2200
MOMENT = "YYYY-MM-DDThh:mm:ss+08:00"


class DayField(serializers.DateField):
    """A day that an office may mean: calendars and time zones end with the years 1 and 9999."""

    def to_internal_value(self, value):
        """The day."""
        day = super().to_internal_value(value)
        if not EARLIEST <= day.year <= LATEST:
            self.fail("invalid", format="YYYY-MM-DD")
        return day


class MomentField(serializers.DateTimeField):
    """A moment, likewise."""

    def to_internal_value(self, value):
        """The moment, aware."""
        try:
            moment = super().to_internal_value(value)
        except OverflowError:
            self.fail("invalid", format=MOMENT)
        if not EARLIEST <= moment.year <= LATEST:
            self.fail("invalid", format=MOMENT)
        return moment


class VerbSerializer(serializers.Serializer):
    """What every verb takes: the version that the caller looked at, to be refused (409) when it is not the newest."""

    version = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST)

    def facts(self) -> dict:
        """Keyword arguments for the verb."""
        given = dict(self.validated_data)
        return given | {"seen": given.pop("version", None)}


class ReasonedSerializer(VerbSerializer):
    """A verb that asks why. The reason is sealed."""

    reason = serializers.CharField(max_length=2000)


class DatedSerializer(VerbSerializer):
    """A verb that asks when."""

    date = DayField()


class ShownSerializer(serializers.ModelSerializer):
    """What an answer shows of a row. Its choices may be empty where the column may, and the description says so."""

    def include_extra_kwargs(self, kwargs, extra_kwargs):
        """As the parent, which forgets about blank choices where a field is only read."""
        blank = kwargs.get("allow_blank") and "choices" in kwargs
        kwargs = super().include_extra_kwargs(kwargs, extra_kwargs)
        return kwargs | {"allow_blank": True} if blank else kwargs


def allowed_field(machine):
    """A field that lists the verbs of `machine` which the caller may take now: none with a token that only reads."""

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=machine.verbs)))
    class Allowed(serializers.ReadOnlyField):
        def __init__(self):
            super().__init__(source="*", help_text="Verbs that the caller may take now.")

        def to_representation(self, obj):
            request = self.context["request"]
            return [step.verb for step in available(machine, obj, request.user)] if may_change(request) else []

    return Allowed()
