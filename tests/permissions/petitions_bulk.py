"""Slips, agencies, imports, mailboxes, exports: who gets through."""

import io

import openpyxl
from django.utils import timezone

from inspection.vault import envelopes, files
from petitions.importing import batches
from petitions.mailbox import accounts
from petitions.models import MailAccount, MailItem, RegisterExport
from petitions.workflow import transfer
from tests.permissions import Row, some
from tests.petitions.making import make_petition

GROUP_1 = ("leader1", "deputy1", "coordinator1", "member1")
TRIAGING_1 = ("leader1", "deputy1", "coordinator1")
OFFICE = ("office", "chief")
ANY_GROUP = (*GROUP_1, "recused1", "leader2", "member2")


def a_petition(world):
    world.petition = make_petition(world.assignment_a, world.office)


def a_slip(world):
    a_petition(world)
    world.slip = transfer.transfer(
        world.petition, by=world.office, receiver=world.agency, extract="请处理。", sent_on=timezone.localdate()
    )


def a_received_slip(world):
    a_slip(world)
    world.slip = transfer.receive(world.slip, by=world.office, date=timezone.localdate())


def an_answered_slip(world):
    a_received_slip(world)
    world.slip = transfer.reply(world.slip, by=world.office, date=timezone.localdate(), text="已办。")


def sheet(*rows) -> io.BytesIO:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def a_batch(world):
    rows = [["收到时间", "主要内容"], ["2026-01-05", "占道经营"]]
    world.batch = batches.upload(sheet(*rows), "a.xlsx", "petitions", by=world.office, assignment=world.assignment_a)


def an_account(world):
    channel = world.assignment_a.channels.get(kind="email")
    account = MailAccount(channel=channel, registrar=world.office, host="127.0.0.1", port=1, username="box")
    world.account = accounts.save(account, by=world.office, password="x")


def a_parked_mail(world):
    an_account(world)
    world.item = MailItem(account=world.account, uidvalidity=1, uid=1, message_key="k", size=3, received_at=timezone.now())
    world.item.state, world.item.reason = "parked", "unreadable"

    world.item.raw = files.store(io.BytesIO(b"raw"), "mail.eml", owner=world.item.owner, media_type="message/rfc822")
    world.item.save()


def an_export(world):

    export = RegisterExport(number="DC-2026-0001", made_by=world.office, total=1, language="zh-hans", state="done")
    export.filters = envelopes.seal("export.filters", export.owner, {"query": ""})
    export.file = files.store(io.BytesIO(b"x"), "a.xlsx", owner=export.owner, media_type="x")
    export.save()
    world.export = export


def verb(name, things, *, who=TRIAGING_1, others=("member1",)) -> list[Row]:
    """A verb's page and its posting, on a slip of unit_a."""
    expected = some(200, *(("office", "chief") if "office" not in others else ()), *who) | some(403, *others)
    return [
        Row(f"petitions:slip-{name}", expected, 404, args=lambda world: [world.slip.number], things=things),
        Row(
            f"petitions:slip-{name}",
            some(400, *(person for person, code in expected.items() if code == 200)) | some(403, *others),
            404,
            args=lambda world: [world.slip.number],
            method="post",
            things=things,
            note="without the version of a page",
        ),
    ]


