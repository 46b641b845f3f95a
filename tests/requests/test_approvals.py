"""Decisions: who may take them, what they need, and that no single person erases."""

from functools import partial

import pytest

from portals_core.ledger.models import LedgerEntry
from portals_core.locks import place
from portals_core.people.models import User
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, Locked
from portals_core.plumbing.models import Job, Mail
from portals_core.writing.records import change_record
from requests.arriving import mandates
from requests.casebook import reads
from requests.deciding import approvals
from requests.law import grounds
from requests.models import Case, Kind, Plan
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import GROUND, LATER, TEST, approve, decide, file, there

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def set_user(user, **values):
    User.objects.visible_to(TEST).filter(pk=user.pk).update(**values)


def test_a_deletion_goes_to_a_second_officer_with_its_plan(made):
    """N3, W11: the plan is stored before anything is done, with counts and digest."""
    cast.line(made, cast.order(made, "A1", made.subject), "Lamp")
    case = decide(made, file(made, "delete"))
    assert case.state == "awaiting_approval" and case.decided_by == made.users["officer"]
    plan = there(reads.plan_of(made.actor("second_officer"), case))
    assert plan.digest == case.plan_digest
    assert plan.counts == {
        "account:account": 1,
        "mail:mail": 1,
        "records:contacts": 1,
        "records:lines": 1,
        "records:orders": 1,
        "requests:case": 1,
    }
    assert [row[1] for row in plan.items if row[0] == "records"] == ["lines", "orders", "contacts"]
    assert not Job.objects.filter(about=case.ref).exists()


def test_the_second_officer_sets_it_going(made):
    case = case_cast.approved_deletion(made)
    assert case.state == "carrying_out"
    assert (case.approved_by, case.approved_at) == (made.users["second_officer"], LATER)
    assert Job.objects.get(about=case.ref).payload == {"case": str(case.pk)}


def test_a_second_approval_is_a_conflict_and_starts_nothing_more(made):
    """Attack 35."""
    case = case_cast.approved_deletion(made)
    with pytest.raises(Conflict):
        approve(made, case)
    assert Job.objects.filter(about=case.ref).count() == 1


@pytest.mark.parametrize("part", ["decider", "filer"])
def test_who_decided_or_filed_does_not_approve(made, part):
    """10: every pairing of one human in two parts, with the refusal recorded and its passing twin."""
    made.users["third"] = cast.staff("third", "officer")
    case = file(made, "delete", "third", subject=made.subject.pk)
    decide(made, case)
    with pytest.raises(Forbidden) as caught:
        approve(made, case, {"decider": "officer", "filer": "third"}[part])
    assert caught.value.code == "approval.same_person"
    assert case_cast.again(case).state == "awaiting_approval"
    assert LedgerEntry.objects.get(code="case.refused_attempt").about == case.ref
    assert approve(made, case).state == "carrying_out"


@pytest.mark.parametrize("tie", ["account", "address"])
def test_nobody_decides_or_approves_about_themself(made, tie):
    """10: by the account tied to the record, or by the address that stands on it."""
    officer, second = made.users["officer"], made.users["second_officer"]

    def tie_to(user):
        if tie == "account":
            set_user(made.users["subject"], identity=None)
            set_user(user, identity=made.subject.pk)
        else:
            change_record(actor=TEST, record=made.subject.pk, given={"email": user.email.upper()}, at=LATER)

    case = file(made, "delete")
    tie_to(officer)
    with pytest.raises(Forbidden) as caught:
        decide(made, case)
    assert caught.value.code == "approval.own_case"
    set_user(officer, identity=None)
    tie_to(second)
    decide(made, case)
    with pytest.raises(Forbidden) as caught:
        approve(made, case)
    assert caught.value.code == "approval.own_case"
    made.users["third"] = cast.staff("third", "officer")
    assert approve(made, case, "third").state == "carrying_out"


def test_a_decider_whose_role_changed_meanwhile_is_still_the_decider(made):
    """10, role changes between steps: parts follow the person, not the role."""
    case = decide(made, file(made, "delete"))
    holding = made.users["officer"].holdings.model.objects.visible_to(TEST).filter(user=made.users["officer"])
    holding.delete()
    with pytest.raises(Forbidden):
        approve(made, case, "officer")
    assert approve(made, case).state == "carrying_out"


@pytest.mark.parametrize("who", ["subject", "stranger", "administrator", "auditor", "operator"])
def test_only_officers_decide_and_approve(made, who):
    case = file(made, "delete")
    with pytest.raises(Forbidden):
        decide(made, case, who=who)
    decide(made, case)
    with pytest.raises(Forbidden):
        approve(made, case, who)
    with pytest.raises(Forbidden):
        approvals.send_back(actor=made.actor(who), case=case.pk, at=LATER, reason="no")


