"""Receipts as people and staff download them."""

import json

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from consent.receipts.files import FORMATS
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing import clock
from portals_core.plumbing.models import OneTimeLink
from tests.consent import consent_cast, pages
from tests.consent.consent_cast import leaves, mails, states, token_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return consent_cast.set_up()


@pytest.fixture
def token(made):
    """The link in the mail that confirms what the person without an account agreed to."""
    made.ask(at=clock.now())
    answer = reverse("consent:confirm", args=[token_in(mails("consent.asked")[0])])
    assert Client().post(answer, {"answer": "yes", "text": made.text.pk}).status_code == 302
    return token_in(mails("consent.confirmed")[0])


def address(decision, form="pdf"):
    return reverse("consent:receipt", args=[decision.pk, form])


@pytest.mark.parametrize(
    ("form", "content_type", "begins"),
    [("pdf", "application/pdf", b"%PDF-"), ("dpv.json", "application/ld+json", b"{"),
     ("kantara.json", "application/json", b"{")],
)  # fmt: skip
def test_the_person_downloads_it_and_no_cache_keeps_it(made, form, content_type, begins):
    decision = made.give()
    response = pages.signed_in(made.org.users["subject"]).get(address(decision, form))
    assert response.status_code == 200 and response["Content-Type"] == content_type
    assert response["Content-Disposition"] == f'attachment; filename="consent-news-2026-03-05.{form}"'
    assert "no-store" in response["Cache-Control"] and response["Referrer-Policy"] == "no-referrer"
    assert response.content.startswith(begins)
    assert leaves("consent.receipt_taken") == 1


def test_staff_who_keep_consent_download_it_and_others_find_nothing(made):
    decision = made.give()
    found = {
        who: pages.at_the_desk(made.org.users[who]).get(address(decision)).status_code
        for who in ("officer", "auditor", "operator")
    }
    assert found == {"officer": 200, "auditor": 404, "operator": 404}
    assert pages.signed_in(made.org.users["stranger"]).get(address(decision)).status_code == 404
    assert Client().get(address(decision)).status_code == 302
    # Without a second factor the desk is shut.
    assert pages.signed_in(made.org.users["officer"]).get(address(decision)).status_code == 302
    assert leaves("consent.receipt_taken") == 1


def test_a_wrong_format_is_404_and_one_that_cannot_tell_it_409(made):
    made.give()
    client = pages.signed_in(made.org.users["subject"])
    client.post(reverse("consent:withdraw", args=["news"]))
    ended = consent_cast.stored(made.org.subject.pk)[-1]
    assert client.get(address(ended, "xml")).status_code == 404
    refused = client.get(address(ended, "kantara.json"))
    assert refused.status_code == 409 and "Choose another format" in refused.content.decode()
    assert client.get(address(ended, "dpv.json")).status_code == 200
    assert client.post(address(ended)).status_code == 405


def test_the_page_behind_the_link_tells_what_was_agreed_and_offers_the_receipts(made, token):
    """Art. 7(3), W16, W23: opening and downloading change nothing, and withdrawing is one step."""
    page_address = reverse("consent:withdraw-by-link", args=[token])
    page = Client().get(page_address)
    text = page.content.decode()
    assert made.text.body in text and "E-mail, Post" in text and "Version 1 of" in text
    assert "no-store" in page["Cache-Control"] and page["Referrer-Policy"] == "strict-origin"
    before = LedgerEntry.objects.count()
    for form in FORMATS:
        download = reverse("consent:receipt-by-link", args=[token, form])
        assert f'href="{download}"' in text
        for method in ("get", "head", "get"):
            response = getattr(Client(), method)(download)
            assert response.status_code == 200 and "no-store" in response["Cache-Control"]
        assert Client().post(download).status_code == 405
    assert LedgerEntry.objects.count() == before
    assert OneTimeLink.objects.filter(used_at=None, revoked_at=None).count() == 1
    assert states(made.org.added.pk) == ["waiting", "obtained"]
    ended = Client().post(page_address, follow=True)
    assert ended.status_code == 200 and "Withdrawn" in ended.content.decode()
    assert Client().get(reverse("consent:receipt-by-link", args=[token, "pdf"])).status_code == 404


def test_the_mail_says_where_the_receipt_is(made, token):
    (mail,) = mails("consent.confirmed")
    assert "receipt" in mail.body and reverse("consent:withdraw-by-link", args=[token]) in mail.body


def test_an_altered_link_has_no_receipt(made, token):
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x"):
        assert Client().get(reverse("consent:receipt-by-link", args=[wrong, "dpv.json"])).status_code == 404
    good = Client().get(reverse("consent:receipt-by-link", args=[token, "dpv.json"]))
    assert json.loads(good.content)["@type"] == "dpv:ConsentReceipt"


def test_the_links_tell_one_receipt_from_another_and_offer_what_there_is(made):
    given = made.give()
    made.republish()
    client = pages.signed_in(made.org.users["subject"])
    client.post(reverse("consent:withdraw", args=["news"]))
    ended = consent_cast.stored(made.org.subject.pk)[-1]
    links = {
        decision.state: render_to_string("consent/receipt_links.html", {"decision": decision})
        for decision in (given, ended)
    }
    assert all(address(given, form) in links["obtained"] for form in FORMATS)
    assert address(ended, "pdf") in links["withdrawn"] and address(ended, "dpv.json") in links["withdrawn"]
    assert "kantara" not in links["withdrawn"]
    assert "Newsletter, March 5, 2026" in links["obtained"]
