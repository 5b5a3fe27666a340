"""The upload of a sheet."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inspection.pages.forms import UploadField
from petitions import access
from petitions.models import ImportBatch
from rounds.models import Assignment, Channel


class UploadForm(forms.Form):
    """A sheet, what it is, and where its rows belong."""

    kind = forms.ChoiceField(label=_("导入内容"), choices=ImportBatch.Kind.choices, widget=forms.RadioSelect)
    assignment = forms.ModelChoiceField(
        label=_("巡视巡察任务"),
        queryset=Assignment.objects.none(),
        required=False,
        empty_label=_("请选择"),
        help_text=_("导入信访件时必选；导入内容分类时不用选。"),
    )
    channel_kind = forms.ChoiceField(
        label=_("默认渠道"),
        choices=Channel.Kind.choices,
        initial=Channel.Kind.ONLINE,
        help_text=_("表中没有“渠道”一列，或某一行未填时使用。"),
    )
    file = UploadField(label=_("Excel 文件"), accept=".xlsx", limit=settings.IMPORT_MAX_BYTES)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        offered = [
            assignment.pk
            for assignment in Assignment.objects.cases_visible_to(user).exclude(state="archived").select_related("unit", "group")
            if access.may_import(user, assignment)
        ]
        self.fields["assignment"].queryset = Assignment.objects.filter(pk__in=offered).for_list()
        kinds = [choice for choice in ImportBatch.Kind.choices if self._may(user, choice[0], offered)]
        self.fields["kind"].choices = kinds
        self.fields["kind"].initial = kinds[0][0] if kinds else None

    @staticmethod
    def _may(user, kind: str, offered: list[int]) -> bool:
        return access.may_import_categories(user) if kind == ImportBatch.Kind.CATEGORIES else bool(offered)

    def clean(self):
        """Petitions belong to an assignment, categories to none."""
        data = super().clean()
        if data.get("kind") == ImportBatch.Kind.CATEGORIES:
            data["assignment"] = None
        elif not data.get("assignment") and "assignment" not in self.errors:
            self.add_error("assignment", ValidationError(_("请选择任务。"), code="required"))
        return data
