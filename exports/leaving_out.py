"""Leave out of a copy what the decision on it refuses, and of other rows what points at other people.

A copy must not harm the rights of others (Art. 15(4), 20(4)); what is left out is told with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from exports import cases
from portals_core.plumbing.sources import Row
from portals_core.records import catalogue
from portals_core.records.models import FieldType
from requests.models import Case

REFUSE, REDACT = "refuse", "redact"
RECORDS = "records"
#: Tables that hold what hangs on records, one row each, under the record they name.
_ON_RECORDS = ("notes", "staff_notes")
#: The one kind of item of a source whose tables are called otherwise.
_KINDS = {
    "account": "account",
    "attachments": "file",
    "mail": "mail",
    "requests": "case",
    "exports": "bundle",
}


def sift(rows: Iterable[tuple[str, Row]], case: Case) -> Iterator[tuple[str, Row]]:
    """The rows as the decision on this case gives them; all of them where it says nothing."""
    verdicts = cases.verdicts(case)
    if not verdicts:
        yield from rows
        return
    people = _links_to_people()
    modules: dict[str, str] = {}
    for source, row in rows:
        verdict = _verdict(source, row, verdicts, modules)
        if verdict == REFUSE:
            continue
        hidden = people.get(row.table, ()) if verdict == REDACT and source == RECORDS else ()
        yield source, _without(row, hidden, but=str(case.person)) if hidden else row


def _verdict(
    source: str, row: Row, verdicts: Mapping[tuple[str, str, str], str], modules: dict[str, str]
) -> str:
    """What was decided about the item behind a row: by its own reference, its record's, or its kind's."""
    kind, ref = _KINDS.get(source, row.table), str(row.values.get("id", ""))
    if source == RECORDS and row.table in _ON_RECORDS:
        ref = str(row.values["record"])
        kind = modules.get(ref, "")
    elif source == RECORDS and ref:
        modules[ref] = kind
    own = verdicts.get((source, kind, ref)) if ref else None
    return own or verdicts.get((source, kind, "")) or _as_one(source, kind, verdicts)


def _as_one(source: str, kind: str, verdicts: Mapping[tuple[str, str, str], str]) -> str:
    """The verdict on a kind of which there is one item, such as all messages or all decisions."""
    found = [] if source == RECORDS else [said for key, said in verdicts.items() if key[:2] == (source, kind)]
    return found[0] if len(found) == 1 else ""


def _links_to_people() -> dict[str, tuple[str, ...]]:
    """By module: the keys of its lookups that point at people."""
    people = {one.pk for one in catalogue.modules() if one.identity}
    keys = {one.pk: one.key for one in catalogue.modules()}
    return {
        keys[module]: tuple(
            one.key for one in fields if one.type == FieldType.LOOKUP and one.target_id in people
        )
        for module, fields in catalogue.by_module().items()
    }


def _without(row: Row, keys: Iterable[str], *, but: str) -> Row:
    values: dict[str, Any] = dict(row.values)
    return replace(row, values={**values, **{key: None for key in keys if values.get(key) != but}})
