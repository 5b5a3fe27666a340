"""What somebody may not see leaks by no side door. A canary lies outside the reader's scope, another in a petition that is kept
from the reader; each test proves first or last that the same door shows the canary to whom it may.
"""

import io
import logging
import re
from types import SimpleNamespace

import openpyxl
import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from inspection.outbox.delivery import deliver_ready
from petitions import receipts, search
from petitions.models import BoxOpening, Petition, TransferSlip
from petitions.workflow import petition as verbs
from petitions.workflow import transfer
from petitions.workflow.box import open_box
from rectification.models import Clue, Finding
from rectification.workflow import clue as clues
from rectification.workflow import finding as findings
from rounds.models import Channel
from tests.petitions.registering import call
from tests.rectification.papers import TEXT, drafted_paper

CANARY = "朱雀衔枝"
REPORTER = {"name": "玄武某", "phone": "13900001111"}
CHANGING = re.compile(rb'csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"|X-CSRFToken[^}]*}|\d\d:\d\d(:\d\d)?|chart-\d+')


def hidden_things(world) -> SimpleNamespace:
    """Two petitions that leader1 must not know: one of the other group, one that names leader1; and what came of them."""
    persons = [{"name": "组长一"}]
    outside = call(world, world.assignment_c, by=world.leader2, subject=CANARY, text=f"{CANARY}不落地", reporter=REPORTER)
    named = call(world, by=world.office, subject=CANARY, text=f"{CANARY}不落地", persons=persons, reporter=REPORTER)
    slip = transfer.transfer(
        outside, by=world.office, receiver=world.agency, extract=f"{CANARY}请处理", sent_on=timezone.localdate()
    )
    paper_outside = drafted_paper(world, world.assignment_c, by=world.leader2, title=CANARY, sources=[outside])
    paper_named = drafted_paper(world, world.assignment_a, by=world.deputy1, title=CANARY, sources=[named])
    said = {"receiver": world.discipline_body, "level": "county", "discipline": "integrity"}
    clue = clues.propose(world.assignment_c, by=world.leader2, name="某人", matter=CANARY, **said)
    about = clues.propose(world.assignment_a, by=world.deputy1, name="组长一", matter=CANARY, **said)
    return SimpleNamespace(
        outside=outside, named=named, slip=slip, papers=(paper_outside, paper_named), clues=(clue, about), both=(outside, named)
    )


@pytest.fixture
def hidden(world):
    world.own = call(world, by=world.member1, days_ago=1)
    return hidden_things(world)


def fresh(user):
    """As the next request sees the user."""
    return type(user).objects.get(pk=user.pk)


def body(answer) -> bytes:
    return b"".join(answer) if answer.streaming else answer.content


class As:
    """A signed-in reader."""

    def __init__(self, client, user):
        self.client = client
        client.force_login(user)

    def get(self, url, **asked) -> str:
        answer = self.client.get(url, asked)
        assert answer.status_code == 200, (url, answer.status_code)
        return body(answer).decode()


PAGES = ("/", "/notices/", "/petitions/", "/petitions/ledger/", "/petitions/slips/", "/petitions/boxes/", "/petitions/mail/")
PAGES += ("/findings/", "/findings/to-sign/", "/clues/", "/rectification/", "/units/", "/reports/", "/people/")
LISTS = tuple(f"/api/v1/{name}/" for name in ("petitions", "findings", "clues", "feedbacks", "items", "assignments", "units"))


