"""Filters of a list: rows of field, comparator and value, over the fields a person may ask by (F14).

A field outside those is as unknown as one that is not there, and a link can be compared with records in
sight only: what a filter answers never depends on what may not be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portals_core.access import criteria
from portals_core.access.actor import Actor
from portals_core.access.criteria import OPERANDS, Tree
from portals_core.plumbing.errors import BadInput
from portals_core.records import conditions, inputs, values
from portals_core.records.models import Field, FieldType, Personal

#: Rows a list offers.
ROWS = 3
#: Stands between several values of one row.
BETWEEN = ";"
#: In place of a value that says something about a person.
HIDDEN = "…"


@dataclass(frozen=True)
class Row:
    """One row as somebody filled it in; a field alone is a row still being written."""

    field: str = ""
    how: str = ""
    value: str = ""

    @property
    def says(self) -> bool:
        """Whether the row is to be applied."""
        return bool(self.how or self.value.strip())


def tree(actor: Actor, asked: Sequence[Field], rows: Sequence[Row]) -> Tree | None:
    """What the rows mean together; `None` where none says anything. Raises `BadInput` with what is wrong."""
    kept = [row for row in rows if row.field or row.value.strip()]
    if any(not row.field for row in kept):
        raise BadInput(_("Choose the field to which the value belongs."), code="filter.no_field")
    strange = next((row.how for row in rows if row.how and row.how not in conditions.HOW), None)
    if strange is not None:
        raise BadInput(
            _("There is no comparison “%(how)s”. There are: %(known)s.")
            % {"how": strange, "known": ", ".join(conditions.HOW)},
            code="filter.no_comparison",
        )
    known = {one.key: one for one in asked}
    # A row still being written is checked as far as it goes: its field may be out of bounds.
    described = [
        _described(actor, known.get(row.field), row) for row in kept if row.says or row.field not in known
    ]
    return conditions.Reader(asked).read({"all": described}) if described else None


def _described(actor: Actor, field: Field | None, row: Row) -> dict[str, object]:
    how = row.how or "is"
    if field is not None:
        _refuse_unfit(field, how)
    texts = _texts(how, row.value)
    if field is not None and field.type == FieldType.LOOKUP:
        texts = [_linked(actor, field, text) for text in texts]
    if field is not None and field.type == FieldType.DATETIME:
        texts = [_moment(text) for text in texts]
    return {"field": row.field, "how": how, "value": texts}


def _refuse_unfit(field: Field, how: str) -> None:
    """The same refusal as in a description, in the words of the form instead of those of a file."""
    known = criteria.COMPARATORS[values.KIND_OF[field.type]]
    if how not in known:
        raise BadInput(
            _("%(field)s: “%(how)s” does not fit this field. Choose one of: %(allowed)s.")
            % {
                "field": field.label,
                "how": conditions.HOW[how],
                "allowed": ", ".join(str(conditions.HOW[one]) for one in known),
            },
            code="filter.comparison",
        )


def _texts(how: str, given: str) -> list[str]:
    if OPERANDS.get(how, 1) == 1:
        return [given.strip()] if given.strip() else []
    return [part.strip() for part in given.split(BETWEEN) if part.strip()]


def _linked(actor: Actor, field: Field, text: str) -> str:
    assert field.target is not None
    found = inputs.named(actor, field.target, text)
    if found is None:
        sentence = _("%(field)s: there is no such record.") % {"field": field.label}
        raise BadInput(sentence, code="filter.no_record", fields={field.key: sentence})
    return str(found)


def _moment(text: str) -> str:
    """A moment without its time zone is one of the person's own day."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo else timezone.make_aware(moment)).isoformat()


def served(tree: Tree, fields: Iterable[Field]) -> Tree | None:
    """The part of a filter for which every module keeps an index: a link that is one of some records."""
    links = {one.key for one in fields if one.type == FieldType.LOOKUP}
    parts = tree.parts if isinstance(tree, criteria.All) else (tree,)
    return next(
        (
            part
            for part in parts
            if isinstance(part, criteria.Value) and part.key in links and part.how in ("is", "in")
        ),
        None,
    )


def sortable(field: Field) -> bool:
    """Whether a list can stand in the order of the field's values."""
    return field.type != FieldType.MULTILINE and values.KIND_OF[field.type] not in ("link", "choices")


def words(tree: Tree, fields: Iterable[Field]) -> str:
    """The filter in words for the audit log, which outlives the person: values of personal fields are left
    out, and linked records are named by their ids."""
    kept = list(fields)
    personal = {one.key for one in kept if one.personal != Personal.NONE}
    return conditions.words(_covered(tree, personal), {one.key: one.label for one in kept}, {})


def _covered(tree: Tree, personal: set[str]) -> Tree:
    if isinstance(tree, criteria.All):
        return criteria.All(tuple(_covered(part, personal) for part in tree.parts))
    if isinstance(tree, criteria.Value) and tree.key in personal and tree.kind != "link":
        return criteria.Value(tree.key, tree.kind, tree.how, tree.forms, tuple(HIDDEN for _one in tree.given))
    return tree
