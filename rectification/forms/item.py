"""The forms of rectification items, one for each verb."""

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.functional import cached_property
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inspection.pages.forms import Sectioned, UploadsField
from rectification.models import Item, Measure
from rectification.workflow.item import LIMITS
from rounds.models import Assignment

MEASURES = 60


class ItemForm(forms.Form):
    """A new item by hand, such as what a look-back found."""

    assignment = forms.ModelChoiceField(label=_("被巡视单位"), queryset=Assignment.objects.none(), empty_label=_("请选择"))
    source = forms.ChoiceField(label=_("来源"), choices=Item.Source.choices, widget=forms.RadioSelect)
    problem = forms.CharField(
        label=_("反馈问题"),
        max_length=LIMITS["problem"],
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("发给被巡视单位的原文：不写来信来访人的任何情况。"),
    )
    due_on = forms.DateField(label=_("完成时限"), required=False, help_text=_("不填则按本轮次规则自反馈之日起计算。"))
    key = forms.BooleanField(label=_("重点关注"), required=False)

    def __init__(self, *args, assignments, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["assignment"].queryset = assignments
        self.initial.setdefault("source", Item.Source.FEEDBACK)


class MeasureForm(forms.Form):
    """One measure."""

    text = forms.CharField(label=_("整改措施"), max_length=LIMITS["text"], widget=forms.Textarea(attrs={"rows": 2}))
    leader = forms.CharField(label=_("责任领导"), max_length=LIMITS["leader"])
    department = forms.CharField(label=_("责任部门"), max_length=LIMITS["department"])
    due_on = forms.DateField(label=_("预计完成时间"))
    kinds = forms.MultipleChoiceField(
        label=_("措施类型"), choices=Measure.Kind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    columns = 2


class Measures(BaseFormSet):
    """At least one measure, none after the item's own last day."""

    def __init__(self, *args, last_day, **kwargs):
        super().__init__(*args, **kwargs)
        self.last_day = last_day

    def clean(self):
        """Say beside the measure which one ends too late."""
        for form in self.forms:
            day = getattr(form, "cleaned_data", {}).get("due_on")
            if day and day > self.last_day:
                form.add_error("due_on", gettext("不能晚于事项的完成时限 %(day)s。") % {"day": self.last_day.isoformat()})


MeasureFormSet = formset_factory(
    MeasureForm, formset=Measures, extra=2, min_num=1, validate_min=True, max_num=MEASURES, absolute_max=MEASURES
)


class DecomposeForm(Sectioned, forms.Form):
    """Goal, who answers, and the measures (三清单). `measures` is a formset of its own, drawn under the form."""

    goal = forms.CharField(label=_("整改目标"), max_length=LIMITS["goal"], widget=forms.Textarea(attrs={"rows": 3}))
    leader = forms.CharField(label=_("责任领导"), max_length=LIMITS["leader"], help_text=_("姓名和职务。"))
    department = forms.CharField(
        label=_("责任部门"), max_length=LIMITS["department"], help_text=_("牵头部门在前，配合部门在后。")
    )
    columns = 2

    def __init__(self, *args, item, **kwargs):
        super().__init__(*args, **kwargs)
        self.item = item

    @cached_property
    def measures(self) -> Measures:
        """The rows of measures, bound when the form is."""
        return MeasureFormSet(self.data if self.is_bound else None, prefix="measures", last_day=self.item.due_on)

    def clean(self):
        """The measures that were filled in, in order."""
        cleaned = super().clean()
        if not self.measures.is_valid():
            raise forms.ValidationError(_("整改措施有误，请看下面各条。"))
        return cleaned | {"measures": [form.cleaned_data for form in self.measures if form.cleaned_data]}


class ProgressForm(forms.Form):
    """A report of progress: what was done, files that prove it, and how far each measure has come."""

    text = forms.CharField(label=_("整改进展"), max_length=LIMITS["text"], widget=forms.Textarea(attrs={"rows": 5}))
    attachments = UploadsField(label=_("佐证文件"), required=False)

    def __init__(self, *args, item, **kwargs):
        super().__init__(*args, **kwargs)
        self.measures = {f"measure_{measure.pk}": measure for measure in item.measures.select_related("content")}
        for place, (name, measure) in enumerate(self.measures.items(), start=1):
            said = Truncator(measure.opened().get("text", "")).chars(40)
            self.fields[name] = forms.ChoiceField(
                label=gettext("措施 %(place)d：%(text)s") % {"place": place, "text": said},
                choices=Measure.Completion.choices,
                widget=forms.RadioSelect,
                initial=measure.completion,
                required=False,
            )

    def clean(self):
        """The completions that changed, by measure."""
        given = super().clean()
        said = {measure: given.get(name) or measure.completion for name, measure in self.measures.items()}
        completions = {measure.pk: value for measure, value in said.items() if value != measure.completion}
        kept = {name: given[name] for name in ("text", "attachments") if name in given}
        return kept | {"completions": completions}


class ApplyForm(forms.Form):
    """Applying to close: evidence, unless there is some already."""

    attachments = UploadsField(label=_("佐证文件"))

    def __init__(self, *args, item, **kwargs):
        super().__init__(*args, **kwargs)
        there = item.evidence.count()
        self.fields["attachments"].required = not there
        if there:
            self.fields["attachments"].help_text = gettext("已有佐证 %(count)d 份，可以不再添加。") % {"count": there}


class GivenReasonForm(forms.Form):
    """A decision with the reason that the unit will read. It is sealed."""

    reason = forms.CharField(
        label=_("理由"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}), help_text=_("被巡视单位会读到。")
    )


class OpinionForm(forms.Form):
    """What the verifier found. It is sealed."""

    reason = forms.CharField(
        label=_("验收意见"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}), help_text=_("被巡视单位看不到。")
    )


class ReturnForm(forms.Form):
    """Why it goes back. It is sealed."""

    reason = forms.CharField(
        label=_("退回理由"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("被巡视单位会读到：不写来信来访人的任何情况。"),
    )


class NewDueForm(forms.Form):
    """A new last day, and why."""

    date = forms.DateField(label=_("新的完成时限"))
    reason = forms.CharField(
        label=_("理由"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("被巡视单位会读到。")
    )
