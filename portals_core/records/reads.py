"""What pages read of records: which modules, one record in its layout, titles of linked ones.

Everything here goes through the scope of who asks and shows only fields that person may read. The number
of queries does not depend on the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Q, QuerySet, TextField, Value, When
from django.utils.translation import gettext_lazy as _

from portals_core.access import compile as compiler
from portals_core.access import fields as access_fields
from portals_core.access import policy, scope, together
from portals_core.access.actor import Actor, Kind, system
from portals_core.access.asked import Asked
from portals_core.access.compile import ValueText
from portals_core.plumbing.errors import Absent
from portals_core.records import catalogue, placed, sealed
from portals_core.records.models import (
    Channel,
    Edge,
    Field,
    FieldType,
    Module,
    Record,
)
from portals_core.records.shown import Reference, Shown, shown

CAP = 10_000
_RULES = system("see a record as rules do")
_COUNT = system("count what a deletion takes along")


@dataclass(frozen=True)
class Cell:
    """One field of one record, and whether the person may change it."""

    shown: Shown
    editable: bool


@dataclass(frozen=True)
class Section:
    """A titled group of fields, as the layout has them."""

    title: str
    cells: Sequence[Cell]


def modules_in_reach(actor: Actor) -> list[Module]:
    """The modules whose records this person may meet: in the order of their grants in the portal, all of them
    for staff unless their roles reach only some (F9)."""
    if actor.kind is not Kind.PORTAL:
        every = catalogue.modules()
        return [one for one in every if _met(actor, one)]
    found = catalogue.modules().in_bulk(list(actor.grants))
    return [found[key] for key in actor.grants if key in found]


def _met(actor: Actor, of: Module) -> bool:
    if actor.kind is not Kind.STAFF or access_fields.VIEW not in actor.limited:
        return True
    return of.pk in actor.grants and actor.grants[of.pk].view


def module_in_reach(actor: Actor, key: str) -> Module:
    """One of them by its key. Raises `Absent` alike for one that is not there and one not granted."""
    found = next((one for one in modules_in_reach(actor) if one.key == key), None)
    if found is None:
        raise Absent(_("There is nothing here, or it is not shared with you."), code="module.absent")
    return found


def row_of(found: Record) -> policy.Row:
    """A record as rules see it; where its lookups lead is read when a rule asks."""

    def through(key: str) -> policy.Row | None:
        target = found.folded.get(key)
        there = Record.objects.visible_to(_RULES).filter(pk=target).first() if target else None
        return row_of(there) if there else None

    columns = {"id": found.pk, "creator_id": found.creator_id}
    return policy.Row(
        {**columns, "module_id": found.module_id, "layout_id": found.layout_id}, found.folded, through
    )


def is_near(actor: Actor, found: Record) -> bool:
    """Whether a record concerns the person themselves; otherwise a condition alone shares it (C6)."""
    grant = actor.grants.get(found.module_id)
    if actor.kind is not Kind.PORTAL or grant is None or not grant.reaches_far:
        return True
    return policy.holds(scope.near(actor, grant), row_of(found))


def readable(actor: Actor, of: Module, found: Record | None = None) -> list[Field]:
    """The fields this person may read in clear: of one record, or of those that are nobody else's."""
    return access_fields.readable(actor, of, catalogue.fields(of), **_place(actor, found))


def writable(actor: Actor, of: Module, found: Record | None = None) -> list[Field]:
    """The fields this person may change, of one record or of a new one."""
    return access_fields.writable(actor, of, catalogue.fields(of), **_place(actor, found))


def masked(actor: Actor, of: Module) -> list[Field]:
    """The fields of which this person sees that they are there, and not what they hold; staff only."""
    return access_fields.masked(actor, of, catalogue.fields(of))


def required(actor: Actor, of: Module, found: Record | None = None) -> frozenset[str]:
    """Keys of the fields this person must fill in, on one record or a new one: those the module requires,
    the layout, and what is shared with the person (F3). Where they may choose another layout for it, of a
    layout's those that every one requires."""
    fields = catalogue.fields(of)
    layout = found.layout if found else placed.new_layout(actor, of)
    mine = access_fields.required(actor, of, fields, layout=layout.pk if layout else None)
    keys = {one.key for one in (*mine, *(one for one in fields if one.required))}
    layouts = placed.choices(actor, of, found) or [layout]
    return frozenset(keys | set.intersection(*(set(one.required if one else ()) for one in layouts)))


def fillable(actor: Actor, of: Module, original: Record | None = None) -> list[Field]:
    """The fields this person may fill in of a new record or a copy, in the layout in which it begins."""
    layout = placed.new_layout(actor, of, original)
    return access_fields.writable(actor, of, catalogue.fields(of), layout=layout.pk if layout else None)


def askable(actor: Actor, of: Module) -> list[Field]:
    """The fields by which this person may search, sort and filter the module's records."""
    return access_fields.askable(actor, of, catalogue.fields(of))


def _place(actor: Actor, found: Record | None) -> dict[str, Any]:
    return {"layout": found.layout_id, "near": is_near(actor, found)} if found else {}


def in_sight(actor: Actor, of: Module) -> QuerySet[Record]:
    """The module's records this person sees."""
    return Record.objects.visible_to(actor, "view", module=of.pk)


def parts_in_sight(actor: Actor, of: Module) -> Asked:
    """The same records in parts for `access.together`, which reads each along its index."""
    return Record.objects.parts_visible_to(actor, "view", module=of.pk)


def capped(rows: QuerySet[Any] | Asked) -> int:
    """How many there are, counted no further than one beyond `CAP`."""
    return together.count(rows, CAP + 1) if isinstance(rows, Asked) else rows.order_by()[: CAP + 1].count()


