"""What the set-up of a user type offers: modules, ways to the person, layouts, fields (T1, T2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from portals_core.access.actor import system
from portals_core.people import opened, sharing
from portals_core.records import catalogue
from portals_core.records.models import Field, FieldType, Layout, Module

_OFFER = system("offer what can be shared")
ByModule = Mapping[int, Sequence[Field]]


@dataclass(frozen=True)
class Offer:
    """One module with what of it can be shared."""

    module: Module
    #: Fields that may show in the portal; masked ones never do.
    fields: Sequence[Field]
    #: Ways of links to the person's own record with readable names: "order.customer", "Order › Customer".
    ways: Sequence[tuple[str, str]]
    layouts: Sequence[Layout]
    may_be_public: bool


def offers(identity: Module) -> list[Offer]:
    """Every module: the person's own first, then those with a way to the person, other people, the rest.

    Constant queries.
    """
    fields, layouts = catalogue.by_module(), _layouts()
    found = [_offer(identity, one, fields, layouts.get(one.pk, ())) for one in catalogue.modules()]
    return sorted(found, key=lambda offer: _rank(identity, offer))


def companies(identity: Module) -> list[Field]:
    """The links of the identity module that can name a person's company (M2)."""
    return [one for one in catalogue.fields(identity) if _leads(one)]


def _rank(identity: Module, offer: Offer) -> int:
    steps = min((path.count(".") + 1 for path, _name in offer.ways), default=sharing.LONGEST_PATH + 1)
    if offer.module == identity:
        return 0
    return steps if offer.ways or not offer.module.identity else sharing.LONGEST_PATH


def _offer(identity: Module, of: Module, fields: ByModule, layouts: Sequence[Layout]) -> Offer:
    own = fields.get(of.pk, ())
    return Offer(
        of,
        [one for one in own if not one.masked],
        list(_ways(identity, of, fields)),
        layouts,
        opened.refusal_of_public(of, own) is None,
    )


def _ways(identity: Module, of: Module, fields: ByModule) -> Iterator[tuple[str, str]]:
    """Straight links first. A way over a second record never comes back to the module or the same link."""
    links = [one for one in fields.get(of.pk, ()) if _leads(one)]
    yield from ((one.key, one.label) for one in links if one.target_id == identity.pk)
    for one in links:
        if one.target_id in (of.pk, None):
            continue
        for last in fields.get(one.target_id or 0, ()):
            if _leads(last) and last.target_id == identity.pk and last.pk != one.pk:
                yield f"{one.key}.{last.key}", f"{one.label} › {last.label}"


def _leads(one: Field) -> bool:
    return one.type == FieldType.LOOKUP and not one.masked and not one.encrypted


def _layouts() -> dict[int, list[Layout]]:
    found: dict[int, list[Layout]] = {}
    for one in Layout.objects.visible_to(_OFFER):
        found.setdefault(one.module_id, []).append(one)
    return found
