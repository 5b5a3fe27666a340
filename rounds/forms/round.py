"""Forms of rounds, terms, groups and focus schemes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from inspection.pages.forms import AsSeen, Sectioned
from rounds.models import FocusNode, Group, Round, Term


class TermForm(AsSeen, forms.ModelForm):
    """A term."""

    class Meta:
        model = Term
        fields = ("name", "starts_on", "ends_on")


class RoundForm(Sectioned, forms.ModelForm):
    """A round. The look-back's earlier round is offered among those there are."""

    columns = 2
    SECTIONS = (
        (_("轮次"), ("term", "sequence", "name", "code", "kind", "look_back_of", "profile", "starts_on", "ends_on")),
        (_("受理与公告"), ("scope_text", "out_of_scope_text", "notice", "supervision_phone")),
    )

    class Meta:
        model = Round
        fields = (
            "term",
            "sequence",
            "name",
            "code",
            "kind",
            "look_back_of",
            "profile",
            "starts_on",
            "ends_on",
            "scope_text",
            "out_of_scope_text",
            "notice",
            "supervision_phone",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        earlier = Round.objects.order_by("-starts_on", "-id")
        self.fields["look_back_of"].queryset = earlier.exclude(pk=self.instance.pk) if self.instance.pk else earlier
        self.fields["look_back_of"].help_text = _("类型为“回头看”时选择。")
        for name in ("scope_text", "out_of_scope_text", "notice"):
            self.fields[name].max_length = 5000
            self.fields[name].widget.attrs |= {"rows": 4, "maxlength": 5000}
            self.fields[name].validators.append(forms.fields.validators.MaxLengthValidator(5000))


class GroupForm(forms.ModelForm):
    """A new group."""

    class Meta:
        model = Group
        fields = ("number", "name")

    def __init__(self, *args, round: Round, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.round = round
        self.fields["number"].min_value = 1
        self.fields["number"].widget.attrs["min"] = 1

    def clean_number(self):
        """From 1: the number is printed."""
        number = self.cleaned_data["number"]
        if number < 1:
            raise forms.ValidationError(_("组号从 1 起。"), code="min_value")
        return number


class RenameGroupForm(AsSeen, forms.ModelForm):
    """Another name for a group."""

    class Meta:
        model = Group
        fields = ("name",)


class FocusForm(AsSeen, forms.ModelForm):
    """One node of a focus scheme: its wording and its place among its siblings."""

    class Meta:
        model = FocusNode
        fields = ("title", "order")


class OutlineForm(forms.Form):
    """A focus scheme typed as an outline."""

    text = forms.CharField(
        label=_("监督重点"),
        max_length=10_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("每行一项；下级另起一行，行首多空一格。已有的不会改动。"),
    )
