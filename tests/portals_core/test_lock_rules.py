"""Locks by rules, by hand and for as long as the law asks (L1–L20, N2, decisions 8, 9, 15)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from portals_core.access.actor import system
from portals_core.locks import automatic, manual, period, place, rules
from portals_core.locks.models import Lock, LockRule
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden, Locked
from portals_core.plumbing.models import Job
from portals_core.plumbing.sources import Authority
from portals_core.records import catalogue
from portals_core.writing.records import change_record, create_record, delete_record
from tests import cast

pytestmark = pytest.mark.django_db
_LOOK = system("look in a test")
DEALS = {
    "key": "deals",
    "label": "Deal",
    "label_plural": "Deals",
    "fields": [
        {"key": "title", "label": "Title", "required": True},
        {"key": "stage", "label": "Stage", "type": "picklist", "choices": ["open", "won", "lost"]},
        {"key": "amount", "label": "Amount", "type": "currency"},
        {"key": "note", "label": "Note"},
        {"key": "issued", "label": "Issued on", "type": "date"},
        {"key": "due", "label": "Due", "type": "date"},
    ],
}
CLOSED = {"field": "stage", "how": "in", "value": ["won", "lost"]}


@pytest.fixture
def made(db):
    made = cast.set_up()
    made.deals = catalogue.define(actor=cast.SETTING_UP, description=DEALS)
    return made


def rule(made, **more) -> LockRule:
    """A rule of the deals, settled: closed deals are not edited."""
    rules.set_mode(actor=made.actor("administrator"), module=made.deals, mode="both", at=cast.NOW)
    row = rules.define_rule(
        actor=made.actor("administrator"),
        module=made.deals,
        description={"name": "Closed deals", "conditions": CLOSED, **more},
        at=cast.NOW,
    )
    settled(row)
    return row


def settled(row: LockRule) -> None:
    outbox.drain(about=f"lock_rule:{row.pk}")


def deal(made, **values):
    given = {"title": "A roof", "stage": "open", **values}
    return create_record(actor=cast.SETTING_UP, module=made.deals, given=given, source="test", at=cast.NOW)


def change(made, record, who="operator", **given):
    return change_record(actor=made.actor(who), record=record.pk, given=given, at=cast.NOW)


def held(record) -> list[str]:
    return [lock.rule for lock in place.in_force([record.pk]).get(record.pk, [])]


def test_a_won_deal_is_neither_edited_nor_deleted(made):
    """L2, L6, L8: the lock comes with the change that makes the conditions true, and says which rule."""
    rule(made, actions=["edit", "delete"])
    record = deal(made)
    change(made, record, stage="won")
    assert held(record) == ["Closed deals"]
    with pytest.raises(Locked) as refused:
        change(made, record, amount="5")
    assert "Closed deals" in str(refused.value.public) and refused.value.code == "business"
    with pytest.raises(Locked):
        delete_record(actor=made.actor("operator"), record=record.pk, at=cast.NOW)
    other = deal(made)
    change(made, other, amount="5")
    delete_record(actor=made.actor("operator"), record=other.pk, at=cast.NOW)


def test_only_phone_and_mail_are_locked_from_the_start(made):
    """L3: some fields lock as soon as the record is there; the others stay free."""
    rule(
        made,
        conditions={"field": "title", "how": "not_empty"},
        fields_mode="only",
        fields=["amount"],
    )
    record = deal(made, amount="1")
    with pytest.raises(Locked) as refused:
        change(made, record, amount="2", note="x")
    assert set(refused.value.fields) == {"amount"}
    change(made, record, note="x")


def test_chosen_fields_stay_editable(made):
    """L11, decision 8: all fields but the named ones are locked; the number of those is limited."""
    rule(made, fields=["note"])
    record = deal(made, stage="won")
    change(made, record, note="thanks")
    with pytest.raises(Locked):
        change(made, record, note="more", amount="7")


def test_whoever_is_exempt_may_and_the_others_may_not(made):
    """L9, L15: a rule binds all roles but some."""
    rule(made, binds="except", roles=["administrator"])
    record = deal(made, stage="won")
    with pytest.raises(Locked):
        change(made, record, amount="7")
    change(made, record, "administrator", amount="7")


def test_only_the_named_roles_are_bound(made):
    """L9: and whoever has another role as well is bound all the same."""
    rule(made, binds="only", roles=["operator"])
    record = deal(made, stage="won")
    with pytest.raises(Locked):
        change(made, record, amount="7")
    change(made, record, "administrator", amount="7")


def test_the_lock_ends_when_the_conditions_do(made):
    """L6, decision 9: by a change that is still allowed."""
    rule(made, fields=["stage"])
    record = deal(made, stage="won")
    change(made, record, stage="open")
    assert held(record) == []
    change(made, record, amount="7")


def test_existing_records_are_locked_only_where_the_rule_says_so(made):
    """L14: new and changed ones by default, the others by a job."""
    record = deal(made, stage="won")
    Lock.objects.visible_to(_LOOK).delete()
    row = rule(made)
    assert held(record) == []
    rules.define_rule(
        actor=made.actor("administrator"),
        module=made.deals,
        description={"name": "Closed deals", "conditions": CLOSED, "existing": True},
        at=cast.NOW + timedelta(days=1),
        rule=row.pk,
    )
    settled(row)
    assert held(record) == ["Closed deals"]
    job = Job.objects.filter(about=f"lock_rule:{row.pk}").latest("created_at")
    assert job.done == 1


def test_a_rule_that_goes_takes_its_locks_along(made):
    row = rule(made)
    record = deal(made, stage="won")
    rules.delete_rule(actor=made.actor("administrator"), rule=row.pk, at=cast.NOW)
    settled(row)
    assert held(record) == []
    ended = Lock.objects.visible_to(_LOOK).get(record=record)
    assert (ended.rule_name, ended.rule_id) == ("Closed deals", None) and ended.ended_at


def test_switching_rules_off_ends_their_locks(made):
    """L1, L13: what is off places nothing; a hold by hand stands."""
    row = rule(made)
    record = deal(made, stage="won")
    rules.set_mode(actor=made.actor("administrator"), module=made.deals, mode="off", at=cast.NOW)
    settled(row)
    assert held(record) == []
    assert held(deal(made, stage="won")) == []


def test_a_sixth_rule_and_the_same_twice_are_refused(made):
    """L7, L20."""
    rule(made)

    def another(number, **more):
        conditions = {"field": "amount", "how": "gt", "value": str(number)}
        description = {"name": f"Over {number}", "conditions": conditions, **more}
        return rules.define_rule(
            actor=made.actor("administrator"), module=made.deals, description=description, at=cast.NOW
        )

    with pytest.raises(Conflict) as same_name:
        another(1, name="Closed deals")
    assert same_name.value.code == "lock_rule.name" and set(same_name.value.fields) == {"name"}
    with pytest.raises(Conflict) as same_conditions:
        another(1, conditions={**CLOSED, "value": ["WON".lower(), "lost"]})
    assert same_conditions.value.code == "lock_rule.conditions"
    assert set(same_conditions.value.fields) == {"conditions"}
    for number in range(4):
        another(number)
    with pytest.raises(Conflict) as sixth:
        another(9)
    assert sixth.value.code == "lock_rule.limit" and "DSR_LIMIT_LOCK_RULES" in str(sixth.value.public)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("months", {"from_key": "issued", "months": "many"}),
        ("user_types", {"binds": "only", "user_types": ["clients"]}),
        ("law", {"ground": "retention", "law": "§" * 201}),
        ("plain", {"plain": "x" * 401}),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_place(made, field, given):
    """L20: a wrong word is an answer, not a fault."""
    with pytest.raises(BadInput) as refused:
        rule(made, **given)
    assert set(refused.value.fields) == {field}


def test_retention_has_a_law_a_start_and_an_end(made):
    """L4, L6, W6: kept for ten years from the day of issue, then released and announced."""
    row = rule(
        made,
        ground="retention",
        law="§ 147 AO",
        from_key="issued",
        months=120,
        actions=["edit", "delete"],
    )
    record = deal(made, stage="won", issued="2020-02-29")
    lock = Lock.objects.visible_to(_LOOK).get(record=record)
    assert (lock.ends_on, lock.reason, lock.ground) == (date(2030, 3, 1), "§ 147 AO", "retention")
    with pytest.raises(Locked):
        delete_record(
            actor=system("erase"),
            record=record.pk,
            at=cast.NOW,
            under=Authority(made.subject.pk, "erase", made.subject.pk),
        )
    sweep(at=datetime(2030, 2, 28, tzinfo=UTC))
    assert held(record) == [row.name]
    sweep(at=datetime(2030, 3, 1, tzinfo=UTC))
    assert held(record) == []
    sweep(at=datetime(2030, 3, 2, tzinfo=UTC))
    assert held(record) == []
    delete_record(
        actor=system("erase"),
        record=record.pk,
        at=cast.NOW,
        under=Authority(made.subject.pk, "erase", made.subject.pk),
    )


def test_a_business_lock_yields_to_an_approved_erasure(made):
    """L2, decision 15."""
    rule(made, actions=["edit", "delete"])
    record = deal(made, stage="won")
    delete_record(
        actor=system("erase"),
        record=record.pk,
        at=cast.NOW,
        under=Authority(made.subject.pk, "erase", made.subject.pk),
    )


def test_conditions_on_days_hold_with_the_day(made):
    """L6: what is overdue locks by itself, and is free again once the date is put off."""
    rule(made, conditions={"field": "due", "how": "lt", "value": "today"}, fields=["due"], existing=True)
    record = deal(made, due="2026-03-10")
    sweep(at=datetime(2026, 3, 10, tzinfo=UTC))
    assert held(record) == []
    sweep(at=datetime(2026, 3, 11, tzinfo=UTC))
    assert held(record) == ["Closed deals"]
    change(made, record, due="2099-01-01")
    assert held(record) == []


def sweep(*, at: datetime) -> None:
    import time_machine

    with time_machine.travel(at, tick=False):
        job = outbox.enqueue(automatic.SWEEP_JOB, about="duty:test")
        outbox.run_now(job, at=at)
        assert Job.objects.get(pk=job).state == "done"


@pytest.mark.parametrize(
    ("start", "months", "ends"),
    [
        ("2020-02-29", 12, date(2021, 3, 1)),
        ("2020-08-31", 6, date(2021, 3, 1)),
        ("2020-12-31", 120, date(2030, 12, 31)),
        ("2020-12-31T23:59:59.000000Z", 1, date(2021, 1, 31)),
        ("", 1, None),
        ("9999-12-31", 1, None),
    ],
)
def test_a_period_ends_on_the_day_after_its_last(start, months, ends):
    assert period.end(start, months) == ends


# --- by hand -------------------------------------------------------------------------------------------


def lock(made, record, who="officer", ground="legal_hold", reason="Court file 7", **more):
    return manual.lock_record(
        actor=made.actor(who), record=record.pk, ground=ground, reason=reason, at=cast.NOW, **more
    )


def test_a_legal_hold_is_placed_and_lifted_by_hand_with_a_reason(made):
    """L5, L17, L18, W6."""
    record = deal(made)
    with pytest.raises(BadInput):
        lock(made, record, reason="  ")
    with pytest.raises(Forbidden):
        lock(made, record, who="operator")
    (placed,) = lock(made, record)
    with pytest.raises(Conflict):
        lock(made, record, who="second_officer")
    with pytest.raises(Locked):
        change(made, record, "administrator", amount="1")
    with pytest.raises(Locked):
        delete_record(
            actor=system("erase"),
            record=record.pk,
            at=cast.NOW,
            under=Authority(made.subject.pk, "erase", made.subject.pk),
        )
    manual.change_reason(actor=made.actor("officer"), lock=placed.pk, reason="Court file 8", at=cast.NOW)
    assert Lock.objects.visible_to(_LOOK).get(pk=placed.pk).reason == "Court file 8"
    manual.unlock(actor=made.actor("officer"), lock=placed.pk, reason="settled", at=cast.NOW)
    change(made, record, amount="1")
    with pytest.raises(Conflict):
        manual.unlock(actor=made.actor("officer"), lock=placed.pk, reason="again", at=cast.NOW)


def test_a_hold_covers_all_that_belongs_to_the_person(made):
    """W6: every record that hangs on it, each once."""
    order = cast.order(made, "O-1", made.subject)
    line = cast.line(made, order, "Tea")
    lock(made, line)
    assert len(lock(made, made.subject, whole=True)) == 2
    assert set(place.in_force([made.subject.pk, order.pk, line.pk])) == {made.subject.pk, order.pk, line.pk}


def test_what_a_rule_locked_is_not_unlocked_by_hand(made):
    """L19."""
    rule(made)
    record = deal(made, stage="won")
    placed = Lock.objects.visible_to(_LOOK).get(record=record)
    with pytest.raises(Conflict) as refused:
        manual.unlock(actor=made.actor("administrator"), lock=placed.pk, reason="please", at=cast.NOW)
    assert refused.value.code == "lock.not_by_hand"


def test_business_locks_by_hand_need_the_mode(made):
    """L13."""
    record = deal(made)
    with pytest.raises(Conflict):
        lock(made, record, ground="business")
    rules.set_mode(actor=made.actor("administrator"), module=made.deals, mode="manual", at=cast.NOW)
    lock(made, record, ground="business")
    with pytest.raises(Locked):
        change(made, record, amount="1")


def test_several_locks_stand_together_and_the_strictest_is_told(made):
    """L17, decision 9."""
    rule(made, actions=["edit"])
    record = deal(made, stage="won")
    lock(made, record)
    with pytest.raises(Locked) as refused:
        change(made, record, amount="1")
    assert refused.value.code == "legal_hold"
