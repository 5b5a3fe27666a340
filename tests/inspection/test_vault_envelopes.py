"""Sealing, opening, editing and destroying small payloads."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from inspection.vault import envelopes
from inspection.vault.models import Envelope

pytestmark = pytest.mark.django_db
OWNER = "petitions.petition:7"
SAID = {"subject": "反映某某占用耕地", "persons": [{"name": "甲", "post": "主任"}], "count": 2, "none": None}


def sealed(payload=SAID) -> Envelope:
    return Envelope.objects.get(pk=envelopes.seal("petition.said", OWNER, payload).pk)


def refuses(envelope, owner=OWNER):
    with pytest.raises(envelopes.Tampered):
        envelopes.open_(envelope, owner)
    return True


def test_round_trip_through_the_database():
    assert envelopes.open_(sealed(), OWNER) == SAID


@given(st.dictionaries(st.text(), st.text(st.characters()) | st.integers() | st.none() | st.booleans(), max_size=4))
@budget(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_was(payload):
    assert envelopes.open_(sealed(payload), OWNER) == payload


def test_nothing_readable_is_stored():
    envelope = sealed({"text": "plain-marker"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM vault_envelope")
        stored = b"".join(
            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in cursor.fetchone()
        )
    assert b"plain-marker" not in stored
    assert envelopes.open_(envelope, OWNER)


def test_every_envelope_has_a_key_of_its_own():
    first, second = sealed(), sealed()
    assert bytes(first.sealed) != bytes(second.sealed)
    assert first.data_key() != second.data_key()


def test_it_is_bound_to_owner_kind_and_id():
    envelope = sealed()
    assert refuses(envelope, "petitions.petition:8")
    assert refuses(envelope, "")
    renamed = sealed()
    renamed.kind = "petition.who"
    assert refuses(renamed)
    other = sealed()
    envelope.sealed, envelope.wrapped_key = other.sealed, other.wrapped_key
    assert refuses(envelope)


def test_a_row_copied_over_another_does_not_open():
    victim, foreign = sealed(), sealed({"subject": "另一件"})
    Envelope.objects.filter(pk=victim.pk).update(sealed=foreign.sealed, wrapped_key=foreign.wrapped_key)
    assert refuses(Envelope.objects.get(pk=victim.pk))


@pytest.mark.parametrize("place", [0, 12, 20, -1])
def test_one_changed_bit_is_noticed(place):
    envelope = sealed()
    damaged = bytearray(envelope.sealed)
    damaged[place] ^= 1
    envelope.sealed = bytes(damaged)
    assert refuses(envelope)


@pytest.mark.parametrize("remains", [b"", b"short", b"x" * 12])
def test_cut_off_bytes_are_noticed(remains):
    envelope = sealed()
    envelope.sealed = remains
    assert refuses(envelope)


def test_reseal_replaces_in_place_under_a_fresh_key():
    envelope = sealed()
    old_key, old_id = envelope.data_key(), envelope.pk
    envelopes.reseal(envelope, OWNER, {"subject": "更正"})
    stored = Envelope.objects.get(pk=old_id)
    assert envelopes.open_(stored, OWNER) == envelopes.open_(envelope, OWNER) == {"subject": "更正"}
    assert stored.data_key() != old_key


def test_reseal_refuses_another_owner():
    envelope = sealed()
    with pytest.raises(envelopes.Tampered):
        envelopes.reseal(envelope, "petitions.petition:8", {"subject": "更正"})
    assert envelopes.open_(Envelope.objects.get(pk=envelope.pk), OWNER) == SAID


def test_destroyed_is_gone_for_good():
    envelope = sealed()
    envelopes.destroy(envelope)
    stored = Envelope.objects.get(pk=envelope.pk)
    assert stored.wrapped_key is None and stored.destroyed_at is not None
    assert bytes(stored.sealed), "the ciphertext stays, for the seals over it"
    for each in (envelope, stored):
        with pytest.raises(envelopes.Destroyed):
            envelopes.open_(each, OWNER)
        assert envelopes.open_or_empty(each, OWNER) == {}
    first = stored.destroyed_at
    envelopes.destroy(stored)
    stored.refresh_from_db()
    assert stored.destroyed_at == first


def test_an_edit_that_began_before_the_destruction_does_not_revive_it():
    envelope = sealed()
    stale = Envelope.objects.get(pk=envelope.pk)
    envelopes.destroy(envelope)
    with pytest.raises(envelopes.Destroyed):
        envelopes.reseal(stale, OWNER, {"subject": "更正"})
    assert Envelope.objects.get(pk=envelope.pk).wrapped_key is None


def test_open_or_empty_is_lenient_about_nothing_else():
    assert envelopes.open_or_empty(None, OWNER) == {}
    assert envelopes.open_or_empty(sealed(), OWNER) == SAID
    with pytest.raises(envelopes.Tampered):
        envelopes.open_or_empty(sealed(), "petitions.petition:8")


def test_what_json_cannot_hold_is_refused_before_anything_is_saved():
    with pytest.raises(TypeError):
        envelopes.seal("petition.said", OWNER, {"file": object()})
    assert not Envelope.objects.exists()


def test_errors_name_ids_only():
    envelope = sealed()
    with pytest.raises(envelopes.Tampered) as caught:
        envelopes.open_(envelope, "petitions.petition:8")
    assert "耕地" not in str(caught.value) and str(envelope.pk) in str(caught.value)


def test_the_database_refuses_a_key_less_row_that_is_not_destroyed():
    with pytest.raises(IntegrityError), transaction.atomic():
        Envelope.objects.create(id=uuid.uuid4(), kind="k", owner=OWNER, key_version=1, wrapped_key=None, sealed=b"x")
