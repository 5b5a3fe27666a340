"""Search equals a plain scan of what is visible; what is alike is found by words, person and number."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspection.pages import lists, searching
from inspection.vault import index
from petitions import search
from petitions.models import Petition
from petitions.workflow import petition as verbs

from .registering import call, hand_up

ALPHABET = "占道经营低保局长aB1 。\n"
TEXTS = [
    "占道经营无人管",
    "低保名单不公开，局长aB1知情",
    "经营低保 两件事",
    "AB1局 长",
    "保低道占",
]


@pytest.fixture
def corpus(world):
    """Visible to leader1: five of unit_a; out of sight: one of unit_c and one that names leader1."""
    mine = [call(world, subject=text[:3], text=text, persons=[{"name": "周某甲", "post": "局长"}]) for text in TEXTS]
    call(world, world.assignment_c, by=world.leader2, text="占道经营低保局长")
    call(world, text="占道经营低保局长", persons=[{"name": "组长一"}])
    return world, mine


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(ALPHABET, max_size=6))
def test_equals_a_plain_scan_of_what_is_visible(corpus, words):
    world, _mine = corpus
    visible = Petition.objects.visible_to(world.leader1)
    found = set(visible.search(words).values_list("pk", flat=True))
    plain = {
        petition.pk: "\n".join(Petition.searchable(petition.opened())) for petition in Petition.objects.visible_to(world.leader1)
    }
    scanned = {pk for pk, text in plain.items() if index.contains(text, words)}
    assert found == scanned
    assert visible.search(words).count() == len(scanned)


def test_the_plain_scan_finds_something(corpus):
    world, _mine = corpus
    visible = Petition.objects.visible_to(world.leader1)
    assert visible.count() == 5
    for words, count in (("占", 2), ("低保", 2), ("局长", 5), ("经营低保", 1), ("ab1", 2), ("周某甲", 5), ("组长一", 0)):
        assert visible.search(words).count() == count, words


def test_a_corrected_text_is_found_by_its_new_words_only(world):
    petition = call(world, text="河道采砂")
    verbs.correct(petition, by=world.member1, reason="听错了", text="河道采石")
    assert Petition.objects.search("采石").exists() and not Petition.objects.search("采砂").exists()


def test_reindexing_gives_exactly_what_is_there(world):
    kept, gone = call(world), call(world)
    hand_up(world, gone)
    assert dict(search.documents()) == {kept.pk: kept.indexed(kept.opened())}


class TestAlike:
    LONG = "河道采砂影响堤坝安全，村民多次反映没有结果，运砂车辆夜间经过学校门口。"

    def numbers(self, user, **given):
        return [item.petition.number for item in search.similar(user, **given)]

    def test_most_alike_first_and_never_more_than_five(self, world):
        near = call(world, text=self.LONG)
        far = call(world, text="河道采砂影响堤坝安全，此外食堂承包没有招标，公车私用，办事推诿。")
        for _turn in range(7):
            call(world, text="食堂承包没有招标，由亲戚经手办理，价格偏高质量不好。")
        assert self.numbers(world.leader1, text=self.LONG)[:2] == [near.number, far.number]
        assert len(self.numbers(world.leader1, text="食堂承包没有招标，由亲戚经手办理")) == 5

    def test_chance_likeness_is_none(self, world):
        call(world, text=self.LONG)
        assert self.numbers(world.leader1, text="请问办公时间是几点到几点？") == []

    def test_a_pair_that_everybody_uses_says_nothing(self, world, monkeypatch):
        monkeypatch.setattr(search.index, "postings", lambda *args, **kwargs: [])
        call(world, text=self.LONG)
        assert self.numbers(world.leader1, text=self.LONG) == []

    def test_reasons_are_said(self, world):
        first = call(world, text=self.LONG, persons=[{"name": "周某甲"}], reporter={"phone": "13912345678"})
        again = call(world, text=self.LONG, persons=[{"name": "周某甲"}], reporter={"phone": "139-1234-5678"})
        (item,) = search.similar_to(world.leader1, again)
        assert item.petition == first and set(item.reasons) == {"同一联系方式", "提到同一人", "文字相近"}

    def test_an_identity_number_is_known_again_however_it_is_typed(self, world):
        first = call(world, reporter={"name": "钱来也", "id_number": "13070019800101123x"})
        again = call(world, text=self.LONG, reporter={"id_number": "130700 19800101 123Ｘ"})
        (item,) = search.similar_to(world.leader1, again)
        assert item.petition == first and item.same_contact
        assert [
            one.petition for one in search.similar(world.leader1, keys=search.draft_keys(id_number="130700198001011230"))
        ] == []

    def test_nothing_out_of_sight_and_not_itself(self, world):
        petition = call(world, text=self.LONG)
        call(world, world.assignment_c, by=world.leader2, text=self.LONG)
        call(world, text=self.LONG, persons=[{"name": "组长一"}])
        hand_up(world, call(world, text=self.LONG))
        assert search.similar_to(world.leader1, petition) == []


def test_postings_leave_out_what_is_common(world):
    for _turn in range(4):
        call(world, subject="题目", text="甲乙丙丁")
    rare = call(world, subject="题目", text="戊己庚辛")
    assert index.postings("petition", "甲乙丙丁戊己", cap=3) == [[rare.pk]]
    assert index.postings("petition", "") == [] == index.postings("petition", "没有的词")


@pytest.mark.parametrize("keep", [None, lambda ids: {pk for pk in ids if pk % 2}])
def test_a_list_shows_and_counts_the_same_however_its_search_is_settled(world, rf, monkeypatch, keep):
    """Frequent words are found by looking through rows, a few at a time, and at last by asking for all matches."""
    petitions = [call(world) for _turn in range(14)]
    found = {petition.pk for petition in petitions[:6] + petitions[9:]}
    whole = sorted((pk for pk in found if keep is None or pk % 2), reverse=True)
    monkeypatch.setattr(searching, "STEPS", (2, 3))
    monkeypatch.setattr(searching, "AT_ONCE", 2)
    monkeypatch.setattr(searching, "IDS", 4)
    everything = Petition.objects.all()
    matches = everything.filter(pk__in=found)
    halves = [matches.filter(pk__in=sorted(found)[place::2]) for place in (0, 1)]
    for sample in ([], [matches.none(), matches], halves):
        settled = searching.Search(keep, everything, sample, found.intersection)
        request, shown = rf.get("/"), []
        while True:
            page = lists.page(request, matches, per_page=3, order=("-id",), search=settled)
            assert (page.count, page.count_is_exact) == (len(whole), True)
            shown += [petition.pk for petition in page]
            if not page.next:
                break
            request = rf.get("/", {"cursor": page.next})
        assert shown == whole
        assert lists.bounded_count(matches, 3, settled) == (3, False)
        assert lists.exact_count(matches, settled) == len(whole)
