"""Letters to the person: what they say, in which language, to whom, and that nothing in them is executed."""

from datetime import date
from hashlib import sha256

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from portals_core.ledger.models import LedgerEntry
from portals_core.locks import place
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from requests.casebook import details
from requests.holding import planning
from requests.law import authorities
from requests.law.plan import Entry
from requests.law.states import State
from requests.models import CaseDetail, Verdict
from requests.parts import letters as letters_part
from requests.telling import letter_paper, letters
from tests import cast, pdf_text
from tests.requests import case_cast, letter_cast
from tests.requests.case_cast import GROUND, LATER, TEST, again, codes, decide, file
from tests.requests.letter_cast import letters_of, mails, make, stored, write
from tests.requests.pages import browser

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def refused(made, kind="export", ground=GROUND, sentence="We asked twice and heard nothing."):
    return decide(made, file(made, kind), "refuse", ground=ground, sentence=sentence)


def test_a_refusal_leaves_a_letter_with_ground_words_law_authority_and_court(made):
    """Art. 12(4), W19: everything a refusal owes stands in the letter that is kept, too."""
    case = refused(made)
    (letter,) = letters_of(case)
    assert letter.kind == "decision" and letter.version == 0 and case.number in letter.title
    for owed in (
        "We do not do what you asked.",
        "The request is clearly without foundation. (Art. 12(5)(b) GDPR)",
        "We asked twice and heard nothing.",
        authorities.authority(case.country, case.subdivision).url,
        "You may also go to court.",
        "Hello Sage Winter,",
    ):
        assert owed in letter.body
    assert "{{" not in letter.body and "\n\n\n" not in letter.body
    # The message of the refusal said it already: no second one is sent.
    (mail,) = mails("case.refused")
    assert letter.mail == mail.pk and mails("case.letter") == []
    assert "case.letter" in codes(case, letters=True)


def test_a_letter_speaks_the_language_of_the_person(made):
    """N8."""
    case = file(made, "export")
    CaseDetail.objects.visible_to(TEST).filter(case=case).update(language="pl")
    decide(made, case, "refuse", ground=GROUND, sentence="Powód.")
    (letter,) = letters_of(case)
    with translation.override("pl"):
        court = gettext("You may also go to court.")
    assert letter.language == "pl" and court in letter.body and "go to court" not in letter.body
    assert '<html lang="pl">' in letter_paper.html(letter)


def test_a_refusal_for_a_duty_to_keep_is_written_from_the_lock(made):
    """N2, L8: the letter tells law and end of the lock, never what staff wrote down."""
    order = cast.order(made, "A1", made.subject)
    place.place(
        actor=TEST, record=order.pk, ground="retention", reason="secret staff words", placed_by="rule:1",
        at=cast.NOW, ends_on=date(2031, 12, 31),
    )  # fmt: skip
    case = refused(made, "delete", "JustificationA17LegallyRequired", "Our invoices.")
    (letter,) = letters_of(case)
    assert "Orders (1): The law obliges us to keep it as it is for some time." in letter.body
    assert "until Dec. 31, 2031" in letter.body and "Our invoices." in letter.body
    assert "secret staff words" not in letter.body


def test_a_partly_refusal_names_every_refused_group_with_its_reason(made):
    """Art. 12(4): also where only a part is refused."""
    case = file(made, "delete")
    orders = [cast.order(made, f"A{number}", made.subject) for number in (1, 2, 3)]
    entries = [
        Entry("records", "orders", str(orders[0].pk), verdict="refuse", ground="JustificationA17LegalClaims"),
        Entry("records", "orders", str(orders[1].pk), verdict="refuse", ground="JustificationA17LegalClaims"),
        Entry("records", "orders", str(orders[2].pk)),
    ]
    plan = planning.store(case, entries, at=LATER)
    Verdict(
        case=case, source="records", kind="orders", ref=str(orders[0].pk), verdict="refuse",
        ground="JustificationA17LegalClaims", sentence="You sued us.", at=LATER,
    ).save()  # fmt: skip
    case.plan_digest = plan.digest
    draft = letters.preview(case, "complete", at=LATER)
    assert "We do part of what you asked." in draft.body and "What we did: Orders (1)" in draft.body
    claims = "The data is needed to establish, exercise or defend legal claims. (Art. 17(3)(e) GDPR)"
    assert f"Orders (1): {claims} You sued us." in draft.body
    assert f"Orders (1): {claims}\n" in f"{draft.body}\n"
    assert "You may also go to court." in draft.body


