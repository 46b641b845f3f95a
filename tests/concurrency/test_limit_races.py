"""Many processes count by one counter at the same moment (W18). PostgreSQL only."""

import threading

import pytest
from django.db.models import F

from portals_core.plumbing import limits
from portals_core.plumbing.errors import TooMany
from portals_core.plumbing.limit_models import Spent
from tests import cast
from tests.concurrency.test_case_races import at_once, won

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
CALLERS, LIMIT = 30, 10


def spending():
    return lambda: limits.spend("form", "a", limit=LIMIT, seconds=3600, at=cast.NOW)


def test_of_thirty_at_once_exactly_ten_get_through():
    results = at_once(*(spending() for _ in range(CALLERS)))
    assert len(won(results)) == LIMIT
    assert {type(one) for one in results} == {type(None), TooMany}
    assert Spent.objects.get().count == LIMIT


def test_without_the_conditional_update_more_would_get_through(monkeypatch):
    """The control of the test above: all looked before one wrote."""
    looked = threading.Barrier(CALLERS)

    def naive(digest, *, below):
        free = Spent.objects.get(pk=digest).count < below
        looked.wait(timeout=60)
        Spent.objects.filter(pk=digest).update(count=F("count") + 1)
        return free

    monkeypatch.setattr(limits, "_count", naive)
    assert len(won(at_once(*(spending() for _ in range(CALLERS))))) == CALLERS


def test_each_of_many_gets_a_number_of_its_own():
    results = at_once(*(lambda: limits.tally("mail", "a", seconds=3600, at=cast.NOW) for _ in range(20)))
    assert sorted(results) == list(range(1, 21))
