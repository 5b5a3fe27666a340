"""Forms of signing in and of one's own account."""

import datetime as dt

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import attempts, signing_in
from .models import ApiToken, User

WRONG_CODE = gettext_lazy("验证码不正确或已用过。请填写手机上此刻显示的一组；恢复码每个只能用一次。")
LANGUAGE_CODES = frozenset(code for code, _name in settings.LANGUAGES)


class Reveal(forms.PasswordInput):
    """A password that can be made readable while it is typed (static/js/sign-in.js)."""

    def get_context(self, name, value, attrs):
        """With the words of the button."""
        words = {"data-reveal": _("显示"), "data-hide": _("隐藏")}
        return super().get_context(name, value, words | (attrs or {}))


def too_many(wait: attempts.Wait) -> forms.ValidationError:
    """The sentence for tries that come too fast."""
    until = time_format(timezone.localtime(wait.until), "H:i:s")
    return forms.ValidationError(_("失败次数过多，请于 %(until)s 之后再试。") % {"until": until}, code="wait")


class SignInForm(AuthenticationForm):
    """User name and password. One sentence for a wrong name and a wrong password: it tells nobody which names exist."""

    error_messages = {
        "invalid_login": gettext_lazy("用户名或密码不正确，请重新输入。密码区分大小写。"),
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"].widget = Reveal(attrs={"autocomplete": "current-password"})

    def clean(self):
        """The account that name and password open."""
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username is not None and password:
            try:
                self.user_cache = signing_in.by_password(self.request, username, password)
            except attempts.Wait as wait:
                raise too_many(wait) from wait
            if self.user_cache is None:
                raise self.get_invalid_login_error()
        return self.cleaned_data


class CodeField(forms.CharField):
    """A code of an authenticator app, or a recovery code. Browsers on phones offer the number keys and fill in what they know."""

    def __init__(self, **kwargs):
        attrs = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "class": "code-field"}
        super().__init__(**{"max_length": 40, "widget": forms.TextInput(attrs=attrs)} | kwargs)


class FactorForm(forms.Form):
    """The second step: a code, or the answer of a passkey that the browser puts into `answer`."""

    code = CodeField(
        label=gettext_lazy("验证码"),
        required=False,
        help_text=gettext_lazy("手机验证器上的 6 位数字；手机不在身边时，填一个恢复码。"),
    )
    answer = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    def __init__(self, request, user, *args, **kwargs):
        self.request, self.user, self.factor = request, user, ""
        super().__init__(*args, **kwargs)
        if not hasattr(user, "authenticator"):
            self.fields["code"].label = _("恢复码")
            self.fields["code"].help_text = _("通行密钥不在身边时，填一个恢复码。")

    def clean(self):
        """What was shown is in `factor` afterwards."""
        code, answer = self.cleaned_data.get("code", ""), self.cleaned_data.get("answer", "")
        if not self.errors:
            if not (code or answer):
                raise forms.ValidationError({"code": _("请填写验证码。")})
            try:
                self.factor = signing_in.prove(self.request, self.user, code=code, answer=answer)
            except attempts.Wait as wait:
                raise too_many(wait) from wait
            if not self.factor:
                raise forms.ValidationError({"code": _("通行密钥未通过验证，请重试。") if answer else WRONG_CODE})
        return self.cleaned_data


