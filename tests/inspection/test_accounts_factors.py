"""The second factor: who needs one, how it is set up, shown, lost and given up."""

import base64
import time

import pytest
from django.test import Client

from inspection.accounts import factors, passkeys, sealing
from inspection.accounts.models import Authenticator, Passkey
from inspection.trail.models import Entry
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, SECOND, ENROL, SECURITY = "/accounts/login/", "/accounts/login/second/", "/accounts/login/enrol/", "/accounts/security/"
SECRET = b"0123456789abcdefghij"


def code(later: int = 0, secret: bytes = SECRET) -> str:
    """What the app shows, or will show so many half minutes later."""
    step = int(time.time()) // factors.STEP + later
    return factors._totp(secret).generate(step * factors.STEP).decode()


def set_up(user) -> list[str]:
    """Give the person an app that shares SECRET; returns their recovery codes."""
    assert factors.add_authenticator(user, SECRET, code(-1))
    return factors.new_recovery_codes(user)


def give_password(client, username, **more):
    return client.post(LOGIN, {"username": username, "password": PASSWORD} | more)


def verbs(user) -> list[str]:
    return list(Entry.objects.about(user).order_by("id").values_list("verb", flat=True))


def test_roles_that_demand_a_second_factor_set_one_up_before_they_are_in(client, world):
    for name in ("admin", "secadmin", "auditor", "custodian"):
        assert give_password(Client(), name)["Location"] == ENROL
    for name in ("office", "chief", "leader1", "liaison_a"):
        assert give_password(Client(), name)["Location"] == "/"

    answer = give_password(client, "auditor", next="/audit/")
    assert answer["Location"] == ENROL and client.get("/audit/")["Location"].startswith(LOGIN)
    page = client.get(ENROL)
    secret = base64.b32decode(page.context["secret"].replace(" ", ""))
    assert 'src="data:image/svg+xml' in page.content.decode()
    wrong = client.post(ENROL, {"code": "000000"})
    assert wrong.context["secret"] == page.context["secret"], "the picture stays after a typing error"
    assert client.get("/")["Location"].startswith(LOGIN)
    done = client.post(ENROL, {"code": f" {code(0, secret)[:3]} {code(0, secret)[3:]}"})
    shown = done.context["codes"]
    assert len(set(shown)) == 10 and 'href="/audit/"' in done.content.decode()
    assert client.get("/audit/").status_code == 200
    assert client.post(ENROL, {"code": code(1, secret)}).status_code == 302, "set up once"
    assert verbs(world.auditor) == ["add_factor", "sign_in"]
    kept = str(list(world.auditor.recovery_codes.values())) + str(list(Entry.objects.values()))
    assert not any(one in kept for one in shown)
    sealed = bytes(Authenticator.objects.get(user=world.auditor).sealed)
    assert secret not in sealed and factors.take_code(world.auditor, code(1, secret))


def test_the_second_step(client, world):
    recovery = set_up(world.office)
    assert give_password(client, "office", next="/units/")["Location"] == SECOND
    assert client.get("/units/").status_code == 302, "half signed in is not signed in"
    assert client.get(ENROL)["Location"] == SECOND
    for wrong in ("000000", "", "１２３", "x" * 41, recovery[0][:-1] + "0", "1\x00"):
        answer = client.post(SECOND, {"code": wrong})
        assert answer.status_code == 200 and (wrong == "" or wrong not in answer.context["form"].errors.as_text())
        if wrong == "１２３":
            break
    used = code()
    assert client.post(SECOND, {"code": used})["Location"] == "/units/"
    assert client.get("/units/").status_code == 200
    assert verbs(world.office)[-1] == "sign_in" and "fail_second_factor" in verbs(world.office)

    again = Client()
    give_password(again, "office")
    assert again.post(SECOND, {"code": used}).status_code == 200, "a code works once"
    assert again.post(SECOND, {"code": recovery[3].upper().replace("-", " ")}, follow=True).status_code == 200
    assert "还剩 9 个" in again.get("/").content.decode() or factors.codes_left(world.office) == 9
    third = Client()
    give_password(third, "office")
    assert third.post(SECOND, {"code": recovery[3]}).status_code == 200, "so does a recovery code"
    assert Entry.objects.about(world.office).filter(verb="sign_in").last().facts == {"factor": "recovery"}


def test_what_ends_the_time_between_the_two_steps(client, world, settings):
    set_up(world.office)
    assert client.get(SECOND)["Location"] == LOGIN and client.get(ENROL)["Location"] == LOGIN, "nobody is between them"
    give_password(client, "office")
    session = client.session
    session["partial_sign_in"] |= {"at": int(time.time()) - settings.PARTIAL_SECONDS - 1}
    session.save()
    assert client.post(SECOND, {"code": code()})["Location"] == LOGIN
    give_password(client, "office")
    world.office.set_password("another password altogether")
    world.office.save()
    assert client.post(SECOND, {"code": code()})["Location"] == LOGIN, "the password was changed meanwhile"
    give_password(client, "chief")
    assert client.get(SECOND)["Location"] == "/", "signed in already"


