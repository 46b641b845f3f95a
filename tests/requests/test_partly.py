"""Partly refused and carried out: what is kept stays whole, the rest goes, the person learns why (W5)."""

import pytest

from consent.models import Basis
from portals_core.ledger.models import LedgerDetail
from portals_core.locks import place
from portals_core.people.models import User
from portals_core.plumbing import keyring, outbox
from portals_core.plumbing.errors import BadInput, Conflict, Locked
from portals_core.plumbing.models import Mail
from portals_core.records.models import Note, Record
from portals_core.writing.records import change_record
from requests.casebook import reads
from requests.holding import planning
from requests.models import Effect, Letter, LetterKind, Plan
from tests import cast
from tests.requests import case_cast, partly_cast
from tests.requests.case_cast import GROUND, LATER, TEST, again, approve, file, there
from tests.requests.partly_cast import CLAIMS, REQUIRED, bought, decide, planned, put

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
HELD = (
    "portals_core.Record", "portals_core.Edge", "portals_core.UniqueValue", "portals_core.Note",
    "portals_core.User", "portals_core.Lock", "portals_core.Mail", "dsr_requests.CaseDetail",
)  # fmt: skip


def partly(made):
    """A deletion of which an invoice and the person's record are kept, carried out."""
    case = approve(made, decide(made, file(made, "delete", text="my words")))
    outbox.drain()
    return again(case)


def records():
    return set(Record.objects.visible_to(TEST).values_list("pk", flat=True))


def test_what_must_be_kept_stays_whole_and_the_rest_goes(made):
    """W5, 17: orders, lines and notes go; the invoice, its note and the person's record stay to the byte,
    and nobody else loses one."""
    things = bought(made)
    theirs = cast.order(made, "B1", made.stranger)
    before = case_cast.rows(*HELD)
    case = partly(made)
    assert case.state == "partly_fulfilled"
    gone = {things.line.pk, *(order.pk for order in things.orders)}
    assert not records() & gone
    assert records() >= {things.invoice.pk, made.subject.pk, theirs.pk}
    after = case_cast.rows(*HELD)
    lost = {key for key in before.keys() - after.keys() if key[0] == "portals_core.Record"}
    assert lost == {("portals_core.Record", str(pk)) for pk in gone}
    assert {key for key in before.keys() & after.keys() if before[key] != after[key]} == set()
    notes = set(Note.objects.visible_to(TEST).values_list("record", flat=True))
    assert notes == {things.invoice.pk}


def test_the_keys_of_what_is_kept_are_not_destroyed(made):
    """RD3: what the ledger says of a kept record can still be read; of the others it cannot."""
    things = bought(made)
    change_record(actor=TEST, record=made.subject.pk, given={"phone": "+48 22 555 01 01"}, at=cast.NOW)
    # Something that goes and is sealed with the key of the record that stays.
    Basis(subject=made.subject.pk, basis="A6-1-b", valid_from=cast.NOW, recorded_at=cast.NOW).save()
    partly(made)
    assert not Basis.objects.visible_to(TEST).exists()
    assert LedgerDetail.objects.filter(subject=made.subject.pk).exists()
    destroyed = [key for key in (things.invoice.pk, made.subject.pk) if keyring.is_destroyed(key)]
    assert destroyed == []
    assert all(keyring.is_destroyed(order.pk) for order in things.orders)


def test_the_words_and_the_address_of_the_case_stay_while_the_person_does(made):
    """The answer must find its way; other requests are not ended either."""
    bought(made)
    case = partly(made)
    assert there(reads.words(made.actor("officer"), case)).reply_to == "sage@people.example"
    account = User.objects.visible_to(TEST).get(pk=made.users["subject"].pk)
    assert account.is_active and account.identity_id == made.subject.pk


