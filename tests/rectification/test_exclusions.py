"""Papers and clues follow the petitions they rest on: whom the petition is kept from, the paper is kept from too."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from inspection.outbox.delivery import deliver_ready
from inspection.outbox.models import Notice
from petitions.models import Exclusion
from rectification.models import Clue, Finding
from rectification.workflow import clue as clues
from rectification.workflow import finding as findings
from rounds.workflow import person
from tests.petitions.registering import call
from tests.rectification.papers import drafted_paper


def fresh(user):
    """As another request sees the user."""
    return type(user).objects.get(pk=user.pk)


def clue_about(world, name, **facts):
    said = {"receiver": world.discipline_body, "level": "county", "discipline": "integrity", "matter": "收受礼金"}
    return clues.propose(world.assignment_a, by=world.leader1, name=name, **(said | facts))


def test_a_paper_leaves_the_sight_of_whom_its_petition_names_later(world, client):
    letter = call(world)
    paper = drafted_paper(world, world.assignment_a, sources=[letter], by=world.deputy1)
    assert Finding.objects.visible_to(world.leader1).get() == paper
    findings.submit(paper, by=world.deputy1)
    deliver_ready()
    assert Notice.objects.visible_to(world.leader1).filter(code="finding_to_sign").exists()
    Exclusion.objects.create(petition=letter, user=world.leader1, ground="named")
    leader = fresh(world.leader1)
    assert not Finding.objects.visible_to(leader).exists() and not Finding.objects.visible_to(leader).to_sign_by(leader).exists()
    assert Notice.objects.visible_to(leader).exists() is False
    client.force_login(leader)
    for route in ("finding", "finding_sign", "finding_paper"):
        assert client.get(reverse(f"rectification:{route}", args=[paper.number])).status_code == 404, route
    assert paper.number not in client.get("/").content.decode()
    with pytest.raises(PermissionDenied):
        findings.sign(paper, by=leader, date=paper.found_on)
    assert Finding.objects.visible_to(world.deputy1).get() == paper


def test_a_clue_is_kept_from_whom_it_names_now_or_as_soon_as_the_relation_is_known(world):
    clue = clue_about(world, "组 员一")
    relative = clue_about(world, "欧阳某")
    assert set(Clue.objects.visible_to(world.member1)) == {relative}
    person.add_relative(world.member1.person, by=world.member1, name="欧阳某", relation="配偶")
    member = fresh(world.member1)
    assert not Clue.objects.visible_to(member).exists() and not Clue.objects.visible_to(member).search("礼金").exists()
    assert set(Clue.objects.visible_to(world.deputy1)) == {clue, relative}


def test_the_head_of_the_office_does_not_decide_on_a_clue_about_oneself(world):
    clue = clue_about(world, "办公室主任")
    with pytest.raises(PermissionDenied):
        clues.approve(clue, by=fresh(world.chief))
    deliver_ready()
    assert not Notice.objects.filter(user=world.chief).exists()