def references(actor: Actor, wanted: Iterable[object]) -> dict[UUID, Reference]:
    """Module and title of the records among `wanted` that are in sight; a title not readable is left out."""
    ids = {UUID(str(key)) for key in wanted if key}
    if not ids:
        return {}
    modules = {one.pk: one for one in catalogue.modules()}
    fields = catalogue.by_module()
    cases = [
        When(where, then=ValueText(one.title_key))
        for one in modules.values()
        if (where := _titled(actor, one, fields.get(one.pk, []))) is not None
    ]
    title = Case(*cases, default=Value(""), output_field=TextField())
    rows = Record.objects.visible_to(actor).filter(pk__in=ids).values_list("pk", "module", title)
    return {
        pk: Reference(pk, modules[of].key, str(named or modules[of].label))
        for pk, of, named in rows
        if of in modules
    }


def _titled(actor: Actor, of: Module, fields: list[Field]) -> Q | None:
    """Which of the module's records show their title to this person; `None` for none of them."""

    def shows(**place: Any) -> bool:
        return any(one.key == of.title_key for one in access_fields.readable(actor, of, fields, **place))

    grant = actor.grants.get(of.pk)
    if not shows():
        return None
    where = Q(module=of.pk)
    if grant is not None:
        where &= ~Q(layout__in=[key for key in grant.by_layout if not shows(layout=key)])
        if grant.reaches_far and not shows(near=False):
            near = scope.near(actor, grant)
            # Nothing is near somebody whose own record is gone.
            return where & Q(compiler.holds_for(near, Record)) if near is not policy.NOTHING else None
    return where


def record(actor: Actor, of: Module, key: UUID | str) -> Record:
    """One record of the module. Raises `Absent` when it is not there, not in sight or of another module."""
    found: Record = Record.objects.fetch(actor, key)
    if found.module_id != of.pk:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return found


def title(actor: Actor, of: Module, found: Record) -> str:
    """What the record is called to this person."""
    titled = any(one.key == of.title_key for one in readable(actor, of, found))
    named = found.values.get(of.title_key) if titled else None
    return str(named or of.label)


def acts(actor: Actor, found: Record) -> frozenset[str]:
    """Which of "edit", "delete" and "clone" the scope grants on this record, locks aside."""
    return opened(actor, found, ("edit", "delete", "clone"))


def opened(actor: Actor, found: Record, acts: Iterable[str]) -> frozenset[str]:
    """Which of `acts` the scope grants on a record that was just read, locks aside. For pages; the writers
    ask the database. No query, unless a rule follows a link of two steps."""
    row = row_of(found)
    return frozenset(
        act
        for act in acts
        if actor.kind is Kind.SYSTEM or policy.holds(scope.records(actor, act, found.module_id), row)
    )


def may_export(actor: Actor, of: Module) -> bool:
    """Whether the scope grants this person to take records of the module away in a file (F12)."""
    return scope.records(actor, "export", of.pk) is not policy.NOTHING


def exported(actor: Actor, of: Module) -> list[Field]:
    """The fields that leave with an exported list: what this person may read in some layout, without what
    is withheld from exports (F12) and what is kept encrypted."""
    grant = actor.grants.get(of.pk)
    known = catalogue.fields(of)
    layouts = {None, *(grant.by_layout if grant else ())}
    keys = {one.key for layout in layouts for one in access_fields.readable(actor, of, known, layout=layout)}
    return [
        one for one in known if one.key in keys and not one.encrypted and Channel.EXPORT not in one.withheld
    ]


def sections(
    actor: Actor, of: Module, found: Record, *, uncovered: Mapping[str, object] | None = None
) -> list[Section]:
    """The readable fields in the order of the record's layout; those no section names come last. Masked ones
    stand among them covered, filled or not, but for the values in `uncovered` (`masking.uncover`)."""
    cells = _cells(actor, of, found, uncovered or {})
    layout = found.layout or catalogue.layouts(of).first()
    planned = [
        (str(part.get("title", "")), list(part.get("keys", ())))
        for part in (layout.sections if layout else ())
    ]
    placed = {key for _title, keys in planned for key in keys}
    planned.append(("", [key for key in cells if key not in placed]))
    return [
        Section(heading, [cells[key] for key in keys if key in cells])
        for heading, keys in planned
        if any(key in cells for key in keys)
    ]


def _cells(actor: Actor, of: Module, found: Record, uncovered: Mapping[str, object]) -> dict[str, Cell]:
    """What the person sees of each field, covered or not, in the fields' order."""
    clear = {one.key for one in readable(actor, of, found)}
    covered = {one.key for one in masked(actor, of)} - set(uncovered)
    may_write = {one.key for one in writable(actor, of, found)}
    stored = {key: value for key, value in sealed.opened(found).items() if key in clear} | dict(uncovered)
    fields = [one for one in catalogue.fields(of) if one.key in clear | covered | set(uncovered)]
    links = [stored.get(one.key) for one in fields if one.type == FieldType.LOOKUP]
    linked = references(actor, links)
    return {
        one.key: Cell(
            Shown(one, "masked") if one.key in covered else shown(one, stored.get(one.key), linked),
            one.key in may_write,
        )
        for one in fields
    }


def personal_counts(fields: Iterable[Field]) -> tuple[int, int]:
    """How many fields are personal without being sensitive, and how many sensitive (F11)."""
    marks = [field.personal for field in fields]
    return marks.count("normal"), marks.count("sensitive")


def losing_their_link(actor: Actor, found: Record) -> int:
    """How many records in sight would lose their link to this one with its deletion, capped."""
    pointing = Edge.objects.visible_to(_COUNT).filter(target=found).exclude(source=found)
    seen = Record.objects.visible_to(actor).filter(pk__in=pointing.values("source"))
    return capped(seen)
