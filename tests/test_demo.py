"""The demonstration: the published facts of the five rounds, cases in every state, nothing twice."""

from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from inspection.accounts.models import User
from petitions.models import Petition, TransferSlip
from rectification.models import Clue, Finding, Item
from rounds.models import Assignment, Channel, Group, Round

Kind = Channel.Kind
# Who the announcements name. None of them may be given an act or a petition.
REAL_PEOPLE = [
    "林武",
    "王拥军",
    "陈安丽",
    "叶青纯",
    "李希",
    "陈求发",
    "夏德仁",
    "曾维",
    "刘维佳",
    "朱国贤",
    "陈江",
    "李景辉",
    "李寿松",
    "回建",
    "徐利",
    "白振平",
    "李军",
    "王东峰",
    "任正晓",
]


def build() -> str:
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


@pytest.fixture
def demo(db, settings):
    settings.DEMO_PASSWORD = "demo-password"
    return build()


def test_the_demonstration(demo, settings):
    """One test, because building takes seconds: facts, states, secrecy, repetition."""
    rounds = {round.code: round for round in Round.objects.all()}
    assert len(rounds) == 5
    _the_published_facts(rounds)
    _every_state(rounds)
    _no_real_person()
    _the_cast_signs_in()
    before = [model.objects.count() for model in (Petition, Finding, Item, Clue, User)]
    assert "already" in build()
    assert [model.objects.count() for model in (Petition, Finding, Item, Clue, User)] == before


def _the_published_facts(rounds):
    look_back = rounds["LN2016"]
    assert (look_back.kind, look_back.days) == (Round.Kind.LOOK_BACK, 62)
    channels = Channel.objects.filter(assignment__group__round=look_back)
    assert sorted(channels.filter(kind=Kind.CALL).values_list("address", flat=True)) == ["024-88881877", "024-88881977"]
    assert channels.get(kind=Kind.LETTER).postcode == "110034"
    assert {(c.opens.hour, c.closes.hour) for c in channels.filter(kind=Kind.CALL)} == {(8, 20)}

    city = Assignment.objects.get(group__round=rounds["ZJK09"], unit__name="张家口市")
    assert (city.onsite_from.isoformat()[5:], city.onsite_to.isoformat()[5:], city.onsite_days) == ("07-21", "09-30", 72)
    assert {a.unit.name for a in city.group.assignments.all()} == {"张家口市", "宣化区", "沽源县"}
    assert set(city.channels.values_list("kind", flat=True)) == {
        Kind.CALL,
        Kind.LETTER,
        Kind.SMS,
        Kind.EMAIL,
        Kind.BOX,
        Kind.VISIT,
    }
    assert city.channels.filter(kind=Kind.BOX).count() == 3
    assert (rounds["ZJK09"].days, rounds["ZJK09"].focus.count()) == (72, 7)
    districts = Assignment.objects.filter(unit__name__in=("宣化区", "沽源县")).values_list("onsite_from", flat=True)
    assert {day.isoformat()[5:] for day in districts} == {"07-20"}

    henan = rounds["HN06"]
    groups = Group.objects.filter(round=henan)
    units = Counter(Assignment.objects.filter(group__round=henan).values_list("unit__category__name", flat=True))
    assert groups.count() == 13
    assert {group.assignments.count() for group in groups} == {3}
    assert sorted(units.values()) == [3, 6, 30]

    month = rounds["TZ01"]
    assert Group.objects.filter(round=month).count() == 2
    assert month.starts_on <= timezone.localdate()
    assert month.focus.filter(parent__title__contains="三大问题").count() == 3
    assert rounds["SX1201"].starts_on.isoformat()[5:] == "03-31"


def _every_state(rounds):
    assert set(Petition.objects.values_list("state", flat=True)) == set(Petition.State.values)
    assert set(Finding.objects.values_list("state", flat=True)) == set(Finding.State.values)
    assert {TransferSlip.State.SENT, TransferSlip.State.CONCLUDED} < set(TransferSlip.objects.values_list("state", flat=True))
    assert set(Item.objects.values_list("state", flat=True)) >= {"rectifying", "basic", "verified", "closed", "longterm"}
    assert len(set(Clue.objects.values_list("state", flat=True))) >= 4
    lights = Counter(item.light() for item in Item.objects.all())
    assert lights["red"] and lights["yellow"] and lights["green"]
    assert not Petition.objects.filter(received_at__gt=timezone.now()).exists()


def _no_real_person():
    words = [str(petition.opened()) for petition in Petition.objects.select_related("content")]
    words += [str(paper.opened()) for paper in Finding.objects.select_related("content")]
    words += [str(clue.opened()) for clue in Clue.objects.select_related("content")]
    words += list(User.objects.values_list("name", flat=True))
    everything = "\n".join(words)
    assert [name for name in REAL_PEOPLE if name in everything] == []


def _the_cast_signs_in():
    for username in ("admin", "office", "chief", "leader1", "leader2", "member1", "custodian", "liaison1", "auditor"):
        assert User.objects.get(username=username).check_password("demo-password")
    leader = User.objects.get(username="leader1")
    assert Petition.objects.visible_to(leader).to_triage().exists()
    assert not Petition.objects.visible_to(User.objects.get(username="admin")).exists()
    assert Item.objects.visible_to(User.objects.get(username="liaison1")).count() == 8


@pytest.mark.django_db
def test_without_a_password_nothing_is_built(settings):
    settings.DEMO_PASSWORD = ""
    with pytest.raises(CommandError, match="DEMO_PASSWORD"):
        build()
    assert not User.objects.exists()
