"""The catalogue of units, the talent pool, recusals, channels and liaisons."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from inspection.trail.models import Entry
from rounds import access
from rounds.lineage import Lineage
from rounds.models import Assignment, Channel, Liaison, Person, Recusal, Unit
from rounds.workflow import (
    add_category,
    add_channel,
    add_person,
    add_relative,
    add_unit,
    change_channel,
    close_channel,
    close_unit,
    declare_recusal,
    edit_category,
    edit_person,
    edit_unit,
    lift_recusal,
    link_liaison,
    remove_relative,
    rename_unit,
    unlink_liaison,
)


def test_units(world):
    block = add_category(by=world.office, name="国有企业", order=3)
    edit_category(block, by=world.office, name="国企", order=3)
    unit = add_unit(by=world.office, code="U-100", name="城投公司", category=block, region="某县", must_cover=False)
    edit_unit(unit, by=world.office, region="某县城关", must_cover=True)
    assert Entry.objects.about(unit).count() == 2
    edit_unit(unit, by=world.office, region="某县城关")
    assert Entry.objects.about(unit).count() == 2
    with pytest.raises(ValidationError) as refused:
        add_unit(by=world.office, code="U-100", name="又一个", category=block)
    assert list(refused.value.message_dict) == ["code"]
    with pytest.raises(TypeError):
        edit_unit(unit, by=world.office, name="改名不走这里")
    with pytest.raises(PermissionDenied):
        add_unit(by=world.leader1, code="U-101", name="某局", category=block)


def test_no_unit_is_above_itself(world):
    edit_unit(world.unit_b, by=world.office, parent=world.unit_a)
    for parent in (world.unit_a, world.unit_b):
        with pytest.raises(ValidationError, match="上级"):
            edit_unit(world.unit_a, by=world.office, parent=parent)


def test_renaming_closes_the_old_name_and_keeps_its_history(world):
    edit_unit(world.unit_b, by=world.office, parent=world.unit_a)
    on = timezone.localdate()
    new = rename_unit(world.unit_a, by=world.office, name="甲委员会", code="U-甲委", on=on)
    world.unit_a.refresh_from_db()
    world.unit_b.refresh_from_db()
    assert (world.unit_a.abolished_on, world.unit_a.successor, world.unit_b.parent) == (on, new, new)
    assert Assignment.objects.get(pk=world.assignment_a.pk).unit == world.unit_a
    lineage = Lineage()
    assert lineage.predecessors(new.pk) == {world.unit_a.pk}
    assert lineage.same(world.unit_a.pk, new.pk) and not lineage.same(new.pk, world.unit_c.pk)
    assert access.liaises_for(world.liaison_a, Assignment(unit=new))
    assert Recusal.objects.filter(person=world.recused1.person, unit=new).exists()
    with pytest.raises(ValidationError, match="已撤销或更名"):
        rename_unit(world.unit_a, by=world.office, name="再改", code="U-甲3", on=on)
    with pytest.raises(ValidationError):
        rename_unit(new, by=world.office, name="甲委员会", code="U-甲4", on=on)
    with pytest.raises(ValidationError):
        rename_unit(new, by=world.office, name="新名", code="U-乙", on=on)
    assert Unit.objects.active().filter(pk=new.pk).exists()


def test_merging(world):
    on = timezone.localdate()
    close_unit(world.unit_a, by=world.office, on=on, successor=world.unit_b)
    with pytest.raises(ValidationError, match="承接单位"):
        close_unit(world.unit_b, by=world.office, on=on, successor=world.unit_a)
    assert Lineage().family([world.unit_b.pk]) == {world.unit_a.pk, world.unit_b.pk}
    close_unit(world.unit_c, by=world.office, on=on)
    assert Entry.objects.filter(verb="close").count() == 2


def test_people(world):
    person = add_person(by=world.office, name="新人", code="P-400", former_employers=[world.unit_a])
    edit_person(person, by=world.office, post="科长")
    edit_person(person, by=world.office, former_employers=[world.unit_b])
    edit_person(person, by=world.office, former_employers=[world.unit_b])
    assert Entry.objects.about(person).count() == 3
    with pytest.raises(ValidationError):
        add_person(by=world.office, name="重号", code="P-400")
    with pytest.raises(PermissionDenied):
        add_person(by=world.leader1, name="甲", code="P-401")


def test_accounts_are_not_linked_to_oneself_or_to_administrators(world):
    person = add_person(by=world.office, name="新人", code="P-402")
    for user in (world.office, world.admin, world.auditor):
        with pytest.raises(ValidationError) as refused:
            edit_person(person, by=world.office, user=user)
        assert list(refused.value.message_dict) == ["user"]
    with pytest.raises(ValidationError):
        edit_person(person, by=world.office, user=world.member1)  # belongs to somebody else
    assert edit_person(person, by=world.office, user=world.outsider).user == world.outsider


def test_a_recusal_is_not_shaken_off_by_taking_the_account_away_from_the_person(world, client):
    """Recusals are bound to the person of the talent pool: an account without that person would read everything again."""
    own = add_person(by=world.office2, name="办公室甲", code="P-403", user=world.office)
    declare_recusal(own, world.unit_a, by=world.office, ground="relative")
    for fields in ({"user": None}, {"name": "别名"}, {"employer": None, "active": False}):
        with pytest.raises(PermissionDenied):
            edit_person(own, by=world.office, **fields)
    client.force_login(world.office)
    assert client.get(f"/people/{own.pk}/edit/").status_code == 403
    assert f"/people/{own.pk}/edit/" not in client.get(own.get_absolute_url()).content.decode()
    for by in (world.office2, world.admin, None):
        for user in (None, world.outsider):
            with pytest.raises(ValidationError) as refused:
                edit_person(own, by=by, user=user)
            assert list(refused.value.message_dict) == ["user"]
    own.refresh_from_db()
    assert own.user == world.office
    assert world.assignment_a not in Assignment.objects.cases_visible_to(world.office)
    lift_recusal(own.recusals.get(), by=world.chief, reason="误报")
    assert edit_person(own, by=world.office2, user=None).user is None


def test_relatives(world):
    own = world.member1.person
    relative = add_relative(own, by=world.member1, name="某某", relation="配偶", unit=world.unit_c)
    with pytest.raises(PermissionDenied):
        add_relative(own, by=world.leader1, name="某某", relation="配偶")
    with pytest.raises(PermissionDenied):
        remove_relative(relative, by=world.member1)
    remove_relative(relative, by=world.office)
    verbs = list(Entry.objects.about(own).values_list("verb", flat=True))
    assert verbs == ["add_relative", "remove_relative"]
    assert "某某" not in str(list(Entry.objects.about(own).values_list("facts", flat=True)))


def test_ones_own_recusal_works_at_once_and_cannot_be_withdrawn_by_oneself(world):
    own = world.member1.person
    assert access.works_on(world.member1, world.assignment_a)
    recusal = declare_recusal(own, world.unit_a, by=world.member1, ground="relative")
    assert not access.works_on(world.member1, world.assignment_a)
    assert access.works_on(world.member1, world.assignment_b)
    assert list(Assignment.objects.cases_visible_to(world.member1)) == [world.assignment_b]
    with pytest.raises(ValidationError):
        declare_recusal(own, world.unit_a, by=world.member1, ground="other")
    for who in (world.member1, world.leader1, world.office, world.admin):
        with pytest.raises(PermissionDenied):
            lift_recusal(recusal, by=who, reason="不再需要")
    with pytest.raises(ValidationError):
        lift_recusal(recusal, by=world.chief, reason="")
    lift_recusal(recusal, by=world.chief, reason="误报")
    assert not Recusal.objects.filter(person=own).exists()


def test_the_head_of_office_does_not_lift_what_concerns_oneself(world):
    own = Person.objects.create(name="主任", code="P-403", user=world.chief)
    recusal = declare_recusal(own, world.unit_a, by=world.office, ground="relative")
    with pytest.raises(PermissionDenied):
        lift_recusal(recusal, by=world.chief, reason="误报")


@pytest.mark.parametrize("who", ["leader1", "member2", "outsider", "secadmin", "custodian"])
def test_who_may_not_recuse_others(world, who):
    with pytest.raises(PermissionDenied):
        declare_recusal(world.member1.person, world.unit_a, by=getattr(world, who), ground="other")


@pytest.mark.parametrize("who", ["admin", "office", "chief"])
def test_who_records_for_others(world, who):
    declare_recusal(world.member1.person, world.unit_a, by=getattr(world, who), ground="other")
    assert Entry.objects.get(verb="recuse").facts == {"person": "P-member1", "unit": "U-甲", "ground": "other"}


def test_channels(world):
    channel = add_channel(
        world.assignment_a, by=world.leader1, kind="call", address="0313-2568718", opens=dt.time(8), closes=dt.time(20)
    )
    change_channel(channel, by=world.office, closes=dt.time(18))
    close_channel(channel, by=world.office)
    close_channel(channel, by=world.office)
    assert list(Entry.objects.about(channel).values_list("verb", flat=True)) == ["add_channel", "change_channel", "close_channel"]
    with pytest.raises(ValidationError):
        change_channel(channel, by=world.office, kind="sms")
    with pytest.raises(PermissionDenied):
        add_channel(world.assignment_c, by=world.leader1, kind="call", address="0313-2568718")
    with pytest.raises(PermissionDenied):
        close_channel(channel, by=world.member1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "call", "address": "请打电话"},
        {"kind": "sms", "address": "😀"},
        {"kind": "email", "address": "不是邮箱"},
        {"kind": "letter", "address": ""},
        {"kind": "letter", "address": "信" * 121},
        {"kind": "none", "address": "甲"},
        {"kind": "call", "address": "0313-2568718", "opens": dt.time(20), "closes": dt.time(8)},
        {"kind": "call", "address": "0313-2568718", "opens": dt.time(8)},
        {"kind": "box", "address": "门口", "closes_on": dt.date(2020, 1, 1)},
        {"kind": "box", "address": "box-T01-1-01"},  # there already
    ],
)
def test_channels_that_cannot_be(world, wrong):
    before = Channel.objects.count()
    with pytest.raises(ValidationError):
        add_channel(world.assignment_a, by=world.office, **wrong)
    assert Channel.objects.count() == before
    assert not Entry.objects.filter(verb="add_channel").exists()


def test_a_channels_last_day(world):
    channel = world.assignment_a.channels.first()
    assert channel.last_day == world.assignment_a.onsite_to
    world.assignment_a.cutoff_on = day = world.assignment_a.onsite_to - dt.timedelta(days=7)
    assert channel.last_day == day
    channel.closes_on = day - dt.timedelta(days=1)
    assert channel.last_day == channel.closes_on


def test_liaisons(world):
    with pytest.raises(ValidationError):
        link_liaison(world.unit_b, world.outsider, by=world.office)
    with pytest.raises(ValidationError):
        link_liaison(world.unit_a, world.liaison_a, by=world.office)  # linked already
    linked = link_liaison(world.unit_b, world.liaison_a, by=world.office)
    assert Assignment.objects.items_visible_to(world.liaison_a).count() == 2
    unlink_liaison(linked, by=world.office)
    assert Liaison.objects.filter(user=world.liaison_a).count() == 1
    once = Liaison.objects.create(user=world.office2, unit=world.unit_a)  # a liaison who works in the office by now
    with pytest.raises(PermissionDenied):
        unlink_liaison(once, by=world.office2)
    assert world.assignment_a not in Assignment.objects.cases_visible_to(world.office2)
    with pytest.raises(PermissionDenied):
        link_liaison(world.unit_b, world.liaison_a, by=world.leader1)
