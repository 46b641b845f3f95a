"""Signed notes against a published vector, and every byte of one changed (C2SP signed-note)."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portals_core.ledger import note

# Published with Go's golang.org/x/mod/sumdb/note: private key, verifier key, and a note signed with them.
PRIVATE = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = (
    TEXT + "\n\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "ledger.example/tests"
HEAD = note.Head(NAME, 3, bytes(range(32)))
#: Frozen: whoever kept one of these must be able to check it with every later release.
FROZEN_VKEY = "ledger.example/tests+7a543029+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
FROZEN = (
    "ledger.example/tests\n3\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n"
    "\u2014 ledger.example/tests "
    "elQwKXYEGa9OZ/OIIf6070HhZvYkui7yWDzy53ymLWz8cei6vm6Bm9CcG2i2249jNsZ+MT5iDXxXpZEWj4CiQa4hPAM=\n"
)


def test_the_published_note_opens_and_is_signed_alike():
    key = note.parse_verifier(VKEY)
    assert (key.name, key.id.hex(), str(key)) == ("PeterNeumann", "c74f20a3", VKEY)
    assert note.opened(NOTE, key) == TEXT
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(PRIVATE)[1:])
    assert note.sign(TEXT, "PeterNeumann", private) == NOTE


def test_our_checkpoint_is_frozen():
    assert str(note.verifier(NAME, KEY)) == FROZEN_VKEY
    assert note.sign(note.body(HEAD), NAME, KEY) == FROZEN
    assert note.head_of(FROZEN, note.parse_verifier(FROZEN_VKEY)) == HEAD


def test_a_change_of_any_byte_of_a_checkpoint_is_refused():
    """Promise 21."""
    key, raw = note.parse_verifier(FROZEN_VKEY), FROZEN.encode()
    for at in range(len(raw)):
        for by in (1, 0x20, 0x80):
            changed = (raw[:at] + bytes([raw[at] ^ by]) + raw[at + 1 :]).decode("utf-8", "surrogateescape")
            with pytest.raises(note.BadNote):
                note.head_of(changed, key)


def test_base64_with_other_spare_bits_is_refused():
    """It would decode to the same signature, and the note would have two spellings."""
    assert FROZEN.endswith("M=\n")
    with pytest.raises(note.BadNote):
        note.head_of(FROZEN.replace("M=\n", "N=\n"), note.parse_verifier(FROZEN_VKEY))


def test_a_change_of_any_character_of_a_verifier_key_is_refused():
    for at, character in enumerate(FROZEN_VKEY):
        with pytest.raises(note.BadNote):
            note.parse_verifier(FROZEN_VKEY[:at] + chr(ord(character) ^ 1) + FROZEN_VKEY[at + 1 :])


def test_a_witness_may_cosign_and_a_second_signature_by_the_log_is_refused():
    key, witness = note.parse_verifier(FROZEN_VKEY), Ed25519PrivateKey.generate()
    cosigned = FROZEN + note.sign(note.body(HEAD), "witness.example", witness).partition("\n\n")[2]
    assert note.head_of(cosigned, key) == HEAD
    assert note.opened(cosigned, note.verifier("witness.example", witness)) == note.body(HEAD)
    with pytest.raises(note.BadNote):
        note.head_of(FROZEN + FROZEN.partition("\n\n")[2], key)


def test_a_checkpoint_of_another_log_is_refused_though_the_key_signed_it():
    foreign = note.sign(note.body(note.Head("other.example/log", 3, bytes(32))), NAME, KEY)
    assert note.opened(foreign, note.verifier(NAME, KEY))
    with pytest.raises(note.BadNote):
        note.head_of(foreign, note.verifier(NAME, KEY))


@pytest.mark.parametrize(
    "text", ["a\n3\n", "a\n03\nAA==\n", "a\n+3\nAA==\n", "a\n\u0663\nAA==\n", "a\n3\nAA==\n", "\n"]
)
def test_a_text_that_is_no_checkpoint_is_refused(text):
    with pytest.raises(note.BadNote):
        note.parse_head(text)


def test_extension_lines_are_allowed():
    assert note.parse_head(note.body(HEAD) + "extra\n") == HEAD


@pytest.mark.parametrize("name", ["", "two words", "plus+sign", "line\nfeed"])
def test_a_name_that_a_note_cannot_carry_is_refused(name):
    with pytest.raises(note.BadNote):
        note.sign("text\n", name, KEY)


@pytest.mark.parametrize("text", ["no line feed", "bell\a\n", "tab\t\n", "\ud800\n"])
def test_a_text_that_a_note_cannot_carry_is_refused(text):
    with pytest.raises(note.BadNote):
        note.sign(text, NAME, KEY)
