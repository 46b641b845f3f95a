"""Staff enter what people say by phone, on paper, face to face (D12)."""

from datetime import timedelta
from hashlib import sha256
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from consent.catalogue import purposes
from consent.deciding import answers, decisions, entering
from consent.deciding.entering import Upload
from consent.models import Purpose, State, Withdrawn
from consent.standing import history
from portals_core.ledger import codes
from portals_core.locks import place
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Broken, Conflict, Forbidden, Locked
from portals_core.records import files
from portals_core.records.models import Attachment
from portals_core.writing.records import change_record
from tests import cast
from tests.consent import consent_cast, pages
from tests.consent.consent_cast import LOOK, leaves, mails, publish, states, stored, token_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LATER = cast.NOW + timedelta(hours=1)
PAGE = b"%PDF-1.4 signed"


@pytest.fixture
def made():
    return consent_cast.set_up()


def page(content=PAGE):
    return Upload("signed.pdf", BytesIO(content))


def enter(made, answer="give", who="officer", **changed):
    given = {
        "subject": made.org.subject.pk,
        "purpose": "news",
        "method": "phone",
        "text": made.text.pk,
        "at": LATER,
        **changed,
    }
    return entering.enter(actor=made.actor(who), answer=answer, **given)


def restrict(made):
    place.place(
        actor=LOOK,
        record=made.org.subject.pk,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=cast.NOW,
    )


def attached():
    return list(Attachment.objects.visible_to(LOOK))


@pytest.mark.parametrize("method", ["phone", "person"])
def test_a_yes_holds_from_the_moment_it_was_said(made, method):
    """D12: who said it, how, when, and when it was entered."""
    before = clock.now()
    given = enter(made, method=method, remarks=" Only about bees. ", channels=["post"])
    assert (given.state, given.authority, given.method) == ("obtained", "self", method)
    assert (given.at, given.text, given.language) == (LATER, made.text, "en")
    assert before <= given.recorded_at <= clock.now()
    assert (given.remarks, given.channels, given.on_behalf) == ("Only about bees.", ["post"], False)
    assert given.decided_by_id == made.actor("officer").user_id and leaves("consent.given") == 1


def test_the_person_is_told_what_was_entered_and_can_withdraw(made):
    """Art. 7(3): as easily as somebody who pressed the button."""
    enter(made)
    (mail,) = mails("consent.confirmed")
    assert mail.to == "sage@people.example" and made.text.body in mail.body
    answers.withdraw_by_link(token=token_in(mail), at=clock.now())
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]


def test_without_an_address_it_holds_as_well(made):
    change_record(actor=cast.SETTING_UP, record=made.org.subject.pk, given={"email": ""}, at=cast.NOW)
    enter(made)
    enter(made, "withdraw", at=LATER + timedelta(hours=1))
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]
    assert mails("consent.confirmed") == mails("consent.withdrawn") == []


def test_a_no_and_a_withdrawal_are_entered_as_well(made):
    """D9."""
    assert enter(made, "refuse").state == "refused"
    later = LATER + timedelta(hours=1)
    assert enter(made, at=later).state == "obtained"
    ended = enter(made, "withdraw", text=None, at=later + timedelta(hours=1))
    assert (ended.state, ended.authority, ended.text) == ("withdrawn", "self", made.text)
    (mail,) = mails("consent.withdrawn")
    assert mail.to == "sage@people.example" and "Newsletter" in mail.body


# --- proof ----------------------------------------------------------------------------------------------


def test_a_signed_page_is_kept_on_the_record_for_staff_only(made):
    """Art. 7(1): one transaction with the decision, which holds its digest."""
    given = enter(made, method="paper", proof=page())
    (file,) = attached()
    assert (given.proof, given.proof_sha256) == (file.pk, sha256(PAGE).hexdigest())
    assert file.internal and file.record_id == made.org.subject.pk and leaves("attachment.added") == 1
    assert files.content(made.org.subject.pk, file.pk) == PAGE


def test_a_yes_on_paper_without_the_page_is_refused(made):
    with pytest.raises(BadInput) as caught:
        enter(made, method="paper")
    assert "file" in caught.value.fields and stored(made.org.subject.pk) == []
    enter(made, method="paper", proof=page())


