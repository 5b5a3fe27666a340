"""The mailbox page: every figure opens its list, what is parked can be tried again or registered by hand."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from inspection.trail.models import Entry
from inspection.vault import envelopes
from petitions import tasks
from petitions.mailbox import accounts, collecting, connection
from petitions.mailbox.errors import MailboxError
from petitions.models import Exclusion, MailAccount, MailItem, Petition
from tests.petitions.mails import mail
from tests.petitions.test_mailbox import Server


@pytest.fixture
def account(world):
    channel = world.assignment_a.channels.get(kind="email")
    account = MailAccount(channel=channel, registrar=world.office, host="localhost", username="box")
    return accounts.save(account, by=world.admin, password="secret")


@pytest.fixture
def collect(account, monkeypatch):
    """A function that collects so many mails that can be registered and one that cannot."""

    def do(count):
        raws = [mail(subject=b"letter", body=b"%d" % number).replace(b"<1@", b"<%d@" % number) for number in range(count)]
        server = Server(*raws, b"\x00\x01")
        monkeypatch.setattr(connection, "opened", lambda _account: server)
        return collecting.collect(account)

    return do


@pytest.fixture
def collected(collect):
    """Three mails that can be registered and one that cannot."""
    return collect(3)


def parked():
    return MailItem.objects.get(state="parked")


def test_forty_in_are_thirty_nine_registered_and_one_parked_and_each_figure_opens_its_list(world, client, collect):
    collect(39)
    client.force_login(world.office)
    page = client.get(reverse("petitions:mail")).content.decode()
    figures = dict(re.findall(r'<a href="(\?[^"]*)">(收到 40|已登记 39|待人工处理 1)</a>', page))
    assert set(figures.values()) == {"收到 40", "已登记 39", "待人工处理 1"}
    for query, words in figures.items():
        shown = client.get(reverse("petitions:mail") + query.replace("&amp;", "&")).context["page"]
        assert shown.count == int(words.split()[-1])


def test_a_parked_mail_shows_its_reason_and_no_word_of_itself(world, client, collected):
    client.force_login(world.member1)
    page = client.get(parked().get_absolute_url()).content.decode()
    assert "邮件无法解析" in page
    assert reverse("petitions:mail-raw", args=[parked().pk]) not in page


def test_a_registered_mail_leads_to_its_petition(world, client, collected):
    client.force_login(world.office)
    item = MailItem.objects.filter(state="registered").first()
    assert client.get(item.get_absolute_url())["Location"] == item.petition.get_absolute_url()


def test_a_mail_that_names_the_reader_is_neither_shown_nor_counted(world, client, collected):
    item = MailItem.objects.filter(state="registered").first()
    Exclusion.objects.create(petition=item.petition, user=world.leader1, ground="named")
    client.force_login(world.leader1)
    answer = client.get(reverse("petitions:mail"))
    assert answer.context["counts"]["all"] == 3
    assert client.get(item.get_absolute_url()).status_code == 404


def test_mails_of_another_group_are_out_of_sight(world, client, collected):
    client.force_login(world.leader2)
    assert client.get(reverse("petitions:mail")).context["counts"]["all"] == 0
    assert client.get(parked().get_absolute_url()).status_code == 404


def test_the_raw_mail_goes_to_the_office_as_bytes_and_on_record(world, client, collected):
    item = parked()
    url = reverse("petitions:mail-raw", args=[item.pk])
    client.force_login(world.office)
    answer = client.get(url)
    assert b"".join(answer.streaming_content) == b"\x00\x01"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert Entry.objects.about(item).get().verb == "download"
    client.force_login(world.leader1)
    assert client.get(url).status_code == 403


def test_trying_again_through_the_page(world, client, collected):
    item = parked()
    client.force_login(world.office)
    url = reverse("petitions:mail-retry", args=[item.pk])
    assert client.get(url).status_code == 405
    assert "仍不能登记" in client.post(url, follow=True).content.decode()
    item.refresh_from_db()
    assert item.state == "parked"


def test_registering_by_hand_through_the_page(world, client, collected):
    item = parked()
    client.force_login(world.coordinator1)
    url = reverse("petitions:mail-by-hand", args=[item.pk])
    assert "text" in client.post(url, {"subject": "x"}).context["form"].errors
    form = {"text": "附件中反映低保问题", "reporter_name": "周某某", "reporter_phone": "13800138000"}
    answer = client.post(url, form)
    item.refresh_from_db()
    assert answer["Location"] == item.petition.get_absolute_url()
    assert (item.petition.text, item.petition.signature) == ("附件中反映低保问题", "signed")
    assert envelopes.open_(item.petition.identity, item.petition.owner)["phone"] == "13800138000"
    assert client.post(url, form)["Location"] == item.petition.get_absolute_url()
    assert Petition.objects.count() == 4


def test_an_account_is_set_up_and_its_password_never_shown(world, client):
    client.force_login(world.admin)
    channel = world.assignment_c.channels.get(kind="email")
    form = {
        "channel": channel.pk,
        "host": "imap.example.org",
        "port": 993,
        "security": "tls",
        "username": "box",
        "new_password": " secret with blanks ",
        "folder": "INBOX",
        "registrar": world.office.pk,
        "active": "on",
    }
    assert (
        "new_password" in client.post(reverse("petitions:mail-account-new"), form | {"new_password": ""}).context["form"].errors
    )
    assert client.post(reverse("petitions:mail-account-new"), form).status_code == 302
    account = MailAccount.objects.get()
    assert envelopes.open_(account.password, account.owner) == {"password": " secret with blanks "}
    page = client.get(reverse("petitions:mail-account", args=[account.pk])).content.decode()
    assert "secret with blanks" not in page
    url = reverse("petitions:mail-account", args=[account.pk])
    moved = client.post(url, form | {"new_password": "", "host": "other.example.org"})
    assert "new_password" in moved.context["form"].errors
    client.post(url, form | {"new_password": "", "active": ""})
    account.refresh_from_db()
    assert (account.host, account.active) == ("imap.example.org", False)
    assert envelopes.open_(account.password, account.owner) == {"password": " secret with blanks "}
    assert [entry.verb for entry in Entry.objects.about(account)] == ["create", "edit"]


def test_only_people_of_the_office_answer_for_a_mailbox(world, client):
    client.force_login(world.admin)
    offered = client.get(reverse("petitions:mail-account-new")).context["form"].fields["registrar"].queryset
    assert set(offered) == {world.office, world.office2, world.chief}


def test_trying_the_connection_says_what_is_wrong(world, client, account):
    client.force_login(world.admin)
    account.host, account.port = "127.0.0.1", 1
    account.save()
    answer = client.post(reverse("petitions:mail-account-try", args=[account.pk]), follow=True)
    assert "连不上邮件服务器" in answer.content.decode()


def test_the_page_tells_when_a_mailbox_fails(world, client, account, monkeypatch):
    def failing(_account):
        raise MailboxError("login")

    monkeypatch.setattr(connection, "opened", failing)
    collecting.collect(account)
    client.force_login(world.office)
    assert "用户名或密码被拒绝" in client.get(reverse("petitions:mail")).content.decode()


@pytest.mark.parametrize("rows", [5, 25])
def test_the_list_asks_as_much_for_many_as_for_few(world, client, account, rows, django_assert_max_num_queries):
    for number in range(rows):
        facts = {"uid": number, "message_key": str(number), "received_at": timezone.now()}
        MailItem.objects.create(account=account, uidvalidity=1, size=1, state="parked", reason="unreadable", **facts)
    client.force_login(world.office)
    with django_assert_max_num_queries(18):
        client.get(reverse("petitions:mail"))


def test_the_command_and_the_task_read_every_mailbox(world, account, monkeypatch, capsys):
    server = Server(mail(subject=b"letter", body=b"1"))
    monkeypatch.setattr(connection, "opened", lambda _account: server)
    call_command("fetch_mail")
    assert "新收 1，登记 1" in capsys.readouterr().out
    server.mails[2] = mail(subject=b"letter", body=b"2")
    assert tasks.fetch_mail() == 1
    account.active = False
    account.save()
    server.mails[3] = mail(subject=b"letter", body=b"3")
    assert tasks.fetch_mail() == 0


def test_the_command_fails_loudly(world, account, monkeypatch):
    def failing(_account):
        raise MailboxError("tls")

    monkeypatch.setattr(connection, "opened", failing)
    with pytest.raises(CommandError):
        call_command("fetch_mail")
