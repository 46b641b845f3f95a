"""The desk: the queue, a case whole, decisions, and requests that came by phone or letter."""

import pytest
from django.urls import reverse

from portals_core.plumbing import outbox
from portals_core.plumbing.models import Job, JobState
from portals_core.records import projects
from requests.deciding.approvals import CARRY_OUT
from requests.models import Approval, Plan
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import GROUND, TEST, again
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
QUEUE = "dsr_requests:queue"


@pytest.fixture
def desk(made):
    return browser(made, "officer")


def page(case) -> str:
    return reverse("dsr_requests:case", args=[case.pk])


def act(name: str, case) -> str:
    return reverse(f"dsr_requests:{name}", args=[case.pk])


def test_a_case_shows_who_asked_what_is_held_and_what_happened(made, desk):
    order = cast.order(made, "A-1", made.subject)
    for number in range(11):
        cast.line(made, order, f"Tea {number:02d}")
    case = case_cast.file(made, "delete", text="I moved away.")
    shown = words(desk.get(page(case)))
    assert "Person Sage Winter" in shown and "I moved away." in shown
    assert "Order lines 11 Tea" in shown and "and 3 more" in shown
    assert "A request was filed Sage Winter" in shown
    assert "Receipt with number and due date" in shown


def test_an_auditor_reads_a_case_and_decides_nothing(made, desk):
    case = case_cast.file(made, "export", text="Everything, please.")
    auditor = browser(made, "auditor", fresh=True)
    shown = auditor.get(page(case))
    assert "A request was filed" in words(shown) and "Entries in the audit log" in words(shown)
    assert "Sage Winter" not in shown.content.decode() and "Everything, please." not in words(shown)
    assert 'method="post" action="/desk' not in shown.content.decode()
    officers = desk.get(page(case))
    assert "Sage Winter" in words(officers) and act("decide-items", case) in officers.content.decode()
    assert "Entries in the audit log" not in words(officers)
    correction = case_cast.file(made, "rectify", proposals={"name": "Sage Summer"})
    assert "Name hidden hidden Not decided yet" in words(auditor.get(page(correction)))
    assert "Name Sage Winter Sage Summer" in words(desk.get(page(correction)))
    for name in ("decide-items", "decide-yes", "decide-no", "approve", "send-back", "take", "resume"):
        assert auditor.post(act(name, case), {"reason": "x"}).status_code == 403
    assert again(case).state == "in_review"


@pytest.mark.parametrize("who", ["subject", "stranger", "administrator", "operator"])
def test_nobody_else_comes_to_the_desk(made, who):
    case = case_cast.file(made, "export")
    other = browser(made, who, fresh=True)
    for address in (reverse(QUEUE), page(case), reverse("dsr_requests:intake"), act("progress", case)):
        assert other.get(address).status_code == 403
    assert other.post(act("decide-yes", case)).status_code == 403
    assert again(case).state == "in_review"


def test_a_deletion_needs_two_officers_who_see_what_goes(made, desk):
    """Decision 22, promise 10."""
    cast.order(made, "A-1", made.subject)
    case = case_cast.file(made, "delete")
    assert desk.post(act("decide-yes", case), {"ground": ""}).url == page(case)
    waiting = again(case)
    total = len(Plan.objects.visible_to(TEST).get(case=case).items)
    mine = words(desk.get(page(case)))
    assert "Somebody else must approve it." in mine and "Approve: erase" not in mine
    seen = {"digest": waiting.plan_digest}
    assert browser(made, "officer", fresh=True).post(act("approve", case), seen).status_code == 403
    second = browser(made, "second_officer", fresh=True)
    assert f"{total} items are erased for good" in words(second.get(page(case)))
    assert second.post(act("approve", case), {}).status_code == 400
    assert second.post(act("approve", case), {"digest": "0" * 64}).status_code == 409
    assert again(case).state == "awaiting_approval"
    assert second.post(act("approve", case), seen).url == page(case)
    outbox.drain()
    assert again(case).state == "fulfilled"
    done = words(second.get(page(case)))
    assert "Done" in done and "Person erased" in done
    # An old page sent once more shows the first result and does nothing (attack 80).
    assert second.post(act("approve", case), seen).url == page(case)
    assert Approval.objects.visible_to(TEST).filter(case=case).count() == 1


def test_an_approval_asks_for_a_fresh_second_factor(made):
    case = case_cast.decide(made, case_cast.file(made, "delete"))
    stale = browser(made, "second_officer")
    sent = stale.post(act("approve", case), {"digest": case.plan_digest})
    assert (sent.status_code, again(case).state) == (302, "awaiting_approval")
    assert sent.url.startswith(reverse("portals_core:confirm"))


def test_a_plan_that_no_longer_fits_is_said_before_and_refused_after(made):
    """W11: nothing is erased."""
    case = case_cast.decide(made, case_cast.file(made, "delete"))
    second = browser(made, "second_officer", fresh=True)
    assert "are held now" not in words(second.get(page(case)))
    cast.order(made, "A-2", made.subject)
    assert "are held now. If you approve, the request goes back to review" in words(second.get(page(case)))
    refused = second.post(act("approve", case), {"digest": case.plan_digest})
    assert refused.status_code == 409
    assert "The request is in review again" in words(refused)
    assert again(case).state == "in_review"


def test_sending_back_needs_a_reason_for_the_colleague(made):
    case = case_cast.decide(made, case_cast.file(made, "delete"))
    second = browser(made, "second_officer")
    silent = second.post(act("send-back", case), {"reason": " "})
    assert (silent.status_code, again(case).state) == (400, "awaiting_approval")
    assert second.post(act("send-back", case), {"reason": "Look at the invoices."}).url == page(case)
    assert again(case).state == "in_review"
    assert "Look at the invoices." in words(second.get(page(case)))
    assert second.post(act("send-back", case), {"reason": "Again."}).status_code == 409


