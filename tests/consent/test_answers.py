"""Answers by link: which version they are about, how long the link works, and what it is after."""

from datetime import timedelta

import pytest

from consent.contact import questions
from consent.deciding import answers
from portals_core.plumbing.errors import Absent, BadInput, Conflict
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import mails, publish, states, stored, token_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LATER = cast.NOW + timedelta(hours=1)


@pytest.fixture
def made():
    made = consent_cast.set_up()
    made.ask()
    return made


@pytest.fixture
def token(made):
    return token_in(mails("consent.asked")[0])


def test_a_link_lives_until_its_question_is_due(made, token):
    """D12, D13: as long as the purpose waits; a moment before the end it works."""
    due = cast.NOW + timedelta(days=made.news.wait_days)
    with pytest.raises(Absent):
        answers.confirm(token=token, text=made.text.pk, at=due)
    given = answers.confirm(token=token, text=made.text.pk, at=due - timedelta(seconds=1))
    assert given.state == "obtained"


def test_a_text_that_changed_under_an_open_link_is_not_agreed_to(made, token):
    """W15: neither the old words nor the new ones, which nobody was sent; a no always counts."""
    new = made.republish()
    for text in (made.text, new):
        with pytest.raises(Conflict) as caught:
            answers.confirm(token=token, text=text.pk, at=LATER)
        assert caught.value.code == "consent.text_changed"
    assert answers.decline(token=token, at=LATER).text == made.text


def test_the_text_of_an_answer_is_of_the_version_asked(made, token):
    other = publish("draft", body="Something else.")
    with pytest.raises(BadInput):
        answers.confirm(token=token, text=other.pk, at=LATER)
    with pytest.raises(BadInput):
        answers.decline(token=token, text=other.pk, at=LATER)
    assert states(made.org.added.pk) == ["waiting"]
    finnish = publish("news", language="fi", title="Uutiskirje", body="Kirjoitamme.")
    assert answers.confirm(token=token, text=finnish.pk, at=LATER).language == "fi"


def test_channels_that_are_not_shown_are_agreed_to_with_the_text(made, token):
    """D10: the text says them."""
    assert answers.confirm(token=token, text=made.text.pk, at=LATER).channels == ["email", "post"]


def test_a_consent_ends_after_the_months_of_its_purpose(made, token):
    """D17: at the beginning of a day."""
    made.news.consent_months = 12
    made.news.save()
    given = answers.confirm(token=token, text=made.text.pk, at=LATER)
    assert given.ends_at.isoformat().startswith("2027-03-0") and given.permits(LATER)
    assert not given.permits(given.ends_at)


def test_the_new_question_names_who_asked_and_counts_as_asked(made, token):
    """W17: the person's own wish; the one who added them is still named."""
    made.republish()
    fresh = questions.ask_anew(token=token, at=LATER)
    assert fresh.asked_by == made.org.users["subject"] and fresh.text.version == 2
    assert [one.authority for one in stored(made.org.added.pk)] == ["by representative", "self"]
    with pytest.raises(Conflict) as caught:
        made.give(subject=made.org.added.pk, text=fresh.text.pk, at=LATER)
    assert caught.value.code == "consent.asked_already"
    with pytest.raises(Absent):
        questions.ask_anew(token=token, at=LATER)


def test_reading_what_a_link_is_about_stores_nothing(made, token):
    before = (states(made.org.added.pk), len(mails("consent.asked")))
    for _again in range(3):
        questions.shown(token=token, language="en", at=LATER)
    assert (states(made.org.added.pk), len(mails("consent.asked"))) == before
    assert answers.confirm(token=token, text=made.text.pk, at=LATER).pk