def test_no_overview_count_or_chart_changes_when_something_hidden_is_born(world, client):
    """The sharpest form: what leader1 gets before and after is the same, byte for byte; the office sees the difference."""
    own = call(world, by=world.member1, days_ago=1)
    box = Channel.objects.get(assignment=world.assignment_a, kind="box")
    opening = open_box(box, by=world.leader1, witness=world.member1, opened_at=timezone.now(), letters=3)
    pages = (*PAGES, *LISTS, reverse("petitions:assignment_panel", args=[world.assignment_a.number]))
    pages += (
        own.get_absolute_url(),
        reverse("petitions:box", args=[opening.pk]),
        reverse("petitions:alike-to", args=[own.number]),
    )

    def looked(user):
        client.force_login(fresh(user))
        answers = {url: client.get(url) for url in pages}
        return {url: CHANGING.sub(b"", body(answer)) for url, answer in answers.items() if answer.status_code == 200}

    deliver_ready()
    looked(world.leader1), looked(world.office)  # what a first reading writes is written
    before, office_before = looked(world.leader1), looked(world.office)
    assert len(before) > 12
    things = hidden_things(world)
    Petition.objects.filter(pk=things.named.pk).update(box_opening=opening, channel_kind="box", channel=box)
    receipts.recount()
    deliver_ready()
    after, office_after = looked(world.leader1), looked(world.office)
    assert [url for url in before if before[url] != after.get(url)] == []
    changed = {url for url in office_before if office_before[url] != office_after[url]}
    seen = {"/", "/petitions/", "/petitions/ledger/", "/petitions/slips/", "/petitions/boxes/", "/findings/", "/clues/"}
    assert changed >= seen and CANARY in office_after["/petitions/"].decode()


def test_charts_count_only_what_the_reader_sees(world, client, hidden):
    def received(user):
        client.force_login(fresh(user))
        panels = {panel.key: panel for panel in client.get("/").context["panels"]}
        return sum(sum(line["values"]) for line in panels["petitions-trend"].chart["series"])

    assert (received(world.leader1), received(world.office)) == (1, 3)


def test_moving_by_foreign_key_reaches_nothing_out_of_sight(world, client, hidden):
    """Linking, resting a paper, proposing a clue or registering with another's number or key is refused; the office may link."""
    leader = fresh(world.leader1)
    for foreign in hidden.both:
        with pytest.raises(ValidationError):
            verbs.link_repeat(world.own, by=leader, first=foreign)
        with pytest.raises(ValidationError):
            findings.draft(world.assignment_a, by=leader, sources=[foreign], responsibility="main", **TEXT)
        with pytest.raises(ValidationError):
            about = {"receiver": world.discipline_body, "level": "county", "discipline": "work", "name": "甲", "matter": "乙"}
            clues.propose(world.assignment_a, by=leader, petition=foreign, **about)
    with pytest.raises(PermissionDenied):
        call(world, world.assignment_c, by=leader)
    client.force_login(leader)
    url = reverse("petitions:link_repeat", args=[world.own.number])
    kind = {"content_type": "application/json"}
    step = f"/api/v1/petitions/{world.own.number}/link_repeat/"
    for foreign in hidden.both:
        assert client.post(url, {"version": world.own.version, "first": foreign.number}).status_code == 200
        assert client.post(step, {"first": foreign.number}, **kind).status_code == 400
    form = {"assignment": world.assignment_c.pk, "received_at_0": timezone.localdate(), "text": "占道", "subject": "占道"}
    assert client.post(reverse("petitions:register", args=["call"]), form).status_code == 200
    assert (
        Petition.objects.get(pk=world.own.pk).first is None
        and Petition.objects.filter(assignment=world.assignment_c).count() == 1
    )
    assert verbs.link_repeat(world.own, by=world.office, first=hidden.named).first == hidden.named


def test_a_number_out_of_sight_is_expanded_nowhere(world, client, hidden):
    """A repeat in sight of a first petition out of sight; a paper's sources; a slip's petition."""
    verbs.link_repeat(world.own, by=world.office, first=hidden.named)
    doors = (
        world.own.get_absolute_url(),
        f"/api/v1/petitions/{world.own.number}/",
        "/api/v1/petitions/",
        reverse("rectification:petition_panel", args=[world.own.number]),
        reverse("rectification:finding_new") + f"?assignment={world.assignment_a.number}",
    )
    for url in doors:
        shown = As(client, fresh(world.leader1)).get(url)
        assert hidden.named.number not in shown and CANARY not in shown, url
    assert hidden.named.number in As(client, world.office).get(doors[0])


