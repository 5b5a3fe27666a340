"""The page kit: frame, navigation, lists, forms, steps, errors, work list, notices, audit, health."""

import datetime as dt
import io
import json
import re
from types import SimpleNamespace

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import timezone, translation

from inspection.outbox.models import Notice
from inspection.pages import context, health, home, lists, plugs, sentences
from inspection.pages.context import NavItem
from inspection.pages.headers import CONTENT_SECURITY_POLICY
from inspection.pages.home import Panel, Row
from inspection.pages.sizes import human_bytes
from inspection.pages.templatetags import pages as tags
from inspection.trail import recording, sealing
from inspection.trail.models import Entry
from rounds.models import Assignment
from tests.inspection import kit

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inspection.kit")]


@pytest.fixture(autouse=True)
def at_home_in_the_kit(monkeypatch):
    """The pages of an assignment are the kit's own here."""
    monkeypatch.setattr(Assignment, "get_absolute_url", lambda found: f"/kit/{found.number}/")


def read(obj, by, times=1, verb="read"):
    return [recording.record(verb, obj, by=by) for _ in range(times)]


def asked(query=""):
    return RequestFactory().get(f"/list/{query}")


# Frame and navigation ----------------------------------------------------------------------------------------------------


def test_a_page_has_frame_headers_and_the_title_twice(world, client):
    client.force_login(world.office)
    answer = client.get("/kit/entries/")
    html = answer.content.decode()
    assert "<title>T · 着落</title>" in html and re.search(r"<h1>T</h1>", html)
    assert answer["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer["Cache-Control"] == "no-store"
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert 'href="#main"' in html and 'id="nav"' in html and "办公室甲" in html


def test_htmx_is_told_to_evaluate_nothing_and_to_store_no_pages(world, client):
    html = client.get("/accounts/login/").content.decode()
    config = json.loads(re.search(r"name=\"htmx-config\" content='([^']+)'", html)[1])
    assert config["allowEval"] is False and config["includeIndicatorStyles"] is False and config["allowScriptTags"] is False
    assert config["historyCacheSize"] == 0, "pages with case text must not lie in the browser's storage"


def test_floors_fill_the_navigation_in_order_and_a_missing_address_is_left_out(world, settings):
    settings.NAVIGATION = ["tests.inspection.test_pages.some_items"]
    drawn = context.links(world.auditor, "/notices/")
    assert [link.key for link in drawn] == ["home", "early", "audit"]
    assert [link.key for link in drawn if link.current] == ["early"]
    assert "audit" not in [link.key for link in context.links(world.office, "/")]


def some_items(user):
    return [NavItem("gone", "无", "no-such-name", "x", 1), NavItem("early", "早", "notices", "bell", 10)]


def test_only_the_nearest_entry_is_lit(world, settings):
    settings.NAVIGATION = ["tests.inspection.test_pages.nested_items"]
    lit = [link.key for link in context.links(world.office, "/accounts/tokens/")]
    assert lit == ["home", "outer", "inner"]
    assert [link.key for link in context.links(world.office, "/accounts/tokens/") if link.current] == ["inner"]


def nested_items(user):
    return [NavItem("outer", "外", "accounts:profile", "user", 10), NavItem("inner", "内", "accounts:tokens", "key", 11)]


@pytest.mark.parametrize("setting", ["NAVIGATION", "HOME_PANELS", "TRAIL_SENTENCES"])
def test_every_name_in_the_settings_leads_somewhere(setting):
    assert plugs.named(setting)


def test_a_wrong_name_in_the_settings_shouts(settings):
    settings.NAVIGATION = ["inspection.pages.home.no_such_function"]
    with pytest.raises(ImportError):
        plugs.named("NAVIGATION")


def test_a_fragment_costs_no_query_for_the_frame(world, client, django_assert_max_num_queries):
    read(world.assignment_a, world.office, 3)
    client.force_login(world.office)
    with django_assert_max_num_queries(6):
        client.get("/kit/entries/", headers={"HX-Request": "true"})


# Lists -------------------------------------------------------------------------------------------------------------------


def walk(queryset, order, size=4):
    """Every page forward, then every page back: two lists of lists of primary keys."""
    forward, page = [], lists.page(asked(), queryset, per_page=size, order=order)
    while True:
        forward.append([row.pk for row in page.rows])
        if not page.next:
            break
        page = lists.page(asked(page.next_url), queryset, per_page=size, order=order)
    backward = []
    while page.previous:
        page = lists.page(asked(page.previous_url), queryset, per_page=size, order=order)
        backward.append([row.pk for row in page.rows])
    return forward, backward


@pytest.mark.parametrize(
    "order", [("-at", "-id"), ("at", "id"), ("number", "-id"), ("-number", "id"), ("actor__username", "id"), ("-actor", "-id")]
)
def test_keyset_pages_show_every_row_once_forward_and_back(world, order):
    for place, assignment in enumerate([world.assignment_a, world.assignment_b, world.assignment_c] * 4):
        recording.record("read", assignment, by=[world.office, world.chief, None][place % 3])
    entries = Entry.objects.all()
    forward, backward = walk(entries, order)
    seen = [pk for page in forward for pk in page]
    assert len(seen) == entries.count() == len(set(seen))
    assert backward == forward[-2::-1]
    named = [Entry.objects.get(pk=pk) for pk in seen]
    if "actor" in order[0]:
        empty = [entry.actor_id is None for entry in named]
        assert empty == sorted(empty), "rows without a value come last, whichever the direction"


def test_a_row_added_meanwhile_shifts_nothing(world):
    read(world.assignment_a, world.office, 10)
    entries = Entry.objects.all()
    first = lists.page(asked(), entries, per_page=4, order=("-id",))
    read(world.assignment_a, world.office)
    second = lists.page(asked(first.next_url), entries, per_page=4, order=("-id",))
    assert second.rows[0].pk == first.rows[-1].pk - 1


def test_the_count_stops_at_a_thousand(world):
    Entry.objects.bulk_create(
        Entry(actor=world.office, verb="read", object_type="rounds.assignment", object_id=1, number="n") for _ in range(1003)
    )
    page = lists.page(asked(), Entry.objects.all(), order=("-id",))
    assert (page.count, page.count_is_exact, page.count_text) == (1000, False, "1,000+")
    second = lists.page(asked(page.next_url + "&sort=x"), Entry.objects.all(), order=("-id",))
    exact = lists.page(asked(second.exact_url), Entry.objects.all(), order=("-id",))
    assert (exact.count, exact.count_is_exact, exact.exact_url) == (Entry.objects.count(), True, None)
    assert [row.pk for row in exact.rows] == [row.pk for row in second.rows] and "count" not in exact.next_url
    with pytest.raises(lists.BadParameter):
        lists.page(asked("?count=all"), Entry.objects.all(), order=("-id",))
    page = lists.page(asked(), Entry.objects.filter(pk__lte=Entry.objects.order_by("pk").first().pk + 4), order=("-id",))
    assert (page.count, page.count_is_exact, page.count_text) == (5, True, "5")


@pytest.mark.parametrize("query", ["?cursor=x", "?cursor=%00", "?sort=name", "?cursor=eyJhIjoxfQ:1abc:zzz"])
def test_a_bad_parameter_is_a_page_that_names_it_and_not_its_value(world, client, query):
    client.force_login(world.office)
    answer = client.get(f"/kit/entries/{query}")
    html = answer.content.decode()
    assert answer.status_code == 400
    assert ("cursor" if "cursor" in query else "sort") in html
    assert "eyJhIjoxfQ" not in html.split("<main")[1]


def test_a_cursor_of_another_order_is_refused(world):
    read(world.assignment_a, world.office, 6)
    page = lists.page(asked(), Entry.objects.all(), per_page=4, order=("-id",))
    with pytest.raises(lists.BadParameter):
        lists.page(asked(page.next_url), Entry.objects.all(), per_page=4, order=("id",))


def test_links_keep_the_filters_and_drop_the_old_cursor(world):
    read(world.assignment_a, world.office, 6)
    page = lists.page(asked("?number=T01&verb=read&verb=export"), Entry.objects.all(), per_page=4, order=("-id",))
    assert page.next_url.startswith("?number=T01&verb=read&verb=export&cursor=")
    assert lists.link(asked(f"{page.next_url}"), sort="at") == "?number=T01&verb=read&verb=export&sort=at"


def test_fragment_for_htmx_page_for_everyone_else(world, client):
    client.force_login(world.office)
    part = client.get("/kit/entries/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and 'aria-live="polite"' in part
    for headers in (
        {},
        {"HX-Request": "true", "HX-History-Restore-Request": "true"},
        {"HX-Request": "true", "HX-Boosted": "true"},
    ):
        assert "<html" in client.get("/kit/entries/", headers=headers).content.decode()


def test_page_and_fragment_never_share_a_cache_entry(world, client):
    client.force_login(world.office)
    assert "HX-Request" in client.get("/notices/")["Vary"]


def test_chips_name_the_choice_and_take_one_filter_off(world, client):
    client.force_login(world.office)
    html = client.get("/kit/entries/?number=T01&verb=read&sort=at").content.decode()
    assert "编号：T01" in html and "动作：查看" in html
    assert 'href="?verb=read&amp;sort=at"' in html and 'href="?number=T01&amp;sort=at"' in html
    assert 'href="?sort=at"' in html, "clear all keeps the order"


def test_sorting_turns_round(world, client):
    request = asked("?sort=number")
    request.user = world.office
    html = Template('{% load pages %}{% sort_link "number" "编号" "-at" %}{% sort_link "at" "时间" "-at" %}').render(
        Context({"request": request})
    )
    assert 'href="?sort=-number"' in html and 'href="?sort=at"' in html and html.count("（升序）") == 1


# Forms -------------------------------------------------------------------------------------------------------------------


def test_an_error_stands_beside_its_field_is_announced_and_keeps_what_was_typed(world, client):
    client.force_login(world.office)
    answer = client.post("/kit/intake/", {"title": "一" * 21, "on": "上周三", "kind": "c", "text": "打了很多字"})
    html = answer.content.decode()
    assert answer.status_code == 200
    title = re.search(r'<input[^>]*name="title"[^>]*>', html)[0]
    assert 'aria-invalid="true"' in title and 'aria-describedby="id_title_helptext id_title_error"' in title
    assert 'id="id_title_error"' in html and 'id="id_title_helptext"' in html
    assert f'value="{"一" * 21}"' in html and 'value="上周三"' in html and "打了很多字" in html
    assert 'href="#id_title"' in html and 'href="#id_kind"' in html and 'role="alert"' in html
    assert 'id="id_kind"' in html, "the link of the summary leads to the group of radios"


def test_dates_get_pickers_that_understand_what_is_shown_in_both_languages():
    for code in ("zh-hans", "en"):
        with translation.override(code):
            html = kit.Intake(initial={"on": dt.date(2026, 11, 2), "at": dt.datetime(2026, 11, 2, 8, 5)}).as_div()
            assert re.search(r'type="date"[^>]*value="2026-11-02"', html)
            assert re.search(r'type="datetime-local"[^>]*value="2026-11-02T08:05"', html)
            assert kit.Intake.base_fields["at"].clean("2026-11-02T08:05").hour == 8
            assert kit.Intake.base_fields["on"].clean("2026年11月2日") == dt.date(2026, 11, 2)


def test_uploads_print_the_secrecy_sentence_and_refuse_what_is_too_large(world, client):
    client.force_login(world.office)
    html = client.get("/kit/intake/").content.decode()
    assert html.count("非涉密系统，严禁上传涉密文件") == 2 and 'accept=".pdf"' in html and 'data-max-bytes="1000"' in html
    large = SimpleUploadedFile("a.pdf", b"x" * 1001)
    form = kit.Intake({"title": "t", "on": "2026-01-01", "kind": "a"}, {"paper": large})
    assert not form.is_valid() and "1000 B" in form.errors["paper"][0]


def test_too_many_files_and_too_much_together_are_refused_beside_the_field(rf, settings):
    settings.UPLOAD_MAX_FILES, settings.UPLOAD_MAX_TOTAL_BYTES = 3, 1500
    for count, size, code in ((3, 500, None), (4, 1, "too_many"), (2, 900, "too_large")):
        files = [SimpleUploadedFile(f"{number}.pdf", b"x" * size) for number in range(count)]
        request = rf.post("/", {"files": files})
        form = kit.Intake(request.POST, request.FILES)
        assert [error.code for error in form.errors.as_data().get("files", [])] == ([code] if code else [])


def test_several_files_come_as_a_list(rf):
    files = [SimpleUploadedFile("a.pdf", b"1"), SimpleUploadedFile("b.pdf", b"2")]
    request = rf.post("/", {"title": "t", "on": "2026-01-01", "kind": "a", "files": files})
    form = kit.Intake(request.POST, request.FILES)
    assert form.is_valid(), form.errors
    assert [file.name for file in form.cleaned_data["files"]] == ["a.pdf", "b.pdf"]
    assert kit.Intake({"title": "t", "on": "2026-01-01", "kind": "a"}).is_valid()


def test_sections_hold_every_field_once():
    sections = kit.Intake().sections()
    assert [heading for heading, _fields in sections] == ["来件", ""]
    assert sorted(field.name for _heading, fields in sections for field in fields) == sorted(kit.Intake.base_fields)


def test_a_null_byte_is_an_error_beside_the_field(world, client):
    client.force_login(world.office)
    html = client.post("/kit/intake/", {"title": "a\x00b", "on": "2026-01-01", "kind": "a"}).content.decode()
    assert 'id="id_title_error"' in html


def test_formsets_can_grow(world, client):
    client.force_login(world.office)
    html = client.get("/kit/intake/").content.decode()
    assert 'name="p-0-name"' in html and 'name="p-__prefix__-name"' in html and 'name="p-TOTAL_FORMS"' in html


# Steps -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def prepared(world):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state=Assignment.State.PREPARING)
    world.assignment_a.refresh_from_db()
    return world.assignment_a


def test_a_step_page_shows_its_form_with_the_version_and_takes_the_step(world, client, prepared):
    client.force_login(world.chief)
    url = f"/kit/{prepared.number}/enter/"
    html = client.get(url).content.decode()
    assert f'name="version" value="{prepared.version}"' in html and "进驻" in html and "条例第22条" in html
    answer = client.post(url, {"version": prepared.version, "date": "2026-11-02", "reason": "按期"})
    assert answer.status_code == 302
    prepared.refresh_from_db()
    assert prepared.state == "onsite"
    assert Entry.objects.about(prepared).filter(verb="enter").count() == 1


def test_a_step_taken_twice_is_409_with_a_link_and_one_entry(world, client, prepared):
    client.force_login(world.chief)
    url, facts = f"/kit/{prepared.number}/enter/", {"version": prepared.version, "date": "2026-11-02"}
    client.post(url, facts)
    answer = client.post(url, facts)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "此件已流转" in html and prepared.number in html and f'href="{prepared.get_absolute_url()}"' in html
    assert Entry.objects.about(prepared).filter(verb="enter").count() == 1


def test_a_stale_page_is_409_although_the_state_would_do(world, client, prepared):
    client.force_login(world.chief)
    answer = client.post(f"/kit/{prepared.number}/enter/", {"version": prepared.version + 1, "date": "2026-11-02"})
    assert answer.status_code == 409
    assert not Entry.objects.about(prepared).filter(verb="enter").exists()


def test_htmx_gets_the_refusal_in_place_of_the_content(world, client, prepared):
    client.force_login(world.chief)
    answer = client.get("/kit/raised/refused/", headers={"HX-Request": "true"})
    assert answer.status_code == 409 and answer["HX-Retarget"] == "#main" and "<html" not in answer.content.decode()


def test_who_may_not_gets_403_and_who_is_outside_404(world, client, prepared):
    url = f"/kit/{prepared.number}/enter/"
    client.force_login(world.member1)
    assert client.get(url).status_code == 403
    client.force_login(world.outsider)
    assert client.get(url).status_code == 404


def test_what_the_verb_finds_wrong_goes_beside_its_field(world, client, prepared):
    client.force_login(world.chief)
    answer = client.post(
        f"/kit/{prepared.number}/enter/", {"version": prepared.version, "date": "2026-11-02", "reason": "两处有误"}
    )
    html = answer.content.decode()
    assert answer.status_code == 200
    assert re.search(r'id="id_date_error".*?日期不对', html, re.S) and "别处不对" in html
    prepared.refresh_from_db()
    assert prepared.state == "preparing"


@pytest.mark.parametrize("version", ["", "x", None])
def test_a_form_without_its_version_is_400(world, client, prepared, version):
    client.force_login(world.chief)
    facts = {"date": "2026-11-02"} | ({} if version is None else {"version": version})
    assert client.post(f"/kit/{prepared.number}/enter/", facts).status_code == 400


def test_path_buttons_and_timeline_agree_with_the_machine(world, client, prepared):
    client.force_login(world.chief)
    client.post(f"/kit/{prepared.number}/enter/", {"version": prepared.version, "date": "2026-11-02", "reason": "按期进驻"})
    html = client.get(f"/kit/{prepared.number}/").content.decode()
    assert re.search(r'path-now[^>]*aria-current="step".*?进驻了解', html, re.S)
    assert f'href="{prepared.get_absolute_url()}leave/"' in html, "the next step is offered"
    assert f'href="{prepared.get_absolute_url()}enter/"' not in html
    assert "按期进驻" in html and "您可办理" in html
    client.force_login(world.member1)
    html = client.get(f"/kit/{prepared.number}/").content.decode()
    assert "leave/" not in html and "您可办理" not in html and "结束进驻" in html, "who may not act still sees what comes next"


# Sentences, tags ---------------------------------------------------------------------------------------------------------


def test_the_sentence_is_written_at_display_in_the_readers_language(world, settings):
    entry = recording.record("transfer", world.assignment_a, by=world.office, facts={"unit": "U-1", "files": [1, 2]})
    assert "办公室甲" in sentences.sentence(entry) and "transfer" in sentences.sentence(entry)
    settings.TRAIL_SENTENCES = ["tests.inspection.test_pages.WORDS"]
    assert sentences.sentence(entry) == f"办公室甲将 {entry.number} 转 U-1，附 1、2，—"
    with translation.override("en"):
        assert sentences.sentence(recording.record("read", world.assignment_a, by=world.office)).endswith(
            f"viewed {entry.number}"
        )
    assert sentences.sentence(Entry(verb="read", object_type="gone.model", number="7", facts={})).startswith("系统")


WORDS = {"rounds.assignment.transfer": "%(who)s将 %(number)s 转 %(unit)s，附 %(files)s，%(missing)s"}


def test_an_unknown_icon_is_a_mistake_of_the_template():
    with pytest.raises(TemplateSyntaxError):
        tags.icon("no-such-icon")
    assert 'aria-hidden="true"' in tags.icon("mail") and 'aria-label="信"' in tags.icon("mail", "信")


def test_every_icon_is_in_the_sprite(settings):
    sprite = (settings.BASE_DIR / "static" / "vendor" / "icons.svg").read_text()
    assert set(re.findall(r'<symbol id="([^"]+)"', sprite)) == tags.ICONS


def test_lamp_speaks_in_words_and_shape():
    html = tags.light("red", "<超期>")
    assert "alert-triangle" in html and "&lt;超期&gt;" in html and "lamp-red" in html
    assert "lamp-off" in tags.light("purple", "无")


def test_days():
    today = timezone.localdate()
    assert tags.ago(today) == "今天" and tags.ago(today - dt.timedelta(3)) == "3 天前"
    assert tags.ago(today + dt.timedelta(5)) == "5 天后"
    with translation.override("en"):
        assert tags.ago(today + dt.timedelta(1)) == "in 1 day" and tags.ago(today - dt.timedelta(2)) == "2 days ago"
    late = dt.datetime(2026, 1, 1, 20, 0, tzinfo=dt.UTC)
    assert tags.day(late) == '<time class="text-nowrap" datetime="2026-01-02T04:00+08:00">2026-01-02 04:00</time>'
    assert "—" in tags.day(None)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1000, "1000 B"), (1536, "1.5 KB"), (20 * 1024**2, "20 MB"), (5 * 1024**3, "5.0 GB")]
)
def test_sizes(size, text):
    assert human_bytes(size) == text


