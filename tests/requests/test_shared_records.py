"""A record about two people: what one asks never passes what protects the other (W5, W7, decision 15)."""

from importlib import import_module

import pytest
from django.apps import apps

from portals_core.ledger.models import LedgerEntry
from portals_core.locks import place
from portals_core.locks.models import Lock
from portals_core.plumbing import keyring, outbox
from portals_core.plumbing.errors import Locked
from portals_core.plumbing.models import Mail
from portals_core.plumbing.sources import Authority
from portals_core.records import catalogue
from portals_core.records.models import Record
from portals_core.sources import Records
from portals_core.writing.records import change_record, create_record, delete_record
from requests.deciding import approvals, verdicts
from requests.models import Effect
from tests import cast
from tests.requests import case_cast, partly_cast
from tests.requests.case_cast import LATER, TEST, again, approve, file
from tests.requests.partly_cast import CLAIMS, decide, planned

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
OTHERS = "OwnA17RightsOfOthers"
MEETINGS = {
    "key": "meetings",
    "label": "Meeting",
    "label_plural": "Meetings",
    "title_key": "topic",
    "fields": [
        {"key": "topic", "label": "Topic", "required": True},
        {"key": "first", "label": "First", "type": "lookup", "target": "contacts", "link": "belongs"},
        {"key": "second", "label": "Second", "type": "lookup", "target": "contacts", "link": "belongs"},
    ],
}


def meeting(made):
    """A record that belongs to the subject and to the stranger alike."""
    partly_cast.define(MEETINGS)
    given = {"topic": "Loan", "first": str(made.subject.pk), "second": str(made.stranger.pk)}
    module = catalogue.module("meetings")
    return create_record(actor=TEST, module=module, given=given, source="test", at=cast.NOW)


def restricted(made, who):
    """Processing of this person's records is stopped by their own request."""
    case_cast.carried_out(made, "stop", who=who)


def standing(*records):
    keys = [record.pk for record in records]
    return set(Record.objects.visible_to(TEST).filter(pk__in=keys).values_list("pk", flat=True))


def deleted(made):
    case = approve(made, decide(made, file(made, "delete")))
    outbox.drain()
    return again(case)


def test_a_restriction_of_one_person_binds_the_deletion_of_another(made):
    shared, own = meeting(made), cast.order(made, "A1", made.subject)
    restricted(made, "stranger")
    case = file(made, "delete")
    # Found, shown with its lock and ground, and kept without anybody drafting it.
    row = partly_cast.seen(made, case)["records:meetings"].items[0]
    assert (row.suggestion, row.ground, row.locked_by) == ("refuse", OTHERS, "Processing restricted")
    done = deleted_of(made, case)
    assert done.state == "partly_fulfilled"
    assert standing(shared, own, made.subject) == {shared.pk, made.subject.pk}
    assert planned(done)["meetings", str(shared.pk)] == ("refuse", OTHERS)


def deleted_of(made, case):
    approve(made, decide(made, case))
    outbox.drain()
    return again(case)


def test_what_is_kept_for_somebody_else_is_told_without_telling_of_them(made):
    meeting(made)
    restricted(made, "stranger")
    deleted(made)
    told = Mail.objects.filter(kind="case.partly_erased").get().body
    assert "Meetings (1): " in told and "about another person, too" in told
    assert "restricted" not in told


def test_ones_own_restriction_stands_against_nothing_one_asks(made):
    """Its passing twin: the restriction is the subject's own (decision 15)."""
    shared = meeting(made)
    restricted(made, "subject")
    done = deleted(made)
    assert (done.state, standing(shared, made.subject)) == ("fulfilled", set())


