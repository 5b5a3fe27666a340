"""The work list: what waits for each person among papers, clues, feedback and items."""

import pytest
from django.test import Client
from django.urls import reverse

from rectification import home
from rectification.models import Item
from rectification.queries import lights_by_round
from rectification.workflow import clue as clues
from rectification.workflow import finding as papers
from rectification.workflow import item as verbs
from rounds.queries import today
from tests.rectification.papers import drafted_paper
from tests.rectification.steps import applied, closed, decomposed, drafted, evidence, opened


def panels(user) -> dict:
    """{key: panel}, with what is known of the user forgotten."""
    return {panel.key: panel for panel in home.panels(type(user).objects.get(pk=user.pk))}


def counts(user) -> dict:
    return {key: panel.count for key, panel in panels(user).items() if panel.count}


def asked(user, url):
    client = Client()
    client.force_login(user)
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer


def test_a_leader_is_told_of_papers_to_sign_and_nobody_else(world):
    paper = papers.submit(drafted_paper(world, world.assignment_a), by=world.member1)
    panel = panels(world.leader1)["findings-to-sign"]
    assert (panel.count, panel.rows[0].url) == (1, paper.get_absolute_url())
    for name in ("deputy1", "member1", "chief", "leader2"):
        assert "findings-to-sign" not in panels(getattr(world, name))


def test_the_head_of_office_approves_what_others_wrote(world):
    clue = {
        "receiver": world.discipline_body,
        "name": "钱某某",
        "matter": "超标准接待",
        "level": "county",
        "discipline": "integrity",
    }
    clues.propose(world.assignment_a, by=world.leader1, **clue)
    drafted(world, world.assignment_a)
    drafted(world, world.assignment_b, by=world.chief)
    found = counts(world.chief)
    assert (found["clues-to-approve"], found["feedback-to-approve"]) == (1, 1)
    assert not {"clues-to-approve", "feedback-to-approve"} & set(panels(world.office))


def test_who_applied_or_verified_is_not_asked_again(world):
    item = applied(world, decomposed(world, opened(world, world.assignment_a)), by=world.office)
    assert "items-to-verify" not in counts(world.office)
    assert counts(world.member1)["items-to-verify"] == 1
    item = verbs.verify(item, by=world.office2, reason="好")
    assert "items-to-close" not in counts(world.office2) and "items-to-close" not in counts(world.office)
    assert counts(world.chief)["items-to-close"] == 1


def test_late_and_soon_are_the_lists_own_numbers(world):
    for due in (-9, -1, 3, 8, 40):
        opened(world, world.assignment_a, due=due)
    opened(world, world.assignment_c, due=-2)
    found = panels(world.leader1)
    assert (found["items-overdue"].count, found["items-soon"].count) == (2, 2)
    assert found["items-overdue"].rows[0].light == "red" and "9" in found["items-overdue"].rows[0].meta
    for panel in (found["items-overdue"], found["items-soon"]):
        assert asked(world.leader1, panel.url).context["page"].count == panel.count
    assert counts(world.chief)["items-overdue"] == 3


def test_every_round_is_one_line_with_its_lights(world):
    closed(world, opened(world, world.assignment_a))
    for due in (-1, 5, 60):
        opened(world, world.assignment_b, due=due)
    panel = panels(world.chief)["rounds-lights"]
    row = panel.rows[0]
    assert (row.text, row.light) == ("十届县委第1轮巡察", "red")
    assert row.meta == "红 1 · 黄 1 · 绿 1 · 已销号 1／4"
    assert asked(world.chief, row.url).context["page"].count == 4
    assert [(series["name"], series["values"]) for series in panel.chart["series"]] == [
        ("红灯", [1]),
        ("黄灯", [1]),
        ("绿灯", [1]),
    ]
    assert "rounds-lights" not in panels(world.leader1)


@pytest.mark.parametrize(("here", "there"), [(20, 5), (5, 20)])
def test_each_round_counts_yellow_by_its_own_days(world, here, there):
    """The lights of the panel are those of the items, also where another round looks further ahead."""
    assignments = {world.assignment_a.pk: 0, world.assignment_b.pk: 1, world.assignment_c.pk: 0}
    for due in (-3, 0, 5, 6, 20, 21):
        opened(world, world.assignment_a, due=due)
        opened(world, world.assignment_b, due=due)
    closed(world, opened(world, world.assignment_a))
    days = tuple(sorted([(here, (0,)), (there, (1,))]))
    counted = lights_by_round(
        held=Item.objects.held(world.chief), ending=Item.objects.ending(today(), days), rounds=assignments, days=days
    )
    for round, ahead in ((0, here), (1, there)):
        items = Item.objects.filter(assignment__in=[pk for pk, of in assignments.items() if of == round])
        expected = {colour: items.light(colour, days=ahead).count() for colour in ("red", "yellow", "green")}
        assert counted[round] == expected | {"closed": items.filter(state="closed").count(), "total": items.count()}


def test_the_unit_sees_its_nodes_its_dates_and_why_something_came_back(world):
    item = decomposed(world, opened(world, world.assignment_a, due=0), due=0)
    opened(world, world.assignment_a, due=-4)
    opened(world, world.assignment_c, due=-4)
    returned = verbs.report_progress(decomposed(world, opened(world, world.assignment_a)), by=world.liaison_a, text="一")
    returned = verbs.send_back(applied(world, returned), by=world.member1, reason="缺少补发凭证")
    found = panels(world.liaison_a)
    assert set(found) == {"nodes", "items-overdue", "items-soon", "items-this-month", "items-sent-back"}
    assert (found["items-overdue"].count, found["items-soon"].count, found["items-sent-back"].count) == (1, 1, 1)
    assert found["items-this-month"].count == 1
    assert found["items-sent-back"].rows[0].text == f"{returned.number} 缺少补发凭证"
    assert found["nodes"].rows[0].text == "甲局" and "／11" in found["nodes"].rows[0].meta
    assert item.number in {row.text.split()[0] for row in found["items-this-month"].rows}
    for panel in found.values():
        for row in panel.rows:
            asked(world.liaison_a, row.url)
    verbs.apply(returned, by=world.liaison_a, attachments=[evidence()])
    assert panels(world.liaison_a)["items-sent-back"].count == 0


@pytest.mark.parametrize("name", ["admin", "secadmin", "auditor", "custodian", "outsider", "expired_leader"])
def test_nothing_waits_for_whom_it_is_no_business_of(world, name):
    item = opened(world, world.assignment_a, due=-1)
    assert panels(getattr(world, name)) == {}
    assert item.number not in asked(getattr(world, name), reverse("home")).content.decode()


@pytest.mark.parametrize(("name", "most"), [("office", 14), ("leader1", 13), ("liaison_a", 26)])
def test_the_whole_page_asks_the_same_few_questions_however_much_waits(world, django_assert_max_num_queries, name, most):
    """Session, account, roles and bell are four of them."""
    client = Client()
    client.force_login(getattr(world, name))
    for _turn in range(2):
        for _number in range(10):
            opened(world, world.assignment_a, due=-1)
            opened(world, world.assignment_b, due=4)
        client.get(reverse("home"))
        with django_assert_max_num_queries(most):
            assert client.get(reverse("home")).status_code == 200