def test_the_last_message_says_what_is_kept_why_until_when_and_how_to_complain(made):
    """Art. 12(4), 17(3)(b), N2: written from the lock, never with its internal reason."""
    bought(made)
    partly(made)
    mail = Mail.objects.get(kind="case.partly_erased")
    assert (mail.to, mail.subject_id) == ("sage@people.example", made.subject.pk)
    for said in (
        "Invoices (1)",
        "Contacts (1)",
        "A law obliges us",
        "17(3)(b)",
        "2031",
        "uodo.gov.pl",
        "court",
    ):
        assert said in mail.body
    assert "tax office" not in mail.body
    letter = Letter.objects.visible_to(TEST).get(kind=LetterKind.COMPLETION)
    assert letter.mail == mail.pk and "A law obliges us" in letter.body and "uodo.gov.pl" in letter.body
    assert not Mail.objects.filter(kind="case.erased").exists()


def test_the_officers_words_reach_the_person(made):
    things = bought(made, locked=False)
    case = file(made, "delete")
    put(made, case, ref=str(things.orders[0].pk), ground=CLAIMS, sentence="A claim about it is open.")
    approve(made, decide(made, case))
    outbox.drain()
    body = Mail.objects.get(kind="case.partly_erased").body
    assert "A claim about it is open." in body and "Orders (1)" in body
    assert things.orders[0].pk in records() and things.orders[1].pk not in records()


def test_the_plan_names_every_verdict_and_nothing_kept_stands_among_the_effects(made):
    """N3, 22: kept items stand in the approved plan, with their grounds, and in no effect."""
    things = bought(made)
    case = partly(made)
    found = planned(case)
    assert found["invoices", str(things.invoice.pk)] == ("refuse", REQUIRED)
    assert found["contacts", str(made.subject.pk)] == ("refuse", REQUIRED)
    assert found["orders", str(things.orders[0].pk)] == ("fulfil", "")
    items = set(
        Effect.objects.visible_to(TEST).filter(case=case, step="erase").values_list("item", flat=True)
    )
    assert not {item for item in items if "invoices" in item or "contacts" in item}
    assert Plan.objects.visible_to(TEST).get(case=case).counts["records:orders"] == 3


def test_approving_everything_says_which_record_must_be_kept(made):
    """Decision 15: only what is drafted to go is asked about."""
    things = bought(made)
    case = file(made, "delete")
    with pytest.raises(Locked):
        decide(made, case, "approve")
    put(made, case, kind="invoices", ref=str(things.invoice.pk))
    with pytest.raises(Conflict) as caught:
        decide(made, case, "approve")
    assert caught.value.code == "plan.torn"
    put(made, case, kind="contacts", ground=REQUIRED, sentence="The invoice names you.")
    assert decide(made, case, "approve").state == "awaiting_approval"


def test_a_draft_to_erase_what_must_be_kept_is_refused(made):
    things = bought(made)
    case = file(made, "delete")
    put(made, case, kind="invoices", ref=str(things.invoice.pk), verdict="fulfil")
    with pytest.raises(Locked) as caught:
        decide(made, case)
    assert caught.value.code == "retention"
    assert again(case).state == "in_review"


def test_a_request_of_which_nothing_is_done_is_refused_as_a_whole(made):
    """W25: all kept is no partial fulfilment."""
    bought(made, locked=False)
    case = file(made, "delete")
    for group in partly_cast.seen(made, case).values():
        put(made, case, source=group.source, kind=group.kind, ground=CLAIMS, sentence="A claim is open.")
    with pytest.raises(BadInput) as caught:
        decide(made, case)
    assert caught.value.code == "decision.all_refused"
    assert decide(made, case, "refuse", ground=GROUND, sentence="No").state == "refused"


@pytest.mark.parametrize("change", ["added", "changed", "locked"])
def test_what_changed_after_a_partial_decision_is_seen_at_the_approval(made, change):
    """9, N3: also under a verdict about a whole kind."""
    things = bought(made)
    case = file(made, "delete")
    put(made, case, ground=CLAIMS, sentence="A claim is open.")
    decide(made, case)
    if change == "added":
        cast.order(made, "A9", made.subject)
    elif change == "changed":
        change_record(actor=TEST, record=things.orders[0].pk, given={"total": "1.00"}, at=LATER)
    else:
        partly_cast.lock(things.line, by="user:late")
    with pytest.raises((Conflict, Locked) if change == "locked" else Conflict):
        approve(made, case)
    assert not Effect.objects.visible_to(TEST).filter(case=case).exists()


