"""Every path to records, tried on records that are locked, on every ground.

W3, L2, L10, L16, promise 20, decision 15.
"""

from __future__ import annotations

import pytest
import time_machine
from django.conf import settings as configured

from portals_core.access.actor import system
from portals_core.ledger.models import LedgerEntry
from portals_core.locks import automatic, manual, place, rules
from portals_core.locks.decide import ACTS, KEEPING
from portals_core.locks.paths import PATHS
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Locked
from portals_core.plumbing.models import Job
from portals_core.records import catalogue
from portals_core.records.models import Module
from tests import cast
from tests.portals_core.lock_tries import FREE, TRIES, Try
from tests.requests.case_cast import rows

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
HELD = [f"portals_core.{name}" for name in ("Record", "Note", "Attachment", "Edge", "UniqueValue")]
#: Where a locked record is left out, and what is done for the others goes on.
KEPT_BACK = ("lists.export", "mail.purpose", "consent.campaign")
GROUNDS = ("business", "retention", "legal_hold", "restriction")
#: What a hold by hand forbids of the acts there are paths for.
BY_HAND = {"edit", "delete", "import"}
EACH = [pytest.param(*key, id="-".join(filter(None, key))) for key in TRIES]


@pytest.fixture
def made(settings, tmp_path):
    options = {"location": str(tmp_path / "files"), "base_url": None}
    default = {**configured.STORAGES["default"], "OPTIONS": options}
    settings.STORAGES = {**configured.STORAGES, "default": default}
    with time_machine.travel(cast.NOW, tick=False):
        organisation = cast.set_up()
        # PostgreSQL builds no index in a transaction that wrote to its table, and a test is one transaction.
        Job.objects.filter(handler=catalogue.INDEX_JOB).delete()
        yield organisation


def stored() -> tuple[object, ...]:
    """Records with their notes, links and unique values, and what the ledger says happened to them."""
    told = LedgerEntry.objects.filter(code__regex=r"^(record|note|attachment)\.")
    return rows(*HELD), sorted(map(str, told.values_list("pk", flat=True)))


def outcome(wanted: Try) -> str:
    """The ground on which it was refused, "kept back" where a door left it out, "" where it was done."""
    try:
        return "kept back" if wanted.do() is False else ""
    except Locked as refused:
        assert str(refused.public)
        return refused.code


def rule_on(made, record, ground, act, **more):
    """A rule on this ground that locks the records of the module for one act."""
    module = Module.objects.visible_to(_LOOK).get(pk=record.module_id)
    administrator = made.actor("administrator")
    rules.set_mode(actor=administrator, module=module, mode="both", at=cast.NOW)
    description = {
        "name": "Closed",
        "conditions": {"field": module.title_key, "how": "not_empty"},
        "ground": ground,
        "law": "§ 147 AO" if ground in KEEPING else "",
        "actions": [act],
        "existing": True,
        **more,
    }
    row = rules.define_rule(actor=administrator, module=module, description=description, at=cast.NOW)
    settled(row)
    assert place.in_force([record.pk])
    return row


def settled(row) -> None:
    outbox.drain(about=f"lock_rule:{row.pk}")


def lock(made, wanted: Try, ground, act):
    """Lock what is to be tried; returns what lifts the lock again."""
    if ground == "restriction":
        given = {"record": wanted.record.pk, "ground": ground, "reason": "asked", "placed_by": "case:1"}
        place.place(actor=_LOOK, at=cast.NOW, subject=made.subject.pk, **given)
        return lambda: place.lift(actor=_LOOK, placed_by="case:1", at=cast.NOW, reason="over")
    # Editing stands in every rule: to see the act "import" alone, other fields are locked.
    others = {"fields_mode": "except", "fields": [wanted.field]} if act == "import" else {}
    row = rule_on(made, wanted.record, ground, act, **others)

    def lift() -> None:
        rules.delete_rule(actor=made.actor("administrator"), rule=row.pk, at=cast.NOW)
        settled(row)

    return lift


def passes(path: str, ground: str, act: str) -> bool:
    """Whether a decided request passes this lock: never a duty to keep, only on the record it is about."""
    return bool(PATHS.get(path).under) and ground not in KEEPING and act != "add"