def test_nothing_that_stands_in_words_or_values_is_carried_out(made):
    """Attack 56: braces in what people wrote stay what they are, also the name of a placeholder."""
    bait = "{{ settings.SECRET_KEY }} {0.__class__} {% include 'x' %} %(number)s {{ contact }}"
    case = refused(made, sentence=bait)
    (letter,) = letters_of(case)
    assert bait in letter.body
    assert bait in write(case, "clarify", question=bait).body


def test_markup_and_addresses_in_words_stay_text_on_paper(made):
    """Attacks 53, 55: nothing is fetched, nothing is markup."""
    bait = "<img src='file:///etc/passwd'><script>alert(1)</script><style>@import url(http://127.0.0.1/x)</style>"
    (letter,) = letters_of(refused(made, sentence=bait))
    assert "<img" not in letter_paper.html(letter) and "<script" not in letter_paper.html(letter)
    words = pdf_text.words(bytes(make(letter).pdf)).replace(" ", "")
    assert "<imgsrc='file:///etc/passwd'>" in words and "root:" not in words


def test_a_line_break_in_a_value_makes_no_second_line_in_title_or_mail(made):
    """Attack 58."""
    case = file(made, "export")
    letter = write(case, "clarify", number="1\r\nBcc: all@example.org", question="Which?")
    assert "\n" not in letter.title and "\r" not in letter.title
    assert all("\n" not in mail.title for mail in mails("case.letter"))


def test_the_document_is_made_once_by_its_job_and_its_digest_is_kept(made):
    (letter,) = letters_of(refused(made))
    assert letter_cast.jobs_for(letter).count() == 1 and letter.pdf is None
    done = make(letter)
    assert bytes(done.pdf).startswith(b"%PDF-") and done.digest == sha256(bytes(done.pdf)).hexdigest()
    assert "without foundation" in pdf_text.words(bytes(done.pdf))
    make(letter)
    assert stored(letter).pdf == done.pdf
    assert LedgerEntry.objects.filter(code="case.letter_made").count() == 1


def test_a_letter_that_was_forgotten_meanwhile_needs_no_document(made):
    """Promise 17: nothing comes back after the words of a case are gone."""
    case = refused(made)
    (letter,) = letters_of(case)
    details.purge([case.pk])
    letter_paper.make(letter_cast.Held({"letter": str(letter.pk)}))
    assert letters_of(case) == []
    with pytest.raises(Conflict, match="nobody to write to"):
        write(case)


def test_the_mail_says_that_there_is_a_letter_and_nothing_of_it(made):
    """W20: whoever has an account is led to the portal."""
    case = file(made, "export")
    letter = write(case, "clarify", question="canary question")
    (mail,) = mails("case.letter")
    assert letter.mail == mail.pk and "canary" not in mail.body + mail.title
    assert reverse("dsr_requests:status", args=[case.pk]) in mail.body
    assert "canary question" in letter.body


def test_somebody_without_an_account_gets_a_link_that_ends(made):
    """W16."""
    case = letter_cast.filed_for(made, letter_cast.no_account(made))
    assert "/requests/read/" not in write(case).body
    (mail,) = mails("case.letter")
    assert "/requests/read/" in mail.body and mail.to == "wren@people.example"


def test_somebody_without_an_address_is_written_to_on_paper(made):
    case = letter_cast.filed_for(made, letter_cast.no_address(made))
    letter = write(case)
    assert letter.mail is None and mails("case.letter") == []
    client = browser(made, "officer")
    address = reverse("dsr_requests:posted", args=[case.pk, letter.pk])
    assert client.post(address).status_code == 302 and stored(letter).posted_at is not None
    with pytest.raises(Conflict):
        letters.mark_posted(actor=made.actor("officer"), case=case.pk, letter=letter.pk, at=LATER)
    assert codes(case, letters=True).count("case.letter_posted") == 1


