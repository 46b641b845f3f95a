"""The comparison of cases is tested: a bug of each kind, put in on purpose, must make it red."""

from __future__ import annotations

import pytest

from tests.oracles import cases_bugs, cases_bugs_desk
from tests.oracles import cases_stage as staging
from tests.oracles.cases_histories import HISTORIES, SENT_BACK, TWO_OFFICERS

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
BUGS = cases_bugs.BUGS | cases_bugs_desk.BUGS


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    with staging.standing(django_db_blocker) as made:
        yield made


def disagreements(stage, history):
    """On what the product and the model do not agree; nothing stays stored."""
    needed = 2 if history in (TWO_OFFICERS, SENT_BACK) else 1
    with staging.playing(stage, needed) as play:
        for step in history:
            if isinstance(step, dict):
                play.passes(**step)
            else:
                play.act(*step)
            if play.differing:
                return play.differing
    return []


@pytest.mark.parametrize("name", HISTORIES)
def test_without_a_bug_they_agree(stage, name):
    """The histories on which the bugs below are found."""
    assert disagreements(stage, HISTORIES[name]) == []


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_put_in_on_purpose_is_found(stage, monkeypatch, bug):
    bug(monkeypatch)
    assert disagreements(stage, BUGS[bug])
