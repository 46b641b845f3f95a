"""The indexes rules need, derived from the rules and written with the very expressions they compile to.

Every lookup has one of its own, `(module, form, id)`. A rule that asks for more, "my orders that are
open", has one with every value it fixes: `(module, form of each, id)`, lookups first, so that a page of what
it lets through is read in order. All are partial: a record without the first value is not in them, which
keeps one module's indexes out of the way of all others.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from portals_core.access import policy
from portals_core.access.actor import system
from portals_core.access.compile import LOOKED_AT, Form
from portals_core.plumbing.outbox import Claim
from portals_core.records import values
from portals_core.records.models import Field, FieldType, Record

_TABLE = "portals_core_record"
_COUNT = system("count records for the database's statistics")
_PREFIX = "record_rule_"
_COUNTED = "record_form_"
#: Number of the lock under which PostgreSQL makes these indexes; any number that nothing else uses.
_LOCK = 0x6473725F69
#: Bytes that the forms of one entry may take. PostgreSQL refuses to store a row whose entry is longer than
#: 2,704 bytes, so an index that could grow beyond would forbid writing what its module allows.
WIDEST = 2_600
#: Kind of value -> the longest its form can be, in bytes; what is not named holds any text.
_WIDTH: Mapping[str, int] = {"link": 40, "yes": 4, "date": 14, "moment": 32, "number": 208}
_ANY_TEXT = 4 * LOOKED_AT + 4
#: A choice is a short text, but longer ones can be added later.
_CHOICE = 256

#: module id -> key -> field
Fields = Mapping[int, Mapping[str, Field]]


@dataclass(frozen=True)
class Wanted:
    """An index over records of a module that fix these fields, in the order of id."""

    module: int
    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name, from its columns alone: the same rule finds the index of another."""
        told = "\x1f".join((str(self.module), *self.keys))
        return f"{_PREFIX}{hashlib.sha256(told.encode()).hexdigest()[:16]}"


# --- from rules -----------------------------------------------------------------------------------


def for_rule(module: int, rule: policy.Policy, fields: Fields) -> Iterator[Wanted]:
    """The indexes that the parts of a rule on a module's records are read along, beside those that every
    installation has: of ids, creators and lookups."""
    for branch in policy.branches(rule):
        parts = list(_parts(branch))
        steps = [part for part in parts if isinstance(part, policy.Through)]
        asked = {part.key for part in parts if isinstance(part, policy.Test) and _fixes(part)}
        keys = _columns(fields.get(module, {}), asked | {step.key for step in steps})
        if len(keys) > 1 or (keys and fields[module][keys[0]].type != FieldType.LOOKUP):
            yield Wanted(module, keys)
        for step in steps:
            yield from for_rule(step.module, step.rule, fields)


def _parts(rule: policy.Policy) -> Iterator[policy.Policy]:
    if isinstance(rule, policy.AllOf):
        for part in rule.parts:
            yield from _parts(part)
    else:
        yield rule


def _fixes(test: policy.Test) -> bool:
    """Whether a test lets through one form of its field only."""
    return test.how in ("is", "in") and len(test.forms) == 1 and not test.negated


def _columns(fields: Mapping[str, Field], asked: Collection[str]) -> tuple[str, ...]:
    """Lookups, then the narrow before the wide, as many as surely fit into one entry."""
    known = [one for key, one in fields.items() if key in asked]
    taken, keys = 0, []
    for field in sorted(known, key=lambda one: (one.type != FieldType.LOOKUP, _width(one), one.key)):
        taken += _width(field)
        if taken <= WIDEST:
            keys.append(field.key)
    return tuple(keys)


def _width(field: Field) -> int:
    if field.type == FieldType.PICKLIST:
        longest = max((len(values.folded(str(one)).encode()) for one in field.choices), default=0)
        return min(max(longest + 4, _CHOICE), _ANY_TEXT)
    return _WIDTH.get(values.KIND_OF[field.type], _ANY_TEXT)


def kept(wanted: Iterable[Wanted], most: int) -> list[Wanted]:
    """At most `most` of a module: those that most rules ask for, among equals those asked for first."""
    taken: Counter[int] = Counter()
    found = []
    for one, _times in Counter(wanted).most_common():
        taken[one.module] += 1
        if taken[one.module] <= most:
            found.append(one)
    return found


# --- in the database ------------------------------------------------------------------------------


