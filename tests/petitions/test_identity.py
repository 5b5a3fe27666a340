"""Who wrote: asked for with a reason, opened by another person, for some hours, to nobody else; every step on record."""

import datetime as dt
import io
import re
import zipfile

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inspection.accounts.models import RoleGrant, User
from inspection.accounts.sessions import CONFIRMED_AT
from inspection.outbox.models import Message
from inspection.trail.models import Entry
from inspection.vault import envelopes
from inspection.workflow import StepRefused
from petitions import urls
from petitions.models import Exclusion, IdentityRequest, Petition
from petitions.tasks import expire_identities
from petitions.workflow import disclosure as verbs
from petitions.workflow import original
from petitions.workflow.transfer import transfer
from rounds.models import Appointment, Recusal
from tests.cast import make_user

from .registering import call

WHO = {"name": "钱来也", "phone": "13800138000", "account": "wx_qianlaiye"}
WHY = "署名须本人确认，拟电话核实。"


@pytest.fixture
def petition(world):
    return call(world, reporter=WHO)


@pytest.fixture
def asked(world, petition):
    return verbs.ask(petition, by=world.leader1, reason=WHY)


@pytest.fixture
def opened(world, asked):
    return verbs.approve(asked, by=world.custodian)


def fresh(user):
    """The user without what was remembered about roles, posts and recusals."""
    return User.objects.get(pk=user.pk)


def page(client, user, petition):
    client.force_login(user)
    return client.get(reverse("petitions:identity", args=[petition.number]))


def over(request):
    """Its time was over a minute ago."""
    IdentityRequest.objects.filter(pk=request.pk).update(opens_until=timezone.now() - dt.timedelta(minutes=1))
    request.refresh_from_db()


def told(code):
    """Who is told of a code."""
    sent = Message.objects.filter(kind="notice", payload__code=code)
    return {User.objects.get(pk=message.payload["user"]).username for message in sent}


def cost(client, user, url) -> int:
    """How many queries a page takes."""
    client.force_login(user)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def verbs_of(obj):
    return list(Entry.objects.about(obj).values_list("verb", flat=True))


def test_who_handles_it_may_ask_and_nobody_else(world, petition):
    for name in ("leader1", "deputy1", "office", "chief"):
        asked = verbs.ask(petition, by=getattr(world, name), reason=WHY)
        assert asked.state == "requested" and asked.reason_text == WHY
    for name in ("member1", "coordinator1", "leader2", "custodian", "recused1", "expired_leader", "auditor", "liaison_a"):
        with pytest.raises(PermissionDenied):
            verbs.ask(petition, by=getattr(world, name), reason=WHY)
    assert IdentityRequest.objects.count() == 4
    with pytest.raises(PermissionDenied):
        verbs.ask(call(world), by=world.leader1, reason=WHY)  # nothing was left to see


def test_a_request_needs_a_reason_and_one_at_a_time_is_enough(world, petition, asked):
    for reason in ("", "  \n", "\0"):
        with pytest.raises(ValidationError) as error:
            verbs.ask(petition, by=world.deputy1, reason=reason)
        assert set(error.value.message_dict) == {"reason"}
    with pytest.raises(ValidationError):
        verbs.ask(petition, by=world.leader1, reason=WHY)
    assert IdentityRequest.objects.count() == 1
    assert Entry.objects.about(asked).get().facts == {"petition": petition.number}
    assert WHY.encode() not in bytes(asked.reason.sealed)
    assert told("identity.asked") == {"custodian"}


def test_a_custodian_decides_and_never_on_the_own_request(world, petition, asked):
    for name in ("leader1", "deputy1", "office", "chief", "secadmin", "auditor", "admin"):
        with pytest.raises(PermissionDenied):
            verbs.approve(asked, by=getattr(world, name))
    both = make_user("both", "兼任者", "office", "custodian")
    own = verbs.ask(petition, by=both, reason=WHY)
    for person in (both, world.custodian):
        with pytest.raises(PermissionDenied):
            verbs.approve(own, by=person)
    assert verbs.approve(own, by=world.chief).decided_by == world.chief
    assert "chief" in told("identity.asked")
    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityRequest.objects.filter(pk=own.pk).update(decided_by=both)


