"""The sealer: gives recorded entries their index, in gap-free batches, and grows the tree.

Sequences commit out of order, so no writer takes an index: one process at a time, holding a lease, orders
what is already committed. An entry that is not yet visible comes in a later batch.
"""

from datetime import timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from portals_core.ledger.merkle import Frontier
from portals_core.ledger.models import LedgerEntry, TreeState
from portals_core.plumbing import leases
from portals_core.plumbing.errors import Broken, Conflict

LEASE = "ledger.seal"
_TTL = timedelta(seconds=60)


def seal(batch: int = 5000) -> int:
    """Integrate at most `batch` waiting entries; how many it was. 0 also while another sealer works.
    Raises `Conflict` where the lease passed to another sealer meanwhile: nothing was written."""
    fence = leases.acquire(LEASE, _TTL)
    if fence is None:
        return 0
    try:
        with transaction.atomic():
            return _integrate(batch, fence)
    finally:
        leases.release(LEASE, fence)


def waiting() -> int:
    """How many recorded entries have no index yet."""
    return LedgerEntry.objects.filter(index__isnull=True).count()


def _integrate(batch: int, fence: int) -> int:
    rows = list(
        LedgerEntry.objects.filter(index__isnull=True)
        .order_by("created", "id")
        .values_list("id", "leaf_hash")[:batch]
    )
    if not rows:
        return 0
    TreeState.objects.bulk_create([TreeState()], ignore_conflicts=True)
    state = TreeState.objects.get()
    grown = Frontier.unpacked(state.size, bytes(state.frontier)).extended(bytes(one) for _id, one in rows)
    changed = TreeState.objects.filter(size=state.size, fence__lt=fence).update(
        size=grown.size, frontier=grown.packed(), fence=fence
    )
    if changed != 1:
        raise Conflict(_("Another sealer was faster. Nothing was changed."), code="ledger.fenced")
    _number(rows, state.size)
    return len(rows)


def _number(rows: list, first: int) -> None:
    """Set the indexes, each only where none was set. One prepared statement run many times: the ORM's
    bulk update writes one CASE over the whole batch, which is several times slower."""
    fields, quote = LedgerEntry._meta, connection.ops.quote_name
    table, index, key = (
        quote(str(name))
        for name in (fields.db_table, fields.get_field("index").column, fields.get_field("id").column)
    )
    # The names are those of our own columns.
    statement = f"UPDATE {table} SET {index} = %s WHERE {key} = %s AND {index} IS NULL"  # noqa: S608
    to_db = fields.get_field("id").get_db_prep_value
    values = [(first + place, to_db(row[0], connection)) for place, row in enumerate(rows)]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
        if cursor.rowcount != len(values):
            raise Broken("", code="ledger.index_taken", detail=f"{cursor.rowcount} of {len(values)}")
