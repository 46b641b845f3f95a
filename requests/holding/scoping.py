"""Which of a person's items a case is about: everything, some kinds, or single records (W5).

What is not asked for stands outside the plan altogether: nobody decides about it and nothing touches it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from portals_core.access.actor import system
from portals_core.plumbing.estimates import Few
from portals_core.plumbing.sources import Item
from portals_core.records import lookups
from portals_core.records.models import Edge, Link, Record
from requests.models import Case, Kind

Wanted = Callable[[Item], bool]
RECORDS, FILES = "records", "attachments"
#: The account is the person, as their own record is: both go only where everything is asked for.
ACCOUNT = "account"
BATCH = 500
_WALK = system("collect what a request would touch")


def wanted(case: Case) -> Wanted:
    """Whether an item is asked for.

    A deletion of some records takes along what belongs to them: left behind, it would be about the person
    and found under nobody.
    """
    asked = case.asked or {}
    what = asked.get("what") if case.kind == Kind.DELETE else ""
    kinds = frozenset(map(str, asked.get("kinds") or ()))
    if what == "records":
        return _some(case.person, frozenset(), _ids(asked.get("records") or ()))
    if what == "kinds":
        return _some(case.person, kinds, _of_modules(case.person, kinds))
    if case.kind == Kind.EXPORT and kinds:
        return lambda item: f"{item.source}:{item.kind}" in kinds
    return lambda item: True


def _some(person: UUID, kinds: frozenset[str], records: Iterable[UUID]) -> Wanted:
    chosen = _with_what_belongs(records, but=person)

    def one_of(item: Item) -> bool:
        if item.source == ACCOUNT:
            return False
        if item.source == RECORDS:
            return UUID(item.ref) in chosen
        return f"{item.source}:{item.kind}" in kinds or (item.source == FILES and item.key_scope in chosen)

    return one_of


def _ids(given: Iterable[object]) -> Iterator[UUID]:
    for one in given:
        try:
            yield UUID(str(one))
        except ValueError:
            continue


def _of_modules(person: UUID, kinds: frozenset[str]) -> Iterator[UUID]:
    """The person's records of the modules among these kinds."""
    keys = [kind.partition(":")[2] for kind in kinds if kind.startswith(f"{RECORDS}:")]
    for batch in lookups.belonging(person) if keys else ():
        rows = Record.objects.visible_to(_WALK).filter(pk__in=batch, module__key__in=keys)
        yield from rows.values_list("pk", flat=True)


def _with_what_belongs(records: Iterable[UUID], *, but: UUID) -> frozenset[UUID]:
    """These records and all that hangs on them, level by level; never the person's own."""
    level = [one for one in dict.fromkeys(records) if one != but]
    seen = {but, *level}
    while level:
        following: list[UUID] = []
        for cut in range(0, len(level), BATCH):
            edges = Edge.objects.visible_to(_WALK).filter(Few(target__in=level[cut : cut + BATCH]))
            found = edges.filter(field__link=Link.BELONGS).values_list("source", flat=True)
            new = [one for one in dict.fromkeys(found) if one not in seen]
            seen.update(new)
            following += new
        level = following
    return frozenset(seen - {but})