def test_an_officer_without_second_factor_holds_no_right(made):
    from portals_core.people import accounts

    case = file(made, "delete")
    unverified = accounts.actor_of(made.users["officer"], verified=False)
    with pytest.raises(Forbidden):
        approvals.decide(actor=unverified, case=case.pk, outcome="approve", at=LATER)


def test_the_system_decides_nothing(made):
    case = file(made, "delete")
    with pytest.raises(Forbidden):
        approvals.decide(actor=TEST, case=case.pk, outcome="approve", at=LATER)


def test_an_unproven_request_is_never_decided(made):
    """1, attack 3: neither approved nor refused before the person answered; afterwards it is."""
    case = file(made, "delete", subject=made.added.pk)
    for outcome in ("approve", "refuse"):
        with pytest.raises(Conflict):
            decide(made, case, outcome, ground=GROUND if outcome == "refuse" else "", sentence="No")
    mandates.confirm(case_cast.token_for(case), at=LATER)
    assert decide(made, case).state == "awaiting_approval"


@pytest.mark.parametrize("kind", Kind.values)
def test_a_refusal_needs_ground_and_reason_and_tells_how_to_complain(made, kind):
    """W19, Art. 12(4)."""
    case = file(made, kind, **({"proposals": {"name": "New"}} if kind == "rectify" else {}))
    for given in ({}, {"ground": GROUND}, {"sentence": "No"}, {"ground": "made_up", "sentence": "No"}):
        with pytest.raises(BadInput):
            decide(made, case, "refuse", **given)
    refused = decide(made, case, "refuse", ground=GROUND, sentence="You asked this yesterday.")
    assert (refused.state, refused.closed_at, refused.ground) == ("refused", LATER, GROUND)
    mail = Mail.objects.get(kind="case.refused")
    assert mail.to == "sage@people.example"
    for said in (
        "You asked this yesterday.",
        "clearly without foundation",
        "UODO",
        "court",
        "https://uodo.gov.pl",
    ):
        assert said in mail.body.replace("Urząd Ochrony Danych Osobowych", "UODO")
    assert there(reads.answer(made.actor("subject"), refused)).sentence == "You asked this yesterday."


def test_the_grounds_of_erasure_refuse_no_export(made):
    ground = "JustificationA17LegalClaims"
    with pytest.raises(BadInput):
        decide(made, file(made, "export"), "refuse", ground=ground, sentence="No")
    assert decide(made, file(made, "delete"), "refuse", ground=ground, sentence="A claim").state == "refused"


def test_the_refusal_of_a_represented_persons_request_goes_to_that_person_only(made):
    """W17, decision 14."""
    case = file(made, "export", subject=made.added.pk)
    mandates.confirm(case_cast.token_for(case), at=LATER)
    refused = decide(made, case, "refuse", ground=GROUND, sentence="A private reason")
    assert Mail.objects.get(kind="case.refused").to == "ada@people.example"
    assert reads.answer(made.actor("subject"), refused) is None
    made.users["added"] = cast.portal_user(made.added, made.user_type)
    assert there(reads.answer(made.actor("added"), refused)).sentence == "A private reason"


def test_a_submitted_deletion_can_be_refused(made):
    case = decide(made, file(made, "delete"))
    refused = decide(made, case, "refuse", "second_officer", ground=GROUND, sentence="No")
    assert refused.state == "refused"


def test_a_reason_to_erase_comes_from_its_own_list(made):
    case = file(made, "delete")
    with pytest.raises(BadInput):
        decide(made, case, ground=GROUND)
    assert decide(made, case, ground=grounds.ERASURES[0].code).ground == grounds.ERASURES[0].code


def test_send_back_takes_a_reason_and_undoes_the_decision(made):
    case = decide(made, file(made, "delete"))
    second = {"actor": made.actor("second_officer"), "case": case.pk, "at": LATER}
    with pytest.raises(BadInput):
        approvals.send_back(reason="  ", **second)
    with pytest.raises(Forbidden):
        approvals.send_back(**{**second, "actor": made.actor("officer")}, reason="my own")
    back = approvals.send_back(reason="Look at the orders", **second)
    assert (back.state, back.decided_by, back.plan_digest) == ("in_review", None, "")
    assert there(reads.history(made.actor("officer"), back).last()).reason == "Look at the orders"


@pytest.mark.parametrize("change", ["added", "changed", "removed"])
def test_what_changed_after_the_decision_sends_the_deletion_back(made, change):
    """9, W11, attack 37: at approval the plan is computed anew."""
    order = cast.order(made, "A1", made.subject)
    case = decide(made, file(made, "delete"))
    if change == "added":
        cast.order(made, "A2", made.subject)
    elif change == "changed":
        change_record(actor=TEST, record=order.pk, given={"total": "1.00"}, at=LATER)
    else:
        order.delete()
    with pytest.raises(Conflict) as caught:
        approve(made, case)
    assert caught.value.code == "plan.drift"
    stored = case_cast.again(case)
    assert (stored.state, stored.decided_by, stored.plan_digest) == ("in_review", None, "")
    assert not Job.objects.filter(about=case.ref).exists()
    decide(made, stored)
    assert approve(made, case).state == "carrying_out"


