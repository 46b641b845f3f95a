"""The common organisation, set up once and kept below the transactions of the tests that use it.

Most tests begin with `cast.set_up()`. It always makes the same, so one is made in a transaction that stays
open from test to test; the transaction of each test stands inside it and is rolled back alone. A test that
does not ask for the organisation, or that commits, begins with it gone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.db import connections, transaction

from portals_core.plumbing import keyfiles, keyring
from portals_core.records import keyed

#: Fixtures that say a test begins with the organisation, and those that say it commits or looks from outside.
BEGINS = {"made", "asked"}
COMMITS = {
    "transactional_db",
    "live_server",
    "live_url",
    "django_db_reset_sequences",
    "django_db_serialized_rollback",
}

_open: ExitStack | None = None
_made: Any = None
#: The key files under which it was made; no rollback brings one back that a test took away.
_keys: dict[str, bytes] = {}


def suits(fixtures: set[str], *, commits: bool) -> bool:
    """Whether a test with these fixtures can begin with what stands."""
    return bool(fixtures & BEGINS) and not (commits or fixtures & COMMITS)


def put_up(make: Callable[[], Any]) -> None:
    """Let it stand, from what `make` makes, unless it stands already under the keys there are."""
    global _open, _made, _keys
    if _open is not None and _keys != _key_files():
        take_down()
    if _open is None:
        stack = ExitStack()
        for alias in connections:
            atomic = transaction.atomic(using=alias)
            # What this opens is no more to the product than the transaction of a test.
            atomic._from_testcase = True
            stack.enter_context(atomic)
            stack.callback(transaction.set_rollback, True, using=alias)
        _open, _made = stack, make()
        _keys = _key_files()


def take_down() -> None:
    """Nothing of it is left in any database."""
    global _open, _made
    if _open is not None:
        stack, _open, _made = _open, None, None
        stack.close()


def taken() -> Any:
    """What stands, for one test to change as it likes; None where nothing does."""
    return copy.deepcopy(_made)


def _key_files() -> dict[str, bytes]:
    paths = [keyfiles.path(name) for name in (keyring.MASTER, keyed.KEY)]
    return {path.name: path.read_bytes() for path in paths if path.exists()}
