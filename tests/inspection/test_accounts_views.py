"""Signing in and out, the language, one's own account, API tokens, and the door in front of everything."""

import datetime as dt
import json

import pytest
from django.test import Client
from django.utils import timezone, translation

from inspection.accounts import attempts
from inspection.accounts.models import ApiToken
from inspection.pages.sentences import sentence
from inspection.trail.models import Entry
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


def sign_in(client, username="office", password=PASSWORD, **more):
    return client.post(LOGIN, {"username": username, "password": password} | more)


# The door ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/", "/notices/", "/audit/", "/accounts/profile/", "/accounts/password/", "/accounts/tokens/"])
def test_signed_out_everything_leads_to_the_sign_in_and_back(client, url):
    answer = client.get(url)
    assert answer.status_code == 302 and answer["Location"] == f"{LOGIN}?next={url}"


@pytest.mark.parametrize("url", [LOGIN, "/healthz", "/readyz"])
def test_what_is_open_to_all(client, url):
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("url", ["/api/v1/", "/api/v1/schema/", "/api/v1/docs/"])
def test_the_api_answers_401_as_json(client, url):
    answer = client.get(url)
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Token"
    assert json.loads(answer.content)["status"] == 401


def test_htmx_is_sent_to_the_sign_in_as_a_whole_page(client):
    answer = client.get(
        "/notices/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/petitions/?q=%E5%B7%A1%E5%AF%9F"}
    )
    assert answer.status_code == 401 and answer.content == b""
    assert answer["HX-Redirect"] == f"{LOGIN}?next=/petitions/%3Fq%3D%25E5%25B7%25A1%25E5%25AF%259F"


def test_htmx_cannot_be_talked_into_another_site(client, world):
    answer = client.get(
        "/notices/", headers={"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example//evil.example/x"}
    )
    back = answer["HX-Redirect"]
    assert "elsewhere" not in back
    assert sign_in(client, next="//evil.example/x")["Location"] == "/"


# Signing in and out ------------------------------------------------------------------------------------------------------


def test_sign_in_leads_back_and_out_again(client, world):
    answer = sign_in(client, next="/notices/")
    assert answer.status_code == 302 and answer["Location"] == "/notices/"
    assert client.get("/notices/").status_code == 200
    answer = client.post("/accounts/logout/")
    assert answer["Location"] == LOGIN and answer["Clear-Site-Data"] == '"storage"'
    assert client.get("/notices/").status_code == 302


def test_signing_out_is_never_a_get(client, world):
    sign_in(client)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.get("/notices/").status_code == 200


def test_wrong_name_wrong_password_and_inactive_read_the_same(client, world):
    world.office2.is_active = False
    world.office2.save()
    sentences = set()
    for username, password in (("office", "wrong"), ("nobody", PASSWORD), ("office2", PASSWORD)):
        answer = sign_in(client, username, password)
        assert answer.status_code == 200
        html = answer.content.decode()
        sentences.add(html[html.index("error-summary") : html.index("</ul>")])
        assert f'value="{username}"' in html and password not in html, "the name is kept, the password is not"
    assert len(sentences) == 1 and "用户名或密码不正确" in sentences.pop()


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "/\\elsewhere.example"]
)
def test_no_way_out_through_next(client, world, target):
    assert sign_in(client, next=target)["Location"] == "/"
    answer = client.post("/accounts/language/", {"language": "en", "next": target})
    assert answer["Location"] in ("/", "home") or answer["Location"].startswith("/")
    assert "elsewhere" not in answer["Location"] and "javascript" not in answer["Location"]


def test_the_session_changes_at_sign_in(client, world):
    client.get(LOGIN)
    client.session["x"] = 1
    before = client.session.session_key
    sign_in(client)
    assert client.session.session_key != before


# Language ----------------------------------------------------------------------------------------------------------------


def test_the_language_is_switched_without_script_and_remembered_on_the_user(client, world):
    sign_in(client)
    assert 'lang="zh-Hans"' in client.get("/notices/").content.decode()
    answer = client.post("/accounts/language/", {"language": "en", "next": "/notices/?cursor="})
    assert answer["Location"] == "/notices/?cursor="
    assert '<html lang="en">' in client.get("/notices/").content.decode()
    world.office.refresh_from_db()
    assert world.office.language == "en"
    elsewhere = Client(headers={"Accept-Language": "zh-hans"})
    sign_in(elsewhere)
    assert '<html lang="en">' in elsewhere.get("/").content.decode(), "another browser speaks the user's language too"


def test_the_language_before_signing_in_is_the_browsers(client, world):
    client.post("/accounts/language/", {"language": "en", "next": LOGIN})
    assert "Sign in" in client.get(LOGIN).content.decode()
    sign_in(client)
    assert '<html lang="zh-Hans">' in client.get("/").content.decode(), "signed in, the user's own language is spoken"


@pytest.mark.parametrize("code", ["", "fr", "zh-hans\x00", "x" * 500])
def test_a_language_that_is_not_offered_changes_nothing(client, world, code):
    sign_in(client)
    assert client.post("/accounts/language/", {"language": code}).status_code == 302
    world.office.refresh_from_db()
    assert world.office.language == "zh-hans"


