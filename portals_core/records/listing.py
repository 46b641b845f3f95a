"""Lists of records in keyset pages over narrow rows: the title and the first readable fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import OuterRef
from django.utils.translation import gettext_lazy as _

from portals_core.access import fields as access_fields
from portals_core.access import policy, scope, together
from portals_core.access.actor import Actor, Kind
from portals_core.access.asked import Asked
from portals_core.access.compile import Form, JsonText, ValueText
from portals_core.access.policy import EVERYTHING, Policy
from portals_core.plumbing.errors import BadInput
from portals_core.records import catalogue, filters, narrowing, reads
from portals_core.records.filters import Row
from portals_core.records.models import Field, FieldType, Module, Record
from portals_core.records.narrowing import Narrowed
from portals_core.records.shown import Shown, shown

PAGE = 50
#: Columns of a list beside the title.
COLUMNS = 5
NAMELESS = _("without a name")


@dataclass(frozen=True)
class Listed:
    """One row of a list."""

    id: UUID
    title: str
    cells: Sequence[Shown]
    #: Why it cannot be changed, in the words of whoever reads the list.
    lock: str = ""


@dataclass(frozen=True)
class Order:
    """A list in the order of one field's values; records without one come last, up and down."""

    field: Field
    down: bool = False


@dataclass(frozen=True)
class Page:
    """One page of a list; `after` leads to the next one, `count` stops at `reads.CAP` + 1."""

    columns: Sequence[Field]
    #: Whether a part of the title is enough to find a record, and which whole values find one.
    title_finds: bool
    finders: Sequence[Field]
    #: What a filter may ask by, and what this list can stand in the order of.
    asked: Sequence[Field]
    sorts: Sequence[Field] = ()
    order: Order | None = None
    rows: Sequence[Listed] = ()
    after: UUID | None = None
    count: int = 0
    #: Why there are no rows: what was asked cannot be.
    problem: object = ""

    @property
    def more(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.count > reads.CAP


def counted(actor: Actor) -> list[tuple[Module, int]]:
    """Every module in reach with the number of its records in sight, capped.

    One query for staff, whose reach is whole modules; for a portal user one per module of their type, each
    along its indexes.
    """
    if actor.kind is Kind.PORTAL:
        return [(of, reads.capped(reads.parts_in_sight(actor, of))) for of in reads.modules_in_reach(actor)]
    rows = Record.objects.visible_to(actor).filter(module=OuterRef("pk")).order_by()
    numbers = (
        catalogue.modules().order_by().annotate(number=together.Capped(rows.values("pk")[: reads.CAP + 1]))
    )
    found = dict(numbers.values_list("pk", "number"))
    return [(of, found[of.pk] or 0) for of in reads.modules_in_reach(actor)]


def page(
    actor: Actor,
    of: Module,
    *,
    after: UUID | None = None,
    find: str = "",
    rows: Sequence[Row] = (),
    sort: str = "",
) -> Page:
    """A page of the module's records in sight, as far as `find` and the rows of a filter keep them
    (`records.narrowing`), by id or in the order of the column `sort` ("-" before it: downwards).

    Only fields this person may ask by are asked; what cannot be asked is said in `problem`.
    """
    known = catalogue.fields(of)
    fields = [field for field in access_fields.readable(actor, of, known) if not field.encrypted]
    columns = _columns(of, fields)
    whole = narrowing.whole(actor, of, fields=known)
    try:
        found = narrowing.narrowed(actor, whole, find=find, rows=rows)
        order = _order(found, sort)
    except BadInput as error:
        return Page(columns, whole.title_finds, whole.finders, whole.asked, problem=error.public)
    title_key = of.title_key if any(field.key == of.title_key for field in fields) else None
    close = near(actor, of)
    read = rows_of_page(found.rows, title_key, columns, after=after, near=close, order=order)
    if after is None and len(read) <= PAGE:  # all there is: it need not be counted
        counted = replace(found, known=len(read))
        found, whole = counted, counted if found is whole else whole
    return Page(
        columns,
        whole.title_finds,
        whole.finders,
        whole.asked,
        rows=_listed(actor, of, fields, columns, read[:PAGE]),
        after=read[PAGE - 1]["id"] if len(read) > PAGE else None,
        count=found.count,
        sorts=_sorts(found) if found.count <= reads.CAP else (),
        order=order,
    )


def _columns(of: Module, fields: Sequence[Field]) -> list[Field]:
    chosen = [one for one in fields if one.key != of.title_key and one.type != FieldType.MULTILINE]
    return chosen[:COLUMNS]


def _sorts(found: Narrowed) -> list[Field]:
    return [field for field in found.asked if filters.sortable(field)]


def _order(found: Narrowed, sort: str) -> Order | None:
    key = sort.removeprefix("-")
    if not key:
        return None
    known = {field.key: field for field in _sorts(found)}
    if key not in known:
        raise BadInput(
            _("There is no column “%(field)s” to sort by. There are: %(known)s.")
            % {"field": key, "known": ", ".join(known) or "–"},
            code="sort.unknown",
        )
    if found.count > reads.CAP:
        raise BadInput(narrowing.TOO_MANY, code="sort.too_many")
    return Order(known[key], down=sort.startswith("-"))


def near(actor: Actor, of: Module) -> Policy:
    """The rule that a record concerns the person themselves (C6)."""
    grant = actor.grants.get(of.pk)
    if actor.kind is not Kind.PORTAL or grant is None or not grant.reaches_far:
        return EVERYTHING
    return scope.near(actor, grant)


def rows_of_page(
    rows: Asked,
    title_key: str | None,
    columns: Sequence[Field],
    *,
    after: UUID | None = None,
    near: Policy = EVERYTHING,
    order: Order | None = None,
) -> list[dict[str, Any]]:
    """Id, layout, nearness, title and columns of one page in order of id, or in `order`, and of one row more
    if others follow."""
    texts: dict[str, JsonText] = {f"v{number}": ValueText(field.key) for number, field in enumerate(columns)}
    if title_key:
        texts["title"] = ValueText(title_key)
    rows = _following(rows, order, after)
    if order is None:
        return together.first(rows, PAGE + 1, ["layout_id"], texts, near=near)
    texts["form"] = Form(order.field.key)
    return together.first(rows, PAGE + 1, ["layout_id"], texts, near=near, by="form", down=order.down)


def _following(rows: Asked, order: Order | None, after: UUID | None) -> Asked:
    """The rows behind the one named `after`; in an order, none is skipped where that row is gone."""
    if after is None:
        return rows
    behind = policy.ColumnAfter("id", after)
    if order is None:
        return rows.keeping(behind)
    key = order.field.key
    # Where the page ended is read from the row: its value has no place in an address.
    there = together.first(rows.keeping(policy.ColumnIs("id", after)), 1, texts={"form": Form(key)})
    if not there:
        return rows
    form, missing = there[0]["form"], policy.Test(key, "empty")
    if form is None:
        return rows.keeping(policy.all_of(missing, behind))
    beyond = policy.Test(key, "lt" if order.down else "gt", (form,))
    same = policy.all_of(policy.value_is(key, form), behind)
    return rows.keeping(policy.any_of(beyond, same, missing))


def _listed(
    actor: Actor, of: Module, fields: Sequence[Field], columns: Sequence[Field], rows: Sequence[Any]
) -> list[Listed]:
    rows = [_covered(actor, of, fields, columns, row) for row in rows]
    links = [f"v{number}" for number, field in enumerate(columns) if field.type == FieldType.LOOKUP]
    linked = reads.references(actor, [row[name] for row in rows for name in links])
    return [
        Listed(
            row["id"],
            str(row["title"] or NAMELESS),
            [shown(field, row[f"v{number}"], linked) for number, field in enumerate(columns)],
        )
        for row in rows
    ]


def _covered(
    actor: Actor, of: Module, fields: Sequence[Field], columns: Sequence[Field], row: Any
) -> dict[str, Any]:
    """The row without what this person may not read in its layout and at its distance."""
    seen = access_fields.readable(actor, of, fields, layout=row["layout_id"], near=row["near"])
    keys = {field.key for field in seen}
    hidden = {f"v{number}": None for number, field in enumerate(columns) if field.key not in keys}
    return {**row, **hidden, "title": row.get("title") if of.title_key in keys else ""}
