"""The ledger adds up, every figure opens its list; home shows what is late; verify proves numbers and places."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from inspection.numbers.models import Counter
from inspection.vault import index
from petitions import checks, home
from petitions.models import HandUp, Petition

from .registering import call, petition_in
from .test_boxes import letter, opened

LEDGER = reverse("petitions:ledger")
STATES = ("registered", "accepted", "checking", "transferred", "handed_up", "filed", "concluded")


@pytest.fixture
def leader(world, client):
    client.force_login(world.leader1)
    return client


def figures(context):
    """Every figure of the ledger: (count, address)."""
    rows = [*context["rows"], context["total"]]
    return [(cell["count"], cell["url"]) for row in rows for cell in (*row["cells"], row["placed"], row["waiting"])]


def test_received_is_placed_plus_waiting_and_each_figure_opens_its_list(world, leader):
    for state in STATES:
        petition_in(world, state)
    call(world, channel_kind="letter")
    call(world, channel_kind="letter", days_ago=9)
    call(world, world.assignment_c, by=world.leader2)
    context = leader.get(LEDGER).context
    total = context["total"]
    assert (total["received"]["count"], total["placed"]["count"], total["waiting"]["count"]) == (8, 6, 2)
    assert total["received"]["count"] == sum(cell["count"] for cell in total["cells"][1:])
    for count, address in figures(context):
        listed = leader.get(address)
        assert listed.status_code == 200 and not listed.context["filter"].errors
        assert listed.context["page"].count == count, parse_qs(urlsplit(address).query)


def test_days_and_unit_may_be_chosen(world, leader):
    call(world, days_ago=9)
    call(world, world.assignment_b)
    old = (timezone.localdate() - dt.timedelta(days=10)).isoformat()
    assert leader.get(LEDGER).context["total"]["received"]["count"] == 1
    context = leader.get(LEDGER, {"received_from": old, "unit": world.unit_a.pk}).context
    assert context["total"]["received"]["count"] == 1
    for count, address in figures(context):
        assert leader.get(address).context["page"].count == count


@pytest.mark.parametrize(
    "query", [{"received_from": "周一"}, {"unit": "0"}, {"received_from": "2026-02-01", "received_to": "2026-01-01"}]
)
def test_a_range_that_makes_no_sense_says_so(leader, query):
    answer = leader.get(LEDGER, query)
    assert answer.status_code == 200 and answer.context["form"].errors


def test_letters_counted_and_not_registered_are_called_out(world, leader):
    letter(world, opened(world, letters=3))
    assert leader.get(LEDGER).context["outstanding"] == 2


def test_somebody_named_counts_one_less(world, client):
    call(world, persons=[{"name": "组员一"}], by=world.leader1)
    call(world)
    for name, count in (("leader1", 2), ("member1", 1), ("leader2", 0)):
        client.force_login(getattr(world, name))
        assert client.get(LEDGER).context["total"]["received"]["count"] == count


class TestHome:
    def panel(self, user, key):
        return next((panel for panel in home.panels(user) if panel.key == f"petitions-{key}"), None)

    def test_late_soon_and_waiting(self, world):
        late, soon, fresh = call(world, days_ago=16), call(world, days_ago=10), call(world)
        assert [row.url for row in self.panel(world.leader1, "overdue").rows] == [late.get_absolute_url()]
        assert [row.url for row in self.panel(world.leader1, "soon").rows] == [soon.get_absolute_url()]
        waiting = self.panel(world.leader1, "waiting")
        assert waiting.count == 3
        assert [row.url for row in waiting.rows] == [p.get_absolute_url() for p in (late, soon, fresh)]

    def test_the_lists_behind_the_panels_hold_what_they_count(self, world, client):
        for days in (16, 10, 0):
            call(world, days_ago=days)
        client.force_login(world.leader1)
        for key in ("overdue", "soon", "waiting"):
            panel = self.panel(world.leader1, key)
            assert client.get(panel.url).context["page"].count == panel.count

    def test_states_and_days_add_up(self, world):
        for state in STATES:
            petition_in(world, state)
        states = self.panel(world.leader1, "states")
        assert states.count == len(STATES) == sum(int(row.meta) for row in states.rows)
        trend = self.panel(world.leader1, "trend").chart
        assert sum(sum(series["values"]) for series in trend["series"]) == len(STATES)

    def test_nobody_without_business_has_a_panel(self, world):
        call(world)
        for name in ("admin", "secadmin", "auditor", "outsider", "liaison_a", "expired_leader"):
            assert home.panels(getattr(world, name)) == []

    def test_other_groups_and_the_named_see_nothing_of_it(self, world):
        call(world, persons=[{"name": "组员一"}], by=world.leader1, days_ago=16)
        for name in ("leader2", "member1", "recused1"):
            assert self.panel(getattr(world, name), "overdue").count == 0
            assert self.panel(getattr(world, name), "trend") is None

    def test_the_work_list_page_shows_them(self, world, leader):
        petition = call(world, days_ago=16)
        page = leader.get(reverse("home")).content.decode()
        assert petition.number in page and "超期 1 天" in page

    def test_panels_ask_the_same_for_many_petitions(self, world, django_assert_max_num_queries):
        for _turn in range(8):  # more than a panel shows: from here on it counts as well
            call(world, days_ago=16)
        home.panels(world.leader1)
        with django_assert_max_num_queries(10) as few:
            home.panels(world.leader1)
        for _turn in range(12):
            call(world, days_ago=16)
        with django_assert_max_num_queries(10) as many:
            home.panels(world.leader1)
        assert len(many) <= len(few)


class TestVerify:
    @pytest.fixture(autouse=True)
    def _petitions(self, world):
        self.petitions = [petition_in(world, state) for state in (*STATES, "repeat")]

    def test_a_sound_register_has_no_problem(self):
        assert list(checks.check()) == []

    def test_a_gap_is_found(self):
        Counter.objects.filter(prefix="T01").update(value=99)
        assert "缺 90 个" in "".join(checks.check())

    def test_a_number_past_the_counter_is_found(self):
        Counter.objects.filter(prefix="T01").update(value=3)
        assert "超过编号器" in "".join(checks.check())

    def test_a_hand_up_without_signature_is_found(self):
        HandUp.objects.all().delete()
        assert "没有交接签名" in "".join(checks.check())

    def test_lost_content_is_found(self):
        Petition.objects.filter(state="accepted").update(content=None)
        assert "内容缺失" in "".join(checks.check())

    def test_a_transfer_without_slip_is_found(self, world):
        Petition.objects.filter(state="filed").update(state="transferred")
        assert "没有转办单" in "".join(checks.check())

    def test_a_first_petition_that_is_itself_a_repeat_is_found(self):
        repeat = Petition.objects.get(state="repeat")
        Petition.objects.filter(state="filed").update(state="repeat", first=repeat)
        assert "首次件本身" in "".join(checks.check())

    def test_a_gap_in_the_index_is_found(self):
        index.drop("petition", self.petitions[0].pk)
        assert "缺 1 件" in "".join(checks.check())
