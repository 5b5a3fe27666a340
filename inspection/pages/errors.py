"""Error pages for people, problem documents (RFC 9457) for programs. Neither repeats what was typed or any case text."""

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.http import Http404, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.translation import gettext as _
from rest_framework import exceptions as api
from rest_framework.views import set_rollback

from inspection.workflow import StepRefused

from . import sentences

TOO_BIG = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
PROBLEM = "application/problem+json"
NOT_TYPED = ("csrfmiddlewaretoken", "version", "password")
WORTH_KEEPING = 6  # characters; shorter ones are choices, dates and numbers


def is_api(request) -> bool:
    """Whether the request came to the API and wants a problem document."""
    return request.path.startswith("/api/")


def _page(request, status: int, **context):
    """The page of `status`, with the navigation for who is signed in; for htmx its inner part, in place of the content."""
    if is_api(request):
        return problem(status, context["title"], **{name: context[name] for name in ("parameter",) if context.get(name)})
    part = f"errors/{status}_part.html"
    if getattr(request, "htmx", None):
        response = render(request, part, context, status=status)
        response.headers["HX-Retarget"] = "#main"
        response.headers["HX-Reswap"] = "innerHTML show:window:top"
        return response
    user = getattr(request, "user", None)
    shell = "errors/inside.html" if user is not None and user.is_authenticated else "errors/outside.html"
    return render(request, shell, context | {"part": part}, status=status)


def problem(status: int, title: str, detail: str = "", **more) -> JsonResponse:
    """A problem document as a plain Django response."""
    body = {"type": "about:blank", "title": str(title), "status": status} | ({"detail": str(detail)} if detail else {}) | more
    return JsonResponse(body, status=status, content_type=PROBLEM)


def bad_request(request, exception=None):
    """400, or 413 when the request was too big for the form it came from."""
    if isinstance(exception, TOO_BIG):
        return _page(request, 413, title=_("提交的内容过大"))
    return _page(request, 400, title=_("请求有误"), parameter=getattr(exception, "name", ""))


def permission_denied(request, exception=None):
    """403: inside one's scope, but not allowed."""
    return _page(request, 403, title=_("无权进行此操作"))


def not_found(request, exception=None):
    """404: no such page, or outside one's scope; the two look the same on purpose."""
    return _page(request, 404, title=_("未找到"))


def moved_on(request, refused: StepRefused):
    """409: someone was faster or the page is stale. Links to the object as it stands now."""
    obj = refused.obj
    context = {"title": _("此件已流转"), "object": obj, "number": str(getattr(obj, "number", "") or obj.pk), "step": refused.step}
    context["by"] = sentences.name_read_by(getattr(obj, "state_by", None), obj, request.user)
    return _page(request, 409, typed=_typed(request), **context)


def _typed(request) -> list[str]:
    """The sentences of a form that came too late, for its own writer to copy: what was typed must not be lost."""
    if request.method != "POST":
        return []
    values = (value.strip() for name in request.POST for value in request.POST.getlist(name) if name not in NOT_TYPED)
    return [value for value in values if len(value) >= WORTH_KEEPING]


def server_error(request):
    """500: static, asks neither the database nor the request's user, because either may be what broke."""
    if is_api(request):
        return problem(500, _("系统出错"))
    return HttpResponse(get_template("errors/500.html").render({}), status=500)


def csrf_failure(request, reason=""):
    """403 of a form whose page was too old (signed out and in again in another window)."""
    return _page(request, 403, title=_("页面已过期"), csrf=True)


def api_problem(exc, context):
    """DRF exception handler: every refusal of the API as a problem document, whatever the view renders otherwise."""
    if isinstance(exc, StepRefused):
        answer = problem(409, _("此件已流转"), state=exc.obj.state, version=exc.obj.version)
    elif isinstance(exc, ValidationError):
        answer = problem(400, _("内容有误"), errors=_errors(exc))
    elif isinstance(exc, api.ValidationError):
        errors = exc.detail if isinstance(exc.detail, dict) else {"non_field_errors": exc.detail}
        answer = problem(400, _("内容有误"), errors=errors)
    elif isinstance(exc, (api.NotAuthenticated, api.AuthenticationFailed)):
        answer = problem(401, _("请先登录"), exc.detail)
        answer.headers["WWW-Authenticate"] = "Token"
    elif isinstance(exc, Http404):
        answer = problem(404, _("未找到"))
    elif isinstance(exc, PermissionDenied):
        answer = problem(403, _("无权进行此操作"))
    elif isinstance(exc, UnreadablePostError):  # the caller hung up, or stopped sending
        answer = problem(400, _("请求有误"))
    elif isinstance(exc, BadRequest):
        name, errors = getattr(exc, "name", ""), getattr(exc, "errors", None)
        answer = problem(400, _("请求有误"), **({"parameter": name} if name else {}), **({"errors": errors} if errors else {}))
    elif isinstance(exc, api.APIException):
        answer = problem(exc.status_code, _("请求未完成"), exc.detail)
    else:
        return None
    set_rollback()
    if getattr(exc, "wait", None):
        answer.headers["Retry-After"] = str(int(exc.wait))
    return answer


def _errors(exc: ValidationError) -> dict:
    return exc.message_dict if hasattr(exc, "error_dict") else {"non_field_errors": exc.messages}
