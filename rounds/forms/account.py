"""Forms of accounts."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from inspection.accounts import attempts
from inspection.accounts.models import User
from inspection.accounts.roles import Role
from inspection.pages.forms import AsSeen


class AccountForm(forms.ModelForm):
    """A new account."""

    language = forms.ChoiceField(label=_("界面语言"), choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = ("username", "name", "language")
        labels = {"username": _("用户名")}
        help_texts = {"username": _("登录用，不超过 150 个字符；可用文字、数字和 @ . + - _。")}


class RenameAccountForm(AsSeen, forms.ModelForm):
    """Another name of who holds the account."""

    class Meta:
        model = User
        fields = ("name",)


class RoleForm(forms.Form):
    """A role to grant."""

    role = forms.ChoiceField(label=_("角色"), choices=[("", "---------"), *Role.choices])


class AccountFilter(forms.Form):
    """What the list of accounts may be asked for."""

    q = forms.CharField(label=_("用户名或姓名"), required=False, max_length=60)
    role = forms.ChoiceField(label=_("角色"), required=False, choices=[("", _("全部")), *Role.choices])
    active = forms.ChoiceField(
        label=_("状态"),
        required=False,
        choices=[("", _("全部")), ("yes", _("已启用")), ("no", _("已停用")), ("waits", _("暂缓登录"))],
    )

    def accounts(self):
        """The accounts asked for; a field that makes no sense is left out and named beside itself."""
        self.is_valid()
        asked, found = self.cleaned_data, User.objects.all()
        if asked.get("q"):
            found = found.filter(username__icontains=asked["q"]) | found.filter(name__icontains=asked["q"])
        if asked.get("role"):
            found = found.filter(grants__role=asked["role"])
        if asked.get("active") == "waits":
            found = found.filter(attempts.waiting())
        elif asked.get("active"):
            found = found.filter(is_active=asked["active"] == "yes")
        return found
