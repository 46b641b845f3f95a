"""Purposes and texts at the desk: set up, written, compared, withdrawn."""

from datetime import timedelta

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import override

from consent.catalogue import purposes, texts
from tests import cast
from tests.consent import consent_cast, pages

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])

PUBLISH = reverse("consent:publish", args=["news"])
PURPOSE = reverse("consent:purpose", args=["news"])
COMPARE = reverse("consent:compare", args=["news"])
WITHDRAW = reverse("consent:withdraw-version", args=["news", 1])
NEW = reverse("consent:new-purpose")
EDIT = reverse("consent:edit-purpose", args=["news"])
SETTINGS = {"key": "survey", "name": "Surveys", "channels": ["email"], "active": "on", "no_answer": "officer"}
SETTINGS |= {"wait_days": "30", "remind_days": "7"}
WORDS = {"language": "en", "title": "Newsletter", "body": "Twice a month.", "change": "wording"}


@pytest.fixture
def made():
    return consent_cast.set_up()


@pytest.fixture
def officer(made):
    return pages.at_the_desk(made.org.users["officer"])


@pytest.fixture
def administrator(made):
    return pages.at_the_desk(made.org.users["administrator"])


def text_of(response) -> str:
    return response.content.decode()


def queries(client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_the_desk_lists_purposes_with_text_and_missing_languages(made, officer):
    page = text_of(officer.get(reverse("consent:desk")))
    assert "Newsletter, version 1" in page and "No text yet" in page
    assert "Polish, Simplified Chinese, Portuguese, Finnish, Russian" in page
    assert "New purpose" not in page
    texts.withdraw_version(actor=cast.SETTING_UP, purpose="news", version=1, reason="Wrong", at=cast.NOW)
    page = text_of(officer.get(reverse("consent:desk")))
    assert "Withdrawn: nobody is asked" in page and "Newsletter, version 1" not in page


def test_the_desk_costs_the_same_however_many_purposes(made, officer):
    address = reverse("consent:desk")
    officer.get(address)
    few = queries(officer, address)
    for number in range(5):
        purposes.define(actor=cast.SETTING_UP, key=f"more-{number}", name="More")
        consent_cast.publish(f"more-{number}", body="Words.")
    assert queries(officer, address) == few


def test_an_administrator_sets_a_purpose_up_and_changes_it(made, administrator):
    assert "New purpose" in text_of(administrator.get(reverse("consent:desk")))
    assert administrator.get(NEW).status_code == 200
    assert administrator.post(NEW, SETTINGS).status_code == 302
    edit = reverse("consent:edit-purpose", args=["survey"])
    assert "Surveys" in text_of(administrator.get(edit))
    changed = {**SETTINGS, "key": "other", "name": "Questions", "marketing": "on", "consent_months": "24"}
    changed |= {"no_answer": "erase", "erase_days": "90", "public_form": "on", "form_module": "contacts"}
    assert administrator.post(edit, changed).status_code == 302
    stored = purposes.purpose("survey")
    assert (stored.name, stored.marketing, stored.consent_months) == ("Questions", True, 24)
    assert (stored.no_answer, stored.erase_days, stored.form_module) == ("erase", 90, made.org.contacts)
    page = administrator.get(edit)
    assert page.context["form"]["form_module"].value() == "contacts"
    assert page.context["form"]["erase_days"].value() == 90


def test_a_purpose_that_cannot_be_is_400_and_widening_409_with_what_was_entered(made, administrator):
    wrong = administrator.post(NEW, {"key": "Ä", "name": "Kept words"})
    assert wrong.status_code == 400 and "Kept words" in text_of(wrong)
    wider = {**SETTINGS, "key": "news", "name": "Kept words", "channels": ["email", "phone"]}
    refused = administrator.post(EDIT, wider)
    assert refused.status_code == 409 and "Kept words" in text_of(refused)
    taken = administrator.post(NEW, {**SETTINGS, "key": "news", "name": "Kept words"})
    assert taken.status_code == 409 and "taken already" in text_of(taken)
    assert purposes.purpose("news").name == "Newsletter"


def test_settings_that_do_not_fit_are_named_at_their_fields(made, administrator):
    answer = administrator.post(
        NEW, {**SETTINGS, "no_answer": "erase", "remind_days": "30", "public_form": "on"}
    )
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {"erase_days", "remind_days", "form_module"}


def test_the_page_of_a_purpose_says_whom_a_change_concerns(made, administrator):
    assert "people already asked" not in text_of(administrator.get(NEW))
    made.give()
    page = administrator.get(EDIT)
    assert "people already asked" in text_of(page)
    assert page.context["affected"].agreed == 1


def test_whoever_only_sets_up_comes_back_to_the_desk(made, administrator):
    cast.take_away("consent.manage", role="administrator")
    assert administrator.post(NEW, SETTINGS).url == reverse("consent:desk")
    assert administrator.get(PURPOSE).status_code == 403
    assert f'href="{PURPOSE}"' not in text_of(administrator.get(EDIT))


def test_a_text_is_previewed_and_then_published(made, officer):
    """D11: the preview stores nothing; the published version is frozen beside the earlier one."""
    assert officer.get(PUBLISH).context["form"]["after"].value() == 1
    preview = officer.post(PUBLISH, {**WORDS, "step": "preview"})
    assert preview.status_code == 200 and "This is how people will see it" in text_of(preview)
    assert texts.current(made.news, "en") == made.text
    assert officer.post(PUBLISH, {**WORDS, "step": "publish"}).status_code == 302
    shown = texts.current(made.news, "en")
    assert shown is not None and shown.body == "Twice a month."
    page = text_of(officer.get(PURPOSE))
    assert "Twice a month." in page and made.text.body in page


def test_every_part_of_a_text_is_written_and_seen_before(made, officer):
    day = localdate() + timedelta(days=30)
    parts = {
        "statement": "You have rights.",
        "before_submit": "You can withdraw at any time.",
        "remarks_label": "What interests you?",
        "show_channels": "on",
        "change": "renew",
        "renew_by": day.isoformat(),
    }
    preview = text_of(officer.post(PUBLISH, {**WORDS, **parts, "step": "preview"}))
    for part in ("You have rights.", "You can withdraw at any time.", "What interests you?"):
        assert preview.count(part) == 2, "once as people see it, once in the form"
    assert preview.count('type="checkbox" disabled') == 2
    assert officer.post(PUBLISH, {**WORDS, **parts, "step": "publish"}).status_code == 302
    text = texts.current(made.news, "en")
    assert text is not None and text.show_channels and localdate(text.renew_by) == day
    assert (text.statement, text.remarks_label) == ("You have rights.", "What interests you?")


def test_a_preview_speaks_the_language_of_the_text(made, officer):
    """Buttons and all: the page around it speaks that of the reader."""
    preview = officer.post(PUBLISH, {**WORDS, "language": "fi", "body": "Kahdesti.", "step": "preview"})
    page = text_of(preview)
    assert "This is how people will see it" in page
    assert "Annan suostumukseni" in page and "not available in your language" not in page


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"change": "renew"}, "renew_by"),
        ({"change": "renew", "renew_by": "2020-01-01"}, "renew_by"),
        ({"change": "renew", "renew_by": "soon"}, "renew_by"),
        ({"change": ""}, "change"),
        ({"title": ""}, "title"),
        ({"body": "  "}, "body"),
        ({"remarks_label": "x" * 201}, "remarks_label"),
    ],
)
def test_what_was_typed_survives_a_fault(made, officer, changed, field):
    kept = {"statement": "Kept statement", "before_submit": "Kept sentence", "show_channels": "on"}
    answer = officer.post(PUBLISH, {**WORDS, **kept, **changed, "step": "publish"})
    assert answer.status_code == 400 and set(answer.context["form"].errors) == {field}
    page = text_of(answer)
    assert "Kept statement" in page and "Kept sentence" in page
    assert answer.context["form"]["show_channels"].value()
    assert texts.current(made.news, "en") == made.text


