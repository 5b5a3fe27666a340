"""Forms of what is sealed: asking for an identity, for the original, for a disposal. Cleaned data are the verb's arguments."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from petitions.models import Attachment, Disposal, Petition
from petitions.workflow.disposal import BASIS_CHARS

from .steps import REASON_CHARS, reason_field


class AskIdentityForm(forms.Form):
    """申请查看身份."""

    reason = forms.CharField(
        label=_("申请理由"),
        max_length=REASON_CHARS,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("写明为什么不看身份就无法办理，例如核实署名、补充了解。保管员只凭此审批，看不到信访内容。"),
    )


class ApproveIdentityForm(forms.Form):
    """批准查看."""

    hours = forms.IntegerField(label=_("开放时长（小时）"), min_value=1, max_value=settings.IDENTITY_HOURS_MAX)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, initial={"hours": settings.IDENTITY_HOURS}, **kwargs)


class ChosenAttachments(forms.ModelMultipleChoiceField):
    """Attachments by their names."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj):
        return obj.file.name


class AskOriginalForm(forms.Form):
    """申请原件随转."""

    with_text = forms.BooleanField(label=_("附来信原文"), required=False, initial=True)
    attachments = ChosenAttachments(label=_("附下列附件"), queryset=Attachment.objects.none(), required=False)
    consent_on = forms.DateField(
        label=_("反映人书面同意日期"),
        required=False,
        help_text=_("反映人书面同意向承办单位公开身份的才填写；不填的，原文中的姓名、电话、地址等自动涂黑。"),
    )
    reason = reason_field(_("附原件的理由"))

    def __init__(self, *args, petition, **kwargs):
        super().__init__(*args, **kwargs)
        kept = petition.attachments.select_related("file")
        if kept:
            self.fields["attachments"].queryset = kept
        else:
            del self.fields["attachments"]


class ProposeForm(forms.Form):
    """提出销毁."""

    ground = forms.ChoiceField(label=_("销毁事由"), choices=Disposal.Ground.choices, widget=forms.RadioSelect)
    basis = forms.CharField(
        label=_("销毁依据"), max_length=BASIS_CHARS, help_text=_("所依据的规定及条款，例如档案保管期限表的条目。")
    )
    reason = forms.CharField(
        label=_("销毁理由"),
        max_length=REASON_CHARS,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("写档案情况，不写信访内容和反映人：此处文字在销毁后留存。"),
    )

    def __init__(self, *args, petition, **kwargs):
        super().__init__(*args, **kwargs)
        sealed = petition.state == Petition.State.HANDED_UP
        fitting = [(code, label) for code, label in Disposal.Ground.choices if (code == Disposal.Ground.HANDED_UP) == sealed]
        self.fields["ground"].choices = fitting


class DestroyForm(forms.Form):
    """执行销毁."""

    sure = forms.BooleanField(label=_("我知道：确认后密钥即行销毁，任何人不能再查看内容和身份，也不能恢复。"))

    def clean(self):
        """The tick is for the person, not for the verb."""
        self.cleaned_data.pop("sure", None)
        return self.cleaned_data