def test_a_letter_that_went_by_mail_or_belongs_elsewhere_is_not_posted(made):
    """Only a letter on paper waits for the post, and only on the page of its own case."""
    case = file(made, "export")
    mailed = write(case)
    paper = letter_cast.filed_for(made, letter_cast.no_address(made))
    waits = write(paper)
    officer = made.actor("officer")
    assert mailed.mail is not None
    with pytest.raises(Conflict):
        letters.mark_posted(actor=officer, case=case.pk, letter=mailed.pk, at=LATER)
    with pytest.raises(Absent):
        letters.mark_posted(actor=officer, case=case.pk, letter=waits.pk, at=LATER)
    assert stored(mailed).posted_at is None and stored(waits).posted_at is None
    assert [one.waits for one in letters_part.lines([stored(mailed), stored(waits)])] == [False, True]
    letters.mark_posted(actor=officer, case=paper.pk, letter=waits.pk, at=LATER)
    assert [one.waits for one in letters_part.lines([stored(waits)])] == [False]


def test_who_may_not_decide_posts_nothing(made):
    case = letter_cast.filed_for(made, letter_cast.no_address(made))
    letter = write(case)
    with pytest.raises(Forbidden):
        letters.mark_posted(actor=made.actor("auditor"), case=case.pk, letter=letter.pk, at=LATER)
    assert stored(letter).posted_at is None


def test_a_preview_changes_nothing_and_says_what_the_letter_will_say(made):
    case = file(made, "export")
    before = case_cast.rows(
        "dsr_requests.Letter", "portals_core.Mail", "portals_core.Job", "dsr_requests.Case"
    )
    draft = letters.preview(case, "receipt", at=LATER)
    after = case_cast.rows(
        "dsr_requests.Letter", "portals_core.Mail", "portals_core.Job", "dsr_requests.Case"
    )
    assert before == after
    letter = write(case)
    assert (letter.title, letter.body) == (draft.title, draft.body)


def test_a_letter_has_no_place_for_words_that_are_no_placeholder(made):
    with pytest.raises(BadInput):
        write(file(made, "export"), settings="x")


def test_the_person_and_the_officers_get_the_document_and_nobody_else(made):
    """Promises 1, 2; decision 14."""
    case = refused(made)
    (letter,) = letters_of(case)
    own = reverse("dsr_requests:letter", args=[case.pk, letter.pk])
    desk = reverse("dsr_requests:desk-letter", args=[case.pk, letter.pk])
    assert browser(made, "subject").get(own).status_code == 409
    make(letter)
    for who, address in (("subject", own), ("officer", desk), ("auditor", desk)):
        response = browser(made, who).get(address)
        assert response.status_code == 200 and response.content.startswith(b"%PDF-")
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Content-Disposition"] == f'attachment; filename="{case.number}-decision.pdf"'
    assert browser(made, "stranger").get(own).status_code == 404
    assert browser(made, "operator").get(desk).status_code == 403
    assert Client().get(own).status_code == 302
    other = file(made, "delete")
    wrong = reverse("dsr_requests:letter", args=[other.pk, letter.pk])
    assert browser(made, "subject").get(wrong).status_code == 404


def test_who_asked_for_somebody_else_gets_no_letter(made):
    """Decision 14, W17."""
    case = file(made, "export", subject=made.added.pk)
    letter = make(write(case))
    with pytest.raises(Absent):
        letters.file(made.actor("subject"), case.pk, letter.pk)
    page = browser(made, "subject").get(reverse("dsr_requests:status", args=[case.pk]))
    assert page.status_code == 200 and letter.title not in page.content.decode()


def test_a_correction_done_in_part_is_told_with_what_was_not_done(made):
    case = file(made, "rectify", proposals={"name": "New", "phone": "+48 1"})
    decide(made, case, proposals={"name": True, "phone": False}, ground="OwnA16DataAccurate", sentence="No.")
    case_cast.outbox.drain()
    assert again(case).state == State.PARTLY_FULFILLED
    (letter,) = letters_of(case)
    assert letter.kind == "complete" and "What we did: Name" in letter.body
    assert "Phone: The data is accurate and complete as it is. (Art. 16 GDPR) No." in letter.body
    assert "You may also go to court." in letter.body and letter.digest


def test_a_stop_is_told_in_a_letter_without_a_word_on_complaints(made):
    case = case_cast.carried_out(made, "stop")
    (letter,) = letters_of(case)
    assert letter.kind == "complete" and "only stored" in letter.body and "court" not in letter.body


def test_after_an_erasure_no_letter_is_left(made):
    """The last message is the only word: everything of the case's words is gone."""
    case = case_cast.carried_out(made, "delete")
    assert letters_of(case) == [] and len(mails("case.erased")) == 1