def test_what_came_after_the_approval_is_judged_anew_for_the_second_officer(made):
    """9: nothing was erased yet; known items keep their verdicts, the new one its kind's."""
    bought(made)
    case = file(made, "delete")
    put(made, case, ground=CLAIMS, sentence="A claim is open.")
    approved = approve(made, decide(made, case))
    late = cast.order(made, "A9", made.subject)
    outbox.drain()
    stored = again(approved)
    assert stored.state == "awaiting_approval" and stored.plan_digest != approved.plan_digest
    assert planned(case)["orders", str(late.pk)] == ("refuse", CLAIMS)
    assert planned(case)["contacts", str(made.subject.pk)] == ("refuse", REQUIRED)
    approve(made, stored)
    outbox.drain()
    assert again(case).state == "partly_fulfilled"
    assert late.pk in records()


def test_what_was_kept_when_it_was_approved_stays_when_the_hold_has_ended_meanwhile(made):
    """9: what was approved runs, and its ground is told; otherwise it would go without a second officer."""
    things = bought(made)
    case = case_cast.approve(made, decide(made, file(made, "delete")))
    place.lift(actor=TEST, placed_by="user:x", at=LATER, reason="over")
    outbox.drain()
    assert case_cast.again(case).state == "partly_fulfilled"
    assert planned(case)["invoices", str(things.invoice.pk)] == ("refuse", REQUIRED)
    assert Record.objects.visible_to(TEST).filter(pk=things.invoice.pk).exists()
    told = Mail.objects.get(kind="case.partly_erased").body
    assert "Invoices (1): A law obliges us to keep the data." in told and "2031" not in told
    assert "tax office" not in told


def test_a_kind_that_was_asked_for_goes_and_the_person_stays(made):
    """W5: all that was asked is done, so the request is fulfilled; the message says so."""
    things = bought(made)
    case = file(made, "delete")
    case.asked = {"what": "kinds", "kinds": ["records:orders"]}
    case.save()
    approve(made, decide(made, case))
    outbox.drain()
    assert again(case).state == "fulfilled"
    assert records() >= {things.invoice.pk, made.subject.pk}
    assert not records() & {things.line.pk, *(order.pk for order in things.orders)}
    assert "What you asked us to delete was deleted." in Mail.objects.get(kind="case.partly_erased").body
    assert not keyring.is_destroyed(made.subject.pk)


def test_a_record_can_be_kept_out_of_a_restriction(made):
    """Art. 18: what is refused stays open, the rest is locked, and both are told."""
    things = bought(made, locked=False)
    case = file(made, "stop")
    put(made, case, ref=str(things.orders[0].pk), ground="OwnA18NoneApplies", sentence="Still needed.")
    decide(made, case)
    outbox.drain()
    assert again(case).state == "partly_fulfilled"
    locked = {lock.record_id for lock in place.register(made.actor("operator"))}
    assert things.orders[0].pk not in locked
    assert locked >= {things.orders[1].pk, things.invoice.pk, made.subject.pk}
    assert "Still needed." in Mail.objects.get(kind="case.stopped").body


def test_the_person_can_go_while_messages_are_kept(made):
    """A refusal of what hangs on nobody: the person's record goes, with the case's words."""
    case = file(made, "delete")
    put(made, case, source="mail", kind="mail", ground=CLAIMS, sentence="A claim is open.")
    approve(made, decide(made, case))
    outbox.drain()
    assert again(case).state == "partly_fulfilled"
    assert made.subject.pk not in records()
    last = Mail.objects.get(kind="case.partly_erased")
    assert last.subject_id is None and "A claim is open." in last.body
    assert reads.words(made.actor("officer"), case) is None
    assert Mail.objects.filter(kind="case.acknowledged", subject_id=made.subject.pk).exists()
    assert planning.takes_person(case, planning.entries_stored(again(case)))
