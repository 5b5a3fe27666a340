"""Addresses of the petitions floor, by object."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from petitions.views import (
    agency,
    box,
    disposal,
    exclusion,
    export,
    identity,
    importing,
    listing,
    mailbox,
    original,
    panels,
    petition,
    register,
    slip,
    triage,
)
from rounds.models import Channel


class NumberConverter(StringConverter):
    """A petition's number: round, year, place."""

    regex = r"[A-Z][A-Z0-9]{1,19}(?:-[0-9]{4,8}){1,2}"


class SlipConverter(StringConverter):
    """A transfer slip's number: round, 转办, year, place."""

    regex = r"[A-Z][A-Z0-9]{1,19}-ZB-[0-9]{4}-[0-9]{4,8}"


class IdentityConverter(StringConverter):
    """The number of an identity request: round, 身份, year, place."""

    regex = r"[A-Z][A-Z0-9]{1,19}-SF-[0-9]{4}-[0-9]{4,8}"


class DisposalConverter(StringConverter):
    """The number of a disposal: round, 销毁, year, place."""

    regex = r"[A-Z][A-Z0-9]{1,19}-XH-[0-9]{4}-[0-9]{4,8}"


class ExportConverter(StringConverter):
    """The number of an export of the register."""

    regex = r"DC-[0-9]{4}-[0-9]{4,8}"


class ChannelConverter(StringConverter):
    """A channel's code."""

    regex = "|".join(Channel.Kind.values)


register_converter(NumberConverter, "petition")
register_converter(ChannelConverter, "channel")
register_converter(SlipConverter, "slip")
register_converter(ExportConverter, "export")
register_converter(IdentityConverter, "identity")
register_converter(DisposalConverter, "disposal")

app_name = "petitions"

