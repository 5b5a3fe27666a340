"""Before the register leaves the system: its mark, and that one knows what one takes out."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inspection.marks import ORDER
from petitions.models import Petition


class ExportForm(forms.Form):
    """The mark printed on the sheet, and a word."""

    mark = forms.ChoiceField(label=_("内部标识"), choices=Petition.Mark.choices)
    sure = forms.BooleanField(label=_("我知道导出的登记簿含信访内容，只用于工作，妥善保管，用后销毁。"))

    def __init__(self, *args, least: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.least = least
        self.fields["mark"].initial = least

    def clean_mark(self):
        """Not lower than that of any petition in it."""
        mark = self.cleaned_data["mark"]
        if ORDER.index(mark) < ORDER.index(self.least):
            raise ValidationError(_("所选标识低于其中信访件的标识。"))
        return mark
