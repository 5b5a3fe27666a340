"""The forms of clues, one for each verb."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection.pages.forms import Sectioned
from petitions.models import Agency, Discipline, Level
from rectification.models import Clue
from rectification.workflow.clue import LIMITS, RESULT_LIMIT


class ClueForm(Sectioned, forms.Form):
    """To propose a clue: who is reported, what about, and who is to get it."""

    name = forms.CharField(label=_("被反映人姓名"), max_length=LIMITS["name"])
    post = forms.CharField(label=_("被反映人职务"), max_length=LIMITS["post"], required=False)
    level = forms.ChoiceField(label=_("被反映人级别"), choices=[("", _("请选择")), *Level.choices])
    discipline = forms.ChoiceField(label=_("六项纪律"), choices=[("", _("请选择")), *Discipline.choices])
    matter = forms.CharField(
        label=_("具体问题"),
        max_length=LIMITS["matter"],
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("线索须有性质、有依据、事实清楚，具有可查性；不写来信来访人的任何情况。"),
    )
    mode = forms.ChoiceField(
        label=_("移交方式"),
        choices=Clue.Mode.choices,
        widget=forms.RadioSelect,
        initial=Clue.Mode.SINGLE,
        help_text=_("双移交：同时移交纪检监察机关和组织部门或主管部门。"),
    )
    receiver = forms.ModelChoiceField(label=_("移交单位"), queryset=Agency.objects.filter(active=True), empty_label=_("请选择"))
    second_receiver = forms.ModelChoiceField(
        label=_("第二移交单位"), queryset=Agency.objects.filter(active=True), required=False, empty_label=_("（单移交不填）")
    )

    SECTIONS = (
        (_("被反映人"), ("name", "post", "level", "discipline", "matter")),
        (_("移交"), ("mode", "receiver", "second_receiver")),
    )
    columns = 2


class HandOverForm(forms.Form):
    """The day of the hand-over; the reply deadline counts from it."""

    date = forms.DateField(label=_("移交时间"), help_text=_("反馈期限按本轮次启动时固定的规则自该日起算。"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["date"].initial = timezone.localdate


class ReceiptForm(forms.Form):
    """The receiver's signature."""

    date = forms.DateField(label=_("签收日期"))
    received_by = forms.CharField(label=_("签收人"), max_length=60)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["date"].initial = timezone.localdate


class HandlingForm(forms.Form):
    """Which way the receiver has taken."""

    handling = forms.ChoiceField(label=_("处置方式"), choices=Clue.Handling.choices, widget=forms.RadioSelect)


class ResultForm(forms.Form):
    """The result as the receiver reported it."""

    reason = forms.CharField(label=_("办理结果"), max_length=RESULT_LIMIT, widget=forms.Textarea(attrs={"rows": 5}))


class ReplyForm(forms.Form):
    """The day the result reached the office."""

    date = forms.DateField(label=_("结果反馈日期"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["date"].initial = timezone.localdate
