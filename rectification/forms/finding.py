"""The forms of papers, one for each verb."""

import re

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection.accounts.models import User
from inspection.pages.forms import Sectioned, UploadsField
from petitions.models import Discipline, Petition
from petitions.queries import IN_GROUP
from rectification.models import Finding
from rectification.workflow.finding import LIMITS
from rounds.models import FocusNode

PICKED = 30  # petitions offered at a glance; any other is named by its number
SEPARATORS = re.compile(r"[\s,，、;；]+")


class ConfirmForm(forms.Form):
    """A step that needs nothing but a confirmation."""


class ReasonForm(forms.Form):
    """A step that needs a reason. It is sealed."""

    reason = forms.CharField(label=_("说明"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class MeetingForm(forms.Form):
    """The signature: the day of the group meeting."""

    date = forms.DateField(label=_("组务会日期"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["date"].initial = timezone.localdate


class DueForm(forms.Form):
    """The day by which the unit is to have put it right."""

    date = forms.DateField(label=_("完成时限"), help_text=_("按此日期开立整改事项，通知单位联络员。"))


class EvidenceForm(forms.Form):
    """Files to add as evidence."""

    files = UploadsField(label=_("佐证材料"))


def focus_choices(round_) -> list[tuple]:
    """The round's focus scheme as choices, each node indented under the one above it."""
    children = {}
    for node in FocusNode.objects.filter(round=round_):
        children.setdefault(node.parent_id, []).append(node)

    def walk(parent, depth):
        for node in children.get(parent, ()):
            yield node.pk, f"{'　' * depth}{node.title}"
            yield from walk(node.pk, depth + 1)

    return [("", _("（未选）")), *walk(None, 0)]


class SourceChoices(forms.ModelMultipleChoiceField):
    """Source petitions, each by its number and, as its reader may see it, its subject."""

    def label_from_instance(self, petition):
        """Number and subject."""
        return f"{petition.number} {petition.subject}"


class PaperForm(Sectioned, forms.Form):
    """A paper: what was seen, the rule breached, who answers; what it is filed under; the petitions and photographs it rests on.

    assignment  where it belongs
    user        who writes; only petitions this person may see are offered or taken by number
    finding     the paper being edited; evidence is then added by a step of its own
    """

    title = forms.CharField(label=_("问题标题"), max_length=LIMITS["title"])
    fact = forms.CharField(
        label=_("问题表现"),
        max_length=LIMITS["fact"],
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("现象描述：时间、地点、人员、金额、经过，写事实不写推断。"),
    )
    basis = forms.CharField(
        label=_("定性依据"),
        max_length=LIMITS["basis"],
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("定性分析：违反了哪部法规、制度的哪一条。"),
    )
    responsible = forms.CharField(
        label=_("责任主体"),
        max_length=LIMITS["responsible"],
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("责任指向：谁负责，负什么责任。"),
    )
    responsibility = forms.ChoiceField(
        label=_("责任性质"), choices=Finding.Responsibility.choices, widget=forms.RadioSelect, initial=Finding.Responsibility.MAIN
    )
    suggestion = forms.CharField(
        label=_("处理建议"), max_length=LIMITS["suggestion"], required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    discipline = forms.ChoiceField(label=_("六项纪律"), choices=[("", _("（未选）")), *Discipline.choices], required=False)
    focus = forms.TypedChoiceField(label=_("监督重点"), required=False, coerce=int, empty_value=None)
    key = forms.BooleanField(label=_("重点问题"), required=False)
    found_by = forms.ModelChoiceField(label=_("发现人"), queryset=User.objects.none(), empty_label=None)
    found_on = forms.DateField(label=_("发现时间"))
    sources = SourceChoices(
        label=_("来源信访件"), queryset=Petition.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    more_sources = forms.CharField(
        label=_("其他来源信访件"), required=False, max_length=500, help_text=_("不在上面的，填登记编号，用空格或顿号隔开。")
    )
    files = UploadsField(label=_("拍照或选择图片"), required=False, accept="image/*")

    SECTIONS = (
        ("", ("title", "fact", "basis", "responsible", "responsibility", "files")),
        (_("归类"), ("discipline", "focus", "found_by", "found_on", "key", "suggestion")),
        (_("来源"), ("sources", "more_sources")),
    )
    columns = 2
    WIDE = ("title",)

    def __init__(self, *args, assignment, user, finding=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.assignment, self.user = assignment, user
        self.in_sight = Petition.objects.visible_to(user).filter(assignment=assignment).exclude(state=Petition.State.HANDED_UP)
        self.fields["focus"].choices = focus_choices(assignment.group.round)
        self.fields["found_by"].queryset = User.objects.filter(person__appointments__group=assignment.group).distinct()
        if finding is not None:
            del self.fields["files"]
        self.initial.setdefault("found_by", user.pk)
        self.initial.setdefault("found_on", timezone.localdate())
        self.fields["sources"].queryset = self._offered()
        if not self.fields["sources"].queryset:
            del self.fields["sources"]

    def _offered(self):
        """What the group is working on, newest first, and always what is chosen already."""
        chosen = [getattr(petition, "pk", petition) for petition in self.initial.get("sources", ())]
        if self.is_bound:
            chosen += [int(pk) for pk in self.data.getlist(self.add_prefix("sources")) if pk.isascii() and pk.isdigit()]
        recent = self.in_sight.filter(state__in=IN_GROUP).order_by("-received_at", "-id").values_list("pk", flat=True)[:PICKED]
        return (
            self.in_sight.filter(Q(pk__in=chosen) | Q(pk__in=list(recent)))
            .select_related("content")
            .order_by("-received_at", "-id")
        )

    def clean_focus(self):
        """The node itself."""
        pk = self.cleaned_data["focus"]
        return FocusNode.objects.get(pk=pk) if pk else None

    def clean_more_sources(self):
        """Petitions by their numbers. One out of sight and one that does not exist look the same."""
        numbers = {number for number in SEPARATORS.split(self.cleaned_data["more_sources"]) if number}
        found = list(self.in_sight.filter(number__in=numbers))
        missing = numbers - {petition.number for petition in found}
        if missing:
            raise forms.ValidationError(_("没有找到：%(numbers)s。"), params={"numbers": "、".join(sorted(missing))})
        return found

    def clean(self):
        """Both ways of naming sources become one."""
        cleaned = super().clean()
        named = [*cleaned.get("sources", ()), *(cleaned.pop("more_sources", None) or ())]
        cleaned["sources"] = list({petition.pk: petition for petition in named}.values())
        return cleaned


def initial_of(finding: Finding, user) -> dict:
    """What the form of an existing paper starts with; its sources as far as `user` may see them."""
    text = {name: finding.opened().get(name, "") for name in LIMITS}
    columns = {name: getattr(finding, name) for name in ("responsibility", "discipline", "key", "found_on")}
    sources = list(finding.sources.visible_to(user).values_list("pk", flat=True))
    return text | columns | {"focus": finding.focus_id, "found_by": finding.found_by_id, "sources": sources}
