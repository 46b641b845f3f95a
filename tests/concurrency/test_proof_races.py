"""Many guesses at one code at once (attack 6). PostgreSQL only: SQLite has one writer at a time by nature.
The control counts as one who reads first would, to show that the race is one."""

import threading
from collections.abc import Iterator

import pytest

from portals_core.plumbing.errors import BadInput
from requests.arriving import codes
from requests.models import Proof
from tests import cast
from tests.concurrency.racing import PATIENCE, at_once
from tests.requests.case_cast import TEST, again
from tests.requests.proving import ask, code_in, latest, proof_of, wrong

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
GUESSES = 24


@pytest.fixture
def made(transactional_db) -> Iterator[cast.Organisation]:
    yield cast.set_up()


@pytest.fixture
def compared(monkeypatch) -> list[str]:
    """The codes that were compared at all."""
    found: list[str] = []
    compare = codes.hmac.compare_digest

    def counted(one, other):
        found.append(one)
        return compare(one, other)

    monkeypatch.setattr(codes.hmac, "compare_digest", counted)
    return found


def guess(case) -> list[object]:
    key, code = proof_of(case).pk, wrong(code_in(latest(case)))
    compared_before = [lambda: codes.try_code(key, code, at=cast.NOW)] * GUESSES
    return at_once(*compared_before)


def test_of_many_guesses_at_once_no_more_than_the_limit_is_compared(made, compared):
    case = ask()
    results = guess(case)
    assert {type(one) for one in results} == {BadInput}
    assert len(compared) == codes.TRIES == proof_of(case).tries
    assert again(case).state == "proving"


def test_counting_after_reading_would_compare_them_all(made, compared, monkeypatch):
    """The control of the test above: everybody has read the counter before one writes it."""
    all_read = threading.Barrier(GUESSES)

    def naive(proof, *, at):
        row = Proof.objects.visible_to(TEST).get(pk=proof)
        all_read.wait(timeout=PATIENCE)
        if row.tries >= codes.TRIES:
            return False
        Proof.objects.visible_to(TEST).filter(pk=proof).update(tries=row.tries + 1)
        return True

    monkeypatch.setattr(codes, "_spend_try", naive)
    guess(ask())
    assert len(compared) == GUESSES


def test_the_right_code_entered_twice_at_once_proves_once(made):
    case = ask()
    key, code = proof_of(case).pk, code_in(latest(case))
    results = at_once(*[lambda: codes.try_code(key, code, at=cast.NOW)] * 4)
    assert sum(isinstance(one, Proof) for one in results) == 1
    assert (again(case).state, again(case).subject) == ("in_review", made.stranger.pk)
