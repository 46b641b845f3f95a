"""Writers do not queue at the ledger, and the order of commits leaves no gap (RD1). PostgreSQL only: SQLite
has one writer at a time by nature."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

import pytest
from django.db import OperationalError, connections, transaction

from portals_core.ledger import seal
from portals_core.ledger.append import record
from portals_core.ledger.audit import audit
from portals_core.ledger.checkpoint import sign_next
from portals_core.ledger.models import Checkpoint, LedgerEntry, TreeState
from portals_core.plumbing import keyring
from tests.portals_core.ledger_cast import CASE, CLERK, happened, keys  # noqa: F401

T = TypeVar("T")
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def elsewhere(work: Callable[[], T]) -> T:
    """Do `work` on a connection of its own; waiting for somebody's lock there is an error, not a wait."""

    def run() -> T:
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(run).result(timeout=30)


@pytest.fixture
def write(keys, happened) -> Iterator[Callable[[], UUID]]:  # noqa: F811
    keyring.ensure(keyring.ORGANISATION)

    def one() -> UUID:
        with transaction.atomic():
            return record(happened, actor=CLERK, about=CASE)

    yield one


def test_a_writer_does_not_wait_for_one_that_has_not_committed(write, happened):  # noqa: F811
    with transaction.atomic():
        first = record(happened, actor=CLERK, about=CASE)
        second = elsewhere(write)
        assert elsewhere(seal.seal) == 1
    assert LedgerEntry.objects.get(id=second).index == 0
    assert LedgerEntry.objects.get(id=first).index is None
    assert seal.seal() == 1
    assert LedgerEntry.objects.get(id=first).index == 1
    assert audit().findings == []


def test_writers_that_share_a_lock_would_wait(write):
    """The control of the test above: the same two writers, each taking the head of the tree first."""
    TreeState.objects.create()

    def locked() -> UUID:
        with transaction.atomic():
            TreeState.objects.select_for_update().get()
            return write()

    with transaction.atomic():
        TreeState.objects.select_for_update().get()
        write()
        with pytest.raises(OperationalError, match="lock timeout"):
            elsewhere(locked)


def test_many_writers_and_sealers_at_once_leave_no_gap_and_no_double(write):
    start = threading.Barrier(6)

    def work(number: int) -> None:
        try:
            start.wait(timeout=30)
            for _ in range(20):
                write() if number < 4 else seal.seal(7)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=6) as pool:
        list(pool.map(work, range(6)))
    while seal.seal():
        pass
    assert list(LedgerEntry.objects.order_by("index").values_list("index", flat=True)) == list(range(80))
    assert audit().findings == []


def test_an_audit_beside_writers_sealer_and_signer_finds_nothing(write):
    done = threading.Event()

    def work(step: Callable[[], object]) -> None:
        try:
            while not done.is_set():
                step()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=3) as pool:
        busy = [pool.submit(work, step) for step in (write, seal.seal, sign_next)]
        try:
            found = [audit().findings for _ in range(25)]
        finally:
            done.set()
        for one in busy:
            one.result(timeout=30)
    assert [findings for findings in found if findings] == []
    assert Checkpoint.objects.exists()
