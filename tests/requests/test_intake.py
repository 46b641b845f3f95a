"""How requests come in: own, for somebody added, through an officer; and who is turned away."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import override_settings

from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, TooMany
from portals_core.plumbing.models import Mail, OneTimeLink
from portals_core.writing.records import change_record
from requests.arriving import codes, intake, mandates
from requests.casebook import attempts, lifecycle, reads
from requests.models import Case
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import TEST, file, there
from tests.requests.proving import code_in, latest, proof_of

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def test_a_person_files_for_themself_and_it_is_in_review_at_once(made):
    """R1, R2: number, clock of one month; the session is the proof."""
    case = file(made, "delete", text="Please forget me")
    assert (case.number, case.state, case.subject) == ("2026-00001", "in_review", made.subject.pk)
    assert case.due_on == date(2026, 4, 7)  # 5 April is a Sunday, 6 April Easter Monday in Poland
    assert case.ends_at == datetime(2026, 4, 7, 21, 59, 59, tzinfo=UTC)
    assert case.proved_at == cast.NOW
    assert case_cast.codes(case) == ["case.file", "case.review"]
    assert there(reads.words(made.actor("subject"), case)).text == "Please forget me"


def test_numbers_follow_each_other_and_start_anew_each_year(made):
    first, second = file(made, "export"), file(made, "stop")
    later = intake.file_case(actor=made.actor("stranger"), kind="export", at=cast.NOW.replace(year=2027))
    assert [first.number, second.number, later.number] == ["2026-00001", "2026-00002", "2027-00001"]


def test_a_refused_filing_uses_up_no_number(made):
    with pytest.raises(BadInput):
        file(made, "rectify", proposals={"nonsense": "1"})
    assert file(made, "export").number == "2026-00001"


def test_the_receipt_goes_to_the_person_with_number_and_day_and_without_content(made):
    case = file(made, "delete", text="canary-words")
    mail = Mail.objects.get(kind="case.acknowledged")
    assert mail.to == "sage@people.example" and mail.subject_id == made.subject.pk
    assert case.number in mail.title and "April 7, 2026" in mail.body
    assert "canary-words" not in mail.body + mail.title


@override_settings(COUNTRY="DE", SUBDIVISION="BY")
def test_the_due_day_follows_the_place_that_is_set_or_given(made):
    """W2: Bavaria keeps 6 January, Portugal does not."""
    receipt = {"received_at": date(2025, 12, 6)}
    here = file(made, "export", "officer", subject=made.subject.pk, **receipt)
    there = file(made, "export", "second_officer", subject=made.subject.pk, country="PT", **receipt)
    assert (here.due_on, there.due_on) == (date(2026, 1, 7), date(2026, 1, 6))
    assert (here.country, here.subdivision, there.country, there.subdivision) == ("DE", "BY", "PT", "")


def test_an_officer_records_a_request_that_came_earlier(made):
    """R4, W2: the clock starts at receipt, not at entry."""
    receipt = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
    case = file(made, "delete", "officer", subject=made.subject.pk, received_at=receipt)
    assert (case.channel, case.received_at, case.due_on) == ("counter", receipt, date(2026, 3, 2))
    assert case.state == "in_review" and not case.on_behalf


def test_who_signed_in_has_proved_it_and_an_officer_names_what_they_saw(made):
    """Promise 1: the session proves the account, the officer the record."""
    own = proof_of(file(made, "export"), "account")
    assert (own.method, own.proved_at, own.value) == ("session", cast.NOW, str(made.subject.pk))
    theirs = proof_of(
        file(made, "stop", "officer", subject=made.subject.pk, seen="passport agrees"), "record"
    )
    assert (theirs.method, theirs.seen, theirs.checked_by) == (
        "officer",
        "passport agrees",
        made.users["officer"],
    )


def test_what_an_officer_records_without_having_looked_waits_for_the_person(made):
    """Attack 4: the code goes to the address on the record, and proves the request."""
    case = file(made, "delete", "officer", subject=made.stranger.pk, seen=None, channel="mail")
    assert (case.state, case.proved_at, case.subject) == ("proving", None, made.stranger.pk)
    assert latest(case).to == "robin@people.example"
    assert not Mail.objects.filter(kind="case.acknowledged").exists()
    codes.try_code(proof_of(case).pk, code_in(latest(case)), at=cast.NOW)
    assert case_cast.again(case).state == "in_review"
    assert "case.searched" not in case_cast.codes(case)


def test_somebody_without_an_address_is_checked_in_person(made):
    nobody = cast.contact(made.contacts, "Noor None", email=None)
    with pytest.raises(BadInput) as caught:
        file(made, "delete", "officer", subject=nobody.pk, seen=None)
    assert caught.value.code == "proof.no_address"
    assert file(made, "delete", "officer", subject=nobody.pk, seen="came with passport").state == "in_review"


def test_a_receipt_in_the_future_is_refused_and_the_present_is_not(made):
    officer = {"who": "officer", "subject": made.subject.pk}
    with pytest.raises(BadInput) as caught:
        file(made, "delete", received_at=cast.NOW + timedelta(seconds=1), **officer)
    assert caught.value.code == "request.received"
    assert file(made, "delete", received_at=cast.NOW, **officer).received_at == cast.NOW


def test_a_person_in_the_portal_does_not_choose_the_day_of_receipt(made):
    with pytest.raises(BadInput):
        file(made, "delete", received_at=date(2026, 3, 1))


def test_others_people_and_missing_people_are_absent_alike_and_the_attempt_is_recorded(made):
    """Attack 16; a refusal is recorded after its act was rolled back."""
    sentences = set()
    somebody_elses = cast.contact(made.contacts, "Olga Other", actor=made.actor("stranger"))
    assert file(made, "stop", "stranger", subject=somebody_elses.pk).on_behalf
    for target in (
        somebody_elses.pk,
        made.stranger.pk,
        uuid4(),
        "nonsense",
        case_cast.file(made, "export", "stranger").pk,
    ):
        with pytest.raises(Absent) as caught:
            file(made, "export", subject=target)
        sentences.add((str(caught.value), caught.value.code))
    assert len(sentences) == 1
    attempts_made = LedgerEntry.objects.filter(code=attempts.CODE)
    assert {(entry.actor, entry.outcome) for entry in attempts_made} == {
        (made.users["subject"].ref, "refused")
    }
    assert attempts_made.count() == 5
    assert file(made, "export", subject=made.added.pk).on_behalf


def test_a_record_that_is_no_person_is_absent_also_for_its_owner(made):
    order = cast.order(made, "A1", made.subject)
    with pytest.raises(Absent):
        file(made, "export", subject=order.pk)
    with pytest.raises(Absent):
        file(made, "export", "officer", subject=order.pk)


@pytest.mark.parametrize("who", ["administrator", "auditor", "operator"])
def test_staff_without_the_officers_right_file_nothing(made, who):
    with pytest.raises(Forbidden):
        file(made, "delete", who, subject=made.subject.pk)
    assert not Case.objects.visible_to(TEST).exists()


def test_the_same_request_twice_is_refused_with_the_number_of_the_first(made):
    """W18: a duplicate of one's own; another's request about the same person stands in nobody's way."""
    first = file(made, "delete")
    with pytest.raises(Conflict) as caught:
        file(made, "delete")
    assert first.number in str(caught.value)
    assert file(made, "delete", "officer", subject=made.subject.pk).number != first.number
    lifecycle.withdraw(actor=made.actor("subject"), case=first.pk, at=cast.NOW)
    assert file(made, "delete").state == "in_review"