def test_wording_only_leaves_earlier_consents_alone(made, officer):
    """A day that was typed before the choice was changed back does not count."""
    day = localdate() + timedelta(days=3)
    officer.post(PUBLISH, {**WORDS, "change": "wording", "renew_by": day.isoformat(), "step": "publish"})
    text = texts.current(made.news, "en")
    assert text is not None and (text.version, text.renew_by) == (2, None)


def test_a_text_without_an_original_is_409_and_an_empty_one_400(made, officer):
    address = reverse("consent:publish", args=["draft"])
    given = {"language": "fi", "title": "T", "body": "Säilyy", "step": "publish"}
    refused = officer.post(address, given)
    assert refused.status_code == 409 and "Säilyy" in text_of(refused)
    assert officer.post(address, {**given, "body": ""}).status_code == 400


def test_a_translation_has_the_parts_of_its_original(made, officer):
    """People are told the same in every language; what is one for all languages is not asked again."""
    officer.post(PUBLISH, {**WORDS, "statement": "You have rights.", "step": "publish"})
    page = officer.get(PUBLISH, {"language": "fi"})
    assert set(page.context["form"].fields) == {"language", "after", "title", "body", "statement"}
    assert "Twice a month." in text_of(page), "the original stands beside it"
    finnish = {"language": "fi", "title": "Uutiskirje", "body": "Kahdesti kuussa.", "step": "publish"}
    assert officer.post(PUBLISH, finnish).status_code == 400
    assert officer.post(PUBLISH, {**finnish, "statement": "Oikeuksia."}).status_code == 302
    shown = texts.current(made.news, "fi")
    assert shown is not None and (shown.version, shown.statement) == (2, "Oikeuksia.")
    consent_cast.publish("news", body="Thrice a month.")
    assert "language=fi&amp;from=2" in text_of(officer.get(PUBLISH, {"language": "fi"}))
    begun = officer.get(PUBLISH, {"language": "fi", "from": "2"}).context["form"]
    assert begun["body"].value() == "Kahdesti kuussa." and "statement" not in begun.fields


