"""Opening a suggestion box, counting its letters again, and the range of the ledger."""

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection.accounts.models import User
from inspection.accounts.roles import Role
from rounds.models import Appointment, Channel, Unit

from .register import ChannelChoice, registrable
from .steps import reason_field

LEDGER_DAYS = 7


class OpeningForm(forms.Form):
    """开箱记录."""

    channel = ChannelChoice(label=_("意见箱"), queryset=Channel.objects.none(), empty_label=None)
    opened_at = forms.DateTimeField(label=_("开箱时间"))
    witness = forms.ModelChoiceField(
        label=_("在场人"), queryset=User.objects.none(), help_text=_("开箱须两人在场；开箱人为您本人。")
    )
    letters = forms.IntegerField(label=_("信件数"), min_value=0, max_value=10_000, help_text=_("当场清点的件数，没有信件填0。"))

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        assignments = registrable(user)
        boxes = Channel.objects.filter(assignment__in=assignments, kind=Channel.Kind.BOX, active=True)
        self.fields["channel"].queryset = boxes.select_related("assignment__unit").order_by("assignment", "pk")
        groups = assignments.order_by().values("group")
        colleagues = Appointment.objects.in_force().filter(group__in=groups).values("person__user")
        office = User.objects.filter(grants__role__in=(Role.OFFICE, Role.CHIEF)).values("pk")
        either = User.objects.filter(pk__in=colleagues.exclude(person__user=None)) | User.objects.filter(pk__in=office)
        self.fields["witness"].queryset = either.filter(is_active=True).exclude(pk=user.pk).distinct().order_by("name")
        self.initial.setdefault("opened_at", timezone.localtime().replace(second=0, microsecond=0, tzinfo=None))


class RecountForm(forms.Form):
    """更正信件数."""

    letters = forms.IntegerField(label=_("信件数"), min_value=0, max_value=10_000)
    reason = reason_field(_("更正理由"))


class LedgerForm(forms.Form):
    """Which days and which unit the ledger counts; the last seven days of everything in sight unless told."""

    received_from = forms.DateField(label=_("收到起"), required=False)
    received_to = forms.DateField(label=_("收到止"), required=False)
    unit = forms.ModelChoiceField(label=_("被巡视单位"), queryset=Unit.objects.none(), required=False)

    def __init__(self, data, *, user):
        super().__init__(data)
        assignments = registrable(user).order_by()
        self.fields["unit"].queryset = Unit.objects.filter(assignments__in=assignments).distinct().order_by("name")

    def clean(self):
        """The first day does not come after the last."""
        first, last = self.cleaned_data.get("received_from"), self.cleaned_data.get("received_to")
        if first and last and first > last:
            raise ValidationError({"received_to": _("截止日期不能早于起始日期。")})
        return self.cleaned_data

    def days(self) -> tuple[dt.date, dt.date]:
        """(first, last) day, both counted."""
        given = self.cleaned_data if self.is_valid() else {}
        last = given.get("received_to") or timezone.localdate()
        return given.get("received_from") or last - dt.timedelta(days=LEDGER_DAYS - 1), last
