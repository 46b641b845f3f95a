"""What a person and officers say to each other, at the same moment as something else: the answer to a
question, a letter that is posted or goes elsewhere (promises 8, 11). PostgreSQL only: SQLite has one writer
at a time by nature. Each race is run once with its guard taken away, to show that it is one."""

from __future__ import annotations

import threading
from datetime import date
from functools import partial
from types import SimpleNamespace

import pytest
from django.db import transaction

from portals_core.plumbing import clock as times
from portals_core.plumbing import links, outbox, render
from portals_core.plumbing.errors import Absent, Conflict
from requests.arriving import codes as codes_sent
from requests.arriving import mandates
from requests.casebook import lifecycle
from requests.models import Case, Clarification, Letter, Message
from requests.telling import letter_paper, letters, questions
from requests.timing import clock, lapsing
from tests import cast, pdf_text
from tests.concurrency.racing import PATIENCE, at_once
from tests.concurrency.test_case_races import without_guards, without_locks, won
from tests.concurrency.test_lock_races import meeting
from tests.requests import letter_cast, proving
from tests.requests.case_cast import LATER, TEST, again, codes
from tests.requests.test_everybody_told import POSTAL, erased_without_address
from tests.requests.test_question_link import NEXT_WEEK, _ask, token

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
]


@pytest.fixture
def made(transactional_db):
    return cast.set_up()


# --- the answer to a question (W2, W16) ----------------------------------------------------------------


@pytest.fixture
def asked(made):
    """A request of somebody without an account, who is asked something and has the link to answer."""
    made.users["stranger"].delete()
    case = proving.ask()
    codes_sent.try_code(proving.proof_of(case).pk, proving.code_in(proving.latest(case)), at=cast.NOW)
    return _ask(made, case)


def by_link(made, case):
    return partial(clock.answer_by_link, token(), text="The second.", at=NEXT_WEEK)


def by_telephone(made, case):
    """An officer writes down what the person said."""
    actor = made.actor("officer")
    return partial(clock.answer, actor=actor, case=case.pk, text="The first.", at=NEXT_WEEK)


def taken_back(made, case):
    """The person ends the request by another link."""
    with transaction.atomic():
        out = mandates.way_out(case, at=NEXT_WEEK)
    return partial(mandates.object_to, out.rstrip("/").split("/")[-1], at=NEXT_WEEK)


def lapsed(made, case):
    """The time to answer is over, by the clock of the job."""
    with transaction.atomic():
        key = outbox.enqueue(lapsing.JOB, about="duty:race")
    return partial(outbox.run_now, key)


OTHERS = [by_link, by_telephone, taken_back, lapsed]


def kept(case) -> tuple[int, int, int]:
    """How many answers, answered questions and entries of an answer there are."""
    said = Message.objects.visible_to(TEST).filter(case=case, direction="in")
    answered = Clarification.objects.visible_to(TEST).filter(case=case).exclude(answered_at=None)
    return said.count(), answered.count(), codes(case).count("case.answered")


@pytest.mark.parametrize("other", OTHERS)
def test_an_answer_by_link_is_kept_once_whatever_comes_beside_it(made, asked, other):
    """All started together: one answer, one entry, and the pause is added once."""
    results = at_once(by_link(made, asked), other(made, asked))
    said, answered, entries = kept(asked)
    assert said == answered == entries <= 1
    assert sum(isinstance(one, Absent | Conflict) for one in results) <= 1
    case = again(asked)
    if said:
        # A month from receipt and the week of the question, as without anybody beside.
        assert case.state in ("in_review", "withdrawn") and case.due_on == date(2026, 4, 13)
    else:
        assert case.state in ("withdrawn", "lapsed") and case.due_on == asked.due_on


@pytest.mark.parametrize(
    ("other", "second", "state"),
    [
        (by_link, Absent, "in_review"),
        (by_telephone, Conflict, "in_review"),
        (taken_back, Case, "withdrawn"),
        (lapsed, str, "in_review"),
    ],
)
def test_what_comes_while_an_answer_is_stored_waits_for_it(made, asked, monkeypatch, other, second, state):
    answer, after = by_link(made, asked), other(made, asked)
    answered, result, waited = meeting(monkeypatch, answer, links, "redeem", after)
    assert waited and isinstance(answered, Case) and isinstance(result, second)
    assert again(asked).state == state and kept(asked) == (1, 1, 1)


@pytest.mark.parametrize(
    ("other", "refused", "state", "said"),
    [
        (by_link, Absent, "in_review", 1),
        (by_telephone, Absent, "in_review", 1),
        (taken_back, Conflict, "withdrawn", 0),
        (lapsed, Conflict, "lapsed", 0),
    ],
)
def test_an_answer_to_what_is_no_question_any_more_is_not_kept(
    made, asked, monkeypatch, other, refused, state, said
):
    """The link worked when it was looked at; what happened since is seen under the locks."""
    answer, before = by_link(made, asked), other(made, asked)
    answered, _result, waited = meeting(monkeypatch, answer, questions, "linked", before)
    assert not waited and isinstance(answered, refused)
    assert again(asked).state == state and kept(asked) == (said, said, said)


