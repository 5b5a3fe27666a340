"""Forms of the mailbox: the account, the list's filters, and a mail registered by hand."""

from django import forms
from django.utils.translation import gettext_lazy as _

from inspection.accounts.models import User
from inspection.accounts.roles import Role
from inspection.pages.forms import AsSeen, UploadsField
from petitions.contents import REPORTER_KEYS, SUBJECT_CHARS
from petitions.mailbox import accounts
from petitions.models import MailAccount, MailItem
from rounds.models import Channel

from .register import TYPED_CHARS


class AccountForm(AsSeen, forms.ModelForm):
    """How to reach a mailbox. The password is asked for and never shown."""

    new_password = forms.CharField(
        label=_("密码"),
        max_length=200,
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("密封保存，不再显示。多数邮箱要用“客户端授权码”。"),
    )

    field_order = ("channel", "host", "port", "security", "username", "new_password", "folder", "registrar", "active")

    class Meta:
        model = MailAccount
        fields = ("channel", "host", "port", "security", "username", "folder", "registrar", "active")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        free = Channel.objects.filter(kind=Channel.Kind.EMAIL, mail_account=None).select_related("assignment__unit")
        self.fields["channel"].queryset = free.exclude(assignment__state="archived").order_by("assignment__number", "pk")
        self.fields["channel"].label_from_instance = lambda channel: f"{channel.assignment} · {channel.address}"
        people = User.objects.filter(is_active=True, grants__role__in=(Role.OFFICE, Role.CHIEF)).distinct()
        self.fields["registrar"].queryset = people.order_by("username")
        if self.instance.pk:
            del self.fields["channel"]  # the password's envelope is bound to it
            self.fields["new_password"].help_text = _("留空则不改动现有密码。")
        else:
            self.fields["new_password"].required = True

    def save_as(self, user) -> MailAccount:
        """Save through the one door that seals the password."""
        return accounts.save(self.instance, by=user, password=self.cleaned_data.get("new_password", ""))


class MailFilterForm(forms.Form):
    """Filters of the mail list."""

    account = forms.ModelChoiceField(label=_("邮箱"), queryset=MailAccount.objects.none(), required=False, empty_label=_("全部"))
    state = forms.ChoiceField(label=_("状态"), required=False, choices=(("", _("全部")), *MailItem.State.choices))
    reason = forms.ChoiceField(label=_("原因"), required=False, choices=(("", _("全部")), *MailItem.Reason.choices))

    def __init__(self, *args, accounts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = accounts

    def narrowed(self, items):
        """The mails that fit; none when a filter makes no sense."""
        if not self.is_valid():
            return items.none()
        return items.filter(**{name: value for name, value in self.cleaned_data.items() if value})


class ByHandForm(forms.Form):
    """What a person read out of a mail that the program could not."""

    subject = forms.CharField(label=_("标题"), max_length=SUBJECT_CHARS, required=False, help_text=_("不填则取内容的第一句。"))
    text = forms.CharField(label=_("反映内容"), max_length=TYPED_CHARS, widget=forms.Textarea({"rows": 8}))
    reporter_name = forms.CharField(label=_("反映人"), max_length=REPORTER_KEYS["name"], required=False)
    reporter_phone = forms.CharField(label=_("联系电话"), max_length=REPORTER_KEYS["phone"], required=False)
    reporter_email = forms.CharField(label=_("电子邮箱"), max_length=REPORTER_KEYS["email"], required=False)
    files = UploadsField(label=_("附件"), required=False)

    def facts(self) -> dict:
        """Keyword arguments of `mailbox.collecting.register_by_hand`."""
        data = dict(self.cleaned_data)
        data["reporter"] = {key: data.pop(f"reporter_{key}") for key in ("name", "phone", "email")}
        return data