def test_what_is_asked_for_somebody_added_waits_for_that_person(made):
    """W17, attack 1: nothing before the person's own yes; they are told who asked (Art. 14)."""
    case = file(made, "delete", subject=made.added.pk)
    assert (case.state, case.on_behalf, case.proved_at) == ("proving", True, None)
    question = Mail.objects.get(kind="case.mandate")
    assert question.to == "ada@people.example" and "Sage Winter" in question.body
    receipt = Mail.objects.get(kind="case.acknowledged")
    assert receipt.to == "sage@people.example" and "Ada" not in receipt.body + receipt.title
    assert there(reads.mandate(made.actor("officer"), case)).address == "ada@people.example"


def test_a_person_without_an_address_cannot_be_asked(made):
    nobody = cast.contact(made.contacts, "Noor None", actor=made.actor("subject"), email=None)
    with pytest.raises(BadInput) as caught:
        file(made, "delete", subject=nobody.pk)
    assert caught.value.code == "mandate.no_address"


def test_an_address_that_is_the_askers_own_proves_nothing(made):
    """W17: also in another spelling; the same person can be recorded by an officer."""
    double = cast.contact(made.contacts, "Double", actor=made.actor("subject"), email=None)
    cast_fields = {"email": "SAGE@people.example"}
    type(double).objects.visible_to(TEST).filter(pk=double.pk).update(values={"name": "D", **cast_fields})
    with pytest.raises(BadInput) as caught:
        file(made, "delete", subject=double.pk)
    assert caught.value.code == "mandate.same_address"
    assert file(made, "delete", "officer", subject=double.pk).state == "in_review"


def test_the_answer_goes_where_it_was_to_go_at_filing(made):
    """Attack: the address on the record is changed after the request was filed."""
    case = file(made, "export", subject=made.added.pk)
    change_record(actor=TEST, record=made.added.pk, given={"email": "elsewhere@people.example"}, at=cast.NOW)
    assert there(reads.words(made.actor("officer"), case)).reply_to == "ada@people.example"


