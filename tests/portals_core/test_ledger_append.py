"""One verb: what `record` inserts, what it refuses, what redaction leaves (RD1, promises 22 and 23)."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from portals_core.ledger import leaf as leaves
from portals_core.ledger import merkle, reads
from portals_core.ledger.append import record, record_each, redact, redact_subject
from portals_core.ledger.models import LedgerDetail, LedgerEntry
from portals_core.plumbing import keyring
from portals_core.plumbing.errors import Absent, Broken, Forbidden
from tests import registering
from tests.portals_core.ledger_cast import AUDITOR, CASE, CLERK, Somebody, gate, happened, keys  # noqa: F401

pytestmark = [
    pytest.mark.django_db(databases=["default", "keyring"]),
    pytest.mark.usefixtures("keys", "gate"),
]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_entry_holds_opaque_ids_and_a_commitment_and_no_detail(happened):  # noqa: F811
    subject = uuid.uuid4()
    made = record(
        happened, actor=CLERK, about=CASE, subject=subject, detail={"mail": "canary@example.org"}, at=NOON
    )
    entry = LedgerEntry.objects.get(id=made)
    leaf = leaves.parse(bytes(entry.leaf))
    assert (leaf.id, leaf.at, leaf.code, leaf.actor, leaf.about, leaf.outcome) == (
        made, NOON, happened, CLERK.ref, CASE, "done",
    )  # fmt: skip
    assert bytes(entry.leaf_hash) == merkle.leaf_hash(bytes(entry.leaf))
    assert entry.index is None
    sealed = bytes(LedgerDetail.objects.get(entry=made).sealed)
    assert b"canary" not in bytes(entry.leaf) + sealed
    assert reads.detail_of(entry, AUDITOR) == {"mail": "canary@example.org"}


def test_equal_details_give_different_commitments(happened):  # noqa: F811
    """Promise 23: the salt defeats a dictionary."""
    made = [record(happened, actor=CLERK, about=CASE, detail={"a": 1}) for _ in range(2)]
    first, second = (leaves.parse(bytes(LedgerEntry.objects.get(id=one).leaf)) for one in made)
    assert first.commitment != second.commitment


def test_many_at_once_are_the_entries_one_by_one_would_be(happened, django_assert_num_queries):  # noqa: F811
    """One leaf each, in their order, each with its own salt; in as many queries for three as for thirty."""
    record(happened, actor=CLERK, about=CASE)  # the organisation has its key
    before = set(LedgerEntry.objects.values_list("id", flat=True))
    for number in (3, 30):
        about = [f"case:{number}-{n}" for n in range(number)]
        with django_assert_num_queries(1, using="keyring"), django_assert_num_queries(2):
            record_each(happened, actor=CLERK, about=iter(about), detail={"a": number}, at=NOON)
        made = list(LedgerEntry.objects.exclude(id__in=before).order_by("created", "id"))
        leaf = [leaves.parse(bytes(one.leaf)) for one in made]
        assert [one.about for one in leaf] == [one.about for one in made] == about
        assert {(one.at, one.code, one.actor, one.outcome) for one in leaf} == {
            (NOON, happened, CLERK.ref, "done")
        }
        assert len({one.commitment for one in leaf}) == number
        assert [reads.detail_of(one, AUDITOR) for one in made] == [{"a": number}] * number
        assert {one.index for one in made} == {None}
        before |= {one.id for one in made}


def test_of_many_either_all_are_recorded_or_none(happened):  # noqa: F811
    for about, code, error in (
        ([CASE, ""], happened, leaves.NotALeaf),
        ([CASE], "test.never_registered", Broken),
    ):
        with pytest.raises(error):
            record_each(code, actor=CLERK, about=about)
        assert LedgerEntry.objects.count() == 0
    record_each(happened, actor=CLERK, about=[CASE])
    assert LedgerEntry.objects.count() == 1


@pytest.mark.django_db(databases=["default", "keyring"], transaction=True)
def test_an_entry_outside_a_transaction_is_refused(happened):  # noqa: F811
    with pytest.raises(Broken) as refusal:
        record(happened, actor=CLERK, about=CASE)
    assert refusal.value.code == "ledger.outside_transaction"
    with pytest.raises(Broken) as refusal:
        record_each(happened, actor=CLERK, about=[CASE])
    assert refusal.value.code == "ledger.outside_transaction"
    assert LedgerEntry.objects.count() == 0
    with transaction.atomic():
        record(happened, actor=CLERK, about=CASE)
    assert LedgerEntry.objects.count() == 1


def test_an_entry_goes_with_the_act_that_failed(happened):  # noqa: F811
    """Promise 22: no entry without effect."""
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(happened, actor=CLERK, about=CASE)
        assert LedgerEntry.objects.count() == 1
        1 / 0  # noqa: B018
    assert LedgerEntry.objects.count() == 0


def test_an_unregistered_code_is_refused(happened):  # noqa: F811
    with pytest.raises(Broken) as refusal:
        record("test.never_registered", actor=CLERK, about=CASE)
    assert refusal.value.code == "registry.unknown"
    assert LedgerEntry.objects.count() == 0


@pytest.mark.parametrize(
    "detail", [{"when": NOON}, {"id": uuid.UUID(int=1)}, {"n": 2**60}, {1: "key"}, {"x": float("nan")}]
)
def test_a_detail_that_is_not_plain_json_is_refused(happened, detail):  # noqa: F811
    with pytest.raises(Broken) as refusal:
        record(happened, actor=CLERK, about=CASE, detail=detail)
    assert refusal.value.code == "ledger.detail"


@pytest.mark.parametrize("about", ["", "x" * 201, "case:\x00", "case:\ud800"])
def test_a_reference_that_cannot_be_stored_is_refused(happened, about):  # noqa: F811
    with pytest.raises(leaves.NotALeaf):
        record(happened, actor=CLERK, about=about)


def test_a_forged_line_stays_inside_its_value(happened):  # noqa: F811
    """Attack 69."""
    nasty = "system:x\nabout case:other\x1b[2K"
    made = record(happened, actor=Somebody(nasty), about=CASE)
    data = bytes(LedgerEntry.objects.get(id=made).leaf)
    assert data.count(b"\n") == 8
    assert b"\x1b" not in data
    assert leaves.parse(data).actor == nasty
    assert leaves.parse(data).about == CASE


def test_redaction_erases_the_detail_and_keeps_the_leaf(happened):  # noqa: F811
    """Promise 23."""
    made = record(happened, actor=CLERK, about=CASE, detail={"a": 1})
    before = LedgerEntry.objects.values().get(id=made)
    redaction = redact(made, actor=CLERK)
    assert LedgerEntry.objects.values().get(id=made) == before
    assert reads.detail_of(LedgerEntry.objects.get(id=made), AUDITOR) is None
    assert LedgerEntry.objects.get(id=redaction).about == f"entry:{made}"
    with pytest.raises(Absent), transaction.atomic():
        redact(made, actor=CLERK)
    assert LedgerEntry.objects.count() == 2


def test_redacting_a_person_leaves_other_peoples_details(happened):  # noqa: F811
    one, other = uuid.uuid4(), uuid.uuid4()
    mine = [record(happened, actor=CLERK, about=CASE, subject=one, detail={"n": n}) for n in range(3)]
    theirs = record(happened, actor=CLERK, about=CASE, subject=other, detail={"kept": True})
    assert redact_subject(one, actor=CLERK) == 3
    assert not LedgerDetail.objects.filter(entry__in=mine).exists()
    assert reads.detail_of(LedgerEntry.objects.get(id=theirs), AUDITOR) == {"kept": True}


def test_after_the_key_is_destroyed_the_detail_is_gone_and_no_more_is_recorded_under_it(happened):  # noqa: F811
    subject = uuid.uuid4()
    made = record(happened, actor=CLERK, about=CASE, subject=subject, detail={"a": 1})
    keyring.destroy(subject)
    assert reads.detail_of(LedgerEntry.objects.get(id=made), AUDITOR) is None
    with pytest.raises(keyring.KeyDestroyed):
        record(happened, actor=CLERK, about=CASE, subject=subject)


def test_only_who_the_gate_admits_reads_the_ledger(happened):  # noqa: F811
    made = record(happened, actor=CLERK, about=CASE)
    assert [entry.id for entry in reads.entries(AUDITOR)] == [made]
    with pytest.raises(Forbidden):
        reads.entries(CLERK)
    with pytest.raises(Forbidden):
        reads.detail_of(LedgerEntry.objects.get(id=made), CLERK)


def test_without_a_gate_nobody_reads_the_ledger(happened, monkeypatch):  # noqa: F811
    record(happened, actor=CLERK, about=CASE)
    registering.without(monkeypatch, reads.GATE, "admits")
    with pytest.raises(Broken):
        reads.entries(AUDITOR)


def test_entries_are_found_by_what_they_are_about_their_code_and_their_time(happened):  # noqa: F811
    times = [NOON + timedelta(hours=n) for n in range(3)]
    first, second, third = (record(happened, actor=CLERK, about=CASE, at=at) for at in times)
    other = record(happened, actor=CLERK, about="case:other", at=times[1])
    redaction = redact(other, actor=CLERK)

    def found(**given):
        return {entry.id for entry in reads.entries(AUDITOR, **given)}

    assert found(about=CASE) == {first, second, third}
    assert found(code="ledger.redacted") == {redaction}
    assert found(about=CASE, since=times[1]) == {second, third}
    assert found(until=times[1]) == {first}
    assert found(about=CASE, since=times[1], until=times[2]) == {second}
