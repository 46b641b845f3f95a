"""What the product says of locks after each step, beside what the naive model says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any
from uuid import UUID

from portals_core.locks import decide, place
from portals_core.locks.decide import InForce
from portals_core.plumbing.sources import Authority
from portals_core.records.models import Module
from tests.oracles import locks_naive as naive
from tests.oracles.locks_stage import Played, name, rolled_back
from tests.oracles.locks_worlds import PEOPLE, Drawn


def disagreements(modules: Mapping[str, Module], drawn: Drawn) -> list[str]:
    """Every difference between the product and the naive model; nothing stays stored."""
    with rolled_back():
        return list(_played(Played(modules), naive.begun(), drawn))


def _played(played: Played, history: naive.History, drawn: Drawn) -> Iterator[str]:
    for at, step in enumerate(drawn.steps):
        if history.can(step):
            wanted = history.take(step)
            got = played.take(step, history.now)
            if got not in wanted:
                yield f"step {at}, {step}: the model says {sorted(wanted)}, the product {got}"
                return  # What follows would differ for that reason alone.
            if got == "done":
                played.forget(step)
            differing = list(_in_force(played, history, f"after step {at}, {step}"))
            yield from differing
            if differing:
                return
    yield from _decisions(played, history)
    yield from _exports(played, history)
    for probe in drawn.probes:
        if history.can(probe):
            wanted = history.copy().take(probe)
            with rolled_back():
                got = played.take(probe, history.now)
            if got not in wanted:
                yield f"{probe}: the model says {sorted(wanted)}, the product {got}"


def _in_force(played: Played, history: naive.History, when: str) -> Iterator[str]:
    found = place.in_force(played.records.values())
    for number, key in played.records.items():
        wanted = sorted(_told(lock) for lock in history.on_record(number))
        got = sorted((one.ground, one.source, one.rule, str(one.ends_on or "")) for one in found.get(key, ()))
        if wanted != got:
            yield f"{when}: record {number} is locked by {wanted} to the model, by {got} to the product"


def _told(lock: naive.Lock) -> tuple[str, str, str, str]:
    source = "automatic" if isinstance(lock.cause, int) else "manual" if lock.cause == "hand" else "case"
    rule = name(lock.cause) if isinstance(lock.cause, int) else ""
    return lock.ground, source, rule, str(lock.ends_on or "")


# --- decisions ----------------------------------------------------------------------------------------

_SETS = (None, ("amount",), ("note", "due"), tuple(naive.FIELDS))


def _decisions(played: Played, history: naive.History) -> Iterator[str]:
    found = place.in_force(played.records.values())
    for number, key in played.records.items():
        for person in PEOPLE:
            yield from _acts(played, history, number, person, found.get(key, []), key)
            yield from _fields(played, history, number, person, found.get(key, []))


def _acts(
    played: Played,
    history: naive.History,
    number: int,
    person: naive.Person,
    locks: list[InForce],
    key: UUID,
) -> Iterator[str]:
    for act in sorted(naive.ACTS):
        for case, own in (("", True), *product(("erase", "rectify"), (True, False))):
            for keys in _SETS if act == "edit" else (None,):
                under = Authority(UUID(int=9), case, key if own else UUID(int=8)) if case else None
                got = decide.decide(act, locks, actor=played.actor(person), fields=keys, under=under)
                standing = history.in_the_way(number, act, person, keys=keys, case=case, own=own)
                what = f"{act} {keys} of {number} by {person} {case} {own}"
                yield from _answer(history, what, standing, got, keys if act == "edit" else None)


def _answer(
    history: naive.History,
    what: str,
    standing: list[naive.Lock],
    got: decide.Decision,
    keys: tuple[str, ...] | None,
) -> Iterator[str]:
    answer = (got.allowed, _by(got.by), got.fields)
    wanted: list[Any] = [(True, None, frozenset())]
    if standing:
        wanted = [
            (False, _told(lock), frozenset(history.kept_fields(lock, keys) if keys else ()))
            for lock in history.strictest(standing)
        ]
    if answer not in wanted:
        yield f"{what}: the model says {wanted}, the product {answer}"


def _by(lock: InForce | None) -> tuple[str, str, str, str] | None:
    return None if lock is None else (lock.ground, lock.source, lock.rule, str(lock.ends_on or ""))


def _fields(
    played: Played, history: naive.History, number: int, person: naive.Person, locks: list[InForce]
) -> Iterator[str]:
    got = decide.locked_fields(locks, list(naive.FIELDS), actor=played.actor(person))
    wanted = {
        key: history.in_the_way(number, "edit", person, keys=[key])
        for key in naive.FIELDS
        if history.in_the_way(number, "edit", person, keys=[key])
    }
    if set(got) != set(wanted):
        told = f"{sorted(wanted)} to the model, {sorted(got)} to the product"
        yield f"{person} cannot change of {number}: {told}"
        return
    for key, locks_of in wanted.items():
        if _by(got[key]) not in [_told(lock) for lock in history.strictest(locks_of)]:
            yield f"{key} of {number} is kept by {locks_of} to the model, by {got[key]} to the product"


def _exports(played: Played, history: naive.History) -> Iterator[str]:
    for person in PEOPLE:
        if person.kind == "system":
            continue
        for module in played.modules:
            numbers = [number for number, kept in history.records.items() if kept.module == module]
            wanted = sum(not history.in_the_way(number, "export", person) for number in numbers)
            with rolled_back():
                got = played.exported(module, person, history.now)
            if got != wanted:
                yield f"{person} exports {wanted} {module} to the model, {got} to the product"