def test_approving_it_all_the_same_is_refused(made):
    shared = meeting(made)
    restricted(made, "stranger")
    case = file(made, "delete")
    with pytest.raises(Locked) as refused:
        decide(made, case, "approve")
    assert refused.value.code == "restriction"
    verdicts.put(
        actor=made.actor("officer"), case=case.pk, source="records", kind="meetings",
        verdict="fulfil", at=LATER,
    )  # fmt: skip
    with pytest.raises(Locked):
        decide(made, case)
    assert standing(shared) == {shared.pk}


@pytest.mark.parametrize("act", ["erase", "rectify"])
def test_the_door_asks_whose_restriction_it_is(made, act):
    shared = meeting(made)
    restricted(made, "stranger")
    acts = {
        "erase": lambda under: delete_record(actor=TEST, record=shared.pk, at=LATER, under=under),
        "rectify": lambda under: change_record(
            actor=TEST, record=shared.pk, given={"topic": "Lease"}, at=LATER, under=under
        ),
    }
    with pytest.raises(Locked):
        acts[act](Authority(shared.pk, act, made.subject.pk))
    acts[act](Authority(shared.pk, act, made.stranger.pk))


@pytest.mark.parametrize("first", ["subject", "stranger"])
def test_where_both_stopped_processing_neither_passes_the_other(made, first):
    """Each restriction is asked by itself: one's own opens nothing that the other's closes."""
    shared = meeting(made)
    for who in sorted(("subject", "stranger"), key=lambda one: one != first):
        restricted(made, who)
    case = file(made, "delete")
    row = partly_cast.seen(made, case)["records:meetings"].items[0]
    assert (row.suggestion, row.ground) == ("refuse", OTHERS)
    for who in ("subject", "stranger"):
        with pytest.raises(Locked):
            delete_record(
                actor=TEST,
                record=shared.pk,
                at=LATER,
                under=Authority(case.pk, "erase", made.users[who].identity_id),
            )


def test_who_a_record_is_passes_a_restriction_that_somebody_else_asked(made):
    """A colleague's record hangs on the main contact, who stopped processing: it is still the colleague's."""
    hanging = {**MEETINGS, "key": "members", "identity": True}
    partly_cast.define(hanging)
    given = {"topic": "Kim", "first": str(made.stranger.pk)}
    kim = create_record(
        actor=TEST, module=catalogue.module("members"), given=given, source="test", at=cast.NOW
    )
    restricted(made, "stranger")
    with pytest.raises(Locked):
        delete_record(actor=TEST, record=kim.pk, at=LATER, under=Authority(kim.pk, "erase", made.subject.pk))
    delete_record(actor=TEST, record=kim.pk, at=LATER, under=Authority(kim.pk, "erase", kim.pk))
    assert standing(kim) == set()


def test_a_record_that_came_to_belong_to_somebody_else_keeps_its_key(made, monkeypatch):
    """While the deletion stood still. What did not move is its control."""
    moved, other = (cast.order(made, number, made.subject) for number in ("A1", "A2"))
    case = approve(made, decide(made, file(made, "delete")))
    whole = Records.erase

    def failing(self, item, **given):
        if item.ref == str(moved.pk):
            raise OSError
        whole(self, item, **given)

    with monkeypatch.context() as patch:
        patch.setattr(Records, "erase", failing)
        with pytest.raises(OSError):
            outbox.drain()
    assert Effect.objects.visible_to(TEST).filter(case=case).exists()
    change_record(actor=TEST, record=moved.pk, given={"customer": str(made.stranger.pk)}, at=LATER)
    approvals.resume(actor=made.actor("officer"), case=case.pk, at=LATER)
    outbox.drain()
    assert (again(case).state, standing(moved, other, made.subject)) == ("fulfilled", {moved.pk})
    assert not keyring.is_destroyed(moved.pk)
    assert keyring.is_destroyed(other.pk) and keyring.is_destroyed(made.subject.pk)


