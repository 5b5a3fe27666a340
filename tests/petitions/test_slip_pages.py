"""The pages of slips and agencies: passing on, the list, chasing, ticking off, the letters."""

import datetime as dt
import io

import pytest
from django.urls import reverse
from django.utils import timezone
from docx import Document
from pypdf import PdfReader

from inspection.trail.models import Entry
from petitions.models import Agency, Exclusion, TransferSlip
from petitions.workflow import transfer as verbs
from tests.petitions.making import make_petition

REPORTER = {"name": "钱来也", "phone": "13800138000"}
EXTRACT = "集市门口占道经营，请依职责处理。"


def send(world, assignment=None, **changes):
    petition = make_petition(assignment or world.assignment_a, world.office, reporter=REPORTER, days_ago=30)
    facts = {"receiver": world.agency, "extract": EXTRACT, "sent_on": timezone.localdate()} | changes
    return verbs.transfer(petition, by=world.office, **facts)


def late(slip):
    TransferSlip.objects.filter(pk=slip.pk).update(receipt_due=timezone.localdate() - dt.timedelta(days=3))


@pytest.fixture
def slip(world):
    return send(world)


def test_passing_on_through_the_page(world, client):
    petition = make_petition(world.assignment_a, world.office, reporter=REPORTER)
    client.force_login(world.coordinator1)
    url = reverse("petitions:transfer", args=[petition.number])
    form = {"version": petition.version, "receiver": world.agency.pk, "sent_on": timezone.localdate().isoformat()}
    refused = client.post(url, form | {"extract": "钱来也反映占道"})
    assert "extract" in refused.context["form"].errors
    assert "钱来也反映占道" in refused.content.decode()
    answer = client.post(url, form | {"extract": EXTRACT})
    assert answer["Location"] == TransferSlip.objects.get().get_absolute_url()


def test_the_inspected_unit_needs_its_tick(world, client):
    petition = make_petition(world.assignment_a, world.office)
    own = Agency.objects.create(name="甲局", kind="local", unit=world.unit_a)
    client.force_login(world.office)
    url = reverse("petitions:transfer", args=[petition.number])
    form = {"version": 1, "receiver": own.pk, "sent_on": timezone.localdate().isoformat(), "extract": EXTRACT}
    assert "confirmed" in client.post(url, form).context["form"].errors
    assert client.post(url, form | {"confirmed": "on"}).status_code == 302


@pytest.mark.parametrize(
    "field, value", [("sent_on", "上周三"), ("extract", "甲\x00乙"), ("extract", "长" * 5001), ("receiver", "0")]
)
def test_bad_input_stands_beside_its_field_and_saves_nothing(world, client, field, value):
    petition = make_petition(world.assignment_a, world.office)
    client.force_login(world.office)
    form = {
        "version": 1,
        "receiver": world.agency.pk,
        "sent_on": timezone.localdate().isoformat(),
        "extract": EXTRACT,
        field: value,
    }
    answer = client.post(reverse("petitions:transfer", args=[petition.number]), form)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not TransferSlip.objects.exists()


def test_a_double_submission_is_409_and_one_entry(world, client, slip):
    client.force_login(world.office)
    url = reverse("petitions:slip-receive", args=[slip.number])
    form = {"version": slip.version, "date": timezone.localdate().isoformat(), "received_by": "周某"}
    assert [client.post(url, form).status_code, client.post(url, form).status_code] == [302, 409]
    assert Entry.objects.about(slip).filter(verb="receive").count() == 1


def test_the_page_shows_the_extract_and_never_who_wrote(world, client, slip):
    client.force_login(world.member1)
    page = client.get(slip.get_absolute_url()).content.decode()
    assert EXTRACT in page
    assert "钱来也" not in page
    assert Entry.objects.about(slip).filter(verb="read", actor=world.member1).count() == 1


def test_a_slip_whose_petition_names_the_reader_is_out_of_sight(world, client, slip):
    Exclusion.objects.create(petition=slip.petition, user=world.leader1, ground="named")
    client.force_login(world.leader1)
    assert client.get(slip.get_absolute_url()).status_code == 404
    assert slip.number not in client.get(reverse("petitions:slips")).content.decode()


