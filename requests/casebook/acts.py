"""What can be done about an item, in the words of each kind of request, and by which key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from requests.models import Kind, VerdictKind

#: What an act is called for each kind of request, in the order in which it is offered.
ACTS: Mapping[str, Mapping[str, Any]] = {
    Kind.DELETE: {"fulfil": _("Erase"), "refuse": _("Refuse to erase")},
    Kind.STOP: {"fulfil": _("Lock"), "refuse": _("Refuse to lock")},
    Kind.EXPORT: {
        "fulfil": _("Copy"),
        "redact": _("Copy without what is about others"),
        "refuse": _("Refuse a copy"),
    },
}
REFUSE = VerdictKind.REFUSE.value


def act_in_words(kind: str, verdict: str) -> str:
    """What a verdict does in a request of this kind; empty for none."""
    return str(ACTS.get(kind, ACTS[Kind.DELETE]).get(verdict, ""))


def keys(kind: str) -> list[tuple[str, str, Any]]:
    """Each key with the act it chooses, on every row that offers it, and the words of the act; 0 chooses none
    and leaves an item to what is suggested."""
    return [
        ("0", "", _("as suggested, or as its group")),
        *((str(n), act, words) for n, (act, words) in enumerate(ACTS[kind].items(), 1)),
    ]
