"""The organisation's own letters: checked when they are saved, frozen, and never executed."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from requests.models import LetterTemplate
from requests.telling import letter_templates, letters_texts, placeholders
from tests.requests import letter_cast
from tests.requests.case_cast import LATER, TEST, file
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
BODY = "About {{ number }}, due {{ due }}."


def publish(
    made, body=BODY, *, title="Ours {{ number }}", after=0, who="officer", kind="receipt", language="en"
):
    return letter_templates.publish(
        actor=made.actor(who), kind=kind, language=language, title=title, body=body, after=after, at=LATER
    )


def page(kind="receipt", language="en", name="letter-template"):
    return reverse(f"dsr_requests:{name}", args=[kind, language])


@pytest.mark.parametrize("kind", letters_texts.KINDS)
@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_letter_comes_with_a_text_that_says_what_the_law_wants(kind, language):
    """N8: in every language, by the same rules as one's own texts."""
    title, body = letters_texts.words(kind, language)
    assert placeholders.checked(kind, title=title, body=body) == (title, body)
    filled = placeholders.body(body, placeholders.samples())
    assert "{{" not in filled and settings.ORGANISATION not in body


def test_one_s_own_text_is_used_from_the_next_letter_on_and_earlier_letters_stay(made):
    case = file(made, "export")
    before = letter_cast.write(case)
    row = publish(made)
    after = letter_cast.write(case)
    assert before.version == 0 and after.version == row.version == 1
    assert after.title == f"Ours {case.number}" and after.body.startswith(f"About {case.number}, due ")
    assert letter_cast.stored(before).body == before.body != after.body
    assert LedgerEntry.objects.filter(code="letter_template.published").count() == 1


def test_a_text_of_one_language_is_for_that_language_only(made):
    publish(made, language="pl")
    assert letter_cast.write(file(made, "export")).version == 0


@pytest.mark.parametrize(
    "bait",
    ["{{ settings.SECRET_KEY }}", "{{ number|safe }}", "{0.__class__}", "{% include 'base.html' %}",
     "{{ number.__class__ }}", "{{{ a.b }}}", "%(number)s", "${number}", "<img src=file:///etc/passwd>"],
)  # fmt: skip
def test_whatever_is_no_placeholder_is_printed_as_it_stands(made, bait):
    """Attack 56: no template language looks at a letter."""
    publish(made, f"{BODY} {bait}", title=f"T {bait}")
    letter = letter_cast.write(file(made, "export"))
    assert bait in letter.body and bait in letter.title


def test_the_name_of_a_placeholder_that_does_not_exist_is_refused_with_the_list(made):
    with pytest.raises(BadInput) as caught:
        publish(made, f"{BODY} {{{{ nmuber }}}} {{{{SECRET_KEY}}}}")
    said = str(caught.value.fields["body"])
    assert "nmuber" in said and "SECRET_KEY" in said and "organisation" in said
    assert not LetterTemplate.objects.visible_to(TEST).exists()


@pytest.mark.parametrize("kind", letters_texts.KINDS)
def test_what_the_law_wants_a_letter_to_say_cannot_be_left_out(made, kind):
    """Art. 12(3), 12(4), 18(3)."""
    for name in placeholders.NEEDED[kind]:
        rest = [one for one in placeholders.NEEDED[kind] if one != name]
        with pytest.raises(BadInput, match="law wants"):
            publish(made, "x " + " ".join(f"{{{{ {one} }}}}" for one in rest), kind=kind)


@pytest.mark.parametrize(("title", "body"), [("", BODY), ("T", " "), ("T" * 201, BODY), ("T", BODY * 2000)])
def test_an_empty_or_endless_text_is_refused(made, title, body):
    with pytest.raises(BadInput):
        publish(made, body, title=title)


def test_of_two_who_write_the_same_version_one_is_told(made):
    publish(made)
    with pytest.raises(Conflict):
        publish(made, after=0)
    assert publish(made, after=1).version == 2


def test_going_back_makes_a_new_version_with_the_old_words(made):
    publish(made)
    publish(made, f"{BODY} Second.", after=1)
    actor = made.actor("officer")
    back = letter_templates.revert(actor=actor, kind="receipt", language="en", to=1, after=2, at=LATER)
    assert back.version == 3 and back.body == BODY
    product = letter_templates.revert(actor=actor, kind="receipt", language="en", to=0, after=3, at=LATER)
    assert product.body == letters_texts.words("receipt", "en")[1]
    stored = LetterTemplate.objects.visible_to(TEST).filter(version=2).get()
    assert stored.body == f"{BODY} Second."
    with pytest.raises(Absent):
        letter_templates.revert(actor=actor, kind="receipt", language="en", to=9, after=4, at=LATER)


@pytest.mark.parametrize("who", ["administrator", "auditor", "operator", "subject"])
def test_only_whoever_keeps_letters_writes_them(made, who):
    with pytest.raises(Forbidden):
        publish(made, who=who)


@given(st.text(max_size=80), st.text(max_size=80))
def test_what_is_put_in_is_never_looked_at_again(value, around):
    """Attack 56, for any words: a value with braces stays itself."""
    known = {"number": value, "due": "{{ number }}"}
    text = "a{{ number }}b{{ due }}c"
    assert placeholders._fill(text, known) == f"a{value}b{{{{ number }}}}c"
    if not re.search(r"\{\{ *\w+ *\}\}", around):
        assert placeholders._fill(around, known) == around


def test_a_paragraph_without_its_values_is_left_out():
    text = "Hello\n\nThe reason: {{ ground }}\n\n{{ reasons }} {{ ground }}"
    assert placeholders.body(text, {"reasons": "R"}) == "Hello\n\nR "


def test_the_pages_preview_save_and_go_back(made):
    client = browser(made, "officer")
    listed = client.get(reverse("dsr_requests:letter-templates"))
    assert "Receipt with number and due date" in words(listed)
    assert reverse("dsr_requests:letter-templates") in listed.content.decode()
    given_now = {"title": "Ours", "body": BODY, "after": "0"}
    shown = client.post(page(), {**given_now, "step": "preview"})
    assert shown.status_code == 200 and "About 2026-00042, due 2 April 2026." in words(shown)
    assert not LetterTemplate.objects.visible_to(TEST).exists()
    assert client.post(page(), {**given_now, "step": "publish"}).status_code == 302
    late = client.post(page(), {**given_now, "step": "publish"})
    assert late.status_code == 409 and "Somebody else saved a version" in words(late)
    wrong = client.post(page(), {"title": "T", "body": "{{ oops }}", "after": "1", "step": "publish"})
    assert wrong.status_code == 400 and "oops" in words(wrong)
    back = page(name="letter-revert")
    assert client.post(back, {"to": "0", "after": "1"}).status_code == 302
    assert client.post(back, {"to": "0", "after": "1"}).status_code == 409
    assert "version 2 is in force" in words(client.get(page()))


def test_an_unknown_letter_or_language_is_no_page(made):
    client = browser(made, "officer")
    assert client.get(page("receipt", "xx")).status_code == 404
    assert client.post(page("offer", "en")).status_code == 404
    assert browser(made, "auditor").get(page()).status_code == 403


def test_the_list_of_letters_asks_as_often_for_many_versions_as_for_none(
    made, django_assert_num_queries, django_assert_max_num_queries
):
    actor = made.actor("officer")
    with django_assert_num_queries(1):
        letter_templates.overview(actor)
    for number in range(4):
        publish(made, after=number)
    with django_assert_num_queries(1):
        letter_templates.overview(actor)
