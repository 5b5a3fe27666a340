"""The verbs of the finding: numbered without gaps, worded in three parts, in versions, signed by the leader alone."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from inspection.numbers.models import Counter
from inspection.outbox.models import Message
from inspection.trail.models import Entry
from inspection.vault import files as vault_files
from inspection.workflow import StepRefused, available
from petitions.models import Petition
from rectification import numbering
from rectification.models import Clue, Finding, FindingVersion, Item
from rectification.workflow import finding as verbs
from rectification.workflow.machines import FINDING
from rounds.models import Assignment, FocusNode
from tests.cast import make_round
from tests.rectification.letters import petition
from tests.rectification.papers import TEXT, drafted_paper, signed_paper

State = Finding.State
YEAR = timezone.localdate().year


@pytest.fixture
def paper(world):
    return drafted_paper(world, world.assignment_a)


def photo(name="现场.png"):
    return SimpleUploadedFile(name, b"\x89PNG\r\n\x1a\n" + bytes(64), "image/png")


def entries(obj, verb=None):
    found = Entry.objects.about(obj)
    return found.filter(verb=verb) if verb else found


def test_a_paper_is_numbered_sealed_indexed_and_on_record(world, paper):
    assert paper.number == f"[{YEAR}]1巡-1组-01号"
    assert paper.state == State.DRAFT
    assert paper.opened()["fact"] == TEXT["fact"]
    assert list(Finding.objects.search("接待费用")) == [paper]
    assert [entry.verb for entry in entries(paper)] == ["draft"]
    assert TEXT["fact"] not in str(entries(paper).values_list())
    assert [(v.number, v.opened()["title"]) for v in paper.versions.all()] == [(1, TEXT["title"])]


def test_numbers_run_by_group_over_its_units(world):
    numbers = [
        drafted_paper(world, assignment, by=by).number
        for assignment, by in (
            (world.assignment_a, world.member1),
            (world.assignment_b, world.leader1),
            (world.assignment_c, world.member2),
            (world.assignment_a, world.deputy1),
        )
    ]
    assert numbers == [f"[{YEAR}]1巡-{group}组-{serial}号" for group, serial in ((1, "01"), (1, "02"), (2, "01"), (1, "03"))]


def test_a_refused_paper_takes_no_number(world):
    with pytest.raises(ValidationError):
        drafted_paper(world, world.assignment_a, found_on=timezone.localdate() + dt.timedelta(days=1))
    with pytest.raises(ValidationError):
        drafted_paper(world, world.assignment_a, files=[SimpleUploadedFile("x.exe", b"MZ" + bytes(100))])
    assert Finding.objects.count() == 0
    assert drafted_paper(world, world.assignment_a).number.endswith("-01号")


def test_two_rounds_of_the_same_sequence_never_print_one_number_twice(world):
    other = make_round(world.admin, code="T02", sequence=2)
    type(other).objects.filter(pk=other.pk).update(sequence=1, kind="special")
    other.refresh_from_db()
    first = drafted_paper(world, world.assignment_a)
    world.group1.round = other
    world.group1.save(update_fields=["round"])
    world.assignment_a.refresh_from_db()
    second = drafted_paper(world, Assignment.objects.get(pk=world.assignment_a.pk))
    assert [first.number, second.number] == [f"[{YEAR}]1巡-1组-01号", f"[{YEAR}]1巡-1组-02号"]


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_get_distinct_numbers_without_gaps(world):
    problems, barrier = [], threading.Barrier(8)

    def write():
        try:
            barrier.wait()
            for _ in range(2):
                drafted_paper(world, Assignment.objects.get(pk=world.assignment_a.pk))
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sorted(Finding.objects.values_list("number", flat=True)) == [f"[{YEAR}]1巡-1组-{n:02d}号" for n in range(1, 17)]
    assert list(numbering.check()) == []


def test_a_missing_and_an_invented_number_are_reported(world, paper):
    second = drafted_paper(world, world.assignment_a)
    Finding.objects.filter(pk=paper.pk).update(number=f"[{YEAR}]1巡-1组-07号")
    problems = list(numbering.check())
    assert len(problems) == 2
    assert "1" in problems[0] and "7" in problems[1]
    Finding.objects.filter(pk=second.pk).update(number="二号")
    assert any("二号" in problem for problem in numbering.check())
    assert Counter.objects.filter(prefix="DG-1-1", value=2).exists()


@pytest.mark.parametrize("part", ["title", "fact", "basis", "responsible"])
@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_fact_rule_and_who_answers_are_all_required(world, part, text):
    with pytest.raises(ValidationError) as refused:
        drafted_paper(world, world.assignment_a, **{part: text})
    assert set(refused.value.message_dict) == {part}
    assert Finding.objects.count() == 0


def test_what_is_too_long_is_refused_beside_its_field(world):
    with pytest.raises(ValidationError) as refused:
        drafted_paper(world, world.assignment_a, fact="事" * 8001, title="题" * 101)
    assert set(refused.value.message_dict) == {"fact", "title"}


def test_only_the_group_writes_and_only_while_it_works(world):
    for person in (world.office, world.leader2, world.admin, world.expired_leader, world.recused1, world.liaison_a):
        with pytest.raises(PermissionDenied):
            drafted_paper(world, world.assignment_a, by=person)
    world.assignment_a.state = Assignment.State.RECTIFYING
    world.assignment_a.save(update_fields=["state"])
    with pytest.raises(PermissionDenied):
        drafted_paper(world, world.assignment_a)


def test_the_focus_is_of_the_round_and_the_finder_of_the_group(world):
    strange = FocusNode.objects.create(round=make_round(world.admin, code="T02", sequence=2), title="三个聚焦")
    own = FocusNode.objects.create(round=world.round, title="围绕党的领导")
    with pytest.raises(ValidationError) as refused:
        drafted_paper(world, world.assignment_a, focus=strange, found_by=world.member2)
    assert set(refused.value.message_dict) == {"focus", "found_by"}
    assert drafted_paper(world, world.assignment_a, focus=own, found_by=world.coordinator1).focus == own


def test_sources_are_petitions_of_the_same_unit_that_the_writer_sees(world):
    mine, twice = petition(world), petition(world)
    written = drafted_paper(world, world.assignment_a, sources=[mine, twice, mine])
    assert set(written.sources.all()) == {mine, twice}
    for strange in (
        petition(world, world.assignment_b),
        petition(world, world.assignment_c),
        petition(world, names=[world.member1]),
        petition(world, state=Petition.State.HANDED_UP),
    ):
        with pytest.raises(ValidationError) as refused:
            drafted_paper(world, world.assignment_a, sources=[mine, strange])
        assert set(refused.value.message_dict) == {"sources"}
        assert strange.number not in str(refused.value)


def test_a_button_on_the_petition_starts_a_paper_that_rests_on_it(world):
    source = petition(world, discipline="integrity")
    assert verbs.open_from_petition(source, world.member1) == {"sources": [source], "discipline": "integrity"}
    for person in (world.office, world.leader2):
        with pytest.raises(PermissionDenied):
            verbs.open_from_petition(source, person)
    with pytest.raises(PermissionDenied):
        verbs.open_from_petition(petition(world, names=[world.member1]), world.member1)


def test_each_changed_text_is_a_version_and_search_follows(world, paper):
    verbs.edit(paper, by=world.deputy1, fact="2025年4月接待费用超标准")
    verbs.edit(paper, by=world.member1, key=True, responsibility="first")
    paper = Finding.objects.get(pk=paper.pk)
    assert [(v.number, v.by, v.opened()["fact"]) for v in paper.versions.all()] == [
        (1, world.member1, TEXT["fact"]),
        (2, world.deputy1, "2025年4月接待费用超标准"),
    ]
    assert (paper.title, paper.key, paper.responsibility) == (TEXT["title"], True, "first")
    assert list(Finding.objects.search("2025年4月")) == [paper]
    assert list(Finding.objects.search("2025年3月")) == []
    assert [entry.facts["changed"] for entry in entries(paper, "edit")] == [["fact"], ["key", "responsibility"]]
    with pytest.raises(ValidationError):
        verbs.edit(paper, by=world.member1, basis=" ")


def test_who_may_not_know_of_a_source_neither_edits_nor_names_it(world):
    hidden, open_, fresh = petition(world, names=[world.member1]), petition(world), petition(world)
    paper = drafted_paper(world, world.assignment_a, by=world.leader1, sources=[hidden, open_])
    with pytest.raises(PermissionDenied):
        verbs.edit(paper, by=world.member1, sources=[fresh])
    own = drafted_paper(world, world.assignment_a, by=world.member1, sources=[fresh])
    with pytest.raises(ValidationError):
        verbs.edit(own, by=world.member1, sources=[hidden])
    verbs.edit(paper, by=world.leader1, sources=[])
    assert set(paper.sources.all()) == set()


def test_evidence_is_numbered_on_and_kept_encrypted(world):
    paper = drafted_paper(world, world.assignment_a, files=[photo()])
    verbs.attach_evidence(paper, by=world.leader1, files=[photo("照片二.png"), photo("照片三.png")])
    verbs.edit(paper, by=world.member1, fact="改写")
    evidence = list(paper.evidence.all())
    assert [e.label for e in evidence] == ["01-01", "01-02", "01-03"]
    assert b"".join(vault_files.chunks(evidence[1].file)) == photo().file.getvalue()
    assert evidence[2].file.name == "照片三.png"
    signed = verbs.sign(verbs.submit(paper, by=world.member1), by=world.leader1, date=timezone.localdate())
    with pytest.raises(StepRefused):
        verbs.attach_evidence(signed, by=world.member1, files=[photo()])
    with pytest.raises(ValidationError):
        verbs.attach_evidence(drafted_paper(world, world.assignment_a), by=world.member1, files=[])


def test_the_leader_alone_signs(world, paper):
    verbs.submit(paper, by=world.member1)
    for person in (world.member1, world.deputy1, world.office, world.chief, world.leader2, world.expired_leader):
        with pytest.raises(PermissionDenied):
            verbs.sign(paper, by=person, date=timezone.localdate())
    signed = verbs.sign(paper, by=world.leader1, date=timezone.localdate())
    assert (signed.state, signed.signed_by, signed.meeting_on) == (State.SIGNED, world.leader1, timezone.localdate())
    assert entries(paper, "sign").count() == 1


def test_the_meeting_is_between_the_finding_and_today(world):
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    paper = verbs.submit(drafted_paper(world, world.assignment_a, found_on=yesterday), by=world.member1)
    for date in (timezone.localdate() + dt.timedelta(days=1), yesterday - dt.timedelta(days=1), None):
        with pytest.raises(ValidationError) as refused:
            verbs.sign(paper, by=world.leader1, date=date)
        assert set(refused.value.message_dict) == {"date"}
    assert verbs.sign(paper, by=world.leader1, date=yesterday).meeting_on == yesterday


def test_a_report_rests_on_signed_papers_only(world, paper):
    with pytest.raises(StepRefused):
        verbs.use(paper, by=world.leader1)
    verbs.submit(paper, by=world.member1)
    with pytest.raises(StepRefused):
        verbs.use(paper, by=world.leader1)
    assert list(Finding.objects.signed()) == []
    with pytest.raises(DatabaseError), transaction.atomic():
        Finding.objects.filter(pk=paper.pk).update(state=State.USED)
    verbs.sign(paper, by=world.leader1, date=timezone.localdate())
    assert verbs.use(paper, by=world.deputy1).state == State.USED
    assert list(Finding.objects.signed()) == [paper]


def test_corrected_at_once_opens_an_item_with_its_day(world):
    paper = signed_paper(world, world.assignment_a)
    with pytest.raises(ValidationError):
        verbs.correct_at_once(paper, by=world.leader1, date=timezone.localdate() - dt.timedelta(days=1))
    due = timezone.localdate() + dt.timedelta(days=7)
    verbs.correct_at_once(paper, by=world.leader1, date=due)
    item = Item.objects.get(finding=paper)
    assert (item.source, item.due_on, item.assignment, item.problem) == ("immediate", due, world.assignment_a, TEXT["title"])
    assert paper.state == State.CORRECTED


CLUE = {
    "level": "county",
    "discipline": "integrity",
    "mode": "single",
    "name": "钱某某",
    "post": "副局长",
    "matter": "超标准接待",
}


def test_a_paper_becomes_one_clue(world):
    source = petition(world)
    paper = drafted_paper(world, world.assignment_a, sources=[source])
    with pytest.raises(StepRefused):
        verbs.to_clue(paper, by=world.leader1, receiver=world.discipline_body, **CLUE)
    verbs.sign(verbs.submit(paper, by=world.member1), by=world.leader1, date=timezone.localdate())
    with pytest.raises(ValidationError):
        verbs.to_clue(paper, by=world.leader1, receiver=world.discipline_body, **CLUE | {"name": " "})
    paper.refresh_from_db()
    assert paper.state == State.SIGNED
    clue = verbs.to_clue(paper, by=world.leader1, receiver=world.discipline_body, **CLUE)
    assert (clue.finding, clue.state, clue.proposed_by) == (paper, Clue.State.PROPOSED, world.leader1)
    with pytest.raises(StepRefused):
        verbs.to_clue(paper, by=world.leader1, receiver=world.discipline_body, **CLUE)
    assert Clue.objects.count() == 1


def test_dropped_with_a_reason_and_restored_without_its_signature(world):
    paper = signed_paper(world, world.assignment_a)
    with pytest.raises(ValidationError):
        verbs.drop(paper, by=world.leader1, reason="")
    verbs.drop(paper, by=world.leader1, reason="证据不足")
    assert entries(paper, "drop").get().note_text == "证据不足"
    verbs.restore(paper, by=world.deputy1, reason="补充了证据")
    paper.refresh_from_db()
    assert (paper.state, paper.signed_by, paper.signed_at, paper.meeting_on) == (State.DRAFT, None, None, None)


def test_sent_back_to_its_writer_with_a_remark(world, paper):
    verbs.submit(paper, by=world.deputy1)
    with pytest.raises(PermissionDenied):
        verbs.send_back(paper, by=world.member1, reason="定性不准")
    verbs.send_back(paper, by=world.leader1, reason="定性不准")
    assert paper.state == State.DRAFT
    told = [(m.payload["code"], m.payload["user"]) for m in Message.objects.order_by("id")]
    assert told == [("finding_to_sign", world.leader1.pk), ("finding_sent_back", world.member1.pk)]
    assert "定性不准" not in str(list(Message.objects.values_list("payload", flat=True)))


def test_taken_twice_or_from_a_stale_page_is_refused_and_recorded_once(world, paper):
    seen = paper.version
    verbs.submit(paper, by=world.member1, seen=seen)
    with pytest.raises(StepRefused):
        verbs.submit(paper, by=world.member1, seen=seen)
    verbs.send_back(paper, by=world.leader1, reason="改")
    with pytest.raises(StepRefused):
        verbs.submit(paper, by=world.member1, seen=seen)
    assert entries(paper, "submit").count() == 1
    with pytest.raises(StepRefused):
        verbs.edit(paper, by=world.member1, seen=seen, fact="旧页面")
    assert paper.versions.count() == 1
    assert Finding.objects.get(pk=paper.pk).opened()["fact"] == TEXT["fact"]


def test_nothing_is_kept_of_an_edit_that_fails_halfway(world, paper, monkeypatch):
    monkeypatch.setattr(FindingVersion.objects, "create", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        verbs.edit(paper, by=world.member1, fact="半途")
    fresh = Finding.objects.get(pk=paper.pk)
    assert (fresh.opened()["fact"], fresh.version) == (TEXT["fact"], 1)
    assert entries(paper, "edit").count() == 0


def test_who_sees_papers(world, paper):
    sees = ("office", "chief", "leader1", "deputy1", "coordinator1", "member1")
    cast = {name: person for name, person in vars(world).items() if type(person) is type(world.office)}
    assert {name for name, person in cast.items() if Finding.objects.visible_to(person).exists()} == {*sees, "office2"}
    assert {step.verb for step in available(FINDING, paper, world.member1)} == {"edit", "attach_evidence", "submit"}
    assert {step.verb for step in available(FINDING, paper, world.leader1)} == {"edit", "attach_evidence", "submit", "drop"}
    assert available(FINDING, paper, world.chief) == []


def test_the_evening_queue_is_the_leaders_own_longest_waiting_first(world):
    first, second = drafted_paper(world, world.assignment_a), drafted_paper(world, world.assignment_b)
    drafted_paper(world, world.assignment_a)
    other = drafted_paper(world, world.assignment_c, by=world.member2)
    for paper, by in ((second, world.member1), (first, world.member1), (other, world.member2)):
        verbs.submit(paper, by=by)
    assert list(Finding.objects.to_sign_by(world.leader1)) == [second, first]
    assert list(Finding.objects.to_sign_by(world.leader2)) == [other]
    for person in (world.deputy1, world.member1, world.chief, world.expired_leader):
        assert list(Finding.objects.to_sign_by(person)) == []
