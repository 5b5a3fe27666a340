"""Forms of assignments and channels."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection.pages.forms import AsSeen
from rounds.models import Assignment, Channel, Unit


class AssignForm(forms.ModelForm):
    """A unit for a group. Units that are in the round already are not offered."""

    class Meta:
        model = Assignment
        fields = ("unit", "notice_on", "onsite_from", "onsite_to", "cutoff_on")
        help_texts = {"cutoff_on": _("不填则按规则方案推算；来信以邮戳日期为准。")}

    def __init__(self, *args, round, **kwargs):
        super().__init__(*args, **kwargs)
        taken = Assignment.objects.filter(group__round=round).exclude(pk=self.instance.pk).values("unit")
        offered = Unit.objects.active().exclude(pk__in=taken)
        if self.instance.unit_id:
            offered = offered | Unit.objects.filter(pk=self.instance.unit_id)
        self.fields["unit"].queryset = offered.order_by("category__order", "name")
        self.fields["unit"].choices = _by_category(offered)
        self.fields["onsite_from"].initial = round.starts_on
        self.fields["onsite_to"].initial = round.ends_on

    def _post_clean(self):
        """Left to the verb: group and number, which the model's rules need, are not known here."""


def _by_category(units):
    """Choices of units under the names of their categories."""
    groups: dict[str, list] = {}
    for unit in units.select_related("category").order_by("category__order", "category__pk", "name"):
        groups.setdefault(unit.category.name, []).append((unit.pk, unit.name))
    return [("", "---------"), *groups.items()]


class EditAssignmentForm(AssignForm):
    """Dates of an assignment; the unit too while nothing has begun."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.state != Assignment.State.PLANNED:
            del self.fields["unit"]


class DateForm(forms.Form):
    """The day something happened."""

    date = forms.DateField(label=_("日期"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["date"].initial = timezone.localdate()


class ChannelForm(AsSeen, forms.ModelForm):
    """A way to reach the group. Telephones are open 8:00 to 20:00 unless something else is said."""

    class Meta:
        model = Channel
        fields = ("kind", "address", "postcode", "opens", "closes", "closes_on", "note")
        help_texts = {"opens": _("值班电话一般为每天 8:00—20:00。")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["kind"]
