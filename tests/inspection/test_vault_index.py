"""The blind index finds precisely what a substring scan over the normalised text finds."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from inspection.accounts.models import User
from inspection.vault import index

pytestmark = pytest.mark.django_db
# Few characters, so that random texts and queries meet often; every kind of folding is among them.
LETTERS = st.sampled_from("土地徵征收舉举報报问題Aa Ａ０0１1bß\n\t\x00\u200b\u3000,㎡\ud800")
TEXT = st.text(LETTERS, max_size=14)


@pytest.fixture
def people():
    return User.objects.bulk_create(User(username=f"u{number}", name="x") for number in range(5))


class Shelf:
    """Indexed texts by user id, and how often they were opened."""

    def __init__(self, texts: dict[int, list[str]], domain="petition"):
        self.texts, self.domain, self.asked = texts, domain, []
        for object_id, parts in texts.items():
            index.put(domain, object_id, parts)

    def opened(self, ids):
        self.asked += ids
        return {object_id: "\n".join(self.texts[object_id]) for object_id in ids}

    def find(self, query, queryset=None):
        queryset = User.objects.filter(pk__in=self.texts) if queryset is None else queryset
        return set(index.filter(queryset, self.domain, query, self.opened).values_list("pk", flat=True))

    def scan(self, query):
        """The plain substring scan that the index must equal."""
        wanted = index.normalise(query[: index.QUERY_CHARS]).split()
        whole = {object_id: index.normalise("\n".join(parts)) for object_id, parts in self.texts.items()}
        return {object_id for object_id, text in whole.items() if all(term in text for term in wanted)}


def shelf(people, *texts: str) -> Shelf:
    return Shelf({user.pk: [text] for user, text in zip(people, texts, strict=False)})


@given(st.data())
@budget(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_equals_a_plain_scan(people, data):
    texts = {user.pk: data.draw(st.lists(TEXT, min_size=1, max_size=3)) for user in people}
    books = Shelf(texts)
    whole = "".join(part for parts in texts.values() for part in parts)
    start = data.draw(st.integers(0, max(0, len(whole) - 1)))
    length = data.draw(st.integers(1, 6))
    for query in (data.draw(st.text(LETTERS, min_size=1, max_size=6)), whole[start : start + length]):
        assert books.find(query) == books.scan(query), (texts, query)


@pytest.mark.parametrize(
    "query", ["土", "土地", "地征收", "土地征收", "征收 土地", "收", "A0004", "a0004", "000", "0004号", "４号", "04号"]
)
def test_finds(people, query):
    books = shelf(people, "反映土地征收问题，案号A0004号", "养老金")
    assert books.find(query) == {people[0].pk}


@pytest.mark.parametrize("query", ["地土", "收土", "征地", "土地问题", "A0005", "问题 养老", "案号 不", "征收土地"])
def test_does_not_find(people, query):
    assert shelf(people, "反映土地征收问题，案号A0004号", "养老金").find(query) == set()


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("反映徵收補償問題", "征收补偿问题"),
        ("反映征收补偿问题", "徵收補償"),
        ("ＡＢＣ１２３", "abc123"),
        ("abc123", "ＡＢＣ"),
        ("STRASSE", "straße"),
        ("面积100㎡", "100m2"),
        ("电话 138 0000", "138 0000"),
        ("土\u200b地", "土地"),
        ("第一行\r\n第二行", "第一行 第二行"),
        ("a\x00b", "a\x00b"),
    ],
)
def test_variants_meet(people, text, query):
    assert shelf(people, text).find(query) == {people[0].pk}


def test_folding_twice_is_folding_once():
    """Over every character of the basic plane and of the ideographic ones: what `contains` takes for granted on its short way."""
    for code in (*range(0x10000), *range(0x20000, 0x2A6E0), *range(0x2F800, 0x2FA20)):
        once = index.normalise(chr(code))
        assert index.normalise(once) == once, hex(code)


@pytest.mark.parametrize(("text", "query", "found"), [("e\u0301", "e", 0), ("\u00e9", "e\u0301", 1), ("e\u0301", "\u00e9", 1)])
def test_letters_and_their_accents_stay_together(people, text, query, found):
    books = shelf(people, text + "土地征收")
    assert len(books.find(query)) == len(books.find(query + "土地征")) == len(books.scan(query)) == found


def test_all_terms_must_occur_in_any_order_and_any_text(people):
    books = Shelf({people[0].pk: ["土地征收", "某某主任"], people[1].pk: ["土地征收"], people[2].pk: ["某某主任"]})
    assert books.find("主任 土地") == books.find("某某主任　土地征收") == {people[0].pk}
    assert books.find("收某") == set(), "no pair crosses from one text into the next"


def test_short_terms_open_nothing_and_long_ones_only_what_is_in_scope(people):
    books = shelf(people, "土地征收", "土地征收", "养老金")
    assert books.find("土地 收") == books.find("土地征") == {people[0].pk, people[1].pk}
    assert books.asked == []
    assert books.find("土地征收", User.objects.filter(pk=people[1].pk)) == {people[1].pk}
    assert books.asked == [people[1].pk]


def test_threes_that_do_not_adjoin_are_weeded_out(people):
    books = shelf(people, "甲乙丙，乙丙丁", "甲乙丙丁")
    assert books.find("甲乙丙丁") == {people[1].pk}
    assert set(books.asked) == {people[0].pk, people[1].pk}


def test_what_cannot_be_opened_is_not_found(people):
    books = shelf(people, "土地征收")
    found = index.filter(User.objects.all(), "petition", "土地征收", lambda ids: {})
    assert list(found) == [] and books.find("土地征收")


@pytest.mark.parametrize("query", ["", " ", "\u3000\n\t", "\x00", "\u200b"])
def test_a_blank_query_returns_the_queryset_itself(people, query):
    everyone = User.objects.order_by("-pk")
    assert index.filter(everyone, "petition", query, lambda ids: {}) is everyone


def test_the_queryset_keeps_order_scope_and_annotations(people):
    books = shelf(people, "土地征收", "土地征收", "土地征收")
    scope = User.objects.filter(pk__in=[people[0].pk, people[2].pk]).order_by("-pk")
    for query in ("土地", "土地征收"):
        assert [user.pk for user in index.filter(scope, "petition", query, books.opened)] == [people[2].pk, people[0].pk]
        assert index.filter(scope, "petition", query, books.opened).filter(username="u0").count() == 1


def test_many_candidates_are_opened_in_batches(people, monkeypatch):
    monkeypatch.setattr(index, "BATCH", 2)
    sizes = []
    books = shelf(people, *["土地征收"] * 5)
    found = index.filter(User.objects.all(), "petition", "土地征收", lambda ids: sizes.append(len(ids)) or books.opened(ids))
    assert found.count() == 5 and sizes == [2, 2, 1]


def test_tens_of_thousands_of_hits_still_make_one_query(people):
    listed = User.objects.filter(pk__in=index._listed([*range(10**9, 10**9 + 60_000), people[0].pk], connection.vendor))
    assert [user.pk for user in listed] == [people[0].pk]


def test_an_endless_query_is_cut_and_a_hostile_one_is_text(people):
    books = shelf(people, "长" * 300, "土地' OR 1=1 --", '" AND NOT %s')
    assert books.find("长" * 10_000) == {people[0].pk}
    assert books.find("' OR 1=1") == {people[1].pk}
    assert books.find('"') == books.find("%s") == books.find('" AND NOT') == {people[2].pk}
    assert books.find("*") == books.find("地*") == set()


def test_put_replaces_and_drop_forgets(people):
    books = shelf(people, "土地", "土地")
    index.put("petition", people[0].pk, ["养老"])
    assert books.find("土地") == {people[1].pk} and books.find("养老") == {people[0].pk}
    index.drop("petition", people[1].pk)
    index.drop("petition", people[1].pk)
    assert books.find("土地") == set()
    assert index.indexed("petition") == {people[0].pk}
    index.put("petition", people[0].pk, [])
    assert books.find("养") == set()


def test_domains_are_apart(people):
    index.put("petition", people[0].pk, ["土地"])
    index.put("finding", people[1].pk, ["土地"])
    for domain, user in (("petition", people[0]), ("finding", people[1])):
        assert list(index.filter(User.objects.all(), domain, "土地", lambda ids: {})) == [user]
    for domain in index.DOMAINS:
        index.put(domain, 1, ["a"])
        index.drop(domain, 1)
    with pytest.raises(ValueError, match="unknown"):
        index.put("users; DROP TABLE", 1, ["x"])
    with pytest.raises(ValueError, match="unknown"):
        index.filter(User.objects.all(), "nothing", "x", lambda ids: {})


def test_nothing_readable_is_stored_and_equal_words_differ_by_domain(people):
    index.put("petition", 1, ["abcd"])
    index.put("finding", 1, ["abcd"])
    with connection.cursor() as cursor:
        rows = []
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tokens FROM vault_index ORDER BY domain")
            rows = [set(row[0]) for row in cursor.fetchall()]
        else:
            for domain in ("finding", "petition"):
                cursor.execute(f"SELECT tokens FROM vault_index_{domain}")
                rows.append(set(cursor.fetchone()[0].split()))
    assert len(rows) == 2 and all(len(row) == 9 for row in rows)  # four characters, three pairs, two threes
    assert not rows[0] & rows[1]
    assert "ab" not in str(rows[0]) or connection.vendor == "sqlite"


def documents():
    yield 1, ["土地"]
    yield 2, ["养老"]


def test_reindex_builds_anew_and_drops_what_is_gone(people, settings, capsys):
    settings.SEARCH_DOMAINS = {"petition": "tests.inspection.test_vault_index.documents"}
    index.put("petition", 1, ["旧"])
    index.put("petition", 99, ["旧"])
    call_command("reindex")
    assert index.indexed("petition") == {1, 2}
    call_command("reindex", "petition")
    assert index.indexed("petition") == {1, 2}
    with pytest.raises(CommandError):
        call_command("reindex", "nothing")


@pytest.mark.postgres
def test_a_frequent_pair_never_reads_the_whole_table(people):
    for number in range(300):
        index.put("petition", 1000 + number, ["土地征收补偿" + str(number)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE vault_index")
        cursor.execute(
            "SELECT count(*) FROM vault_matches('petition', %s::bigint[])", [index._numbers(index._tokens("petition", {"土地"}))]
        )
        assert cursor.fetchone() == (300,)
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = 'vault_matches'")
        assert cursor.fetchone() == (["enable_seqscan=off"],)
        asked = "SELECT i.object_id FROM vault_index i WHERE i.domain || '' = 'petition' AND i.tokens @> '{1}'::bigint[]"
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname LIKE 'vault%%matches'")
        assert all("i.domain || '' = wanted_domain" in source for (source,) in cursor.fetchall())
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked}")  # with 300 rows pending, as after an import
        assert "vault_index_pkey" not in str(cursor.fetchall())


@pytest.mark.postgres
def test_a_frequent_term_is_asked_of_the_rows_that_one_looks_at(people, monkeypatch):
    """Rare and frequent terms find the same; of a frequent one there is a sample, and a way to ask about rows in hand."""
    monkeypatch.setattr(index, "FEW", 3)
    monkeypatch.setattr(index, "PART", 2)
    monkeypatch.setattr(index, "SCATTERED", 10**9)
    users = User.objects.bulk_create(User(username=f"row{place}", name=f"row{place}") for place in range(40))
    index.put_many("petition", {user.pk: ["土地征收" + ("补偿" if place < 2 else "")] for place, user in enumerate(users)})
    rare, frequent = (index.narrow(User.objects.order_by("-pk"), "petition", term) for term in ("补偿", "土地"))
    assert [user.pk for user in rare.queryset] == [user.pk for user in users[1::-1]] and rare.sample == ()
    assert list(frequent.queryset) == users[::-1] and [part.count() for part in frequent.sample] == [2, 2]
    assert frequent.among([user.pk for user in users[5:9]] + [people[0].pk]) == {user.pk for user in users[5:9]}
    monkeypatch.setattr(index, "SCATTERED", 0)
    assert index.narrow(User.objects.all(), "petition", "土地").among is None, "few and far between: looking through is idle"
    assert set(index.filter(User.objects.all(), "petition", "土地征收", lambda ids: dict.fromkeys(ids, "土地征收"))) == set(users)
    assert index.narrow(User.objects.all(), "petition", "土地征收").terms == ("土地征收",)


def test_a_tag_is_no_text_and_leads_past_the_matches_of_others(people):
    first, second = index.tag("shelf", 1), index.tag("shelf", 2)
    index.put_many("petition", {people[0].pk: ["土地征收", first], people[1].pk: ["土地", second]}, new=True)
    everyone = User.objects.all()
    for text in ("土", "土地", "土地征", "土地征收"):
        assert people[0] in index.narrow(everyone, "petition", text, [first]).queryset
        assert people[0] not in index.narrow(everyone, "petition", text, [second]).queryset
    assert set(index.narrow(everyone, "petition", "土地", [first, second]).queryset) == set(people[:2])
    assert set(index.narrow(everyone, "petition", "土地", [first] * 9).queryset) == set(people[:2]), "too many are none"
    assert not index.narrow(everyone, "petition", str(first)).queryset.exists()


def test_what_was_indexed_by_older_rules_is_found_by_pairs_until_it_is_rebuilt(people, settings):
    settings.SEARCH_DOMAINS = {"petition": "tests.inspection.test_vault_index.documents"}
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO vault_index_outdated (domain) VALUES ('petition')")
    older = shelf(people, "土地征收")
    hashes = index._tokens("petition", {*"土地征收", "土地", "地征", "征收"})  # without threes and tags
    with connection.cursor() as cursor:
        (index._put_postgresql if connection.vendor == "postgresql" else index._put_sqlite)(
            cursor, "petition", [(people[0].pk, index.Hashed(b"".join(hashes)))]
        )
    assert older.find("土地征") == older.find("土地征收") == {people[0].pk}
    assert people[0] in index.narrow(User.objects.all(), "petition", "土地征", [index.tag("shelf", 1)]).queryset
    assert not index.is_current("petition")
    call_command("reindex")
    assert index.is_current("petition")


@pytest.mark.postgres
def test_many_new_rows_are_put_by_until_somebody_settles():
    def limit():
        with connection.cursor() as cursor:
            cursor.execute("SHOW gin_pending_list_limit")
            return cursor.fetchone()[0]

    def pages_put_by():
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('vault_index_tokens')")
            return cursor.fetchone()[0]

    before = limit()
    index.put_many("petition", {number: ["土地征收"] for number in range(1, index.MANY)}, new=True)
    assert limit() == before
    index.put_many("petition", {number: ["土地征收"] for number in range(100, 100 + index.MANY)}, new=True)
    assert limit() == "16MB"
    assert pages_put_by() > 0
    index.put_many("petition", {number: ["土地征收"] for number in range(200, 200 + index.MANY)}, new=True)
    index.settle()
    assert pages_put_by() == 0
