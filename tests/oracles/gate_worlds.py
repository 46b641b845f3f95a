"""Small worlds of consent: drawn, judged by a naive model over plain data, and played into the tables.

The model reads like the law: it knows whole lists and a calendar, and nothing of how the product stores
what counts now. Days are numbers; the question is asked on day 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from hypothesis import strategies as st

PURPOSES = ("news", "partners", "unknown")
CHANNELS = ("email", "phone", "pigeon", "")
#: Two people, an order that is no person, and a person whose record was deleted.
SUBJECTS = ("sage", "robin", "order", "gone")
STATES = (
    *("waiting", "obtained", "renewed", "refused", "withdrawn", "revoked", "not_responded", "expired"),
    "invalidated",
)
BASES = ("A6-1-a", "A6-1-b", "A6-1-c", "A6-1-d", "A6-1-e", "A6-1-f", "not_applicable")
DAYS = st.integers(-3, 1)


@dataclass(frozen=True)
class Purpose:
    key: str
    active: bool
    channels: frozenset[str]
    marketing: bool
    sharing: bool


@dataclass(frozen=True)
class Version:
    purpose: str
    number: int
    renew_by: int | None
    withdrawn: bool


@dataclass(frozen=True)
class Decision:
    subject: str
    purpose: str
    state: str
    version: int
    channels: frozenset[str]
    at: int
    ends: int | None


@dataclass(frozen=True)
class Basis:
    """The ones of a subject and purpose follow each other in the order of the list."""

    subject: str
    purpose: str | None
    basis: str


@dataclass(frozen=True)
class Objection:
    subject: str
    marketing: bool
    sharing: bool
    at: int


@dataclass(frozen=True)
class Lock:
    """`acts` are those of its rule; none where it has no rule."""

    subject: str
    ground: str
    acts: frozenset[str] | None
    ended: bool


@dataclass(frozen=True)
class World:
    purposes: tuple[Purpose, ...]
    versions: tuple[Version, ...]
    decisions: tuple[Decision, ...]
    bases: tuple[Basis, ...]
    objections: tuple[Objection, ...]
    locks: tuple[Lock, ...]


# --- the model ------------------------------------------------------------------------------------------


def allowed(world: World, subject: str, purpose: str, channel: str) -> bool:
    """The rule in the words of the law, one question after the other."""
    pursued = [one for one in world.purposes if one.key == purpose and one.active]
    if not pursued or subject not in ("sage", "robin"):
        return False
    if channel and channel not in pursued[0].channels:
        return False
    for lock in world.locks:
        if lock.subject == subject and not lock.ended and _stops(lock, channel):
            return False
    history = [one for one in world.decisions if (one.subject, one.purpose) == (subject, purpose)]
    against = [one.at for one in world.objections if one.subject == subject and _about(one, pursued[0])]
    if history:
        last = history[-1]
        return _holds(world, last, channel) and all(at < last.at for at in against)
    bases = [one.basis for one in world.bases if (one.subject, one.purpose) == (subject, purpose)]
    return bool(bases) and bases[-1] not in ("A6-1-a", "not_applicable") and not against


def _stops(lock: Lock, channel: str) -> bool:
    if lock.ground == "restriction":
        return True
    return bool(channel) and lock.acts is not None and "mail" in lock.acts


def _about(objection: Objection, purpose: Purpose) -> bool:
    if purpose.marketing and objection.marketing:
        return True
    return purpose.sharing and objection.sharing


def _holds(world: World, decision: Decision, channel: str) -> bool:
    if decision.state not in ("obtained", "renewed"):
        return False
    if decision.ends is not None and decision.ends <= 0:
        return False
    for version in world.versions:
        due = version.renew_by is not None and version.renew_by <= 0 and not version.withdrawn
        if due and version.purpose == decision.purpose and version.number > decision.version:
            return False
    return not channel or channel in decision.channels


def questions() -> Iterator[tuple[str, str, str]]:
    """What is asked about every world: of whom, for what, over which channel."""
    return product(SUBJECTS, PURPOSES, CHANNELS)


# --- drawing --------------------------------------------------------------------------------------------

_CHOSEN = st.frozensets(st.sampled_from(("email", "phone", "post")), max_size=3)
_SUBJECT = st.sampled_from(("sage", "sage", "robin", "gone"))
_KEY = st.sampled_from(("news", "news", "partners"))
_MOSTLY = st.sampled_from((True, True, True, False))
_DECISION = st.builds(
    Decision,
    _SUBJECT,
    _KEY,
    st.sampled_from((*STATES, "obtained", "obtained", "obtained", "renewed")),
    st.integers(1, 3),
    st.one_of(st.just(frozenset({"email", "phone", "post"})), _CHOSEN),
    st.integers(-3, 0),
    st.one_of(st.none(), st.none(), DAYS),
)
_BASIS = st.builds(
    Basis, _SUBJECT, st.sampled_from(("news", "news", "partners", None)), st.sampled_from(BASES)
)
_OBJECTION = st.builds(Objection, _SUBJECT, st.booleans(), st.booleans(), st.integers(-3, 0))
_LOCK = st.builds(
    Lock,
    _SUBJECT,
    st.sampled_from(("business", "retention", "legal_hold", "restriction")),
    st.one_of(st.none(), st.frozensets(st.sampled_from(("mail", "edit", "share", "note")), max_size=2)),
    st.booleans(),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A world in which much is allowed, so that each thing in the way can be what decides."""
    flags = st.sampled_from((True, False))
    purposes = tuple(
        Purpose(key, draw(_MOSTLY), draw(_CHOSEN) | {"email"}, draw(flags), draw(flags))
        for key in ("news", "partners")
    )
    due = st.one_of(st.none(), st.none(), DAYS)
    versions = tuple(
        Version(key, number, draw(due), draw(st.sampled_from((False, False, True))))
        for key in ("news", "partners")
        for number in (1, 2, 3)
    )
    return World(
        purposes,
        versions,
        tuple(draw(st.lists(_DECISION, max_size=5))),
        tuple(draw(st.lists(_BASIS, max_size=4))),
        tuple(draw(st.lists(_OBJECTION, max_size=2))),
        tuple(draw(st.lists(_LOCK, max_size=2))),
    )


