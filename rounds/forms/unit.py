"""Forms of units, categories and liaisons."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection.accounts.models import User
from inspection.pages.forms import AsSeen, UploadField
from rounds.models import Category, Unit
from rounds.workflow.unit import EDITABLE


class CategoryForm(AsSeen, forms.ModelForm):
    """A block of units."""

    class Meta:
        model = Category
        fields = ("name", "order")


class UnitForm(AsSeen, forms.ModelForm):
    """A new unit."""

    class Meta:
        model = Unit
        fields = ("code", "name", *EDITABLE)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = Unit.objects.active().exclude(pk=self.instance.pk)


class EditUnitForm(UnitForm):
    """What may be corrected of a unit."""

    class Meta:
        model = Unit
        fields = EDITABLE


class RenameUnitForm(forms.Form):
    """The new name of a unit, which gets a code of its own."""

    name = forms.CharField(label=_("新名称"), max_length=120)
    code = forms.CharField(label=_("新单位代码"), max_length=30, help_text=_("原代码随原名称留在历史里。"))
    on = forms.DateField(label=_("更名日期"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()


class CloseUnitForm(forms.Form):
    """The end of a unit, and who carries on."""

    on = forms.DateField(label=_("撤销日期"))
    successor = forms.ModelChoiceField(
        label=_("承接单位"),
        queryset=Unit.objects.none(),
        required=False,
        help_text=_("并入其他单位时选择；历次巡视巡察随之可查。"),
    )

    def __init__(self, *args, unit: Unit, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()
        self.fields["successor"].queryset = Unit.objects.active().exclude(pk=unit.pk)


class LiaisonForm(forms.Form):
    """A liaison account to link."""

    user = forms.ModelChoiceField(label=_("联络员账号"), queryset=User.objects.none())

    def __init__(self, *args, unit: Unit, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = User.objects.filter(is_active=True, grants__role="liaison").exclude(liaison_of__unit=unit)


class ImportForm(forms.Form):
    """An XLSX file to read in."""

    file = UploadField(label=_("文件"), accept=".xlsx")
