"""Identity requests, originals beside slips, disposals: who gets through."""

import io

from django.core.files.base import ContentFile
from django.utils import timezone

from inspection.vault import files
from petitions.models import MailItem
from petitions.workflow import disclosure, disposal, original, transfer
from petitions.workflow import petition as petitions
from tests.permissions import Row, some
from tests.petitions.registering import call

from .petitions_bulk import an_account

OFFICE = ("office", "chief")
LEADS = ("leader1", "deputy1")
READERS = (*OFFICE, "leader1", "deputy1", "coordinator1", "member1")
ANY_GROUP = (*OFFICE, "leader1", "deputy1", "coordinator1", "member1", "recused1", "leader2", "member2")


def a_petition(world):
    world.petition = call(world, reporter={"name": "钱来也"})


def a_request(world):
    """By leader1, waiting."""
    a_petition(world)
    world.asked = disclosure.ask(world.petition, by=world.leader1, reason="核实署名。")


def an_open_request(world):
    a_request(world)
    disclosure.approve(world.asked, by=world.custodian)


def an_original(world):
    """Asked for by coordinator1, waiting."""
    world.petition = call(world, files=[ContentFile(b"%PDF-1.4\n%%EOF\n", "a.pdf")])
    world.slip = transfer.transfer(
        world.petition, by=world.office, receiver=world.agency, extract="请处理。", sent_on=timezone.localdate()
    )
    world.release = original.ask(world.slip, by=world.coordinator1, reason="摘要说不清。")


def a_filed_petition(world):
    a_petition(world)
    petitions.file(world.petition, by=world.office, reason="误登。")


def a_disposal(world):
    """Proposed by office."""
    a_filed_petition(world)
    world.disposal = disposal.propose(world.petition, by=world.office, ground="wrong_entry", basis="第一条", reason="误登。")


def an_approved_disposal(world):
    a_disposal(world)
    disposal.approve(world.disposal, by=world.chief)


def a_held_petition(world):
    a_filed_petition(world)
    disposal.hold(world.petition, by=world.office, reason="有申诉。")


def a_registered_mail(world):
    """Registered from a mail, its identity open to leader1."""
    an_account(world)
    an_open_request(world)
    world.item = MailItem(account=world.account, uidvalidity=1, uid=1, message_key="k", size=3, received_at=timezone.now())
    world.item.state, world.item.petition = "registered", world.petition
    world.item.raw = files.store(io.BytesIO(b"raw"), "mail.eml", owner=world.item.owner, media_type="message/rfc822")
    world.item.save()


def number(world):
    return [world.petition.number]


def asked(world):
    return [world.asked.number]


def of_petition(route, things, expected, **more):
    return Row(f"petitions:{route}", expected, 404, args=number, things=things, **more)


def of_request(verb, things, expected, **more):
    return Row(f"petitions:identity-{verb}", expected, 404, args=asked, things=things, **more)


def of_release(route, expected, **more):
    return Row(
        f"petitions:{route}", expected | some(404, "accused1"), 404, args=lambda w: [w.release.pk], things=an_original, **more
    )


def of_disposal(route, things, expected, **more):
    return Row(f"petitions:{route}", expected, 404, args=lambda w: [w.disposal.number], things=things, **more)


KNOW_DISPOSALS = (*OFFICE, "custodian", "secadmin")

ROWS = [
    Row("petitions:identity-requests", some(200, *ANY_GROUP, "custodian"), 403),
    of_petition("identity", an_open_request, some(200, "leader1") | some(403, *OFFICE, "deputy1", "coordinator1", "member1")),
    of_petition("identity-ask", a_petition, some(200, *OFFICE, *LEADS) | some(403, "coordinator1", "member1")),
    of_petition("identity-ask", a_petition, some(200, *OFFICE, *LEADS) | some(403, "coordinator1", "member1"), method="post"),
    of_request("request", a_request, some(200, "custodian", "chief", "leader1")),
    of_request("approve", a_request, some(200, "custodian") | some(403, "chief", "leader1")),
    of_request("refuse", a_request, some(200, "custodian") | some(403, "chief", "leader1")),
    of_request("withdraw", a_request, some(200, "leader1") | some(403, "custodian", "chief")),
    of_request("close", an_open_request, some(200, "leader1", "custodian") | some(403, "chief")),
    Row(
        "petitions:mail-raw",
        some(200, "leader1") | some(403, *OFFICE, "deputy1", "coordinator1", "member1") | some(404, "accused1"),
        404,
        args=lambda w: [w.item.pk],
        things=a_registered_mail,
        note="registered: only under an open request",
    ),
    Row(
        "petitions:original-ask",
        some(200, *OFFICE, *LEADS, "coordinator1") | some(403, "member1"),
        404,
        args=lambda w: [w.slip.number],
        things=an_original,
    ),
    of_release("original", some(200, *READERS)),
    of_release("original-approve", some(200, "chief", "leader1") | some(403, "office", "deputy1", "coordinator1", "member1")),
    of_release("original-refuse", some(200, "chief", "leader1") | some(403, "office", "deputy1", "coordinator1", "member1")),
    of_release("original-withdraw", some(200, "coordinator1") | some(403, *OFFICE, *LEADS, "member1")),
    Row("petitions:disposals", some(200, *KNOW_DISPOSALS), 403),
    of_petition("dispose", a_filed_petition, some(200, *OFFICE) | some(403, *LEADS, "coordinator1", "member1")),
    of_petition("hold", a_filed_petition, some(200, *OFFICE) | some(403, *LEADS, "coordinator1", "member1")),
    of_petition("unhold", a_held_petition, some(200, "chief") | some(403, "office", *LEADS, "coordinator1", "member1")),
    of_disposal("disposal", a_disposal, some(200, *KNOW_DISPOSALS)),
    of_disposal("disposal-approve", a_disposal, some(200, "chief") | some(403, "office", "custodian", "secadmin")),
    of_disposal("disposal-destroy", an_approved_disposal, some(200, "custodian", "secadmin") | some(403, *OFFICE)),
    of_disposal("disposal-refuse", an_approved_disposal, some(200, "custodian", "secadmin") | some(403, *OFFICE)),
    of_disposal("disposal-withdraw", a_disposal, some(200, "office") | some(403, "chief", "custodian", "secadmin")),
]
