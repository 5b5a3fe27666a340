"""The master keys on paper: any two of three sheets give them back, one alone and sheets of two sets give nothing."""

import datetime as dt
import itertools
import re

import pytest
from django.core.management import CommandError, call_command

from inspection.vault import custody, envelopes, keys

TEXT = keys.fresh_entry(1) + keys.fresh_entry(2) + keys.fresh_entry(12) + keys.fresh_entry(keys.SEARCH)
NOW = dt.datetime(2026, 11, 22, 9)


@pytest.fixture
def place(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    settings.MASTER_KEYS = ""
    call_command("init_keys", verbosity=0)
    return tmp_path


def sheets() -> list[str]:
    return custody.split(TEXT, made_at=NOW)


def test_any_two_of_three_sheets_give_the_keys_back():
    made = sheets()
    for one, two in itertools.permutations(made, 2):
        assert custody.joined(one, two) == TEXT
    typed = [re.sub(r"(?m)^(\d\d)(.*)$", lambda line: line[1] + line[2].lower().replace("o", "0"), text) for text in made]
    assert custody.joined("抄自纸面\n" + typed[0].replace("  ", "   "), typed[2]) == TEXT


def test_one_sheet_alone_is_random():
    """The same keys split twice share no part; and no sheet holds a key, in any order of its parts."""
    secret = custody._canonical(TEXT)
    seen = set()
    for text in [*sheets(), *sheets()]:
        parts = custody.read(text).parts
        assert len(parts) == 2
        seen.update(parts.values())
        one, two = parts.values()
        assert secret[10:42] not in one + two + custody._xor(one, two)
    assert len(seen) == 6


def test_what_does_not_belong_together_is_refused():
    first, second, _third = sheets()
    other = sheets()
    for one, two in ((first, first), (first, other[1]), (first, ""), (first, "\n".join(second.splitlines()[:-1]))):
        with pytest.raises(custody.SheetRefused):
            custody.joined(one, two)


def test_a_slip_of_the_pen_is_named_by_its_line():
    lines = sheets()[0].splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("03"))
    wrong = "B" if lines[place][4] != "B" else "C"
    lines[place] = lines[place][:4] + wrong + lines[place][5:]
    with pytest.raises(custody.SheetRefused, match="3"):
        custody.read("\n".join(lines))


def test_the_command_writes_checks_and_brings_back(place, capsys, settings):
    call_command("key_custody", "export", "--out", str(place / "paper"))
    paths = [str(place / "paper" / f"sheet-{number}.txt") for number in (1, 2, 3)]
    assert all((place / "paper" / f"sheet-{number}.txt").stat().st_mode & 0o077 == 0 for number in (1, 2, 3))
    with pytest.raises(CommandError):
        call_command("key_custody", "export", "--out", str(place / "paper"))
    call_command("key_custody", "check", paths[1], paths[2])
    before = keys.master_file().read_text()
    keys.master_file().unlink()
    (keys.folder() / "secret_key").unlink()
    call_command("key_custody", "import", paths[2], paths[0])
    assert keys.master_file().read_text() == before and keys.master_file().stat().st_mode & 0o077 == 0
    assert len((keys.folder() / "secret_key").read_text()) > 32
    capsys.readouterr()
    call_command("key_custody", "import", "--print", paths[2], paths[0])
    assert capsys.readouterr().out.strip() == ",".join(before.split())
    settings.MASTER_KEYS = ",".join(before.split())
    call_command("key_custody", "check", paths[0], paths[1])
    with pytest.raises(CommandError, match="MASTER_KEYS"):
        call_command("key_custody", "import", paths[0], paths[1])


def test_other_keys_are_never_overwritten(place):
    call_command("key_custody", "export", "--out", str(place / "paper"))
    with keys.locked():
        keys.add_version()
    text, paths = keys.master_file().read_text(), [str(place / "paper" / f"sheet-{number}.txt") for number in (1, 2)]
    for act in ("import", "check"):
        with pytest.raises(CommandError):
            call_command("key_custody", act, *paths)
    assert keys.master_file().read_text() == text


@pytest.mark.django_db
def test_a_version_is_retired_only_when_it_wraps_nothing(place, capsys):
    envelopes.seal("k", "m:1", {"n": 1})
    for version, why in ((1, "没有这个旧版本"), (7, "没有这个旧版本")):
        with pytest.raises(CommandError, match=why):
            call_command("rotate_keys", "--retire", str(version))
    with keys.locked():
        keys.add_version()
    with pytest.raises(CommandError, match="仍有"):
        call_command("rotate_keys", "--retire", "1")
    call_command("rotate_keys")
    call_command("rotate_keys", "--retire", "1")
    assert list(keys.ring().masters) == [2]
    assert envelopes.open_(envelopes.Envelope.objects.get(), "m:1") == {"n": 1}