ROWS = [
    Row("petitions:slips", some(200, *OFFICE, *ANY_GROUP), 403),
    Row("petitions:slips-chase", some(302, *OFFICE, *ANY_GROUP), 403, method="post"),
    Row("petitions:slips-receive", some(302, *OFFICE, *ANY_GROUP), 403, method="post"),
    Row("petitions:slips-letters", some(302, *OFFICE, *ANY_GROUP), 403, note="there is none to print"),
    Row(
        "petitions:slip",
        some(200, *OFFICE, *GROUP_1),
        404,
        args=lambda world: [world.slip.number],
        things=a_slip,
    ),
    Row(
        "petitions:slip-letter",
        some(200, *OFFICE, *GROUP_1),
        404,
        args=lambda world: [world.slip.number],
        things=a_slip,
    ),
    Row(
        "petitions:transfer",
        some(200, *OFFICE, *TRIAGING_1) | some(403, "member1"),
        404,
        args=lambda world: [world.petition.number],
        things=a_petition,
    ),
    Row(
        "petitions:transfer",
        some(400, *OFFICE, *TRIAGING_1) | some(403, "member1"),
        404,
        args=lambda world: [world.petition.number],
        method="post",
        things=a_petition,
        note="without the version of a page",
    ),
    *verb("receive", a_slip),
    *verb("handle", a_received_slip),
    *verb("reply", a_received_slip),
    *verb("redo", an_answered_slip),
    *verb("refuse", a_slip),
    *verb("chase", a_slip),
    *[
        Row(
            "petitions:slip-conclude",
            some(code, "chief", "leader1", "deputy1") | some(403, "office", "coordinator1", "member1"),
            404,
            args=lambda world: [world.slip.number],
            method=method,
            things=an_answered_slip,
        )
        for method, code in (("get", 200), ("post", 400))
    ],
    Row("petitions:agencies", some(200, "admin", *OFFICE, *ANY_GROUP), 403),
    Row("petitions:agency-new", some(200, "admin", *OFFICE), 403),
    Row("petitions:agency-new", some(200, "admin", *OFFICE), 403, method="post"),
    Row("petitions:agency", some(200, "admin", *OFFICE), 403, args=lambda world: [world.agency.pk]),
    Row("petitions:agency", some(200, "admin", *OFFICE), 403, args=lambda world: [world.agency.pk], method="post"),
    Row("petitions:imports", some(200, "admin", *OFFICE, *TRIAGING_1, "leader2"), 403),
    Row("petitions:imports", some(200, "admin", *OFFICE, *TRIAGING_1, "leader2"), 403, method="post"),
    Row(
        "petitions:import",
        some(200, *OFFICE, *TRIAGING_1) | some(403, "member1"),
        404,
        args=lambda world: [world.batch.pk],
        things=a_batch,
    ),
    Row(
        "petitions:import-progress",
        some(200, *OFFICE, *TRIAGING_1) | some(403, "member1"),
        404,
        args=lambda world: [world.batch.pk],
        things=a_batch,
    ),
    Row(
        "petitions:import-confirm",
        some(302, *OFFICE, *TRIAGING_1) | some(403, "member1"),
        404,
        args=lambda world: [world.batch.pk],
        method="post",
        things=a_batch,
    ),
    Row(
        "petitions:import-discard",
        some(302, *OFFICE, *TRIAGING_1) | some(403, "member1"),
        404,
        args=lambda world: [world.batch.pk],
        method="post",
        things=a_batch,
    ),
    Row("petitions:mail", some(200, *OFFICE, *ANY_GROUP), 403),
    Row("petitions:mail-item", some(200, *OFFICE, *GROUP_1), 404, args=lambda world: [world.item.pk], things=a_parked_mail),
    Row(
        "petitions:mail-raw",
        some(200, *OFFICE) | some(403, *GROUP_1),
        404,
        args=lambda world: [world.item.pk],
        things=a_parked_mail,
    ),
    Row(
        "petitions:mail-retry",
        some(302, *OFFICE, *GROUP_1),
        404,
        args=lambda world: [world.item.pk],
        method="post",
        things=a_parked_mail,
    ),
    Row(
        "petitions:mail-by-hand",
        some(200, *OFFICE, *GROUP_1),
        404,
        args=lambda world: [world.item.pk],
        things=a_parked_mail,
    ),
    Row(
        "petitions:mail-by-hand",
        some(200, *OFFICE, *GROUP_1),
        404,
        args=lambda world: [world.item.pk],
        method="post",
        things=a_parked_mail,
    ),
    Row("petitions:mail-accounts", some(200, "admin", *OFFICE), 403),
    Row("petitions:mail-account-new", some(200, "admin", *OFFICE), 403),
    Row("petitions:mail-account-new", some(200, "admin", *OFFICE), 403, method="post"),
    Row("petitions:mail-account", some(200, "admin", *OFFICE), 403, args=lambda world: [world.account.pk], things=an_account),
    Row(
        "petitions:mail-account",
        some(200, "admin", *OFFICE),
        403,
        args=lambda world: [world.account.pk],
        method="post",
        things=an_account,
    ),
    Row(
        "petitions:mail-account-try",
        some(302, "admin", *OFFICE),
        403,
        args=lambda world: [world.account.pk],
        method="post",
        things=an_account,
    ),
    Row("petitions:export", some(200, *OFFICE, *ANY_GROUP), 403),
    Row("petitions:export", some(200, *OFFICE, *ANY_GROUP), 403, method="post"),
    Row("petitions:export-run", some(200, "office"), 404, args=lambda world: [world.export.number], things=an_export),
    Row("petitions:export-progress", some(200, "office"), 404, args=lambda world: [world.export.number], things=an_export),
    Row("petitions:export-file", some(200, "office"), 404, args=lambda world: [world.export.number], things=an_export),
]
