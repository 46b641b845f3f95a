"""What cases hold of a person can be shown, and emptied."""

import pytest
from django.apps import apps

from portals_core.plumbing.sources import SOURCES, Authority
from requests.casebook import reads
from tests.requests import case_cast
from tests.requests.case_cast import TEST, decide, file, there

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def source():
    return SOURCES.get("requests")


def test_everything_claimed_exists():
    for claim in source().describe():
        apps.get_model(claim.model)._meta.get_field(claim.field)


def test_the_export_shows_the_persons_cases_with_their_words_and_nobody_elses(made):
    mine = file(made, "rectify", proposals={"name": "New"}, text="my words")
    decide(made, mine, "refuse", ground=case_cast.GROUND, sentence="our answer")
    file(made, "export", "stranger", text="other words")
    rows = list(source().export(made.subject.pk, actor=TEST))
    assert [row.table for row in rows] == ["requests", "requested_corrections", "letters", "letters"]
    assert rows[0].values["text"] == "my words" and rows[0].values["answer"] == "our answer"
    assert rows[1].values == {
        "request": mine.number, "field": "Name", "before": "Sage Winter", "proposed": "New", "approved": None,
    }  # fmt: skip


def test_erasing_empties_other_cases_and_leaves_the_current_one(made):
    other, current = file(made, "export", text="canary"), file(made, "delete", text="kept until it closes")
    theirs = file(made, "export", "stranger", text="theirs")
    under = Authority(current.pk, "erase", made.subject.pk)
    for item in list(source().find(made.subject.pk, actor=TEST)):
        source().erase(item, subject=made.subject.pk, actor=TEST, under=under)
    assert reads.words(TEST, other) is None
    assert there(reads.words(TEST, current)).text == "kept until it closes"
    assert there(reads.words(TEST, theirs)).text == "theirs"
    assert case_cast.again(other).number == other.number