def test_filters_answer_about_what_is_in_sight_only(world, client, hidden):
    """Neither a filter on what is hidden, nor a parameter that is no filter, tells one row from another."""
    verbs.link_repeat(world.own, by=world.office, first=hidden.named)

    def numbers(user, **asked):
        client.force_login(fresh(user))
        return [row["number"] for row in client.get("/api/v1/petitions/", asked).json().get("results", [])]

    probes = ({"first": hidden.named.number}, {"q": CANARY}, {"q": hidden.named.number}, {"assignment": "T01-2-01"})
    for asked in probes:
        assert numbers(world.leader1, **asked) == [], asked
        assert numbers(world.office, **asked), asked
    assert numbers(world.leader1) == [world.own.number]
    for name in ("identity", "content", "exclusions__user", "registered_by", "assignment__unit__liaisons", "source_key"):
        client.force_login(world.leader1)
        assert client.get("/api/v1/petitions/", {name: 1}).status_code == 400, name
        page = body(client.get("/petitions/", {name: 1})).decode()
        assert world.own.number in page and hidden.named.number not in page
    client.force_login(fresh(world.leader1))
    assert client.get("/petitions/", {"unit": world.unit_c.pk}).context["page"].rows == []


def test_nothing_is_ordered_by_what_is_hidden(world, client, hidden):
    client.force_login(fresh(world.leader1))
    for name in ("identity", "content", "subject", "registered_by", "exclusions", "source_key", "-signature"):
        assert client.get("/petitions/", {"sort": name}).status_code == 400, name
        assert client.get("/api/v1/petitions/", {"sort": name}).status_code == 400, name
        assert client.get("/findings/", {"sort": name}).status_code == 400, name
    assert client.get("/petitions/", {"sort": "-number"}).status_code == 200


def test_a_bulk_act_leaves_foreign_ids_alone_and_does_not_say_that_they_exist(world, client, hidden):
    client.force_login(fresh(world.leader1))
    ids = [petition.pk for petition in hidden.both]
    before = list(Petition.objects.order_by("pk").values_list("state", "version"))
    told = []
    for chosen in (ids, [10**9]):
        client.post(reverse("petitions:bulk"), {"verb": "file", "reason": "无可查线索", "ids": chosen})
        told.append([str(message) for message in client.get("/petitions/").context["messages"]])
    client.post(reverse("petitions:slips-receive"), {"ids": [hidden.slip.pk], "date": timezone.localdate()})
    client.post(reverse("petitions:slips-chase"))
    assert told[0] == told[1]
    assert list(Petition.objects.order_by("pk").values_list("state", "version")) == before
    assert TransferSlip.objects.get().state == "sent"
    client.force_login(world.office)
    client.post(reverse("petitions:bulk"), {"verb": "file", "reason": "无可查线索", "ids": [hidden.named.pk]})
    assert Petition.objects.get(pk=hidden.named.pk).state == "filed"


def test_exports_hold_what_is_in_sight_only_and_no_file_name_or_header_says_what_about(world, client, hidden, unprinted):
    def cells(user, url, method="get"):
        client.force_login(fresh(user))
        answer = getattr(client, method)(url, {"mark": "internal", "sure": "on"} if method == "post" else {})
        assert answer.status_code == 200
        assert CANARY not in str(answer.headers) and "%E6%9C%B1" not in str(answer.headers)
        book = openpyxl.load_workbook(io.BytesIO(body(answer)))
        return str([[cell.value for cell in row] for page in book for row in page.iter_rows()])

    doors = {"petitions:export": "post", "rectification:findings_export": "get", "rectification:clues_export": "get"}
    for url, method in doors.items():
        assert CANARY not in cells(world.leader1, reverse(url), method)
        assert CANARY in cells(world.office, reverse(url), method)
    client.force_login(world.office)
    for address in (
        reverse("petitions:slip-letter", args=[hidden.slip.number]),
        reverse("rectification:finding_paper", args=[hidden.papers[0].number]),
        reverse("rectification:clue_sheet", args=[hidden.clues[0].number]),
    ):
        answer = client.get(address)
        assert answer.status_code == 200 and "%E6%9C%B1" not in str(answer.headers) and CANARY not in str(answer.headers)


