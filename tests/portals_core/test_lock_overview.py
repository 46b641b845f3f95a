"""What an administrator reads of locking: numbers, progress, and a rule that is only tried (L7, L14)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portals_core.ledger.models import LedgerEntry
from portals_core.locks import overview, period, rules
from portals_core.locks.models import LockRule
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import BadInput, Forbidden
from portals_core.plumbing.models import Job, JobState
from portals_core.records import catalogue
from tests import cast
from tests.portals_core.test_lock_rules import CLOSED, DEALS, deal, rule, settled
from tests.portals_core.trail import details

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    made = cast.set_up()
    made.deals = catalogue.define(actor=cast.SETTING_UP, description=DEALS)
    return made


def test_each_rule_tells_how_many_records_it_locks(made, django_assert_num_queries):
    """L7: one query, whatever the number of rules."""
    first = rule(made)
    for stage in ("won", "lost", "open"):
        deal(made, stage=stage)
    with django_assert_num_queries(1):
        assert overview.locked_now(made.deals) == {first.pk: 2}
    second = rule(made, name="Large", conditions={"field": "amount", "how": "gt", "value": "5"})
    deal(made, amount="9")
    with django_assert_num_queries(1):
        assert overview.locked_now(made.deals) == {first.pk: 2, second.pk: 1}


def test_a_change_of_rules_tells_how_far_it_is(made):
    """L14: waiting, at work with a total, stopped, and over; a removed rule's locks are ended in sight."""
    for _ in range(3):
        deal(made, stage="won")
    row = rule(made, existing=True)
    assert overview.settling(made.deals) == []
    done = Job.objects.get(about=f"lock_rule:{row.pk}", total=3)
    assert (done.done, done.state) == (3, JobState.DONE)
    rules.delete_rule(actor=made.actor("administrator"), rule=row.pk, at=cast.NOW)
    assert overview.settling(made.deals) == [overview.Settling(row.pk, 0, None, False)]
    assert overview.settling(made.orders) == []
    job = Job.objects.filter(about=f"lock_rule:{row.pk}", state=JobState.WAITING)
    job.update(state=JobState.RUNNING, done=1, total=3)
    assert overview.settling(made.deals) == [overview.Settling(row.pk, 1, 3, False)]


def test_a_rule_whose_job_was_put_aside_says_so_until_the_next_one(made):
    row = rule(made)
    Job.objects.filter(about=f"lock_rule:{row.pk}").update(state=JobState.PARKED)
    assert [one.stopped for one in overview.settling(made.deals)] == [True]
    rules.define_rule(
        actor=made.actor("administrator"),
        module=made.deals,
        description=rules.described(row),
        at=cast.NOW,
        rule=row.pk,
    )
    assert [one.stopped for one in overview.settling(made.deals)] == [False]
    settled(row)
    assert overview.settling(made.deals) == []


def test_a_trial_counts_and_leaves_nothing_but_its_leaf(made):
    """L14: those in sight are named, all are counted; no rule, no job, no lock."""
    deal(made, title="Roof", stage="won")
    deal(made, title="Wall", stage="open")
    before, jobs = LedgerEntry.objects.count(), Job.objects.count()
    told = attempted(made, existing=True)
    assert (told.count, [one.title for one in told.first], told.existing) == (1, ["Roof"], True)
    assert (LockRule.objects.visible_to(cast.SETTING_UP).count(), Job.objects.count()) == (0, jobs)
    assert LedgerEntry.objects.count() == before + 1
    assert [one["name"] for one in details("lock_rule.tried")] == ["Trial"]
    cast.take_away("records.view", role="administrator")
    hidden = attempted(made)
    assert (hidden.count, hidden.first) == (1, [])


def test_a_trial_that_is_refused_leaves_not_even_a_leaf(made):
    before = LedgerEntry.objects.count()
    with pytest.raises(BadInput):
        attempted(made, ground="retention")
    with pytest.raises(Forbidden):
        attempted(made, who="operator")
    assert LedgerEntry.objects.count() == before
    attempted(made, ground="retention", law="§ 147")
    assert LedgerEntry.objects.count() == before + 1


def attempted(made, who="administrator", **more):
    description = {"name": "Trial", "conditions": CLOSED, **more}
    return overview.tried(actor=made.actor(who), module=made.deals, description=description, at=cast.NOW)


def test_a_trial_leaves_out_what_need_not_be_kept_any_longer(made):
    """L6: of two won deals, the period of one is over; one without a date has no end."""
    deal(made, title="Old", stage="won", issued="2016-03-05")
    deal(made, title="New", stage="won", issued="2016-03-06")
    deal(made, title="Undated", stage="won")
    told = attempted(made, from_key="issued", months=120)
    assert (told.count, {one.title for one in told.first}) == (2, {"New", "Undated"})
    assert attempted(made).count == 3


@pytest.mark.parametrize("months", [1, 6, 11, 12, 120, 1200])
def test_the_first_start_divides_periods_that_run_from_those_that_are_over(months):
    """L6: the bound that queries compare with agrees with the day on which each period ends."""
    for today in (
        date(2026, 2, 28),
        date(2026, 3, 1),
        date(2026, 3, 31),
        date(2024, 2, 29),
        date(2025, 12, 31),
    ):
        bound = period.first_start(today, months)
        for days in range(-40, 41):
            day = bound + timedelta(days=days)
            ends = period.end(day.isoformat(), months)
            assert (ends is not None and ends > today) is (day >= bound), (today, day)


def test_jobs_of_other_kinds_are_no_work_of_rules(made):
    row = rule(made)
    assert outbox.unfinished(handler=rules.SETTLE_JOB, about=[f"lock_rule:{row.pk}"]) == []
    Job.objects.create(
        handler="mail.hand_over", about=f"lock_rule:{row.pk}", not_before=cast.NOW, created_at=cast.NOW
    )
    assert overview.settling(made.deals) == []
