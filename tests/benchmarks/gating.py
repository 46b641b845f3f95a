"""Who of very many people may be written to now, against one join of typed columns that knows as much.

As many people as the world has orders, and 5 % more whom nobody asks about. Of every hundred 60 agreed, of
whom 5 chose no mail, 5 ended, 5 agreed to a text that was replaced; 10 refused, 10 wait, 10 are asked on a
contract, 10 were never asked. One in 50 objected, half of them after they agreed; one in 100 is restricted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F, Q

from consent.models import Basis, Decision, Objection, Purpose, Text
from consent.standing import gate
from portals_core.access.actor import system
from portals_core.locks.models import Lock
from portals_core.plumbing import clock
from portals_core.records.models import Record
from tests.benchmarks.measure import Figure, compare
from tests.benchmarks.models import PlainConsent, PlainPerson
from tests.benchmarks.world import World

_BY = system("fill and measure")
_BATCH = 2_000
_DAY = timedelta(days=1)


def figures(world: World, database: str, rounds: int) -> Iterator[Figure]:
    """Many people at once, and one alone."""
    people = _fill(world, clock.now())
    asked = people[: world.rows]
    _agree(asked)
    yield from compare(
        database=database,
        rows=world.rows,
        work=f"gate of {len(asked)} people, by their ids",
        ours=lambda: gate.allowed_among("bench", "email", asked),
        baselines={"one join of typed columns, the same ids": (lambda: _plain(asked), "≤ 2")},
        rounds=rounds,
    )
    yield from compare(
        database=database,
        rows=world.rows,
        work="gate of everybody, as a condition",
        ours=lambda: set(gate.permitting("bench", "email").values_list("pk", flat=True)),
        baselines={"one join of typed columns": (_everybody, "≤ 2")},
        rounds=rounds,
    )
    one = asked[len(asked) // 2]
    yield from compare(
        database=database,
        rows=world.rows,
        work="gate of one person",
        ours=lambda: gate.allowed(one, "bench", "email"),
        baselines={"one join of typed columns": (lambda: _join().filter(pk=one).exists(), "")},
        rounds=rounds,
        repeat=25,
    )


# --- the plain way --------------------------------------------------------------------------------------


def _join() -> Any:
    """What one developer would write who has a column for everything."""
    agreed = Q(consents__state="given", consents__by_email=True, consents__version__gte=2)
    lasting = Q(consents__ends_at=None) | Q(consents__ends_at__gt=clock.now())
    not_objected = Q(objected_at=None) | Q(objected_at__lt=F("consents__at"))
    otherwise = Q(consents__state="contract")
    return PlainPerson.objects.filter(
        (agreed & lasting & not_objected) | (otherwise & Q(objected_at=None)),
        consents__purpose="bench",
        restricted=False,
    ).values_list("pk", flat=True)


def _plain(asked: list[UUID]) -> set[UUID]:
    """The same ids handed over the same way: what is compared is the question."""
    found: set[UUID] = set()
    for start in range(0, len(asked), gate.CHUNK):
        found.update(_join().filter(pk__in=gate._list(asked[start : start + gate.CHUNK])))
    return found


def _everybody() -> set[UUID]:
    return set(_join())


def _agree(asked: list[UUID]) -> None:
    """A ratio between different answers says nothing."""
    ours, theirs = gate.allowed_among("bench", "email", asked), _plain(asked)
    everybody = set(gate.permitting("bench", "email").values_list("pk", flat=True))
    if ours != theirs or everybody != _everybody() or not 0.3 < len(ours) / len(asked) < 0.7:
        raise AssertionError(f"the gate says yes {len(ours)} times, the join {len(theirs)} times")


# --- filling --------------------------------------------------------------------------------------------


def _fill(world: World, now: datetime) -> list[UUID]:
    purpose = Purpose(key="bench", name="Bench", channels=["email"], marketing=True)
    purpose.save()
    texts = []
    for version, renew_by in ((1, None), (2, now - _DAY), (3, None)):
        text = Text(purpose=purpose, version=version, language="en", published_at=now, renew_by=renew_by)
        text.save()
        texts.append(text)
    people = [uuid4() for _ in range(world.rows + world.rows // 20)]
    for start in range(0, len(people), _BATCH):
        _batch(world, purpose, texts, people[start : start + _BATCH], now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return people


def _batch(world: World, purpose: Purpose, texts: list[Text], people: list[UUID], now: datetime) -> None:
    rows: dict[Callable[..., Any], list[Any]] = {}

    def add(model: Callable[..., Any], **given: Any) -> None:
        rows.setdefault(model, []).append(model(**given))

    for place, key in enumerate(people):
        kind, of_fifty = place % 100, place % 50
        objected = {7: now - 2 * _DAY, 8: now - 4 * _DAY}.get(of_fifty) if place % 100 < 50 else None
        add(Record, id=key, module=world.made.contacts, created_at=now, changed_at=now)
        add(PlainPerson, id=key, restricted=kind == 20, objected_at=objected)
        if objected:
            add(Objection, subject=key, marketing=True, signal="portal", at=objected)
        if kind == 20:
            add(
                Lock,
                record_id=key,
                ground="restriction",
                source="case",
                reason="r",
                placed_by="x",
                placed_at=now,
            )
        _decided(add, purpose, texts, key, kind, now)
    order = (Record, PlainPerson, PlainConsent, Objection, Lock, Decision, Basis)
    for model in sorted(rows, key=order.index):
        manager = model.objects
        manager = manager.visible_to(_BY) if hasattr(manager, "visible_to") else manager
        manager.bulk_create(rows[model])


def _decided(
    add: Callable[..., None], purpose: Purpose, texts: list[Text], key: UUID, kind: int, now: datetime
) -> None:
    """What the person said, once for the gate and once in a plain row."""
    state = "obtained" if kind < 60 else "refused" if kind < 70 else "waiting" if kind < 80 else ""
    by_email, ended, earlier = kind >= 5, 5 <= kind < 10, 10 <= kind < 15
    at, ends = now - 3 * _DAY, now - _DAY if ended else None
    text = texts[0] if earlier else texts[2]
    if state:
        add(
            Decision, subject=key, purpose=purpose, number=1, state=state, text=text, language="en",
            authority="self", method="portal", by_email=by_email, at=at, recorded_at=at, ends_at=ends,
            evidence="e" * 64,
        )  # fmt: skip
    elif kind < 90:
        add(
            Basis, subject=key, purpose=purpose, basis="A6-1-b", valid_from=at, recorded_at=at,
        )  # fmt: skip
    if state or kind < 90:
        plain = {"obtained": "given", "": "contract"}.get(state, state)
        add(
            PlainConsent, person_id=key, purpose="bench", state=plain, by_email=by_email,
            version=text.version, at=at, ends_at=ends,
        )  # fmt: skip