def test_switching_the_language_is_never_a_get(client, world):
    assert client.get("/accounts/language/").status_code == 405


# One's own account -------------------------------------------------------------------------------------------------------


def test_the_profile_says_what_ones_roles_allow_and_changes_the_language_only(client, world):
    sign_in(client)
    html = client.get("/accounts/profile/").content.decode()
    assert "巡视办工作人员" in html and "登记和分办各组信访件" in html
    answer = client.post(
        "/accounts/profile/", {"language": "en", "name": "别人", "username": "chief", "is_superuser": "1"}, follow=True
    )
    assert "saved" in answer.content.decode()
    world.office.refresh_from_db()
    assert (world.office.language, world.office.name, world.office.username) == ("en", "办公室甲", "office")
    assert not world.office.is_superuser


def test_a_new_password_ends_other_sessions_and_keeps_this_one(client, world):
    other = Client()
    sign_in(client)
    sign_in(other)
    facts = {"old_password": PASSWORD, "new_password1": "xin-mi-ma-2026", "new_password2": "xin-mi-ma-2026"}
    assert client.post("/accounts/password/", facts).status_code == 302
    assert client.get("/").status_code == 200 and other.get("/").status_code == 302
    assert sign_in(Client(), password=PASSWORD).status_code == 200
    assert sign_in(Client(), password="xin-mi-ma-2026").status_code == 302


def test_a_password_that_will_not_do_is_named_beside_its_field(client, world):
    sign_in(client)
    facts = {"old_password": "wrong", "new_password1": "12345678", "new_password2": "12345679"}
    html = client.post("/accounts/password/", facts).content.decode()
    assert 'id="id_old_password_error"' in html and 'id="id_new_password2_error"' in html
    world.office.refresh_from_db()
    assert world.office.check_password(PASSWORD)


def test_an_open_session_is_no_place_to_guess_the_password(client, world):
    client.force_login(world.office)  # a stolen session: the browser is a strange one
    facts = {"old_password": "wrong", "new_password1": "xin-mi-ma-2026", "new_password2": "xin-mi-ma-2026"}
    for _guess in range(attempts.FREE["account"]):
        assert "之后再试" not in client.post("/accounts/password/", facts).content.decode()
    held = client.post("/accounts/password/", facts | {"old_password": PASSWORD})
    assert held.status_code == 200 and "之后再试" in held.content.decode()
    world.office.refresh_from_db()
    assert world.office.check_password(PASSWORD)


def test_who_must_change_the_password_gets_no_further(client, world):
    world.office.must_change_password = True
    world.office.save()
    sign_in(client)
    assert client.get("/notices/")["Location"] == "/accounts/password/"
    assert client.get("/api/v1/").status_code == 403
    assert client.get("/accounts/password/").status_code == 200
    assert client.post("/accounts/language/", {"language": "en"}).status_code == 302
    facts = {"old_password": PASSWORD, "new_password1": "xin-mi-ma-2026", "new_password2": "xin-mi-ma-2026"}
    client.post("/accounts/password/", facts)
    assert client.get("/notices/").status_code == 200


# API tokens --------------------------------------------------------------------------------------------------------------


def tomorrow(days=1):
    return (timezone.localdate() + dt.timedelta(days=days)).isoformat()


def make_token(client, **facts):
    answer = client.post("/accounts/tokens/", {"label": "统计脚本", "scope": "write", "expires_on": tomorrow(30)} | facts)
    return answer, answer.context["raw"]


def test_a_token_is_shown_once_works_and_is_revoked(client, world):
    sign_in(client)
    answer, raw = make_token(client)
    assert raw in answer.content.decode()
    assert raw not in client.get("/accounts/tokens/").content.decode()
    assert raw not in str(ApiToken.objects.values()), "only a digest is kept"
    machine = Client(headers={"Authorization": f"Token {raw}"})
    assert machine.get("/api/v1/").status_code == 200
    token = ApiToken.objects.get()
    client.post(f"/accounts/tokens/{token.pk}/revoke/")
    client.post(f"/accounts/tokens/{token.pk}/revoke/")
    answer = machine.get("/api/v1/")
    assert answer.status_code == 401 and answer["Content-Type"].startswith("application/problem+json")
    assert raw not in answer.content.decode()


def test_a_token_opens_the_api_only(client, world):
    sign_in(client)
    _answer, raw = make_token(client)
    assert Client(headers={"Authorization": f"Token {raw}"}).get("/notices/").status_code == 302


@pytest.mark.parametrize("header", ["Token", "Token ", "Token a b", "Token nonsense", "Token é", "Token \x00", "Bearer x"])
def test_a_bad_token_is_401(client, world, header):
    assert client.get("/api/v1/", headers={"Authorization": header}).status_code == 401


def test_an_expired_token_and_one_of_a_person_who_left_are_401(client, world):
    sign_in(client)
    _answer, raw = make_token(client)
    machine = Client(headers={"Authorization": f"Token {raw}"})
    ApiToken.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert machine.get("/api/v1/").status_code == 401
    ApiToken.objects.update(expires_at=timezone.now() + dt.timedelta(days=1))
    assert machine.get("/api/v1/").status_code == 200
    world.office.is_active = False
    world.office.save()
    assert machine.get("/api/v1/").status_code == 401


