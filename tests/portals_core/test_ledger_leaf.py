"""The canonical bytes of an entry (formats, Audit log; attack 69)."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portals_core.ledger.leaf import Leaf, NotALeaf, commit, encode, parse

KNOWN = Leaf(
    id=uuid.UUID("0b6f3c1e-58a1-4c0e-9d7e-1f2a3b4c5d6e"),
    at=datetime(2026, 1, 31, 9, 30, 0, 1, tzinfo=UTC),
    code="consent.withdrawn",
    actor="system:nightly run",
    about="case:7a0f4a53-6d1b-4a0e-a7a8-61c60c2e7f00",
    outcome="done",
    commitment=bytes(range(32)),
)
BYTES = (
    b"dsr-ledger-entry 1\n"
    b"id 0b6f3c1e-58a1-4c0e-9d7e-1f2a3b4c5d6e\n"
    b"at 2026-01-31T09:30:00.000001Z\n"
    b"code consent.withdrawn\n"
    b"actor system:nightly%20run\n"
    b"about case:7a0f4a53-6d1b-4a0e-a7a8-61c60c2e7f00\n"
    b"outcome done\n"
    b"detail 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=200)
LEAVES = st.builds(
    Leaf,
    id=st.uuids(),
    at=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])).filter(
        lambda at: 2 <= at.year <= 9998
    ),
    code=TEXTS,
    actor=TEXTS,
    about=TEXTS,
    outcome=TEXTS,
    commitment=st.binary(min_size=32, max_size=32),
)


def test_version_one_is_frozen():
    """A changed byte here breaks every ledger in use: make a version 2 instead."""
    assert encode(KNOWN) == BYTES
    assert parse(BYTES) == KNOWN


@given(LEAVES)
def test_every_entry_comes_back_from_eight_printable_lines(leaf):
    """Attack 69."""
    data = encode(leaf)
    assert parse(data) == leaf
    assert data.count(b"\n") == 8
    assert all(byte == 10 or 0x20 <= byte < 0x7F for byte in data)


@given(st.integers(0, len(BYTES) - 1), st.integers(1, 255))
def test_a_changed_byte_never_parses_to_the_same_entry(at, by):
    changed = BYTES[:at] + bytes([BYTES[at] ^ by]) + BYTES[at + 1 :]
    try:
        assert parse(changed) != KNOWN
    except NotALeaf:
        pass


@pytest.mark.parametrize(
    "change",
    [
        (b"%20", b" "),
        (b"%20", b"+%20"[1:] + b"\r"),
        (b"done", b"%64one"),
        (b"nightly", b"n%c3%a4htly"),
        (b"\ncode", b"\n\ncode"),
        (b"2026-01-31", b"2026-02-31"),
        (b"58a1", b"58A1"),
        (b"entry 1", b"entry 2"),
        (b"1e1f\n", b"1e1f"),
        (b"1e1f\n", b"1e1f\n\n"),
        (b"actor", b"about"),
    ],
)
def test_bytes_that_encode_would_not_write_are_refused(change):
    assert change[0] in BYTES
    with pytest.raises(NotALeaf):
        parse(BYTES.replace(*change))


def test_a_time_without_zone_is_refused():
    with pytest.raises(NotALeaf):
        encode(
            Leaf(**{name: getattr(KNOWN, name) for name in KNOWN.__slots__} | {"at": datetime(2026, 1, 1)})
        )


def test_a_commitment_needs_the_whole_salt():
    assert commit(bytes(32), b"{}") != commit(bytes(31) + b"\x01", b"{}")
    with pytest.raises(NotALeaf):
        commit(bytes(31), b"{}")
