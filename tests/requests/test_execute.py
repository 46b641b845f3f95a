"""Carrying out: what was approved happens, once, to nobody else, however the job is delivered."""

import random
from datetime import timedelta

import pytest
from django.db import connection, transaction

from portals_core.ledger.models import LedgerDetail
from portals_core.locks import place
from portals_core.people import accounts
from portals_core.people.models import User
from portals_core.plumbing import clock, keyring, mail, outbox
from portals_core.plumbing.errors import Absent, Broken, Conflict, Locked
from portals_core.plumbing.models import Job, JobState, Mail
from portals_core.plumbing.sources import SOURCES
from portals_core.records.models import Edge, Record
from portals_core.writing import notes
from portals_core.writing.records import change_record
from requests.arriving import mandates
from requests.carrying_out import erasure, execute
from requests.casebook import details, lifecycle, reads
from requests.deciding import approvals
from requests.holding import planning
from requests.models import Case, CaseDetail, Effect, Plan, Proposal
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST, decide, file, there

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
HELD = (
    "portals_core.Record",
    "portals_core.Edge",
    "portals_core.UniqueValue",
    "portals_core.Note",
    "portals_core.User",
    "portals_core.Lock",
    "portals_core.Mail",
    "dsr_requests.CaseDetail",
    "dsr_requests.Proposal",
)


def world(made):
    """Things of the subject, things of others, things shared; returns the subject's orders and lines."""
    mine = [cast.order(made, f"A{n}", made.subject) for n in range(3)]
    lines = [cast.line(made, order, f"Lamp {n}") for n, order in enumerate(mine)]
    theirs = cast.order(made, "B1", made.stranger, agent=str(made.subject.pk))
    cast.line(made, theirs, "Chair")
    for record in (made.subject, made.stranger, mine[0], theirs):
        notes.add_note(actor=TEST, record=record.pk, body="a note", at=cast.NOW)
    return [*mine, *lines]


def job_of(case):
    return Job.objects.get(about=case.ref, handler=approvals.CARRY_OUT)


def claim_of(case):
    return outbox.claim(job_of(case).pk, at=clock.now())


def test_a_deletion_takes_everything_of_the_person(made):
    """W10, 16: every source finds nothing any more; the case keeps facts and no words."""
    file(made, "rectify", proposals={"health": "canary"}, text="canary")
    case_cast.decide(
        made,
        Case.objects.visible_to(TEST).get(),
        "refuse",
        ground=case_cast.GROUND,
        sentence="canary",
    )
    theirs = world(made)
    case = case_cast.carried_out(made, "delete", text="canary")
    assert case.state == "fulfilled" and case.closed_at
    gone = {made.subject.pk, *(record.pk for record in theirs)}
    assert not Record.objects.visible_to(TEST).filter(pk__in=gone).exists()
    left = {key: list(source.find(made.subject.pk, actor=TEST)) for key, source in SOURCES.items()}
    assert {key: items for key, items in left.items() if items} == {}
    assert not CaseDetail.objects.visible_to(TEST).filter(case__subject=made.subject.pk).exists()
    assert not Proposal.objects.visible_to(TEST).filter(case__subject=made.subject.pk).exists()
    assert not Case.objects.visible_to(TEST).filter(sentence__contains="canary").exists()
    account = User.objects.visible_to(TEST).get(pk=made.users["subject"].pk)
    assert (account.is_active, account.name, account.identity_id) == (False, "", None)
    assert account.email.endswith("@erased.invalid")


