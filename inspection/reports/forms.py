"""Ordering one report, and keeping a definition."""

import datetime as dt

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspection.accounts.models import User
from inspection.accounts.roles import Role
from inspection.pages.forms import AsSeen, Sectioned

from . import access
from .kinds import FORMATS, Frequency, Kind, Period, Scope, all_kinds
from .models import Definition
from .schedule import around, last_complete

LONGEST = 366  # days
FORMAT_LABELS = {"pdf": "PDF", "xlsx": "Excel (XLSX)"}
SPANS = {
    "last-week": (gettext_lazy("近七天"), lambda day: last_complete(Frequency.WEEKLY, day)),
    "this-week": (gettext_lazy("本周"), lambda day: around(Frequency.WEEKLY, day)),
    "last-month": (gettext_lazy("上月"), lambda day: last_complete(Frequency.MONTHLY, day)),
    "this-month": (gettext_lazy("本月"), lambda day: around(Frequency.MONTHLY, day)),
}


def span(code: str, today: dt.date) -> Period | None:
    """The period behind one of SPANS, cut off at today."""
    if code not in SPANS:
        return None
    period = SPANS[code][1](today)
    return Period(period.first, min(period.last, today))


class OrderForm(Sectioned, forms.Form):
    """One report now: what of whom, and of which days."""

    columns = 2
    WIDE = ("what", "formats")

    what = forms.ChoiceField(label=gettext_lazy("报表和范围"))
    first = forms.DateField(label=gettext_lazy("期间起"))
    last = forms.DateField(label=gettext_lazy("期间止"))
    formats = forms.MultipleChoiceField(
        label=gettext_lazy("格式"), choices=FORMAT_LABELS.items(), initial=list(FORMATS), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.offers: dict[str, tuple[Kind, Scope]] = {
            f"{kind.code}|{scope.value}": (kind, scope) for kind in access.orderable_kinds(user) for scope in kind.scopes(user)
        }
        groups: dict[str, list] = {}
        for value, (kind, scope) in self.offers.items():
            groups.setdefault(kind.label, []).append((value, f"{kind.label} · {scope.label}"))
        self.fields["what"].choices = list(groups.items())

    def clean(self):
        """The period makes sense and has begun; the chosen kind comes in a chosen format."""
        cleaned = super().clean()
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last:
            if last < first:
                self.add_error("last", _("止日早于起日。"))
            elif last > timezone.localdate():
                self.add_error("last", _("止日不能晚于今天。"))
            elif (last - first).days >= LONGEST:
                self.add_error("last", _("期间最长 %(days)s 天。") % {"days": LONGEST})
        if cleaned.get("what") and cleaned.get("formats") and not set(cleaned["formats"]) & set(self.kind.formats):
            self.add_error("formats", _("这种报表没有所选的格式。"))
        return cleaned

    @property
    def kind(self) -> Kind:
        """The chosen kind, after validation."""
        return self.offers[self.cleaned_data["what"]][0]

    @property
    def scope(self) -> Scope:
        """The chosen scope, after validation."""
        return self.offers[self.cleaned_data["what"]][1]

    @property
    def period(self) -> Period:
        """The chosen days, after validation."""
        return Period(self.cleaned_data["first"], self.cleaned_data["last"])


class DefinitionForm(Sectioned, AsSeen, forms.ModelForm):
    """A definition and its schedule. The kind is chosen before and never changes."""

    columns = 2
    WIDE = ("title", "scopes", "recipients")
    SECTIONS = (
        (gettext_lazy("内容"), ("title", "scopes", "owner", "language", "formats")),
        (gettext_lazy("时间"), ("frequency", "at", "weekday", "day_of_month", "active")),
        (gettext_lazy("接收人"), ("recipients",)),
    )

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("范围"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("每个范围各生成一份。一个都不选时，按生成时有权限的全部范围。"),
    )
    formats = forms.MultipleChoiceField(label=gettext_lazy("格式"), widget=forms.CheckboxSelectMultiple)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Definition
        fields = (
            "title",
            "scopes",
            "owner",
            "language",
            "formats",
            "frequency",
            "at",
            "weekday",
            "day_of_month",
            "active",
            "recipients",
        )
        widgets = {"recipients": forms.CheckboxSelectMultiple, "at": forms.TimeInput(format="%H:%M")}
        help_texts = {
            "owner": gettext_lazy("内容按此人生成当时的权限汇总。"),
            "weekday": gettext_lazy("每周时有效：汇总前七天。"),
            "day_of_month": gettext_lazy("每月时有效：汇总上一个月；当月没有这一天时取月末。"),
            "recipients": gettext_lazy("只列出目前有权查看这种报表的人。生成后通知；各人只能打开自己有权限的范围。"),
        }

    def __init__(self, *args, kind: Kind, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind = kind
        owners = User.objects.filter(is_active=True, grants__role__in=[Role.OFFICE, Role.CHIEF]).distinct()
        self.fields["owner"].queryset = User.objects.filter(Q(pk__in=owners) | Q(pk=self.instance.owner_id))
        self.fields["recipients"].queryset = User.objects.filter(pk__in=self._candidates()).order_by("name", "username")
        self.fields["formats"].choices = [(name, FORMAT_LABELS[name]) for name in kind.formats]
        offered = {scope.value: scope.label for owner in self.fields["owner"].queryset for scope in kind.scopes(owner)}
        lapsed = {
            value: _("%(scope)s（已无权限）") % {"scope": value} for value in self.instance.scopes or [] if value not in offered
        }
        self.fields["scopes"].choices = [*offered.items(), *lapsed.items()]
        self.initial.setdefault("seen", self.instance.version)

    def _candidates(self) -> set[int]:
        """Users who may open anything of this kind today, and those who receive it already."""
        users = User.objects.filter(is_active=True).exclude(grants__role=Role.LIAISON)
        able = {user.pk for user in users if any(True for _scope in self.kind.scopes(user))}
        return able | set(self.instance.recipients.values_list("pk", flat=True) if self.instance.pk else ())

    def clean(self):
        """The owner may lend rights and has them for what is chosen."""
        cleaned = super().clean()
        owner = cleaned.get("owner")
        if owner and not access.may_own(owner):
            self.add_error("owner", _("此人已停用或不再是巡视办人员，请另选。"))
        elif owner:
            granted = {scope.value for scope in self.kind.scopes(owner)}
            if not granted:
                self.add_error("owner", _("此人目前没有这种报表的任何权限。"))
            elif set(cleaned.get("scopes") or []) - granted:
                self.add_error("scopes", _("所选范围中有“按谁的权限生成”无权查看的，请去掉。"))
        return cleaned


def kind_choices() -> list[Kind]:
    """Kinds a definition may be made of."""
    return list(all_kinds().values())
