"""Which records of a list somebody asks for: those in reach, narrowed by a search and a filter.

A list is narrowed by any question while it is short enough to be looked through; a longer one only by what
has an index. Otherwise one question could keep the database busy for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from portals_core.access import compile as compiler
from portals_core.access import policy
from portals_core.access.actor import Actor, system
from portals_core.access.compile import WholeForm
from portals_core.access.criteria import Tree
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput
from portals_core.records import filters, reads, values
from portals_core.records.filters import Row
from portals_core.records.models import Field, Module, Record, UniqueValue

_FIND = system("find records by a unique value")
TOO_MANY = _(
    "There are more than 10,000 records here. Find one by a whole value, or first choose a link that “is” "
    "one record; then everything else can be asked of those."
)


@dataclass(frozen=True)
class Narrowed:
    """Records in parts for `access.together`, how many there are (capped), and what they may be asked by."""

    module: Module
    asked: Sequence[Field]
    parts: Sequence[QuerySet[Record]]
    count: int
    #: The filter that was applied.
    tree: Tree | None = None

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


def whole(actor: Actor, of: Module, action: str = "view") -> Narrowed:
    """Every record of the module on which the person may do `action`."""
    parts = Record.objects.parts_visible_to(actor, action, module=of.pk)
    return Narrowed(of, reads.askable(actor, of), parts, reads.capped(*parts))


def narrowed(actor: Actor, found: Narrowed, *, find: str = "", rows: Sequence[Row] = ()) -> Narrowed:
    """Those that `find` names and that keep the rows of a filter.

    `find` is part of a title, where the records are few enough to be looked through, or a whole value of a
    unique field. Raises `BadInput` for a filter that cannot be meant, or that asks too much of a long list.
    """
    tree = filters.tree(actor, found.asked, rows)
    if find.strip():
        named = _named(found, find.strip())
        found = _kept(found, [part.filter(named) if named else part.none() for part in found.parts])
    if tree is None:
        return found
    if found.count > reads.CAP:
        found = _shortened(found, filters.served(tree, found.asked))
    return replace(_kept(found, _keeping(found.parts, tree)), tree=tree)


def _shortened(found: Narrowed, by: Tree | None) -> Narrowed:
    short = _kept(found, _keeping(found.parts, by)) if by is not None else found
    if short.count > reads.CAP:
        raise BadInput(TOO_MANY, code="filter.too_many")
    return short


def _keeping(parts: Sequence[QuerySet[Record]], tree: Tree) -> list[QuerySet[Record]]:
    # Nothing is bound to the viewer's own record: a filter compares with given values only.
    rule = policy.bind(tree, {}, today=clock.now().date())
    return [compiler.narrow(part, rule) for part in parts]


def _kept(found: Narrowed, parts: Sequence[QuerySet[Record]]) -> Narrowed:
    return replace(found, parts=parts, count=reads.capped(*parts))


def _named(found: Narrowed, words: str) -> Q:
    forms = Q()
    for field in found.finders:
        form = _normal(field, words)
        if form is not None:
            forms |= Q(field=field, value=form)
    named = Q(pk__in=UniqueValue.objects.visible_to(_FIND).filter(forms).values("record")) if forms else Q()
    if found.title_finds and values.is_text(words):
        folded = Value(values.folded(words))
        named |= Q(GreaterThan(StrIndex(WholeForm(found.module.title_key), folded), 0))
    return named


def _normal(field: Field, words: str) -> str | None:
    try:
        return values.normal_form(field, values.parse(field, words))
    except BadInput:
        return None