def test_the_keys_of_what_was_erased_are_destroyed_with_what_they_sealed(made):
    """RD3, W8: what the ledger said of the person's records cannot be read again; others' can."""
    theirs = world(made)
    change_record(actor=TEST, record=made.subject.pk, given={"phone": "+48 22 555 01 01"}, at=cast.NOW)
    change_record(actor=TEST, record=made.stranger.pk, given={"phone": "+48 22 555 01 02"}, at=cast.NOW)
    assert LedgerDetail.objects.filter(subject=made.subject.pk).exists()
    case_cast.carried_out(made, "delete")
    for scope in (made.subject.pk, *(record.pk for record in theirs)):
        assert keyring.is_destroyed(scope)
        assert not LedgerDetail.objects.filter(subject=scope).exists()
    assert not keyring.is_destroyed(made.stranger.pk)
    assert LedgerDetail.objects.filter(subject=made.stranger.pk).exists()


def test_nobody_else_loses_a_byte(made):
    """17, R9: every row outside the plan is the same before and after, but for the cleared mention."""
    theirs = world(made)
    file(made, "export", "stranger", text="mine")
    outbox.drain()
    case = case_cast.approved_deletion(made)
    before = case_cast.rows(*HELD)
    shared = Edge.objects.visible_to(TEST).get(source__values__number="B1", field__key="agent")
    outbox.drain()
    after = case_cast.rows(*HELD)
    gone = {("portals_core.Record", str(key)) for key in (made.subject.pk, *(r.pk for r in theirs))}
    lost = before.keys() - after.keys()
    assert gone <= lost
    assert {label for label, _key in lost} == {
        "portals_core.Record", "portals_core.Edge", "portals_core.UniqueValue", "portals_core.Note",
        "portals_core.Mail", "dsr_requests.CaseDetail",
    }  # fmt: skip
    assert {key for label, key in lost if label == "dsr_requests.CaseDetail"} == {str(case.pk)}
    changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    assert changed == {
        ("portals_core.User", str(made.users["subject"].pk)),
        ("portals_core.Record", str(shared.source_id)),
    }
    left = Record.objects.visible_to(TEST).get(pk=shared.source_id).values
    assert left == {"number": "B1", "customer": str(made.stranger.pk), "total": "12.50"}


def test_the_last_message_goes_to_the_remembered_address_and_is_then_forgotten(made):
    """16: no address is left once the message is out of the house."""
    case = case_cast.carried_out(made, "delete")
    last = Mail.objects.get(kind="case.erased")
    assert (last.to, last.subject_id) == ("sage@people.example", None)
    assert case.number in last.title
    waiting = Job.objects.get(handler=details.FORGET_NOTICE, state=JobState.WAITING)
    Mail.objects.filter(pk=last.pk).update(sent_at=clock.now() - erasure.KEPT_NOTICE)
    assert waiting.not_before is not None
    Job.objects.filter(state=JobState.WAITING).update(not_before=clock.now())
    outbox.drain()
    assert not Mail.objects.filter(to__startswith="sage").exists()
    assert not Job.objects.exclude(state=JobState.DONE).exists()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["delete", "stop", "rectify"])
def test_a_job_delivered_again_and_again_has_each_effect_once(made, kind, seed):
    """11, attack 41: doubled, shuffled and late deliveries."""
    world(made)
    case = file(made, kind, **({"proposals": {"name": "New", "health": "x"}} if kind == "rectify" else {}))
    decide(made, case)
    if kind == "delete":
        case_cast.approve(made, case)
    claim_of(case)  # claimed once, and its worker never heard of again
    deliveries = []
    for _ in range(5):
        Job.objects.filter(about=case.ref).update(lease_until=clock.now() - timedelta(seconds=1))
        deliveries.append(claim_of(case))
    random.Random(seed).shuffle(deliveries)
    for held in deliveries:
        try:
            execute.carry_out(held)
        except outbox.Stale:
            assert held.fence < max(other.fence for other in deliveries)
    stored = case_cast.again(case)
    assert stored.state == "fulfilled"
    entries = [code for code in case_cast.codes(stored) if code.startswith("case.finish")]
    assert entries == ["case.finish"]
    effects = Effect.objects.visible_to(TEST).filter(case=case)
    assert effects.count() == case_cast.codes(stored).count("case.effect") > 0


