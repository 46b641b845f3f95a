"""Every occasion on which somebody is told, with a mail address and without one (Art. 12(1), (3), (4))."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from django.utils import translation
from django.utils.translation import gettext

from portals_core.ledger.models import LedgerEntry
from portals_core.locks.paths import PATHS
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from portals_core.plumbing.models import Mail
from requests.arriving import intake, matching, recorded
from requests.casebook import details
from requests.deciding import approvals
from requests.law.states import State
from requests.models import Case, CaseDetail, Channel, LetterKind
from requests.telling import letter_paper, letters, reached
from requests.telling.notices import answers, behalf, deletion, period, receipts, restricting, talk
from tests import cast
from tests.requests import letter_cast
from tests.requests.case_cast import GROUND, LATER, TEST, again, codes, decide, file
from tests.requests.letter_cast import letters_of, no_account, no_address

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])

POSTAL = "Ash Grove\nMill Lane 4\nGalway"
UNTIL = LATER + timedelta(days=14)
Occasion = Callable[[Case], object]


def _with(**columns: object) -> Callable[[Case], Case]:
    """A case as it stands when somebody is told of its outcome."""

    def changed(case: Case) -> Case:
        for name, value in columns.items():
            setattr(case, name, value)
        return case

    return changed


_refused = _with(state=State.REFUSED, ground=GROUND, sentence="We asked twice.")
_longer = _with(extension_ground="JustificationA12Complexity")


def _detail(case: Case):
    found = reached.detail_of(case)
    assert found is not None
    return found


#: Every function that tells the person of a case something, and a call of it.
OCCASIONS: Mapping[Callable[..., object], Occasion] = {
    receipts.acknowledged: lambda case: receipts.acknowledged(case, at=LATER),
    answers.refused: lambda case: answers.refused(_refused(case), at=LATER),
    answers.corrected: lambda case: answers.corrected(case, done=["Phone"], left=[], at=LATER),
    answers.none_held: lambda case: answers.none_held(case, at=LATER),
    answers.settled: lambda case: answers.settled(case, of=case, at=LATER),
    answers.no_more_advertising: lambda case: answers.no_more_advertising(case, at=LATER),
    answers.left_out: lambda case: answers.left_out(case, [], at=LATER),
    restricting.stopped: lambda case: restricting.stopped(case, at=LATER),
    restricting.lifting: lambda case: restricting.lifting(case, reason="It was checked.", at=LATER),
    restricting.not_lifting: lambda case: restricting.not_lifting(case, at=LATER),
    deletion.cooling: lambda case: deletion.cooling(case, link="https://x/", until=UNTIL, at=LATER),
    deletion.partly_erased: lambda case: deletion.partly_erased(case, [], at=LATER),
    deletion.gone: lambda case: deletion.gone(case, [], _detail(case), at=LATER),
    period.question: lambda case: period.question(
        case, text="Which?", page="", until=UNTIL.date(), identity=False, at=LATER
    ),
    period.extended: lambda case: period.extended(_longer(case), sentence="Many.", at=LATER),
    period.lapsed: lambda case: period.lapsed(case, unproved=False, at=LATER),
    talk.message: lambda case: talk.message(
        case, _detail(case), said="Please call.", link="https://x/", at=LATER
    ),
    talk.letter: lambda case: letters.write(case, LetterKind.DECISION, at=LATER),
}
#: Doors that tell somebody by one way only, each with the reason.
ONE_WAY = {
    receipts.acknowledged_to: "to whoever asked for somebody else; they have an account with an address",
    receipts.proof: "carries a code to an address; without one it is the next",
    receipts.asked_by_letter: "the question who asks, for who has no address",
    behalf.asked: "nobody is asked in somebody's name who has no mailbox of their own (W17)",
    behalf.proved: "the same person, later",
    answers.copy_by_post: "with an address the copy is announced by the app that made it",
}


def test_no_occasion_is_left_out_of_the_table():
    """A notice that is added must say here how people without an address hear of it."""
    assert set(PATHS.get("requests.notices").doors) == {*OCCASIONS, *ONE_WAY}


def waiting(case):
    return [one for one in letters_of(case, receipt=True) if one.mail is None and one.posted_at is None]


@pytest.mark.parametrize("occasion", OCCASIONS, ids=lambda one: one.__name__)
def test_with_an_address_a_mail_goes_and_without_one_a_letter_waits(made, occasion):
    reached, unreached = (
        file(made, "export", "officer", subject=person(made).pk, postal=POSTAL)
        for person in (no_account, no_address)
    )
    before = {case.pk: (Mail.objects.count(), len(waiting(case))) for case in (reached, unreached)}
    OCCASIONS[occasion](reached)
    mails, posted = before[reached.pk]
    assert (Mail.objects.count() - mails, len(waiting(reached)) - posted) == (1, 0)
    OCCASIONS[occasion](unreached)
    letter = waiting(unreached)[-1]
    assert len(waiting(unreached)) == before[unreached.pk][1] + 1 and letter.address == POSTAL
    assert letter.title and unreached.number in f"{letter.title} {letter.body}" and "{{" not in letter.body
    assert Mail.objects.count() == mails + 1


def test_mail_and_letter_are_in_the_language_of_who_gets_them(made):
    """Art. 12(1): whatever language is active where it is written. Its control: the same in English."""
    reached, unreached = (
        file(made, "export", "officer", subject=person(made).pk, postal=POSTAL)
        for person in (no_account, no_address)
    )
    found = {}
    for language in ("en", "pl"):
        for case in (reached, unreached):
            CaseDetail.objects.visible_to(TEST).filter(case=case).update(language=language)
            answers.settled(case, of=case, at=LATER)
        mail = Mail.objects.get(kind="case.settled", language=language)
        letter = [one for one in waiting(unreached) if one.language == language][-1]
        with translation.override(language):
            words = gettext("Your request %(number)s is answered")
        assert mail.title == words % {"number": reached.number}
        assert letter.title == words % {"number": unreached.number}
        found[language] = words
    assert found["en"] != found["pl"]


def test_who_has_no_address_is_told_of_everything_from_receipt_to_refusal(made):
    case = file(made, "export", "officer", subject=no_address(made).pk, postal=POSTAL)
    decide(made, case, "refuse", ground=GROUND, sentence="We asked twice.")
    assert [one.kind for one in waiting(case)] == ["receipt", "decision"]
    assert Mail.objects.count() == 0


def test_a_receipt_is_kept_with_every_request_that_came_in(made):
    """R2: in the portal, through an officer, by the public form; and it is read where letters are."""
    own = file(made, "export")
    (letter,) = letters_of(own, receipt=True)
    assert letter.kind == "receipt" and own.number in letter.body and letter.mail is not None
    assert list(letters.listed(made.actor("subject"), own)) == [letter]
    assert list(letters.listed(made.actor("stranger"), own)) == []
    unproved = file(made, "export", "officer", subject=made.stranger.pk, seen=None)
    (sent,) = letters_of(unproved, receipt=True)
    assert sent.kind == "receipt" and sent.mail == Mail.objects.get(kind="case.proof").pk


def test_who_asks_for_somebody_else_leaves_no_receipt_in_that_persons_letters(made):
    """Letters are the person's alone; they have agreed to nothing yet (W17)."""
    case = file(made, "export", subject=made.added.pk)
    assert letters_of(case, receipt=True) == [] and Mail.objects.filter(kind="case.acknowledged").count() == 1