def test_the_hours_have_bounds_and_a_default(world, asked):
    for hours in (0, -1, 73):
        with pytest.raises(ValidationError):
            verbs.approve(asked, by=world.custodian, hours=hours)
    before = timezone.now()
    opened = verbs.approve(asked, by=world.custodian)
    assert before + dt.timedelta(hours=24) <= opened.opens_until <= timezone.now() + dt.timedelta(hours=24)
    assert told("identity.approved") == {"leader1"} and told("identity.opened") == {"chief"}


def test_two_who_decide_at_once_one_is_told_so(world, asked, client):
    second = make_user("custodian2", "保管员乙", "custodian")
    stale = IdentityRequest.objects.get(pk=asked.pk)
    verbs.approve(asked, by=world.custodian)
    with pytest.raises(StepRefused):
        verbs.refuse(stale, by=second, reason="理由不足")
    client.force_login(second)
    url = reverse("petitions:identity-approve", args=[asked.number])
    assert client.post(url, {"version": 1, "hours": 24}).status_code == 409
    assert verbs_of(asked) == ["ask", "approve"]


def test_only_the_asker_sees_it_and_every_look_is_an_entry(world, petition, opened, client):
    answer = page(client, world.leader1, petition)
    text = answer.content.decode()
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    for value in WHO.values():
        assert value in text
    assert text.count(f"组长一 {timezone.localtime():%Y-%m-%d}") >= 12  # the watermark
    assert "还剩 23 小时" in text
    page(client, world.leader1, petition)
    opened.refresh_from_db()
    assert opened.views == 2 and verbs_of(opened) == ["ask", "approve", "look", "look"]
    expected = {"deputy1": 403, "office": 403, "chief": 403, "member1": 403, "custodian": 404, "leader2": 404, "auditor": 404}
    for name, status in expected.items():
        answer = page(client, getattr(world, name), petition)
        assert answer.status_code == status, name
        assert "钱来也" not in answer.content.decode()
    assert verbs_of(opened).count("look") == 2


def test_it_closes_by_the_clock_and_the_record_follows_once(world, petition, opened, client):
    over(opened)
    answer = page(client, world.leader1, petition)
    assert answer.status_code == 403 and "已到期" in answer.content.decode() and "钱来也" not in answer.content.decode()
    assert opened.state == "approved" and opened.get_state_display() == "已到期"
    assert (expire_identities(), expire_identities()) == (1, 0)
    entry = Entry.objects.about(opened).get(verb="expire")
    assert entry.actor is None and entry.to_state == "expired"
    again = verbs.ask(petition, by=world.leader1, reason=WHY)
    assert again.state == "requested"


def test_asking_again_after_the_time_is_over_records_the_expiry_itself(world, petition, opened):
    over(opened)
    verbs.ask(petition, by=world.leader1, reason=WHY)
    opened.refresh_from_db()
    assert opened.state == "expired"


def test_approval_does_not_survive_the_loss_of_the_right(world, petition, opened, client):
    """Named, recused, appointment over: each takes the look away at once, and gives it back when it is undone."""

    def named():
        Exclusion.objects.create(petition=petition, user=world.leader1, ground="named")

    def recused():
        Recusal.objects.create(person=world.leader1.person, unit=world.unit_a, ground="employment", declared_by=world.leader1)

    def ended():
        Appointment.objects.of(world.leader1).update(ends_on=timezone.localdate() - dt.timedelta(days=1))

    for lose in (named, recused, ended):
        assert page(client, world.leader1, petition).status_code == 200
        with transaction.atomic():
            lose()
            answer = page(client, world.leader1, petition)
            assert answer.status_code == 404 and "钱来也" not in answer.content.decode(), lose.__name__
            with pytest.raises(PermissionDenied):
                verbs.look(IdentityRequest.objects.get(pk=opened.pk), by=fresh(world.leader1))
            transaction.set_rollback(True)


def test_who_lost_the_right_meanwhile_is_not_approved(world, asked):
    Recusal.objects.create(person=world.leader1.person, unit=world.unit_a, ground="employment", declared_by=world.leader1)
    with pytest.raises(ValidationError):
        verbs.approve(IdentityRequest.objects.get(pk=asked.pk), by=world.custodian)
    asked.refresh_from_db()
    assert asked.state == "requested"