def test_suggestions_come_from_what_is_in_sight(world, client, hidden):
    typed = {"subject": CANARY, "text": f"{CANARY}不落地", "persons-0-name": "组长一", "phone": REPORTER["phone"]}

    def suggested(user):
        client.force_login(fresh(user))
        return body(client.post(reverse("petitions:alike"), typed)).decode()

    assert hidden.named.number in suggested(world.office) and hidden.outside.number in suggested(world.office)
    told = suggested(world.leader1)
    assert not any(petition.number in told for petition in hidden.both) and CANARY not in told
    assert [alike.petition for alike in search.similar(world.leader2, text=f"{CANARY}不落地")] == [hidden.outside]


def test_a_day_of_work_leaves_no_case_text_in_the_log_nor_in_any_mail(world, client, caplog):
    """Everything is logged that there is to log, down to the statements' level of the project itself."""
    caplog.set_level(logging.DEBUG)
    for name in ("django.db.backends", "asyncio"):
        caplog.set_level(logging.INFO, logger=name)
    day(world, client)
    deliver_ready()
    assert caplog.records
    everything = "\n".join([caplog.text, *(str(vars(record)) for record in caplog.records)])
    mails = "\n".join(str(message.message()) for message in mail.outbox)
    for secret in (CANARY, "玄武某", "13900001111", "举报信"):
        assert secret not in everything and secret not in mails, secret


def day(world, client):
    """Registering with a file, reading, searching, refusing, failing, passing on, writing a paper and a clue."""
    client.force_login(world.office)
    upload = ContentFile(b"%PDF-1.4\n%%EOF\n", f"{CANARY}举报信.pdf")
    petition = call(world, by=world.office, subject=CANARY, text=f"{CANARY}不落地", reporter=REPORTER, files=[upload])
    kept = petition.attachments.get()
    urls = [
        "/petitions/",
        f"/petitions/?q={petition.number}",
        petition.get_absolute_url(),
        kept.get_absolute_url(),
        "/",
        "/nowhere/",
    ]
    for user in (world.office, world.leader2, world.admin):
        client.force_login(user)
        for url in urls:
            body(client.get(url))
    client.force_login(world.leader1)
    accept = reverse("petitions:accept", args=[petition.number])
    client.post(accept, {"version": 99, "discipline": "work", "note": CANARY})
    client.post(accept, {"version": 1, "discipline": CANARY, "note": CANARY})
    refused = reverse("petitions:transfer", args=[petition.number])
    client.post(
        refused, {"version": 1, "extract": f"{CANARY}玄武某", "receiver": world.agency.pk, "sent_on": timezone.localdate()}
    )
    sent = {"version": 1, "extract": CANARY, "receiver": world.agency.pk, "sent_on": timezone.localdate()}
    client.post(refused, sent)
    drafted_paper(world, world.assignment_a, title=CANARY, sources=[petition])
    client.post("/api/v1/petitions/", {"subject": CANARY, "text": CANARY, "channel": "nowhere"}, content_type="application/json")


def test_an_error_page_repeats_nothing(world, client, monkeypatch, settings):
    """Debug is off; the page that breaks has just opened the case, and the exception quotes it."""
    settings.DEBUG = False
    client.raise_request_exception = False
    petition = call(world, subject=CANARY, text=f"{CANARY}不落地", reporter=REPORTER)

    def breaks(*args, **options):
        raise RuntimeError(f"cannot show {petition.subject} {petition.text}")

    client.force_login(world.office)
    assert CANARY in body(client.get(petition.get_absolute_url())).decode()
    monkeypatch.setattr("petitions.views.petition.panels", breaks)
    monkeypatch.setattr("petitions.api.verbs.note_reading", breaks)
    for url in (petition.get_absolute_url(), f"/api/v1/petitions/{petition.number}/"):
        answer = client.get(url)
        assert answer.status_code == 500
        assert CANARY not in answer.content.decode() and CANARY not in str(answer.headers)


def test_the_canaries_are_real(world, hidden):
    """Whoever may see them does: no test above passes because there is nothing to see."""
    leader = fresh(world.leader1)
    every = {Petition: hidden.both, Finding: hidden.papers, Clue: hidden.clues, TransferSlip: (hidden.slip,)}
    for model, things in every.items():
        assert set(model.objects.visible_to(world.office)) >= set(things)
        assert not set(model.objects.visible_to(leader)) & set(things)
    assert not BoxOpening.objects.exists()
