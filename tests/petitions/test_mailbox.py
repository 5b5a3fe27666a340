"""From kept bytes to a petition: registered, or parked with its reason; tried again, or registered by hand."""

import datetime as dt
import io

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from inspection.trail.models import Entry
from inspection.vault import envelopes, files
from petitions import intake
from petitions.mailbox import accounts, collecting, connection
from petitions.models import MailAccount, MailItem, Petition
from tests.petitions.mails import MAILS, PNG, SAID, TNEF, attached, mail, text_part, with_parts, word


class Server:
    """A mailbox in memory, in place of `connection.opened`. `broken` UIDs are not handed out."""

    def __init__(self, *raws):
        self.uidvalidity = 7
        self.mails = dict(enumerate(raws, start=1))
        self.broken = set()
        self.received_at = timezone.now()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        return False

    def uids_after(self, last):
        return sorted(uid for uid in self.mails if uid > last)

    def facts(self, uid):
        return connection.Facts(len(self.mails[uid]), self.received_at) if uid in self.mails else None

    def mail(self, uid):
        return None if uid in self.broken else self.mails[uid]

    def header(self, uid):
        return self.mails[uid].split(b"\r\n\r\n")[0]


@pytest.fixture
def account(world):
    channel = world.assignment_a.channels.get(kind="email")
    account = MailAccount(channel=channel, registrar=world.office, host="localhost", username="box")
    return accounts.save(account, by=world.admin, password="secret-of-the-box")


@pytest.fixture
def serve(account, monkeypatch):
    def use(*raws):
        server = Server(*raws)
        monkeypatch.setattr(connection, "opened", lambda _account: server)
        return server

    return use


def letter(number=1, body=SAID):
    return mail(subject=b"letter %d" % number, body=body.encode()).replace(b"<1@", b"<%d@" % number)


def run(account):
    return collecting.collect(MailAccount.objects.get(pk=account.pk))


def test_a_mail_becomes_a_petition_of_its_channel(account, serve, world):
    serve(MAILS[20].raw)
    assert run(account).registered == 1
    petition = Petition.objects.get()
    assert (petition.assignment, petition.channel_kind, petition.channel) == (world.assignment_a, "email", account.channel)
    assert (petition.subject, petition.text) == ("关于低保的反映", SAID)
    assert (petition.registered_by, petition.signature) == (world.office, "signed")
    identity = envelopes.open_(petition.identity, petition.owner)
    assert identity == {"name": "周某某", "email": "zhou@example.org"}
    assert MailItem.objects.get().petition == petition


def test_a_platform_name_is_no_signature(account, serve):
    serve(mail(sender=b"happy2026 <h@example.org>", subject=b"x", body=SAID.encode()))
    run(account)
    petition = Petition.objects.get()
    assert petition.signature == "anonymous"
    assert envelopes.open_(petition.identity, petition.owner)["account"] == "happy2026"


def test_attachments_are_kept_and_refused_ones_counted(account, serve):
    serve(
        with_parts(
            text_part(),
            attached(b'filename="a.png"'),
            attached(b'filename="winmail.dat"', TNEF),
            attached(b'filename="x.exe"', b"MZ" + bytes(90)),
        )
    )
    run(account)
    petition = Petition.objects.get()
    (attachment,) = petition.attachments.all()
    assert (attachment.file.name, b"".join(files.chunks(attachment.file))) == ("a.png", PNG)
    assert MailItem.objects.get().refused == 2
    assert Entry.objects.about(petition).get(verb="attachments_refused").facts["count"] == 2


def test_a_mail_within_a_mail_is_kept(account, serve):
    serve(next(sent for sent in MAILS if sent.name == "mail within the mail").raw)
    run(account)
    (attachment,) = Petition.objects.get().attachments.all()
    assert (attachment.file.name, attachment.file.media_type) == ("原来的信.eml", "message/rfc822")


@pytest.mark.parametrize(
    "raw, reason",
    [
        (b"\x00\x01\x02", "unreadable"),
        (mail(subject=None, body=b""), "no_content"),
        (mail(subject=b"  ", body=b" \r\n"), "no_content"),
        (with_parts(text_part(""), attached(b'filename="x.exe"', b"MZ" + bytes(90))), "bad_attachment"),
        (mail(content=b"application/pkcs7-mime; name=smime.p7m", encoding=b"base64", body=b"AAECAwQFBgcICQ=="), "bad_attachment"),
    ],
)
def test_what_cannot_be_registered_is_parked_with_its_reason(account, serve, raw, reason):
    serve(raw, letter(2))
    tally = run(account)
    assert (tally.registered, tally.parked) == (1, 1)
    item = MailItem.objects.get(state="parked")
    assert (item.reason, item.petition) == (reason, None)
    assert b"".join(files.chunks(item.raw)) == raw