def test_a_chart_always_comes_with_its_table():
    data = {"kind": "bar", "categories": ["来电", "</script>"], "series": [{"name": "件", "values": [3, None]}]}
    html = Template("{% load pages %}{% chart data '标题' %}").render(Context({"data": data}))
    assert '<th scope="row">来电</th><td class="num">3</td>' in html and "—" in html
    assert html.count("</script>") == 1, "data cannot close the script that holds it"


def test_facts_show_a_dash_for_nothing():
    assert "—" in tags.fact("单位", "") and "<dd>0</dd>" in tags.fact("件数", 0)


# Errors ------------------------------------------------------------------------------------------------------------------


def test_error_pages_in_both_languages(world, client):
    for language, words in (
        ("zh-hans", ("未找到", "无权进行此操作", "此件已流转")),
        ("en", ("Not found", "You may not do this", "moved on")),
    ):
        world.office.language = language
        world.office.save()
        client.force_login(world.office)
        for url, status, word in zip(
            ("/nothing/", "/kit/raised/denied/", "/kit/raised/refused/"), (404, 403, 409), words, strict=True
        ):
            answer = client.get(url)
            assert answer.status_code == status and word in answer.content.decode()
            assert answer["Content-Security-Policy"]


def test_500_is_static_and_repeats_nothing(world, client):
    client.force_login(world.office)
    client.raise_request_exception = False
    answer = client.get("/kit/raised/boom/")
    html = answer.content.decode()
    assert answer.status_code == 500 and "系统出错" in html
    assert "13800000000" not in html and "办公室甲" not in html