def test_a_second_press_of_publish_is_told_of_the_first(made, officer):
    given = {**WORDS, "after": "1", "step": "publish"}
    assert officer.post(PUBLISH, given).status_code == 302
    again = officer.post(PUBLISH, given)
    assert again.status_code == 409 and "Version 2 was published meanwhile" in text_of(again)
    assert again.context["form"]["after"].value() == "2", "who wants to may go on from here"
    assert officer.post(PUBLISH, {**given, "after": "2"}).status_code == 302


def test_an_older_version_is_published_again_as_a_new_one(made, officer):
    """D11, revert: the words are taken over, and may be changed before."""
    made.republish()
    page = officer.get(PUBLISH, {"from": "1"})
    assert page.context["form"]["body"].value() == made.text.body
    assert page.context["form"]["after"].value() == 2
    assert officer.get(PUBLISH, {"from": "9"}).status_code == 404
    assert officer.get(PUBLISH, {"from": "x"}).context["form"]["body"].value() is None
    assert f"{PUBLISH}?from=1" in text_of(officer.get(PURPOSE))


def test_two_versions_are_compared_word_by_word(made, officer):
    assert "nothing to compare" in text_of(officer.get(COMPARE))
    consent_cast.publish("news", body="We write to you <b>twice</b> a month.")
    page = text_of(officer.get(COMPARE))
    assert "&lt;b&gt;twice&lt;/b&gt;" in page and "<b>twice" not in page
    assert page.count("<del>") == 1 and page.count("<ins>") == 1
    assert "gone:" in page and "new:" in page
    backwards = officer.get(COMPARE, {"before": "2", "after": "1"})
    assert backwards.context["old"].version == 2 and backwards.context["new"].version == 1
    assert "Title" in text_of(backwards), "what is the same is told, too"
    same = text_of(officer.get(COMPARE, {"before": "1", "after": "1"}))
    assert "The two say the same." in same and "<del>" not in same


