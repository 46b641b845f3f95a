"""Publishing texts, and which one is shown."""

from datetime import timedelta
from typing import Any

import pytest

from consent.catalogue import purposes, texts
from consent.desk import text_history
from consent.law.evidence import text_digest
from consent.models import Question, Text, Withdrawn
from portals_core.ledger import reads as ledger
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, leaves, publish, states

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return consent_cast.set_up()


def test_a_published_text_has_version_language_and_digest(made):
    """D11, W15."""
    assert (made.text.version, made.text.language) == (1, "en")
    assert made.text.digest == text_digest(
        purpose="news",
        language="en",
        version=1,
        title="Newsletter",
        body="We write to you once a month.",
        statement="",
        before_submit="",
        remarks_label="",
        channels=made.text.channels,
        show_channels=False,
        facts=made.text.facts,
        renew_by=None,
    )
    assert made.text.channels == made.news.channels and made.text.facts["controller"]["name"]
    assert leaves("consent_text.published") == 1


def test_the_site_language_begins_a_version_and_others_translate_it(made):
    """W15: people see their language where the newest version has it, else the site's, never an older one."""
    finnish = publish("news", language="fi", title="Uutiskirje", body="Kirjoitamme kerran kuussa.")
    assert finnish.version == 1
    assert texts.current(made.news, "fi") == finnish
    assert texts.current(made.news, "pl") == made.text
    second = made.republish()
    assert second.version == 2
    assert texts.current(made.news, "fi") == second
    again = publish("news", language="fi", title="Uutiskirje", body="Kirjoitamme joka päivä.")
    assert (again.version, texts.current(made.news, "fi")) == (2, again)


def test_a_version_is_translated_once_and_not_without_an_original(made):
    """D11: a published text is frozen."""
    publish("news", language="fi", body="Kirjoitamme.")
    with pytest.raises(Conflict) as caught:
        publish("news", language="fi", body="Kirjoitamme paremmin.")
    assert caught.value.code == "text.frozen"
    with pytest.raises(Conflict) as caught:
        publish("draft", language="fi", body="Ilman alkutekstiä.")
    assert caught.value.code == "text.no_original"


def test_nothing_is_shown_before_the_first_publication(made):
    draft = purposes.purpose("draft")
    assert texts.current(draft, "en") is None
    assert texts.current_of([made.news, draft], "en") == {made.news.pk: made.text}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"statement": "x" * 20_001}, BadInput),
        ({"before_submit": "x" * 2_001}, BadInput),
        ({"remarks_label": "x" * 201}, BadInput),
        ({"renew_by": cast.NOW - timedelta(days=1)}, BadInput),
        ({"language": "xx"}, BadInput),
        ({"title": " "}, BadInput),
        ({"body": " \n"}, BadInput),
        ({"body": "x" * 20_001}, BadInput),
        ({"purpose": "unknown"}, Absent),
    ],
)
def test_what_cannot_be_published(made, changed, error):
    given: dict[str, Any] = {"purpose": "news", "language": "en", "title": "T", "body": "B", "at": cast.NOW}
    with pytest.raises(error):
        texts.publish(actor=made.actor("officer"), **{**given, **changed})
    assert texts.publish(actor=made.actor("officer"), **given).version == 2


def test_publishing_needs_its_permission(made):
    given: dict[str, Any] = {"purpose": "news", "language": "en", "title": "T", "body": "B", "at": cast.NOW}
    for who in ("operator", "auditor", "subject"):
        with pytest.raises(Forbidden):
            texts.publish(actor=made.actor(who), **given)
    texts.publish(actor=made.actor("officer"), **given)


def test_line_ends_of_browsers_do_not_change_a_digest(made):
    one = publish("draft", body="a\r\nb")
    assert one.body == "a\nb"


WORDS: dict[str, Any] = {
    "title": "Newsletter",
    "body": "Twice a month.",
    "statement": "You have rights.",
    "before_submit": "You can withdraw at any time.",
    "remarks_label": "What interests you?",
    "show_channels": True,
    "renew_by": cast.NOW + timedelta(days=30),
}


