"""What changed between two versions: both texts can be read back out of the pieces, and only what changed is marked."""

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rectification.differences import Piece, changed, compare

TEXTS = st.text(alphabet="接待费用超标准局长。；\n 2025.3ab", max_size=80)


@given(TEXTS, TEXTS)
def test_both_versions_can_be_read_back(before, after):
    pieces = compare(before, after)
    assert "".join(p.text for p in pieces if p.kind != "added") == before
    assert "".join(p.text for p in pieces if p.kind != "removed") == after
    assert changed(pieces) == (before != after)
    assert all(first.kind != second.kind for first, second in pairwise(pieces))


def test_only_the_changed_characters_are_marked():
    assert compare("2025年3月接待费超标准。另有两次。", "2025年4月接待费超标准。另有三次。") == [
        Piece("same", "2025年"),
        Piece("removed", "3"),
        Piece("added", "4"),
        Piece("same", "月接待费超标准。另有"),
        Piece("removed", "两"),
        Piece("added", "三"),
        Piece("same", "次。"),
    ]


def test_a_figure_is_replaced_as_a_whole():
    pieces = compare("共计1,250.00元", "共计1,350.00元")
    assert [p.text for p in pieces if p.kind != "same"] == ["1,250.00", "1,350.00"]


def test_what_is_written_anew_is_not_picked_to_pieces():
    pieces = compare("违规发放津贴补贴。", "公车私用三次，未登记。")
    assert [p.kind for p in pieces] == ["removed", "added"]


def test_the_longest_paper_is_compared_in_good_time():
    before = "".join(f"第{n}笔接待费用{n * 37}元超出标准未经审批" for n in range(450))[:8000]
    after = before.replace("未经审批", "没有审批手续")[:8000]
    started = time.monotonic()
    compare(before, after)
    assert time.monotonic() - started < 3