LISTS = [
    path("petitions/", listing.petition_list, name="list"),
    path("petitions/bulk/", listing.bulk, name="bulk"),
    path("petitions/ledger/", listing.ledger, name="ledger"),
    path("petitions/ledger/public/", listing.ledger_public, name="ledger-public"),
]
REGISTERING = [
    path("petitions/new/", register.new, name="new"),
    path("petitions/new/sealed/", register.sealed, name="sealed"),
    path("petitions/new/scope/", panels.scope, name="scope"),
    path("petitions/new/alike/", panels.alike, name="alike"),
    path("petitions/of-assignment/<str:number>/", panels.of_assignment, name="assignment_panel"),
    path("petitions/new/<channel:kind>/", register.register, name="register"),
]
BOXES = [
    path("petitions/boxes/", box.boxes, name="boxes"),
    path("petitions/boxes/new/", box.box_new, name="box-new"),
    path("petitions/boxes/<int:pk>/", box.box, name="box"),
]
SLIPS = [
    path("petitions/slips/", slip.slips, name="slips"),
    path("petitions/slips/chase/", slip.slips_chase, name="slips-chase"),
    path("petitions/slips/receive/", slip.slips_receive, name="slips-receive"),
    path("petitions/slips/letters.pdf", slip.slips_letters, name="slips-letters"),
    path("petitions/slips/<slip:number>/", slip.slip, name="slip"),
    path("petitions/slips/<slip:number>/letter.docx", slip.slip_letter, name="slip-letter"),
    path("petitions/slips/<slip:number>/receive/", slip.receive, name="slip-receive"),
    path("petitions/slips/<slip:number>/handle/", slip.handle, name="slip-handle"),
    path("petitions/slips/<slip:number>/reply/", slip.reply, name="slip-reply"),
    path("petitions/slips/<slip:number>/redo/", slip.redo, name="slip-redo"),
    path("petitions/slips/<slip:number>/conclude/", slip.conclude, name="slip-conclude"),
    path("petitions/slips/<slip:number>/refuse/", slip.refuse, name="slip-refuse"),
    path("petitions/slips/<slip:number>/chase/", slip.chase, name="slip-chase"),
    path("petitions/slips/<slip:number>/original/", original.ask, name="original-ask"),
    path("petitions/slips/originals/<int:pk>/", original.original, name="original"),
    path("petitions/slips/originals/<int:pk>/approve/", original.approve, name="original-approve"),
    path("petitions/slips/originals/<int:pk>/refuse/", original.refuse, name="original-refuse"),
    path("petitions/slips/originals/<int:pk>/withdraw/", original.withdraw, name="original-withdraw"),
    path("petitions/agencies/", agency.agencies, name="agencies"),
    path("petitions/agencies/new/", agency.agency_new, name="agency-new"),
    path("petitions/agencies/<int:pk>/", agency.agency, name="agency"),
]
IMPORTS = [
    path("petitions/import/", importing.imports, name="imports"),
    path("petitions/import/<int:pk>/", importing.batch, name="import"),
    path("petitions/import/<int:pk>/progress/", importing.batch_progress, name="import-progress"),
    path("petitions/import/<int:pk>/confirm/", importing.batch_confirm, name="import-confirm"),
    path("petitions/import/<int:pk>/discard/", importing.batch_discard, name="import-discard"),
]
MAIL = [
    path("petitions/mail/", mailbox.mail, name="mail"),
    path("petitions/mail/accounts/", mailbox.accounts, name="mail-accounts"),
    path("petitions/mail/accounts/new/", mailbox.account_new, name="mail-account-new"),
    path("petitions/mail/accounts/<int:pk>/", mailbox.account, name="mail-account"),
    path("petitions/mail/accounts/<int:pk>/try/", mailbox.account_try, name="mail-account-try"),
    path("petitions/mail/<int:pk>/", mailbox.mail_item, name="mail-item"),
    path("petitions/mail/<int:pk>/raw/", mailbox.mail_raw, name="mail-raw"),
    path("petitions/mail/<int:pk>/retry/", mailbox.mail_retry, name="mail-retry"),
    path("petitions/mail/<int:pk>/register/", mailbox.mail_by_hand, name="mail-by-hand"),
]
EXPORTS = [
    path("petitions/export.xlsx", export.export, name="export"),
    path("petitions/exports/<export:number>/", export.export_run, name="export-run"),
    path("petitions/exports/<export:number>/progress/", export.export_progress, name="export-progress"),
    path("petitions/exports/<export:number>/file/", export.export_file, name="export-file"),
]
IDENTITY = [
    path("petitions/identity/", identity.requests, name="identity-requests"),
    path("petitions/identity/<identity:number>/", identity.request_page, name="identity-request"),
    path("petitions/identity/<identity:number>/approve/", identity.approve, name="identity-approve"),
    path("petitions/identity/<identity:number>/refuse/", identity.refuse, name="identity-refuse"),
    path("petitions/identity/<identity:number>/withdraw/", identity.withdraw, name="identity-withdraw"),
    path("petitions/identity/<identity:number>/close/", identity.close, name="identity-close"),
    path("petitions/<petition:number>/identity/", identity.identity, name="identity"),
    path("petitions/<petition:number>/identity/ask/", identity.ask, name="identity-ask"),
]
DISPOSALS = [
    path("petitions/disposals/", disposal.disposals, name="disposals"),
    path("petitions/disposals/<disposal:number>/", disposal.disposal, name="disposal"),
    path("petitions/disposals/<disposal:number>/approve/", disposal.approve, name="disposal-approve"),
    path("petitions/disposals/<disposal:number>/destroy/", disposal.destroy, name="disposal-destroy"),
    path("petitions/disposals/<disposal:number>/refuse/", disposal.refuse, name="disposal-refuse"),
    path("petitions/disposals/<disposal:number>/withdraw/", disposal.withdraw, name="disposal-withdraw"),
    path("petitions/<petition:number>/dispose/", disposal.propose, name="dispose"),
    path("petitions/<petition:number>/hold/", disposal.hold, name="hold"),
    path("petitions/<petition:number>/unhold/", disposal.unhold, name="unhold"),
]
PETITION = [
    path("petitions/<petition:number>/", petition.petition, name="petition"),
    path("petitions/<petition:number>/files/<int:pk>/", petition.attachment, name="attachment"),
    path("petitions/<petition:number>/alike/", panels.alike_to, name="alike-to"),
    path("petitions/<petition:number>/accept/", triage.accept, name="accept"),
    path("petitions/<petition:number>/transfer/", slip.transfer, name="transfer"),
    path("petitions/<petition:number>/hand_up/", triage.hand_up, name="hand_up"),
    path("petitions/<petition:number>/link_repeat/", triage.link_repeat, name="link_repeat"),
    path("petitions/<petition:number>/file/", triage.file, name="file"),
    path("petitions/<petition:number>/check/", triage.check, name="check"),
    path("petitions/<petition:number>/conclude/", triage.conclude, name="conclude"),
    path("petitions/<petition:number>/retake/", triage.retake, name="retake"),
    path("petitions/<petition:number>/reopen/", triage.reopen, name="reopen"),
    path("petitions/<petition:number>/extend/", triage.extend, name="extend"),
    path("petitions/<petition:number>/correct/", triage.correct, name="correct"),
    path("petitions/<petition:number>/verify_signer/", triage.verify_signer, name="verify_signer"),
    path("petitions/<petition:number>/supplement/", triage.supplement, name="supplement"),
    path("petitions/<petition:number>/recuse/", exclusion.recuse, name="recuse"),
    path("petitions/<petition:number>/exclusions/", exclusion.exclusions, name="exclusions"),
    path("petitions/<petition:number>/exclusions/<int:pk>/lift/", exclusion.lift, name="exclusion-lift"),
    path("petitions/<petition:number>/exclusions/<int:pk>/confirm/", exclusion.confirm, name="exclusion-confirm"),
    path("petitions/<petition:number>/liftings/<int:pk>/agree/", exclusion.agree, name="lifting-agree"),
]

urlpatterns = [*LISTS, *REGISTERING, *BOXES, *SLIPS, *IMPORTS, *MAIL, *EXPORTS, *IDENTITY, *DISPOSALS, *PETITION]
