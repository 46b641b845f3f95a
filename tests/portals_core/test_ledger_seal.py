"""Indexes without gaps, a tree that grows, one sealer at a time (RD1, RD2)."""

from datetime import UTC, datetime, timedelta

import pytest

from portals_core.ledger import merkle, seal
from portals_core.ledger.append import record
from portals_core.ledger.models import LedgerEntry, TreeState
from portals_core.plumbing import leases
from portals_core.plumbing.errors import Conflict
from tests.portals_core.ledger_cast import CASE, CLERK, happened, keys  # noqa: F401

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"]), pytest.mark.usefixtures("keys")]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REFUSED = 0


def take(name: str, ttl: timedelta) -> int:
    """The fence, which is never 0, or `REFUSED`."""
    return leases.acquire(name, ttl) or REFUSED


@pytest.fixture
def add(happened):  # noqa: F811
    def several(count: int, at: datetime = NOON) -> list:
        return [record(happened, actor=CLERK, about=CASE, detail={"n": n}, at=at) for n in range(count)]

    return several


def test_entries_get_every_index_once_in_batches(add):
    add(7)
    assert [seal.seal(3) for _ in range(4)] == [3, 3, 1, 0]
    assert list(LedgerEntry.objects.order_by("index").values_list("index", flat=True)) == list(range(7))
    assert seal.waiting() == 0


def test_entries_are_numbered_as_they_were_recorded_whatever_moment_they_tell_of(add):
    """A case filed for last week and its next step tell of one moment; the log keeps their order."""
    later = add(5)
    earlier = add(5, at=NOON - MINUTE)
    seal.seal()
    assert list(LedgerEntry.objects.order_by("index").values_list("id", flat=True)) == later + earlier


def test_the_tree_is_that_of_the_leaves_in_index_order(add):
    add(5)
    seal.seal(2), seal.seal(2)
    add(4, at=NOON - timedelta(days=1))
    seal.seal(), seal.seal()
    leaves = LedgerEntry.objects.order_by("index").values_list("leaf", flat=True)
    state = TreeState.objects.get()
    frontier = merkle.Frontier.unpacked(state.size, bytes(state.frontier))
    assert frontier.root() == merkle.root(merkle.leaf_hash(bytes(one)) for one in leaves)
    assert state.size == 9


def test_an_entry_that_is_sealed_keeps_its_index_whatever_comes_later(add):
    early = add(3, at=NOON)
    seal.seal()
    before = dict(LedgerEntry.objects.values_list("id", "index"))
    add(3, at=NOON - timedelta(days=1))
    seal.seal()
    assert {one: LedgerEntry.objects.get(id=one).index for one in early} == before


def test_while_one_sealer_works_another_does_nothing(add):
    add(2)
    fence = take(seal.LEASE, MINUTE)
    assert seal.seal() == 0
    assert seal.waiting() == 2
    leases.release(seal.LEASE, fence)
    assert seal.seal() == 2


def test_a_sealer_that_slept_past_its_lease_writes_nothing(add, monkeypatch):
    """Promise 14."""
    add(2)
    stale = take(seal.LEASE, MINUTE)
    leases.release(seal.LEASE, stale)
    assert seal.seal(1) == 1
    before = list(LedgerEntry.objects.order_by("id").values()), list(TreeState.objects.values())
    with pytest.raises(Conflict):
        seal._integrate(5, stale)
    assert (list(LedgerEntry.objects.order_by("id").values()), list(TreeState.objects.values())) == before
    assert seal.seal() == 1


def test_a_lease_is_one_holders_until_its_time_is_over(time_machine_at):
    first = take("duty", MINUTE)
    assert first != REFUSED
    assert take("duty", MINUTE) == REFUSED
    time_machine_at(NOON + 2 * MINUTE)
    second = take("duty", MINUTE)
    assert second > first
    assert leases.renew("duty", first, MINUTE) is False
    assert leases.release("duty", first) is False
    assert take("duty", MINUTE) == REFUSED
    assert leases.renew("duty", second, 5 * MINUTE) is True
    time_machine_at(NOON + 4 * MINUTE)
    assert take("duty", MINUTE) == REFUSED
    assert leases.release("duty", second) is True
    assert take("duty", MINUTE) > second


def test_a_clock_that_jumps_back_gives_no_lease_away(time_machine_at):
    """Attack 45."""
    take("duty", MINUTE)
    time_machine_at(NOON - timedelta(days=1))
    assert take("duty", MINUTE) == REFUSED


@pytest.fixture
def time_machine_at(monkeypatch):
    def set_to(at: datetime) -> None:
        monkeypatch.setattr("portals_core.plumbing.clock.now", lambda: at)

    set_to(NOON)
    return set_to
