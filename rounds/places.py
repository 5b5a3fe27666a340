"""Comparing places as people write them: 河北省张家口市蔚县, 张家口蔚县, 蔚县."""

import re

SUFFIXES = ("特别行政区", "自治区", "自治州", "自治县", "自治旗", "地区", "林区", "省", "市", "县", "区", "旗", "盟")
PART = re.compile(rf"([^省市县区旗盟]+?)({'|'.join(SUFFIXES)})")
SHORTEST = 2


def smallest(place: str) -> str:
    """The smallest place named, without its suffix where two characters remain: 河北省张家口市 → 张家口, 河北省…蔚县 → 蔚县."""
    place = "".join(char for char in place if char.isalnum())
    parts = [(name, suffix) for name, suffix in PART.findall(place)]
    rest = PART.sub("", place)
    if not parts:
        return rest
    name, suffix = parts[-1]
    if rest and place.endswith(rest):
        # 沙市区: a suffix follows a suffix and belongs to the name; 河北省张家口: the last place is written without one
        return f"{name}{suffix}" if rest in SUFFIXES else rest
    return name if len(name) >= SHORTEST else f"{name}{suffix}"


def same(one: str, other: str) -> bool:
    """Whether two places may be one; "河北张家口" is taken to be 张家口. Rather one too many: a person decides."""
    one, other = smallest(one), smallest(other)
    if min(len(one), len(other)) < SHORTEST:
        return False
    return one.endswith(other) or other.endswith(one)