def test_a_decision_counts_once(made, desk):
    case = case_cast.file(made, "stop")
    assert desk.post(act("decide-yes", case)).url == page(case)
    late = desk.post(act("decide-yes", case))
    assert late.status_code == 409
    assert "not in review any more" in words(late)
    refused = {"ground": GROUND, "sentence": "No."}
    assert desk.post(act("decide-no", case), refused).status_code == 409
    assert again(case).state == "carrying_out"


def test_a_refusal_needs_ground_and_words_and_keeps_what_was_written(made, desk):
    """W19: the closed list of this kind, as sentences."""
    case = case_cast.file(made, "export")
    shown = desk.get(page(case)).content.decode()
    assert "The request is clearly without foundation. (Art. 12(5)(b))" in shown
    assert "A law obliges us to keep the data." not in shown
    half = desk.post(act("decide-no", case), {"ground": "", "sentence": "Because of this."})
    assert half.status_code == 400 and "Because of this." in half.content.decode()
    mute = desk.post(act("decide-no", case), {"ground": GROUND, "sentence": ""})
    assert (mute.status_code, again(case).state) == (400, "in_review")
    other = {"ground": "JustificationA17LegallyRequired", "sentence": "No."}
    assert desk.post(act("decide-no", case), other).status_code == 400
    assert desk.post(act("decide-no", case), {"ground": GROUND, "sentence": "Because."}).url == page(case)
    assert again(case).state == "refused"
    assert "Because." in words(desk.get(page(case)))


def test_corrections_are_answered_one_by_one_beside_before_and_after(made, desk):
    """W4, W5."""
    case = case_cast.file(made, "rectify", proposals={"name": "Sage Summer", "phone": "+48 600 100 200"})
    shown = desk.get(page(case))
    assert "Name Sage Winter Sage Summer" in words(shown)
    fields = {one.split('"')[0] for one in shown.content.decode().split('name="')[1:]}
    yes, no = sorted(name for name in fields if name.startswith("answer_"))
    named = {"ground": "", "sentence": ""}
    assert desk.post(act("decide-yes", case), {**named, yes: "yes"}).status_code == 400
    groundless = desk.post(act("decide-yes", case), {**named, yes: "yes", no: "no"})
    assert (groundless.status_code, again(case).state) == (400, "in_review")
    answers = {yes: "yes", no: "no", "ground": GROUND, "sentence": "Not this one."}
    assert desk.post(act("decide-yes", case), answers).url == page(case)
    outbox.drain()
    assert again(case).state == "partly_fulfilled"
    done = words(desk.get(page(case)))
    assert done.count("Not corrected") == 1 and "Corrected" in done and "Not this one." in done


def test_a_correction_names_the_projects_that_use_the_field(made, desk):
    """F15: the shared field and the system field, not the one of a single project."""
    admin = made.actor("administrator")
    for name in ("Winter", "Debt"):
        projects.define(actor=admin, name=name)
    projects.assign(actor=admin, key="winter", fields={"contacts": ["phone", "health"]})
    projects.assign(actor=admin, key="debt", fields={"contacts": ["phone"]})
    given = {"name": "Sage Summer", "phone": "+48 600 100 200", "health": "well"}
    case = case_cast.file(made, "rectify", proposals=given)
    assert "used by more than one project" not in words(desk.get(page(case)))
    projects.divide(actor=admin, of=made.contacts, on=True)
    shown = desk.get(page(case))
    told = "A correction counts for all of them: Name: every project Phone: Winter, Debt Before and after"
    assert told in words(shown)
    assert [label for label, _where in shown.context["shared"]] == ["Name", "Phone"]


def test_what_stopped_is_shown_with_its_reason_and_can_be_tried_again(made, desk):
    """W21."""
    case = case_cast.decide(made, case_cast.file(made, "stop"))
    assert "Carrying out" in words(desk.get(page(case)))
    jobs = Job.objects.filter(about=case.ref, handler=CARRY_OUT)
    assert jobs.update(state=JobState.PARKED, failure="Broken execute.drift", done=2, total=5) == 1
    shown = words(desk.get(page(case)))
    assert "It stopped after 2 of 5 steps." in shown and "Broken execute.drift" in shown
    assert "Try again from where it stopped" in shown
    assert desk.post(act("resume", case)).url == page(case)
    assert "It stopped" not in words(desk.get(page(case)))
    outbox.drain()
    assert again(case).state == "fulfilled"
    assert desk.post(act("resume", case)).status_code == 409


def test_progress_is_asked_for_until_it_ends_and_then_the_page_comes_anew(made, desk):
    case = case_cast.decide(made, case_cast.file(made, "stop"))
    running = desk.get(act("progress", case))
    assert 'hx-trigger="every 2s"' in running.content.decode()
    assert "HX-Refresh" not in running.headers
    outbox.drain()
    ended = desk.get(act("progress", case))
    assert ended.headers["HX-Refresh"] == "true"
    assert "hx-trigger" not in ended.content.decode()


def test_an_officer_takes_a_case_and_the_log_knows(made, desk):
    case = case_cast.file(made, "export")
    assert desk.get(act("take", case)).status_code == 405
    assert desk.post(act("take", case)).url == page(case)
    assert again(case).assignee == made.users["officer"]
    assert "case.assigned" in case_cast.codes(case)
    assert "Officer" in words(desk.get(reverse(QUEUE)))
    case_cast.decide(made, case, "refuse", ground=GROUND, sentence="No.")
    assert desk.post(act("take", case)).status_code == 409
