"""A URLconf that uses every part of the page kit, for the kit's own tests."""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template import engines
from django.urls import include, path
from rest_framework.decorators import api_view

from inspection.pages import lists
from inspection.pages.forms import Sectioned, UploadField, UploadsField
from inspection.pages.steps import step_view
from inspection.trail.models import Entry
from inspection.urls import handler400, handler403, handler404, handler500
from inspection.urls import urlpatterns as house
from inspection.workflow import StepRefused, take
from rounds.models import Assignment
from rounds.workflow import ASSIGNMENT

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
ORDERS = {"number": ("number", "id"), "at": ("at", "id"), "actor": ("actor_name", "id")}


PART = """{% include "parts/count.html" %}{% filter_chips filter %}
{% for row in page %}<p>{{ row.pk }}</p>{% endfor %}{% pager page %}"""
LIST = f"""{{% extends "base.html" %}}{{% block title %}}T{{% endblock %}}
{{% block content %}}{{% filter_bar filter %}}<div id="list">{PART}</div>{{% endblock %}}"""
SAVED = """{% extends "base.html" %}{% block title %}好{% endblock %}
{% block content %}<div id="messages"><p data-saved>好</p></div>{% endblock %}"""
DETAIL = """{% extends "base.html" %}{% block title %}{{ object.number }}{% endblock %}
{% block content %}{% state_badge object %}{% status_path machine object %}
{% step_buttons machine object request.user %}{% timeline entries %}{% endblock %}"""
FORM = """{% extends "base.html" %}{% block title %}登记{% endblock %}
{% block content %}<form class="card form-card" method="post" enctype="multipart/form-data" novalidate
data-guard data-ctrl-enter data-draft="kit"{% if form.is_bound %} data-bound{% endif %}>{% csrf_token %}
<div class="card-body">{{ form }}{{ persons }}</div>
<button class="btn btn-primary" type="submit">{% trans "保存" %}</button></form>{% endblock %}"""


class Asked(forms.Form):
    number = forms.CharField(label="编号", required=False)
    verb = forms.ChoiceField(label="动作", required=False, choices=[("", "全部"), ("read", "查看"), ("export", "导出")])


def draw(request, source, context, status=200):
    extends, mark, rest = source.partition("%}") if source.startswith("{% extends") else ("", "", source)
    html = engines["django"].from_string(extends + mark + "{% load i18n pages %}" + rest).render(context, request)
    return HttpResponse(html, status=status)


def entries(request):
    asked = Asked(request.GET)
    asked.is_valid()
    found = Entry.objects.all()
    if asked.cleaned_data.get("number"):
        found = found.filter(number__icontains=asked.cleaned_data["number"])
    order = lists.order_from(request, ORDERS, "-at")
    context = {"page": lists.page(request, found, per_page=4, order=order), "filter": asked}
    return draw(request, PART if lists.is_fragment(request) else LIST, context)


class Intake(Sectioned, forms.Form):
    columns = 2
    SECTIONS = (("来件", ("title", "on", "at")),)
    title = forms.CharField(label="标题", max_length=20, help_text="不超过二十字。")
    on = forms.DateField(label="日期")
    at = forms.DateTimeField(label="时间", required=False)
    kind = forms.ChoiceField(label="类别", choices=[("a", "甲"), ("b", "乙")], widget=forms.RadioSelect)
    text = forms.CharField(label="内容", widget=forms.Textarea, required=False)
    paper = UploadField(label="原件", required=False, accept=".pdf", limit=1000)
    files = UploadsField(label="附件", required=False, limit=1000)


class Person(forms.Form):
    name = forms.CharField(label="姓名")


PERSONS = forms.formset_factory(Person, extra=1)
SENT = []


def intake(request):
    from_post = {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}
    form = Intake(**from_post)
    if request.method == "POST":
        SENT.append(request.POST.get("title", ""))
        if form.is_valid():
            return draw(request, SAVED, {})
    return draw(request, FORM, {"form": form, "persons": PERSONS(prefix="p")})


def assignment(request, number):
    found = get_object_or_404(Assignment.objects.visible_to(request.user), number=number)
    return draw(request, DETAIL, {"object": found, "machine": ASSIGNMENT, "entries": Entry.objects.about(found)})


class Enter(forms.Form):
    date = forms.DateField(label="日期")
    reason = forms.CharField(label="说明", required=False)


def enter(obj, *, by, seen, date, reason):
    if reason == "两处有误":
        raise ValidationError({"date": ["日期不对"], "elsewhere": ["别处不对"]})
    return take(ASSIGNMENT["enter"], obj, by=by, seen=seen, date=date, reason=reason)


def step(request, number):
    found = get_object_or_404(Assignment.objects.visible_to(request.user), number=number)
    return step_view(request, found, ASSIGNMENT, "enter", Enter, enter)


def raised(request, what):
    if what == "denied":
        raise PermissionDenied
    if what == "refused":
        raise StepRefused(Assignment.objects.first(), ASSIGNMENT["prepare"])
    raise RuntimeError("王某 13800000000")


@api_view(["GET"])
def api_raised(request, what):
    if what == "invalid":
        raise ValidationError({"date": ["日期不对"]})
    if what == "parameter":
        raise lists.BadParameter("cursor")
    return raised(request, what)


urlpatterns = [
    path("kit/entries/", entries),
    path("kit/intake/", intake),
    path("kit/raised/<str:what>/", raised),
    path("api/kit/<str:what>/", api_raised),
    path("kit/<str:number>/", assignment),
    path("kit/<str:number>/enter/", step),
    path("", include(house)),
]
