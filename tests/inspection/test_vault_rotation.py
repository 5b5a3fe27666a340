"""Rotating the master key: everything still opens, nothing is re-encrypted, and it may be stopped anywhere."""

import io

import pytest
from django.core.management import CommandError, call_command

from inspection.vault import envelopes, files, keys, rotation
from inspection.vault.models import Envelope, StoredFile

pytestmark = pytest.mark.django_db
OWNER = "petitions.petition:7"


@pytest.fixture(autouse=True)
def own_keys(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.FILES_DIR = tmp_path / "files"
    settings.MASTER_KEYS = ""
    call_command("init_keys", verbosity=0)


@pytest.fixture
def sealed():
    for number in range(7):
        envelopes.seal("k", OWNER, {"n": number})
    files.store(io.BytesIO(b"%PDF-1.7"), "a.pdf", owner=OWNER)
    envelopes.destroy(envelopes.seal("k", OWNER, {"n": "gone"}))


def rotate() -> str:
    out = io.StringIO()
    call_command("rotate_keys", stdout=out, stderr=out)
    return out.getvalue()


def opened() -> set:
    return {envelopes.open_(envelope, OWNER)["n"] for envelope in Envelope.objects.filter(destroyed_at=None)}


def versions() -> set:
    return {row.key_version for model in rotation.MODELS for row in model.objects.filter(destroyed_at=None)}


def test_everything_is_rewrapped_and_no_ciphertext_touched(sealed):
    before = {row.pk: bytes(row.sealed) for row in Envelope.objects.all()}
    said = rotate()
    assert "7/7" in said and "1/1" in said
    assert versions() == {2}
    assert opened() == set(range(7))
    assert b"".join(files.chunks(StoredFile.objects.get())) == b"%PDF-1.7"
    assert {row.pk: bytes(row.sealed) for row in Envelope.objects.all()} == before
    rotate()
    assert versions() == {3}
    assert opened() == set(range(7))


def test_a_rotation_killed_in_the_middle_goes_on(sealed, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 2)
    wrap, calls = keys.wrap, []

    def dies_at_the_fourth(data_key, context):
        calls.append(context)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return wrap(data_key, context)

    monkeypatch.setattr(keys, "wrap", dies_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    monkeypatch.setattr(keys, "wrap", wrap)
    assert versions() == {1, 2}
    assert opened() == set(range(7)), "both versions open meanwhile"
    rotate()
    assert versions() == {2}, "no third version: the second run finishes the first"
    assert opened() == set(range(7))
    assert keys.ring().current == 2


def test_killed_before_the_first_row(sealed):
    keys.add_version()
    rotate()
    assert keys.ring().current == 2 and versions() == {2}


def test_a_row_that_does_not_open_is_named_and_the_rest_is_done(sealed, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 2)
    broken = Envelope.objects.filter(destroyed_at=None).order_by("pk")[1]
    Envelope.objects.filter(pk=broken.pk).update(wrapped_key=b"x" * 60)
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("rotate_keys", stdout=out, stderr=out)
    assert str(broken.pk) in out.getvalue()
    assert set(Envelope.objects.filter(key_version=1, destroyed_at=None)) == {broken}


def test_an_edit_during_the_rotation_wins(sealed):
    stale = Envelope.objects.filter(destroyed_at=None).first()
    envelopes.reseal(Envelope.objects.get(pk=stale.pk), OWNER, {"n": "edited"})
    keys.add_version()
    assert rotation._rewrap_row(Envelope, stale)
    assert envelopes.open_(Envelope.objects.get(pk=stale.pk), OWNER) == {"n": "edited"}


def test_keys_of_the_environment_are_used_as_they_are(sealed, settings):
    lines = keys.master_file().read_text().split()
    settings.MASTER_KEYS = ",".join([*lines, keys.fresh_entry(5).strip()])
    text = keys.master_file().read_text()
    rotate()
    assert versions() == {5}
    assert keys.master_file().read_text() == text
