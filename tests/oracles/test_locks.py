"""Whatever happens to records and rules, the product locks and refuses as the naive model does (L1–L20)."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.oracles import locks_stage as staging
from tests.oracles.locks_compare import disagreements
from tests.oracles.locks_worlds import bait, histories

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]


@pytest.fixture
def modules(db):
    return staging.set_up()


@given(drawn=histories())
def test_a_history_locks_the_same_to_the_product_and_the_model(modules, drawn):
    """L2-L6, L8-L11, L13-L20: locks in force after each write, job and day; what is refused to whom, and
    which fields are kept."""
    assert disagreements(modules, drawn) == []


def test_a_history_with_every_kind_of_lock(modules):
    """The stage on which the seeded bugs are found."""
    assert disagreements(modules, bait()) == []