def recorded_by_letter(made, **given):
    given = {"number": "A-1", "postal": POSTAL, **given}
    return recorded.record(
        actor=made.actor("officer"), kind="export", channel=Channel.LETTER, at=cast.NOW, **given
    )


def test_a_proof_is_asked_by_letter_where_there_is_no_mail_address(made):
    case = recorded_by_letter(made)
    assert case.state == State.PROVING and case.proved_at is None
    # Both are of one moment, so neither comes first.
    kept = {one.kind: one for one in waiting(case)}
    assert set(kept) == {"receipt", "proof"}
    question = kept["proof"]
    assert question.address == POSTAL
    assert "customer number" in question.body and case.number in question.body
    with pytest.raises(BadInput):
        recorded_by_letter(made, postal="")
    with pytest.raises(BadInput):
        recorded_by_letter(made, postal="\n".join("123456789"))


def test_the_postal_address_is_kept_only_without_a_mail_address(made):
    case = recorded_by_letter(made, email="wren@people.example")
    assert _detail(case).postal == "" and waiting(case) == []


def test_an_address_that_is_learned_later_stands_on_the_letters_that_wait(made):
    case = file(made, "export", "officer", subject=no_address(made).pk)
    (letter,) = waiting(case)
    assert letter.address == ""
    letter_cast.make(letter)
    letters.address_known(actor=made.actor("officer"), case=case.pk, postal=f" {POSTAL}\n", at=LATER)
    (letter,) = waiting(case)
    assert letter.address == POSTAL and letter.pdf is None and letter_cast.jobs_for(letter).count() == 2
    assert "Mill Lane 4" in letter_paper.html(letter) and "case.postal_known" in codes(case)
    with pytest.raises(Forbidden):
        letters.address_known(actor=made.actor("auditor"), case=case.pk, postal=POSTAL, at=LATER)


