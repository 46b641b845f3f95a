"""What the ledger says happened, for tests that ask whether an act left its entry."""

import json

from portals_core.ledger import append
from portals_core.ledger.leaf import SALT_BYTES
from portals_core.ledger.models import LedgerDetail, LedgerEntry
from portals_core.plumbing import keyring


def leaves(code: str, about: str = "") -> list[tuple[str, str]]:
    """(actor, about) of every entry with this code, oldest first."""
    entries = LedgerEntry.objects.filter(code=code, **({"about": about} if about else {}))
    return list(entries.order_by("at", "pk").values_list("actor", "about"))


def details(code: str, about: str = "") -> list[dict]:
    """What the entries with this code told, opened."""
    rows = LedgerDetail.objects.filter(entry__code=code, **({"entry__about": about} if about else {}))
    return [
        json.loads(
            keyring.decrypt(row.subject, bytes(row.sealed), context=append.context(row.entry_id))[SALT_BYTES:]
        )
        for row in rows.order_by("entry__at", "pk")
    ]
