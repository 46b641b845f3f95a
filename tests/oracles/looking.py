"""A world on the stage and everybody who looks at it: what every comparison starts from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from portals_core.access.actor import ANONYMOUS, Actor, Kind
from portals_core.records import catalogue, models
from tests.oracles import naive
from tests.oracles.stage import Stage, enter
from tests.oracles.worlds import Drawn


@dataclass
class Looking:
    """One world on the stage, and everybody who looks at it."""

    stage: Stage
    drawn: Drawn
    askers: list[tuple[Actor, naive.Person]]
    fields: dict[int, list[models.Field]]

    @property
    def world(self) -> naive.World:
        return self.drawn.world

    def may(self, person: naive.Person, action: str, module: str | None = None) -> set[UUID]:
        """The records the naive model lets somebody do something with."""
        things = self.world.of(module) if module else self.world.things.values()
        return {thing.id for thing in things if naive.may(self.world, person, action, thing)}

    @property
    def known(self) -> list[tuple[Actor, naive.Person]]:
        """Everybody who could see anything: pages of lists are drawn for them."""
        return [(actor, person) for actor, person in self.askers if actor is not ANONYMOUS]

    def fields_of(self, module: str) -> list[models.Field]:
        return self.fields[self.stage.modules[module].pk]


def look(stage: Stage, drawn: Drawn) -> Looking:
    """The world stored and everybody signed in, with some who have no right to anything."""
    askers = enter(stage, drawn)
    actor, person = askers[0]
    if actor.kind is Kind.PORTAL:
        adrift = Actor(Kind.PORTAL, "adrift", actor.user_id, grants=actor.grants, verified=True)
        askers.append((adrift, replace(person, record=None)))
    askers.append((ANONYMOUS, naive.Person("anonymous")))
    return Looking(stage, drawn, askers, catalogue.by_module())


def differs(what: str, actor: Actor, wanted: Any, got: Any) -> Iterator[str]:
    """A sentence, where the two do not say the same."""
    if wanted != got:
        yield f"{what}, {actor.kind} {actor.user_id}: the model says {wanted!r}, the product {got!r}"


def defined(looking: Looking, key: str) -> models.Module:
    """The product's module as this world has it."""
    module = looking.stage.modules[key]
    module.by_project = looking.world.modules[key].by_project
    return module


def plain(cell: Any) -> Any:
    """What a cell shows, as the model says it."""
    match cell.kind:
        case "empty":
            return None
        case "link":
            return (cell.value.id, cell.value.title)
        case "elsewhere":
            return naive.ELSEWHERE
        case "list":
            return frozenset(cell.value)
    return cell.value
