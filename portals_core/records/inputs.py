"""What a form needs to know to ask for a record's values: fields, present values, what a link may choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access import together
from portals_core.access.actor import Actor, system
from portals_core.access.compile import ValueText
from portals_core.plumbing.errors import BadInput
from portals_core.records import reads, sealed, values
from portals_core.records.models import Field, FieldType, Module, Record, UniqueValue
from portals_core.records.shown import Reference

#: A link with more records to choose from is typed instead of chosen.
MOST_CHOICES = 200
_FIND = system("find records by a unique value")


@dataclass(frozen=True)
class Input:
    """One field to be asked for, with its stored value."""

    field: Field
    value: object = None
    choices: Sequence[Reference] = ()
    #: The unique field whose value names the linked record, where there are too many to choose from.
    typed: Field | None = None
    #: For a typed link: what names the present target. Empty when that is out of sight.
    naming: str = ""
    #: The present target is out of sight: it is kept unless another one is chosen.
    keeps: bool = False
    #: The field is masked: what it holds stays out of the page, and stays as it is if nothing is written.
    covered: bool = False
    #: Must be filled in: by the module, the layout, or what is shared with the person (F3).
    required: bool = False


def inputs(actor: Actor, of: Module, found: Record | None = None) -> list[Input]:
    """The fields this person may write, with what the record holds."""
    fields = reads.writable(actor, of, found) if found else reads.fillable(actor, of)
    required = reads.required(actor, of, found)
    stored = sealed.opened(found) if found else {}
    made = _inputs(actor, fields, stored, required)
    return [replace(one, value=None, covered=found is not None) if one.field.masked else one for one in made]


def copies(actor: Actor, of: Module, found: Record) -> list[Input]:
    """The fields of a clone: what the person may read of the original and write in a new record is filled
    in, apart from unique values; a link out of sight stays empty (T7)."""
    seen = {one.key for one in reads.readable(actor, of, found) if not one.unique and not one.encrypted}
    stored = {key: value for key, value in found.values.items() if key in seen}
    asked = _inputs(actor, reads.fillable(actor, of, found), stored, reads.required(actor, of, found))
    return [replace(one, value=None, keeps=False) if one.keeps else one for one in asked]


def _inputs(
    actor: Actor, fields: Sequence[Field], stored: Mapping[str, object], required: frozenset[str]
) -> list[Input]:
    made = [
        link(actor, one, stored.get(one.key))
        if one.type == FieldType.LOOKUP
        else Input(one, stored.get(one.key))
        for one in fields
    ]
    return [replace(one, required=one.field.key in required) for one in made]


def link(actor: Actor, one: Field, value: object = None) -> Input:
    """How to ask for the target of a link: chosen from a list, or typed where that would be too long."""
    assert one.target is not None
    ids = _first(actor, one.target)
    by = _unique(actor, one.target)
    if len(ids) > MOST_CHOICES and by is not None:
        rows = reads.in_sight(actor, one.target).filter(pk=str(value)) if value else None
        named = rows.values_list(ValueText(by.key), flat=True).first() if rows is not None else ""
        return Input(one, value, typed=by, naming=str(named or ""), keeps=bool(value) and not named)
    found = reads.references(actor, [*ids[:MOST_CHOICES], value])
    choices = sorted(found.values(), key=lambda reference: reference.title.casefold())
    return Input(one, value, choices, keeps=bool(value) and UUID(str(value)) not in found)


def _first(actor: Actor, of: Module) -> list[UUID]:
    """The first records in sight, and one more than can be chosen from."""
    return [row["id"] for row in together.first(reads.parts_in_sight(actor, of), MOST_CHOICES + 1)]


def _unique(actor: Actor, of: Module) -> Field | None:
    return next((one for one in reads.askable(actor, of) if one.unique), None)


def resolved(actor: Actor, asked: Sequence[Input], typed: Mapping[str, str]) -> dict[str, str | None]:
    """The targets that typed links name. Raises `BadInput` at each that names no record in sight."""
    found: dict[str, str | None] = {}
    wrong: dict[str, object] = {}
    for one in asked:
        text = typed.get(one.field.key)
        if text is None or one.typed is None:
            continue
        target = _named(actor, one, text) if text.strip() else None
        found[one.field.key] = str(target) if target else None
        if text.strip() and target is None:
            wrong[one.field.key] = _("there is no such record")
    if wrong:
        raise BadInput(_("A link names no record."), code="lookup.absent", fields=wrong)
    return found


def target(actor: Actor, one: Input, text: str) -> UUID | None:
    """The record in sight that a text names for a link, by its id or a value that names it."""
    assert one.field.target is not None
    return named(actor, one.field.target, text.strip())


def _named(actor: Actor, one: Input, text: str) -> UUID | None:
    assert one.typed is not None and one.field.target is not None
    return _holder(actor, one.field.target, one.typed, text)


def named(actor: Actor, of: Module, text: str) -> UUID | None:
    """The record in sight that a text names: by its id, or by the value of a unique field that this person
    may ask by. One out of sight is named by nothing."""
    by = _unique(actor, of)
    found = _holder(actor, of, by, text) if by is not None else None
    try:
        key = UUID(text)
    except ValueError:
        return found
    return found or reads.in_sight(actor, of).filter(pk=key).values_list("pk", flat=True).first()


def _holder(actor: Actor, of: Module, by: Field, text: str) -> UUID | None:
    try:
        form = values.normal_form(by, values.parse(by, text))
    except BadInput:
        return None
    holders = UniqueValue.objects.visible_to(_FIND).filter(field=by, value=form).values("record")
    return reads.in_sight(actor, of).filter(pk__in=holders).values_list("pk", flat=True).first()
