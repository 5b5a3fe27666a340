"""One form for each verb of a petition. Their cleaned data are the verb's keyword arguments."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection.pages.forms import Sectioned, UploadsField
from petitions.contents import SUBJECT_CHARS
from petitions.models import Category, Discipline, Level, Petition

from .register import BLANK, TYPED_CHARS, HandUpFields, PersonFormSet

REASON_CHARS = 2000


def reason_field(label=None):
    """A reason, sealed beside the trail entry."""
    return forms.CharField(label=label or _("理由"), max_length=REASON_CHARS, widget=forms.Textarea({"rows": 4}))


def note_field(label):
    """The same where none is demanded."""
    return forms.CharField(label=label, required=False, max_length=REASON_CHARS, widget=forms.Textarea({"rows": 3}))


class AcceptForm(Sectioned, forms.Form):
    """受理."""

    columns = 2
    discipline = forms.ChoiceField(label=_("六项纪律"), choices=(BLANK, *Discipline.choices))
    kind = forms.ChoiceField(label=_("类别"), choices=Petition.Kind.choices, initial=Petition.Kind.ACCUSATION)
    category = forms.ModelChoiceField(
        label=_("内容分类"), queryset=Category.objects.filter(active=True), required=False, empty_label=_("不分类")
    )
    level = forms.ChoiceField(label=_("被反映人级别"), choices=Level.choices)
    note = note_field(_("拟办意见"))

    def __init__(self, *args, petition: Petition, **kwargs):
        known = {name: getattr(petition, name) for name in ("discipline", "kind", "category", "level") if getattr(petition, name)}
        super().__init__(*args, initial=known, **kwargs)


class HandUpForm(HandUpFields):
    """呈报上级."""

    sure = forms.BooleanField(label=_("我知道：确认后内容、身份信息和附件的密钥即行销毁，任何人不能再查看，也不能恢复。"))

    def clean(self):
        """The tick is for the person, not for the verb."""
        self.cleaned_data.pop("sure", None)
        return self.cleaned_data


class LinkRepeatForm(forms.Form):
    """并为重复件."""

    first = forms.CharField(
        label=_("首次件编号"),
        max_length=40,
        help_text=_("右侧列出了相近的信访件，点“并为它的重复件”即可填入。"),
    )

    def __init__(self, *args, user, first: str = "", **kwargs):
        self.user = user
        super().__init__(*args, initial={"first": first}, **kwargs)

    def clean_first(self):
        """The petition of this number, if the user may see it."""
        found = Petition.objects.visible_to(self.user).filter(number__iexact=self.cleaned_data["first"].strip()).first()
        if found is None:
            raise ValidationError(_("没有找到这一编号的信访件。"))
        return found


class ReasonForm(forms.Form):
    """Any verb that asks why and nothing else."""

    reason = reason_field()


class NothingForm(forms.Form):
    """A verb that asks nothing."""


class ConcludeForm(forms.Form):
    """办结."""

    outcome = forms.ChoiceField(label=_("办理结果"), choices=Petition.Outcome.choices, widget=forms.RadioSelect)
    reason = reason_field(_("办理情况"))


class VerifyForm(forms.Form):
    """核实署名."""

    result = forms.ChoiceField(
        label=_("核实结果"),
        widget=forms.RadioSelect,
        choices=(
            ("real_name", _("本人确认，按实名办理")),
            ("denied", _("署名人否认，按匿名办理")),
            ("anonymous", _("无法联系，按匿名办理")),
        ),
    )
    note = note_field(_("核实情况"))


class SupplementForm(forms.Form):
    """补充材料."""

    files = UploadsField(label=_("附件"))
    note = note_field(_("材料说明（何人何时以何种方式提交）"))


class CorrectForm(Sectioned, forms.Form):
    """更正: what was registered, as it stands, to be typed over. The persons reported are a formset of their own."""

    columns = 2
    WIDE = ("subject",)
    subject = forms.CharField(label=_("标题"), max_length=SUBJECT_CHARS)
    text = forms.CharField(label=_("反映内容"), widget=forms.Textarea({"rows": 8}))
    received_at = forms.DateTimeField(label=_("收到时间"))
    postmarked_on = forms.DateField(label=_("邮戳日期"), required=False)
    people_count = forms.IntegerField(label=_("人数"), min_value=1)
    kind = forms.ChoiceField(label=_("类别"), required=False, choices=(BLANK, *Petition.Kind.choices))
    discipline = forms.ChoiceField(label=_("六项纪律"), required=False, choices=(BLANK, *Discipline.choices))
    category = forms.ModelChoiceField(
        label=_("内容分类"), queryset=Category.objects.all(), required=False, empty_label=_("不分类")
    )
    level = forms.ChoiceField(label=_("被反映人级别"), choices=Level.choices)
    mark = forms.ChoiceField(label=_("内部标识"), choices=Petition.Mark.choices)
    reason = reason_field(_("更正理由"))

    def __init__(self, *args, petition: Petition, **kwargs):
        names = ("postmarked_on", "people_count", "kind", "discipline", "category", "level", "mark", "subject", "text")
        known = {name: getattr(petition, name) for name in names}
        known["received_at"] = timezone.localtime(petition.received_at).replace(second=0, microsecond=0, tzinfo=None)
        super().__init__(*args, initial=known, **kwargs)
        # What is stored may be longer than what is typed by hand (a mail): a correction must not be shut out for that.
        self.fields["text"].max_length = max(TYPED_CHARS, len(petition.text))
        self.persons = PersonFormSet(self.data if self.is_bound else None, prefix="persons", initial=petition.persons)

    def is_valid(self):
        """Both the fields and the persons make sense."""
        return super().is_valid() & self.persons.is_valid()

    def clean(self):
        """With the persons, as the verb takes them."""
        if self.persons.is_valid():
            self.cleaned_data["persons"] = [person for person in self.persons.cleaned_data if person]
        return self.cleaned_data
