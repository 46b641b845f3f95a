"""Recipients are told of a rectification, erasure or restriction; what came back is kept (W12, Art. 19)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portals_core.ledger import reads as ledger
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.plumbing.models import Mail
from portals_core.writing import records
from requests.carrying_out import recipients
from requests.models import Case, RecipientNotice
from requests.parts import recipients as part
from tests import pdf_text
from tests.consent import register_cast
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST, again, carried_out, codes, file
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
GIVEN = {"delete": {}, "stop": {}, "export": {}, "rectify": {"proposals": {"phone": "+48 600 100 200"}}}


@pytest.fixture
def posti(made):
    """One who is told by mail and one who is told by letter; both receive data now."""
    mailed = register_cast.recipient()
    posted = register_cast.recipient("Kurier", "PL", told="post", address="Długa 1, Warszawa", email="")
    register_cast.activity(of=[mailed, posted])
    return mailed


def told(case=None):
    rows = RecipientNotice.objects.visible_to(TEST)
    return {one.name: one for one in (rows.filter(case=case) if case else rows)}


def mails():
    return list(Mail.objects.filter(kind="recipient.told").order_by("created_at"))


@pytest.mark.parametrize(
    ("kind", "act", "says"),
    [
        ("rectify", "rectify", "We corrected data of a person (Art. 16 GDPR): Phone."),
        ("stop", "restrict", "store what you received from us and do nothing else with it"),
        ("delete", "erase", "We deleted data of a person at their request (Art. 17 GDPR): Contacts"),
    ],
)
def test_whoever_is_told_by_mail_is_told_when_the_case_is_fulfilled(made, posti, kind, act, says):
    """The message names the person, because nobody can act on less, and no value held about them."""
    case = carried_out(made, kind, **GIVEN[kind])
    assert case.state == "fulfilled"
    (mail,) = mails()
    assert (mail.to, case.number in mail.title, says in mail.body) == (posti.email, True, True)
    assert "Sage Winter\nsage@people.example" in mail.body and "+48 600" not in mail.body
    row = told(case)["Posti"]
    assert (row.act, row.standing, row.mail, row.whom) == (act, "told", mail.pk, "")
    assert row.told_at == case.closed_at
    assert "case.recipients" in codes(case)


def test_an_export_and_an_objection_to_advertising_change_nothing_with_others(made, posti):
    carried_out(made, "export")
    file(made, "stop", asked={"why": "A21-2"})
    assert told() == {} and mails() == []


def test_a_refused_or_withdrawn_request_tells_nobody(made, posti):
    case_cast.decide(made, file(made, "stop"), "refuse", ground=case_cast.GROUND, sentence="No.")
    assert told() == {} and mails() == []


def test_who_receives_nothing_any_longer_is_left_to_an_officer(made, posti):
    """Whoever once got the data is told; that this person's was among it, an officer knows."""
    old = register_cast.recipient("Old partner", "PL", email="old@partner.example")
    register_cast.activity("Given up", of=[old], active=False)
    case = carried_out(made, "stop")
    assert [one.to for one in mails()] == [posti.email]
    assert {name: row.standing for name, row in told(case).items()} == {
        "Kurier": "open",
        "Old partner": "open",
        "Posti": "told",
    }


def test_before_an_erasure_the_name_is_kept_and_after_it_only_for_who_is_not_told_yet(made, posti):
    """Art. 17(3)(b), 19: the mail to a recipient is forgotten when it is out."""
    case = case_cast.approved_deletion(made)
    assert {row.whom for row in told(case).values()} == {"Sage Winter\nsage@people.example"}
    assert mails() == []
    outbox.drain()
    assert again(case).state == "fulfilled"
    assert {name: row.whom for name, row in told(case).items()} == {
        "Posti": "",
        "Kurier": "Sage Winter\nsage@people.example",
    }
    (mail,) = mails()
    assert mail.subject_id is None
    recipients.told(actor=made.actor("officer"), notice=told(case)["Kurier"].pk, at=LATER)
    assert told(case)["Kurier"].whom == ""


def test_who_is_told_by_post_has_a_letter_to_print_until_they_were_told(made, posti):
    """Art. 19: name, address and what to do on the same paper; forgotten as soon as it is recorded."""
    case = carried_out(made, "delete")
    row = told(case)["Kurier"]
    page = reverse("dsr_requests:recipient-letter", args=[case.pk, row.pk])
    printed = browser(made, "officer").get(page)
    said = pdf_text.words(printed.content)
    assert printed["Content-Type"] == "application/pdf" and case.number in printed["Content-Disposition"]
    for owed in ("Kurier", "Długa 1, Warszawa", "We deleted data of a person", "Sage Winter", case.number):
        assert owed in said, owed
    assert told(case)["Posti"].letter == ""
    listed = words(browser(made, "officer").get(reverse("dsr_requests:case", args=[case.pk])))
    assert "Letter to print : Kurier" in listed
    assert browser(made, "subject").get(page).status_code in (302, 403, 404)
    recipients.told(actor=made.actor("officer"), notice=row.pk, at=LATER)
    after = told(case)["Kurier"]
    assert (after.letter, after.pdf) == ("", None)
    assert browser(made, "officer").get(page).status_code == 404


def test_an_erasure_that_went_back_keeps_no_name_and_tells_nobody(made, posti):
    case = case_cast.approved_deletion(made)
    records.change_record(actor=TEST, record=made.subject.pk, given={"phone": "+48 1"}, at=LATER)
    outbox.drain()
    assert (again(case).state, told(case), mails()) == ("awaiting_approval", {}, [])