def publish_all(made, **changed) -> Text:
    given = {"purpose": "news", "language": "en", "at": cast.NOW, **WORDS, **changed}
    return texts.publish(actor=made.actor("officer"), **given)


def test_everything_that_is_shown_is_frozen_with_the_version(made):
    """D11."""
    text = publish_all(made)
    assert {name: getattr(text, name) for name in WORDS} == WORDS
    purposes.define(actor=cast.SETTING_UP, key="news", name="Newsletter", channels=["email"])
    text.refresh_from_db()
    assert text.channels == ["email", "post"]


def test_a_translation_takes_what_its_original_says(made):
    """Channels, their choice, facts and the day of renewal are one for all languages of a version."""
    original = publish_all(made)
    purposes.define(actor=cast.SETTING_UP, key="news", name="Newsletter", channels=["email"])
    finnish = publish_all(
        made, language="fi", show_channels=False, renew_by=cast.NOW + timedelta(days=60), body="Kahdesti."
    )
    names = ("version", "channels", "show_channels", "facts", "renew_by")
    assert {getattr(finnish, name) == getattr(original, name) for name in names} == {True}
    assert finnish.digest != original.digest


def test_a_preview_is_what_would_be_stored_and_stores_nothing(made):
    given = {"actor": made.actor("officer"), "purpose": "news", "language": "en", "at": cast.NOW, **WORDS}
    before = leaves("consent_text.published")
    shown = texts.preview(**given)
    assert (shown.pk, leaves("consent_text.published")) == (None, before)
    assert texts.current(made.news, "en") == made.text
    assert texts.publish(**given).digest == shown.digest
    for who in ("operator", "administrator"):
        if not made.actor(who).may("consent.manage"):
            with pytest.raises(Forbidden):
                texts.preview(**{**given, "actor": made.actor(who)})
    with pytest.raises(Absent):
        texts.preview(**{**given, "purpose": "unknown"})


def test_whoever_wrote_without_seeing_the_newest_version_is_told(made):
    """Two officers write at once, or a button is pressed twice: the second learns of the first."""
    assert publish_all(made, after=1).version == 2
    with pytest.raises(Conflict) as caught:
        publish_all(made, after=1)
    assert caught.value.code == "text.overtaken"
    assert publish_all(made, after=2).version == 3


def withdraw(made, version: int = 1, **changed) -> Withdrawn:
    given = {"purpose": "news", "version": version, "reason": "A wrong address", "at": cast.NOW, **changed}
    return texts.withdraw_version(actor=made.actor("officer"), **given)


def test_nobody_is_shown_a_withdrawn_version_nor_an_older_one_in_its_place(made):
    """D11, W15; the version after it is shown again."""
    second = made.republish()
    assert texts.current(made.news, "en") == second
    withdraw(made, 2)
    assert texts.current(made.news, "en") is None
    assert texts.current_of([made.news], "fi") == {}
    third = publish_all(made)
    assert (third.version, texts.current(made.news, "en")) == (3, third)


def test_withdrawing_an_older_version_changes_nothing_for_people(made):
    second = made.republish()
    withdraw(made, 1)
    assert texts.current(made.news, "en") == second


def test_whoever_agrees_to_a_text_just_withdrawn_is_told_and_nothing_is_stored(made):
    withdraw(made)
    with pytest.raises(Conflict) as caught:
        made.give()
    assert caught.value.code == "consent.text_withdrawn"
    assert states(made.org.subject.pk) == []
    publish_all(made)
    with pytest.raises(Conflict) as caught:
        made.give()
    assert caught.value.code == "consent.text_changed"


def test_consents_to_a_withdrawn_version_stay(made):
    given = made.give()
    withdraw(made)
    assert states(made.org.subject.pk) == ["obtained"]
    assert given.permits(cast.NOW)