def test_a_subject_alone_says_enough(account, serve):
    serve(mail(subject=word("村支书孙某多占宅基地", "utf-8"), body=b""))
    run(account)
    assert Petition.objects.get().text == "村支书孙某多占宅基地"


def test_pictures_alone_are_registered(account, serve):
    serve(with_parts(attached(b'filename="a.png"'), subject=None))
    run(account)
    petition = Petition.objects.get()
    assert (petition.text, petition.attachments.count()) == ("（正文为空，见附件。）", 1)


def test_a_very_long_mail_is_kept_whole(account, serve):
    serve(letter(1, "长" * 60_000))
    run(account)
    petition = Petition.objects.get()
    assert len(petition.text) == 50_000
    (attachment,) = petition.attachments.all()
    assert b"".join(files.chunks(attachment.file)).decode() == "长" * 60_000


def test_after_the_closing_day_a_mail_is_parked_and_comes_in_when_the_day_is_moved(account, serve, world):
    account.channel.closes_on = timezone.localdate() - dt.timedelta(days=1)
    account.channel.save()
    serve(letter())
    run(account)
    item = MailItem.objects.get()
    assert (item.state, item.reason) == ("parked", "closed")
    account.channel.closes_on = timezone.localdate()
    account.channel.save()
    assert collecting.retry(item, by=world.office).state == "registered"


def test_what_the_server_does_not_hand_out_is_parked_and_fetched_again_later(account, serve, world):
    server = serve(letter(1), letter(2))
    server.broken = {1}
    assert run(account).parked == 1
    item = MailItem.objects.get(state="parked")
    assert (item.reason, item.raw) == ("unreadable", None)
    assert collecting.retry(item, by=world.office).state == "fetched"
    server.broken = set()
    run(account)
    item.refresh_from_db()
    assert (item.state, item.petition.subject) == ("registered", "letter 1")


def test_the_same_mail_twice_in_the_box_is_registered_once(account, serve):
    serve(letter(1), letter(1), letter(2))
    tally = run(account)
    assert (tally.new, tally.known) == (2, 1)
    assert Petition.objects.count() == 2


def test_another_mail_under_a_borrowed_message_id_is_not_lost(account, serve):
    serve(letter(1, "第一封"), letter(1, "第二封"))
    run(account)
    assert {petition.text for petition in Petition.objects.all()} == {"第一封", "第二封"}


def test_the_same_mail_to_two_mailboxes_is_two_entries(account, serve, world):
    other = MailAccount(channel=world.assignment_c.channels.get(kind="email"), registrar=world.office, host="x", username="y")
    accounts.save(other, by=world.admin, password="x")
    serve(letter(1))
    assert [tally.registered for tally in collecting.collect_all()] == [1, 1]
    assert Petition.objects.count() == 2


class Killed(BaseException):
    """The process ends here, as far as anybody can tell."""


