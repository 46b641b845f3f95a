"""Why a portal user sees a record, or does not, in sentences (C9). Pure.

Every way into reach is told, the ones that fail too, with each comparison it depends on. What is told agrees
with the scope, because the scope is asked: nothing here decides by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from django.utils.translation import gettext_lazy as _

from portals_core.access import criteria, policy, scope
from portals_core.access.actor import Actor, ModuleGrant
from portals_core.records import conditions


@dataclass(frozen=True)
class Check:
    """One thing that must hold; `holds` is `None` where whoever reads may not know."""

    sentence: str
    holds: bool | None


@dataclass(frozen=True)
class Told:
    """One way in words, whether it brings the record into reach, and what that depends on."""

    sentence: str
    holds: bool
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Terms:
    """What the words need beside the grant: names, and the conditions as they are stored."""

    labels: Mapping[str, str]
    own_labels: Mapping[str, str] = field(default_factory=dict)
    #: Forms of the person's own record.
    own: Mapping[str, str] = field(default_factory=dict)
    tree: criteria.Tree | None = None
    #: Something is stored for conditions that is none: it shares nothing.
    unreadable: bool = False
    #: It is so because the conditions are still to be written.
    awaited: bool = False
    #: Ways of lookups under the detail by which the scope names them: "order.customer" -> "Order, Customer".
    paths: Mapping[str, str] = field(default_factory=dict)
    layouts: tuple[str, ...] = ()
    #: Linked records under their ids, as they are called to whoever reads.
    titles: Mapping[str, str] = field(default_factory=dict)
    #: Fields of the record, and of the person's own, whose values whoever reads may not know.
    covered: frozenset[str] = frozenset()
    own_covered: frozenset[str] = frozenset()
    #: The day from which conditions count days.
    today: date | None = None


_YES = {
    "own": _("It is the person’s own record."),
    "created": _("The person added it."),
    "company": _("It is about somebody of the person’s own company."),
    "link": _("It is linked to the person through “%(name)s”."),
    "link_and": _("It is linked to the person through “%(name)s”, and the conditions hold."),
    "conditions": _("The conditions hold."),
    "public": _("All records are shared with everybody of this user type."),
    "public_and": _("All records that keep the conditions are shared, and this one keeps them."),
    "role": _("A role opens it."),
}
_NO = {
    "own": _("It is not the person’s own record."),
    "created": _("The person did not add it."),
    "company": _("It is not about somebody of the person’s own company."),
    "link": _("It is not linked to the person through “%(name)s”."),
    "link_and": _("A link through “%(name)s” and the conditions must both hold, and do not."),
    "conditions": _("The conditions do not hold."),
    "public": _("It is not among the records shared with everybody of this user type."),
    "public_and": _("Only records that keep the conditions are shared, and this one does not keep them."),
    "role": _("No role opens it."),
}


def told(actor: Actor, row: policy.Row, terms: Terms, action: str = "view") -> list[Told]:
    """Every way by which `actor` could reach the record for an act, in the order of the scope. Nothing: the
    module is not shared with them, or the act is not."""
    module = row.columns.get("module_id")
    grant = actor.grants.get(module) if isinstance(module, int) else None
    links = _links(actor, grant, row) if grant else {}
    return [
        _told(reason, list(_checks(reason, grant, row, terms, links)), terms)
        for reason in scope.explain(actor, row, action)
    ]


def _told(reason: scope.Reason, checks: list[Check], terms: Terms) -> Told:
    kind = reason.way.name
    if kind in ("link", "public") and len(checks) > (kind == "link"):
        kind += "_and"
    name = terms.paths.get(reason.way.detail, reason.way.detail)
    sentence = (_YES if reason.holds else _NO)[kind] % {"name": name}
    return Told(str(sentence), reason.holds, tuple(checks) if kind not in ("link", "public") else ())


def _links(actor: Actor, grant: ModuleGrant, row: policy.Row) -> Mapping[str, bool]:
    """Which links lead to the person, conditions and layouts aside: the scope's answer without them."""
    bare = replace(grant, conditions=None, layouts=frozenset())
    asked = replace(actor, grants={grant.module_id: bare})
    return {one.way.detail: one.holds for one in scope.explain(asked, row) if one.way.name == "link"}


def _checks(
    reason: scope.Reason,
    grant: ModuleGrant | None,
    row: policy.Row,
    terms: Terms,
    links: Mapping[str, bool],
) -> Iterator[Check]:
    way = reason.way
    if grant is None or way.name not in ("link", "conditions", "public"):
        return
    if way.name == "link":
        holds = links.get(way.detail, False)
        name = terms.paths.get(way.detail, way.detail)
        yield Check(str((_YES if holds else _NO)["link"] % {"name": name}), holds)
    if grant.layouts:
        names = ", ".join(terms.layouts)
        holds = row.columns.get("layout_id") in grant.layouts
        yield Check(str(_("It stands in a layout that is shared (%(names)s).") % {"names": names}), holds)
    if way.name != "link" or (grant.match_all and not grant.public):
        yield from comparisons(row, terms)


def comparisons(row: policy.Row, terms: Terms) -> Iterator[Check]:
    """Each comparison of the conditions, numbered as in their pattern, and whether it holds."""
    if terms.awaited:
        yield Check(str(_("The conditions are still to be written; until then they never hold.")), False)
    elif terms.unreadable:
        yield Check(str(_("The stored conditions cannot be read, so they never hold.")), False)
    if terms.tree is None:
        return
    found, pattern = criteria.numbered(terms.tree)
    for number, leaf in enumerate(found, start=1):
        yield _comparison(number, leaf, row, terms)
    if "not" in pattern or "or" in pattern:
        whole = policy.holds(policy.bind(terms.tree, terms.own, today=terms.today), row)
        yield Check(str(_("Joined as: %(pattern)s") % {"pattern": pattern}), whole)


def _comparison(number: int, leaf: criteria.Leaf, row: policy.Row, terms: Terms) -> Check:
    own = leaf.own if isinstance(leaf, criteria.Own) else ""
    if leaf.key in terms.covered or own in terms.own_covered:
        covered = _("A comparison with a field that is not shown to you.")
        return Check(f"{number}. {covered}", None)
    sentence = f"{number}. {conditions.words(named(leaf, terms.titles), terms.labels, terms.own_labels)}"
    if own and not terms.own.get(own):
        label = terms.own_labels.get(own, own)
        missing = _("the person’s own “%(field)s” is empty") % {"field": label}
        sentence += f" – {missing}"
    return Check(sentence, policy.holds(policy.bind(leaf, terms.own, today=terms.today), row))


def named(tree: criteria.Tree, titles: Mapping[str, str]) -> criteria.Tree:
    """The tree with titles in the place of linked records' ids; for words only."""
    match tree:
        case criteria.All(parts):
            return criteria.All(tuple(named(part, titles) for part in parts))
        case criteria.Any_(parts):
            return criteria.Any_(tuple(named(part, titles) for part in parts))
        case criteria.Not(part):
            return criteria.Not(named(part, titles))
        case criteria.Value(kind="link", given=given):
            return replace(tree, given=tuple(titles.get(one, one) for one in given))
    return tree


def linked(tree: criteria.Tree | None) -> Iterable[str]:
    """The ids of records that conditions name."""
    if tree is None:
        return ()
    return [
        one
        for leaf in criteria.leaves(tree)
        if isinstance(leaf, criteria.Value) and leaf.kind == "link"
        for one in leaf.given
    ]
