"""What a person can choose among when they ask for part of their data: kinds with counts, single records.

Only for the person's own eyes: of people one added nothing is offered (W17).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.access.actor import Kind as ActorKind
from portals_core.plumbing.errors import BadInput
from portals_core.plumbing.sources import SOURCES, Item
from portals_core.records import catalogue, lookups
from portals_core.records import reads as record_reads
from portals_core.records.models import Record
from requests.holding import asked, holdings, planning
from requests.models import Kind

#: Records offered on one page.
PAGE = 50
_CHUNK = 500


@dataclass(frozen=True)
class Choice:
    """One thing to choose."""

    key: str
    label: str
    count: int = 1


@dataclass(frozen=True)
class Offer:
    """Everything there is to choose on one page; `after` leads to further records."""

    kinds: list[Choice] = field(default_factory=list)
    records: list[Choice] = field(default_factory=list)
    after: UUID | None = None


def offer(actor: Actor, kind: str, subject: UUID, *, after: UUID | None = None, kept: Any = ()) -> Offer:
    """What the actor may choose among for a request about themself. Records in `kept` stay on the page,
    whichever page follows."""
    if subject != actor.identity or kind not in (Kind.DELETE, Kind.EXPORT):
        return Offer()
    kinds = _kinds(subject, kind)
    if kind == Kind.EXPORT:
        return Offer(kinds)
    records, following = _page(actor, subject, after, [str(one) for one in kept])
    return Offer(kinds, records, following)


def check(actor: Actor, kind: str, subject: UUID, wanted: Mapping[str, Any]) -> None:
    """Raise `BadInput` for a kind or record that is not among what the person may choose.

    Who asks for somebody else can only ask for everything: they learn nothing of what is held.
    """
    may = subject == actor.identity or actor.kind is ActorKind.STAFF
    records, kinds = set(wanted.get(asked.RECORDS, ())), set(wanted.get(asked.KINDS, ()))
    if records and not (may and records <= _in_sight(actor, subject, records)):
        raise _foreign(asked.RECORDS)
    if kinds and not (may and kinds <= {one.key for one in _kinds(subject, kind)}):
        raise _foreign(asked.KINDS)


def names() -> Callable[[str], str]:
    """What the kinds are called: "records:orders" is "Orders"; what is gone keeps its key."""
    modules = catalogue.modules().values_list("key", "label_plural")
    known: dict[str, object] = {f"{planning.RECORDS}:{key}": label for key, label in modules}
    sources = {key: source.label for key, source in SOURCES.items() if key != planning.RECORDS}
    return lambda key: str(known.get(key) or sources.get(key.partition(":")[0]) or key)


def _foreign(name: str) -> BadInput:
    sentence = _("Something you chose is not there any more. Look at the list again.")
    return BadInput(sentence, code="asked.foreign", fields={name: sentence})


def _kinds(subject: UUID, kind: str) -> list[Choice]:
    counts: dict[str, int] = {}
    tables: dict[str, str] = {}
    found = planning.items_of(subject, planning.ACTS[Kind.DELETE])
    for item in islice(found, holdings.MOST):
        if kind == Kind.EXPORT or not _is_whole(item, subject):
            key = f"{item.source}:{item.kind}"
            counts[key] = counts.get(key, 0) + 1
            if item.source != planning.RECORDS and item.ref == str(item.key_scope):
                tables[key] = item.label
    name = names()
    return [Choice(key, tables.get(key) or name(key), count) for key, count in counts.items()]


def _is_whole(item: Item, subject: UUID) -> bool:
    """The person's own record and account go only with everything else."""
    return item.source == "account" or (item.source == planning.RECORDS and item.ref == str(subject))


def _page(
    actor: Actor, subject: UUID, after: UUID | None, kept: list[str]
) -> tuple[list[Choice], UUID | None]:
    held = sorted(_belonging(subject))
    fresh = [key for key in held if (after is None or key > after) and str(key) not in kept]
    seen: list[UUID] = []
    for cut in range(0, len(fresh), _CHUNK):
        seen += _visible(actor, fresh[cut : cut + _CHUNK])
        if len(seen) > PAGE:
            break
    shown = seen[:PAGE]
    stay = _visible(actor, [key for key in held if str(key) in kept])
    names = record_reads.references(actor, [*stay, *shown])
    choices = [Choice(str(key), names[key].title) for key in [*stay, *shown] if key in names]
    return choices, shown[-1] if len(seen) > PAGE else None


def _in_sight(actor: Actor, subject: UUID, wanted: set[str]) -> set[str]:
    held = {key for key in _belonging(subject) if str(key) in wanted}
    return {str(key) for key in _visible(actor, sorted(held))}


def _belonging(subject: UUID) -> Iterator[UUID]:
    every = (key for batch in lookups.belonging(subject) for key in batch)
    yield from islice(every, holdings.MOST)


def _visible(actor: Actor, keys: list[UUID]) -> list[UUID]:
    rows = Record.objects.visible_to(actor).filter(pk__in=keys).order_by("pk")
    return list(rows.values_list("pk", flat=True))