class ConfirmForm(FactorForm):
    """The same person once more: the password, or a second factor where there is one."""

    password = forms.CharField(
        label=gettext_lazy("密码"),
        required=False,
        strip=False,
        max_length=1024,
        widget=Reveal(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("password", "code")

    def __init__(self, request, user, *args, has_factor: bool, **kwargs):
        super().__init__(request, user, *args, **kwargs)
        if has_factor:
            self.fields["code"].label = _("或验证码")
        else:
            del self.fields["code"], self.fields["answer"]

    def clean(self):
        """The password where one was typed, else the factor."""
        password = self.cleaned_data.get("password", "")
        if not password and "code" in self.fields:
            return super().clean()
        if not self.errors:
            try:
                self._check(password)
            except attempts.Wait as wait:
                raise too_many(wait) from wait
        return self.cleaned_data

    def _check(self, password: str) -> None:
        if not password:
            raise forms.ValidationError({"password": _("请填写密码。")})
        if not signing_in.same_person(self.request, password):
            raise forms.ValidationError({"password": _("密码不正确，请重新输入。")})


class AppForm(forms.Form):
    """The first code of an app that is being set up."""

    code = CodeField(label=gettext_lazy("验证码"), help_text=gettext_lazy("扫描后，填写手机上显示的 6 位数字。"))

    def __init__(self, request, user, *args, **kwargs):
        self.request, self.user = request, user
        super().__init__(*args, **kwargs)

    def clean_code(self):
        """Keeps the app when the code is its."""
        if not signing_in.add_factor(self.request, self.user, code=self.cleaned_data["code"]):
            raise forms.ValidationError(_("验证码不正确。请核对手机时间是否准确，再填写此刻显示的一组。"))
        return self.cleaned_data["code"]


class PasskeyForm(forms.Form):
    """A passkey that the browser has just made: its answer, and what the person calls it."""

    label = forms.CharField(label=gettext_lazy("名称"), max_length=60, help_text=gettext_lazy("例如「办公室电脑」。"))
    answer = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    def __init__(self, request, user, *args, **kwargs):
        self.request, self.user = request, user
        super().__init__(*args, **kwargs)

    def clean(self):
        """Keeps the passkey when the answer proves it."""
        data = self.cleaned_data
        if not self.errors:
            made = data.get("answer") and signing_in.add_factor(
                self.request, self.user, answer=data["answer"], label=data["label"]
            )
            if not made:
                raise forms.ValidationError(_("浏览器没有建成通行密钥，请重试。"))
        return data


class PasswordForm(PasswordChangeForm):
    """One's own new password. Long and strange beats short and odd: see inspection.accounts.passwords."""

    def __init__(self, request, *args, **kwargs):
        super().__init__(request.user, *args, **kwargs)
        self.request = request
        for name, complete in (("old_password", "current"), ("new_password1", "new"), ("new_password2", "new")):
            self.fields[name].widget = Reveal(attrs={"autocomplete": f"{complete}-password"})
        self.fields["new_password1"].widget.attrs |= {
            "data-least": settings.PASSWORD_LENGTH,
            "data-short": _("还差 # 个字符"),
            "data-enough": _("长度够了；保存时再查是否常见。"),
        }

    def clean_old_password(self):
        """The present password. Guesses wait as at the door: who sits at an open session must not find it out."""
        try:
            known = signing_in.same_person(self.request, self.cleaned_data["old_password"])
        except attempts.Wait as wait:
            raise too_many(wait) from wait
        if not known:
            raise forms.ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return self.cleaned_data["old_password"]


class ProfileForm(forms.ModelForm):
    """What people may change about themselves. Name and roles are the administrators' business."""

    class Meta:
        model = User
        fields = ("language",)
        widgets = {"language": forms.RadioSelect}


class TokenForm(forms.Form):
    """A new API token."""

    LONGEST = dt.timedelta(days=365)

    label = forms.CharField(
        label=gettext_lazy("用途"), max_length=60, help_text=gettext_lazy("例如「统计脚本」。请勿写入信访内容。")
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("权限"),
        choices=ApiToken.Scope.choices,
        initial=ApiToken.Scope.READ,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("令牌能做的不会多于您本人能做的。"),
    )
    resources = forms.MultipleChoiceField(
        label=gettext_lazy("数据范围"),
        choices=settings.API_RESOURCES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("一项也不选，就是全部。只勾选程序用得到的。"),
    )
    expires_on = forms.DateField(label=gettext_lazy("到期日期"), help_text=gettext_lazy("最长一年；到期后自动失效。"))

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