def test_an_expired_form_is_explained(world):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.office)
    answer = strict.post("/notices/")
    assert answer.status_code == 403 and "页面已过期" in answer.content.decode()


def test_too_much_text_is_413(world, client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    client.force_login(world.office)
    answer = client.post("/kit/intake/", "title=" + "a" * 2000, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413 and "提交的内容过大" in answer.content.decode()


@pytest.mark.parametrize(("what", "status"), [("denied", 403), ("refused", 409), ("invalid", 400), ("parameter", 400)])
def test_api_refusals_are_problem_documents(world, client, what, status):
    client.force_login(world.office)
    answer = client.get(f"/api/kit/{what}/")
    assert answer.status_code == status and answer["Content-Type"].startswith("application/problem+json")
    body = json.loads(answer.content)
    assert body["status"] == status and body["title"]
    if what == "invalid":
        assert body["errors"] == {"date": ["日期不对"]}
    if what == "parameter":
        assert body["parameter"] == "cursor"
    if what == "refused":
        assert body["state"] == Assignment.objects.first().state


def test_an_unknown_api_address_and_a_crash_are_problems_too(world, client):
    client.force_login(world.office)
    client.raise_request_exception = False
    for url, status in (("/api/v1/nothing/", 404), ("/api/kit/boom/", 500)):
        answer = client.get(url)
        assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"
        assert "13800000000" not in answer.content.decode()


# Work list, notices, audit, health ---------------------------------------------------------------------------------------


def some_panels(user):
    return [
        Panel("later", "待核验", 0, order=50, empty="没有待核验的事项"),
        Panel(
            "late", "已超期", 2, url="/kit/entries/", tone="danger", order=10, rows=(Row("T01-0007", "/x/", "超期 3 天", "red"),)
        ),
        Panel(
            "graph", "渠道", 1, order=80, chart={"kind": "bar", "categories": ["来电"], "series": [{"name": "件", "values": [3]}]}
        ),
    ]


def test_the_work_list_shows_panels_in_order(world, client, settings):
    settings.HOME_PANELS = ["tests.inspection.test_pages.some_panels"]
    assert [panel.key for panel in home.panels(world.office)] == ["late", "later", "graph"]
    client.force_login(world.office)
    html = client.get("/").content.decode()
    assert html.index("已超期") < html.index("待核验") < html.index("渠道")
    assert "没有待核验的事项" in html and "超期 3 天" in html and "data-chart=" in html


def test_an_empty_work_list_says_why(world, client, settings):
    settings.HOME_PANELS = []
    client.force_login(world.outsider)
    assert "没有分配给您的工作" in client.get("/").content.decode()


@pytest.fixture
def notice(world, settings):
    settings.NOTICE_SENTENCES = ["tests.inspection.test_pages.NOTICES"]
    return Notice.objects.create(
        user=world.office, code="handed", object_type="rounds.assignment", object_id=1, number="T01-0007", url="/kit/entries/"
    )


NOTICES = {"handed": "%(number)s 转您办理"}


def test_notices_are_ones_own_counted_and_read_by_post(world, client, notice):
    client.force_login(world.office)
    html = client.get("/notices/").content.decode()
    assert "T01-0007 转您办理" in html and "1 条未读通知" in html
    client.get(f"/notices/{notice.pk}/")
    notice.refresh_from_db()
    assert notice.read_at is None, "GET changes nothing"
    answer = client.post(f"/notices/{notice.pk}/")
    notice.refresh_from_db()
    assert answer["Location"] == "/kit/entries/" and notice.read_at
    client.force_login(world.chief)
    assert client.post(f"/notices/{notice.pk}/").status_code == 404
    assert "T01-0007" not in client.get("/notices/").content.decode()


def test_all_notices_read_at_once(world, client, notice):
    client.force_login(world.office)
    client.post("/notices/", {"all": "1"})
    assert not world.office.notices.unread().exists()


def test_a_notice_leads_nowhere_else(world, client, notice):
    Notice.objects.filter(pk=notice.pk).update(url="https://elsewhere.example/")
    client.force_login(world.office)
    assert client.post(f"/notices/{notice.pk}/")["Location"] == "/notices/"


def test_audit_is_for_auditors_and_shows_no_reason(world, client):
    Assignment.objects.filter(pk=world.assignment_a.pk).update(state=Assignment.State.PREPARING)
    recording.record("enter", world.assignment_a, by=world.chief, note="反映人王某")
    sealing.seal_pending()
    for person in (world.office, world.chief, world.admin, world.secadmin, world.leader1):
        client.force_login(person)
        assert client.get("/audit/").status_code == 403
    client.force_login(world.auditor)
    html = client.get("/audit/").content.decode()
    assert world.assignment_a.number in html and "办公室主任" in html and "反映人王某" not in html
    assert re.search(r'<code class="digest">[0-9a-f]{64}</code>', html)


def test_audit_finds_who_did_what_to_a_number_between_two_dates(world, client):
    read(world.assignment_a, world.office)
    read(world.assignment_b, world.office)
    read(world.assignment_a, world.chief, verb="export")
    client.force_login(world.auditor)
    today = timezone.localdate().isoformat()
    number = world.assignment_a.number

    def found(query):
        html = client.get(f"/audit/?{query}", headers={"HX-Request": "true"}).content.decode()
        return re.findall(r"<code>rounds\.assignment\.(\w+)</code>", html)

    assert found(f"number={number}&who=办公室甲&since={today}&until={today}") == ["read"]
    assert found(f"number={number}") == ["export", "read"]
    assert found("verb=export") == ["export"]
    assert found("until=2020-01-01") == []


def test_the_trail_is_exported_as_filtered_with_a_copy_number_and_on_record(world, client):
    read(world.assignment_a, world.office, 3)
    read(world.assignment_b, world.chief)
    client.force_login(world.auditor)
    answer = client.get(f"/audit/export/?number={world.assignment_a.number}")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    rows = [row for row in book.active.iter_rows(min_row=3, values_only=True) if row[0]]
    assert len(rows) == 3 and {row[4] for row in rows} == {world.assignment_a.number}
    entry = Entry.objects.latest("id")
    assert entry.verb == "export_trail" and entry.facts["count"] == 3 and entry.facts["copy"] in answer["Content-Disposition"]
    assert entry.facts["copy"] in sentences.sentence(entry)


def test_audit_names_a_date_in_words(world, client):
    client.force_login(world.auditor)
    html = client.get("/audit/?since=上周").content.decode()
    assert "errorlist" in html and 'value="上周"' in html


def test_alive_asks_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok\n"


def test_ready_names_the_part_that_fails_and_no_secret(client, monkeypatch):
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.content
    assert answer.json()["parts"] == {"database": True, "broker": True, "storage": True, "keys": True}

    def broken():
        raise OSError("password=hunter2")

    monkeypatch.setattr(health, "storage", broken)
    answer = client.get("/readyz")
    assert answer.status_code == 503 and answer.json()["parts"]["storage"] is False
    assert b"hunter2" not in answer.content


def test_ready_without_a_database_still_answers(client, monkeypatch):
    def broken():
        raise connection.Database.OperationalError("gone")

    monkeypatch.setattr(health, "database", broken)
    answer = client.get("/readyz")
    assert answer.status_code == 503 and "worker_seen_seconds_ago" not in answer.json()


def test_ready_without_a_cache_still_answers(client, monkeypatch):
    def broken(key):
        raise OSError("password=hunter2")

    monkeypatch.setattr(health.cache, "get", broken)
    answer = client.get("/readyz")
    assert answer.status_code == 200 and answer.json()["worker_seen_seconds_ago"] is None


def test_the_worker_leaves_a_sign_of_life(client):
    from inspection.pages.tasks import heartbeat

    heartbeat()
    assert client.get("/readyz").json()["worker_seen_seconds_ago"] < 60


def test_the_embedded_database_learns_what_its_indexes_hold(world):
    from inspection.pages.tasks import statistics

    statistics()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT tbl FROM sqlite_stat1")
            tables = {row[0] for row in cursor.fetchall()}
        assert "rounds_assignment" in tables and not [table for table in tables if table.startswith("vault_index")]


# The API's pages ---------------------------------------------------------------------------------------------------------


def test_api_pages_share_the_keyset(world):
    from rest_framework.request import Request

    from inspection.api.pagination import ApiPagination

    read(world.assignment_a, world.office, 5)
    pager = ApiPagination()
    rows = pager.paginate_queryset(Entry.objects.all(), Request(asked("?page_size=2")), SimpleNamespace(keyset=("-id",)))
    body = pager.get_paginated_response([row.pk for row in rows]).data
    assert len(body["results"]) == 2 and body["count"] == Entry.objects.count() and body["count_is_exact"] is True
    assert body["next"].startswith("http://testserver/list/?page_size=2&cursor=") and body["previous"] is None


@pytest.mark.parametrize("size", ["0", "1001", "x", "-1", "1e3", "٣", "9" * 5000])
def test_a_bad_page_size_is_named(size):
    from rest_framework.request import Request

    from inspection.api.pagination import ApiPagination

    with pytest.raises(lists.BadParameter) as error:
        ApiPagination().paginate_queryset(Entry.objects.all(), Request(asked(f"?page_size={size}")))
    assert error.value.name == "page_size"
