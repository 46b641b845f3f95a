"""The cases we keep a copy of are those we were given."""

from pathlib import Path

import pytest

from tests.parts import real_data

OURS = Path(__file__).parent / "data" / "deadline_cases.csv"


@pytest.mark.realdata
def test_our_copy_of_the_deadline_cases_is_the_given_one():
    given = (real_data() / "deadline_cases.csv").read_bytes()
    assert given.count(b"\n") > 1
    assert OURS.read_bytes() == given
