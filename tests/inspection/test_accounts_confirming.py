"""Asking again who is there, before the acts that hurt most."""

import pytest

from inspection.accounts.sessions import CONFIRMED_AT
from inspection.trail.models import Entry
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db
CONFIRM, TOKENS = "/accounts/confirm/", "/accounts/tokens/"


def grow_old(client, settings):
    """The last confirmation was too long ago."""
    session = client.session
    session[CONFIRMED_AT] -= settings.CONFIRMATION_SECONDS
    session.save()


def test_signing_in_confirms_for_a_while_and_then_the_page_asks_and_leads_back(client, world, settings):
    client.force_login(world.office)
    assert client.get(TOKENS).status_code == 200
    grow_old(client, settings)
    answer = client.get(TOKENS + "?a=1")
    assert answer.status_code == 302 and answer["Location"] == f"{CONFIRM}?next=%2Faccounts%2Ftokens%2F%3Fa%3D1"
    assert f'value="{TOKENS}?a=1"' in client.get(answer["Location"]).content.decode()
    wrong = client.post(CONFIRM, {"password": "wrong", "next": TOKENS})
    assert wrong.status_code == 200 and f'value="{TOKENS}"' in wrong.content.decode()
    assert client.get(TOKENS).status_code == 302
    assert list(Entry.objects.values_list("verb", "actor_id")) == [("fail_confirmation", world.office.pk)]
    assert client.post(CONFIRM, {"password": PASSWORD, "next": TOKENS})["Location"] == TOKENS
    assert client.get(TOKENS).status_code == 200


def test_an_act_that_comes_too_late_does_nothing_and_leads_back_to_its_form(client, world, settings):
    client.force_login(world.office)
    grow_old(client, settings)
    facts = {"label": "脚本", "expires_on": "2099-01-01"}
    answer = client.post(TOKENS, facts, headers={"Referer": "http://testserver/accounts/tokens/?from=menu"})
    assert answer["Location"] == f"{CONFIRM}?next=%2Faccounts%2Ftokens%2F%3Ffrom%3Dmenu"
    assert "操作尚未执行" in client.get(answer["Location"]).content.decode()
    assert not world.office.tokens.exists()
    elsewhere = client.post(TOKENS, facts, headers={"Referer": "https://elsewhere.example/x"})
    assert elsewhere["Location"] == f"{CONFIRM}?next=%2Faccounts%2Ftokens%2F"
    part = client.get(TOKENS, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/units/?q=1"})
    assert part.status_code == 401 and part["HX-Redirect"] == f"{CONFIRM}?next=%2Funits%2F%3Fq%3D1"


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_no_way_out_through_next(client, world, target):
    client.force_login(world.office)
    assert client.post(CONFIRM, {"password": PASSWORD, "next": target})["Location"] == "/"


def test_a_moment_ahead_of_the_clock_confirms_nothing(client, world):
    client.force_login(world.office)
    session = client.session
    session[CONFIRMED_AT] += 10_000
    session.save()
    assert client.get(TOKENS).status_code == 302


def test_a_file_is_not_handed_out_and_its_list_comes_back_with_a_word(client, world, settings):
    client.force_login(world.auditor)
    assert client.get("/audit/export/")["Content-Disposition"].startswith("attachment")
    grow_old(client, settings)
    answer = client.get("/audit/export/?verb=read", headers={"Referer": "http://testserver/audit/?verb=read"})
    assert answer["Location"] == f"{CONFIRM}?next=%2Faudit%2F%3Fverb%3Dread"
    assert "尚未导出" in client.get(answer["Location"]).content.decode()


def test_what_asks_first(client, world, settings):
    asking = {
        "secadmin": ["/users/{}/", "POST /users/{}/roles/", "POST /users/{}/roles/office/revoke/", "POST /users/{}/active/"],
        "admin": ["/users/{}/password/", "/groups/{group}/appoint/"],
        "leader1": ["/accounts/password/", "/petitions/export.xlsx", "/findings/export/", "/clues/export/"],
        "chief": ["/rectification/export/"],
    }
    for who, urls in asking.items():
        client.force_login(getattr(world, who))
        grow_old(client, settings)
        for url in urls:
            address = url.removeprefix("POST ").format(world.office2.pk, group=world.group1.pk)
            answer = client.post(address) if url.startswith("POST") else client.get(address)
            assert answer.status_code == 302 and answer["Location"].startswith(CONFIRM), url
