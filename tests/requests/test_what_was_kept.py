"""The page of a closed case tells what was kept and why, to officers and to the person (W5, W25)."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portals_core.locks import place
from portals_core.plumbing import outbox
from portals_core.plumbing.models import Mail
from requests.arriving import mandates
from requests.casebook import details
from requests.holding import kept, planning
from requests.law.plan import Entry
from requests.models import Plan
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST, again, approve, file
from tests.requests.pages import browser, words
from tests.requests.partly_cast import REQUIRED, bought, decide, put

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def partly(made, **given):
    things = bought(made)
    case = file(made, "delete")
    if given:
        put(made, case, ref=str(things.orders[0].pk), **given)
    approve(made, decide(made, case))
    outbox.drain()
    return things, again(case)


def page(made, who, case):
    name = "case" if who in ("officer", "second_officer") else "status"
    return browser(made, who).get(reverse(f"dsr_requests:{name}", args=[case.pk]))


def test_officer_and_person_read_which_kinds_were_kept_and_why(made):
    own = {
        "ground": "JustificationA17LegalClaims",
        "sentence": "You are in a lawsuit with us about this one.",
    }
    _things, case = partly(made, **own)
    for who in ("officer", "subject"):
        said = words(page(made, who, case))
        assert "A law obliges us to keep the data." in said and "Dec. 31, 2031" in said
        # Named is what the reader sees elsewhere, too: invoices are not shared in the portal.
        assert "Invoices" in said and ("I1" in said) is (who == "officer")
        assert own["sentence"] in said and "A0" in said and "A1" not in said
        # What staff wrote down of a lock stays inside, from the person.
        assert who == "officer" or "tax office" not in said


def test_what_was_told_stays_when_the_lock_has_ended(made):
    _things, case = partly(made)
    place.lift(actor=TEST, placed_by="user:x", at=LATER, reason="over")
    assert "Dec. 31, 2031" in words(page(made, "officer", case))
    # Its control: worked out anew it would be gone.
    assert all(one.until is None for one in kept.of(case, planning.entries_stored(case)))


def test_the_words_of_the_officer_go_with_the_words_of_the_case(made):
    own = {
        "ground": "JustificationA17LegalClaims",
        "sentence": "You are in a lawsuit with us about this one.",
    }
    _things, case = partly(made, **own)
    assert own["sentence"] not in str(Plan.objects.visible_to(TEST).filter(case=case).last().kept)
    assert own["sentence"] in words(page(made, "officer", case))
    details.purge([case.pk])
    assert own["sentence"] not in words(page(made, "officer", case))


def test_nothing_kept_is_an_answer_of_its_own(made):
    cast.order(made, "A1", made.subject)
    case = case_cast.carried_out(made, "delete")
    assert case.state == "fulfilled"
    assert "Nothing was kept" in words(page(made, "officer", case))


def test_who_asked_for_somebody_else_reads_none_of_it(made):
    """They follow the request; what was kept and why is told to the person alone. Bait: the officer."""
    order, said = cast.order(made, "A1", made.added), "The order is right as it is."
    case = file(made, "stop", subject=made.added.pk)
    mandates.confirm(case_cast.token_for(case), at=LATER)
    put(made, case, ref=str(order.pk), ground="OwnA18NoneApplies", sentence=said)
    decide(made, case)
    outbox.drain()
    assert again(case).state == "partly_fulfilled"
    assert said in words(page(made, "officer", case))
    requester = words(page(made, "subject", case))
    assert case.number in requester and said not in requester
    assert {one.to for one in Mail.objects.all() if said in one.body} == {"ada@people.example"}


def test_a_stranger_reads_none_of_it(made):
    _things, case = partly(made)
    assert "Invoices" in words(page(made, "subject", case))
    assert page(made, "stranger", case).status_code == 404


def test_a_stop_tells_what_is_still_used(made):
    bought(made, locked=False)
    case = file(made, "stop")
    put(made, case, kind="invoices", ground="OwnA18NoneApplies", sentence="The invoice is right as it is.")
    decide(made, case)
    outbox.drain()
    for who in ("officer", "subject"):
        said = words(page(made, who, case))
        assert "The invoice is right as it is." in said and "Invoices" in said


@pytest.mark.parametrize("who", ["officer", "subject"])
def test_the_page_costs_the_same_for_one_and_for_a_thousand(made, who):
    """Bait: the thousand are counted on the page."""
    things, case = partly(made)
    costs = []
    for many in (1, 1_000):
        _as_if(case, things.invoice, many)
        page(made, who, case)
        with CaptureQueriesContext(connection) as queries:
            said = words(page(made, who, case))
        costs.append(len(queries))
        assert bool(re.search(r"\b1,?000\b", said)) is (many == 1_000)
    assert costs[0] == costs[1]


def _as_if(case, invoice, many):
    """The same case as if it had kept so many invoices."""
    one = Entry("records", "invoices", str(invoice.pk), verdict="refuse", ground=REQUIRED)
    entries = [one] * many
    kept.settle(case, entries)


def test_a_case_closed_before_any_of_this_was_stored_still_tells_it(made):
    _things, case = partly(made)
    assert Plan.objects.visible_to(TEST).filter(case=case).update(kept=None) == 1
    assert "Invoices" in words(page(made, "officer", case))
