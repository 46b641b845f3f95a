"""Puts a small world of consent into the tables, and asks the product every question about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import time_machine

from consent.models import Basis, Decision, Objection, Purpose, Text, Withdrawn
from consent.standing import gate
from portals_core.access.actor import system
from portals_core.locks.models import Lock, LockRule
from portals_core.records.models import Module
from tests import cast
from tests.oracles import gate_worlds as naive
from tests.oracles.locks_stage import rolled_back

_PLAY = system("play a small world")


@dataclass(frozen=True)
class Stage:
    """Which record stands for whom; made once for all worlds."""

    subjects: dict[str, UUID]
    people: Module


def set_up() -> Stage:
    made = cast.set_up()
    order = cast.order(made, "7", made.subject)
    return Stage(
        {"sage": made.subject.pk, "robin": made.stranger.pk, "order": order.pk, "gone": uuid4()},
        made.contacts,
    )


def disagreements(stage: Stage, world: naive.World) -> list[str]:
    """Every question on which the model and one of the ways to ask differ; nothing stays stored."""
    with rolled_back(), time_machine.travel(cast.NOW, tick=False):
        _play(stage, world)
        return list(_differing(stage, world))


def _differing(stage: Stage, world: naive.World) -> Iterator[str]:
    among = {
        (purpose, channel): gate.allowed_among(purpose, channel, stage.subjects.values())
        for purpose in naive.PURPOSES
        for channel in naive.CHANNELS
    }
    for who, purpose, channel in naive.questions():
        subject = stage.subjects[who]
        wanted = naive.allowed(world, who, purpose, channel)
        found = {"allowed_among": subject in among[purpose, channel]}
        if _asked_alone(who, purpose, channel):
            found["allowed"] = gate.allowed(subject, purpose, channel)
            found["explain"] = gate.explain(subject, purpose, channel).allowed
        if set(found.values()) != {wanted}:
            yield f"{who}, {purpose}, {channel!r}: the model says {wanted}, the product {found}"


def _asked_alone(who: str, purpose: str, channel: str) -> bool:
    """What one person is asked alone, too; it takes many queries."""
    return who == "sage" and purpose != "unknown" and channel in ("email", "")


def _play(stage: Stage, world: naive.World) -> None:
    """Rows as the writers leave them: one decision and one basis counts, the others are over."""
    for one in world.purposes:
        Purpose(
            key=one.key,
            name=one.key,
            active=one.active,
            channels=sorted(one.channels),
            marketing=one.marketing,
            sharing=one.sharing,
        ).save()
    purposes = {one.key: one for one in Purpose.objects.visible_to(_PLAY)}
    texts = _texts(purposes, world)
    _decisions(stage, purposes, texts, world)
    _bases(stage, purposes, world)
    for objection in world.objections:
        Objection(
            subject=stage.subjects[objection.subject],
            marketing=objection.marketing,
            sharing=objection.sharing,
            signal="portal",
            at=_moment(objection.at),
        ).save()
    _locks(stage, world)


def _moment(day: int) -> datetime:
    return cast.NOW + timedelta(days=day)


def _texts(purposes: dict[str, Purpose], world: naive.World) -> dict[tuple[str, int], Text]:
    """Three versions of each, also those the world says nothing of."""
    said = {(one.purpose, one.number): one for one in world.versions}
    found = {}
    for key, purpose in purposes.items():
        for number in (1, 2, 3):
            version = said.get((key, number), naive.Version(key, number, None, False))
            text = Text(
                purpose=purpose,
                version=number,
                language="en",
                title="t",
                body="b",
                published_at=cast.NOW,
                renew_by=None if version.renew_by is None else _moment(version.renew_by),
            )
            text.save()
            found[key, number] = text
            if version.withdrawn:
                Withdrawn(purpose=purpose, version=number, reason="r", at=cast.NOW).save()
    return found


def _decisions(
    stage: Stage, purposes: dict[str, Purpose], texts: dict[tuple[str, int], Text], world: naive.World
) -> None:
    last: dict[tuple[str, str], int] = {}
    for number, one in enumerate(world.decisions):
        last[one.subject, one.purpose] = number
    for number, one in enumerate(world.decisions):
        Decision(
            subject=stage.subjects[one.subject],
            purpose=purposes[one.purpose],
            number=number + 1,
            state=one.state,
            text=texts[one.purpose, one.version],
            language="en",
            authority="self",
            method="portal",
            at=_moment(one.at),
            recorded_at=cast.NOW,
            ends_at=None if one.ends is None else _moment(one.ends),
            superseded_at=None if last[one.subject, one.purpose] == number else cast.NOW,
            evidence="e",
            **{f"by_{channel}": True for channel in one.channels},
        ).save()


def _bases(stage: Stage, purposes: dict[str, Purpose], world: naive.World) -> None:
    last: dict[tuple[str, str | None], int] = {}
    for number, one in enumerate(world.bases):
        last[one.subject, one.purpose] = number
    for number, one in enumerate(world.bases):
        Basis(
            subject=stage.subjects[one.subject],
            purpose=purposes[one.purpose] if one.purpose else None,
            basis=one.basis,
            valid_from=cast.NOW,
            valid_to=None if last[one.subject, one.purpose] == number else cast.NOW,
            recorded_at=cast.NOW,
        ).save()


def _locks(stage: Stage, world: naive.World) -> None:
    for number, one in enumerate(world.locks):
        if one.subject == "gone":
            continue  # What is gone has no locks.
        rule = None
        if one.acts is not None:
            rule = LockRule(
                module=stage.people,
                name=f"Rule {number}",
                digest=str(number),
                criteria={},
                actions=sorted(one.acts),
                binds={"mode": "only", "roles": ["officer"]},
                since=cast.NOW,
            )
            rule.save()
        Lock(
            record_id=stage.subjects[one.subject],
            ground=one.ground,
            source="case",
            rule=rule,
            reason="held",
            placed_by=f"case:{number}",
            placed_at=cast.NOW,
            ended_at=cast.NOW if one.ended else None,
        ).save()