def test_a_withdrawal_stands_in_the_ledger_with_its_reason(made):
    stored = withdraw(made, reason="  A wrong\n address ")
    assert (stored.reason, stored.by_id) == ("A wrong address", made.actor("officer").user_id)
    entry = ledger.entries(LOOK, code="consent_text.withdrawn").get()
    assert entry.about == "text:news:1"
    assert ledger.detail_of(entry, LOOK) == {"version": 1, "reason": "A wrong address"}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"reason": " "}, BadInput),
        ({"reason": "x" * 401}, BadInput),
        ({"version": 2}, Absent),
        ({"purpose": "draft"}, Absent),
        ({"purpose": "unknown"}, Absent),
    ],
)
def test_what_cannot_be_withdrawn(made, changed, error):
    with pytest.raises(error):
        withdraw(made, **changed)
    assert leaves("consent_text.withdrawn") == 0
    withdraw(made)


def test_a_version_is_withdrawn_once_and_by_those_who_may(made):
    for who in ("operator", "auditor", "subject"):
        with pytest.raises(Forbidden):
            texts.withdraw_version(
                actor=made.actor(who), purpose="news", version=1, reason="Wrong", at=cast.NOW
            )
    withdraw(made)
    with pytest.raises(Conflict) as caught:
        withdraw(made)
    assert caught.value.code == "text.withdrawn_already"


def test_a_withdrawn_version_is_not_translated(made):
    withdraw(made)
    with pytest.raises(Conflict) as caught:
        publish_all(made, language="fi")
    assert caught.value.code == "text.withdrawn"


def test_versions_are_told_page_by_page_with_their_languages_and_log_entries(made):
    publish_all(made, language="fi", title="Uutiskirje", statement="", renew_by=None)
    for number in range(2, text_history.PAGE + 3):
        assert publish_all(made).version == number
    withdraw(made, 1)
    officer = made.actor("officer")
    first = text_history.page(officer, made.news)
    assert [one.number for one in first.rows] == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]
    second = text_history.page(officer, made.news, before=first.after)
    assert [(one.number, one.withdrawn is not None) for one in second.rows] == [(2, False), (1, True)]
    assert second.after is None
    oldest = second.rows[1]
    assert [text.language for text in oldest.texts] == ["en", "fi"]
    assert [leaf and leaf.about for _, leaf in oldest.rows] == ["text:news:1:en", "text:news:1:fi"]
    assert text_history.page(officer, purposes.purpose("draft")).rows == []


def test_a_page_of_versions_costs_the_same_however_many(made, django_assert_num_queries):
    officer, many = made.actor("officer"), text_history.PAGE
    for number in (1, many):
        while len(text_history.numbers(officer, made.news, "en")) < number:
            publish_all(made)
        with django_assert_num_queries(4):
            for one in text_history.page(officer, made.news).rows:
                assert all(leaf for _, leaf in one.rows)


def test_languages_that_the_newest_version_lacks_are_named(made):
    publish("news", language="fi", body="Kirjoitamme.")
    newest = text_history.newest_of([made.news, purposes.purpose("draft")], "fi")
    assert set(newest) == {made.news.pk}
    assert newest[made.news.pk].missing == ["pl", "zh-hans", "pt", "ru"]
    assert (newest[made.news.pk].text.language, newest[made.news.pk].withdrawn) == ("fi", False)
    made.republish()
    assert text_history.newest_of([made.news], "fi")[made.news.pk].text.language == "en"


def test_who_is_concerned_by_a_change_is_counted(made):
    """Those who agreed and still do, and those who were asked; to one version or to any."""
    given = made.give(ends_at=cast.NOW + timedelta(days=10))
    Question(
        subject=made.org.added.pk,
        purpose=made.news,
        text=made.text,
        asked_at=cast.NOW,
        due_at=cast.NOW + timedelta(days=30),
    ).save()
    made.republish()

    def counted(**narrow):
        found = text_history.affected(made.news, **{"at": cast.NOW, **narrow})
        return found.agreed, found.asked

    assert counted() == counted(number=1) == (1, 1)
    assert counted(number=2) == (0, 0)
    assert counted(at=given.ends_at) == (0, 1)
