"""Which passwords do, and which a guesser tries first."""

from types import SimpleNamespace

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from inspection.accounts.models import User
from inspection.accounts.passwords import common, fewest_pieces

WHO = SimpleNamespace(username="linxiaohe", name="林晓禾")


def refused(password: str) -> str:
    """The code of what is wrong with it; "" when it will do."""
    try:
        validate_password(password, WHO)
    except ValidationError as error:
        return error.error_list[0].code
    return ""


def test_what_does():
    for password in (
        "correct horse battery staple",
        "紫藤 灯塔 算盘 薄荷 月台",
        "k7vq-x2mt-9hbw-q4rz",
        "茶壶忘在第三个站台了呀呀",
        "      x        y        z",
        "Zw9-绿皮火车-37°C",
        "𝒫𝒶𝓈𝓈 gleich 鹧鸪天 тишина",
        "x" + "浣溪沙q9" * 25,
    ):
        assert refused(password) == "", password


def test_what_does_not_and_why():
    for password in ("short", "十一个字的口令不够长", "x" * 11, "", "ﬀ" * 5):
        assert refused(password) == "password_too_short", password
    assert refused("浣溪沙q9" * 26) == "password_too_long"
    for password in (
        "woaini1314520",
        "WoAiNi1314520",
        "woaini520woaini520",
        "a123456789a123456789",
        "qwe123456qwe123456",
        "1qaz2wsx3edc4rfv",
        "qwertyuiop123",
        "111111111111",
        "abcabcabcabc",
        "123456789012",
        "abcdefghijkl",
        "xunshi2026!!!",
        "xuncha@20261122",
        "jiweijianwei2025",
        "巡察办巡察办2026年11月22日",
        "zhongguo19491001",
        "chunjiekuaile2026",
        "password123456",
        "ｐａｓｓｗｏｒｄ１２３４５６",
        "zhuoluo-2026-1122",
        "linxiaohe1988",
        "LinXiaoHe@123456",
        "林晓禾林晓禾林晓禾林晓禾",
    ):
        assert refused(password) == "password_too_common", password


def test_a_long_password_of_one_piece_repeated_is_found_and_takes_no_time_to_speak_of():
    assert fewest_pieces("ab" * 64) == 1
    assert fewest_pieces("q9" * 63 + "zx") == float("inf")
    assert len(common()) > 20_000


def test_the_same_characters_typed_another_way_open_the_door():
    user = User(username="a")
    user.set_password("Ｚｗ９ 绿皮火车 café")
    assert user.check_password("Zw9 绿皮火车 cafe\u0301")
    assert not user.check_password("zw9 绿皮火车 café")
    assert not user.check_password(None)