def test_every_path_is_tried_by_each_act_it_asks():
    """Promise 20: a new path comes with its try, and a try with its path."""
    asked = {(name, act) for name, path in PATHS.items() for act in path.acts}
    assert {(name, act) for name, act, _who in TRIES} == asked
    assert set(FREE) == {name for name, path in PATHS.items() if path.free}


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize(("path", "act", "who"), EACH)
def test_a_locked_record_is_not_processed_by_any_path(made, path, act, who, ground):
    """W3, L2, L9, L10, L16: refused with the ground, the administrator too; nothing is changed; done once the
    lock is lifted. What a decided request may pass, it passes (decision 15, L3)."""
    wanted = TRIES[path, act, who](made)
    lift = lock(made, wanted, ground, act)
    before = stored()
    found = outcome(wanted)
    if passes(path, ground, act):
        assert found == "" and stored() != before
        return
    assert found == ("kept back" if path in KEPT_BACK else ground)
    assert stored() == before
    lift()
    assert outcome(wanted) == ""


@pytest.mark.parametrize(("path", "act", "who"), EACH)
def test_a_hold_by_hand_stops_what_changes_the_record(made, path, act, who):
    """L5, L10: editing, deleting and importing; what leaves the record as it is goes on."""
    wanted = TRIES[path, act, who](made)
    held = manual.lock_record(
        actor=made.actor("officer"), record=wanted.record.pk, ground="legal_hold", reason="x", at=cast.NOW
    )
    before = stored()
    assert outcome(wanted) == ("legal_hold" if act in BY_HAND else "")
    if act in BY_HAND:
        assert stored() == before
        manual.unlock(actor=made.actor("officer"), lock=held[0].pk, reason="over", at=cast.NOW)
        assert outcome(wanted) == ""


@pytest.mark.parametrize("ground", ["business", "retention"])
@pytest.mark.parametrize(("path", "act", "who"), [one for one in EACH if one.values[1] == "edit"])
def test_a_lock_on_some_fields_stops_a_change_of_those_only(made, path, act, who, ground):
    """L3, L11: by every path that edits, imports too."""
    wanted = TRIES[path, act, who](made)
    row = rule_on(made, wanted.record, ground, act, fields_mode="only", fields=[wanted.field])
    before = stored()
    if passes(path, ground, act):
        assert outcome(wanted) == ""
        return
    assert outcome(wanted) == ground and stored() == before
    change = {"fields_mode": "except", "fields": [wanted.field]}
    rules.define_rule(
        actor=made.actor("administrator"),
        module=row.module,
        description={**rules.described(row), "name": "Closed", **_conditions(row), **change},
        at=cast.NOW,
        rule=row.pk,
    )
    settled(row)
    assert place.in_force([wanted.record.pk]) and outcome(wanted) == ""


def _conditions(row) -> dict[str, object]:
    module = Module.objects.visible_to(_LOOK).get(pk=row.module_id)
    return {"conditions": {"field": module.title_key, "how": "not_empty"}}


@pytest.mark.parametrize("path", FREE)
def test_what_is_owed_to_the_person_goes_on_whatever_is_locked(made, path):
    """L16, decision 15: the reason a path gives for asking no lock is the only thing in its way."""
    do = FREE[path](made)
    for record in (made.subject, made.added):
        manual.lock_record(
            actor=made.actor("officer"), record=record.pk, ground="legal_hold", reason="x", at=cast.NOW
        )
        # Under a restriction nothing new is agreed to, so there is nothing to confirm.
        if path not in ("consent.receipt", "consent.parent"):
            given = {"record": record.pk, "ground": "restriction", "reason": "x", "placed_by": "case:1"}
            place.place(actor=_LOOK, at=cast.NOW, **given)
    rule_on(made, made.subject, "business", "mail", actions=list(ACTS))
    assert do()


@pytest.mark.parametrize("path", ["lists.export", "people.invite", "notes.add"])
def test_whom_a_rule_does_not_bind_is_not_stopped_by_it(made, path):
    """L9, L15: on paths that leave the record as it is, too."""
    key = next(key for key in TRIES if key[0] == path)
    wanted = TRIES[key](made)
    rule_on(made, wanted.record, "business", key[1], binds="except", roles=["administrator"])
    assert outcome(wanted) == ""


def test_the_daily_sweep_and_the_job_of_a_rule_change_no_record(made):
    """W3: bulk jobs place and end locks, and leave the records as they are."""
    before = stored()
    row = rule_on(made, made.subject, "business", "edit")
    job = outbox.enqueue(automatic.SWEEP_JOB, about="duty:test")
    outbox.run_now(job)
    rules.delete_rule(actor=made.actor("administrator"), rule=row.pk, at=cast.NOW)
    settled(row)
    assert stored() == before and not place.in_force([made.subject.pk])