def test_versions_are_compared_in_one_language(made, officer):
    consent_cast.publish("news", language="fi", body="Kerran kuussa.")
    consent_cast.publish("news", body="Twice.")
    consent_cast.publish("news", body="Thrice.")
    consent_cast.publish("news", language="fi", body="Kolmesti kuussa.")
    page = officer.get(COMPARE, {"language": "fi"})
    assert (page.context["old"].version, page.context["new"].version) == (1, 3)
    assert "Kolmesti" in text_of(page) and "Thrice" not in text_of(page)
    assert officer.get(COMPARE, {"language": "fi", "before": "2", "after": "3"}).status_code == 400
    assert officer.get(COMPARE, {"before": "x"}).status_code == 400
    assert "fewer than two" in text_of(officer.get(COMPARE, {"language": "pl"}))


def test_a_version_is_withdrawn_with_a_reason(made, officer):
    made.give()
    page = text_of(officer.get(WITHDRAW))
    assert "Nobody is asked for this purpose" in page and made.text.body in page
    assert officer.post(WITHDRAW, {"reason": ""}).status_code == 400
    long = officer.post(WITHDRAW, {"reason": "Kept " * 200})
    assert long.status_code == 400 and "Kept Kept" in text_of(long)
    assert officer.post(WITHDRAW, {"reason": "A wrong address"}).status_code == 302
    page = text_of(officer.get(PURPOSE))
    assert "A wrong address" in page and "The newest version is withdrawn" in page
    assert "Withdraw this version" not in page
    assert officer.post(WITHDRAW, {"reason": "Again"}).status_code == 409
    assert officer.get(reverse("consent:withdraw-version", args=["news", 9])).status_code == 404
    assert officer.get(reverse("consent:withdraw-version", args=["draft", 1])).status_code == 404


def test_withdrawing_an_older_version_says_that_nobody_sees_a_difference(made, officer):
    made.republish()
    page = text_of(officer.get(WITHDRAW))
    assert "A newer version is shown already" in page and "Nobody is asked for this purpose" not in page


def test_the_page_of_a_purpose_tells_every_version(made, officer):
    consent_cast.publish("news", language="fi", body="Kerran kuussa.")
    page = text_of(officer.get(PURPOSE))
    assert "English" in page and "Finnish" in page and "Kerran kuussa." in page
    assert made.text.digest in page and page.count("Recorded, waiting for its number") == 2
    assert f"{PUBLISH}?language=pl" in page and f"{PUBLISH}?language=fi" not in page
    assert "No text was published yet." in text_of(officer.get(reverse("consent:purpose", args=["draft"])))


def test_fifty_versions_are_told_page_by_page(made, officer):
    for number in range(2, 51):
        consent_cast.publish("news", body=f"Text number {number}.")
    seen, address = [], PURPOSE
    while address:
        page = officer.get(address)
        seen += [one.number for one in page.context["page"].rows]
        following = page.context["page"].address
        assert not following or following in text_of(page)
        address = PURPOSE + following if following else ""
    assert seen == list(range(50, 0, -1))
    assert officer.get(PURPOSE, {"before": "x"}).context["page"].rows[0].number == 50


def test_people_whose_language_has_no_text_are_told_so_in_theirs(made):
    """The one partial that shows a text, for whoever includes it."""
    finnish = consent_cast.publish("news", language="fi", body="Kerran kuussa.")
    with override("fi"):
        other = render_to_string("consent/text.html", {"text": made.text})
        own = render_to_string("consent/text.html", {"text": finnish})
        history = render_to_string("consent/text.html", {"text": made.text, "past": True})
    note = 'class="note"'
    assert other.count(note) == 2 and own.count(note) == history.count(note) == 1
    assert 'lang="en"' in other and 'lang="fi"' in own
