"""What is read out of a mail: every mail of `mails.MAILS` as people's programs send them, and mails built to break a reader."""

import pytest

from petitions.mailbox import reading
from petitions.mailbox.charsets import decode
from petitions.mailbox.errors import Unreadable
from petitions.mailbox.plain import from_html
from tests.petitions.mails import MAILS, PDF, PNG, SAID, mail, multipart, text_part, with_parts


@pytest.mark.parametrize("sent", MAILS, ids=lambda sent: sent.name)
def test_every_mail_is_read_as_it_was_written(sent):
    letter = reading.read(sent.raw)
    assert letter.subject == sent.subject
    assert sent.says in letter.text
    assert (letter.sender_name, letter.sender_address) == sent.sender
    assert [name for name, _content in letter.attachments] == sent.files


def test_there_are_enough_of_them():
    assert len(MAILS) >= 50


def test_attachments_keep_their_bytes():
    sent = next(sent for sent in MAILS if sent.name == "two of one name")
    assert [content for _name, content in reading.read(sent.raw).attachments] == [PDF, PDF]
    sent = next(sent for sent in MAILS if sent.name == "picture inside the text")
    assert [content for _name, content in reading.read(sent.raw).attachments] == [PNG]


def test_a_mail_within_a_mail_keeps_its_header_and_body():
    sent = next(sent for sent in MAILS if sent.name == "mail within the mail")
    ((_name, content),) = reading.read(sent.raw).attachments
    inner = reading.read(content)
    assert (inner.subject, inner.text) == ("原来的信", "里面的内容")


def test_scripts_and_styles_are_not_words():
    assert from_html("<style>p{}</style><p>甲</p><script>乙()</script><title>丙</title>丁") == "甲\n丁"


def test_a_head_that_is_never_closed_does_not_swallow_the_letter():
    assert from_html("<html><head><meta charset=utf-8><body><p>甲</p>") == "甲"


def test_nested_deeper_than_any_program_sends_is_unreadable():
    content, body = multipart(b"mixed", text_part())
    for place in range(60):
        content, body = multipart(b"mixed", ([b"Content-Type: " + content], body), boundary=b"b%d" % place)
    with pytest.raises(Unreadable):
        reading.read(mail(content=content, body=body))


def test_a_thousand_parts_are_unreadable():
    with pytest.raises(Unreadable):
        reading.read(with_parts(*[text_part("甲")] * 1000))


@pytest.mark.parametrize("raw", [b"", b"\x00\x01\x02", b"\r\n\r\n"], ids=["empty", "binary", "blank"])
def test_what_is_no_mail_is_unreadable(raw):
    with pytest.raises(Unreadable):
        reading.read(raw)


@pytest.mark.parametrize("cut", range(0, 1500, 37))
def test_a_mail_cut_anywhere_is_read_or_refused(cut):
    raw = next(sent for sent in MAILS if sent.name == "continued name after RFC 2231").raw[:cut]
    try:
        reading.read(raw)
    except Unreadable:
        assert cut < 60 or not raw


def test_the_same_mail_has_the_same_key_whatever_the_server_adds():
    raw = mail(subject=b"x", body=SAID.encode())
    rebuilt = b"X-Server: added\r\n" + raw.replace(b"\r\n", b"\n")
    assert reading.message_key(raw) == reading.message_key(rebuilt)


def test_another_mail_that_borrows_a_message_id_has_another_key():
    assert reading.message_key(mail(body=b"one")) != reading.message_key(mail(body=b"two"))


def test_mails_without_message_id_are_told_apart():
    def without(body):
        return mail(body=body).replace(b"Message-ID: <1@example.org>\r\n", b"")

    assert reading.message_key(without(b"one")) == reading.message_key(without(b"one"))
    assert reading.message_key(without(b"one")) != reading.message_key(without(b"two"))


@pytest.mark.parametrize(
    "raw, declared", [(bytes(range(256)), "gb2312"), (b"\x81", "big5"), (b"+AH", "utf-7"), (b"xn--\xff", "punycode")]
)
def test_decoding_never_raises(raw, declared):
    assert isinstance(decode(raw, declared), str)
