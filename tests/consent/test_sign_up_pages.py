"""The public form and the page behind its link."""

import pytest
from django.test import Client
from django.urls import reverse

from consent.models import Purpose, SignUp, Text
from portals_core.plumbing import clock
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, leaves, mails, token_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
FORM = "/consent/sign-up/news/"


@pytest.fixture
def made():
    made = consent_cast.set_up()
    module = made.org.added.module
    Purpose.objects.visible_to(LOOK).filter(pk=made.news.pk).update(public_form=True, form_module=module)
    return made


def asking_for_more(made) -> Text:
    """A version that shows channels and asks for remarks."""
    return consent_cast.publish(
        "news", body="Choose how.", show_channels=True, remarks_label="What interests you?", at=clock.now()
    )


def typed(text, **changed):
    return {"text": text.pk, "name": "New Reader", "email": "new@people.example", **changed}


def text_of(response) -> str:
    return response.content.decode()


def test_a_stranger_signs_up_and_confirms(made):
    """D16, as they would."""
    page = text_of(Client().get(FORM))
    assert made.text.body in page and "checked" not in page
    sent = Client().post(FORM, typed(made.text))
    assert sent.status_code == 302
    assert "Look into your mailbox" in text_of(Client().get(sent["Location"]))
    link = reverse("consent:confirm-sign-up", args=[token_in(mails("consent.confirm_sign_up")[0])])
    for method in ("get", "head", "get"):
        response = getattr(Client(), method)(link)
        assert response.status_code == 200 and "no-store" in response["Cache-Control"]
    assert leaves("consent.given") == 0, "opening a link changes nothing (W16)"
    assert "new@people.example" in text_of(response)
    assert Client().post(link, {}).status_code == 400
    done = Client().post(link, {"answer": "yes"})
    assert done.status_code == 302 and leaves("consent.given") == 1
    assert Client().post(link, {"answer": "yes"}).status_code == 404


def test_no_box_is_ticked_and_one_must_be(made):
    """D17, D15."""
    text = asking_for_more(made)
    page = text_of(Client().get(FORM))
    assert "What interests you?" in page and "checked" not in page
    refused = Client().post(FORM, typed(text, remarks="Cheese"))
    assert refused.status_code == 400 and not SignUp.objects.visible_to(LOOK).exists()
    assert "Cheese" in text_of(refused), "what was typed comes back"
    assert Client().post(FORM, typed(text, channels=["phone"])).status_code == 400
    assert Client().post(FORM, typed(text, channels=["post"], remarks="Cheese")).status_code == 302
    (entered,) = SignUp.objects.visible_to(LOOK)
    assert (entered.channels, entered.remarks) == (["post"], "Cheese")
    link = reverse("consent:confirm-sign-up", args=[token_in(mails("consent.confirm_sign_up")[0])])
    shown = text_of(Client().get(link))
    assert "Cheese" in shown and "Post" in shown


def test_who_did_not_sign_up_deletes_it_by_one_button(made):
    Client().post(FORM, typed(made.text))
    link = reverse("consent:confirm-sign-up", args=[token_in(mails("consent.confirm_sign_up")[0])])
    answer = Client().post(link, {"answer": "no"})
    assert "deleted" in text_of(Client().get(answer["Location"]))
    assert not SignUp.objects.visible_to(LOOK).exists()


def test_there_is_no_form_where_none_was_opened(made):
    for key in ("draft", "unheard-of"):
        assert Client().get(f"/consent/sign-up/{key}/").status_code == 404
    Purpose.objects.visible_to(LOOK).filter(pk=made.news.pk).update(active=False)
    assert Client().get(FORM).status_code == 404


def test_what_is_wrong_stands_at_its_field(made):
    response = Client().post(FORM, typed(made.text, email="nonsense", name=""))
    page = text_of(response)
    assert response.status_code == 400 and page.count("aria-invalid") == 2


def test_a_text_changed_meanwhile_is_shown_anew(made):
    old = made.text
    new = consent_cast.publish("news", body="We write every day.", at=clock.now())
    response = Client().post(FORM, typed(old))
    page = text_of(response)
    assert response.status_code == 409 and "We write every day." in page
    assert f'name="text" value="{new.pk}"' in page and "new@people.example" in page