def test_a_stale_worker_changes_nothing(made):
    """14: its lease was taken over while it slept; then the new owner finishes."""
    world(made)
    case = case_cast.approved_deletion(made)
    old = claim_of(case)
    Job.objects.filter(about=case.ref).update(lease_until=clock.now() - timedelta(seconds=1))
    new = claim_of(case)
    everything = (*HELD, "dsr_requests.Case", "dsr_requests.Effect", "portals_core.LedgerEntry")
    before = case_cast.rows(*everything)
    with pytest.raises(outbox.Stale):
        execute.carry_out(old)
    assert case_cast.rows(*everything) == before
    execute.carry_out(new)
    assert case_cast.again(case).state == "fulfilled"


def test_a_crash_between_two_effects_is_taken_up_where_it_stopped(made, monkeypatch):
    """12, W21: the failure shows on the case, nothing is done twice, and it can be resumed."""
    world(made)
    case = case_cast.approved_deletion(made)
    records, calls = SOURCES.get("records"), []
    whole = type(records).erase

    def failing(self, item, **given):
        calls.append(item.ref)
        if len(calls) == 3:
            raise OSError("the disk went away")
        whole(self, item, **given)

    with monkeypatch.context() as patch:
        patch.setattr(type(records), "erase", failing)
        with pytest.raises(OSError):
            outbox.run_now(job_of(case).pk)
    stopped = there(reads.working(made.actor("officer"), case))
    assert stopped.stopped and "OSError" in stopped.failure and stopped.done < there(stopped.total)
    assert case_cast.again(case).state == "carrying_out"
    resumed = approvals.resume(actor=made.actor("officer"), case=case.pk, at=clock.now())
    outbox.drain()
    assert case_cast.again(resumed).state == "fulfilled"
    assert not there(reads.working(made.actor("officer"), case)).stopped


def test_only_a_case_that_is_carried_out_can_be_resumed(made):
    case = file(made, "delete")
    with pytest.raises(Conflict):
        approvals.resume(actor=made.actor("officer"), case=case.pk, at=LATER)


def test_what_changed_after_the_approval_goes_back_to_the_second_officer(made):
    """9, N3: nothing was erased yet; a new plan is stored and approved anew."""
    world(made)
    case = case_cast.approved_deletion(made)
    stray = cast.order(made, "A9", made.subject)
    before = case_cast.rows("portals_core.Record")
    outbox.drain()
    stored = case_cast.again(case)
    assert (stored.state, stored.approved_by) == ("awaiting_approval", None)
    assert stored.plan_digest != case.plan_digest
    assert case_cast.rows("portals_core.Record") == before
    assert Plan.objects.visible_to(TEST).filter(case=case).count() == 2
    assert str(stray.pk) in {entry.ref for entry in planning.entries_stored(stored)}
    case_cast.approve(made, stored)
    outbox.drain()
    assert case_cast.again(case).state == "fulfilled"
    assert not Record.objects.visible_to(TEST).filter(pk=stray.pk).exists()


@pytest.mark.parametrize("what", ["the first item of the plan", "the last record"])
def test_what_was_removed_after_the_approval_is_drift_too(made, what):
    """9: the digest covers less as well as more; nothing is noted under a plan that no longer holds."""
    theirs = world(made)
    case = case_cast.approved_deletion(made)
    if what == "the last record":
        theirs[-1].delete()
    else:
        assert next(iter(planning.entries_stored(case))).source == "account"
        accounts.forget(actor=TEST, user=made.users["subject"], at=LATER)
    outbox.drain()
    stored = case_cast.again(case)
    assert stored.state == "awaiting_approval" and stored.plan_digest != case.plan_digest
    assert not Effect.objects.visible_to(TEST).filter(case=case).exists()
    case_cast.approve(made, stored)
    outbox.drain()
    assert case_cast.again(case).state == "fulfilled"


