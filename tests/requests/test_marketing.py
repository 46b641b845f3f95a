"""An objection to advertising takes effect at once, whoever writes it down (Art. 21(2), (3), decision 13)."""

import pytest

from consent.deciding import objections
from consent.models import Objection
from consent.standing import gate
from portals_core.locks import place
from portals_core.plumbing import outbox
from portals_core.plumbing.models import Mail
from requests.arriving import mandates
from requests.casebook import lifecycle
from requests.holding.asked import MARKETING
from requests.law.states import Who
from requests.models import Case, CaseDetail
from tests import cast
from tests.consent import consent_cast
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST, again, file
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
NO_ADS = {"why": MARKETING}


def stands(subject) -> list[tuple[bool, bool, str]]:
    return [(one.marketing, one.sharing, one.signal) for one in objections.standing(subject)]


def test_it_holds_when_the_request_is_filed_and_the_case_is_closed(made):
    case = again(file(made, "stop", asked=NO_ADS))
    assert (case.state, case.ground, case.decided_by) == ("fulfilled", MARKETING, None)
    assert case.closed_at and case.decided_at
    assert stands(made.subject.pk) == [(True, False, "case")]
    assert case_cast.codes(case) == ["case.file", "case.review", "case.carry_out", "case.finish"]


def test_only_advertising_stops(made):
    """No record is locked, and the person goes on using everything."""
    file(made, "stop", asked=NO_ADS)
    assert not place.in_force([made.subject.pk])
    assert not place.restricted(made.subject.pk)


def test_what_a_person_once_agreed_to_is_no_longer_permitted():
    """D15: the gate looks at it at once; what is no advertising goes on."""
    asked = consent_cast.set_up()
    consent_cast.Purpose.objects.visible_to(consent_cast.LOOK).filter(pk=asked.news.pk).update(marketing=True)
    asked.give()
    subject = asked.org.subject.pk
    assert gate.allowed(subject, "news", "email")
    file(asked.org, "stop", asked=NO_ADS)
    assert not gate.allowed(subject, "news", "email")


def test_the_person_is_told_at_once(made):
    case = file(made, "stop", asked=NO_ADS)
    mail = Mail.objects.get(kind="case.advertising")
    assert (mail.to, mail.subject_id) == ("sage@people.example", made.subject.pk)
    assert case.number in mail.title and "is not used for it" in mail.body
    assert not Mail.objects.filter(kind="case.stopped").exists()
    shown = words(browser(made, "subject").get(f"/privacy/requests/{case.pk}/"))
    assert "Your request was granted and carried out." in shown


def test_an_officer_who_writes_it_down_has_nothing_to_decide(made):
    case = again(file(made, "stop", who="officer", subject=made.stranger.pk, asked=NO_ADS))
    assert case.state == "fulfilled"
    assert stands(made.stranger.pk) == [(True, False, "case")]


def test_for_somebody_else_it_waits_for_their_yes(made):
    """W17: before that nothing happens; with it, at once."""
    case = file(made, "stop", subject=made.added.pk, asked=NO_ADS)
    assert (again(case).state, stands(made.added.pk)) == ("proving", [])
    mandates.confirm(case_cast.token_for(case), at=LATER)
    assert (again(case).state, stands(made.added.pk)) == ("fulfilled", [(True, False, "case")])


def test_who_objects_to_it_being_asked_in_their_name_changes_nothing(made):
    case = file(made, "stop", subject=made.added.pk, asked=NO_ADS)
    mandates.object_to(case_cast.token_for(case), at=LATER)
    assert (again(case).state, stands(made.added.pk)) == ("withdrawn", [])


@pytest.mark.parametrize("why", ["", "A18-1-a", "A21-1"])
def test_every_other_reason_is_an_officers_to_weigh(made, why):
    case = again(file(made, "stop", asked={"why": why}))
    assert (case.state, stands(made.subject.pk)) == ("in_review", [])


def test_asked_twice_it_stands_once_and_both_are_answered(made):
    first, second = (again(file(made, "stop", asked=NO_ADS)) for _time in range(2))
    assert first.state == second.state == "fulfilled"
    assert Objection.objects.visible_to(TEST).count() == 1


def test_a_request_about_nobody_known_yet_waits_until_its_person_is_found(made):
    """The event that a person was found carries it out."""
    case = file(made, "stop", subject=made.added.pk, asked=NO_ADS)
    Case.objects.visible_to(TEST).filter(pk=case.pk).update(subject=None, on_behalf=False)
    CaseDetail.objects.visible_to(TEST).filter(case=case).update(reply_to="ada@people.example")
    proving = again(case)
    proved = lifecycle.move(proving, "prove", actor=TEST, who=Who.SUBJECT, at=cast.NOW, proved_at=cast.NOW)
    assert again(proved).state == "in_review"
    Case.objects.visible_to(TEST).filter(pk=case.pk).update(subject=made.added.pk)
    outbox.announce("case.bound", about=case.ref, case=str(case.pk))
    assert (again(case).state, stands(made.added.pk)) == ("fulfilled", [(True, False, "case")])