@pytest.mark.parametrize("place", ["_store", "_register", "_birth", "_count"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_stopped_anywhere_nothing_is_lost_or_doubled(account, serve, monkeypatch, place, after):
    serve(letter(1), letter(2), letter(3))
    real, calls = getattr(collecting, place), []

    def deadly(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2 and not after:
            raise Killed
        result = real(*args, **kwargs)
        if len(calls) == 2:
            raise Killed
        return result

    monkeypatch.setattr(collecting, place, deadly)
    with pytest.raises(Killed):
        run(account)
    monkeypatch.setattr(collecting, place, real)
    run(account)
    assert sorted(petition.subject for petition in Petition.objects.all()) == ["letter 1", "letter 2", "letter 3"]
    assert set(MailItem.objects.values_list("state", flat=True)) == {"registered"}
    assert run(account).new == 0


def test_an_error_while_registering_parks_the_mail_and_goes_on(account, serve, world, monkeypatch):
    serve(letter(1), letter(2))
    real = intake.register

    def failing(*args, **kwargs):
        if kwargs["subject"] == "letter 1":
            raise RuntimeError("words of the mail")
        return real(*args, **kwargs)

    monkeypatch.setattr(intake, "register", failing)
    tally = run(account)
    assert (tally.registered, tally.parked) == (1, 1)
    item = MailItem.objects.get(state="parked")
    assert item.reason == "error"
    monkeypatch.setattr(intake, "register", real)
    assert collecting.retry(item, by=world.office).state == "registered"
    assert Entry.objects.about(item).get().verb == "mail_retry"


def test_a_registrar_without_the_right_keeps_the_mail_waiting(account, serve, world):
    MailAccount.objects.update(registrar=world.outsider)
    serve(letter())
    assert run(account).error == "registrar"
    assert MailItem.objects.get().state == "fetched"
    MailAccount.objects.update(registrar=world.office)
    run(account)
    assert MailItem.objects.get().state == "registered"


def test_one_mailbox_that_fails_does_not_stop_the_next(account, world, monkeypatch):
    second = MailAccount(channel=world.assignment_c.channels.get(kind="email"), registrar=world.office, host="x", username="y")
    accounts.save(second, by=world.admin, password="x")
    server = Server(letter())

    def opened(asked):
        if asked.pk == account.pk:
            raise RuntimeError("anything")
        return server

    monkeypatch.setattr(connection, "opened", opened)
    assert [(tally.error, tally.registered) for tally in collecting.collect_all()] == [("error", 0), ("", 1)]


def test_a_parked_mail_is_registered_by_hand_once(account, serve, world):
    serve(b"\x00\x01\x02")
    run(account)
    item = MailItem.objects.get()
    petition = collecting.register_by_hand(item, by=world.office2, subject="附件打不开", text="来信称见附件", reporter={})
    assert (item.state, item.petition, petition.registered_by) == ("registered", petition, world.office2)
    with pytest.raises(intake.AlreadyRegistered):
        collecting.register_by_hand(item, by=world.office, subject="x", text="y", reporter={})
    assert Petition.objects.count() == 1


def test_registering_by_hand_with_nothing_said_leaves_it_parked(account, serve, world):
    serve(b"\x00\x01\x02")
    run(account)
    item = MailItem.objects.get()
    with pytest.raises(ValidationError):
        collecting.register_by_hand(item, by=world.office, subject="", text="", reporter={})
    item.refresh_from_db()
    assert item.state == "parked"


def test_the_password_is_sealed_and_kept_when_the_field_is_left_empty(account, world):
    assert b"secret-of-the-box" not in bytes(account.password.sealed)
    account.active = False
    accounts.save(account, by=world.admin)
    fresh = MailAccount.objects.get()
    assert envelopes.open_(fresh.password, fresh.owner) == {"password": "secret-of-the-box"}
    assert "secret" not in str([entry.facts for entry in Entry.objects.all()])


def test_another_server_needs_the_password_again(account, world):
    account.host = "imap.evil.example"
    with pytest.raises(ValidationError) as refused:
        accounts.save(account, by=world.admin)
    assert list(refused.value.message_dict) == ["new_password"]
    assert MailAccount.objects.get().host == "localhost"
    accounts.save(account, by=world.admin, password="of the new server")
    assert MailAccount.objects.get().host == "imap.evil.example"


def test_another_folder_with_the_same_uidvalidity_is_read_from_its_beginning(account, serve, world):
    serve(letter(1), letter(2))
    run(account)
    account.folder = "举报"
    accounts.save(account, by=world.admin)
    serve(letter(3), letter(2))
    tally = run(account)
    assert (tally.new, tally.known, Petition.objects.count()) == (1, 1, 3)


def test_no_word_of_a_mail_reaches_the_log(account, serve, caplog):
    serve(mail(subject=word("机密标题", "utf-8"), body="机密正文".encode()), b"\x00")
    with caplog.at_level("DEBUG"):
        run(account)
    assert "机密" not in caplog.text
    assert "secret-of-the-box" not in caplog.text


def test_the_figures_add_up(account, serve):
    serve(*[letter(number) for number in range(39)], b"\x00")
    tally = run(account)
    assert (tally.new, tally.registered, tally.parked) == (40, 39, 1)


def test_raw_mail_of_any_kind_can_be_kept(account):
    stored = files.store(io.BytesIO(bytes(range(256))), "mail.eml", owner="mail:1", media_type="message/rfc822")
    assert b"".join(files.chunks(stored)) == bytes(range(256))


def test_a_mail_waits_while_the_virus_scanner_is_away(account, serve, settings, tmp_path):
    serve(with_parts(text_part("附照片。"), attached(b'filename="a.png"')))
    settings.CLAMD_SOCKET = str(tmp_path / "nobody")
    collecting.collect(account)
    item = MailItem.objects.get()
    assert (item.state, item.reason, item.petition) == ("parked", "error", None)
    settings.CLAMD_SOCKET = ""
    assert collecting.retry(item, by=account.registrar).petition.attachments.count() == 1
