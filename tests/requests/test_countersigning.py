"""Several officers approve: how many a plan needs, whose yes counts, and what voids it (promise 10)."""

import pytest

from portals_core.ledger.models import LedgerEntry
from portals_core.people.models import User
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Conflict, Forbidden
from portals_core.plumbing.models import Job
from requests.casebook import reads
from requests.deciding import approvals
from requests.models import Approval, Case
from requests.parts import approval
from tests import cast
from tests.requests import case_cast, pages
from tests.requests.case_cast import LATER, TEST, approve, decide, file, there

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def set_user(user, **values):
    User.objects.visible_to(TEST).filter(pk=user.pk).update(**values)


def test_a_large_deletion_needs_two_officers_besides_the_one_who_decided(made, settings):
    """10, decision 22: the threshold is met by the plan, and each yes has its entry."""
    settings.TWO_APPROVALS_FROM = 5
    made.users["third"] = cast.staff("third", "officer")
    case = decide(made, file(made, "delete"))
    assert there(reads.plan_of(made.actor("officer"), case)).counts and case.approvals_needed == 1
    approvals.send_back(actor=made.actor("third"), case=case.pk, at=LATER, reason="Look again")
    settings.TWO_APPROVALS_FROM = 4
    case = decide(made, case_cast.again(case))
    assert case.approvals_needed == 2
    waiting = approve(made, case)
    assert (waiting.state, waiting.approved_by, waiting.version) == (
        "awaiting_approval",
        None,
        case.version,
    )
    assert case_cast.codes(case)[-1] == "case.countersigned"
    assert not Job.objects.filter(about=case.ref).exists()
    with pytest.raises(Conflict) as caught:
        approve(made, case)
    assert caught.value.code == "approval.again"
    assert approve(made, case, "third").state == "carrying_out"
    assert Approval.objects.visible_to(TEST).filter(case=case, void=False).count() == 2


def test_a_plan_that_went_back_needs_every_yes_anew(made, settings):
    """10: also where the same plan is submitted once more."""
    settings.TWO_APPROVALS_FROM = 1
    made.users["third"] = cast.staff("third", "officer")
    case = decide(made, file(made, "delete"))
    approve(made, case)
    approvals.send_back(actor=made.actor("third"), case=case.pk, at=LATER, reason="Look again")
    anew = decide(made, case_cast.again(case))
    assert anew.plan_digest == case.plan_digest
    assert approve(made, anew, "third").state == "awaiting_approval"
    assert approve(made, anew).state == "carrying_out"


def test_what_changed_between_two_approvals_sends_it_back(made, settings):
    """9: the first yes is void with its plan."""
    settings.TWO_APPROVALS_FROM = 1
    made.users["third"] = cast.staff("third", "officer")
    case = decide(made, file(made, "delete"))
    approve(made, case)
    cast.order(made, "A2", made.subject)
    with pytest.raises(Conflict) as caught:
        approve(made, case, "third")
    assert caught.value.code == "plan.drift"
    assert Approval.objects.visible_to(TEST).get(case=case).void


def test_the_same_form_sent_again_returns_the_first_result(made):
    """Attack 80: and starts nothing more, whoever else sends it gets a conflict."""
    made.users["third"] = cast.staff("third", "officer")
    case = decide(made, file(made, "delete"))

    def send(who):
        return approvals.approve(actor=made.actor(who), case=case.pk, at=LATER, seen=case.plan_digest)

    first = send("second_officer")
    before = LedgerEntry.objects.count()
    assert send("second_officer") == first and send("second_officer").version == first.version
    assert LedgerEntry.objects.count() == before
    assert Job.objects.filter(about=case.ref).count() == 1
    with pytest.raises(Conflict):
        send("third")
    outbox.drain()
    assert send("second_officer").state == "fulfilled"


