"""Forms of deadline rules and the calendar."""

import datetime as dt
import re

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inspection.calendar.models import DeadlineRule, RuleProfile
from inspection.pages.forms import AsSeen

DAY = re.compile(
    r"(?:(?P<year>\d{4})[-/.年])?\s*(?P<month>\d{1,2})[-/.月]\s*(?P<day>\d{1,2})日?"
    r"(?:\s*(?:至|到|—|–|-|~|～)\s*(?:(?P<year2>\d{4})[-/.年])?\s*(?:(?P<month2>\d{1,2})[-/.月]\s*)?(?P<day2>\d{1,2})日?)?"
)
MOST = 366


class ProfileForm(forms.ModelForm):
    """A new set of rules, begun from another."""

    like = forms.ModelChoiceField(label=gettext_lazy("参照方案"), queryset=RuleProfile.objects.all(), required=False)

    class Meta:
        model = RuleProfile
        fields = ("code", "name", "note")
        help_texts = {"code": gettext_lazy("只用小写字母、数字和连字符。")}


class EditProfileForm(AsSeen, forms.ModelForm):
    """What may be reworded of a set of rules."""

    class Meta:
        model = RuleProfile
        fields = ("name", "note")


class RuleForm(AsSeen, forms.ModelForm):
    """One deadline and the text it rests on."""

    class Meta:
        model = DeadlineRule
        fields = ("amount", "unit", "roll", "source")


class YearForm(forms.Form):
    """The official list of a year, pasted line by line."""

    rest = forms.CharField(
        label=gettext_lazy("放假日期"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=gettext_lazy("每行一个节日：名称、空格、起止日期，如“春节 2月5日至2月12日”。"),
    )
    work = forms.CharField(
        label=gettext_lazy("调休上班日期"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("每行一个或几个日期，如“1月30日、2月20日”。"),
    )
    source = forms.CharField(
        label=gettext_lazy("依据"), max_length=120, help_text=gettext_lazy("公布安排的文号，如“国办发明电〔2026〕8号”。")
    )

    def __init__(self, *args, year: int, **kwargs):
        self.year = year
        super().__init__(*args, **kwargs)

    def clean_rest(self) -> dict[dt.date, str]:
        """{day: name of the holiday}."""
        days = {}
        for number, line in enumerate(self.cleaned_data["rest"].splitlines(), start=1):
            if not line.strip():
                continue
            found = DAY.search(line)
            name = line[: found.start()].strip(" \t\u3000：:、,，") if found else ""
            for day in self._days(line, number):
                days[day] = name[:60]
        return days

    def clean_work(self) -> set[dt.date]:
        """The days worked instead."""
        return {
            day
            for number, line in enumerate(self.cleaned_data["work"].splitlines(), start=1)
            if line.strip()
            for day in self._days(line, number)
        }

    def _days(self, line: str, number: int) -> list[dt.date]:
        """Every day a line names; a range gives each of its days."""
        days = []
        for found in DAY.finditer(line):
            try:
                first = self._day(found["year"], found["month"], found["day"])
                last = self._day(
                    found["year2"] or found["year"], found["month2"] or found["month"], found["day2"] or found["day"]
                )
                last = first if found["day2"] is None else last
            except ValueError:
                raise forms.ValidationError(_("第 %(line)s 行：没有这一天。"), params={"line": number}) from None
            if not first <= last < first + dt.timedelta(days=MOST):
                raise forms.ValidationError(_("第 %(line)s 行：起止日期颠倒。"), params={"line": number})
            days += [first + dt.timedelta(days=place) for place in range((last - first).days + 1)]
        if not days:
            raise forms.ValidationError(_("第 %(line)s 行：没有认出日期，请写成“2月5日至2月12日”。"), params={"line": number})
        return days

    def _day(self, year, month, day) -> dt.date:
        return dt.date(int(year or self.year), int(month), int(day))
