"""Global Privacy Control: a browser's signal that its owner objects to data being sold or shared.

The signal of somebody signed in is recorded once as an objection to marketing and sharing (Art. 21(2), (5)),
never as an erasure. Nobody needs to press anything, so it is heard wherever it comes with a request, a plain
visit too: recording is idempotent, stands in a transaction of its own and never keeps a page from answering.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping
from datetime import date, datetime
from typing import Any

from django.db import DatabaseError

from consent.deciding import objections
from consent.models import Signal
from portals_core.access.actor import Actor, Kind
from portals_core.plumbing.errors import DsrError

log = logging.getLogger(__name__)
HEADER = "Sec-GPC"
#: Since when this site heeds the signal; told to everybody who asks.
LAST_UPDATE = date(2026, 5, 1)
#: Where a session keeps for whom the signal was heard, so that the next request costs nothing.
HEARD = "gpc"


def given(headers: Mapping[str, str]) -> bool:
    """Whether the signal is set: by "1" and nothing else."""
    return headers.get(HEADER) == "1"


def heed(*, actor: Actor, session: MutableMapping[str, Any], at: datetime) -> None:
    """Record the signal of a portal user, the first time it comes; of staff and visitors it records nothing.

    Never raises for what cannot be stored now: the next request tries again.
    """
    if actor.kind is not Kind.PORTAL or actor.identity is None or session.get(HEARD) == str(actor.identity):
        return
    try:
        objections.object_to(
            actor=actor, subject=actor.identity, marketing=True, sharing=True, signal=Signal.GPC, at=at
        )
    except (DsrError, DatabaseError) as error:
        log.warning("the signal of %s was not recorded: %s", actor.ref, type(error).__name__)
        return
    session[HEARD] = str(actor.identity)


def statement() -> dict[str, object]:
    """What `/.well-known/gpc.json` says."""
    return {"gpc": True, "lastUpdate": LAST_UPDATE.isoformat()}
