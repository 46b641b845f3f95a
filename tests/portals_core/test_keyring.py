"""Subject keys: sealing, moving, destroying (RD3, promise 19, attacks 70 to 72)."""

import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from portals_core import checks
from portals_core.plumbing import keyfiles, keyring
from portals_core.plumbing.errors import Absent, Broken
from portals_core.plumbing.keyring_models import SubjectKey
from tests.portals_core.ledger_cast import keys  # noqa: F401

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"]), pytest.mark.usefixtures("keys")]
PLACE = "note:1:text"


@pytest.fixture
def subject() -> uuid.UUID:
    known = uuid.uuid4()
    keyring.ensure(known)
    return known


def test_what_was_sealed_opens_in_its_place_and_hides_the_text(subject):
    sealed = keyring.encrypt(subject, b"canary-4711", context=PLACE)
    assert b"canary" not in sealed
    assert keyring.decrypt(subject, sealed, context=PLACE) == b"canary-4711"


def test_equal_texts_seal_to_different_bytes(subject):
    first, second = (keyring.encrypt(subject, b"same", context=PLACE) for _ in range(2))
    assert first != second


def test_a_ciphertext_moved_to_another_place_does_not_open(subject):
    """Attack 70."""
    sealed = keyring.encrypt(subject, b"text", context=PLACE)
    with pytest.raises(keyring.Tampered):
        keyring.decrypt(subject, sealed, context="note:2:text")


def test_a_ciphertext_moved_to_another_subject_does_not_open(subject):
    """Attack 70."""
    other = uuid.uuid4()
    keyring.ensure(other)
    sealed = keyring.encrypt(subject, b"text", context=PLACE)
    with pytest.raises(keyring.Tampered):
        keyring.decrypt(other, sealed, context=PLACE)


def test_a_flip_of_any_byte_is_noticed(subject):
    sealed = keyring.encrypt(subject, b"text", context=PLACE)
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(keyring.Tampered):
            keyring.decrypt(subject, bytes(changed), context=PLACE)
    for end in range(len(sealed)):
        with pytest.raises(keyring.Tampered):
            keyring.decrypt(subject, sealed[:end], context=PLACE)


def test_a_destroyed_key_leaves_a_tombstone_and_nothing_to_read_with(subject):
    """N5, promise 19."""
    sealed = keyring.encrypt(subject, b"text", context=PLACE)
    assert not keyring.is_destroyed(subject)
    assert keyring.destroy(subject) is True
    row = SubjectKey.objects.get(subject=subject)
    assert row.wrapped is None
    assert row.destroyed is not None
    assert keyring.is_destroyed(subject)
    with pytest.raises(keyring.KeyDestroyed) as refusal:
        keyring.decrypt(subject, sealed, context=PLACE)
    assert isinstance(refusal.value, Absent)


def test_destroying_twice_changes_nothing_the_second_time(subject):
    keyring.destroy(subject)
    before = SubjectKey.objects.values().get(subject=subject)
    assert keyring.destroy(subject) is False
    assert SubjectKey.objects.values().get(subject=subject) == before


def test_a_destroyed_key_is_never_made_again(subject):
    keyring.destroy(subject)
    with pytest.raises(keyring.KeyDestroyed):
        keyring.ensure(subject)
    with pytest.raises(keyring.KeyDestroyed):
        keyring.encrypt(subject, b"text", context=PLACE)


def test_a_subject_who_never_had_a_key_can_be_destroyed_beforehand():
    unknown = uuid.uuid4()
    assert keyring.destroy(unknown) is True
    with pytest.raises(keyring.KeyDestroyed):
        keyring.ensure(unknown)


def test_the_organisations_key_is_not_destroyed():
    keyring.ensure(keyring.ORGANISATION)
    with pytest.raises(Broken):
        keyring.destroy(keyring.ORGANISATION)
    assert not keyring.is_destroyed(keyring.ORGANISATION)


def test_something_sealed_under_a_living_key_is_not_hidden_behind_a_tombstone(subject):
    """A row refiled under an erased person is a change, not an erasure."""
    sealed = keyring.encrypt(subject, b"text", context=PLACE)
    erased = uuid.uuid4()
    keyring.destroy(erased)
    with pytest.raises(keyring.Tampered):
        keyring.decrypt(erased, sealed, context=PLACE)


