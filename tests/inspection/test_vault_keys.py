"""The key ring: where keys come from, who may read them, and what they wrap."""

import base64
import stat

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from inspection.vault import hashes, keys
from inspection.vault.errors import Tampered


def entry(name, byte: bytes) -> str:
    return f"{name}:{base64.b64encode(byte * 32).decode()}"


@pytest.fixture
def own_folder(settings, tmp_path):
    """A DATA_DIR of the test's own, without keys yet."""
    settings.DATA_DIR = tmp_path
    settings.MASTER_KEYS = ""
    return tmp_path / "keys"


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_keys_makes_private_keys_once(own_folder):
    call_command("init_keys", verbosity=0)
    first = {path.name: path.read_text() for path in own_folder.iterdir()}
    assert mode(own_folder) == 0o700
    assert mode(own_folder / "master_keys") == mode(own_folder / "secret_key") == 0o600
    assert len(first["secret_key"].strip()) >= 32
    assert keys.ring().current == 1
    call_command("init_keys", verbosity=0)
    assert {path.name: path.read_text() for path in own_folder.iterdir()} == first


def test_init_keys_leaves_master_keys_to_the_environment(own_folder, settings):
    settings.MASTER_KEYS = ",".join([entry(1, b"a"), entry("search", b"s")])
    call_command("init_keys", verbosity=0)
    assert (own_folder / "secret_key").exists()
    assert not (own_folder / "master_keys").exists()


@pytest.mark.parametrize("open_mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_may_read_stops_the_start(own_folder, open_mode):
    call_command("init_keys", verbosity=0)
    (own_folder / "master_keys").chmod(open_mode)
    with pytest.raises(ImproperlyConfigured, match=r"chmod 600 .*master_keys"):
        apps.get_app_config("vault").ready()
    (own_folder / "master_keys").chmod(0o600)
    apps.get_app_config("vault").ready()


def test_without_keys_the_start_goes_on_but_nothing_opens(own_folder):
    apps.get_app_config("vault").ready()
    with pytest.raises(ImproperlyConfigured, match="init_keys"):
        keys.ring()


@pytest.mark.parametrize(
    "text",
    [
        entry(1, b"a"),  # no search key
        entry("search", b"s"),  # no versioned key
        entry(1, b"a") + "," + entry(1, b"b") + "," + entry("search", b"s"),  # a version twice
        entry("one", b"a") + "," + entry("search", b"s"),
        entry(0, b"a") + "," + entry("search", b"s"),
        "1:c2hvcnQ=," + entry("search", b"s"),
        "1:not base64!," + entry("search", b"s"),
        "nonsense",
    ],
)
def test_nonsense_in_the_environment_is_refused_without_showing_a_key(settings, text):
    settings.MASTER_KEYS = text
    with pytest.raises(ImproperlyConfigured) as caught:
        keys.ring()
    assert "MASTER_KEYS" in str(caught.value)
    assert base64.b64encode(b"a" * 32).decode() not in str(caught.value)


def test_the_newest_version_wraps_and_older_ones_still_open(settings):
    search = entry("search", b"s")
    settings.MASTER_KEYS = f"{entry(1, b'a')},{search}"
    old = keys.wrap(b"k" * 32, "envelope:1")
    settings.MASTER_KEYS = f"{entry(1, b'a')},{entry(2, b'b')},{search}"
    new = keys.wrap(b"k" * 32, "envelope:1")
    assert (old.version, new.version) == (1, 2)
    assert keys.unwrap(*old, "envelope:1") == keys.unwrap(*new, "envelope:1") == b"k" * 32
    settings.MASTER_KEYS = f"{entry(2, b'b')},{search}"
    with pytest.raises(keys.UnknownVersion):
        keys.unwrap(*old, "envelope:1")


def test_a_wrapped_key_opens_only_in_its_place():
    version, blob = keys.wrap(b"k" * 32, "envelope:1")
    with pytest.raises(Tampered):
        keys.unwrap(version, blob, "envelope:2")
    with pytest.raises(Tampered):
        keys.unwrap(version, blob[:-1] + bytes([blob[-1] ^ 1]), "envelope:1")
    with pytest.raises(Tampered):
        keys.unwrap(version, b"", "envelope:1")


def test_running_processes_follow_a_new_version(own_folder):
    call_command("init_keys", verbosity=0)
    assert keys.ring().current == 1
    keys.add_version()
    assert keys.ring().current == 2
    assert mode(own_folder / "master_keys") == 0o600


def test_hashes_survive_rotation_and_differ_by_purpose(own_folder):
    call_command("init_keys", verbosity=0)
    before = hashes.keyed("petition.phone", "13800000000")
    keys.add_version()
    assert hashes.keyed("petition.phone", "13800000000") == before
    assert len(before) == 64
    assert hashes.keyed("petition.email", "13800000000") != before
    assert hashes.keyed("petition.phone", "13800000001") != before


def test_a_key_ring_does_not_show_itself():
    ring = keys.ring()
    assert base64.b64encode(ring.search).decode() not in repr(ring)
    assert repr(ring.search)[2:-1] not in repr(ring)