def test_a_restriction_placed_after_the_approval_sends_it_back(made):
    shared, own = meeting(made), cast.order(made, "A1", made.subject)
    case = approve(made, decide(made, file(made, "delete")))
    # Without a time to change one's mind the job is promised already: it stops before its first effect.
    restricted_record(made, shared)
    outbox.drain()
    assert standing(shared, own, made.subject) == {shared.pk, own.pk, made.subject.pk}
    assert again(case).state == "awaiting_approval"
    assert not Effect.objects.visible_to(TEST).filter(case=case).exists()


def restricted_record(made, record):
    place.place(
        actor=TEST, record=record.pk, ground="restriction", reason="asked", placed_by="case:x", at=LATER,
        subject=made.stranger.pk,
    )  # fmt: skip


def mentioned(made, ground):
    """An order of the stranger's that names the subject, under a lock of this ground."""
    theirs = cast.order(made, "B1", made.stranger, agent=str(made.subject.pk))
    place.place(actor=TEST, record=theirs.pk, ground=ground, reason="a lawsuit", placed_by="user:x", at=LATER)
    return theirs


def agent_of(record):
    return Record.objects.visible_to(TEST).get(pk=record.pk).values.get("agent")


def test_evidence_keeps_whom_it_names(made):
    """A legal hold keeps a record as it is: whoever it names is kept with it, and told on which ground."""
    theirs, own = mentioned(made, "legal_hold"), cast.order(made, "A1", made.subject)
    done = deleted(made)
    assert done.state == "partly_fulfilled"
    assert standing(own, made.subject) == {made.subject.pk}
    assert agent_of(theirs) == str(made.subject.pk)
    assert planned(done)["contacts", str(made.subject.pk)] == ("refuse", CLAIMS)


def test_evidence_keeps_nobody_any_more_once_the_hold_has_ended(made):
    """Neither in the plan nor at the door; the record then loses the name as any other does."""
    theirs = mentioned(made, "legal_hold")
    place.lift(actor=TEST, placed_by="user:x", at=LATER, reason="over")
    done = deleted(made)
    assert (done.state, standing(theirs, made.subject)) == ("fulfilled", {theirs.pk})
    assert agent_of(theirs) is None


def test_evidence_is_not_altered_by_a_deletion_approved_before(made):
    theirs = cast.order(made, "B1", made.stranger, agent=str(made.subject.pk))
    place.place(
        actor=TEST, record=theirs.pk, ground="legal_hold", reason="a lawsuit", placed_by="x", at=LATER
    )
    with pytest.raises(Locked) as refused:
        delete_record(
            actor=TEST, record=made.subject.pk, at=LATER, under=Authority(theirs.pk, "erase", made.subject.pk)
        )
    assert refused.value.code == "legal_hold"
    assert agent_of(theirs) == str(made.subject.pk)


@pytest.mark.parametrize("ground", ["retention", "restriction", "business"])
def test_every_other_lock_lets_the_name_go(made, ground):
    """What the law keeps of an invoice is the invoice, not who handled it; a restriction does not reach the
    rights of others (Art. 18(2))."""
    theirs = mentioned(made, ground)
    done = deleted(made)
    assert (done.state, standing(theirs, made.subject)) == ("fulfilled", {theirs.pk})
    assert agent_of(theirs) is None
    assert LedgerEntry.objects.filter(code="record.unlinked", about=f"record:{theirs.pk}").count() == 1


def test_restrictions_that_stood_before_are_told_whose_they_are(made):
    """By the migration, from the case that placed them; a lock of another ground stays as it is."""
    shared = meeting(made)
    restricted(made, "stranger")
    place.place(actor=TEST, record=shared.pk, ground="legal_hold", reason="x", placed_by="user:x", at=LATER)
    rows = Lock.objects.visible_to(TEST).filter(record=shared.pk)
    rows.update(subject=None)
    import_module("requests.migrations.0004_whose_restriction").name_subjects(apps, None)
    assert dict(rows.values_list("ground", "subject")) == {
        "restriction": made.stranger.pk,
        "legal_hold": None,
    }