def test_a_missing_key_row_is_told_from_an_erasure(subject):
    """Attack 71: only the tombstone says that somebody was erased."""
    sealed = keyring.encrypt(subject, b"text", context=PLACE)
    SubjectKey.objects.filter(subject=subject).delete()
    with pytest.raises(keyring.KeyMissing):
        keyring.decrypt(subject, sealed, context=PLACE)


def test_ensure_keeps_the_key_it_finds(subject):
    sealed = keyring.encrypt(subject, b"text", context=PLACE)
    keyring.ensure(subject)
    assert keyring.decrypt(subject, sealed, context=PLACE) == b"text"
    assert SubjectKey.objects.filter(subject=subject).count() == 1


def test_a_wrapped_key_swapped_between_subjects_does_not_unwrap(subject):
    other = uuid.uuid4()
    keyring.ensure(other)
    sealed = keyring.encrypt(subject, b"text", context=PLACE)
    theirs = SubjectKey.objects.get(subject=other).wrapped
    SubjectKey.objects.filter(subject=subject).update(wrapped=theirs)
    with pytest.raises(keyring.Tampered):
        keyring.decrypt(subject, sealed, context=PLACE)
    with pytest.raises(keyring.Tampered):
        keyring.encrypt(subject, b"under somebody else's key", context=PLACE)


def test_neither_half_a_tombstone_can_be_stored(subject):
    with pytest.raises(IntegrityError), transaction.atomic(using="keyring"):
        SubjectKey.objects.filter(subject=subject).update(wrapped=None)


def test_without_the_master_key_nothing_opens_and_no_new_one_is_made(subject, keys):  # noqa: F811
    """Attack 72."""
    sealed = keyring.encrypt(subject, b"text", context=PLACE)
    kept = (keys / "master.key").read_bytes()
    (keys / "master.key").unlink()
    with pytest.raises(keyfiles.KeyFileMissing):
        keyring.decrypt(subject, sealed, context=PLACE)
    with pytest.raises(keyfiles.KeyFileMissing):
        keyring.create_master()
    assert not (keys / "master.key").exists()
    keyfiles.create("master.key", kept)
    assert keyring.decrypt(subject, sealed, context=PLACE) == b"text"


def test_another_master_key_is_named_as_the_wrong_one(subject, keys):  # noqa: F811
    (keys / "master.key").write_bytes(bytes(32))
    with pytest.raises(keyfiles.KeyFileMissing):
        keyring.encrypt(subject, b"text", context=PLACE)


def test_a_master_key_that_others_can_read_is_refused(subject, keys):  # noqa: F811
    assert (keys / "master.key").stat().st_mode & 0o777 == 0o600
    (keys / "master.key").chmod(0o640)
    with pytest.raises(Broken) as refusal:
        keyring.encrypt(subject, b"text", context=PLACE)
    assert refusal.value.code == "key_file_open"


def test_the_master_key_is_made_once(keys):  # noqa: F811
    before = (keys / "master.key").read_bytes()
    assert len(before) == 32
    assert keyring.create_master() is False
    assert (keys / "master.key").read_bytes() == before


def test_a_reader_opens_what_decrypt_opens_and_refuses_what_it_refuses(subject):
    opened = keyring.reader()
    sealed = keyring.encrypt(subject, b"text", context=PLACE)
    assert opened(subject, sealed, context=PLACE) == b"text"
    with pytest.raises(keyring.Tampered):
        opened(subject, sealed, context="note:2:text")


def test_the_start_is_refused_when_the_master_key_of_stored_keys_is_missing(subject, keys):  # noqa: F811
    """Attack 72."""
    assert checks.master_key_is_there() == []
    (keys / "master.key").unlink()
    assert [message.id for message in checks.master_key_is_there()] == ["keyring.E001"]
    with pytest.raises(CommandError):
        call_command("check")


def test_the_start_is_refused_with_another_master_key(subject, keys):  # noqa: F811
    (keys / "master.key").write_bytes(bytes(32))
    assert [message.id for message in checks.master_key_is_there()] == ["keyring.E002"]


def test_an_installation_without_stored_keys_starts_without_a_master_key(keys):  # noqa: F811
    (keys / "master.key").unlink()
    assert checks.master_key_is_there() == []
