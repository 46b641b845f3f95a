"""What the desk says stands to be done, and what a step did."""

import pytest
from django.urls import reverse

from requests.desk import next_steps
from requests.law.states import CLOSED, State
from tests import cast
from tests.requests import pages
from tests.requests.case_cast import again, decide, file
from tests.requests.many_cases import row
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def approve(made, case, who):
    """The second officer's press of the button, and what the next page says."""
    officer = browser(made, who, fresh=True)
    sent = officer.post(reverse("dsr_requests:approve", args=[case.pk]), {"digest": again(case).plan_digest})
    return words(officer.get(sent.url))


def test_who_approves_before_others_is_told_how_many_are_still_needed(made, settings, monkeypatch):
    """The yes that is not the last one submits nothing and starts nothing; the last one does."""
    settings.TWO_APPROVALS_FROM = 1
    monkeypatch.setattr(pages, "STAFF", {*pages.STAFF, "third"})
    made.users["third"] = cast.staff("third", "officer")
    case = decide(made, file(made, "delete"))
    first = approve(made, case, "second_officer")
    assert "Your approval is kept. 1 more officer must approve before anything is erased." in first
    assert "Submitted." not in first
    assert "Approved. It is being carried out now." in approve(made, case, "third")


@pytest.mark.parametrize("state", list(State))
def test_nobody_at_the_desk_is_addressed_as_the_person(made, state):
    """Every state has its sentence; what the person has to do is said of them, not to the officer."""
    said = str(next_steps.for_staff(row(made, 1, state=state)))
    assert said and not said.startswith("You act next")
    assert ("closed" in said) == (state in CLOSED)


def test_the_sentence_follows_what_stands_in_the_way(made):
    unknown, rectify = row(made, 1, subject=None), row(made, 2, kind="rectify")
    running = row(made, 3, state=State.CARRYING_OUT)
    assert "whom it is about" in str(next_steps.for_staff(unknown))
    assert "Enter what" in str(next_steps.for_staff(rectify))
    assert "Compare before" in str(next_steps.for_staff(rectify, corrections=True))
    assert "has stopped" in str(next_steps.for_staff(running, parked=True))
    assert "need do nothing" in str(next_steps.for_staff(running))


def test_the_case_page_leads_with_what_is_to_be_done(made):
    case = file(made, "delete", "subject", subject=made.added.pk)
    shown = words(browser(made, "officer").get(reverse("dsr_requests:case", args=[case.pk])))
    assert "The person it is about has to agree." in shown and "You act next" not in shown
