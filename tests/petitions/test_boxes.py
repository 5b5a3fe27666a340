"""Suggestion boxes: opened by two, counted, registered letter by letter, and the count corrected with a reason."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from inspection.trail.models import Entry
from petitions.models import BoxOpening
from petitions.workflow.box import open_box, recount

from .registering import call

BOXES = reverse("petitions:boxes")


def opened(world, assignment=None, **facts):
    """An opening of unit_a's box by member1 before leader1."""
    box = (assignment or world.assignment_a).channels.get(kind="box")
    given = {"by": world.member1, "witness": world.leader1, "opened_at": timezone.now(), "letters": 2} | facts
    return open_box(given.pop("channel", box), **given)


def letter(world, opening, **facts):
    return call(world, opening.assignment, channel_kind="box", box_opening=opening, received_at=opening.opened_at, **facts)


def test_an_opening_names_both_and_the_count(world):
    opening = opened(world)
    assert (opening.opened_by, opening.witness, opening.letters) == (world.member1, world.leader1, 2)
    entry = Entry.objects.about(opening).get()
    assert (entry.verb, entry.facts["letters"], entry.facts["witness"]) == ("open_box", 2, world.leader1.pk)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (lambda w: {"witness": w.member1}, "witness"),
        (lambda w: {"witness": w.leader2}, "witness"),
        (lambda w: {"witness": w.recused1}, "witness"),
        (lambda w: {"letters": -1}, "letters"),
        (lambda w: {"letters": 10_001}, "letters"),
        (lambda w: {"opened_at": timezone.now() + dt.timedelta(hours=1)}, "opened_at"),
        (lambda w: {"channel": w.assignment_a.channels.get(kind="call")}, "channel"),
    ],
)
def test_what_makes_no_sense_is_refused(world, facts, field):
    with pytest.raises(ValidationError) as caught:
        opened(world, **facts(world))
    assert set(caught.value.message_dict) == {field} and not BoxOpening.objects.exists() and not Entry.objects.exists()


@pytest.mark.parametrize("name", ["leader2", "recused1", "outsider", "admin"])
def test_a_box_of_others_stays_shut(world, name):
    with pytest.raises(PermissionDenied):
        opened(world, by=getattr(world, name))


def test_the_count_is_corrected_with_a_reason_and_the_first_stays_in_the_trail(world):
    opening = opened(world)
    recount(opening, by=world.member1, letters=3, reason="夹层里还有一封")
    opening.refresh_from_db()
    entry = Entry.objects.about(opening).get(verb="recount_box")
    assert opening.letters == 3 and entry.facts == {"before": 2, "letters": 3} and entry.note_text == "夹层里还有一封"
    for letters, reason, field in ((3, "同数", "letters"), (4, " ", "reason"), (-1, "负数", "letters")):
        with pytest.raises(ValidationError) as caught:
            recount(opening, by=world.member1, letters=letters, reason=reason)
        assert set(caught.value.message_dict) == {field}
    with pytest.raises(PermissionDenied):
        recount(opening, by=world.leader2, letters=5, reason="别的组")


class TestPages:
    @pytest.fixture(autouse=True)
    def _signed_in(self, world, client):
        client.force_login(world.member1)

    def fields(self, world, **fields):
        return {
            "channel": world.assignment_a.channels.get(kind="box").pk,
            "opened_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
            "witness": world.leader1.pk,
            "letters": 3,
        } | fields

    def test_recording_leads_to_the_opening(self, world, client):
        answer = client.post(reverse("petitions:box-new"), self.fields(world))
        assert answer["Location"] == BoxOpening.objects.get().get_absolute_url()

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"letters": "三"}, "letters"),
            ({"letters": "-1"}, "letters"),
            ({"opened_at": "周六上午"}, "opened_at"),
            ({"witness": ""}, "witness"),
            ({"channel": "0"}, "channel"),
        ],
    )
    def test_bad_input_is_named_beside_its_field(self, world, client, fields, wrong):
        answer = client.post(reverse("petitions:box-new"), self.fields(world, **fields))
        assert set(answer.context["form"].errors) == {wrong} and not BoxOpening.objects.exists()

    def test_neither_oneself_nor_a_stranger_is_offered_as_witness(self, world, client):
        offered = set(client.get(reverse("petitions:box-new")).context["form"].fields["witness"].queryset)
        assert {world.leader1, world.office, world.chief} <= offered
        assert not offered & {world.member1, world.leader2, world.outsider, world.expired_leader}

    def test_list_and_page_compare_counted_with_registered(self, world, client):
        opening = opened(world)
        assert "尚未登记完" in client.get(BOXES).content.decode()
        petition = letter(world, opening)
        letter(world, opening, persons=[{"name": "组员一"}], by=world.leader1)
        assert "尚未登记完" in client.get(BOXES).content.decode(), "a letter that names the reader is one not registered yet"
        page = client.get(opening.get_absolute_url())
        assert list(page.context["letters"]) == [petition]
        letter(world, opening)
        assert "登记多于清点" not in client.get(BOXES).content.decode(), "nor does one too many tell of it"
        client.force_login(world.leader1)
        assert "登记多于清点" in client.get(BOXES).content.decode()

    def test_recounting_on_the_page(self, world, client):
        opening = opened(world)
        answer = client.post(opening.get_absolute_url(), {"letters": 5})
        assert set(answer.context["form"].errors) == {"reason"}
        client.post(opening.get_absolute_url(), {"letters": 5, "reason": "数错了"})
        assert BoxOpening.objects.get().letters == 5
        assert "数错了" in client.get(opening.get_absolute_url()).content.decode()

    def test_openings_of_other_groups_do_not_exist(self, world, client):
        other = opened(world, world.assignment_c, by=world.leader2, witness=world.member2)
        assert client.get(other.get_absolute_url()).status_code == 404
        assert client.get(BOXES).context["page"].count == 0

    def test_the_list_asks_no_more_for_more_rows(self, world, client, django_assert_max_num_queries):
        opened(world)
        client.get(BOXES)
        with django_assert_max_num_queries(20) as few:
            client.get(BOXES)
        for _turn in range(20):
            letter(world, opened(world))
        with django_assert_max_num_queries(20) as many:
            client.get(BOXES)
        assert len(many) <= len(few)
