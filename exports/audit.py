"""What the auditor reads: cases, the log by pages, the signed heads and whether they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exports import cases
from portals_core.access.actor import Actor
from portals_core.ledger import checkpoint, codes, note, reads
from portals_core.ledger.models import Checkpoint, LedgerEntry
from portals_core.plumbing.errors import BadInput
from portals_core.plumbing.keyset import Beyond
from requests.law import progress
from requests.law.calendars import place
from requests.law.states import State
from requests.models import Case, Kind

PAGE = 50


@dataclass(frozen=True)
class Page:
    """One page of the log and where the next one begins; empty on the last."""

    entries: Sequence[LedgerEntry]
    following: str


@dataclass(frozen=True)
class Head:
    """One published checkpoint and whether its signature holds."""

    size: int
    signed: datetime
    text: str
    holds: bool


def log(
    actor: Actor,
    *,
    code: str = "",
    about: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    after: str = "",
) -> Page:
    """Entries that match, newest first, one page. Raises `Forbidden`; `BadInput` for a damaged `after`."""
    rows = reads.entries(actor, code=code or None, about=about or None, since=since, until=until)
    if after:
        rows = rows.filter(_older_than(after))
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    return Page(shown, _cursor(shown[-1]) if len(found) > PAGE else "")


def _cursor(entry: LedgerEntry) -> str:
    return str(entry.index) if entry.index is not None else f"w{entry.at.isoformat()}_{entry.pk}"


def _older_than(after: str) -> Q:
    """What comes after the entry named by a cursor: smaller indexes, and after a waiting entry also the
    older waiting ones."""
    try:
        if not after.startswith("w"):
            return Q(index__lt=int(after))
        moment, _mark, key = after[1:].partition("_")
        at, entry = datetime.fromisoformat(moment), UUID(key)
    except ValueError:
        raise BadInput(
            _("This page of the log cannot be found. Begin again at the first page."), code="log.cursor"
        ) from None
    return Q(index__isnull=False) | Q(at__lt=at) | Q(at=at, id__lt=entry)


def day_after(moment: datetime) -> datetime:
    """The end of a day that a filter names, as the first moment that no longer belongs to it."""
    return moment + timedelta(days=1)


def known_codes() -> Mapping[str, object]:
    """Every event code with its sentence."""
    return dict(codes.CODES.items())


def heads(actor: Actor, *, limit: int = 20) -> list[Head]:
    """The newest published checkpoints; each is verified with the published key when it is read."""
    reads.entries(actor)  # refuses whoever may not read the log
    published = checkpoint.published_key()
    key = note.parse_verifier(published) if published else None
    return [
        Head(one.size, one.signed, one.note, _holds(one, key))
        for one in Checkpoint.objects.order_by("-size")[:limit]
    ]


def _holds(one: Checkpoint, key: note.VerifierKey | None) -> bool:
    if key is None:
        return False
    try:
        head = note.head_of(one.note, key)
    except note.BadNote:
        return False
    return (head.origin, head.size, head.root) == (one.origin, one.size, bytes(one.root))


def case_page(actor: Actor, case: UUID) -> Mapping[str, object]:
    """One case whole, by its facts and its entries. Raises `Absent`."""
    found = cases.case_for(actor, case)
    return {
        "case": found,
        "facts": cases.facts(found),
        "effects": list(cases.effects(found)),
        "page": log(actor, about=found.ref),
    }


class CaseLine(NamedTuple):
    """A case as one line of the list. Its row becomes one at once: a model object of every column takes
    longer to make than the database needs to find it."""

    id: UUID
    number: str
    kind: str
    state: str
    received_at: datetime
    due_on: date
    country: str
    subdivision: str

    @property
    def received_on(self) -> date:
        """As `Case.received_on`."""
        return place(self.country, self.subdivision).day(self.received_at)

    def get_kind_display(self) -> str:
        return str(Kind(self.kind).label)

    def get_state_display(self) -> str:
        return str(progress.NAMES[State(self.state)])


def case_list(actor: Actor, *, number: str = "", after: str = "") -> tuple[list[CaseLine], str]:
    """Cases the actor may see, newest number first, one page, and where the next begins."""
    rows = Case.objects.visible_to(actor).order_by("-filed_at", "-id")
    if number:
        rows = rows.filter(number=number)
    if after:
        edge = cases.case_for(actor, after)
        rows = rows.filter(Beyond(("filed_at", "id"), (edge.filed_at, edge.pk), back=True))
    found = [*map(CaseLine._make, rows.values_list(*CaseLine._fields)[: PAGE + 1])]
    return found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else ""