def test_the_list_is_filtered_by_its_address(world, client):
    first, second = send(world), send(world, receiver=world.discipline_body)
    late(first)
    client.force_login(world.office)

    def listed(query):
        return {row.number for row in client.get(reverse("petitions:slips") + query).context["page"]}

    assert listed("") == {first.number, second.number}
    assert listed("?due=overdue") == {first.number}
    assert listed(f"?receiver={world.discipline_body.pk}") == {second.number}
    assert listed("?state=concluded") == set()
    assert listed("?state=nonsense") == set()
    assert listed(f"?q={second.number[-4:]}") == {second.number}


def test_the_overdue_of_the_list_are_chased_in_one_click(world, client):
    first, second = send(world), send(world, receiver=world.discipline_body)
    late(first), late(second)
    client.force_login(world.office)
    url = reverse("petitions:slips-chase") + f"?receiver={world.discipline_body.pk}"
    assert client.post(url, follow=True).content.decode().count("已催办 1 件") == 1
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.chased_on, second.chased_on) == (None, timezone.localdate())
    assert client.get(url).status_code == 405


def test_receipts_are_ticked_off_in_ones_own_scope_only(world, client):
    mine, other = send(world), send(world, assignment=world.assignment_c)
    client.force_login(world.coordinator1)
    form = {"ids": [mine.pk, other.pk], "date": timezone.localdate().isoformat(), "back": "https://evil.example/"}
    answer = client.post(reverse("petitions:slips-receive"), form)
    assert answer["Location"] == reverse("petitions:slips")
    mine.refresh_from_db(), other.refresh_from_db()
    assert (mine.state, other.state) == ("received", "sent")


def test_a_receipt_date_in_words_ticks_nothing_off(world, client, slip):
    client.force_login(world.office)
    client.post(reverse("petitions:slips-receive"), {"ids": [slip.pk], "date": "昨天"})
    slip.refresh_from_db()
    assert slip.state == "sent"
    assert client.post(reverse("petitions:slips-receive"), {"ids": ["x"], "date": "2026-01-01"}).status_code == 400


def test_the_letters_of_the_week_are_one_file_with_a_page_each(world, client):
    slips = [send(world) for _ in range(3)]
    send(world, sent_on=timezone.localdate() - dt.timedelta(days=20))
    client.force_login(world.office)
    answer = client.get(reverse("petitions:slips-letters"))
    assert answer["Content-Type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert len(pages) == 3
    for slip, page in zip(slips, pages, strict=True):
        said = "".join(page.extract_text().split())
        assert slip.number in said
        assert "县信访局" in said
        assert EXTRACT in said
        assert "钱来也" not in said
        assert Entry.objects.about(slip).filter(verb="print", actor=world.office).count() == 1


def test_a_week_without_letters_says_so(world, client):
    client.force_login(world.office)
    assert client.get(reverse("petitions:slips-letters")).status_code == 302
    assert client.get(reverse("petitions:slips-letters") + "?from=monday").status_code == 400


def test_one_letter_as_a_text_document(world, client, slip):
    client.force_login(world.office)
    answer = client.get(reverse("petitions:slip-letter", args=[slip.number]))
    said = "".join(paragraph.text for paragraph in Document(io.BytesIO(answer.content)).paragraphs)
    assert EXTRACT in said
    assert slip.number in said
    assert "钱来也" not in said


@pytest.mark.parametrize("rows", [5, 25])
def test_the_list_asks_as_much_for_many_as_for_few(world, client, rows, django_assert_max_num_queries):
    for _row in range(rows):
        send(world)
    client.force_login(world.office)
    with django_assert_max_num_queries(18):
        client.get(reverse("petitions:slips"))


def test_agencies_are_kept_by_those_who_configure(world, client):
    client.force_login(world.admin)
    form = {"name": " 县 委组织部 ", "kind": "organisation", "unit": "", "active": "on"}
    assert client.post(reverse("petitions:agency-new"), form).status_code == 302
    agency = Agency.objects.get(name="县 委组织部")
    client.post(reverse("petitions:agency", args=[agency.pk]), form | {"name": "县委组织部", "active": ""})
    agency.refresh_from_db()
    assert (agency.name, agency.active) == ("县委组织部", False)
    assert [entry.verb for entry in Entry.objects.about(agency)] == ["create", "edit"]
    assert "name" in client.post(reverse("petitions:agency-new"), form | {"name": "县信访局"}).context["form"].errors


def test_a_renamed_agency_does_not_rename_what_was_sent(world, client, slip):
    client.force_login(world.office)
    form = {"name": "县委信访工作局", "kind": "petition", "active": "on"}
    client.post(reverse("petitions:agency", args=[world.agency.pk]), form)
    assert "县信访局" in client.get(slip.get_absolute_url()).content.decode()
