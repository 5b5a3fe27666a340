"""The forms of feedback, one for each verb, and the rows that items are opened from."""

from django import forms
from django.forms import formset_factory
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inspection.calendar.models import RuleKey, Unit
from rectification.models import Feedback, Finding
from rectification.workflow.feedback import LIMITS
from rectification.workflow.item import LIMITS as ITEM_LIMITS


class PaperChoices(forms.ModelMultipleChoiceField):
    """Used papers, each by its number and title."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, finding):
        """Number and title."""
        return f"{finding.number} {finding.title}"


class FeedbackForm(forms.Form):
    """The text of the feedback and the papers it rests on.

    assignment  whose used papers are offered
    to          addressees still without feedback; none of the field when the feedback exists already
    """

    to = forms.ChoiceField(label=_("反馈对象"), choices=Feedback.To.choices, widget=forms.RadioSelect)
    findings = PaperChoices(label=_("所依据的底稿"), queryset=Finding.objects.none(), required=False)
    overall = forms.CharField(label=_("总体评价"), max_length=LIMITS["overall"], widget=forms.Textarea(attrs={"rows": 4}))
    problems = forms.CharField(
        label=_("主要问题"),
        max_length=LIMITS["problems"],
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("被巡视单位会读到这里的每一个字：不写来信来访人的任何情况。"),
    )
    suggestions = forms.CharField(
        label=_("意见建议"), max_length=LIMITS["suggestions"], required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    demands = forms.CharField(
        label=_("报送要求"), max_length=LIMITS["demands"], required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args, assignment, to=None, **kwargs):
        super().__init__(*args, **kwargs)
        used = assignment.findings.filter(state=Finding.State.USED).select_related("content").order_by("id")
        if to is None:
            del self.fields["to"]
        else:
            self.fields["to"].choices = [(value, label) for value, label in Feedback.To.choices if value in to]
        self.fields["findings"].queryset = used
        if not used:
            self.fields["findings"].help_text = _("本任务还没有写入报告的底稿。")


def starting(assignment, to) -> dict:
    """What a new feedback starts with: every used paper chosen, its title among the problems, and the round's own deadlines."""
    used = list(assignment.findings.filter(state=Finding.State.USED).select_related("content").order_by("id"))
    return {
        "to": next(iter(to), None),
        "findings": [finding.pk for finding in used],
        "problems": "\n".join(f"{place}. {finding.title}" for place, finding in enumerate(used, start=1)),
        "demands": demands(assignment.group.round.rules),
    }


def demands(rules: dict) -> str:
    """What is to be sent in, and when, in the words of the round's frozen rules; empty where it has none."""
    periods = {key: rules[key] for key in (RuleKey.PLAN, RuleKey.CONCENTRATED, RuleKey.REPORT) if key in rules}
    if len(periods) < 3:
        return ""
    plan, concentrated, report = (f"{rule['amount']} {Unit(rule['unit']).label}" for rule in periods.values())
    return gettext(
        "自收到反馈意见之日起，%(plan)s内报送整改方案，%(concentrated)s内完成集中整改，"
        "%(report)s内报送整改情况报告和主要负责人组织落实情况报告。"
    ) % {"plan": plan, "concentrated": concentrated, "report": report}


def initial_of(feedback: Feedback) -> dict:
    """What the form of an existing feedback starts with."""
    return feedback.opened() | {"findings": list(feedback.findings.values_list("pk", flat=True))}


class DeliverForm(forms.Form):
    """The day it was given."""

    date = forms.DateField(label=_("反馈日期"), help_text=_("领导班子和主要负责人都反馈后，自较晚的一天起计算整改期限。"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["date"].initial = timezone.localdate


class EntryForm(forms.Form):
    """One item to be opened from one paper."""

    finding = forms.ModelChoiceField(queryset=Finding.objects.none(), widget=forms.HiddenInput)
    take = forms.BooleanField(label=_("生成整改事项"), required=False)
    problem = forms.CharField(
        label=_("反馈问题（发给被巡视单位的原文）"),
        max_length=ITEM_LIMITS["problem"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    key = forms.BooleanField(label=_("重点关注"), required=False)

    def __init__(self, *args, papers, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["finding"].queryset = papers

    def clean(self):
        """A row that is taken needs its problem."""
        cleaned = super().clean()
        if cleaned.get("take") and not (cleaned.get("problem") or "").strip():
            self.add_error("problem", _("必须填写。"))
        return cleaned


EntryFormSet = formset_factory(EntryForm, extra=0, max_num=500, absolute_max=500)


def entries(formset) -> list[dict]:
    """What `open_from_feedback` takes, of a valid formset: the rows that were ticked."""
    wanted = [form.cleaned_data for form in formset if form.cleaned_data.get("take")]
    return [{name: row[name] for name in ("finding", "problem", "key")} for row in wanted]