def test_a_person_is_not_flooded_with_questions(made):
    """Attack 12, with its twin: the last question of the day still goes out."""
    for _ in range(intake.QUESTIONS_A_DAY):
        case = file(made, "export", subject=made.added.pk)
        lifecycle.withdraw(actor=made.actor("subject"), case=case.pk, at=cast.NOW)
    with pytest.raises(TooMany):
        file(made, "export", subject=made.added.pk)
    tomorrow = cast.NOW + timedelta(days=1)
    intake.file_case(actor=made.actor("subject"), kind="export", subject=made.added.pk, at=tomorrow)


def test_a_correction_lists_what_it_would_change(made):
    """R7, W4, F1: one's own record, also fields the portal does not show."""
    given = {"name": "Sage Summer", "health": "none", "email": "sage@people.example"}
    case = file(made, "rectify", proposals=given)
    listed = [(row.field, row.before, row.proposed) for row in reads.corrections(made.actor("subject"), case)]
    assert listed == [("name", "Sage Winter", "Sage Summer"), ("health", None, "none")]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"nonsense": "1"}, "field.unknown"),
        ({"email": "no address"}, "value.wrong"),
        ({"name": ""}, "value.required"),
        ({"name": "Sage Winter"}, "rectify.nothing"),
        ({}, "rectify.nothing"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_at_filing(made, given, code):
    with pytest.raises(BadInput) as caught:
        file(made, "rectify", proposals=given)
    assert caught.value.code == code
    assert not Case.objects.visible_to(TEST).exists()


def test_only_a_correction_names_values(made):
    with pytest.raises(BadInput):
        file(made, "export", proposals={"name": "X"})


def test_who_asks_for_somebody_else_learns_nothing_of_hidden_fields(made):
    """W17: the value stored is not shown, and a field out of sight cannot be named."""
    change_record(actor=TEST, record=made.added.pk, given={"health": "secret"}, at=cast.NOW)
    with pytest.raises(BadInput) as caught:
        file(made, "rectify", subject=made.added.pk, proposals={"health": "x"})
    assert caught.value.code == "field.unknown"
    case = file(made, "rectify", subject=made.added.pk, proposals={"name": "Ada Lovely"})
    seen = reads.corrections(made.actor("subject"), case)
    assert [(row.before, row.proposed) for row in seen] == [(None, "Ada Lovely")]
    assert [row.before for row in reads.corrections(made.actor("officer"), case)] == ["Ada Added"]


def test_an_unknown_kind_is_refused(made):
    with pytest.raises(BadInput):
        file(made, "forget")


def test_looking_at_the_question_changes_nothing_and_the_answer_counts_once(made):
    """W16, attack 7, with both answers."""
    case = file(made, "delete", subject=made.added.pk)
    token = case_cast.token_for(case)
    for _ in range(3):
        question = mandates.asked(token, at=cast.NOW)
    assert (question.number, question.kind, question.asker) == (case.number, "delete", "Sage Winter")
    assert case_cast.again(case).version == case.version
    moved = mandates.confirm(token, at=case_cast.LATER)
    assert (moved.state, moved.proved_at) == ("in_review", case_cast.LATER)
    assert OneTimeLink.objects.get(about=case.ref, purpose="mandate").used_at == case_cast.LATER
    for used in (mandates.confirm, mandates.object_to):
        with pytest.raises(Absent):
            used(token, at=case_cast.LATER)


def test_an_objection_ends_the_request(made):
    """Attack 10: erased against the person's will is not erased."""
    case = file(made, "delete", subject=made.added.pk)
    ended = mandates.object_to(case_cast.token_for(case), at=case_cast.LATER, reason="Not me")
    assert ended.state == "withdrawn" and ended.closed_at == case_cast.LATER
    assert case_cast.codes(case)[-1] == "case.object"
    assert there(reads.mandate(made.actor("officer"), case)).objected_at == case_cast.LATER


def test_an_old_a_strange_and_an_ended_link_do_not_work(made):
    """Attacks 5 and 61."""
    case = file(made, "delete", subject=made.added.pk)
    token = case_cast.token_for(case)
    with pytest.raises(Absent):
        mandates.confirm(token, at=cast.NOW + mandates.TTL)
    with pytest.raises(Absent):
        mandates.confirm(token[:-1], at=cast.NOW)
    lifecycle.withdraw(actor=made.actor("subject"), case=case.pk, at=cast.NOW)
    with pytest.raises(Absent):
        mandates.confirm(token, at=cast.NOW)
    assert case_cast.again(case).state == "withdrawn"
