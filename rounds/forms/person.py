"""Forms of people, relatives and recusals."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inspection.accounts.models import User
from inspection.pages.forms import AsSeen, Sectioned
from rounds.access import ADMINISTRATORS
from rounds.models import Person, Recusal, Relative, Unit


class PersonForm(Sectioned, AsSeen, forms.ModelForm):
    """Somebody of the talent pool."""

    columns = 2
    SECTIONS = (
        (_("人员"), ("name", "code", "post", "speciality", "active", "user")),
        (_("回避核对所需"), ("employer", "former_employers", "native_place")),
    )

    class Meta:
        model = Person
        fields = ("name", "code", "post", "speciality", "active", "user", "employer", "former_employers", "native_place")
        help_texts = {
            "native_place": _("写到县级，如“河北省张家口市蔚县”。"),
            "former_employers": _("可多选（按住 Ctrl）。"),
            "user": _("关联后，该账号按本人的授权办理业务。"),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        free = Q(person=None) | Q(person=self.instance.pk) if self.instance.pk else Q(person=None)
        users = User.objects.filter(free, is_active=True).exclude(grants__role__in=[*ADMINISTRATORS, "liaison"])
        self.fields["user"].queryset = users.distinct()


class RelativeForm(forms.ModelForm):
    """A declared relative."""

    class Meta:
        model = Relative
        fields = ("relation", "name", "unit")
        help_texts = {"unit": _("在被巡视单位工作的才需选择。")}


class RecusalForm(forms.Form):
    """A recusal: from which unit, and why."""

    unit = forms.ModelChoiceField(label=_("单位"), queryset=Unit.objects.none())
    ground = forms.ChoiceField(label=_("回避事由"), choices=Recusal.Ground.choices)

    def __init__(self, *args, person: Person, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units.exclude(pk__in=person.recusals.values("unit"))
