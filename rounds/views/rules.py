"""Pages of deadline rules and the working calendar."""

import copy

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inspection.calendar.loading import packaged_years
from inspection.calendar.models import CalendarDay, CalendarYear, DeadlineRule, RuleKey, RuleProfile
from inspection.pages.steps import place_errors
from rounds import access, workflow
from rounds.forms.rules import EditProfileForm, ProfileForm, RuleForm, YearForm
from rounds.queries import today
from rounds.views.acting import act, at_once, bound, require
from rounds.views.rounds import FORM
from rounds.workflow import rules

YEARS = range(2000, 2101)


def _keeper(request) -> None:
    require(access.may_keep_rules(request.user), "rules")


@require_safe
def profiles(request):
    """`/rules/`: the named sets of deadline rules."""
    _keeper(request)
    return render(request, "rounds/profiles.html", {"profiles": RuleProfile.objects.prefetch_related("rules")})


@require_http_methods(FORM)
def new_profile(request):
    """A new set of rules, begun from another."""
    _keeper(request)
    return act(
        request,
        ProfileForm(**bound(request)),
        lambda data: workflow.add_profile(by=request.user, **data),
        title=_("新增规则方案"),
        submit=_("保存"),
        back=(reverse("rounds:profiles"), _("期限规则")),
        to=lambda profile: reverse("rounds:profile", args=[profile.code]),
    )


def _profile(request, code: str) -> RuleProfile:
    _keeper(request)
    return get_object_or_404(RuleProfile, code=code)


@require_safe
def profile(request, code: str):
    """One set of rules: every deadline the system computes, with the text it rests on."""
    found = _profile(request, code)
    kept = {rule.key: rule for rule in found.rules.all()}
    rows = [{"key": key.value, "label": key.label, "rule": kept.get(key.value)} for key in RuleKey]
    return render(request, "rounds/profile.html", {"profile": found, "rows": rows})


@require_http_methods(FORM)
def edit_profile(request, code: str):
    """Reword a set of rules."""
    found = _profile(request, code)
    back = reverse("rounds:profile", args=[code])
    return act(
        request,
        EditProfileForm(**bound(request), instance=copy.copy(found)),
        lambda data: workflow.edit_profile(found, by=request.user, **data),
        title=_("修改规则方案"),
        submit=_("保存"),
        back=(back, found.name),
        to=back,
    )


@require_http_methods(FORM)
def rule(request, code: str, key: str):
    """Set one deadline."""
    found = _profile(request, code)
    if key not in RuleKey.values:
        raise Http404("no such deadline")
    kept = found.rules.filter(key=key).first() or DeadlineRule(profile=found, key=key)
    back = reverse("rounds:profile", args=[code])
    return act(
        request,
        RuleForm(**bound(request), instance=copy.copy(kept)),
        lambda data: workflow.set_rule(found, key, by=request.user, **data),
        title=RuleKey(key).label,
        submit=_("保存"),
        lead=_("改动只影响以后启动的轮次；已启动的轮次按冻结的规则计算。"),
        back=(back, found.name),
        to=back,
    )


@require_safe
def calendar(request):
    """`/rules/calendar/`: which years' holiday schedules are known."""
    _keeper(request)
    known = {year.year: year for year in CalendarYear.objects.all()}
    first, last = min([*known, today().year - 1]), max([*known, today().year + 1])
    days: dict[int, dict[str, int]] = {}
    for date, kind in CalendarDay.objects.values_list("date", "kind"):
        counts = days.setdefault(date.year, {"rest": 0, "work": 0})
        counts[kind] += 1
    rows = [
        {"year": year, "known": known.get(year), "packaged": year in packaged_years(), "days": days.get(year)}
        for year in range(last, first - 1, -1)
    ]
    return render(request, "rounds/calendar.html", {"rows": rows})


def _year(request, year: int) -> int:
    _keeper(request)
    if year not in YEARS:
        raise Http404("no such year")
    return year


@require_safe
def year(request, year: int):
    """One year: the days that depart from the plain week."""
    _year(request, year)
    context = {
        "year": year,
        "known": CalendarYear.objects.filter(year=year).first(),
        "days": CalendarDay.objects.filter(date__year=year),
        "packaged": year in packaged_years(),
    }
    return render(request, "rounds/year.html", context)


@require_http_methods(FORM)
def load_year(request, year: int):
    """Load a year that the installed packages carry: what would change, then the change."""
    _year(request, year)
    to = reverse("rounds:year", args=[year])
    if year not in packaged_years():
        return at_once(request, lambda: rules.packaged(year), to=to, done="")
    days = rules.packaged(year)
    if request.method == "POST":
        source = _("国务院办公厅节假日安排（chinesecalendar 数据）")
        done = _("%(year)s 年的节假日安排已载入。") % {"year": year}
        return at_once(request, lambda: workflow.keep_year(year, days, by=request.user, source=source), to=to, done=done)
    context = {"year": year, "changes": rules.compare(year, days), "count": len(days)}
    return render(request, "rounds/load_year.html", context)


@require_http_methods(FORM)
def enter_year(request, year: int):
    """Enter the official list of a year: first what would change, then, confirmed, the change."""
    _year(request, year)
    form, changes = YearForm(**bound(request), year=year), None
    if request.method == "POST" and form.is_valid():
        try:
            days = rules.as_schedule(year, form.cleaned_data["rest"], form.cleaned_data["work"])
            changes = rules.compare(year, days)
        except rules.ValidationError as error:
            place_errors(form, error)
        else:
            if request.POST.get("confirm") == "1":
                source = form.cleaned_data["source"]
                done = _("%(year)s 年的节假日安排已保存。") % {"year": year}
                to = reverse("rounds:year", args=[year])
                return at_once(request, lambda: workflow.keep_year(year, days, by=request.user, source=source), to=to, done=done)
    return render(request, "rounds/enter_year.html", {"year": year, "form": form, "changes": changes})


@require_POST
def make_provisional(request, year: int):
    """Take the mark "published" off a year."""
    _year(request, year)
    to = reverse("rounds:year", args=[year])
    done = _("%(year)s 年改为暂定。") % {"year": year}
    return at_once(request, lambda: workflow.make_provisional(year, by=request.user), to=to, done=done)