def test_no_officer_redirects_an_answer_that_goes_by_mail(made):
    case = file(made, "export", "officer", subject=no_account(made).pk)
    with pytest.raises(Conflict):
        letters.address_known(actor=made.actor("officer"), case=case.pk, postal=POSTAL, at=LATER)
    assert _detail(case).postal == ""


def test_nothing_is_held_is_answered_on_paper(made):
    case = recorded_by_letter(made, seen={"number": "passport, name agrees"})
    closed = matching.answer_none(actor=made.actor("officer"), case=case.pk, at=LATER)
    letter = waiting(closed)[-1]
    assert letter.kind == "decision" and "We hold no data about you." in letter.body


def erased_without_address(made, postal=POSTAL):
    case = file(made, "delete", "officer", subject=no_address(made).pk, postal=postal)
    decide(made, case)
    approvals.approve(actor=made.actor("second_officer"), case=case.pk, at=LATER)
    outbox.drain()
    return again(case)


@pytest.fixture
def at_once(settings):
    settings.COOLING_OFF_HOURS = 0


def test_the_last_letter_outlives_the_words_until_it_is_posted(made, at_once):
    """Art. 12(3), 17: whoever was erased is told, and then nothing of them is left, their address neither."""
    case = erased_without_address(made)
    assert case.state == State.FULFILLED and reached.detail_of(case) is None
    (last,) = letters_of(case, receipt=True)
    assert last.address == POSTAL and "Everything we held about you was deleted." in last.body
    assert letters.file(made.actor("officer"), case.pk, last.pk).content.startswith(b"%PDF-")
    assert list(letters.listed(made.actor("stranger"), case)) == []
    letters.mark_posted(actor=made.actor("officer"), case=case.pk, letter=last.pk, at=LATER)
    assert letters_of(case, receipt=True) == []
    forgotten = LedgerEntry.objects.filter(about=case.ref, code__startswith="case.letter_")
    assert {"case.letter_posted", "case.letter_forgotten"} <= set(forgotten.values_list("code", flat=True))


def test_a_letter_of_a_case_that_goes_on_stays_when_it_is_posted(made):
    case = file(made, "export", "officer", subject=no_address(made).pk, postal=POSTAL)
    (letter,) = waiting(case)
    letters.mark_posted(actor=made.actor("officer"), case=case.pk, letter=letter.pk, at=LATER)
    assert [one.posted_at for one in letters_of(case, receipt=True)] == [LATER]
    assert "case.letter_forgotten" not in codes(case, letters=True)


def test_a_last_letter_nobody_posted_goes_with_the_schedule(made, at_once):
    case = erased_without_address(made, postal="")
    assert [one.address for one in waiting(case)] == [""]
    letters.address_known(actor=made.actor("officer"), case=case.pk, postal=POSTAL, at=LATER)
    assert [one.address for one in waiting(case)] == [POSTAL]
    details.purge([case.pk])
    assert letters_of(case, receipt=True) == []


def test_a_deletion_nobody_asked_for_is_told_to_nobody(made):
    """D14: there is nobody to answer; the same case filed by an officer is answered."""
    case = file(made, "delete", "officer", subject=no_address(made).pk, postal=POSTAL)
    count = len(waiting(case))
    Case.objects.visible_to(TEST).filter(pk=case.pk).update(requester=None, channel=Channel.COMMAND)
    answers.none_held(again(case), at=LATER)
    assert len(waiting(case)) == count
    answers.none_held(case, at=LATER)
    assert len(waiting(case)) == count + 1


def test_a_case_of_an_account_takes_no_postal_address_from_the_form(made):
    case = intake.file_case(actor=made.actor("subject"), kind="export", at=cast.NOW, postal=POSTAL)
    assert _detail(case).postal == ""