@contextmanager
def alone() -> Iterator[bool]:
    """Whether nobody else makes indexes now; if so, nobody else does inside.

    On PostgreSQL an index of many records takes longer than the lease of a job, and one in the making looks
    like one left unfinished. The database forgets this lock with the connection of who held it.
    """
    if connection.vendor != "postgresql":
        yield True
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        ours = bool(cursor.fetchone()[0])
        try:
            yield ours
        finally:
            if ours:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def keep(wanted: Sequence[Wanted]) -> None:
    """Make the indexes derived from rules exactly these; those that are there already stay untouched.

    On PostgreSQL they come and go concurrently, so writers are not held up; outside a transaction only.
    One that was left unfinished is made again.
    """
    there = _there()
    names = {one.name for one in wanted}
    for name, finished in there.items():
        if name not in names or not finished:
            _run(f"DROP INDEX {_how()}IF EXISTS {connection.ops.quote_name(name)}")
    missing = [one for one in wanted if not there.get(one.name)]
    for one in missing:
        _create(one.name, one.keys)
    _count_forms({_counted(key): key for one in wanted for key in one.keys})
    if missing or _outgrown():
        _analyse()


def name(field: Field) -> str:
    """The index of a lookup field, from the field's id alone."""
    return f"record_lookup_{field.pk}"


def create(field: Field) -> None:
    """Create the index `(module, form of the lookup, id)`; harmless when it is there.

    On PostgreSQL it is built concurrently, so writers are not held up; outside a transaction only.
    """
    _create(name(field), (field.key,))
    _count_form(name(field), field.key)
    _analyse()


def build(held: Claim) -> None:
    """Job handler: create the index of one lookup field."""
    field = Field.objects.visible_to(system("build a lookup index")).filter(pk=held.payload["field"]).first()
    if field is not None:
        create(field)


def _create(name: str, keys: Sequence[str]) -> None:
    quote = connection.ops.quote_name
    forms = [Form(key).written(quote("folded"), connection.vendor) for key in keys]
    columns = ", ".join((quote("module_id"), *(f"({form})" for form in forms), quote("id")))
    _run(
        f"CREATE INDEX {_how()}IF NOT EXISTS {quote(name)} ON {quote(_TABLE)} ({columns}) "
        f"WHERE {forms[0]} IS NOT NULL"
    )


def _there() -> dict[str, bool]:
    """The derived indexes in the database, and whether each was finished."""
    if connection.vendor == "postgresql":
        statement = (
            "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE i.indrelid = %s::regclass"
        )
    else:
        statement = "SELECT name, true FROM sqlite_master WHERE type = 'index' AND tbl_name = %s"
    with connection.cursor() as cursor:
        cursor.execute(statement, [_TABLE])
        return {name: bool(finished) for name, finished in cursor if name.startswith(_PREFIX)}


def _analyse() -> None:
    """Without knowing how often a form comes the planner guesses, and walks a module where it could read
    an index. A sample is not enough for SQLite: it takes the size of the sample for that of a module."""
    _run(f"ANALYZE {connection.ops.quote_name(_TABLE)}")


def _counted(key: str) -> str:
    return f"{_COUNTED}{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _count_forms(wanted: Mapping[str, str]) -> None:
    """Have PostgreSQL count the forms of these fields, and of no others that it counted for rules."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT stxname FROM pg_statistic_ext WHERE stxrelid = %s::regclass", [_TABLE])
        there = {name for (name,) in cursor if name.startswith(_COUNTED)}
    for name in there - wanted.keys():
        _run(f"DROP STATISTICS IF EXISTS {connection.ops.quote_name(name)}")
    for name in wanted.keys() - there:
        _count_form(name, wanted[name])


def _count_form(name: str, key: str) -> None:
    """PostgreSQL does not use what it counts in a partial index; this it uses."""
    if connection.vendor == "postgresql":
        quote = connection.ops.quote_name
        form = Form(key).written(quote("folded"), connection.vendor)
        _run(f"CREATE STATISTICS IF NOT EXISTS {quote(name)} ON ({form}) FROM {quote(_TABLE)}")


def _outgrown() -> bool:
    """Whether records became twice as many since they were counted. PostgreSQL looks after that itself."""
    if connection.vendor != "sqlite":
        return False
    there = Record.objects.visible_to(_COUNT).count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'")
        if not cursor.fetchone()[0]:
            return there > 0
        cursor.execute("SELECT stat FROM sqlite_stat1 WHERE idx = 'record_module'")
        counted = cursor.fetchone()
    return there > 2 * (int(counted[0].split()[0]) if counted else 0)


def _how() -> str:
    return "CONCURRENTLY " if connection.vendor == "postgresql" and not connection.in_atomic_block else ""


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