def test_a_resumed_run_that_finds_something_new_erases_nothing_more(made, monkeypatch):
    """9, W21."""
    world(made)
    case = case_cast.approved_deletion(made)
    records, calls = SOURCES.get("records"), []
    whole = type(records).erase

    def failing(self, item, **given):
        calls.append(item.ref)
        if len(calls) == 2:
            raise OSError
        whole(self, item, **given)

    with monkeypatch.context() as patch:
        patch.setattr(type(records), "erase", failing)
        with pytest.raises(OSError):
            outbox.run_now(job_of(case).pk)
    cast.order(made, "A9", made.subject)
    before = case_cast.rows(*HELD, "dsr_requests.Effect")
    with pytest.raises(Broken):
        execute.carry_out(there(outbox.claim(job_of(case).pk, at=clock.now() + timedelta(hours=1))))
    assert case_cast.rows(*HELD, "dsr_requests.Effect") == before


def test_what_is_added_between_the_first_look_and_the_first_act_is_seen(made, monkeypatch):
    """9: the last look stands in the transaction of the first irreversible act."""
    case = case_cast.approved_deletion(made)
    real = planning.entries_stored

    def late(found):
        entries = real(found)
        monkeypatch.setattr(planning, "entries_stored", real)
        looked = planning.entries_now

        def then_added(case, planned):
            entries = looked(case, planned)
            monkeypatch.setattr(planning, "entries_now", looked)
            cast.order(made, "A9", made.subject)
            return entries

        monkeypatch.setattr(planning, "entries_now", then_added)
        return entries

    monkeypatch.setattr(planning, "entries_stored", late)
    outbox.drain()
    stored = case_cast.again(case)
    assert stored.state == "awaiting_approval"
    assert not Effect.objects.visible_to(TEST).filter(case=case).exists()
    assert Record.objects.visible_to(TEST).filter(pk=made.subject.pk).exists()


def test_what_is_added_after_the_first_erasure_stops_the_run_and_is_not_erased(made, monkeypatch):
    """9, W21: the person's own record stays until somebody dealt with the stray one."""
    world(made)
    case = case_cast.approved_deletion(made)
    records, calls = SOURCES.get("records"), []
    whole = type(records).erase

    def adding(self, item, **given):
        whole(self, item, **given)
        calls.append(item.ref)
        if len(calls) == 2:
            cast.order(made, "A9", made.subject)

    with monkeypatch.context() as patch:
        patch.setattr(type(records), "erase", adding)
        with pytest.raises(Broken) as caught:
            outbox.run_now(job_of(case).pk)
    assert caught.value.code == "execute.drift"
    stray = Record.objects.visible_to(TEST).get(values__number="A9")
    assert Record.objects.visible_to(TEST).filter(pk=made.subject.pk).exists()
    assert "execute.drift" in there(reads.working(made.actor("officer"), case)).failure
    approvals.resume(actor=made.actor("officer"), case=case.pk, at=clock.now())
    with pytest.raises(Broken):
        outbox.drain()
    change_record(actor=TEST, record=stray.pk, given={"customer": str(made.stranger.pk)}, at=clock.now())
    approvals.resume(actor=made.actor("officer"), case=case.pk, at=clock.now())
    outbox.drain()
    assert case_cast.again(case).state == "fulfilled"
    assert Record.objects.visible_to(TEST).filter(pk=stray.pk).exists()


