"""Forms of transfer slips and of the bodies they go to. Cleaned data of a verb's form are the verb's keyword arguments."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection.pages.forms import AsSeen
from petitions.models import Agency
from rounds.models import Unit

from .steps import note_field, reason_field

EXTRACT_CHARS = 5000


def day_field(label):
    """A day, today unless changed."""
    return forms.DateField(label=label, initial=timezone.localdate)


class TransferForm(forms.Form):
    """转办: to whom, saying what."""

    receiver = forms.ModelChoiceField(label=_("承办单位"), queryset=Agency.objects.filter(active=True))
    extract = forms.CharField(
        label=_("转办摘要"),
        max_length=EXTRACT_CHARS,
        widget=forms.Textarea({"rows": 8}),
        help_text=_("改写所反映的事项，不写反映人是谁、如何联系，也不照抄原文中能看出反映人的话。"),
    )
    sent_on = day_field(_("转出日期"))
    confirmed = forms.BooleanField(
        label=_("承办单位就是被反映的单位，仍然转给它"), required=False, help_text=_("只在系统提醒后勾选。")
    )


class ReceiveForm(forms.Form):
    """登记签收."""

    date = day_field(_("签收日期"))
    received_by = forms.CharField(label=_("签收人"), max_length=60, required=False)


class ReplyForm(forms.Form):
    """登记办理结果."""

    date = day_field(_("结果反馈日期"))
    text = forms.CharField(label=_("办理结果"), max_length=20_000, widget=forms.Textarea({"rows": 8}))


class ConcludeForm(forms.Form):
    """办结转办单."""

    reason = note_field(_("办结意见"))


class ReasonForm(forms.Form):
    """退回重办, 登记退回."""

    reason = reason_field()


class BulkReceiveForm(forms.Form):
    """Receipts that came back together."""

    date = forms.DateField(label=_("签收日期"), initial=timezone.localdate, widget=forms.DateInput(attrs={"class": "bulk-date"}))


class AgencyForm(AsSeen, forms.ModelForm):
    """A body that things are passed on to."""

    class Meta:
        model = Agency
        fields = ("name", "kind", "unit", "active")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.visible_to(user).active()
        self.fields["unit"].empty_label = _("无")

    def clean_name(self):
        """Without blanks at the ends or runs of them within."""
        return " ".join(self.cleaned_data["name"].split())
