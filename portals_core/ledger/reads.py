"""Reading the ledger. Who may read it is decided above this room, by the one gate registered here."""

import json
from collections.abc import Callable
from datetime import datetime

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.ledger.append import HasRef, context
from portals_core.ledger.leaf import SALT_BYTES
from portals_core.ledger.models import LedgerDetail, LedgerEntry
from portals_core.plumbing import keyring
from portals_core.plumbing.errors import Forbidden
from portals_core.plumbing.registry import Registry

#: Holds "admits": may this actor read the ledger? Nobody may while it is empty.
GATE: Registry[Callable[..., bool]] = Registry("ledger gate")


def entries(
    actor: HasRef,
    *,
    about: str | None = None,
    code: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[LedgerEntry]:
    """Entries, newest first, those waiting for an index at the top; `since` inclusive, `until` not.
    Raises `Forbidden` for an actor who may not read the ledger."""
    _admit(actor)
    given = {"about": about, "code": code, "at__gte": since, "at__lt": until}
    wanted = {name: value for name, value in given.items() if value is not None}
    order = (F("index").desc(nulls_first=True), "-at", "-id")
    return LedgerEntry.objects.filter(**wanted).order_by(*order)


def detail_of(entry: LedgerEntry, actor: HasRef) -> dict[str, object] | None:
    """What the entry tells beyond its leaf; None once it was erased.
    Raises `Forbidden`, and `Tampered` or `KeyMissing` where the store does not hold what was written."""
    _admit(actor)
    row = LedgerDetail.objects.filter(entry=entry).first()
    if row is None:
        return None
    try:
        opened = keyring.decrypt(row.subject, bytes(row.sealed), context=context(entry.id))
    except keyring.KeyDestroyed:
        return None
    return json.loads(opened[SALT_BYTES:])


def _admit(actor: HasRef) -> None:
    if not GATE.get("admits")(actor):
        raise Forbidden(_("Only auditors read the audit log. Ask an administrator for that role."))