def test_what_somebody_else_removed_meanwhile_counts_as_gone(made, monkeypatch):
    first = cast.order(made, "A1", made.subject)
    case = case_cast.approved_deletion(made)
    records = SOURCES.get("records")
    whole = type(records).erase

    def failing(self, item, **given):
        if item.ref == str(first.pk):
            raise OSError
        whole(self, item, **given)

    with monkeypatch.context() as patch:
        patch.setattr(type(records), "erase", failing)
        with pytest.raises(OSError):
            outbox.run_now(job_of(case).pk)
    Record.objects.visible_to(TEST).filter(pk=first.pk).delete()
    approvals.resume(actor=made.actor("officer"), case=case.pk, at=clock.now())
    outbox.drain()
    assert case_cast.again(case).state == "fulfilled"
    outcomes = dict(Effect.objects.visible_to(TEST).filter(case=case).values_list("item", "outcome"))
    assert outcomes[f"records:orders:{first.pk}"] == "gone"
    assert outcomes[f"records:contacts:{made.subject.pk}"] == "done"


def test_requests_nobody_confirmed_end_with_the_person(made):
    """Attack 9 and W18: an unproven request about an erased person cannot live on."""
    unproven = file(made, "export", subject=made.added.pk)
    token = case_cast.token_for(unproven)
    deletion = file(made, "delete", "officer", subject=made.added.pk)
    decide(made, deletion, who="second_officer")
    made.users["third"] = cast.staff("third", "officer")
    case_cast.approve(made, deletion, "third")
    outbox.drain()
    assert case_cast.again(deletion).state == "fulfilled"
    assert case_cast.again(unproven).state == "lapsed"
    assert reads.words(made.actor("officer"), unproven) is None
    assert there(reads.mandate(made.actor("officer"), unproven)).address == ""
    with pytest.raises(Absent):
        mandates.confirm(token, at=clock.now())


def test_stopping_locks_the_person_and_all_that_hangs_on_it_for_everybody(made):
    """R9, L9, L14, W3: all roles, existing records; reading goes on, nobody else is touched."""
    mine = world(made)
    before = case_cast.rows(
        *(label for label in HELD if label not in ("portals_core.Lock", "portals_core.Mail"))
    )
    case = case_cast.carried_out(made, "stop")
    assert case.state == "fulfilled"
    for who in ("administrator", "operator", "subject"):
        with pytest.raises(Locked) as caught:
            change_record(actor=made.actor(who), record=made.subject.pk, given={"name": "X"}, at=LATER)
        assert caught.value.code == "restriction"
    for record in mine:
        with pytest.raises(Locked):
            change_record(actor=TEST, record=record.pk, given={}, at=LATER)
    with pytest.raises(Locked):
        notes.add_note(actor=made.actor("operator"), record=made.subject.pk, body="x", at=LATER)
    assert Record.objects.fetch(made.actor("subject"), made.subject.pk).values["name"] == "Sage Winter"
    change_record(actor=made.actor("operator"), record=made.stranger.pk, given={"name": "Y"}, at=LATER)
    locked = {lock.record_id for lock in place.register(made.actor("operator"))}
    assert locked == {made.subject.pk, *(record.pk for record in mine)}
    after = case_cast.rows(
        *(label for label in HELD if label not in ("portals_core.Lock", "portals_core.Mail"))
    )
    assert {key for key in before if before[key] != after.get(key)} == {
        ("portals_core.Record", str(made.stranger.pk))
    }
    assert Mail.objects.get(kind="case.stopped").to == "sage@people.example"


def test_a_restricted_person_can_still_be_corrected_and_erased(made):
    """Decision 15: a restriction never stands against the restricted person's own requests."""
    world(made)
    case_cast.carried_out(made, "stop")
    assert case_cast.carried_out(made, "rectify", proposals={"name": "Sage Summer"}).state == "fulfilled"
    assert Record.objects.visible_to(TEST).get(pk=made.subject.pk).values["name"] == "Sage Summer"
    assert case_cast.carried_out(made, "delete").state == "fulfilled"


