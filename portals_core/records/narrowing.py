"""Which records of a list somebody asks for: those in reach, narrowed by a search and a filter.

A list is narrowed by any question while it is short enough to be looked through; a longer one only by what
has an index. Otherwise one question could keep the database busy for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access import fields as access_fields
from portals_core.access import policy, together
from portals_core.access.actor import Actor, system
from portals_core.access.asked import Asked
from portals_core.access.criteria import Tree
from portals_core.access.policy import ColumnIs, Policy, all_of
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput
from portals_core.records import catalogue, filters, reads, values
from portals_core.records.filters import Row
from portals_core.records.models import Field, Module, Record, UniqueValue

_FIND = system("find records by a unique value")
TOO_MANY = _(
    "There are more than 10,000 records here. Find one by a whole value, or first choose a link that “is” "
    "one record; then everything else can be asked of those."
)


@dataclass(frozen=True)
class Narrowed:
    """Records for `access.together` to read, and what they may be asked by."""

    module: Module
    asked: Sequence[Field]
    rows: Asked
    #: The filter that was applied.
    tree: Tree | None = None
    #: How many there are, where that is known already.
    known: int | None = None

    @cached_property
    def count(self) -> int:
        """How many there are, capped; asked of the database when somebody wants to know."""
        return reads.capped(self.rows) if self.known is None else self.known

    @property
    def title_finds(self) -> bool:
        """Whether a part of the title is enough to find one of them."""
        return self.count <= reads.CAP and any(
            one.key == self.module.title_key and values.KIND_OF[one.type] in ("text", "choice")
            for one in self.asked
        )

    @property
    def finders(self) -> list[Field]:
        """The fields of which a whole value finds one of them."""
        return [one for one in self.asked if one.unique]


def whole(
    actor: Actor, of: Module, action: str = "view", *, fields: Sequence[Field] | None = None
) -> Narrowed:
    """Every record of the module on which the person may do `action`; `fields` where the caller has them."""
    known = catalogue.fields(of) if fields is None else fields
    rows = Record.objects.parts_visible_to(actor, action, module=of.pk)
    return Narrowed(of, access_fields.askable(actor, of, known), rows)


def narrowed(actor: Actor, found: Narrowed, *, find: str = "", rows: Sequence[Row] = ()) -> Narrowed:
    """Those that `find` names and that keep the rows of a filter.

    `find` is part of a title, where the records are few enough to be looked through, or a whole value of a
    unique field. Raises `BadInput` for a filter that cannot be meant, or that asks too much of a long list.
    """
    tree = filters.tree(actor, found.asked, rows)
    if find.strip():
        found = _kept(found, _named(found, find.strip()))
    if tree is None:
        return found
    if found.count > reads.CAP:
        found = _shortened(found, filters.served(tree, found.asked))
    return replace(_kept(found, _meaning(tree)), tree=tree)


def _shortened(found: Narrowed, by: Tree | None) -> Narrowed:
    short = _kept(found, _meaning(by)) if by is not None else found
    if short.count > reads.CAP:
        raise BadInput(TOO_MANY, code="filter.too_many")
    return short


def _meaning(tree: Tree) -> Policy:
    # Nothing is bound to the viewer's own record: a filter compares with given values only.
    return policy.bind(tree, {}, today=clock.now().date())


def _kept(found: Narrowed, rule: Policy) -> Narrowed:
    return replace(found, rows=found.rows.keeping(rule), known=None)


def _named(found: Narrowed, words: str) -> Policy:
    holders = _holders(found, words)
    named: list[Policy] = [policy.ColumnIn("id", holders)] if holders else []
    if found.title_finds and values.is_text(words):
        named.append(policy.Test(found.module.title_key, "contains", (values.folded(words),)))
    return policy.any_of(*named)


def _holders(found: Narrowed, words: str) -> tuple[UUID, ...]:
    """The records of which `words` are a whole unique value."""
    forms = [(field, form) for field in found.finders if (form := _normal(field, words)) is not None]
    if not forms:
        return ()
    rules = [all_of(ColumnIs("field_id", field.pk), ColumnIs("value", form)) for field, form in forms]
    rows = UniqueValue.objects.parts_visible_to(_FIND).keeping(policy.any_of(*rules))
    return tuple(sorted({row["record_id"] for row in together.first(rows, len(forms), ["record_id"])}))


def _normal(field: Field, words: str) -> str | None:
    try:
        return values.normal_form(field, values.parse(field, words))
    except BadInput:
        return None
