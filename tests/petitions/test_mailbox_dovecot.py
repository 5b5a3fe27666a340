"""The mailbox against a real Dovecot: encrypted or not at all, every mail once, and nothing there ever changes."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings as project
from django.db import connection as database
from imap_tools.utils import encode_folder

from inspection.vault import files
from petitions.mailbox import accounts, collecting, connection
from petitions.mailbox.errors import MailboxError
from petitions.models import MailAccount, MailItem, Petition
from tests.petitions.dovecot import PASSWORD, PASSWORD_2, USER, USER_2, dovecot, dovecot_server  # noqa: F401
from tests.petitions.mails import MAILS, SAID, mail


@pytest.fixture
def account(world, dovecot):  # noqa: F811
    return make_account(world, dovecot)


def make_account(world, server, **changes) -> MailAccount:
    facts = {"host": "localhost", "port": server.tls, "security": "tls", "username": USER, "password": PASSWORD} | changes
    password = facts.pop("password")
    channel = world.assignment_a.channels.get(kind="email")
    return accounts.save(MailAccount(channel=channel, registrar=world.office, **facts), by=world.office, password=password)


def letter(number: int, text: str = SAID) -> bytes:
    return mail(subject=b"letter %d" % number, body=f"{text}{number}".encode()).replace(b"<1@", b"<%d@" % number)


def test_mails_are_fetched_once_and_nothing_there_changes(account, dovecot):  # noqa: F811
    dovecot.deliver(letter(1), letter(2))
    first = collecting.collect(account)
    assert (first.error, first.new, first.registered, first.parked) == ("", 2, 2, 0)
    assert sorted(petition.subject for petition in Petition.objects.all()) == ["letter 1", "letter 2"]
    dovecot.deliver(letter(3))
    second = collecting.collect(account)
    assert (second.new, Petition.objects.count()) == (1, 3)
    assert collecting.collect(account).new == 0
    assert len(dovecot.flags()) == 3
    assert not any(b"Seen" in line for line in dovecot.flags())


def test_the_raw_bytes_are_kept_as_they_came(account, dovecot):  # noqa: F811
    raw = MAILS[1].raw
    dovecot.deliver(raw)
    collecting.collect(account)
    item = MailItem.objects.get()
    assert b"".join(files.chunks(item.raw)) == raw
    assert raw[:200] not in item.raw.path.read_bytes()


def test_starttls_works_too(world, dovecot):  # noqa: F811
    dovecot.deliver(letter(1))
    tally = collecting.collect(make_account(world, dovecot, port=dovecot.starttls, security="starttls"))
    assert (tally.error, tally.registered) == ("", 1)


def test_a_chinese_password_works(world, dovecot):  # noqa: F811
    account = make_account(world, dovecot, username=USER_2, password=PASSWORD_2)
    assert collecting.collect(account).error == ""


def test_a_rebuilt_mailbox_brings_nothing_twice(account, dovecot):  # noqa: F811
    dovecot.deliver(letter(1), letter(2))
    collecting.collect(account)
    before = set(MailItem.objects.values_list("uidvalidity", flat=True))
    dovecot.rebuild()
    dovecot.deliver(letter(3))
    tally = collecting.collect(account)
    assert set(MailItem.objects.values_list("uidvalidity", flat=True)) != before
    assert (tally.new, tally.known, Petition.objects.count()) == (1, 2, 3)
    assert collecting.collect(account).known == 0


def test_a_certificate_nobody_vouches_for_is_refused(account, dovecot, settings):  # noqa: F811
    dovecot.deliver(letter(1))
    settings.MAIL_CA_FILE = ""
    assert collecting.collect(account).error == "tls"
    assert not MailItem.objects.exists()
    account.refresh_from_db()
    assert (account.last_error, account.last_success_at) == ("tls", None)


def test_a_certificate_for_another_name_is_refused(world, dovecot):  # noqa: F811
    assert collecting.collect(make_account(world, dovecot, host="127.0.0.1")).error == "tls"


def test_starttls_with_a_bad_certificate_never_sends_the_password(world, dovecot, settings):  # noqa: F811
    settings.MAIL_CA_FILE = ""
    assert collecting.collect(make_account(world, dovecot, port=dovecot.starttls, security="starttls")).error == "tls"
    assert f"user=<{USER}>" not in dovecot.log().splitlines()[-1]


@pytest.mark.parametrize(
    "changes, code", [({"password": "wrong"}, "login"), ({"folder": "nowhere"}, "folder"), ({"port": 1}, "connect")]
)
def test_what_is_wrong_is_told_by_a_code(world, dovecot, changes, code):  # noqa: F811
    account = make_account(world, dovecot, **changes)
    assert collecting.collect(account).error == code
    account.refresh_from_db()
    assert account.last_error == code


def test_a_success_clears_the_error(account, dovecot):  # noqa: F811
    MailAccount.objects.update(last_error="connect")
    collecting.collect(account)
    account.refresh_from_db()
    assert account.last_error == ""
    assert account.last_success_at is not None


def test_a_chinese_folder_is_found(world, dovecot):  # noqa: F811
    name = encode_folder("信访举报").decode()
    client = dovecot.client()
    client.create(name)
    client.append(name, "", "", letter(1))
    client.logout()
    tally = collecting.collect(make_account(world, dovecot, folder="信访举报"))
    assert (tally.error, tally.registered) == ("", 1)


def test_a_mail_over_the_limit_is_parked_with_its_header_only(account, dovecot, settings):  # noqa: F811
    dovecot.deliver(letter(1, "长" * 5000), letter(2))
    settings.MAIL_MAX_BYTES = 4000
    tally = collecting.collect(account)
    assert (tally.registered, tally.parked) == (1, 1)
    parked = MailItem.objects.get(state="parked")
    assert (parked.reason, parked.size > 15_000) == ("too_large", True)
    kept = b"".join(files.chunks(parked.raw))
    assert b"Subject: letter 1" in kept
    assert "长".encode() not in kept
    settings.MAIL_MAX_BYTES = 50 * 1024**2
    collecting.retry(parked, by=account.registrar)
    collecting.collect(account)
    parked.refresh_from_db()
    assert (parked.state, parked.petition.subject) == ("registered", "letter 1")


def test_a_mail_taken_away_meanwhile_is_no_error(account, dovecot, monkeypatch):  # noqa: F811
    dovecot.deliver(letter(1))
    monkeypatch.setattr(connection.Session, "uids_after", lambda session, last: [1, 999])
    assert collecting.collect(account).error == ""


def test_every_kind_of_mail_comes_through(account, dovecot):  # noqa: F811
    raws = [sent.raw.replace(b"<1@", b"<%d@" % place) for place, sent in enumerate(MAILS) if b"\x00" not in sent.raw]
    dovecot.deliver(*raws)
    tally = collecting.collect(account)
    assert (tally.error, tally.new, tally.registered, tally.parked) == ("", len(raws), len(raws), 0)
    said = {petition.subject: petition.text for petition in Petition.objects.all()}
    assert SAID in said["拆迁"]


def test_opening_with_no_server_raises_a_code(world, dovecot):  # noqa: F811
    with pytest.raises(MailboxError, match="connect"), connection.opened(make_account(world, dovecot, host="nowhere.invalid")):
        pass


CHILD = """
import os, signal
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
settings.MAIL_CA_FILE = {ca!r}
from petitions.mailbox import collecting
from petitions.models import MailAccount
stage, count = {stage!r}, 0
real = getattr(collecting, stage)
def deadly(*args, **kwargs):
    global count
    count += 1
    if count == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **kwargs)
setattr(collecting, stage, deadly)
collecting.collect(MailAccount.objects.get())
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stage", ["_fetched", "_store", "settle", "_birth", "_count"])
def test_a_process_killed_in_the_middle_neither_loses_nor_doubles(world, dovecot, stage):  # noqa: F811
    account = make_account(world, dovecot)
    dovecot.deliver(*map(letter, range(5)))
    script = CHILD.format(name=database.settings_dict["NAME"], ca=str(dovecot.folder / "ca.pem"), stage=stage)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(project.BASE_DIR)}
    killed = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=project.BASE_DIR, capture_output=True, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-800:]
    assert Petition.objects.count() < 5
    time.sleep(0.2)
    tally = collecting.collect(account)
    assert tally.error == ""
    assert sorted(petition.subject for petition in Petition.objects.all()) == [f"letter {number}" for number in range(5)]
    assert MailItem.objects.filter(state="registered").count() == 5