def test_a_yes_that_was_sent_back_is_no_first_result(made):
    """Attack 80: an old bookmark does not approve what was decided anew."""
    case = decide(made, file(made, "delete"))
    old = case.plan_digest
    approvals.send_back(actor=made.actor("second_officer"), case=case.pk, at=LATER, reason="Look again")
    cast.order(made, "A2", made.subject)
    decide(made, case_cast.again(case))
    with pytest.raises(Conflict) as caught:
        approvals.approve(actor=made.actor("second_officer"), case=case.pk, at=LATER, seen=old)
    assert caught.value.code == "plan.other"


@pytest.mark.parametrize("part", ["filed", "decided"])
def test_one_human_with_two_accounts_is_one_human(made, part):
    """10: the same address in another form is the same human."""
    case = decide(made, file(made, "delete"))
    other = cast.staff("elsewhere", "officer")
    set_user(other, email=made.users["second_officer"].email.upper())
    column = {"filed": "requester", "decided": "decided_by"}[part]
    Case.objects.visible_to(TEST).filter(pk=case.pk).update(**{column: other})
    with pytest.raises(Forbidden) as caught:
        approve(made, case)
    assert caught.value.code == "approval.same_person"
    made.users["third"] = cast.staff("third", "officer")
    assert approve(made, case, "third").state == "carrying_out"


def test_one_human_with_two_accounts_does_not_approve_twice(made, settings):
    """10: nor counts as two officers."""
    settings.TWO_APPROVALS_FROM = 1
    case = decide(made, file(made, "delete"))
    approve(made, case)
    made.users["twin"] = cast.staff("twin", "officer")
    set_user(made.users["twin"], email=made.users["second_officer"].email.upper())
    with pytest.raises(Conflict) as caught:
        approve(made, case, "twin")
    assert caught.value.code == "approval.again"
    made.users["third"] = cast.staff("third", "officer")
    assert approve(made, case, "third").state == "carrying_out"


def test_what_drifts_while_it_is_carried_out_needs_every_yes_anew(made, settings):
    """9, 10: the worker found other data than was approved, so both officers look once more."""
    settings.TWO_APPROVALS_FROM = 5
    made.users["third"] = cast.staff("third", "officer")
    case = case_cast.approved_deletion(made)
    cast.order(made, "A2", made.subject)
    outbox.drain()
    drifted = case_cast.again(case)
    assert (drifted.state, drifted.approvals_needed) == ("awaiting_approval", 2)
    assert approve(made, drifted).state == "awaiting_approval"
    assert approve(made, drifted, "third").state == "carrying_out"


def test_the_part_of_the_page_says_who_approved_and_how_many_are_missing(made, settings):
    settings.TWO_APPROVALS_FROM = 1
    made.users["third"] = cast.staff("third", "officer")
    case = decide(made, file(made, "delete"))

    def shown(who):
        return approval.part(made.actor(who), case_cast.again(case), LATER)

    assert shown("officer")["own_decision"] and shown("officer")["missing"] == 2
    assert not shown("second_officer")["own_decision"] and shown("second_officer")["back"] is not None
    assert shown("auditor")["back"] is None
    approve(made, case)
    assert [one.at for one in shown("third")["signed"]] == [LATER] and shown("third")["missing"] == 1
    assert shown("second_officer")["own_decision"] and not shown("third")["own_decision"]


def test_the_page_says_nothing_new_to_the_same_form_sent_again(made):
    """Attack 80, through the page."""
    case = decide(made, file(made, "delete"))
    second = pages.browser(made, "second_officer", fresh=True)
    address, sent = f"/desk/cases/{case.pk}/approve/", {"digest": case.plan_digest}
    assert second.post(address, sent).status_code == 302
    assert second.post(address, sent).status_code == 302
    assert Job.objects.filter(about=case.ref).count() == 1
    outbox.drain()
    assert second.post(address, sent).status_code == 302
    assert case_cast.again(case).state == "fulfilled"