def test_a_file_is_welcome_with_a_call_too(made):
    assert enter(made, proof=page()).proof == attached()[0].pk


def test_an_empty_file_stops_the_decision(made):
    with pytest.raises(BadInput) as caught:
        enter(made, method="paper", proof=page(b""))
    assert "file" in caught.value.fields
    assert stored(made.org.subject.pk) == [] and attached() == []


def test_a_decision_that_cannot_be_stored_leaves_no_file(made, monkeypatch):
    """All or nothing."""
    monkeypatch.setitem(history.LEDGER_CODES, State.OBTAINED, "consent.unheard_of")
    assert "consent.unheard_of" not in codes.CODES
    with pytest.raises(Broken):
        enter(made, method="paper", proof=page())
    assert stored(made.org.subject.pk) == [] and attached() == [] and mails("consent.confirmed") == []


def test_pressed_twice_is_entered_once(made):
    first = enter(made, method="paper", proof=page(), channels=["post"])
    assert enter(made, method="paper", proof=page(), channels=["post"]) == first
    assert len(attached()) == len(mails("consent.confirmed")) == 1
    other = enter(made, method="paper", proof=page(), channels=["email"])
    assert other.state == "renewed" and len(attached()) == 2


# --- when, and on which words ---------------------------------------------------------------------------


def test_nothing_is_said_in_the_future(made):
    with pytest.raises(BadInput) as caught:
        enter(made, at=clock.now() + timedelta(minutes=1))
    assert "at" in caught.value.fields and caught.value.code == "consent.future"


def test_nothing_goes_before_the_decision_in_force(made):
    """Somebody who withdrew after the call is not overruled by entering the call."""
    made.give()
    decisions.withdraw(
        actor=made.actor("subject"),
        subject=made.org.subject.pk,
        purpose="news",
        at=LATER + timedelta(minutes=1),
    )
    for answer in entering.Answer:
        with pytest.raises(BadInput) as caught:
            enter(made, answer)
        assert caught.value.code == "consent.before_last" and "at" in caught.value.fields
    assert enter(made, at=LATER + timedelta(minutes=1)).state == "obtained"


def test_the_words_are_those_in_use_then(made):
    """W15: a version that came later was not read out; the one before is, if the call was before."""
    new = publish("news", body="We write to you every day.", at=LATER + timedelta(hours=1))
    for wrong, at in ((new.pk, LATER), (made.text.pk, LATER + timedelta(hours=1)), (None, LATER)):
        with pytest.raises(BadInput) as caught:
            enter(made, text=wrong, at=at)
        assert "text" in caught.value.fields
    assert stored(made.org.subject.pk) == []
    assert enter(made).text == made.text
    assert enter(made, text=new.pk, at=LATER + timedelta(hours=1)).text == new


def test_the_words_are_of_this_purpose(made):
    other = publish("draft", body="Something else.")
    with pytest.raises(BadInput) as caught:
        enter(made, text=other.pk)
    assert "text" in caught.value.fields


def test_a_version_that_was_withdrawn_before_was_not_read_out(made):
    Withdrawn(purpose=made.news, version=1, reason="A wrong address.", at=LATER).save()
    with pytest.raises(BadInput) as caught:
        enter(made)
    assert "text" in caught.value.fields
    assert enter(made, at=LATER - timedelta(minutes=1)).state == "obtained"


def test_a_translation_has_its_language(made):
    finnish = publish("news", language="fi", title="Uutiskirje", body="Kirjoitamme sinulle.")
    assert enter(made, text=finnish.pk).language == "fi"


def test_a_purpose_with_months_ends_them_after_the_call(made):
    Purpose.objects.visible_to(LOOK).filter(key="news").update(consent_months=12)
    assert enter(made).ends_at == LATER.replace(year=2027)


# --- what stands in the way -----------------------------------------------------------------------------


def test_under_a_restriction_only_a_no_can_be_entered(made):
    """R9: nothing new is agreed to; a withdrawal never waits."""
    made.give()
    restrict(made)
    with pytest.raises(Locked) as caught:
        enter(made)
    assert caught.value.code == "restriction"
    with pytest.raises(Locked):
        enter(made, "withdraw", method="paper", proof=page())
    assert enter(made, "withdraw", method="paper").state == "withdrawn"
    assert enter(made, "refuse", at=LATER + timedelta(hours=1)).state == "refused"


