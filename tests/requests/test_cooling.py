"""The time between the last approval and the first effect: nothing is erased, and it can be taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from portals_core.locks import place
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.plumbing.models import Job, Mail
from portals_core.records.models import Record
from portals_core.writing.records import change_record
from requests.arriving import mandates
from requests.casebook import lifecycle, reads
from requests.deciding import approvals, cooling
from requests.models import Approval
from tests import cast
from tests.requests import case_cast, pages
from tests.requests.case_cast import LATER, TEST, approve, codes, decide, file, there

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
UNTIL = LATER + timedelta(hours=24)


@pytest.fixture(autouse=True)
def _a_day_to_change_ones_mind(settings):
    settings.COOLING_OFF_HOURS = 24


@pytest.fixture
def case(made):
    """A deletion of the subject, approved and not begun."""
    return case_cast.approved_deletion(made)


def work(at):
    """What a worker does at that moment."""
    with time_machine.travel(at, tick=False):
        outbox.drain()


def still_there(made) -> bool:
    return Record.objects.visible_to(TEST).filter(pk=made.subject.pk).exists()


def recall(made, case, who="officer", reason="An order came in"):
    return cooling.recall(actor=made.actor(who), case=case.pk, at=LATER, reason=reason)


def way_out(kind="case.cooling"):
    """The token in the newest mail of this kind."""
    mail = there(Mail.objects.filter(kind=kind).order_by("-created_at").first())
    return there(re.search(r"/requests/confirm/([^/\s]+)/", mail.body)).group(1)


def test_nothing_is_erased_before_the_time_is_over(made, case):
    """10: and everything is, once it is."""
    assert (case.state, case.cools_until) == ("cooling_off", UNTIL)
    work(UNTIL - timedelta(seconds=1))
    assert case_cast.again(case).state == "cooling_off" and still_there(made)
    work(UNTIL)
    assert case_cast.again(case).state == "fulfilled" and not still_there(made)
    names = [step.name for step in reads.history(made.actor("officer"), case)]
    assert names == ["file", "review", "submit", "approve", "start", "finish"]
    assert {f"case.{name}" for name in names} <= set(codes(case))


def test_the_person_is_told_until_when_and_how(made, case):
    mail = Mail.objects.get(kind="case.cooling")
    assert mail.to == made.users["subject"].email and case.number in mail.title
    assert mandates.PATH.format(token=way_out()) in mail.body


@pytest.mark.parametrize("way", ["portal", "link"])
def test_what_is_taken_back_in_time_is_not_erased(made, case, way):
    """10, attack 36: by the account, and by the link in the mail without one."""
    if way == "portal":
        lifecycle.withdraw(actor=made.actor("subject"), case=case.pk, at=LATER)
    else:
        address = reverse("dsr_requests:confirm", args=[way_out()])
        with time_machine.travel(LATER, tick=False):
            page = pages.words(Client().get(address))
            assert "You asked for this: Delete" in page and "I agree" not in page
            after = Client().post(address, {"answer": "object"}, follow=True)
            assert "The request has ended" in pages.words(after)
            assert Client().post(address, {"answer": "object"}).status_code == 404
    work(UNTIL)
    assert case_cast.again(case).state == "withdrawn" and still_there(made)


def test_the_link_ends_nothing_once_it_is_carried_out(made, case):
    token = way_out()
    with time_machine.travel(UNTIL, tick=False):
        cooling._start(case, at=UNTIL)
    assert not mandates.asked(token, at=UNTIL).may_object
    with pytest.raises(Conflict):
        mandates.object_to(token, at=UNTIL)
    with time_machine.travel(UNTIL, tick=False):
        address = reverse("dsr_requests:confirm", args=[token])
        assert "can no longer be ended" in pages.words(Client().get(address))
        assert Client().post(address, {"answer": "object"}).status_code == 409
    work(UNTIL)
    with pytest.raises(Absent):
        mandates.asked(token, at=UNTIL)


@pytest.mark.parametrize("change", ["added", "changed", "held", "asked"])
def test_what_no_longer_fits_goes_back_to_review(made, case, change):
    """9: the plan is computed anew when the time is over, and whoever must decide decides anew."""
    if change == "added":
        cast.order(made, "A1", made.subject)
    elif change == "changed":
        change_record(actor=TEST, record=made.subject.pk, given={"name": "Sage Autumn"}, at=LATER)
    elif change == "held":
        place.place(
            actor=TEST, record=made.subject.pk, ground="legal_hold", placed_by="user:z", reason="x", at=LATER
        )
    else:
        file(made, "export")
    work(UNTIL)
    back = case_cast.again(case)
    assert (back.state, back.plan_digest, back.approved_by, back.cools_until) == ("in_review", "", None, None)
    assert still_there(made) and "case.recall" in codes(case)
    assert there(reads.history(made.actor("officer"), back).last()).reason
    assert Approval.objects.visible_to(TEST).get(case=case).void


def test_an_officer_takes_it_back_and_it_is_decided_anew(made, case):
    for wrong in ("", " ", "x" * (cooling.LONGEST_REASON + 1)):
        with pytest.raises(BadInput):
            recall(made, case, reason=wrong)
    back = recall(made, case)
    assert (back.state, back.decided_by, back.cools_until) == ("in_review", None, None)
    with pytest.raises(Conflict):
        recall(made, case)
    approve(made, decide(made, back))
    assert Approval.objects.visible_to(TEST).filter(case=case, void=False).count() == 1
    work(UNTIL)
    assert case_cast.again(case).state == "fulfilled"


def test_the_job_of_an_approval_that_was_taken_back_starts_nothing(made, case):
    """Attacks 41 and 46: the same plan approved once more has its own time."""
    recall(made, case)
    decide(made, case_cast.again(case))
    later = UNTIL - timedelta(hours=1)
    approvals_again(made, case, later)
    assert Job.objects.filter(about=case.ref, handler=cooling.START, state="waiting").count() == 2
    work(UNTIL)
    assert case_cast.again(case).state == "cooling_off" and still_there(made)
    work(later + timedelta(hours=24))
    assert case_cast.again(case).state == "fulfilled"


def approvals_again(made, case, at):
    approvals.approve(actor=made.actor("second_officer"), case=case.pk, at=at)


@pytest.mark.parametrize("who", ["subject", "auditor", "administrator", "operator"])
def test_only_officers_take_it_back(made, case, who):
    with pytest.raises((Forbidden, Absent)):
        recall(made, case, who)
    assert case_cast.again(case).state == "cooling_off"


def test_the_page_takes_it_back_and_says_what_is_wrong(made, case):
    officer = pages.browser(made, "officer")
    address = reverse("dsr_requests:recall", args=[case.pk])
    refused = officer.post(address, {"reason": ""})
    assert refused.status_code == 400 and "Take the deletion back" in pages.words(refused)
    after = officer.post(address, {"reason": "An order came in"}, follow=True)
    assert "nothing was erased" in pages.words(after)
    again = officer.post(address, {"reason": "once more"})
    assert again.status_code == 409
    assert officer.get(address).status_code == 405


def test_an_approval_on_the_page_says_that_the_person_has_time(made):
    case = decide(made, file(made, "delete"))
    second = pages.browser(made, "second_officer", fresh=True)
    sent = {"digest": case.plan_digest}
    after = second.post(reverse("dsr_requests:approve", args=[case.pk]), sent, follow=True)
    assert "The person is told until when it can be taken back." in pages.words(after)
    assert case_cast.again(case).state == "cooling_off"