def test_an_erasure_forgets_whom_an_earlier_message_was_about(made, posti):
    """A correction nobody told the postal recipient of; then the person goes."""
    first = carried_out(made, "rectify", **GIVEN["rectify"])
    assert told(first)["Kurier"].whom
    carried_out(made, "delete")
    assert told(first)["Kurier"].whom == ""


def test_officers_record_what_happened_and_the_log_keeps_it(made, posti):
    """W12: who was told, when, and what came back."""
    case = carried_out(made, "stop")
    officer, rows = made.actor("officer"), told(case)
    with pytest.raises(Conflict):
        recipients.answered(actor=officer, notice=rows["Kurier"].pk, note="Done.", at=LATER)
    recipients.told(actor=officer, notice=rows["Kurier"].pk, note="By letter.", at=LATER)
    recipients.answered(actor=officer, notice=rows["Posti"].pk, note="Done.", at=LATER)
    with pytest.raises(Conflict):
        recipients.told(actor=officer, notice=rows["Kurier"].pk, at=LATER)
    found = {name: (row.standing, row.note, row.by_id) for name, row in told(case).items()}
    by = made.users["officer"].pk
    assert found == {"Kurier": ("told", "By letter.", by), "Posti": ("answered", "Done.", by)}
    assert codes(case)[-2:] == ["case.recipient_told", "case.recipient_answered"]
    entry = LedgerEntry.objects.get(code="case.recipients", about=case.ref)
    assert ledger.detail_of(entry, TEST) == {"act": "restrict", "told": ["Posti"], "left": ["Kurier"]}


def test_why_somebody_cannot_be_told_is_owed(made, posti):
    case = carried_out(made, "stop")
    row = told(case)["Kurier"]
    with pytest.raises(BadInput):
        recipients.impossible(actor=made.actor("officer"), notice=row.pk, why=" ", at=LATER)
    recipients.impossible(actor=made.actor("officer"), notice=row.pk, why="Dissolved in 2025.", at=LATER)
    stored = told(case)["Kurier"]
    assert (stored.standing, stored.note, stored.whom) == ("impossible", "Dissolved in 2025.", "")


def test_nobody_else_records_anything_and_nothing_before_it_is_done(made, posti):
    case = case_cast.approved_deletion(made)
    row = told(case)["Kurier"]
    with pytest.raises(Conflict):
        recipients.told(actor=made.actor("officer"), notice=row.pk, at=LATER)
    outbox.drain()
    for who in ("auditor", "operator", "subject"):
        with pytest.raises((Forbidden, Absent)):
            recipients.told(actor=made.actor(who), notice=row.pk, at=LATER)
    assert told(case)["Kurier"].standing == "open"


def test_the_person_sees_who_was_told_and_nobody_else_does(made, posti):
    """Art. 19, second sentence; decision 14."""
    case = carried_out(made, "stop")
    shown = words(browser(made, "subject").get(reverse("dsr_requests:status", args=[case.pk])))
    assert "Who else was told" in shown and "Posti Told" in shown and "Kurier Still to be told" in shown
    assert posti.email not in shown
    assert recipients.named_to(made.actor("stranger"), case) == []
    Case.objects.visible_to(TEST).filter(pk=case.pk).update(subject=made.added.pk)
    assert recipients.named_to(made.actor("subject"), again(case)) == []


def test_the_page_of_a_recipient_says_whom_it_is_about_and_takes_what_happened(made, posti):
    case = carried_out(made, "delete")
    row = told(case)["Kurier"]
    address = reverse("dsr_requests:recipient", args=[case.pk, row.pk])
    officer = browser(made, "officer", fresh=True)
    shown = words(officer.get(address))
    assert "Sage Winter" in shown and "By letter: Długa 1, Warszawa" in shown
    assert officer.post(address, {"step": "answered", "note": "x"}).status_code == 400
    assert officer.post(address, {"step": "impossible", "note": ""}).status_code == 400
    assert told(case)["Kurier"].standing == "open"
    sent = officer.post(address, {"step": "told", "note": "Letter of today."})
    assert (sent.status_code, told(case)["Kurier"].standing) == (302, "told")
    after = words(officer.get(address))
    assert "Sage Winter" not in after and "Letter of today." in after
    assert officer.post(address, {"step": "told", "note": ""}).status_code == 400
    other = file(made, "stop", who="officer", subject=made.stranger.pk)
    assert officer.get(reverse("dsr_requests:recipient", args=[other.pk, row.pk])).status_code == 404
    assert browser(made, "operator").get(address).status_code in (403, 404)


def test_the_list_asks_as_often_for_many_as_for_one(made, posti, django_assert_num_queries):
    case, actor = carried_out(made, "stop"), made.actor("officer")
    with CaptureQueriesContext(connection) as two:
        assert len(part.part(actor, case, at=LATER)["recipients"]) == 2
    rows = [
        RecipientNotice(
            case=case, recipient=posti.pk, name=f"R{n}", act="restrict", way="email", mail=case.pk
        )
        for n in range(9)
    ]
    for row in rows:
        row.recipient = row.pk
    RecipientNotice.objects.visible_to(TEST).bulk_create(rows)
    with django_assert_num_queries(len(two)):
        assert len(part.part(actor, case, at=LATER)["recipients"]) == 11


def test_delivered_again_the_job_tells_nobody_twice(made, posti):
    case = carried_out(made, "stop")
    recipients.on_finish(about=case.ref, case=str(case.pk))
    assert len(mails()) == 1
    assert len(told(case)) == 2
