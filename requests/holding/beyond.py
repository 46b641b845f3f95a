"""The kinds of things a case is about beyond what a page counts: each can still be decided by kind (W22).

Nothing here walks the items: a module is named where its records can belong to the person at all. Deciding
about a kind of which there turns out to be nothing is refused there.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from portals_core.access.actor import system
from portals_core.plumbing.sources import SOURCES, Item
from portals_core.records import catalogue
from portals_core.records.models import FieldType, Link, Record
from requests.holding import planning
from requests.models import Case

_LOOK = system("name the kinds a case may be about")


def kinds(case: Case) -> Iterator[tuple[str, str]]:
    """(source, kind) of everything the case may be about, in the order of the sources."""
    for key, _source in SOURCES.items():
        if key == planning.RECORDS:
            yield from ((key, module) for module in _modules(case))
        else:
            yield from dict.fromkeys((one.source, one.kind) for one in _first(case, key))


def _first(case: Case, source: str) -> Iterator[Item]:
    return islice(planning.items_for(case, source=source), planning.BATCH)


def _modules(case: Case) -> list[str]:
    """The modules whose records hang on people like this one, whatever the way, and that of the person."""
    own = Record.objects.visible_to(_LOOK).filter(pk=case.person).values_list("module", flat=True).first()
    fields = [one for several in catalogue.by_module().values() for one in several]
    links = [one for one in fields if one.type == FieldType.LOOKUP and one.link == Link.BELONGS]
    found = [] if own is None else [own]
    for module in found:
        found += dict.fromkeys(
            one.module_id for one in links if one.target_id == module and one.module_id not in found
        )
    keys = {one.pk: one.key for one in catalogue.modules()}
    return [keys[one] for one in reversed(found) if one in keys]
