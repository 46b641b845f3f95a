"""The ledger: appending with one and with eight writers, and verifying."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from multiprocessing.synchronize import Barrier
from uuid import uuid4

from django.db import connection, connections, transaction

from portals_core.access.actor import system
from portals_core.ledger import append, audit, seal
from portals_core.ledger.models import LedgerDetail, LedgerEntry
from portals_core.ledger.verify import verify
from portals_core.plumbing import clock
from tests.benchmarks.measure import Figure, compare, of_times
from tests.benchmarks.models import PlainEntry

_BY = system("measure the ledger")
CODE = "record.created"
DETAIL = {"module": "orders", "source": "bench", "fields": ["customer", "number", "total"]}


def ours() -> None:
    """One entry in a transaction of its own."""
    with transaction.atomic():
        append.record(CODE, actor=_BY, about=f"record:{uuid4()}", detail=DETAIL)


def theirs(content: bytes) -> Callable[[], None]:
    """A row of the same bytes in a transaction of its own."""

    def one() -> None:
        with transaction.atomic():
            PlainEntry(
                at=clock.now(), code=CODE, actor=_BY.ref, about=f"record:{uuid4()}", content=content
            ).save(force_insert=True)

    return one


def _bytes_of_an_entry() -> bytes:
    """Leaf, hash and sealed detail of an entry like those that are measured."""
    ours()
    entry = LedgerEntry.objects.order_by("-at").first()
    assert entry is not None
    detail = LedgerDetail.objects.get(pk=entry.pk)
    return bytes(entry.leaf) + bytes(entry.leaf_hash) + bytes(detail.sealed)


def figures(database: str, entries: int, rounds: int) -> Iterator[Figure]:
    """One writer, eight where the database has more than one, and the verification of what they wrote."""
    plain = theirs(_bytes_of_an_entry())
    yield from compare(
        database=database,
        rows=entries,
        work="append, 1 writer",
        ours=_times(ours, entries // 10),
        baselines={"plain insert of the same bytes": (_times(plain, entries // 10), "≥ 0.9")},
        rounds=rounds,
        rate=True,
    )
    if connection.vendor == "postgresql":
        pairs = [
            (_together(ours, 8, entries // 20), _together(plain, 8, entries // 20)) for _ in range(rounds)
        ]
        yield of_times(
            database=database,
            rows=entries,
            work="append, 8 writers",
            against="plain insert of the same bytes",
            ours=[one for one, _other in pairs],
            theirs=[other for _one, other in pairs],
            goal="≥ 0.9",
            rate=True,
        )
    yield from _verification(database, entries, rounds)


def _times(work: Callable[[], None], times: int) -> Callable[[], None]:
    def several() -> None:
        for _ in range(max(1, times)):
            work()

    return several


def _together(work: Callable[[], None], writers: int, times: int) -> float:
    """Seconds from the common start of `writers` processes to the end of the last."""
    connections.close_all()
    make = multiprocessing.get_context("fork")
    start = make.Barrier(writers + 1)
    processes = [make.Process(target=_write, args=(start, work, max(1, times))) for _ in range(writers)]
    for one in processes:
        one.start()
    start.wait()
    begun = time.perf_counter()
    for one in processes:
        one.join()
    taken = time.perf_counter() - begun
    if any(one.exitcode for one in processes):
        raise AssertionError("a writer failed")
    return taken


def _write(start: Barrier, work: Callable[[], None], times: int) -> None:
    work()
    start.wait()
    for _ in range(times):
        work()
    connections.close_all()


def _verification(database: str, entries: int, rounds: int) -> Iterator[Figure]:
    missing = entries - LedgerEntry.objects.count()
    with transaction.atomic():
        for _ in range(missing):
            append.record(CODE, actor=_BY, about=f"record:{uuid4()}", detail=DETAIL)
    while seal.seal():
        pass
    rows = list(audit.rows([]))[:entries]
    leaves = [row.leaf for row in rows]

    def check() -> None:
        found = verify(rows, [], "").findings
        if found:
            raise AssertionError(str(found[0]))

    def hashing() -> None:
        for leaf in leaves:
            sha256(leaf).digest()

    yield from compare(
        database=database,
        rows=len(rows),
        work="verify the entries",
        ours=check,
        baselines={"SHA-256 of the same leaves": (hashing, "≥ 0.4")},
        rounds=rounds,
        repeat=3,
        rate=True,
    )