def test_nobody_revokes_anothers_token(client, world):
    sign_in(client)
    make_token(client)
    other = Client()
    sign_in(other, "chief")
    assert other.post(f"/accounts/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 404
    assert ApiToken.objects.get().revoked_at is None


@pytest.mark.parametrize(
    "facts",
    [
        {"expires_on": tomorrow(0)},
        {"expires_on": tomorrow(366)},
        {"expires_on": "明天"},
        {"label": ""},
        {"scope": "all"},
        {"resources": ["x"]},
    ],
)
def test_a_token_needs_a_purpose_and_an_end_within_a_year(client, world, facts):
    sign_in(client)
    answer, raw = make_token(client, **facts)
    assert answer.status_code == 200 and raw == "" and not ApiToken.objects.exists()
    assert "_error" in answer.content.decode()


def test_a_person_with_a_browser_is_led_to_the_sign_in_from_the_api_documentation_too(client, world):
    answer = client.get("/api/v1/docs/", headers={"Accept": "text/html,*/*"})
    assert answer["Location"] == f"{LOGIN}?next=/api/v1/docs/"
    sign_in(client)
    assert client.get("/api/v1/docs/", headers={"Accept": "text/html,*/*"}).status_code == 200


# The trail of the door ---------------------------------------------------------------------------------------------------


def acts(user) -> list[str]:
    return list(Entry.objects.about(user).values_list("verb", flat=True))


def test_coming_and_going_is_on_the_trail(client, world):
    sign_in(client)
    client.get(LOGIN)  # led on to the work list: no second sign-in
    client.post("/accounts/logout/")
    assert acts(world.office) == ["sign_in", "sign_out"]
    assert set(Entry.objects.about(world.office).values_list("actor_id", flat=True)) == {world.office.pk}


def test_a_wrong_password_is_recorded_against_the_account_by_nobody(client, world):
    sign_in(client, password="geheim-falsch")
    entry = Entry.objects.get()
    assert (entry.verb, entry.actor, entry.object_id, entry.facts) == ("fail_sign_in", None, world.office.pk, {})
    assert "office" not in str(Entry.objects.values())
    with translation.override("zh-hans"):
        assert sentence(entry) == f"有人登录账号 {world.office.pk} 未成功"


@pytest.mark.parametrize(
    ("username", "password"),
    [("nobody", PASSWORD), ("xin-mi-ma-2026", "x"), ("office", ""), ("", PASSWORD), ("office\x00", PASSWORD), ("o" * 500, "x")],
)
def test_a_name_without_account_and_a_form_half_filled_leave_nothing_that_was_typed(client, world, username, password):
    assert sign_in(client, username, password).status_code == 200
    assert not Entry.objects.exists()


def test_someone_who_left_and_tries_again_is_recorded(client, world):
    world.office.is_active = False
    world.office.save()
    sign_in(client)
    assert acts(world.office) == ["fail_sign_in"]


def test_who_cannot_be_recorded_does_not_get_in(client, world, settings):
    settings.ACCOUNT_RECORDER = f"{__name__}.unwritable"
    with pytest.raises(RuntimeError):
        sign_in(client)
    assert client.get("/notices/").status_code == 302
    world.office.refresh_from_db()
    assert world.office.last_login is None


def unwritable(verb, obj, *, by, facts):
    raise RuntimeError(verb)


def test_a_changed_password_is_recorded_once_it_is_changed(client, world):
    sign_in(client)
    facts = {"old_password": "wrong", "new_password1": "xin-mi-ma-2026", "new_password2": "xin-mi-ma-2026"}
    client.post("/accounts/password/", facts)
    assert acts(world.office) == ["sign_in", "fail_confirmation"]
    client.post("/accounts/password/", facts | {"old_password": PASSWORD})
    assert acts(world.office) == ["sign_in", "fail_confirmation", "change_password"]
    assert "mi-ma" not in str(Entry.objects.values())


def test_a_token_made_and_taken_back_is_two_entries_without_its_secret(client, world):
    sign_in(client)
    _answer, raw = make_token(client)
    token = ApiToken.objects.get()
    for _twice in range(2):
        client.post(f"/accounts/tokens/{token.pk}/revoke/")
    assert acts(token) == ["issue", "revoke"]
    made = Entry.objects.about(token).first()
    facts = {"prefix": raw[:6], "expires_on": tomorrow(30), "scope": "write", "resources": []}
    assert made.facts == facts
    assert raw not in str(Entry.objects.values()) and "统计脚本" not in str(Entry.objects.values())


def test_the_auditor_reads_these_acts_in_both_languages(client, world):
    sign_in(client, password="wrong")
    sign_in(client)
    make_token(client)
    client.force_login(world.auditor)
    assert "未成功" in client.get("/audit/").content.decode()
    client.post("/accounts/language/", {"language": "en"})
    html = client.get("/audit/").content.decode()
    assert "signed in" in html and "API token" in html
