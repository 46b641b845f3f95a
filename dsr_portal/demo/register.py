"""The register of the demo's organisation: there before the first text, which freezes what it says."""

from __future__ import annotations

import tomllib
from uuid import UUID

from consent.register import activities, parties, recipients
from dsr_portal.demo.house import HERE, House


def enter(house: House) -> None:
    """Who answers, who receives data, and every activity, tied to the purposes that are there."""
    administrator, since = house.actor("administrator"), house.ago(days=450)
    described = tomllib.loads((HERE / "register.toml").read_text(encoding="utf-8"))
    ids: dict[str, UUID] = {}
    for party in described["parties"]:
        ids[party["name"]] = parties.define_party(actor=administrator, at=since, **party).pk
    for recipient in described["recipients"]:
        stored = recipients.define_recipient(actor=administrator, at=since, **recipient)
        ids[recipient["name"]] = stored.pk
    for activity in described["activities"]:
        for name in ("recipients", "clients"):
            activity[name] = [ids[one] for one in activity.get(name, ())]
        activities.define_activity(actor=administrator, at=since, **activity)