def test_a_purpose_no_longer_pursued_is_only_withdrawn(made):
    made.give()
    purposes.define(
        actor=cast.SETTING_UP, key="news", name="Newsletter", channels=["email", "post"], active=False
    )
    with pytest.raises(BadInput):
        enter(made)
    assert enter(made, "withdraw").state == "withdrawn"


def test_what_was_given_is_withdrawn_not_refused(made):
    made.give()
    with pytest.raises(Conflict) as caught:
        enter(made, "refuse")
    assert caught.value.code == "consent.given_meanwhile"
    enter(made, "withdraw")


def test_what_was_never_given_cannot_be_withdrawn(made):
    with pytest.raises(Conflict) as caught:
        enter(made, "withdraw")
    assert caught.value.code == "consent.nothing"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"answer": "perhaps"}, "answer"),
        ({"method": "portal"}, "method"),
        ({"method": "rule"}, "method"),
        ({"channels": ["phone"]}, "channels"),
        ({"remarks": "b" * 1001}, "remarks"),
        ({"by_parent": True}, "file"),
        ({"by_parent": True, "proof": page()}, "by_parent"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(made, changed, field):
    with pytest.raises(BadInput) as caught:
        enter(made, **changed)
    assert field in caught.value.fields and stored(made.org.subject.pk) == []


@pytest.mark.parametrize("who", ["subject", "auditor"])
def test_only_who_keeps_consent_enters(made, who):
    with pytest.raises(Forbidden):
        enter(made, who=who)
    enter(made)


def test_what_is_no_person_is_absent(made):
    with pytest.raises(Absent):
        enter(made, subject=cast.order(made.org, "A1", made.org.subject).pk)


def test_a_yes_ends_the_question_by_mail(made):
    """One answer, by whichever way."""
    made.ask()
    enter(made, subject=made.org.added.pk)
    with pytest.raises(Absent):
        answers.decline(token=token_in(mails("consent.asked")[0]), at=clock.now())


# --- children -------------------------------------------------------------------------------------------


@pytest.fixture
def child(made, monkeypatch):
    """The subject is twelve, the newsletter a service for children."""
    made.org.contacts.refresh_from_db()
    made.org.contacts.born_key = "phone"
    made.org.contacts.save()
    Purpose.objects.visible_to(LOOK).filter(key="news").update(for_children=True)
    made.org.subject.values["phone"] = "2014-01-01"
    made.org.subject.save()
    return made


def test_a_parents_word_is_entered_with_the_page_they_signed(child):
    """Art. 8(1): not the child's own word, and not without proof."""
    with pytest.raises(Forbidden) as caught:
        enter(child)
    assert caught.value.code == "consent.child"
    with pytest.raises(BadInput) as caught:
        enter(child, by_parent=True)
    assert "file" in caught.value.fields
    given = enter(child, by_parent=True, proof=page())
    assert (given.state, given.authority, given.on_behalf) == ("obtained", "parent", True)
    assert "parental responsibility" in mails("consent.confirmed")[0].body


def test_child_and_parent_withdraw_by_phone(child):
    at = LATER
    for by_parent, state in ((True, "revoked"), (False, "withdrawn")):
        enter(child, by_parent=True, proof=page(), at=at)
        at += timedelta(hours=1)
        assert enter(child, "withdraw", by_parent=by_parent, at=at).state == state
        at += timedelta(hours=1)


# --- the page -------------------------------------------------------------------------------------------


@pytest.fixture
def officer(made):
    return pages.at_the_desk(made.org.users["officer"])


@pytest.fixture
def address(made):
    return reverse("consent:enter", args=[made.org.subject.pk, "news"])


def sent(made, **changed):
    at = timezone.localtime(LATER).strftime("%Y-%m-%dT%H:%M")
    return {"answer": "give", "method": "phone", "at": at, "text": made.text.pk, **changed}


def text_of(response) -> str:
    return response.content.decode()


def test_the_desk_leads_to_the_page_and_the_page_back(made, officer, address):
    desk = reverse("consent:desk-subject", args=[made.org.subject.pk])
    assert address in text_of(officer.get(desk))
    shown = text_of(officer.get(address))
    assert desk in shown and made.text.body in shown and "sage@people.example" in shown
    assert "Withdraws what was agreed to" not in shown and "parental responsibility" not in shown


def test_an_answer_is_entered_on_the_page(made, officer, address):
    given = sent(made, method="paper", channels=["post"], file=SimpleUploadedFile("signed.pdf", PAGE))
    done = officer.post(address, given, follow=True)
    assert "Entered: the person agrees." in text_of(done)
    (stored_one,) = stored(made.org.subject.pk)
    assert (stored_one.at, stored_one.channels, stored_one.method) == (LATER, ["post"], "paper")
    file = reverse("portals_core:desk-record-file", args=["contacts", made.org.subject.pk, stored_one.proof])
    assert file in text_of(done)
    assert b"".join(officer.get(file).streaming_content) == PAGE


def test_the_person_sees_the_decision_and_no_proof(made, officer, address):
    officer.post(address, sent(made, file=SimpleUploadedFile("signed.pdf", PAGE)))
    shown = text_of(pages.signed_in(made.org.users["subject"]).get(reverse("consent:history")))
    assert "By phone" in shown and "Proof" not in shown


@pytest.mark.parametrize(
    ("changed", "sentence", "status"),
    [
        ({"method": "paper"}, "Add the signed page", 400),
        ({"at": "2999-01-01T00:00"}, "choose now or earlier", 400),
        ({"text": ""}, "Choose the text that was read out", 400),
        ({"answer": ""}, "This field is required", 400),
        ({"channels": ["phone"]}, "Select a valid choice", 400),
        ({"answer": "withdraw"}, "Select a valid choice", 400),
    ],
)
def test_what_is_wrong_stands_at_its_field_with_what_was_entered(
    made, officer, address, changed, sentence, status
):
    refused = officer.post(address, sent(made, remarks="Kept words", **changed))
    assert refused.status_code == status
    assert sentence in text_of(refused) and "Kept words" in text_of(refused)
    assert stored(made.org.subject.pk) == []


def test_under_a_restriction_the_page_offers_no_yes(made, officer, address):
    made.give()
    assert "Agrees" in text_of(officer.get(address))
    restrict(made)
    shown = text_of(officer.get(address))
    assert "restricted" in shown and 'value="give"' not in shown and 'value="withdraw"' in shown


def test_where_nothing_can_be_entered_the_page_says_so(made, officer):
    empty = officer.get(reverse("consent:enter", args=[made.org.subject.pk, "draft"]))
    assert "Nothing can be entered" in text_of(empty) and "multipart" not in text_of(empty)


def test_a_parent_is_asked_for_on_the_page_of_a_child(child):
    officer = pages.at_the_desk(child.org.users["officer"])
    address = reverse("consent:enter", args=[child.org.subject.pk, "news"])
    assert "Said by somebody with parental responsibility" in text_of(officer.get(address))
    given = sent(child, by_parent="on", file=SimpleUploadedFile("signed.pdf", PAGE))
    assert officer.post(address, given).status_code == 302
    assert stored(child.org.subject.pk)[0].authority == "parent"


def test_a_consent_is_declared_invalid_on_its_page(made, officer):
    address = reverse("consent:invalidate", args=[made.org.subject.pk, "news"])
    desk = reverse("consent:desk-subject", args=[made.org.subject.pk])
    assert address not in text_of(officer.get(desk))
    assert "no consent that could be invalid" in text_of(officer.get(address))
    made.give()
    assert address in text_of(officer.get(desk))
    assert officer.post(address, {"reason": " "}).status_code == 400
    assert officer.post(address, {"reason": "Under pressure"}).status_code == 302
    assert states(made.org.subject.pk) == ["obtained", "invalidated"]


@pytest.mark.parametrize("name", ["consent:enter", "consent:invalidate"])
def test_the_pages_are_for_who_keeps_consent(made, name):
    address = reverse(name, args=[made.org.subject.pk, "news"])
    for who in ("auditor", "administrator"):
        client = pages.at_the_desk(made.org.users[who])
        allowed = made.actor(who).may("consent.manage")
        assert client.get(address).status_code == (200 if allowed else 403)
    assert pages.signed_in(made.org.users["subject"]).get(address).status_code == 403