def test_what_changed_for_somebody_else_is_no_drift(made):
    case = decide(made, file(made, "delete"))
    cast.order(made, "B1", made.stranger)
    assert approve(made, case).state == "carrying_out"


def test_a_duty_to_keep_stops_a_deletion_until_it_ends(made):
    """L4, decision 15: at the decision and again at the approval; a business lock stands in no one's way."""
    order = cast.order(made, "A1", made.subject)
    reason = "kept for the tax office"
    lock = partial(place.place, actor=TEST, record=order.pk, reason=reason, at=LATER)
    lock(ground="business", placed_by="user:x")
    case = file(made, "delete")
    lock(ground="retention", placed_by="user:y")
    with pytest.raises(Locked) as caught:
        decide(made, case)
    assert caught.value.code == "retention" and "tax office" in str(caught.value)
    place.lift(actor=TEST, placed_by="user:y", at=LATER, reason="ended")
    decide(made, case)
    lock(ground="legal_hold", placed_by="user:z")
    with pytest.raises(Locked):
        approve(made, case)
    assert case_cast.again(case).state == "awaiting_approval"
    place.lift(actor=TEST, placed_by="user:z", at=LATER, reason="ended")
    assert approve(made, case).state == "carrying_out"


def test_other_open_requests_are_answered_first_and_unproven_ones_do_not_count(made):
    """W18: what nobody proved blocks nobody."""
    case = decide(made, file(made, "delete"))
    export = file(made, "export")
    with pytest.raises(Conflict) as caught:
        approve(made, case)
    assert export.number in str(caught.value)
    decide(made, export, "refuse", ground=GROUND, sentence="Deletion comes first")
    with pytest.raises(Conflict):  # the refused request is held too now: a new plan is due
        approve(made, case)
    decide(made, case_cast.again(case))
    assert approve(made, case).state == "carrying_out"


def test_nothing_else_starts_while_a_person_is_erased(made):
    """Attacks 39 and 40."""
    export = file(made, "export", "officer", subject=made.subject.pk)
    deletion = file(made, "delete")
    Case.objects.visible_to(TEST).filter(pk=deletion.pk).update(state="carrying_out")
    for kind in ("export", "rectify"):
        with pytest.raises(Conflict) as caught:
            file(made, kind, proposals={"name": "New"} if kind == "rectify" else None)
        assert caught.value.code == "request.being_erased"
    with pytest.raises(Conflict) as caught:
        decide(made, export)
    assert caught.value.code == "request.being_erased"


def test_corrections_are_decided_field_by_field(made):
    """W4: each field; a refused one needs ground and reason."""
    case = file(made, "rectify", proposals={"name": "New", "phone": "+48 22 555 01 01"})
    ids = {row.field: str(row.id) for row in reads.corrections(made.actor("officer"), case)}
    for wrong in ({"name": True}, {"name": True, "other": False}, {"name": False, "phone": False}):
        with pytest.raises(BadInput):
            decide(made, case, proposals=wrong)
    mixed = {ids["name"]: True, ids["phone"]: False}
    with pytest.raises(BadInput):
        decide(made, case, proposals=mixed)
    decide(made, case, proposals=mixed, ground=GROUND, sentence="That is not your number")
    outbox.drain()
    stored = case_cast.again(case)
    assert stored.state == "partly_fulfilled"
    seen = {row.field: row for row in reads.corrections(made.actor("subject"), stored)}
    assert seen["name"].approved and seen["name"].applied_at
    assert seen["phone"].approved is False and seen["phone"].applied_at is None


def test_a_correction_that_cannot_be_stored_is_said_to_the_officer(made):
    """F6: a value somebody else holds; nothing is written by finding out."""
    case = file(made, "rectify", proposals={"email": "robin@people.example"})
    before = case_cast.rows("portals_core.Record", "portals_core.UniqueValue", "portals_core.Job")
    with pytest.raises(BadInput) as caught:
        decide(made, case)
    assert caught.value.code == "value.not_unique"
    assert case_cast.rows("portals_core.Record", "portals_core.UniqueValue", "portals_core.Job") == before
    assert case_cast.again(case).state == "in_review"


def test_absent_cases_are_absent_for_officers_too(made):
    with pytest.raises(Absent):
        approvals.decide(actor=made.actor("officer"), case=made.subject.pk, outcome="approve", at=LATER)


def test_a_decision_stores_no_plan_when_it_fails(made):
    case = file(made, "delete")
    decide(made, case)
    with pytest.raises(Conflict):
        decide(made, case)
    assert Plan.objects.visible_to(TEST).filter(case=case).count() == 1