def test_a_custodian_whom_it_names_neither_knows_nor_decides(world, petition, asked, client):
    Exclusion.objects.create(petition=petition, user=world.custodian, ground="named")
    assert not IdentityRequest.objects.visible_to(world.custodian).exists()
    with pytest.raises(PermissionDenied):
        verbs.approve(IdentityRequest.objects.get(pk=asked.pk), by=world.custodian)
    client.force_login(world.custodian)
    assert client.get(asked.get_absolute_url()).status_code == 404


def test_it_may_be_withdrawn_refused_or_closed_early(world, petition, asked):
    with pytest.raises(PermissionDenied):
        verbs.withdraw(asked, by=world.deputy1)
    assert verbs.withdraw(asked, by=world.leader1).state == "withdrawn"
    second = verbs.ask(petition, by=world.leader1, reason=WHY)
    with pytest.raises(ValidationError):
        verbs.refuse(second, by=world.custodian, reason="")
    refused = verbs.refuse(second, by=world.custodian, reason="不看身份也能办理。")
    assert refused.state == "refused" and told("identity.refused") == {"leader1"}
    third = verbs.approve(verbs.ask(petition, by=world.leader1, reason=WHY), by=world.custodian)
    assert verbs.close(third, by=world.leader1).state == "closed"
    with pytest.raises(StepRefused):
        verbs.look(third, by=world.leader1)
    fourth = verbs.approve(verbs.ask(petition, by=world.leader1, reason=WHY), by=world.custodian)
    verbs.close(fourth, by=world.custodian)
    assert told("identity.closed") == {"leader1"}


def test_the_petitions_page_tells_that_there_is_a_request_and_not_who_wrote(world, petition, opened, client):
    for name in ("leader1", "member1", "office", "chief"):
        client.force_login(getattr(world, name))
        text = client.get(petition.get_absolute_url()).content.decode()
        assert opened.number in text and "已批准" in text
        assert "钱来也" not in text and "13800138000" not in text
        assert (reverse("petitions:identity", args=[petition.number]) + '"' in text) == (name == "leader1")


def test_the_request_page_shows_the_reason_and_nothing_of_the_petition(world, petition, asked, client):
    for name, status in {"custodian": 200, "chief": 200, "leader1": 200, "deputy1": 404, "auditor": 404, "leader2": 404}.items():
        client.force_login(getattr(world, name))
        answer = client.get(asked.get_absolute_url())
        assert answer.status_code == status, name
        if status == 200:
            text = answer.content.decode()
            assert WHY in text and petition.subject not in text and petition.text not in text and "钱来也" not in text
    client.force_login(world.custodian)
    text = client.get(asked.get_absolute_url()).content.decode()
    assert f'href="{petition.get_absolute_url()}"' not in text  # a custodian knows the number, not the petition


def test_who_decides_sees_how_often_it_was_granted_to_the_same_person(world, petition, opened, client):
    """A custodian who waves through whatever a friend asks for: the next request says so, to whoever decides and nobody else."""
    verbs.close(opened, by=opened.asked_by)
    again = verbs.ask(petition, by=opened.asked_by, reason=WHY)
    words = "申请 2 次，获批 1 次，其中由您批准 {mine} 次"
    for user, mine in ((world.custodian, 1), (world.chief, 0)):
        client.force_login(user)
        assert words.format(mine=mine) in client.get(again.get_absolute_url()).content.decode(), user
    client.force_login(world.custodian)
    assert words.format(mine=1) in client.get(f"{again.get_absolute_url()}approve/").content.decode()
    client.force_login(opened.asked_by)
    assert "申请人近30天" not in client.get(again.get_absolute_url()).content.decode()


def test_the_list_its_filters_and_scope(world, petition, opened, client):
    url = reverse("petitions:identity-requests")
    one = cost(client, world.custodian, url)
    others = [verbs.ask(call(world, reporter=WHO), by=world.office, reason=WHY) for _n in range(6)]
    assert cost(client, world.custodian, url) <= one

    def shown(name, **asked):
        client.force_login(getattr(world, name))
        return {row.number for row in client.get(url, asked).context["page"]}

    everything = {opened.number, *(row.number for row in others)}
    assert shown("custodian") == shown("chief") == everything
    assert shown("leader1") == {opened.number} and shown("deputy1") == set()
    assert shown("custodian", state="approved") == {opened.number}
    assert shown("custodian", number=petition.number) == {opened.number}
    over(opened)
    assert shown("custodian", state="approved") == set() and shown("custodian", state="expired") == {opened.number}


