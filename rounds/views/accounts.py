"""Pages of accounts: the system administrator makes them, the security administrator enables them and grants roles."""

import copy

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspection.accounts import attempts, factors
from inspection.accounts.confirming import confirmed_lately
from inspection.accounts.models import Authenticator, User
from inspection.accounts.roles import SENTENCES, Role
from inspection.pages import lists
from inspection.pages.steps import place_errors
from rounds import access, rosters, workflow
from rounds.forms.account import AccountFilter, AccountForm, RenameAccountForm, RoleForm
from rounds.forms.group import ReasonForm
from rounds.views.acting import act, at_once, bound, history, require
from rounds.views.rounds import FORM


@require_safe
def account_list(request):
    """`/users/`: the two administrators only; nobody else needs to know who has an account."""
    require(access.may_see_accounts(request.user), "accounts")
    asked = AccountFilter(request.GET)
    accounts = asked.accounts().prefetch_related("grants").select_related("person").annotate(waits=attempts.waiting())
    page = lists.page(request, accounts, order=("username", "id"))
    context = {"page": page, "filter": asked, "may_make": access.may_make_accounts(request.user)}
    return lists.render_list(request, "rounds/accounts.html", "rounds/accounts_part.html", context)


@require_safe
def roles(request):
    """`/roles/`: what each role and post may do, for everybody; how many hold it for who may know every group, names for the two
    administrators.
    """
    user = request.user
    context = {
        "lines": rosters.table(),
        "counted": access.may_see_structure(user),
        "named": access.may_see_accounts(user),
    }
    return render(request, "rounds/roles.html", context)


@sensitive_variables("password")
@require_http_methods(FORM)
def new_account(request):
    """Make an account. Its first password is shown on the answer to this POST and never again."""
    require(access.may_make_accounts(request.user), "create account")
    form = AccountForm(**bound(request))
    if request.method == "POST" and form.is_valid():
        try:
            user, password = workflow.create_account(by=request.user, **form.cleaned_data)
        except workflow.account.ValidationError as error:
            place_errors(form, error)
        else:
            return render(request, "rounds/password.html", {"account": user, "password": password})
    context = {"form": form, "title": _("新增账号"), "submit": _("创建"), "back_url": reverse("rounds:accounts")}
    lead = _("账号创建后处于停用状态，由安全管理员核实本人、启用并授予角色。")
    return render(request, "rounds/form.html", context | {"back_label": _("账号"), "lead": lead})


def _account(request, pk: int) -> User:
    require(access.may_see_accounts(request.user), "account")
    return get_object_or_404(User.objects.select_related("person"), pk=pk)


@require_safe
@confirmed_lately
def account_page(request, pk: int):
    """One account: its roles, who granted them, and what the viewer may change."""
    account = _account(request, pk)
    grants = account.grants.select_related("granted_by").order_by("pk")
    context = {
        "account": account,
        "grants": [{"grant": grant, "sentence": SENTENCES[Role(grant.role)]} for grant in grants],
        "may_make": access.may_make_accounts(request.user),
        "may_reset": access.may_make_accounts(request.user) and account.pk != request.user.pk,
        "may_grant": access.may_grant(request.user, account),
        "form": RoleForm(),
        "sentences": [(role.label, sentence) for role, sentence in SENTENCES.items()],
        "entries": history(account),
        "waits_until": attempts.waits_until(account),
        "has_app": Authenticator.objects.filter(user=account).exists(),
        "passkeys": account.passkeys.count(),
        "codes_left": factors.codes_left(account),
        "sessions": account.sessions.live().count(),
    }
    return render(request, "rounds/account.html", context)


@require_http_methods(FORM)
def rename_account(request, pk: int):
    """Correct the name of who holds the account."""
    account = _account(request, pk)
    require(access.may_make_accounts(request.user), "rename account")
    back = reverse("rounds:account", args=[pk])
    return act(
        request,
        RenameAccountForm(**bound(request), instance=copy.copy(account)),
        lambda data: workflow.rename_account(account, by=request.user, **data),
        title=_("修改姓名"),
        submit=_("保存"),
        back=(back, account.username),
        to=back,
    )


@sensitive_variables("password")
@require_http_methods(FORM)
@confirmed_lately
def reset_password(request, pk: int):
    """Give a new first password; GET asks whether it is meant."""
    account = _account(request, pk)
    require(access.may_make_accounts(request.user) and account.pk != request.user.pk, "reset password")
    if request.method == "POST":
        password = workflow.reset_password(account, by=request.user)
        return render(request, "rounds/password.html", {"account": account, "password": password})
    return render(request, "rounds/reset.html", {"account": account})


@require_POST
@confirmed_lately
def set_active(request, pk: int):
    """Enable (`active=1`) or disable an account."""
    account = _account(request, pk)
    require(access.may_grant(request.user, account), "enable account")
    active = request.POST.get("active") == "1"
    done = _("账号已启用。") if active else _("账号已停用，已登录的会话和接口令牌随即失效。")
    to = reverse("rounds:account", args=[pk])
    return at_once(request, lambda: workflow.set_active(account, by=request.user, active=active), to=to, done=done)


@require_http_methods(FORM)
@confirmed_lately
def reset_second_factor(request, pk: int):
    """Take away the second factors of somebody who has lost them."""
    account = _account(request, pk)
    require(access.may_grant(request.user, account), "reset second factor")
    back = reverse("rounds:account", args=[pk])
    return act(
        request,
        ReasonForm(**bound(request)),
        lambda data: workflow.reset_second_factor(account, by=request.user, **data),
        title=_("重置第二重验证"),
        submit=_("重置"),
        lead=_(
            "先当面或通过电话核实是%(name)s本人。手机验证器、通行密钥和恢复码全部作废，已登录的会话和接口令牌随即失效，并通知本人。"
        )
        % {"name": account.name},
        back=(back, account.username),
        to=back,
        done=_("第二重验证已重置。"),
        tone="danger",
    )


@require_POST
@confirmed_lately
def unlock(request, pk: int):
    """Let the account be tried again at once."""
    account = _account(request, pk)
    require(access.may_grant(request.user, account), "unlock")
    to = reverse("rounds:account", args=[pk])
    return at_once(request, lambda: workflow.unlock(account, by=request.user), to=to, done=_("已解除暂缓，可以立即登录。"))


@require_POST
@confirmed_lately
def end_sessions(request, pk: int):
    """Sign the person out everywhere."""
    account = _account(request, pk)
    require(access.may_grant(request.user, account), "end sessions")
    to = reverse("rounds:account", args=[pk])
    return at_once(request, lambda: workflow.end_sessions(account, by=request.user), to=to, done=_("该账号的登录已全部结束。"))


@require_POST
@confirmed_lately
def grant_role(request, pk: int):
    """Give a role."""
    account = _account(request, pk)
    require(access.may_grant(request.user, account), "grant role")
    form, to = RoleForm(request.POST), reverse("rounds:account", args=[pk])
    role = form.cleaned_data["role"] if form.is_valid() else ""
    return at_once(request, lambda: workflow.grant_role(account, role, by=request.user), to=to, done=_("角色已授予。"))


@require_POST
@confirmed_lately
def revoke_role(request, pk: int, role: str):
    """Take a role back."""
    account = _account(request, pk)
    require(access.may_grant(request.user, account), "revoke role")
    to = reverse("rounds:account", args=[pk])
    return at_once(request, lambda: workflow.revoke_role(account, role, by=request.user), to=to, done=_("角色已收回。"))