def test_demonstration_accounts_need_no_factor_say_so_and_are_shut_out_in_production(client, world, settings):
    world.auditor.demonstration = True
    world.auditor.save()
    assert give_password(client, "auditor")["Location"] == "/"
    assert "演示账号" in client.get("/").content.decode()
    settings.PRODUCTION = True
    assert client.get("/")["Location"].startswith(LOGIN), "the session is over too"
    refused = give_password(Client(), "auditor")
    assert "用户名或密码不正确" in refused.content.decode()


def test_one_looks_after_ones_own_factors(client, world):
    client.force_login(world.office)
    assert "未设置" in client.get(SECURITY).content.decode()
    assert client.post(f"{SECURITY}codes/")["Location"] == SECURITY and not world.office.recovery_codes.exists()
    secret = base64.b32decode(client.get(f"{SECURITY}app/").context["secret"].replace(" ", ""))
    first = client.post(f"{SECURITY}app/", {"code": code(0, secret)}).context["codes"]
    second = client.post(f"{SECURITY}codes/").context["codes"]
    assert set(first).isdisjoint(second)
    assert not factors.take_recovery_code(world.office, first[0]) and factors.take_recovery_code(world.office, second[0])
    assert client.get(SECURITY).context["codes_left"] == 9
    client.post(f"{SECURITY}app/remove/")
    assert not factors.is_set_up(world.office) and not world.office.recovery_codes.exists()
    assert verbs(world.office) == ["add_factor", "new_recovery_codes", "new_recovery_codes", "remove_factor"]

    set_up(world.auditor)
    client.force_login(world.auditor)
    assert "您的职责要求第二重验证" in client.post(f"{SECURITY}app/remove/", follow=True).content.decode()
    assert factors.is_set_up(world.auditor), "the last one stays where the role asks for one"


def test_confirming_by_code(client, world, settings):
    set_up(world.office)
    client.force_login(world.office)
    session = client.session
    session["confirmed_at"] -= settings.CONFIRMATION_SECONDS
    session.save()
    assert client.post("/accounts/confirm/", {"password": "", "code": ""}).status_code == 200
    assert client.post("/accounts/confirm/", {"password": "", "code": "123"}).status_code == 200
    assert client.get("/accounts/tokens/").status_code == 302
    assert client.post("/accounts/confirm/", {"code": code(), "next": "/accounts/tokens/"})["Location"] == "/accounts/tokens/"
    assert client.get("/accounts/tokens/").status_code == 200


def test_a_secret_opens_for_its_person_under_its_key_only(world, settings):
    set_up(world.office)
    sealed = Authenticator.objects.get().sealed
    Authenticator.objects.update(user=world.chief)
    assert not factors.take_code(world.chief, code(1)), "moved to another person"
    with pytest.raises(sealing.Unreadable):
        sealing.open_(bytes(sealed)[:-1], f"authenticator:{world.office.pk}")
    Authenticator.objects.update(user=world.office)
    settings.SECRET_KEY = "another" * 10
    assert not factors.take_code(world.office, code(1))


def test_passkeys_that_prove_nothing(client, world):
    key = Passkey.objects.create(user=world.office, label="电脑", host="testserver", credential_id="AAAA", public_key=b"x")
    give_password(client, "office")
    page = client.get(SECOND)
    assert '"challenge"' in page.context["passkey"] and '"AAAA"' in page.context["passkey"]
    made_up = '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"clientDataJSON": "e30", %s}}'
    answers = ["x", "[]", "{}", '{"id": "\\u0000"}', '{"id": "BBBB"}', made_up % '"authenticatorData": "AA", "signature": "AA"']
    for answer in answers[:4]:
        assert client.post(SECOND, {"answer": answer}).status_code == 200
    assert client.get("/").status_code == 302
    request = client.get(SECOND).wsgi_request
    for answer in answers[4:]:
        with pytest.raises(passkeys.Refused):
            passkeys.use(request, world.office, answer)
    with pytest.raises(passkeys.Refused, match="challenge"):
        passkeys.use(request, world.office, answers[-1])
    assert give_password(Client(headers={"Host": "127.0.0.1"}), "office")["Location"] == SECOND
    elsewhere = Client(headers={"Host": "localhost"})
    give_password(elsewhere, "office")
    assert elsewhere.get(SECOND).context["elsewhere"] == ["testserver"]
    client.force_login(world.chief)
    assert client.post(f"{SECURITY}passkeys/{key.pk}/remove/").status_code == 404, "another person's"
    assert (
        "IP" in Client(headers={"Host": "127.0.0.1:8000"}).get(LOGIN).content.decode() or passkeys.host(request) == "testserver"
    )