def test_panels_for_who_decides_and_who_asked(world, petition, opened, client):
    def panels(name):
        client.force_login(getattr(world, name))
        return {panel.key: panel.count for panel in client.get("/").context["panels"]}

    assert panels("custodian")["identity-waiting"] == 0
    assert panels("leader1")["identity-open"] == 1 and "identity-open" not in panels("deputy1")
    verbs.ask(petition, by=world.office, reason=WHY)
    assert panels("custodian")["identity-waiting"] == 1 and "identity-waiting" not in panels("chief")
    over(opened)
    assert "identity-open" not in panels("leader1")


def test_asking_and_deciding_through_the_pages(world, petition, client):
    client.force_login(world.leader1)
    url = reverse("petitions:identity-ask", args=[petition.number])
    for bad in ("", "\0", "字" * 2001):
        assert client.post(url, {"reason": bad}).status_code == 200
    assert not IdentityRequest.objects.exists()
    assert client.post(url, {"reason": WHY}).status_code == 302
    assert client.post(url, {"reason": WHY}).status_code == 200  # sent twice
    asked = IdentityRequest.objects.get()
    client.force_login(world.custodian)
    approve = reverse("petitions:identity-approve", args=[asked.number])
    assert WHY in client.get(approve).content.decode()
    for bad in ("0", "73", "两天", ""):
        assert client.post(approve, {"version": 1, "hours": bad}).status_code == 200
    assert client.post(approve, {"version": 1, "hours": "2"}).status_code == 302
    asked.refresh_from_db()
    assert asked.state == "approved" and verbs_of(asked) == ["ask", "approve"]


def test_who_has_not_confirmed_lately_confirms_first(world, petition, opened, client):
    client.force_login(world.leader1)
    session = client.session
    session[CONFIRMED_AT] = 1
    session.save()
    answer = client.get(reverse("petitions:identity", args=[petition.number]))
    assert answer.status_code == 302 and reverse("accounts:confirm") in answer["Location"]
    opened.refresh_from_db()
    assert opened.views == 0


def test_a_damaged_identity_says_so(world, petition, opened, client):
    other = envelopes.seal("petition.who", "petition:another", {"name": "张冠李"})
    Petition.objects.filter(pk=petition.pk).update(identity=other)
    answer = page(client, world.leader1, petition)
    assert answer.status_code == 302 and answer["Location"] == petition.get_absolute_url()


def test_a_role_taken_away_ends_the_deciding(world, asked):
    RoleGrant.objects.filter(user=world.custodian).delete()
    with pytest.raises(PermissionDenied):
        verbs.approve(IdentityRequest.objects.get(pk=asked.pk), by=fresh(world.custodian))


def plain(answer) -> str:
    """What an answer says, unpacked where it is a workbook or a letter."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


def test_no_other_page_file_or_answer_shows_who_wrote(world, petition, opened, client):
    """Every address of the floor that can be asked with what is there, and the API, for everybody who reads petitions."""
    slip = transfer(petition, by=world.office, receiver=world.agency, extract="请处理。", sent_on=timezone.localdate())
    release = original.ask(slip, by=world.coordinator1, reason="摘要说不清。")
    original.approve(release, by=world.leader1)
    given = {"petition": petition.number, "slip": slip.number, "identity": opened.number}
    asked = []
    for route in urls.urlpatterns:
        kinds = re.findall(r"<(\w+):\w+>", str(route.pattern))
        if route.name not in ("identity", "slips-letters") and set(kinds) <= set(given):
            asked.append(reverse(f"petitions:{route.name}", args=[given[kind] for kind in kinds]))
    asked += [reverse("petitions-list"), reverse("petitions-detail", args=[petition.number]), release.get_absolute_url()]
    asked += [reverse("slips-list"), reverse("slips-detail", args=[slip.number]), "/", reverse("notices")]
    assert len(asked) > 50
    for name in ("office", "leader1", "custodian"):
        client.force_login(getattr(world, name))
        answers = {url: client.get(url) for url in asked}
        answers["export"] = client.post(reverse("petitions:export"), {"mark": "internal", "sure": "on"})
        shown = {url: plain(answer) for url, answer in answers.items()}
        assert [url for url, text in shown.items() if any(value in text for value in WHO.values())] == [], name
