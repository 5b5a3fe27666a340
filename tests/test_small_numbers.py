"""No shown number tells a hidden one: whatever the hidden counts are, the same is shown."""

from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from inspection import small_numbers
from petitions.queries import PLACES
from tests.petitions.registering import call

COLUMNS = ("a", "b", "c")
COUNTS = st.fixed_dictionaries(dict.fromkeys(COLUMNS, st.integers(0, 12)))


def shown(rows):
    lines, last = small_numbers.table(rows, COLUMNS)
    return [[str(cell) for cell in line] for line in (*lines, last)]


@given(st.lists(COUNTS, max_size=5), st.data())
def test_hidden_counts_may_be_anything_and_the_same_is_shown(rows, data):
    """Every cell below three is drawn anew; lines, margins and the grand total stay as they were."""
    small = st.integers(0, small_numbers.SMALL - 1)
    other = [{name: data.draw(small) if count < small_numbers.SMALL else count for name, count in row.items()} for row in rows]
    assert shown(other) == shown(rows)


@given(st.lists(COUNTS, min_size=1, max_size=5))
def test_what_is_not_small_is_told_exactly_and_nothing_small_is_told(rows):
    lines, last = small_numbers.table(rows, COLUMNS)
    for row, line in zip(rows, lines, strict=True):
        assert [cell.value for cell in line[:-1]] == [row[name] if row[name] >= 3 else None for name in COLUMNS]
    for cell in (*(cell for line in lines for cell in line), *last):
        assert cell.value is None or cell.value >= small_numbers.SMALL
    assert (last[-1].value or 0) <= sum(sum(row.values()) for row in rows)


def test_the_figures_for_a_public_notice(world, client):
    """Two calls and three letters: the calls are not told, in no total either; what is registered beside changes nothing."""
    for _time in range(3):
        call(world, channel_kind="letter")
    call(world)
    client.force_login(world.office)
    url = reverse("petitions:ledger-public")
    first = client.get(url)
    lines = {row["label"]: [str(cell) for cell in row["cells"]] for row in first.context["rows"]}
    assert len({len(cells) for cells in lines.values()}) == 1 and len(lines["来信"]) == len(PLACES) + 1
    assert lines["来信"][0] == "3" and lines["来信"][-1] == "3" and set(lines["来信"][1:-1]) == {"少于3"}
    assert set(lines["来电"]) == {"少于3"} and [str(cell) for cell in first.context["total"]][-1] == "3"
    call(world)
    again = client.get(url).context
    assert [[str(cell) for cell in row["cells"]] for row in again["rows"]] == list(lines.values())
    assert [str(cell) for cell in again["total"]] == [str(cell) for cell in first.context["total"]]
    assert 'href="/petitions/?' not in first.content.decode().partition("<table")[2]


def test_who_speaks_for_the_unit_meets_no_figure_about_petitions(world, client):
    """The unit's liaison sees the own items one by one, and no count of letters or of people anywhere."""
    for _time in range(5):
        call(world)
    client.force_login(world.liaison_a)
    for url in ("petitions:ledger-public", "petitions:ledger", "petitions:list"):
        assert client.get(reverse(url)).status_code == 403
    panel = client.get(reverse("petitions:assignment_panel", args=["T01-1-01"]), headers={"HX-Request": "true"})
    assert panel.content == b""
    assert not [panel for panel in client.get("/").context["panels"] if panel.key.startswith("petitions")]