@pytest.mark.parametrize("other", OTHERS)
def test_without_the_guards_both_would_count(made, asked, monkeypatch, other):
    """The control of the three tests above: no locks, links that are not used up, a state written without a
    look at what it was. Both take their step from the open question."""
    acts, steps, both_read = [by_link(made, asked), other(made, asked)], [], threading.Barrier(2)
    both_answer = other in (by_link, by_telephone)
    # Of two answers the second waits for the row of the question, so they meet before it.
    without_guards(monkeypatch, None if both_answer else both_read)
    words, naive = clock._words, lifecycle.move

    def read(*given):
        if both_answer:
            both_read.wait(timeout=PATIENCE)
        return words(*given)

    def noted(case, transition, **given):
        steps.append((case.state, transition))
        return naive(case, transition, **given)

    monkeypatch.setattr(clock, "_words", read)
    monkeypatch.setattr(lifecycle, "move", noted)
    monkeypatch.setattr(links, "redeem", links.peek)
    monkeypatch.setattr(links, "revoke", lambda purpose, **given: 0)
    assert len(won(at_once(*acts))) == 2
    assert [state for state, _step in steps] == ["waiting", "waiting"]
    assert kept(asked)[0] == (2 if both_answer else 1) and ("waiting", "answered") in steps


# --- letters on paper (Art. 12, 17) --------------------------------------------------------------------


def posting(made, case, letter, who="officer"):
    return partial(letters.mark_posted, actor=made.actor(who), case=case.pk, letter=letter.pk, at=times.now())


def by_two(made, case, letter):
    return at_once(posting(made, case, letter), posting(made, case, letter, "second_officer"))


def entries(case) -> tuple[int, int]:
    found = codes(case, letters=True)
    return found.count("case.letter_posted"), found.count("case.letter_forgotten")


def test_a_letter_is_posted_once(made):
    case = letter_cast.filed_for(made, letter_cast.no_address(made))
    letter = letter_cast.write(case)
    assert {type(one) for one in by_two(made, case, letter)} == {type(None), Conflict}
    assert letter_cast.stored(letter).posted_at is not None and entries(case) == (1, 0)


def test_the_last_letter_is_posted_once_and_forgotten_once(made):
    case = erased_without_address(made)
    (last,) = letter_cast.letters_of(case, receipt=True)
    (posted,) = won(by_two(made, case, last))
    assert posted is None and letter_cast.letters_of(case, receipt=True) == []
    assert entries(case) == (1, 1)


class _Unasked:
    """Letters for somebody who does not ask whether they were posted."""

    model, fetch = Letter, Letter.objects.fetch

    def visible_to(self, actor, action):
        return SimpleNamespace(
            model=Letter,
            filter=lambda pk, **asked: Letter.objects.visible_to(actor, action).filter(pk=pk),
        )


@pytest.mark.parametrize("last", [False, True], ids=["of a case that goes on", "the last"])
def test_without_the_guards_a_letter_would_be_posted_twice(made, monkeypatch, last):
    """The control of the two tests above: no locks, and a row written without a look whether it is posted.
    The last letter is gone with its first posting, and nothing can post what is gone: without a lock the
    second officer waits for the row and finds none."""
    if last:
        case = erased_without_address(made)
        (letter,) = letter_cast.letters_of(case, receipt=True)
    else:
        case = letter_cast.filed_for(made, letter_cast.no_address(made))
        letter = letter_cast.write(case)
    without_locks(monkeypatch)
    monkeypatch.setattr(letters, "Letter", SimpleNamespace(objects=_Unasked()))
    first, second, waited = meeting(
        monkeypatch, posting(made, case, letter), letters, "_letter",
        posting(made, case, letter, "second_officer"),
    )  # fmt: skip
    assert not waited and second is None
    assert isinstance(first, Conflict) if last else first is None
    assert entries(case) == ((1, 1) if last else (2, 0))


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_a_letter_that_is_being_made_goes_to_the_address_learned_meanwhile(made, monkeypatch, guarded):
    """W24: the document of the old address is thrown away; the control keeps it, and the letter would go
    there for good."""
    case = letter_cast.filed_for(made, letter_cast.no_address(made))
    letter = letter_cast.write(case)
    (made_by,) = letter_cast.jobs_for(letter)
    if not guarded:
        monkeypatch.setattr(letter_paper, "_as_drawn", lambda rows, letter: rows)
    learned = partial(
        letters.address_known, actor=made.actor("officer"), case=case.pk, postal=POSTAL, at=LATER
    )
    done, known, waited = meeting(monkeypatch, partial(outbox.run_now, made_by.pk), render, "pdf", learned)
    assert not waited and known is None and done == "done"
    outbox.drain()
    said = pdf_text.words(bytes(letter_cast.stored(letter).pdf)).replace(" ", "")
    assert ("MillLane4" in said) is guarded
