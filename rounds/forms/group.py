"""Forms of appointments."""

from django import forms
from django.utils.translation import gettext_lazy as _

from rounds import conflicts
from rounds.models import Appointment, Group, Person
from rounds.models.people import REASON_CHARS
from rounds.workflow.group import group_units


class AppointForm(forms.Form):
    """Whom to appoint: people without a conflict of interest come first, the others with what stands in the way."""

    person = forms.ModelChoiceField(label=_("人员"), queryset=Person.objects.none())
    post = forms.ChoiceField(label=_("岗位"), choices=Appointment.Post.choices, initial=Appointment.Post.MEMBER)
    starts_on = forms.DateField(label=_("授权起"))
    ends_on = forms.DateField(label=_("授权止"), required=False, help_text=_("不填则至任务归档为止。"))
    reason = forms.CharField(
        label=_("不回避理由"),
        required=False,
        max_length=REASON_CHARS,
        help_text=_("仅当所选人员存在回避情形、确需任用时填写；将报办公室负责人批准，批准后授权才生效。"),
    )

    def __init__(self, *args, group: Group, **kwargs):
        super().__init__(*args, **kwargs)
        taken = group.appointments.filter(revoked_at=None).values("person")
        people = Person.objects.filter(active=True).exclude(pk__in=taken).select_related("employer")
        self.fields["person"].queryset = people
        self.fields["starts_on"].initial = group.round.starts_on
        found = conflicts.screen(people, group_units(group), group.round)
        clear, held = [], []
        for person in people:
            about = " · ".join(filter(None, [person.name, person.post, person.employer.name if person.employer else ""]))
            reasons = "、".join(dict.fromkeys(conflict.label for conflict in found[person.pk]))
            (held if reasons else clear).append((person.pk, f"{about}（{reasons}）" if reasons else about))
        choices = [(_("无回避情形"), clear), (_("有回避情形"), held)]
        self.fields["person"].choices = [("", "---------"), *((heading, members) for heading, members in choices if members)]


class ProlongForm(forms.Form):
    """Another end of an authorisation."""

    ends_on = forms.DateField(label=_("授权止"), required=False, help_text=_("不填则至任务归档为止。"))


class ReasonForm(forms.Form):
    """A reason that must be given."""

    reason = forms.CharField(label=_("理由"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class NothingForm(forms.Form):
    """A step that asks for nothing."""
