"""Make unreadable in a row what is about other people (Art. 15(4), 20(4), W7).

What goes of a redacted record: links to other people; every value, and the text of every note on it, in which
one of those people is named, or an address stands that is not the person's own. A value goes whole: what
stands around a name is about its bearer, too. The row says which values were withheld, so that nobody takes
them for empty. Who is not linked from the record and is known by name alone is not recognised: an officer who
sees such a text leaves the item out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from portals_core.access.actor import system
from portals_core.plumbing.sources import Row
from portals_core.records import catalogue, sealed
from portals_core.records.models import Edge, Field, FieldType, Record

#: The column in which a row says what was withheld from it.
WITHHELD = "withheld"
BATCH = 500
#: Facts of the row itself, not of anybody.
_FACTS = frozenset({"id", "record", "created_at", "changed_at"})
#: Types whose values name a person when their field says something about one.
_NAMING = frozenset({FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE})
#: A part of a name that is shorter would be found in every second sentence.
_SHORTEST = 3
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_READ = system("leave out of a copy what is about others")


class Redactor:
    """Redacts the rows of one person's export. What names the person's own self stays."""

    def __init__(self, person: UUID) -> None:
        self._person = person
        self._people = _links_to_people()
        self._naming = _naming_fields()
        self._own = self._words([person]).get(person, frozenset())
        self._others: dict[str, frozenset[str]] = {}

    def learn(self, records: Iterable[str]) -> None:
        """Find who these records point at, and forget about those before; two queries for any batch."""
        refs = [UUID(ref) for ref in records]
        edges = Edge.objects.visible_to(_READ).filter(source__in=refs, target__module__identity=True)
        pairs = [pair for pair in edges.values_list("source", "target") if pair[1] != self._person]
        words = self._words({target for _source, target in pairs})
        found: dict[str, frozenset[str]] = {str(ref): frozenset() for ref in refs}
        for source, target in pairs:
            found[str(source)] |= words.get(target, frozenset()) - self._own
        self._others = found

    def redacted(self, row: Row, record: str) -> Row:
        """The row, which is or hangs on a record that was learnt, without what is about others."""
        names = self._others[record]
        pattern = (
            re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names)))})(?!\w)") if names else None
        )
        links = self._people.get(row.table, frozenset())
        own = str(self._person)
        gone = [
            key
            for key, value in row.values.items()
            if key not in _FACTS
            and value not in (None, "")
            and (value != own if key in links else self._names_others(value, pattern))
        ]
        if not gone:
            return row
        kept = {key: None if key in gone else value for key, value in row.values.items()}
        return replace(row, values={**kept, WITHHELD: ", ".join(gone)})

    def _names_others(self, value: object, pattern: re.Pattern[str] | None) -> bool:
        if isinstance(value, (list, tuple)):
            return any(self._names_others(one, pattern) for one in value)
        if isinstance(value, Mapping):
            return any(self._names_others(one, pattern) for one in value.values())
        if not isinstance(value, str):
            return False
        text = value.casefold()
        strange = any(address not in self._own for address in _ADDRESS.findall(text))
        return strange or (pattern is not None and pattern.search(text) is not None)

    def _words(self, people: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
        """By person: what they are called and reached by, whole and in parts, in lower case."""
        ids, found = list(people), {}
        for cut in range(0, len(ids), BATCH):
            rows = Record.objects.visible_to(_READ).filter(pk__in=ids[cut : cut + BATCH])
            for record in rows:
                stored = sealed.opened(record)
                fields = self._naming.get(record.module_id, ())
                values = [str(stored[key]).casefold() for key in fields if stored.get(key)]
                parts = [part for value in values for part in re.findall(r"\w+", value) if "@" not in value]
                named = {*values, *(part for part in parts if not part.isdigit())}
                found[record.pk] = frozenset(one for one in named if len(one) >= _SHORTEST)
        return found


def _links_to_people() -> dict[str, frozenset[str]]:
    """By module: the keys of its lookups that point at people."""
    people = {one.pk for one in catalogue.modules() if one.identity}
    keys = {one.pk: one.key for one in catalogue.modules()}
    return {
        keys[module]: frozenset(
            one.key for one in fields if one.type == FieldType.LOOKUP and one.target_id in people
        )
        for module, fields in catalogue.by_module().items()
    }


def _naming_fields() -> dict[int, tuple[str, ...]]:
    """By module of people: the keys of the fields that say who somebody is, the title among them. What is
    sensitive describes a person and names nobody."""
    modules = {one.pk: one for one in catalogue.modules() if one.identity}

    def names(module: int, field: Field) -> bool:
        is_title = field.key == modules[module].title_key
        reaches = field.type in (FieldType.EMAIL, FieldType.PHONE)
        return field.type in _NAMING and (is_title or reaches or (field.unique and bool(field.personal)))

    return {
        module: tuple(one.key for one in fields if names(module, one))
        for module, fields in catalogue.by_module().items()
        if module in modules
    }