def test_corrections_are_one_effect_each_with_before_and_after(made):
    """R7, W4."""
    case = case_cast.carried_out(made, "rectify", proposals={"name": "Sage Summer", "health": "none"})
    assert case.state == "fulfilled"
    stored = Record.objects.visible_to(TEST).get(pk=made.subject.pk)
    assert (stored.values["name"], stored.values["health"], stored.version) == ("Sage Summer", "none", 3)
    seen = reads.corrections(made.actor("subject"), case)
    assert [(row.before, row.proposed, bool(row.applied_at)) for row in seen] == [
        ("Sage Winter", "Sage Summer", True),
        (None, "none", True),
    ]
    assert Effect.objects.visible_to(TEST).filter(case=case, step="rectify").count() == 2
    message = Mail.objects.get(kind="case.corrected")
    assert "Name" in message.body and "Sage Summer" not in message.body


def test_a_correction_remembers_what_really_stood_there(made):
    """The value changed between filing and carrying out."""
    case = decide(made, file(made, "rectify", proposals={"name": "Sage Summer"}))
    stored = Record.objects.visible_to(TEST).get(pk=made.subject.pk)
    assert (stored.values["name"], stored.version) == ("Sage Winter", 1)  # deciding writes nothing yet
    change_record(actor=TEST, record=made.subject.pk, given={"name": "Sage Autumn"}, at=LATER)
    outbox.drain()
    assert [row.before for row in reads.corrections(made.actor("subject"), case)] == ["Sage Autumn"]


def test_the_result_of_a_represented_persons_request_goes_to_that_person(made):
    case = file(made, "stop", subject=made.added.pk)
    mandates.confirm(case_cast.token_for(case), at=LATER)
    decide(made, case)
    outbox.drain()
    assert Mail.objects.get(kind="case.stopped").to == "ada@people.example"
    assert place.restricted(made.added.pk) and not place.restricted(made.subject.pk)


def test_an_export_is_closed_by_whoever_built_the_bundle(made):
    """R6: announced once; reported once, however often, and only with a living lease."""
    case = decide(made, file(made, "export"))
    assert case.state == "carrying_out"
    with transaction.atomic():
        job = outbox.enqueue(mail.HANDLER, about=case.ref, payload={"mail": str(case.pk)})
    held = there(outbox.claim(job, at=clock.now()))
    done = lifecycle.report_export(case=case.pk, at=LATER, held=held)
    assert done.state == "fulfilled"
    assert lifecycle.report_export(case=case.pk, at=LATER, held=held).version == done.version
    Job.objects.filter(pk=job).update(lease_until=clock.now() - timedelta(seconds=1))
    outbox.claim(job, at=clock.now())
    with pytest.raises(outbox.Stale):
        lifecycle.report_export(case=case.pk, at=LATER, held=held)


def test_a_message_for_a_case_that_moved_on_or_is_unknown_changes_nothing(made):
    """Attacks 41 and 46."""
    case = case_cast.carried_out(made, "delete")
    before = case_cast.rows(*HELD, "dsr_requests.Case", "dsr_requests.Effect")
    for about in (case.pk, made.subject.pk):
        with transaction.atomic():
            late = outbox.enqueue(approvals.CARRY_OUT, about=f"case:{about}", payload={"case": str(about)})
        assert outbox.run_now(late) == JobState.DONE
    assert case_cast.rows(*HELD, "dsr_requests.Case", "dsr_requests.Effect") == before


def test_the_number_of_statements_grows_with_the_items_alone(made):
    """No walk of everything per item: ten orders more cost ten times one order's statements."""

    def statements(orders, prefix, customer):
        for n in range(orders):
            cast.order(made, f"{prefix}{n}", customer)
        case = file(made, "stop", "officer", subject=customer.pk)
        decide(made, case)
        with connection.execute_wrapper(counting):
            counted.clear()
            outbox.run_now(job_of(case).pk)
        return len(counted)

    counted = []

    def counting(execute_one, sql, params, many, context):
        counted.append(sql)
        return execute_one(sql, params, many, context)

    few, more, most = (
        statements(n, prefix, who)
        for n, prefix, who in ((2, "A", made.subject), (12, "B", made.stranger), (22, "C", made.added))
    )
    assert most - more == more - few
