"""Leave out of a copy what the decision on it refuses, and of redacted items what is about other people.

A copy must not harm the rights of others (Art. 15(4), 20(4)); what is left out is told with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exports import cases
from exports.redacting import BATCH, Redactor
from portals_core.plumbing.sources import Row
from requests.holding.saying import Said
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
    left = _left(rows, verdicts)
    if not verdicts.redacts():
        yield from ((source, row) for source, row, _verdict in left)
        return
    redactor = Redactor(case.person)
    # A file comes along with its bytes, so files are never gathered.
    for several in _gathered(left):
        records = {_record(row) for source, row, verdict in several if _redacts(source, verdict)}
        redactor.learn(records - {""})
        for source, row, verdict in several:
            hidden = _redacts(source, verdict) and _record(row)
            yield source, redactor.redacted(row, _record(row)) if hidden else row


def _gathered(
    rows: Iterable[tuple[str, Row, str]],
) -> Iterator[tuple[tuple[str, Row, str], ...]]:
    plain: list[tuple[str, Row, str]] = []
    for one in rows:
        plain.append(one)
        if len(plain) == BATCH or one[1].enclosed is not None:
            yield tuple(plain)
            plain.clear()
    if plain:
        yield tuple(plain)


def _redacts(source: str, verdict: str) -> bool:
    return verdict == REDACT and source == RECORDS


def _record(row: Row) -> str:
    """The record a row is, or hangs on."""
    return str(row.values.get("record" if row.table in _ON_RECORDS else "id") or "")


def _left(rows: Iterable[tuple[str, Row]], verdicts: Said) -> Iterator[tuple[str, Row, str]]:
    modules: dict[str, str] = {}
    for source, row in rows:
        verdict = _verdict(source, row, verdicts, modules)
        if verdict != REFUSE:
            yield source, row, verdict


def _verdict(source: str, row: Row, verdicts: Said, modules: dict[str, str]) -> str:
    """What was decided about the item behind a row: by its own reference, its record's, or its kind's."""
    kind, ref = _KINDS.get(source, row.table), str(row.values.get("id", ""))
    if source == RECORDS and row.table in _ON_RECORDS:
        ref = str(row.values["record"])
        kind = modules.get(ref, "")
    elif source == RECORDS and ref:
        modules[ref] = kind
    own = verdicts.own(source, kind, ref) if ref else ""
    if own or source == RECORDS:
        return own or verdicts.of_kind(source, kind)
    return verdicts.of_kind(source, kind) or verdicts.of_single(source, kind)