# --- by hand --------------------------------------------------------------------------------------------


def bait() -> World:
    """A world in which every part of the rule decides about somebody."""
    every = frozenset({"email", "phone", "post"})

    def agreed(subject: str, purpose: str, state: str = "obtained", at: int = -2, **more: object) -> Decision:
        given = {"version": 3, "channels": every, "ends": None, **more}
        return Decision(subject, purpose, state, at=at, **given)

    return World(
        purposes=(
            Purpose("news", True, every, marketing=True, sharing=False),
            Purpose("partners", True, frozenset({"email"}), marketing=False, sharing=True),
        ),
        versions=(Version("news", 2, -1, False), Version("news", 3, None, False)),
        decisions=(agreed("sage", "news"), agreed("robin", "news", version=1)),
        bases=(Basis("sage", "partners", "A6-1-f"), Basis("robin", "partners", "A6-1-a")),
        objections=(),
        locks=(),
    )


def varied() -> Iterator[World]:
    """The same world with one thing in the way at a time."""
    plain = bait()
    yield plain
    for at in (-3, -2, -1):
        yield replace(plain, objections=(Objection("sage", True, False, at),))
    yield replace(plain, objections=(Objection("sage", False, True, -1),))
    for lock in (
        Lock("sage", "restriction", None, False),
        Lock("sage", "business", frozenset({"mail"}), False),
        Lock("sage", "legal_hold", None, False),
        Lock("sage", "restriction", None, True),
    ):
        yield replace(plain, locks=(lock,))
    for changed in ({"ends": 0}, {"channels": frozenset({"post"})}, {"state": "waiting"}):
        yield replace(plain, decisions=(replace(plain.decisions[0], **changed),))
    yield replace(plain, decisions=(*plain.decisions, replace(plain.decisions[0], state="withdrawn")))
