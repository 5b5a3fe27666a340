"""Addresses of the petitions floor, by object."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from petitions.views import box, listing, panels, petition, register, triage
from rounds.models import Channel


class NumberConverter(StringConverter):
    """A petition's number: round, year, place."""

    regex = r"[A-Z][A-Z0-9]{1,19}(?:-[0-9]{4,8}){1,2}"


class ChannelConverter(StringConverter):
    """A channel's code."""

    regex = "|".join(Channel.Kind.values)


register_converter(NumberConverter, "petition")
register_converter(ChannelConverter, "channel")

app_name = "petitions"

LISTS = [
    path("petitions/", listing.petition_list, name="list"),
    path("petitions/bulk/", listing.bulk, name="bulk"),
    path("petitions/ledger/", listing.ledger, name="ledger"),
]
REGISTERING = [
    path("petitions/new/", register.new, name="new"),
    path("petitions/new/sealed/", register.sealed, name="sealed"),
    path("petitions/new/scope/", panels.scope, name="scope"),
    path("petitions/new/alike/", panels.alike, name="alike"),
    path("petitions/new/<channel:kind>/", register.register, name="register"),
]
BOXES = [
    path("petitions/boxes/", box.boxes, name="boxes"),
    path("petitions/boxes/new/", box.box_new, name="box-new"),
    path("petitions/boxes/<int:pk>/", box.box, name="box"),
]
PETITION = [
    path("petitions/<petition:number>/", petition.petition, name="petition"),
    path("petitions/<petition:number>/files/<int:pk>/", petition.attachment, name="attachment"),
    path("petitions/<petition:number>/alike/", panels.alike_to, name="alike-to"),
    path("petitions/<petition:number>/accept/", triage.accept, name="accept"),
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
]

urlpatterns = [*LISTS, *REGISTERING, *BOXES, *PETITION]
