"""Forms of signing in and of one's own account."""

import datetime as dt

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import User


class SignInForm(AuthenticationForm):
    """User name and password. One sentence for a wrong name and a wrong password: it tells nobody which names exist."""

    error_messages = {
        "invalid_login": _("用户名或密码不正确，请重新输入。密码区分大小写。"),
        "inactive": _("用户名或密码不正确，请重新输入。密码区分大小写。"),
    }

    def refused_account(self) -> User | None:
        """The account whose name was given with a password that did not open it; None when there is no such account."""
        if not self.has_error(NON_FIELD_ERRORS):  # name or password was not given at all: nobody tried to get in
            return None
        return User.objects.filter(username=self.cleaned_data["username"]).first()


class ConfirmForm(forms.Form):
    """The password once more."""

    password = forms.CharField(
        label=_("密码"), strip=False, max_length=1024, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user, *args, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password(self):
        """The person's own."""
        if not self.user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(_("密码不正确，请重新输入。"), code="wrong")
        return self.cleaned_data["password"]


class ProfileForm(forms.ModelForm):
    """What people may change about themselves. Name and roles are the administrators' business."""

    class Meta:
        model = User
        fields = ("language",)
        widgets = {"language": forms.RadioSelect}


class TokenForm(forms.Form):
    """A new API token."""

    LONGEST = dt.timedelta(days=365)

    label = forms.CharField(label=_("用途"), max_length=60, help_text=_("例如「统计脚本」。请勿写入信访内容。"))
    expires_on = forms.DateField(label=_("到期日期"), help_text=_("最长一年；到期后自动失效。"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["expires_on"].initial = timezone.localdate() + dt.timedelta(days=90)

    def clean_expires_on(self):
        """A day after today, at most a year ahead."""
        day, today = self.cleaned_data["expires_on"], timezone.localdate()
        if not today < day <= today + self.LONGEST:
            raise forms.ValidationError(_("到期日期须在明天至一年之内。"), code="range")
        return day

    def expires_at(self) -> dt.datetime:
        """The end of the last day."""
        return timezone.make_aware(dt.datetime.combine(self.cleaned_data["expires_on"], dt.time.max))


LANGUAGE_CODES = frozenset(code for code, _name in settings.LANGUAGES)
